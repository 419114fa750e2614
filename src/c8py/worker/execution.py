"""Runs handlers: on the loop, in threads, in processes, one by one or in batches, and says what became of each job.

What a handler raises, returns or never finishes ends here, as a verdict. Driven by `shift`; `rehearsal` uses it too.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Final, cast

import msgspec

from c8py.base.clock import Clock
from c8py.errors import JobFailure
from c8py.models.job import ActivatedJobResult
from c8py.worker.context import Clients, JobLogger
from c8py.worker.conversion import result_variables
from c8py.worker.events import HandlerEnded, HandlerStarted, Telling
from c8py.worker.held import Held
from c8py.worker.middleware import Call, Middleware
from c8py.worker.processes import Processes
from c8py.worker.registry import Task
from c8py.worker.signature import Given, arguments, batch_item
from c8py.worker.threads import NeverStarted, Threads
from c8py.worker.verdict import Complete, Fail, Verdict, handed_back, of_exception

_log: Final = logging.getLogger("c8py.worker")


class Means(msgspec.Struct, frozen=True, kw_only=True):
    """What handlers are run with; one for all tasks of a run.

    Attributes:
        clients: gives handlers the client they ask for.
        provided: by name of parameters.
        middleware: around each call.
        threads: for plain functions.
        processes: for those that need a core of their own.
        telling: hears what happens.
        clock: measures how long handlers take.
    """

    clients: Clients
    provided: Mapping[str, object]
    middleware: Middleware
    threads: Threads
    processes: Processes
    telling: Telling
    clock: Clock


class Execution:
    """Runs the handler of one task.

    Args:
        task: whose handler.
        means: to run it with.
    """

    def __init__(self, task: Task, means: Means) -> None:
        self._task = task
        self._means = means
        self._logs = task.signature.wants("logger")
        # The handler's own coroutine is awaited, and no frame in between.
        self._is_direct = task.place == "loop" and not means.middleware and task.terms.limit_s is None

    async def verdict(self, held: Held) -> Verdict:
        """What became of one job."""
        means, job = self._means, held.job
        begun_s = means.clock.monotonic_s() if means.telling.heard else 0.0
        error: BaseException | None = None
        try:
            if self._is_direct:
                call = self._task.handler(**self._arguments(held))
                self._started(held)
                return Complete(result_variables(await cast("Awaitable[object]", call)))
            return Complete(result_variables(await self._through([held], lambda: self._arguments(held))))
        except NeverStarted:
            return handed_back(job.retries)
        except asyncio.CancelledError as raised:
            error = raised
            raise
        except BaseException as raised:  # noqa: BLE001  a handler may raise what it likes: SystemExit ends its job only
            error = raised
            return self._of(raised, job)
        finally:
            held.ended = True
            if means.telling.heard and held.started:
                means.telling(HandlerEnded(job, means.clock.monotonic_s() - begun_s, error))

    async def result(self, held: Held) -> object:
        """What the handler returns for one job, or raises; a batch handler is given a batch of one."""
        if not self._task.batch:
            return await self._through([held], lambda: self._arguments(held))
        result = (await self._batch_results([held], [batch_item(self._task.signature, held.job)]))[0]
        if isinstance(result, BaseException):
            raise result
        return result

    async def verdicts(self, batch: Sequence[Held]) -> list[Verdict]:
        """What became of each job of a batch; what the handler raises holds for all of them."""
        items: list[object] = []
        taken: list[Held] = []
        found: dict[str, Verdict] = {}
        for held in batch:
            try:
                items.append(batch_item(self._task.signature, held.job))
                taken.append(held)
            except JobFailure as error:  # one job's variables are no reason to fail the others
                held.ended = True
                found[held.job.job_key] = self._of(error, held.job)
        if taken:
            found |= await self._of_batch(taken, items)
        return [found[held.job.job_key] for held in batch]

    async def _of_batch(self, taken: list[Held], items: list[object]) -> dict[str, Verdict]:
        begun_s = self._means.clock.monotonic_s()
        jobs = tuple(held.job for held in taken)
        error: BaseException | None = None
        try:
            results = await self._batch_results(taken, items)
            return {job.job_key: self._of_one(result, job) for job, result in zip(jobs, results, strict=True)}
        except NeverStarted:
            return {job.job_key: handed_back(job.retries) for job in jobs}
        except asyncio.CancelledError as raised:
            error = raised
            raise
        except BaseException as raised:  # noqa: BLE001  a handler may raise what it likes
            error = raised
            return {job.job_key: self._of(raised, job) for job in jobs}
        finally:
            seconds = self._means.clock.monotonic_s() - begun_s
            for held in taken:
                held.ended = True
                if self._means.telling.heard and held.started:
                    self._means.telling(HandlerEnded(held.job, seconds, error))

    async def _batch_results(self, taken: list[Held], items: list[object]) -> Sequence[object]:
        result = await self._through(taken, lambda: self._batch_arguments(taken[0], items))
        if result is None:
            return [None] * len(taken)
        if not isinstance(result, list | tuple) or len(cast("list[object]", result)) != len(taken):
            size = f"{len(cast('list[object]', result))} of them" if isinstance(result, list | tuple) else "no list"
            raise JobFailure(f"expected one result for each of {len(taken)} jobs, or None, but the handler gave {size}")
        return cast("Sequence[object]", result)

    def _batch_arguments(self, first: Held, items: list[object]) -> dict[str, object]:
        given = self._given(first)
        called: dict[str, object] = {}
        for parameter in self._task.signature.parameters:
            sources = {"jobs": items, "client": given.client, "logger": given.logger}
            known = parameter.source in sources
            called[parameter.name] = sources[parameter.source] if known else given.provided[parameter.name]
        return called

    def _of_one(self, result: object, job: ActivatedJobResult) -> Verdict:
        if isinstance(result, BaseException):
            return self._of(result, job)
        try:
            return Complete(result_variables(result))
        except JobFailure as error:
            return self._of(error, job)

    def _arguments(self, held: Held) -> dict[str, object]:
        signature = self._task.signature
        return arguments(signature, Given(held.job) if signature.is_plain else self._given(held))

    async def _through(self, taken: list[Held], arguments_: Callable[[], dict[str, object]]) -> object:
        """By way of the middleware, within the limit."""
        limit_s = self._task.terms.limit_s
        limit = asyncio.timeout(None)
        proceed = partial(self._placed, taken, arguments_, None if limit_s is None else limit)
        if self._means.middleware:
            call = Call(taken[0].job, tuple(held.job for held in taken), self._task.handler)
            proceed = partial(self._means.middleware.run, call, proceed)
        if limit_s is None:
            return await proceed()
        try:
            async with limit:
                return await proceed()
        except TimeoutError as error:
            if not limit.expired():
                raise
            raise JobFailure(f"expected the handler to end within {limit_s:g} s, but it did not") from error

    async def _placed(
        self, taken: list[Held], arguments_: Callable[[], dict[str, object]], limit: asyncio.Timeout | None
    ) -> object:
        given = arguments_()
        handler, means = self._task.handler, self._means
        if self._task.place == "loop":
            self._begin(taken, limit)
            return await cast("Awaitable[object]", handler(**given))
        started = partial(self._begin_elsewhere, asyncio.get_running_loop(), taken, limit)
        if self._task.place == "process":
            return await means.processes.run(handler, given, started=started)
        return await means.threads.run(partial(handler, **given), started=started)

    def _begin_elsewhere(
        self, loop: asyncio.AbstractEventLoop, taken: list[Held], limit: asyncio.Timeout | None
    ) -> None:
        """The same as `_begin`, from a thread; the loop hears of it only where that matters."""
        for held in taken:
            held.started = True
        if limit is not None or self._means.telling.heard:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(self._begin, taken, limit)

    def _begin(self, taken: list[Held], limit: asyncio.Timeout | None) -> None:
        # From here on, and not from when the job began to wait for a thread.
        if limit is not None and self._task.terms.limit_s is not None and not taken[0].ended:
            limit.reschedule(asyncio.get_running_loop().time() + self._task.terms.limit_s)
        for held in taken:
            self._started(held)

    def _started(self, held: Held) -> None:
        held.started = True
        if self._means.telling.heard:
            self._means.telling(HandlerStarted(held.job))

    def _given(self, held: Held) -> Given:
        return Given(
            held.job,
            self._means.clients.for_handler(self._task),
            JobLogger(held.job) if self._logs else None,
            held.cancellation,
            self._means.provided,
        )

    def _of(self, error: BaseException, job: ActivatedJobResult) -> Verdict:
        verdict = of_exception(error, job.retries)
        if isinstance(verdict, Fail):
            last = verdict.message.rstrip().rsplit("\n", 1)[-1]
            _log.warning("job %s of type %s failed: %s", job.job_key, self._task.type, last)
        return verdict
