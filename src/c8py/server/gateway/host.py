"""Owns the thread of one engine: commands come in from the event loop, outcomes go back to it.

The engine is synchronous and single-threaded. Its thread takes whatever commands have gathered, lets the engine
process them in one run with one durable commit, and carries the outcome to the event loop. Between runs it wakes for
work that falls due. When a commit fails (disk full, I/O error) its callers are told UNAVAILABLE at once; for the engine
it is as if the run had never been, and the next one may go well again. Called by the cluster; refuses what exceeds
the queue.
"""

import asyncio
import contextlib
import enum
import logging
import queue
import threading
from collections.abc import Callable, Sequence
from typing import Final, Protocol, TypeVar, cast

import msgspec

from c8py.base import limits
from c8py.base.clock import Clock
from c8py.engine.readmodel import Queries
from c8py.engine.records import Answer, Command, ProcessInstanceCreationIntent, Rejection, Response
from c8py.engine.runtime import JobStream, Outcome
from c8py.server.gateway.refusals import Kind, Refusal, rejected

T = TypeVar("T")

_AWAITING_RESULT: Final = ProcessInstanceCreationIntent.CREATE_WITH_AWAITING_RESULT

_log = logging.getLogger("c8py.server.gateway")

# What is due and cannot be committed is tried again no sooner.
_DUE_AGAIN_S: Final = 1.0
# The wall clock may jump while the thread sleeps (suspended laptop): look again at least this often.
_LOOK_AGAIN_S: Final = 1.0


class Runs(Protocol):
    """What the thread asks of an engine; `c8py.engine.runtime.Engine` is one."""

    @property
    def queries(self) -> Queries:
        """The read model."""
        ...

    def run(self, commands: Sequence[Command]) -> Outcome:
        """Process commands, make the result durable, and say what came of it."""
        ...

    def run_due(self) -> Outcome:
        """Process what has fallen due."""
        ...

    def due_at_ms(self) -> int | None:
        """When something falls due next, in milliseconds since 1970."""
        ...

    def open_stream(self, stream: JobStream) -> int:
        """Register a stream of pushed jobs."""
        ...

    def close_stream(self, stream_id: int) -> None:
        """Forget a stream."""
        ...

    def forget(self, request: int) -> None:
        """Drop the interest in a result."""
        ...

    def close(self) -> None:
        """Let go of the files."""
        ...


class Health(enum.Enum):
    """How the engine is."""

    STARTING = "starting"
    HEALTHY = "healthy"
    BROKEN = "the last commit failed"
    STOPPED = "stopped"


_NOT_SERVING: Final = (Health.STARTING, Health.STOPPED)


class _Waiter(msgspec.Struct):
    """Somebody who waits for the answer to a command."""

    future: "asyncio.Future[Response]"
    intent: str
    orphaned: Callable[[Response], None] | None


class _Task(msgspec.Struct):
    """Something to be done with the engine, on its thread."""

    work: Callable[[Runs], object]
    future: "asyncio.Future[object] | None"


class _Stop(msgspec.Struct):
    """The last item of the queue."""


_Item = Command | _Task | _Stop | None


