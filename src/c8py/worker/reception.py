"""How the jobs of one type come in: the loops of polling and streaming around the decisions of `intake`.

Takes slots before it takes jobs, and hands each job to the shift. One per task.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Final, Protocol

from c8py.base.clock import Clock
from c8py.base.limits import WORKER_LINGER_S
from c8py.errors import AuthError, C8Error, InvalidArgument, NotSupported
from c8py.models.job import ActivatedJobResult
from c8py.worker.events import Polled, PollFailed, StreamClosed, StreamOpened, Telling, TokenTrouble, Way
from c8py.worker.intake import Intake, Pause
from c8py.worker.ledger import Ledger
from c8py.worker.ports import JobClient
from c8py.worker.registry import Task
from c8py.worker.slots import Room

_log: Final = logging.getLogger("c8py.worker")
_LAST_POLL_S: Final = 0.25  # a poll in flight may bring jobs; dropping it would hide them until their timeout


class Terms(Protocol):
    """What a reception needs of the worker's setup."""

    @property
    def name(self) -> str:
        """Of the worker."""
        ...

    @property
    def leases(self) -> bool:
        """Whether jobs are asked for with a lease."""
        ...

    @property
    def poll_s(self) -> float | None:
        """How long a poll waits for jobs where there is no stream."""
        ...


