"""Looks after jobs while their handlers run: moves deadlines on where asked to, says so when one has passed.

One task for all jobs of a run, that wakes as often as the shortest deadline needs and not while nothing is held.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping
from typing import Final

from c8py.base.clock import Clock
from c8py.errors import C8Error, InvalidState, NotFound
from c8py.worker.events import Extended, Overdue, Telling
from c8py.worker.held import Held
from c8py.worker.ledger import Ledger
from c8py.worker.ports import JobClient, leased
from c8py.worker.registry import Task

_log: Final = logging.getLogger("c8py.worker")
_BEATS: Final = 3.0  # in the time of a job: two may fail before it is somebody else's
_LOOKS: Final = 4.0  # between two beats, so that none is much too late
_LOOK_S_MIN: Final = 0.02
_LOOK_S_MAX: Final = 1.0


class Watch:
    """Looks after the jobs of one run.

    Args:
        client: moves deadlines.
        held: the jobs that are held, as they are at any moment.
        ledgers: the books, by type.
        telling: hears what happens.
        clock: tells the time.
    """

    def __init__(
        self,
        client: JobClient,
        held: Callable[[], Collection[Held]],
        ledgers: Mapping[str, Ledger],
        telling: Telling,
        *,
        clock: Clock,
    ) -> None:
        self._client = client
        self._held = held
        self._ledgers = ledgers
        self._telling = telling
        self._clock = clock
        self._beating: set[asyncio.Task[None]] = set()

    async def run(self, tasks: Collection[Task]) -> None:
        """Look until cancelled."""
        shortest_s = min(task.timeout_s for task in tasks)
        look_s = min(max(shortest_s / _BEATS / _LOOKS, _LOOK_S_MIN), _LOOK_S_MAX)
        try:
            while True:
                await asyncio.sleep(look_s)
                self._look()
        finally:
            for beat in self._beating:
                beat.cancel()

    def _look(self) -> None:
        now_s = self._clock.monotonic_s()
        for held in self._held():
            if held.ended:
                continue
            left_s = held.deadline_s - now_s
            wanted = held.task.terms.heartbeat and not held.cancellation.requested and not held.beats
            if wanted and left_s < held.task.timeout_s * (1 - 1 / _BEATS):
                self._start_beat(held)
            if left_s <= 0 and held.running and not held.overdue:
                self._overdue(held)

    def _overdue(self, held: Held) -> None:
        held.overdue = True
        held.cancellation.request("deadline")
        words = f"job {held.job.job_key} takes longer than its {held.task.timeout_s:g} s; somebody else may have it now"
        self._ledgers[held.task.type].went_wrong(words)
        _log.warning("%s; give its task a longer timeout_s, or heartbeat=True", words)
        if self._telling.heard:
            self._telling(Overdue(held.job))

    def _start_beat(self, held: Held) -> None:
        held.beats = True
        beat = asyncio.create_task(self._beat(held))
        self._beating.add(beat)
        beat.add_done_callback(self._beating.discard)

    async def _beat(self, held: Held) -> None:
        # From before the call: the cluster counts from when it hears of it, which is later.
        asked_s = self._clock.monotonic_s()
        error: C8Error | None = None
        try:
            await self._client.update_job(
                held.job.job_key, timeout_s=held.task.timeout_s, retry=False, **leased(held.job)
            )
            held.deadline_s = asked_s + held.task.timeout_s
        except C8Error as raised:
            error = raised
        except Exception as raised:  # noqa: BLE001  what fails in the background is said
            self._ledgers[held.task.type].went_wrong(raised)
            _log.error("a deadline was not moved for a fault of the worker itself; please report it", exc_info=raised)
            return
        finally:
            held.beats = False
        if held.ended:
            return
        if isinstance(error, NotFound | InvalidState):
            held.cancellation.request("gone")
            _log.info("job %s is no longer ours while its handler runs: %s", held.job.job_key, error)
        elif error is not None:
            self._ledgers[held.task.type].went_wrong(error)
            _log.warning("the deadline of job %s could not be moved: %s; trying on", held.job.job_key, error)
        if self._telling.heard:
            self._telling(Extended(held.job, error))