class EngineHost:
    """One engine on its own thread.

    Args:
        open_engine: opens the engine; called on the engine's thread.
        clock: what the engine's own clock is.
        on_outcome: told of every outcome, on the event loop, after the answers in it were given.
        queue_max: how many commands may wait before callers are refused.
        batch_max: how many commands at most share a commit.
    """

    def __init__(
        self,
        open_engine: Callable[[], Runs],
        *,
        clock: Clock,
        on_outcome: Callable[[Outcome], None],
        queue_max: int = limits.COMMANDS_WAITING_MAX,
        batch_max: int = limits.COMMANDS_BATCH_MAX,
    ) -> None:
        self._open_engine = open_engine
        self._clock = clock
        self._on_outcome = on_outcome
        self._queue_max = queue_max
        self._batch_max = batch_max
        self._queue: queue.SimpleQueue[_Item] = queue.SimpleQueue()
        self._waiters: dict[int, _Waiter] = {}
        self._unprocessed = 0
        self._last_request = 0
        self._due_not_before_s = 0.0
        self._held: _Item = None
        self._queries: Queries | None = None
        self._health = Health.STARTING
        self._why = "the engine is starting"
        self._thread = threading.Thread(target=self._serve, name="c8py-engine", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._opened: asyncio.Future[None] | None = None
        self._ended: asyncio.Future[None] | None = None

    @property
    def health(self) -> Health:
        """How the engine is at this moment."""
        return self._health

    @property
    def queries(self) -> Queries:
        """The read model, usable from any thread.

        Raises:
            Refusal: the engine is not there.
        """
        if self._queries is None or self._health in _NOT_SERVING:
            raise Refusal(Kind.UNAVAILABLE, f"expected the cluster to be ready, but {self._why}")
        return self._queries

    # -- on the event loop

    async def start(self) -> None:
        """Open the engine; what hinders that is raised here."""
        self._loop = asyncio.get_running_loop()
        self._opened = self._loop.create_future()
        self._ended = self._loop.create_future()
        self._thread.start()
        try:
            await self._opened
        except BaseException:
            self._health = Health.STOPPED
            raise

    async def stop(self) -> None:
        """Process what has been accepted, close the engine, and refuse everybody who still waits."""
        if self._health is Health.STOPPED or self._ended is None:
            return
        self._health, self._why = Health.STOPPED, "the gateway is shutting down"
        self._queue.put(_Stop())
        await self._ended
        self._thread.join()
        self._refuse_all()

    async def run(
        self, command: Command, *, timeout_s: float, orphaned: Callable[[Response], None] | None = None
    ) -> Response:
        """Have a command processed.

        Args:
            command: without a request id; the host gives one.
            timeout_s: how long the caller waits.
            orphaned: takes the response when the caller has gone meanwhile.

        Raises:
            Refusal: rejected by the engine, too many waiting, engine broken, or no answer in time.
        """
        self._admit()
        self._last_request += 1
        request = self._last_request
        future: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self._waiters[request] = _Waiter(future, command.intent.name, orphaned)
        self._unprocessed += 1
        self._queue.put(msgspec.structs.replace(command, request=request))
        try:
            async with asyncio.timeout(timeout_s):
                return await future
        except TimeoutError:
            raise Refusal(
                Kind.DEADLINE_EXCEEDED, f"expected an answer within {timeout_s:g} s, but there was none"
            ) from None
        finally:
            # One who minds being orphaned stays listed until the answer comes.
            if not orphaned and self._waiters.pop(request, None) and command.intent is _AWAITING_RESULT:
                self.post(lambda engine: engine.forget(request))

    async def call(self, work: Callable[[Runs], T]) -> T:
        """Do something with the engine, on its thread, in turn with the commands.

        Raises:
            Refusal: too many waiting, or engine broken.
        """
        self._admit()
        future: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self._unprocessed += 1
        self._queue.put(_Task(work, future))
        return cast("T", await future)

    def submit(self, command: Command) -> None:
        """Have a command processed whose answer nobody waits for; lost if the engine is not there."""
        self._unprocessed += 1
        self._queue.put(command)

    def post(self, work: Callable[[Runs], None]) -> None:
        """Do something with the engine, on its thread, whose result nobody waits for."""
        self._queue.put(_Task(work, None))

    def wake(self) -> None:
        """Look at the clock now; for clocks that are moved by hand."""
        self._queue.put(None)

    def _admit(self) -> None:
        if self._health in _NOT_SERVING:
            raise Refusal(Kind.UNAVAILABLE, f"expected the cluster to be ready, but {self._why}")
        if self._unprocessed >= self._queue_max:
            raise Refusal(
                Kind.RESOURCE_EXHAUSTED,
                f"expected fewer than {self._queue_max} commands in flight, but the cluster is at its limit; "
                "try again a little later",
            )

    def _processed(self, count: int, outcome: Outcome) -> None:
        self._unprocessed -= count
        if self._health is Health.BROKEN:
            self._health = Health.HEALTHY
            _log.warning("the engine commits again")
        for answer in outcome.answers:
            waiter = self._waiters.pop(answer.request, None)
            if waiter is not None:
                _give(waiter, answer)
        self._on_outcome(outcome)

    def _failed(self, commands: Sequence[Command], error: Exception) -> None:
        self._unprocessed -= len(commands)
        if self._health is Health.HEALTHY:
            self._health = Health.BROKEN
            _log.error("the engine could not commit; its callers are told UNAVAILABLE", exc_info=error)
        refusal = Refusal(
            Kind.UNAVAILABLE, f"expected the cluster to store the command, but its engine failed: {error}"
        )
        for command in commands:
            _refuse(self._waiters.pop(command.request, None), refusal)

    def _done(self, future: "asyncio.Future[object]", result: object, error: Exception | None) -> None:
        self._unprocessed -= 1
        if future.done():
            return
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)

    def _died(self, error: Exception) -> None:
        self._health, self._why = Health.STOPPED, f"its engine died: {error}"
        _log.critical(
            "the engine's thread died; the cluster is gone until the platform is started again", exc_info=error
        )
        self._refuse_all()

    def _refuse_all(self) -> None:
        """Refuse everybody who waits for an answer, or for their turn."""
        refusal = Refusal(Kind.UNAVAILABLE, f"expected the cluster to answer, but {self._why}")
        waiters, self._waiters = self._waiters, {}
        for waiter in waiters.values():
            _refuse(waiter, refusal)
        with contextlib.suppress(queue.Empty):
            while True:
                item = self._queue.get_nowait()
                if isinstance(item, _Task) and item.future is not None:
                    self._done(item.future, None, refusal)

    def _start_serving(self) -> None:
        assert self._opened is not None
        self._health, self._why = Health.HEALTHY, ""
        if not self._opened.done():
            self._opened.set_result(None)

    # -- on the engine's thread

    def _tell(self, callback: Callable[..., None], *args: object) -> None:
        assert self._loop is not None
        try:
            self._loop.call_soon_threadsafe(callback, *args)
        except RuntimeError:
            # The loop was closed without stop(): nobody is left to be told.
            _log.warning("the event loop is gone; an outcome of the engine could not be delivered")

    def _serve(self) -> None:
        assert self._opened is not None
        assert self._ended is not None
        try:
            engine = self._open_engine()
        except Exception as error:  # noqa: BLE001  whatever hinders the start is raised by start()
            self._tell(self._opened.set_exception, error)
            return
        self._queries = engine.queries
        self._tell(self._start_serving)
        try:
            while self._step(engine):
                pass
        except Exception as error:  # noqa: BLE001  a bug: the callers must not hang for it
            self._tell(self._died, error)
        try:
            engine.close()
        except Exception:  # noqa: BLE001  what is durable stays so
            _log.exception("the engine could not be closed cleanly; it replays its log when it is opened next")
        self._tell(self._ended.set_result, None)

    def _step(self, engine: Runs) -> bool:
        """One turn: everything that has gathered, and what is due; False when told to stop."""
        commands = self._gather(self._patience_s(engine))
        if commands:
            self._commit(commands, lambda: engine.run(commands))
        due_at_ms = engine.due_at_ms()
        if due_at_ms is not None and due_at_ms <= self._clock.now_ms() and self._due_wait_s() <= 0:
            fine = self._commit((), engine.run_due)
            self._due_not_before_s = 0.0 if fine else self._clock.monotonic_s() + _DUE_AGAIN_S
        held, self._held = self._held, None
        if isinstance(held, _Task):
            self._perform(engine, held)
        return not isinstance(held, _Stop)

    def _commit(self, commands: Sequence[Command], run: Callable[[], Outcome]) -> bool:
        """One run of the engine, and what came of it to the event loop; False if it failed."""
        try:
            outcome = run()
        except Exception as error:  # noqa: BLE001  disk full, I/O error: the callers must not hang for any
            self._tell(self._failed, commands, error)
            return False
        self._tell(self._processed, len(commands), outcome)
        return True

    def _patience_s(self, engine: Runs) -> float | None:
        due_at_ms = engine.due_at_ms()
        if due_at_ms is None:
            return None
        wait_s = max((due_at_ms - self._clock.now_ms()) / 1000, self._due_wait_s(), 0)
        return min(wait_s, _LOOK_AGAIN_S)

    def _due_wait_s(self) -> float:
        return self._due_not_before_s - self._clock.monotonic_s() if self._due_not_before_s else 0.0

    def _gather(self, patience_s: float | None) -> list[Command]:
        """Wait for something, then take what is there; anything but a command ends the batch and is held."""
        commands: list[Command] = []
        with contextlib.suppress(queue.Empty):
            item = self._queue.get(timeout=patience_s)
            while isinstance(item, Command):
                commands.append(item)
                if len(commands) == self._batch_max:
                    return commands
                item = self._queue.get_nowait()
            self._held = item
        return commands

    def _perform(self, engine: Runs, task: _Task) -> None:
        try:
            result, error = task.work(engine), None
        except Exception as failure:  # noqa: BLE001  belongs to the caller, who is on the other thread
            result, error = None, failure
        if task.future is not None:
            self._tell(self._done, task.future, result, error)
        elif error is not None:
            _log.error("a task for the engine failed", exc_info=error)


def _give(waiter: _Waiter, answer: Answer) -> None:
    if isinstance(answer, Rejection):
        _refuse(waiter, rejected(waiter.intent, answer.type, answer.reason))
    elif not waiter.future.done():
        waiter.future.set_result(answer)
    elif waiter.orphaned is not None:
        waiter.orphaned(answer)


def _refuse(waiter: _Waiter | None, refusal: Refusal) -> None:
    if waiter is not None and not waiter.future.done():
        waiter.future.set_exception(refusal)