class Reception:
    """The intake of one task.

    Args:
        task: whose jobs are wanted.
        client: where they come from.
        room: the slots for them.
        start: what to do with a job that has its slot.
        stopping: set when no more jobs are wanted.
        ledger: the books of the type.
        telling: hears what happens.
        setup: of the worker.
        share: how many slots a long poll may hold.
        clock: measures how long polls take.
        uniform: gives numbers from 0.0 to 1.0, for jitter.
    """

    def __init__(
        self,
        task: Task,
        client: JobClient,
        room: Room,
        start: Callable[[ActivatedJobResult, Way], None],
        *,
        stopping: asyncio.Event,
        ledger: Ledger,
        telling: Telling,
        setup: Terms,
        share: int,
        clock: Clock,
        uniform: Callable[[], float],
    ) -> None:
        self._task = task
        self._client = client
        self._room = room
        self._start = start
        self._stopping = stopping
        self._ledger = ledger
        self._telling = telling
        self._name = setup.name
        self._leases = setup.leases
        self._share = min(share, room.size)
        self._batch = (room.size + 1) // 2
        self._clock = clock
        self._decisions = Intake(uniform, streams=task.terms.stream is not False, poll_s=setup.poll_s)
        self._asking = False
        self._trickle = asyncio.Event()
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Poll and stream until the worker stops.

        Raises:
            C8Error: the cluster refuses this worker from the start, in a way that waiting does not mend.
        """
        polling = asyncio.create_task(self._poll(), name=f"poll {self._task.type}")
        streaming = asyncio.create_task(self._stream(), name=f"stream {self._task.type}")
        stop = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait([stop, polling, streaming], return_when=asyncio.FIRST_COMPLETED)
            streaming.cancel()
            if self._asking:
                await asyncio.wait([polling], timeout=_LAST_POLL_S)
        finally:
            for running in (stop, polling, streaming):
                running.cancel()
            await asyncio.gather(stop, polling, streaming, return_exceptions=True)
        for ended in (polling, streaming):
            if not ended.cancelled() and (error := ended.exception()) is not None:
                raise error

    async def _poll(self) -> None:
        while not self._stopping.is_set():
            # Half of the slots make a poll: while it is under way the other half is worked on and reported. With all
            # of them, jobs and reports would take turns, and the loop would wait for both.
            asked = await self._room.take(self._room.size, enough=self._batch, linger_s=WORKER_LINGER_S)
            if self._decisions.long_polls and asked > self._share:
                self._room.give(asked - self._share, unused=True)
                asked = self._share
            pause = await self._poll_once(asked)
            if self._decisions.wants_stream:
                self._trickle.set()
            if pause.least_s > 0:
                await _sleep(pause.least_s, self._stopping)
            if pause.most_s > pause.least_s:
                await _sleep(pause.most_s - pause.least_s, self._stopping, self._wake, *self._room.reliefs)

    async def _poll_once(self, asked: int) -> Pause:
        decisions = self._decisions
        jobs: list[ActivatedJobResult] = []
        self._asking = True
        self._wake.clear()
        for relief in self._room.reliefs:
            relief.clear()
        begun_s = self._clock.monotonic_s()
        try:
            jobs = await self._asked(asked, decisions.poll_wait_s)
        except C8Error as error:
            return self._refused(error)
        finally:
            self._asking = False
            self._room.give(asked - len(jobs), unused=True)
        if decisions.in_trouble:
            _log.info("jobs of type %s can be had again", self._task.type)
        self._ledger.answered()
        if self._telling.heard:
            self._telling(Polled(self._task.type, asked, len(jobs), self._clock.monotonic_s() - begun_s))
        for job in jobs:
            self._start(job, "poll")
        return decisions.polled(asked, len(jobs))

    async def _asked(self, asked: int, wait_s: float) -> list[ActivatedJobResult]:
        task = self._task
        try:
            return await self._client.activate_jobs(
                task.type,
                max_jobs=asked,
                timeout_s=task.timeout_s,
                worker=self._name,
                fetch_variables=task.fetch_variables,
                request_timeout_s=wait_s,
                with_lease=self._leases,
                retry=False,
            )
        except (NotSupported, InvalidArgument) as error:
            # A cluster before 8.10: the client knows its version, or the cluster says that it knows no such thing.
            if not self._leases or self._decisions.has_reached:
                raise
            self._leases = False
            _log.info("this cluster gives no leases of jobs; working on type %s without (%s)", task.type, error)
            return await self._asked(asked, wait_s)

    def _refused(self, error: C8Error) -> Pause:
        """A poll failed: end the worker where that is for ever, else say so once and wait."""
        self._ledger.unanswered(error)
        if self._decisions.is_hopeless(error):
            raise error
        pause, tell = self._decisions.poll_failed(error)
        if tell:
            _log.warning("cannot get jobs of type %s: %s; trying on", self._task.type, error)
        if self._telling.heard:
            self._telling(PollFailed(self._task.type, error, pause.least_s))
            if isinstance(error, AuthError):
                self._telling(TokenTrouble(error))
        return pause

    async def _stream(self) -> None:
        await self._trickle.wait()
        type_ = self._task.type
        while not self._stopping.is_set():
            self._decisions.stream_opened()
            self._ledger.streaming = True
            self._telling(StreamOpened(type_))
            self._wake.set()  # what came before the stream was there has to be polled
            error: C8Error | None = None
            try:
                await self._read_stream()
            except C8Error as raised:
                error = raised
            finally:
                self._ledger.streaming = False
            wait_s, tell = self._decisions.stream_ended(error)
            # The poller sits beside what it takes for a healthy stream; it has to hear that there is none.
            self._wake.set()
            self._telling(StreamClosed(type_, error, wait_s))
            if not self._decisions.offers_streams:
                _log.info("this cluster offers no streams of jobs; polling for type %s", type_)
                await self._stopping.wait()
                return
            if error is not None:
                self._ledger.went_wrong(error)
            if tell:
                _log.warning("the stream of jobs of type %s broke off: %s; trying on", type_, error)
            await _sleep(wait_s, self._stopping)

    async def _read_stream(self) -> None:
        task = self._task
        pushed = self._client.stream_jobs(
            task.type,
            timeout_s=task.timeout_s,
            worker=self._name,
            fetch_variables=task.fetch_variables,
            with_lease=self._leases,
        )
        async with _closing(pushed):
            async for job in pushed:
                self._decisions.stream_pushed()
                try:
                    # Read on only when there is room: the gateway sees a full connection and leaves jobs to polls.
                    await self._room.take(1, ahead=True)
                except asyncio.CancelledError:
                    self._room.give(-1)
                    self._start(job, "stream")  # the worker stops: the job goes back
                    raise
                self._start(job, "stream")


async def _sleep(seconds: float, *wakers: asyncio.Event) -> None:
    """Wait so long, or until one of the events is set."""
    waiting = [asyncio.create_task(waker.wait()) for waker in wakers]
    try:
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for waiter in waiting:
            waiter.cancel()


@contextlib.asynccontextmanager
async def _closing(pushed: AsyncIterator[ActivatedJobResult]) -> AsyncGenerator[None]:
    """Close a stream that is an async generator; iterators of other kinds close themselves when they are dropped."""
    try:
        yield
    finally:
        close = getattr(pushed, "aclose", None)
        if close is not None:
            await close()
