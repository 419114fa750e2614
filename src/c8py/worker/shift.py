"""One run of a worker, from the first poll to the last report: its life, its slots, and the jobs that it holds.

All its tasks share one number of slots. Built and awaited by `worker.Worker` only; jobs come in through `reception`,
are worked on in `execution`, and leave through `delivery`.
"""

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable, Collection, Coroutine, Mapping
from functools import partial
from typing import Final

import msgspec

from c8py.base.clock import Clock
from c8py.models.job import ActivatedJobResult
from c8py.worker.batches import Batches
from c8py.worker.context import Clients
from c8py.worker.delivery import Delivery
from c8py.worker.events import Activated, Lost, Phase, PhaseChanged, Telling, Way
from c8py.worker.execution import Execution, Means
from c8py.worker.held import Held
from c8py.worker.ledger import Ledger, TypeState
from c8py.worker.middleware import Middleware
from c8py.worker.ports import JobClient
from c8py.worker.processes import Processes
from c8py.worker.provision import provided
from c8py.worker.reception import Reception
from c8py.worker.registry import Task
from c8py.worker.slots import Room, Slots
from c8py.worker.threads import Threads
from c8py.worker.verdict import handed_back
from c8py.worker.watch import Watch

_log: Final = logging.getLogger("c8py.worker")


class Setup(msgspec.Struct, frozen=True, kw_only=True):
    """How a worker works.

    Attributes:
        max_jobs: how many jobs it holds at most.
        threads: how many plain functions run at once.
        processes: how many functions run at once in processes of their own.
        drain_s: seconds for what was started, once it is told to stop.
        stop_after: it stops by itself when so many jobs are reported; None for never.
        poll_s: how long a poll waits for jobs where there is no stream; None leaves it to the worker.
        start_jitter_s: it begins at a random moment within so long.
        leases: whether jobs are asked for with a lease.
        name: shown in Operate.
    """

    max_jobs: int
    threads: int
    processes: int
    drain_s: float
    stop_after: int | None
    poll_s: float | None
    start_jitter_s: float
    leases: bool
    name: str


