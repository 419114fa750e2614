"""The worker as people write it: tasks by decorator, one number for its capacity, `run()` until it is told to stop."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Final, TypeVar

from c8py.base.clock import Clock, SystemClock
from c8py.base.limits import WORKER_DRAIN_S, WORKER_JOBS_MAX, WORKER_PROCESSES_MAX, WORKER_THREADS_MAX
from c8py.client import AsyncCamunda
from c8py.config import Settings
from c8py.config.worker_overrides import worker_overrides
from c8py.errors import WorkerError
from c8py.worker import overrides
from c8py.worker.events import Observer, Telling
from c8py.worker.ledger import Statistics, WorkerState, totals
from c8py.worker.middleware import After, Around, Before, Middleware
from c8py.worker.ports import JobClient
from c8py.worker.provision import must_be_free
from c8py.worker.registry import TIMEOUT_S, Registry, Terms
from c8py.worker.rehearsal import Rehearsal
from c8py.worker.shift import Setup, Shift

_log: Final = logging.getLogger("c8py.worker")
_JOBS: Final = 32

H = TypeVar("H", bound=Callable[..., object])
A = TypeVar("A", bound=Around)
B = TypeVar("B", bound=Before)
C = TypeVar("C", bound=After)


class Worker:
    """Works on jobs.

        worker = Worker(max_jobs=32)

        @worker.task("charge-card")
        async def charge(amount: float, currency: str = "EUR") -> dict[str, object]:
            return {"receipt": await pay(amount, currency)}

        worker.run()

    Handlers take the job's variables by name, converted to what their annotations say. `variables` is all of them as
    one (a dict, struct, dataclass or pydantic model), `headers` the custom headers, `job` the job itself, `**variables`
    all the others. Parameters of the types `AsyncCamunda`, `Camunda`, `logging.Logger` and `Cancellation` are given the
    client, a logger that names the job, and whether to go on; those named in `provide` what stands there. What handlers
    return (a dict, struct, dataclass, model or None) becomes the job's variables. They may raise `BpmnError` and
    `JobFailure`; whatever else they raise fails the job with one retry less. Async handlers run on the event loop and
    must not block it; plain ones run in threads, or in processes of their own.

    Args:
        client: an `AsyncCamunda`; None makes one with `AsyncCamunda.from_env` when it is first needed. `run` closes its
            connections, `run_async` leaves them open.
        max_jobs: how many jobs it holds at most, those it asks for included; None means what the settings say, or 32.
        threads: how many plain handlers run at once; None means as many as jobs, at most 64.
        processes: how many handlers with `process=True` run at once; None means one for each core.
        drain_s: seconds for what was started, once it is told to stop.
        stop_after: stop by itself when so many jobs are reported; None works for ever.
        name: shown in Operate; None means what the settings say, or this machine and process.
        leases: ask for jobs with a lease, so that nobody else can finish them (Camunda 8.10; older clusters give none).
        provide: by name: what handlers are given that take a parameter of that name: a value, or a function without
            parameters that makes it when the worker starts; a generator function cleans up after its `yield`.
        clock: tells when jobs are no longer ours.

    Raises:
        WorkerError: a number is out of its range, or a name cannot be provided.
    """

    def __init__(
        self,
        client: JobClient | None = None,
        *,
        max_jobs: int | None = None,
        threads: int | None = None,
        processes: int | None = None,
        drain_s: float = WORKER_DRAIN_S,
        stop_after: int | None = None,
        name: str | None = None,
        leases: bool = False,
        provide: Mapping[str, object] | None = None,
        clock: Clock | None = None,
    ) -> None:
        _must_be_counts(max_jobs=max_jobs, threads=threads, processes=processes)
        must_be_free(provide or {})
        self._client = client
        self._max_jobs = max_jobs
        self._threads = threads
        self._processes = processes
        self._drain_s = drain_s
        self._stop_after = stop_after
        self._name = name
        self._leases = leases
        self._provide = dict(provide or {})
        self._clock = clock or SystemClock()
        self._registry = Registry(self._provide)
        self._overrides: dict[str, Terms] = {}
        self._middleware = Middleware()
        self._telling = Telling()
        self._shift: Shift | None = None

    def task(
        self,
        type_: str,
        *,
        timeout_s: float | None = None,
        fetch_variables: Sequence[str] | None = None,
        max_jobs: int | None = None,
        heartbeat: bool | None = None,
        limit_s: float | None = None,
        stream: bool | None = None,
        process: bool = False,
        batch: int | None = None,
        batch_wait_s: float = 0.0,
    ) -> Callable[[H], H]:
        """Register the decorated function for a job type.

        Args:
            type_: the job type of the model.
            timeout_s: seconds until a job is given to somebody else, longer than the handler ever takes; None means
                what the settings say, or 60.
            fetch_variables: which variables to ask for; None means those that the handler takes.
            max_jobs: how many of its jobs are held at most; None means as many as the worker may hold.
            heartbeat: move the deadline on for as long as the handler runs; `limit_s` ends one that hangs.
            limit_s: seconds after which a handler is ended and its job failed. What runs in a thread cannot be ended:
                it is left to itself, and another thread takes its place.
            stream: whether jobs are streamed as well as polled; None means what the settings say, or yes.
            process: run it in a process of its own, for what keeps a core busy. It must stand at the top of a module.
            batch: take up to so many jobs at once: `def handler(jobs: list[Job])`. It returns one result for each,
                in their order, where an exception stands for a failure; or None for all; what it raises fails all.
            batch_wait_s: how long a batch waits to become full, in seconds.

        Raises:
            WorkerError: the type is empty or taken, or the function cannot be called with variables by name.
        """
        if batch is not None and batch < 1:
            raise WorkerError(f"expected a batch of at least 1 job for type {type_!r}, but got {batch}")
        terms = Terms(timeout_s=timeout_s, max_jobs=max_jobs, heartbeat=heartbeat, limit_s=limit_s, stream=stream)

        def register(handler: H) -> H:
            self._registry.add(
                type_,
                handler,
                terms=terms,
                fetch_variables=None if fetch_variables is None else tuple(fetch_variables),
                process=process,
                batch=batch or 0,
                batch_wait_s=batch_wait_s,
            )
            return handler

        return register

    def around(self, function: A) -> A:
        """Have every call of a handler go through this.

        Args:
            function: `async def around(call, proceed)`; what it returns becomes the result, `await proceed()` is it.
        """
        self._middleware.around(function)
        return function

    def before(self, function: B) -> B:
        """Have this called ahead of every handler; what it raises is as if the handler had.

        Args:
            function: `def before(call)`, plain or async.
        """
        self._middleware.before(function)
        return function

    def after(self, function: C) -> C:
        """Have this called with what every handler returned or raised; what it raises is as if the handler had.

        Args:
            function: `def after(call, result, error)`, plain or async.
        """
        self._middleware.after(function)
        return function

    def observe(self, observer: Observer) -> Callable[[], None]:
        """Have this told every event, as `c8py.worker.events` has them, on the event loop.

        Returns:
            What ends it.
        """
        self._telling.add(observer)
        return lambda: self._telling.remove(observer)

    def override(
        self,
        terms: Mapping[str, Terms] | None = None,
        *,
        client: JobClient | None = None,
        max_jobs: int | None = None,
        name: str | None = None,
        stop_after: int | None = None,
    ) -> None:
        """Have these hold in the next run, whatever the code and the environment say. None changes nothing.

        Args:
            terms: by job type.
            client: as in `Worker`, as are the others.
            max_jobs: how many jobs it holds at most.
            name: shown in Operate.
            stop_after: stop by itself when so many jobs are reported.

        Raises:
            WorkerError: there is no task of such a type, or a number is out of its range.
        """
        for type_ in terms or {}:
            self._registry.get(type_)
        _must_be_counts(max_jobs=max_jobs)
        self._overrides |= terms or {}
        self._client = client or self._client
        self._max_jobs = max_jobs or self._max_jobs
        self._name = name or self._name
        self._stop_after = stop_after or self._stop_after

    @property
    def statistics(self) -> Statistics:
        """What was done so far, in this run or the last one."""
        return Statistics() if self._shift is None else totals(tuple(self._shift.ledgers.values()))

    @property
    def state(self) -> WorkerState:
        """How it stands: what is open, what went wrong last, and why no jobs come. Costs little; ask often."""
        shift, capacity = self._shift, self._capacity()
        if shift is None:
            return WorkerState(name=self._label(), phase="new", ready=False, capacity=capacity, taken=0, types=())
        types = shift.types()
        ready = shift.phase == "working" and any(one.reached for one in types)
        return WorkerState(
            name=self._label(), phase=shift.phase, ready=ready, capacity=capacity, taken=shift.taken, types=types
        )

    def call(
        self,
        type_: str,
        variables: Mapping[str, object] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        retries: int = 3,
    ) -> dict[str, object]:
        """Call a handler as if a job had come, without any cluster: for tests. `call_async` does it on a running loop.

        Args:
            type_: of the job.
            variables: of the job; they go the way over JSON, as real ones do.
            headers: its custom headers.
            retries: that it has left.

        Returns:
            What the job would be completed with.

        Raises:
            BpmnError: the handler threw it.
            JobFailure: the handler raised it, or its arguments or its result do not fit.
            Exception: whatever else the handler raised.
        """
        return asyncio.run(self.call_async(type_, variables, headers=headers, retries=retries))

    async def call_async(
        self,
        type_: str,
        variables: Mapping[str, object] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        retries: int = 3,
    ) -> dict[str, object]:
        """The same on a running event loop."""
        rehearsal = Rehearsal(self._client, self._provide, self._middleware, self._clock)
        return await rehearsal.call(self._registry.get(type_), variables or {}, headers=headers or {}, retries=retries)

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
        if not self._registry.types:
            raise WorkerError(
                "expected at least one task, but none is registered", hint='put @worker.task("type") on a function'
            )
        client = self._client = self._client or AsyncCamunda.from_env()
        settings = self._settings()
        general = Terms(
            timeout_s=(settings and settings.worker_timeout_s) or TIMEOUT_S, stream=settings and settings.worker_stream
        )
        said = overrides.of_environment(self._registry.types, worker_overrides())
        # The command line has the last word, the environment the one before.
        over = {
            type_: self._overrides.get(type_, Terms()).over(said.get(type_, Terms())) for type_ in self._registry.types
        }
        tasks = self._registry.on_terms(general, over)
        setup = self._setup(settings)
        if not tasks or setup.max_jobs < len(tasks):
            raise WorkerError(
                f"expected at least one task, and max_jobs of at least one per task, but {len(tasks)} tasks share "
                f"{setup.max_jobs}",
                hint=f"give max_jobs={len(tasks)} or more" if tasks else "all of them are switched off",
            )
        self._shift = shift = Shift(
            client,
            tasks,
            setup,
            provide=self._provide,
            middleware=self._middleware,
            telling=self._telling,
            clock=self._clock,
        )
        with _stopped_by_signals(shift) if signals else contextlib.nullcontext():
            _log.info("working on %s as %s", ", ".join(task.type for task in tasks), setup.name)
            await shift.run()
        return self.statistics

    def _settings(self) -> Settings | None:
        return self._client.settings if isinstance(self._client, AsyncCamunda) else None

    def _capacity(self) -> int:
        settings = self._settings()
        return self._max_jobs or (settings and settings.worker_max_jobs) or _JOBS

    def _label(self) -> str:
        settings = self._settings()
        return self._name or (settings and settings.worker_name) or f"{socket.gethostname()}-{os.getpid()}"

    def _setup(self, settings: Settings | None) -> Setup:
        capacity = self._capacity()
        return Setup(
            max_jobs=capacity,
            threads=self._threads or min(capacity, WORKER_THREADS_MAX),
            processes=self._processes or min(os.cpu_count() or 1, WORKER_PROCESSES_MAX),
            drain_s=self._drain_s,
            stop_after=self._stop_after,
            poll_s=(settings and settings.worker_request_timeout_s) or None,
            start_jitter_s=(settings and settings.worker_startup_jitter_s) or 0.0,
            leases=self._leases,
            name=self._label(),
        )


def _must_be_counts(**numbers: int | None) -> None:
    for what, number in numbers.items():
        if number is not None and not 1 <= number <= WORKER_JOBS_MAX:
            raise WorkerError(f"expected {what} from 1 to {WORKER_JOBS_MAX}, but got {number}")


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
