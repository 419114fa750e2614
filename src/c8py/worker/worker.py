"""The worker as people write it: tasks by decorator, one number for its capacity, `run()` until it is told to stop."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Generator, Sequence
from typing import Final, TypeVar

from c8py.base.clock import Clock, SystemClock
from c8py.base.limits import WORKER_DRAIN_S, WORKER_JOBS_MAX, WORKER_THREADS_MAX
from c8py.errors import WorkerError
from c8py.worker.ports import JobClient
from c8py.worker.registry import Registry
from c8py.worker.shift import Shift, Statistics

_log: Final = logging.getLogger("c8py.worker")

H = TypeVar("H", bound=Callable[..., object])


class Worker:
    """Works on jobs.

        worker = Worker(AsyncCamunda.from_env(), max_jobs=32)

        @worker.task("charge-card")
        async def charge(amount: float, currency: str = "EUR") -> dict[str, object]:
            return {"receipt": await pay(amount, currency)}

        worker.run()

    Handlers take the job's variables by name, converted to what their annotations say; `job` is the job itself and
    `**variables` all the others. What they return (a dict, struct, dataclass or None) becomes the job's variables.
    They may raise `BpmnError` and `JobFailure`; whatever else they raise fails the job with one retry less.
    Async handlers run on the event loop and must not block it; plain ones run in threads.

    Args:
        client: an `AsyncCamunda`; `run` closes its connections, `run_async` leaves them open.
        max_jobs: how many jobs it holds at most, those it asks for included.
        threads: how many plain handlers run at once; None means as many as jobs, at most 64.
        drain_s: seconds for what was started, once it is told to stop.
        stop_after: stop by itself when so many jobs are reported; None works for ever.
        name: shown in Operate; None means this machine and process.
        clock: tells when jobs are no longer ours.

    Raises:
        WorkerError: a number is out of its range.
    """

    def __init__(
        self,
        client: JobClient,
        *,
        max_jobs: int = 32,
        threads: int | None = None,
        drain_s: float = WORKER_DRAIN_S,
        stop_after: int | None = None,
        name: str | None = None,
        clock: Clock | None = None,
    ) -> None:
        if not 1 <= max_jobs <= WORKER_JOBS_MAX:
            raise WorkerError(f"expected max_jobs from 1 to {WORKER_JOBS_MAX}, but got {max_jobs}")
        if threads is not None and not 1 <= threads <= WORKER_JOBS_MAX:
            raise WorkerError(f"expected threads from 1 to {WORKER_JOBS_MAX}, but got {threads}")
        self._client = client
        self._max_jobs = max_jobs
        self._threads = min(max_jobs, WORKER_THREADS_MAX) if threads is None else threads
        self._drain_s = drain_s
        self._stop_after = stop_after
        self._name = name or f"{socket.gethostname()}-{os.getpid()}"
        self._clock = clock or SystemClock()
        self._registry = Registry()
        self._shift: Shift | None = None

    def task(
        self, type_: str, *, timeout_s: float = 60.0, fetch_variables: Sequence[str] | None = None
    ) -> Callable[[H], H]:
        """Register the decorated function for a job type.

        Args:
            type_: the job type of the model.
            timeout_s: seconds until a job is given to somebody else; longer than the handler ever takes.
            fetch_variables: which variables to ask for; None means those that the handler takes.

        Raises:
            WorkerError: the type is empty or taken, or the function cannot be called with variables by name.
        """

        def register(handler: H) -> H:
            fetch = None if fetch_variables is None else tuple(fetch_variables)
            self._registry.add(type_, handler, timeout_s=timeout_s, fetch_variables=fetch)
            return handler

        return register

    @property
    def statistics(self) -> Statistics:
        """What was done so far, in this run or the last one."""
        return Statistics() if self._shift is None else self._shift.statistics

    def stop(self) -> None:
        """Take no more jobs, finish what was started, then return from `run`. For the same event loop only."""
        if self._shift is not None:
            self._shift.stop()

    def run(self) -> Statistics:
        """Work until SIGTERM or SIGINT; a second one leaves at once.

        Raises:
            WorkerError: there is nothing to work on.
            C8Error: the cluster refuses this worker from the start, in a way that waiting does not mend.
        """
        return asyncio.run(self._run_and_close())

    async def _run_and_close(self) -> Statistics:
        try:
            return await self.run_async()
        finally:
            # The connections belong to the event loop that ends here.
            close = getattr(self._client, "aclose", None)
            if close is not None:
                await close()

    async def run_async(self, *, signals: bool = True) -> Statistics:
        """The same on a running event loop.

        Args:
            signals: whether SIGTERM and SIGINT stop it; only the main thread can have them.
        """
        tasks = self._registry.tasks
        if not tasks:
            raise WorkerError(
                "expected at least one task, but none is registered", hint='put @worker.task("type") on a function'
            )
        if self._max_jobs < len(tasks):
            raise WorkerError(
                f"expected max_jobs of at least one per task, but {len(tasks)} tasks share {self._max_jobs}",
                hint=f"give max_jobs={len(tasks)} or more",
            )
        self._shift = shift = Shift(
            self._client,
            tasks,
            max_jobs=self._max_jobs,
            threads=self._threads,
            name=self._name,
            clock=self._clock,
            stop_after=self._stop_after,
        )
        with _stopped_by_signals(shift) if signals else contextlib.nullcontext():
            _log.info("working on %s as %s", ", ".join(task.type for task in tasks), self._name)
            await shift.run(drain_s=self._drain_s)
        return shift.statistics


@contextlib.contextmanager
def _stopped_by_signals(shift: Shift) -> Generator[None]:
    """SIGTERM and SIGINT stop the shift, the second one ends it; before and after they mean what they meant."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    told: list[int] = []

    def tell(number: int) -> None:
        told.append(number)
        if len(told) == 1:
            _log.info("%s: taking no more jobs; once more to leave at once", signal.Signals(number).name)
            shift.stop()
        else:
            shift.leave()

    def from_handler(number: int, _frame: object) -> None:
        loop.call_soon_threadsafe(tell, number)

    # signal.signal rather than the loop's own handlers: it works on every system, and knows what was there before.
    before = {number: signal.signal(number, from_handler) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
