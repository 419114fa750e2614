"""Long polling for jobs: who waits for a job type stands in line, and is woken in turn.

Pure bookkeeping on the event loop: an attempt to activate is handed in by the caller, the engine's announcements by
the cluster. A wake-up goes to the first in line; when it found jobs there may be more, and it wakes the next.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

import msgspec

from c8py.base import limits
from c8py.engine.records import JobBatchRecord
from c8py.server.gateway.refusals import Kind, Refusal

# An announcement that got lost costs no more than this.
_PROBE_S: Final = 10.0


class _Line(msgspec.Struct):
    """Those who poll for one job type."""

    members: int = 0
    announcements: int = 0
    closed: bool = False
    sleepers: deque["asyncio.Future[None]"] = msgspec.field(default_factory=deque)

    def wake_next(self) -> None:
        """Let the first sleeper try."""
        while self.sleepers:
            sleeper = self.sleepers.popleft()
            if not sleeper.done():
                sleeper.set_result(None)
                return


class JobPolls:
    """The waiting requests for jobs of one cluster.

    Args:
        polls_max: how many may wait at a time; one more is refused.
    """

    def __init__(self, *, polls_max: int = limits.LONG_POLLS_MAX) -> None:
        self._polls_max = polls_max
        self._polls = 0
        self._closed = False
        self._lines: dict[str, _Line] = {}

    def __len__(self) -> int:
        return self._polls

    def announce(self, job_types: Iterable[str]) -> None:
        """Jobs of these types have become activatable."""
        for job_type in job_types:
            line = self._lines.get(job_type)
            if line is not None:
                line.announcements += 1
                line.wake_next()

    def close(self) -> None:
        """Let everybody go who waits, without jobs; nobody waits from now on."""
        self._closed = True
        for line in self._lines.values():
            line.closed = True
            for _ in range(len(line.sleepers)):
                line.wake_next()

    async def poll(
        self, job_type: str, attempt: Callable[[], Awaitable[JobBatchRecord]], *, wait_s: float
    ) -> JobBatchRecord:
        """Jobs as soon as there are some, or none when the time is up.

        Args:
            job_type: what is waited for.
            attempt: asks the engine once.
            wait_s: how long to wait; zero or less asks once and no more.

        Raises:
            Refusal: too many wait already, or what the attempt raises.
        """
        if wait_s <= 0 or self._closed:
            return await attempt()
        if self._polls >= self._polls_max:
            raise Refusal(
                Kind.RESOURCE_EXHAUSTED,
                f"expected fewer than {self._polls_max} waiting requests for jobs, but the gateway is at its limit",
            )
        line = self._lines.setdefault(job_type, _Line())
        line.members += 1
        self._polls += 1
        try:
            return await _poll_in_line(line, attempt, asyncio.get_running_loop().time() + wait_s)
        finally:
            self._polls -= 1
            line.members -= 1
            if not line.members:
                del self._lines[job_type]


async def _poll_in_line(
    line: _Line, attempt: Callable[[], Awaitable[JobBatchRecord]], until_s: float
) -> JobBatchRecord:
    clock = asyncio.get_running_loop().time
    woken = False
    while True:
        announced = line.announcements
        try:
            batch = await attempt()
        except BaseException:
            # Gone or refused: the announcement is somebody else's now.
            line.wake_next()
            raise
        if batch.jobs:
            line.wake_next()
            return batch
        left_s = until_s - clock()
        if left_s <= 0 or line.closed:
            return batch
        if line.announcements == announced:
            # Who was woken for nothing keeps the first place.
            woken = await _sleep(line, min(left_s, _PROBE_S), first=woken)


async def _sleep(line: _Line, seconds: float, *, first: bool) -> bool:
    """Stand in line; True when woken, False when the time was up."""
    turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    if first:
        line.sleepers.appendleft(turn)
    else:
        line.sleepers.append(turn)
    try:
        async with asyncio.timeout(seconds):
            await turn
    except TimeoutError:
        return False
    except asyncio.CancelledError:
        if turn.done() and not turn.cancelled():
            line.wake_next()
        raise
    finally:
        if not turn.done() or turn.cancelled():
            _leave(line, turn)
    return True


def _leave(line: _Line, turn: "asyncio.Future[None]") -> None:
    with contextlib.suppress(ValueError):
        line.sleepers.remove(turn)
