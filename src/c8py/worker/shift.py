"""One run of a worker, from the first poll to the last report: execution and delivery around the decisions.

All its tasks share one number of slots. Built and awaited by `worker.Worker` only; jobs come in through `reception`.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, Literal, cast

import msgspec

from c8py.base.clock import Clock
from c8py.errors import C8Error
from c8py.models.job import ActivatedJobResult
from c8py.worker.ports import JobClient
from c8py.worker.reception import Reception
from c8py.worker.registry import Task
from c8py.worker.signature import arguments, result_variables
from c8py.worker.slots import Slots
from c8py.worker.threads import NeverStarted, Threads
from c8py.worker.verdict import (
    Complete,
    Fail,
    Throw,
    Verdict,
    Wait,
    deliver,
    handed_back,
    is_result_refused,
    of_exception,
    of_refusal,
)

_log: Final = logging.getLogger("c8py.worker")


class Statistics(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker has done so far.

    Attributes:
        received: jobs that came.
        completed: reported as done.
        failed: reported as failed.
        thrown: reported as the model's own error.
        handed_back: never started, given back.
        gone: finished, but no longer ours.
        unreported: finished, but nobody could be told: refused, or the deadline passed.
        abandoned: still running when the worker left.
        open: held at the moment.
    """

    received: int = 0
    completed: int = 0
    failed: int = 0
    thrown: int = 0
    handed_back: int = 0
    gone: int = 0
    unreported: int = 0
    abandoned: int = 0
    open: int = 0


Count = Literal["received", "completed", "failed", "thrown", "handed_back", "gone", "unreported", "abandoned"]


