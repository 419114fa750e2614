"""The processes of one worker: started, replaced when they die, told to end together, started anew on a change.

They share nothing but what the host shares: the token with its cool-down, and the cluster that hands out the jobs. Each
one is in a session of its own, so that Ctrl-C reaches it once, by way of us.
"""

import asyncio
import logging
import os
import random
import signal
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from c8py.base.backoff import Backoff
from c8py.cli.failures import Exit
from c8py.cli.fleet.member import Member
from c8py.cli.fleet.state import FleetState, ProcessState

if TYPE_CHECKING:
    from c8py.worker import Statistics
    from c8py.worker.metrics import Measured

_log: Final = logging.getLogger("c8py.worker.fleet")
_AGAIN: Final = Backoff(initial_s=0.5, factor=2.0, max_s=15.0, attempts_max=sys.maxsize)
_SETTLED_S: Final = 5.0  # who dies sooner than that was set up wrongly
_LOOK_S: Final = 0.5
_FILES_MAX: Final = 10_000
_UNWATCHED: Final = {"__pycache__", "node_modules", "site-packages"}


class Beside(Protocol):
    """What runs beside the processes, for as long as they do."""

    async def start(self) -> None:
        """Begin."""
        ...

    def close(self) -> None:
        """End."""
        ...


class Fleet:
    """So many processes of the same worker.

    Args:
        arguments: of `c8 work`, for one of them.
        processes: how many.
        reloads: whether to start them anew when a Python file of the current folder changes.
        hears: is given each line that they write to standard error; None leaves it to them to write there.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        processes: int,
        reloads: bool,
        hears: Callable[[str], None] | None = None,
    ) -> None:
        self._command = [sys.executable, "-m", "c8py.cli", "work", "--in-fleet", *arguments]
        self._size = processes
        self._reloads = reloads
        self._hears = hears
        self._members: dict[int, Member] = {}
        self._starts = [0] * processes
        self._ending = asyncio.Event()
        self._changed = asyncio.Event()
        self._refused: int | None = None
        self._has_worked = False
        self._did: list[Statistics] = []

    def run(self, *beside: Beside) -> "Statistics":
        """Work until SIGTERM or SIGINT, which all of them hear; a second one ends them at once.

        Args:
            beside: begins and ends with the processes.

        Returns:
            What they did, together, as far as they lived to tell.

        Raises:
            Exit: none of them could start; with the code of the first.
        """
        return asyncio.run(self._run(beside))

    async def measured(self) -> "dict[int, Measured | None]":
        """What each process says of itself, by its place; None where it says nothing."""
        members = dict(self._members)
        said = await asyncio.gather(*(member.measured() for member in members.values()))
        return {place + 1: one for place, one in sorted(zip(members, said, strict=True), key=lambda pair: pair[0])}

    async def state(self) -> FleetState:
        """How all of them stand."""
        pids = {place + 1: member.pid for place, member in self._members.items()}
        said = await self.measured()
        processes: list[ProcessState] = []
        for place in range(1, self._size + 1):
            one = said.get(place)
            state = None if one is None else one.state
            starts = self._starts[place - 1]
            processes.append(
                ProcessState(process=place, pid=pids.get(place), starts=starts, answers=state is not None, state=state)
            )
        return FleetState(
            phase="draining" if self._ending.is_set() else "working",
            ready=not self._ending.is_set() and all(one.state and one.state.ready for one in processes),
            processes=tuple(processes),
        )

    async def _run(self, beside: Sequence[Beside]) -> "Statistics":
        with self._told_by_signals():
            places = [asyncio.create_task(self._keep(place)) for place in range(self._size)]
            watching = asyncio.create_task(self._watch()) if self._reloads else None
            try:
                for one in beside:
                    await one.start()
                await asyncio.gather(*places)
            finally:
                for one in beside:
                    one.close()
                for task in (*places, *([watching] if watching else [])):
                    task.cancel()
                self._tell(signal.SIGKILL)
        if self._refused is not None:
            raise Exit(self._refused)
        return _together(self._did)

    async def _keep(self, place: int) -> None:
        """Have one process in this place until the end."""
        waits = _AGAIN.waits(random.random)
        while not self._ending.is_set():
            lived_s, code = await self._one(place)
            if self._ending.is_set() or (code == 0 and not self._reloads):
                return
            if code == 0:
                continue  # it ended for a change
            if lived_s >= _SETTLED_S:
                waits = _AGAIN.waits(random.random)
            elif self._reloads:
                _log.warning("process %d of the worker cannot start; waiting for a change", place + 1)
                await self._until_change()
                continue
            elif code > 0 and not self._has_worked:
                self._refused = code
                self._stop()
                return
            wait_s = next(waits)
            _log.warning(
                "process %d of the worker ended with %d; another one starts in %.1f s", place + 1, code, wait_s
            )
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._ending.wait()

    async def _one(self, place: int) -> tuple[float, int]:
        loop = asyncio.get_running_loop()
        begun_s = loop.time()
        member = await Member.start(self._command, hears=self._hears)
        self._starts[place] += 1
        self._members[place] = member
        if self._ending.is_set():  # we were told while it started
            member.tell(signal.SIGTERM)
        settled = loop.call_later(_SETTLED_S, self._settled)
        try:
            code = await member.ended()
        finally:
            settled.cancel()
            self._members.pop(place, None)
        if member.statistics is not None:
            self._did.append(member.statistics)
        return loop.time() - begun_s, code

    def _settled(self) -> None:
        self._has_worked = True

    def _stop(self) -> None:
        self._ending.set()
        self._changed.set()
        self._tell(signal.SIGTERM)

    def _tell(self, number: signal.Signals) -> None:
        for member in self._members.values():
            member.tell(number)

    @contextmanager
    def _told_by_signals(self) -> Generator[None]:
        loop = asyncio.get_running_loop()

        def tell(number: int) -> None:
            _log.info("%s: ending %d processes", signal.Signals(number).name, len(self._members))
            self._stop()  # a second time, they leave at once

        def from_handler(number: int, _frame: object) -> None:
            loop.call_soon_threadsafe(tell, number)

        before = {number: signal.signal(number, from_handler) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def _watch(self) -> None:
        seen = await asyncio.to_thread(_python_files, Path())
        while True:
            await asyncio.sleep(_LOOK_S)
            now = await asyncio.to_thread(_python_files, Path())
            if now != seen:
                changed = sorted({name for name, _ in now.items() ^ seen.items()})
                _log.info("%s changed: starting anew", ", ".join(changed[:3]))
                seen = now
                self._tell(signal.SIGTERM)
                self._changed.set()
                self._changed = asyncio.Event()

    async def _until_change(self) -> None:
        await self._changed.wait()


def _python_files(folder: Path) -> dict[str, int]:
    """Every Python file below, with the time of its last change."""
    found: dict[str, int] = {}
    for here, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".") and name not in _UNWATCHED]
        for name in files:
            if name.endswith(".py") and len(found) < _FILES_MAX:
                path = Path(here, name)
                with suppress(OSError):
                    found[str(path)] = path.stat().st_mtime_ns
    return found


def _together(did: Sequence["Statistics"]) -> "Statistics":
    from c8py.worker import Statistics  # noqa: PLC0415

    return Statistics(**{name: sum(getattr(one, name) for one in did) for name in Statistics.__struct_fields__})
