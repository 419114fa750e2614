"""How the jobs of one type come in: the loops of polling and streaming around the decisions of `intake`.

Takes slots before it takes jobs, and hands each job to the shift. One per task.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Final

from c8py.base.limits import WORKER_LINGER_S
from c8py.errors import C8Error
from c8py.models.job import ActivatedJobResult
from c8py.worker.intake import Intake, Pause
from c8py.worker.ports import JobClient
from c8py.worker.registry import Task
from c8py.worker.slots import Slots

_log: Final = logging.getLogger("c8py.worker")
_LAST_POLL_S: Final = 0.25  # a poll in flight may bring jobs; dropping it would hide them until their timeout


class Reception:
    """The intake of one task.

    Args:
        task: whose jobs are wanted.
        client: where they come from.
        slots: the room for them.
        start: what to do with a job that has its slot.
        stopping: set when no more jobs are wanted.
        name: of the worker.
        share: how many slots a long poll may hold.
        uniform: gives numbers from 0.0 to 1.0, for jitter.
    """

    def __init__(
        self,
        task: Task,
        client: JobClient,
        slots: Slots,
        start: Callable[[ActivatedJobResult], None],
        *,
        stopping: asyncio.Event,
        name: str,
        share: int,
        uniform: Callable[[], float],
    ) -> None:
        self._task = task
        self._client = client
        self._slots = slots
        self._start = start
        self._stopping = stopping
        self._name = name
        self._share = share
        self._decisions = Intake(uniform)
        self._asking = False
        self._trickle = asyncio.Event()
        self._relief = slots.new_relief()

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
            asked = await self._slots.take(self._slots.size, linger_s=WORKER_LINGER_S)
            if self._decisions.long_polls and asked > self._share:
                self._slots.give(asked - self._share)
                asked = self._share
            pause = await self._poll_once(asked)
            if self._decisions.wants_stream:
                self._trickle.set()
            if pause.least_s > 0:
                await _sleep(pause.least_s, self._stopping)
            if pause.most_s > pause.least_s:
                await _sleep(pause.most_s - pause.least_s, self._stopping, self._relief)

    async def _poll_once(self, asked: int) -> Pause:
        task, decisions = self._task, self._decisions
        jobs: list[ActivatedJobResult] = []
        self._asking = True
        self._relief.clear()
        try:
            jobs = await self._client.activate_jobs(
                task.type,
                max_jobs=asked,
                timeout_s=task.timeout_s,
                worker=self._name,
                fetch_variables=task.fetch_variables,
                request_timeout_s=decisions.poll_wait_s,
            )
        except C8Error as error:
            if decisions.is_hopeless(error):
                raise
            pause, tell = decisions.poll_failed(error)
            if tell:
                _log.warning("cannot get jobs of type %s: %s; trying on", task.type, error)
            return pause
        finally:
            self._asking = False
            self._slots.give(asked - len(jobs))
        if decisions.in_trouble:
            _log.info("jobs of type %s can be had again", task.type)
        for job in jobs:
            self._start(job)
        return decisions.polled(asked, len(jobs))

    async def _stream(self) -> None:
        await self._trickle.wait()
        while not self._stopping.is_set():
            self._decisions.stream_opened()
            self._relief.set()  # what came before the stream was there has to be polled
            error: C8Error | None = None
            try:
                await self._read_stream()
            except C8Error as raised:
                error = raised
            wait_s, tell = self._decisions.stream_ended(error)
            # The poller sits beside what it takes for a healthy stream; it has to hear that there is none.
            self._relief.set()
            if not self._decisions.offers_streams:
                _log.info("this cluster offers no streams of jobs; polling for type %s", self._task.type)
                await self._stopping.wait()
                return
            if tell:
                _log.warning("the stream of jobs of type %s broke off: %s; trying on", self._task.type, error)
            await _sleep(wait_s, self._stopping)

    async def _read_stream(self) -> None:
        task = self._task
        pushed = self._client.stream_jobs(
            task.type, timeout_s=task.timeout_s, worker=self._name, fetch_variables=task.fetch_variables
        )
        async with _closing(pushed):
            async for job in pushed:
                self._decisions.stream_pushed()
                try:
                    # Read on only when there is room: the gateway sees a full connection and leaves jobs to polls.
                    await self._slots.take(1, ahead=True)
                except asyncio.CancelledError:
                    self._slots.give(-1)
                    self._start(job)  # the worker stops: the job goes back
                    raise
                self._start(job)


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