class Shift:
    """One run.

    Args:
        client: where jobs come from and go to.
        tasks: what is worked on.
        setup: on which terms.
        provide: what handlers are given by name.
        middleware: around each call of a handler.
        telling: hears what happens.
        clock: tells when jobs are no longer ours.
        uniform: gives numbers from 0.0 to 1.0, for jitter.
    """

    def __init__(
        self,
        client: JobClient,
        tasks: tuple[Task, ...],
        setup: Setup,
        *,
        provide: Mapping[str, object],
        middleware: Middleware,
        telling: Telling,
        clock: Clock,
        uniform: Callable[[], float] = random.random,
    ) -> None:
        self._client = client
        self._tasks = tasks
        self._setup = setup
        self._provide = provide
        self._telling = telling
        self._clock = clock
        self._uniform = uniform
        self._slots = Slots(setup.max_jobs)
        self._clients = Clients(client)
        self._means = Means(
            clients=self._clients,
            provided={},
            middleware=middleware,
            threads=Threads(setup.threads, f"{setup.name}-handler"),
            processes=Processes(setup.processes, f"{setup.name}-process"),
            telling=telling,
            clock=clock,
        )
        self._rooms = {task.type: Room(self._slots, task.terms.max_jobs or setup.max_jobs) for task in tasks}
        self.ledgers = {task.type: Ledger(task.type, self._rooms[task.type].size, clock) for task in tasks}
        self._batches: list[Batches] = []
        self._stopping = asyncio.Event()
        self._leaving = asyncio.Event()
        self._phase: Phase = "new"
        self._jobs: dict[Held, asyncio.Task[None]] = {}

    @property
    def phase(self) -> Phase:
        """Where it is in its life."""
        return self._phase

    @property
    def taken(self) -> int:
        """Slots that are taken now."""
        return self._slots.taken

    def types(self) -> tuple[TypeState, ...]:
        """How each type stands."""
        running: dict[str, int] = {}
        for held in self._held():
            if held.running:
                running[held.task.type] = running.get(held.task.type, 0) + 1
        return tuple(
            ledger.snapshot(self._phase, running=running.get(type_, 0), free=self._slots.free)
            for type_, ledger in self.ledgers.items()
        )

    def stop(self) -> None:
        """Take no more jobs, finish what was started."""
        self._stopping.set()

    def leave(self) -> None:
        """End at once."""
        self._stopping.set()
        self._leaving.set()

    async def run(self) -> None:
        """Work until told to stop, then finish what was started, for no longer than was set up.

        Raises:
            C8Error: the cluster refuses this worker from the start, in a way that waiting does not mend.
        """
        async with provided(self._provide) as made:
            self._means = msgspec.structs.replace(self._means, provided=made)
            try:
                await self._work_off()
            finally:
                self._means.threads.close()
                self._means.processes.close()
                self._clients.close()
                self._turn("stopped")

    async def _work_off(self) -> None:
        await self._begin()
        intake = [asyncio.create_task(one.run(), name=f"intake {type_}") for type_, one in self._receptions().items()]
        watch = Watch(self._client, self._held, self.ledgers, self._telling, clock=self._clock)
        watching = asyncio.create_task(watch.run(self._tasks), name="watch")
        stop = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait([stop, watching, *intake], return_when=asyncio.FIRST_COMPLETED)
            self._stopping.set()
            self._turn("draining")
            for batches in self._batches:
                batches.flush()
            await asyncio.wait(intake)
            for batches in self._batches:
                batches.flush()
            self._means.threads.drop_waiting()
            self._means.processes.drop_waiting()
            await self._drain()
        finally:
            working = set(self._jobs.values())
            for running in (stop, watching, *intake, *working):
                running.cancel()
            await asyncio.gather(stop, watching, *intake, *working, return_exceptions=True)
        for ended in (watching, *intake):
            if not ended.cancelled() and (error := ended.exception()) is not None:
                raise error

    async def _begin(self) -> None:
        if self._setup.start_jitter_s > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._setup.start_jitter_s * self._uniform()):
                    await self._stopping.wait()
        self._turn("working")

    def _turn(self, phase: Phase) -> None:
        self._phase = phase
        self._telling(PhaseChanged(phase))

    def _receptions(self) -> dict[str, Reception]:
        found: dict[str, Reception] = {}
        for task in self._tasks:
            found[task.type] = Reception(
                task,
                self._client,
                self._rooms[task.type],
                self._starter(task),
                stopping=self._stopping,
                ledger=self.ledgers[task.type],
                telling=self._telling,
                setup=self._setup,
                # Long polls hold their slots while they wait, so each type has only its share of them.
                share=max(1, self._setup.max_jobs // len(self._tasks)),
                clock=self._clock,
                uniform=self._uniform,
            )
        return found

    def _starter(self, task: Task) -> Callable[[ActivatedJobResult, Way], None]:
        """What takes in a job of this task that has its slot."""
        ledger = self.ledgers[task.type]
        delivery = Delivery(self._client, ledger, self._telling, clock=self._clock, uniform=self._uniform)
        execution = Execution(task, self._means)
        if task.batch:
            together = partial(self._work_on_all, execution, delivery)
            batches = Batches(task.batch, task.batch_wait_s, lambda batch: self._begin_on(together(batch), *batch))
            self._batches.append(batches)
            take = batches.add
        else:

            def take(held: Held) -> None:
                self._begin_on(self._work(execution, delivery, held), held)

        def start(job: ActivatedJobResult, way: Way) -> None:
            ledger.came()
            if self._telling.heard:
                self._telling(Activated(job, way))
            take(Held(task, job, self._clock.monotonic_s() + task.timeout_s))

        return start

    def _begin_on(self, work: Coroutine[object, object, None], *held: Held) -> None:
        running = asyncio.create_task(work)
        for one in held:
            self._jobs[one] = running

    def _held(self) -> Collection[Held]:
        return self._jobs

    async def _work(self, execution: Execution, delivery: Delivery, held: Held) -> None:
        try:
            verdict = handed_back(held.job.retries) if self._stopping.is_set() else await execution.verdict(held)
            await delivery.report(held, verdict)
        except Exception as error:  # noqa: BLE001  nothing of the handler comes here
            self._at_fault(held.task, error)
        finally:
            self._let_go(held)

    async def _work_on_all(self, execution: Execution, delivery: Delivery, batch: list[Held]) -> None:
        try:
            if self._stopping.is_set():
                verdicts = [handed_back(held.job.retries) for held in batch]
            else:
                verdicts = list(await execution.verdicts(batch))
            reports = (delivery.report(held, verdict) for held, verdict in zip(batch, verdicts, strict=True))
            await asyncio.gather(*reports)
        except Exception as error:  # noqa: BLE001  nothing of the handler comes here
            self._at_fault(batch[0].task, error)
        finally:
            for held in batch:
                self._let_go(held)

    def _let_go(self, held: Held) -> None:
        """It is reported, or lost: its slot is free."""
        self._jobs.pop(held, None)
        type_ = held.task.type
        self.ledgers[type_].open -= 1
        self._rooms[type_].give(1)
        if self._setup.stop_after is not None:
            self._stop_when_enough()

    def _at_fault(self, task: Task, error: Exception) -> None:
        self.ledgers[task.type].went_wrong(error)
        _log.error("a job was lost to a fault of the worker itself; please report it", exc_info=error)

    def _stop_when_enough(self) -> None:
        done = sum(one.completed + one.failed + one.thrown for one in self.ledgers.values())
        if self._setup.stop_after is not None and done >= self._setup.stop_after:
            self.stop()

    async def _drain(self) -> None:
        if not self._jobs:
            return
        drain_s = self._setup.drain_s
        _log.info("finishing %d jobs that were started, at most %g s", len(self._held()), drain_s)
        left = asyncio.create_task(self._leaving.wait())
        done = asyncio.gather(*set(self._jobs.values()), return_exceptions=True)
        await asyncio.wait([left, done], timeout=drain_s, return_when=asyncio.FIRST_COMPLETED)
        left.cancel()
        abandoned = tuple(self._held())
        for held in abandoned:
            held.cancellation.request("leaving")
            self.ledgers[held.task.type].abandoned += 1
            self._telling(Lost(held.job, "abandoned", None))
        if abandoned:
            _log.warning("leaving %d jobs unfinished; they are handed out again after their timeout", len(abandoned))