class Shift:
    """One run.

    Args:
        client: where jobs come from and go to.
        tasks: what is worked on.
        max_jobs: how many jobs are held at most.
        threads: how many plain functions run at most.
        name: of the worker, shown in Operate.
        clock: tells when jobs are no longer ours.
        stop_after: stop when so many jobs are reported; None for never.
        uniform: gives numbers from 0.0 to 1.0, for jitter.
    """

    def __init__(
        self,
        client: JobClient,
        tasks: tuple[Task, ...],
        *,
        max_jobs: int,
        threads: int,
        name: str,
        clock: Clock,
        stop_after: int | None = None,
        uniform: Callable[[], float] = random.random,
    ) -> None:
        self._client = client
        self._tasks = tasks
        self._max_jobs = max_jobs
        self._name = name
        self._clock = clock
        self._stop_after = stop_after
        self._uniform = uniform
        self._slots = Slots(max_jobs)
        self._threads = Threads(threads, f"{name}-handler")
        self._stopping = asyncio.Event()
        self._leaving = asyncio.Event()
        self._jobs: set[asyncio.Task[None]] = set()
        self._counts: dict[Count, int] = {}

    @property
    def statistics(self) -> Statistics:
        """What was done so far."""
        return Statistics(**self._counts, open=len(self._jobs))

    def stop(self) -> None:
        """Take no more jobs, finish what was started."""
        self._stopping.set()

    def leave(self) -> None:
        """End at once."""
        self._stopping.set()
        self._leaving.set()

    async def run(self, *, drain_s: float) -> None:
        """Work until told to stop, then finish what was started, for at most so many seconds.

        Raises:
            C8Error: the cluster refuses this worker from the start, in a way that waiting does not mend.
        """
        intake = [asyncio.create_task(self._reception(task).run(), name=f"intake {task.type}") for task in self._tasks]
        stop = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait([stop, *intake], return_when=asyncio.FIRST_COMPLETED)
            self._stopping.set()
            await asyncio.wait(intake)
            self._threads.drop_waiting()
            await self._drain(drain_s)
        finally:
            stop.cancel()
            for running in (*intake, *self._jobs):
                running.cancel()
            await asyncio.gather(stop, *intake, *self._jobs, return_exceptions=True)
            self._threads.close()
        for ended in intake:
            if not ended.cancelled() and (error := ended.exception()) is not None:
                raise error

    def _reception(self, task: Task) -> Reception:
        return Reception(
            task,
            self._client,
            self._slots,
            partial(self._start, task),
            stopping=self._stopping,
            name=self._name,
            # Long polls hold their slots while they wait, so each type has only its share of them.
            share=max(1, self._max_jobs // len(self._tasks)),
            uniform=self._uniform,
        )

    async def _drain(self, drain_s: float) -> None:
        if not self._jobs:
            return
        _log.info("finishing %d jobs that were started, at most %g s", len(self._jobs), drain_s)
        left = asyncio.create_task(self._leaving.wait())
        done = asyncio.gather(*self._jobs, return_exceptions=True)
        await asyncio.wait([left, done], timeout=drain_s, return_when=asyncio.FIRST_COMPLETED)
        left.cancel()
        if self._jobs:
            self._count("abandoned", len(self._jobs))
            _log.warning("leaving %d jobs unfinished; they are handed out again after their timeout", len(self._jobs))

    def _start(self, task: Task, job: ActivatedJobResult) -> None:
        self._count("received")
        running = asyncio.create_task(self._work(task, job))
        self._jobs.add(running)
        running.add_done_callback(self._finished)

    def _finished(self, running: "asyncio.Task[None]") -> None:
        self._jobs.discard(running)
        self._slots.give(1)
        if not running.cancelled() and (error := running.exception()) is not None:
            _log.error("a job was lost to a fault of the worker itself; please report it", exc_info=error)

    async def _work(self, task: Task, job: ActivatedJobResult) -> None:
        deadline_s = self._clock.monotonic_s() + task.timeout_s
        verdict = handed_back(job.retries)
        if not self._stopping.is_set():
            verdict = await self._execute(task, job)
        await self._report(job, verdict, deadline_s)

    async def _execute(self, task: Task, job: ActivatedJobResult) -> Verdict:
        try:
            call = partial(task.handler, **arguments(task.signature, job, job.variables))
            if task.signature.is_async:
                return Complete(result_variables(await cast("Awaitable[object]", call())))
            return Complete(result_variables(await self._threads.run(call)))
        except NeverStarted:
            return handed_back(job.retries)
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001  a handler may raise what it likes: SystemExit ends its job only
            verdict = of_exception(error, job.retries)
            if isinstance(verdict, Fail):
                _log.warning("job %s of type %s failed: %s", job.job_key, task.type, _last_line(verdict.message))
            return verdict

    async def _report(self, job: ActivatedJobResult, verdict: Verdict, deadline_s: float) -> None:
        delivery = deliver(verdict, deadline_s=deadline_s, clock=self._clock, uniform=self._uniform)
        heard: C8Error | None = None
        while True:
            try:
                step = delivery.send(heard) if heard is not None else next(delivery)
            except StopIteration as end:
                ending, error = end.value
                break
            if isinstance(step, Wait):
                await asyncio.sleep(step.seconds)
                heard = None
            else:
                heard = await self._send(job, step)
        if ending == "delivered":
            self._count(_counted(verdict))
            counted = self.statistics
            if self._stop_after is not None and counted.completed + counted.failed + counted.thrown >= self._stop_after:
                self.stop()
        elif ending == "gone":
            self._count("gone")
            _log.info(
                "job %s is no longer ours: somebody else had it after its timeout, or it was cancelled", job.job_key
            )
        elif is_result_refused(verdict, error) and error is not None:
            _log.warning("the result of job %s was refused: %s", job.job_key, error)
            await self._report(job, of_refusal(error, job.retries), deadline_s)
        else:
            self._count("unreported")
            _log.error("job %s could not be reported (%s): %s", job.job_key, ending, error)

    async def _send(self, job: ActivatedJobResult, verdict: Verdict) -> C8Error | None:
        try:
            match verdict:
                case Complete(variables=variables):
                    await self._client.complete_job(job.job_key, variables)
                case Fail():
                    await self._client.fail_job(
                        job.job_key,
                        retries=verdict.retries,
                        message=verdict.message,
                        backoff_s=verdict.backoff_s,
                        variables=verdict.variables,
                    )
                case Throw():
                    await self._client.throw_error(job.job_key, verdict.error_code, verdict.message, verdict.variables)
        except C8Error as error:
            return error
        return None

    def _count(self, what: Count, by: int = 1) -> None:
        self._counts[what] = self._counts.get(what, 0) + by


def _counted(verdict: Verdict) -> Count:
    if isinstance(verdict, Complete):
        return "completed"
    if isinstance(verdict, Throw):
        return "thrown"
    return "failed" if not verdict.is_hand_back else "handed_back"


def _last_line(text: str) -> str:
    return text.rstrip().rsplit("\n", 1)[-1]
