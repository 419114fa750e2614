"""Owns the thread of one engine: commands come in from the event loop, outcomes go back to it.

The engine is synchronous and single-threaded. Its thread takes whatever commands have gathered, lets the engine
process them in one run with one durable commit, and carries the outcome to the event loop. Between runs it wakes for
work that falls due. When the engine breaks (disk full, I/O error) every caller is told UNAVAILABLE at once, and the
engine is opened again from what it had made durable. Called by the cluster; refuses what exceeds the queue.
"""

import asyncio
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

_REOPEN_WAIT_FIRST_S: Final = 1.0
_REOPEN_WAIT_MAX_S: Final = 30.0
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
    BROKEN = "broken"
    STOPPED = "stopped"


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
        open_engine: opens the engine, called on the engine's thread, and again after it broke.
        clock: what the engine's own clock is.
        on_outcome: told of every outcome, on the event loop, after the answers in it were given.
        on_broken: told on the event loop that the engine broke, with the reason.
        queue_max: how many commands may wait before callers are refused.
        batch_max: how many commands at most share a commit.
    """

    def __init__(
        self,
        open_engine: Callable[[], Runs],
        *,
        clock: Clock,
        on_outcome: Callable[[Outcome], None],
        on_broken: Callable[[str], None],
        queue_max: int = limits.COMMANDS_WAITING_MAX,
        batch_max: int = limits.COMMANDS_BATCH_MAX,
    ) -> None:
        self._open_engine = open_engine
        self._clock = clock
        self._on_outcome = on_outcome
        self._on_broken = on_broken
        self._queue_max = queue_max
        self._batch_max = batch_max
        self._queue: queue.SimpleQueue[_Item] = queue.SimpleQueue()
        self._waiters: dict[int, _Waiter] = {}
        self._unprocessed = 0
        self._last_request = 0
        self._reopen_wait_s = _REOPEN_WAIT_FIRST_S
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
        if self._queries is None or self._health is not Health.HEALTHY:
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
        self._refuse_waiters(Refusal(Kind.UNAVAILABLE, self._why))

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
        self._queue.put(command)

    def post(self, work: Callable[[Runs], None]) -> None:
        """Do something with the engine, on its thread, whose result nobody waits for."""
        self._queue.put(_Task(work, None))

    def wake(self) -> None:
        """Look at the clock now; for clocks that are moved by hand."""
        self._queue.put(None)

    def _admit(self) -> None:
        if self._health is not Health.HEALTHY:
            raise Refusal(Kind.UNAVAILABLE, f"expected the cluster to be ready, but {self._why}")
        if self._unprocessed >= self._queue_max:
            raise Refusal(
                Kind.RESOURCE_EXHAUSTED,
                f"expected fewer than {self._queue_max} commands in flight, but the cluster is at its limit; "
                "try again a little later",
            )

    def _processed(self, count: int, outcome: Outcome) -> None:
        # Never below zero: what was under way when the engine broke is not counted any more.
        self._unprocessed = max(self._unprocessed - count, 0)
        for answer in outcome.answers:
            waiter = self._waiters.pop(answer.request, None)
            if waiter is not None:
                _give(waiter, answer)
        self._on_outcome(outcome)

    def _done(self, future: "asyncio.Future[object]", result: object, error: Exception | None) -> None:
        self._unprocessed = max(self._unprocessed - 1, 0)
        if future.done():
            return
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)

    def _became(self, health: Health, why: str) -> None:
        if self._health is not Health.STOPPED:
            self._health, self._why = health, why
        if health is Health.BROKEN:
            self._unprocessed = 0
            self._refuse_waiters(Refusal(Kind.UNAVAILABLE, f"expected the cluster to answer, but {why}"))
            self._on_broken(why)

    def _refuse_waiters(self, refusal: Refusal) -> None:
        waiters, self._waiters = self._waiters, {}
        for waiter in waiters.values():
            if not waiter.future.done():
                waiter.future.set_exception(refusal)

    # -- on the engine's thread

    def _tell(self, callback: Callable[..., None], *args: object) -> None:
        assert self._loop is not None
        try:
            self._loop.call_soon_threadsafe(callback, *args)
        except RuntimeError:
            # The loop was closed without stop(): nobody is left to be told.
            _log.warning("the event loop is gone; an outcome of the engine could not be delivered")

    def _open(self) -> Runs:
        engine = self._open_engine()
        self._queries = engine.queries
        return engine

    def _serve(self) -> None:
        assert self._opened is not None
        assert self._ended is not None
        try:
            engine: Runs | None = self._open()
        except Exception as error:  # noqa: BLE001  whatever hinders the start is raised by start()
            self._tell(self._opened.set_exception, error)
            return
        self._tell(self._became, Health.HEALTHY, "")
        self._tell(self._opened.set_result, None)
        while True:
            engine, go_on = self._serve_healthy(engine) if engine is not None else self._serve_broken()
            if not go_on:
                break
        self._tell(self._ended.set_result, None)

    def _serve_healthy(self, engine: Runs) -> tuple[Runs | None, bool]:
        """Serve until stopped or broken: the engine, or None if it broke, and whether to go on."""
        try:
            while self._step(engine):
                pass
        except Exception as error:  # noqa: BLE001  disk full, I/O error, a bug: the callers must not hang for any
            _log.exception("the engine broke; it is opened again from what is durable")
            self._tell(self._became, Health.BROKEN, f"its engine broke ({error})")
            self._reopen_wait_s = _REOPEN_WAIT_FIRST_S
            _close_quietly(engine)
            return None, True
        _close_quietly(engine)
        return engine, False

    def _step(self, engine: Runs) -> bool:
        """One turn: everything that has gathered, and what is due; False when told to stop."""
        commands = self._gather(self._patience_s(engine))
        if commands:
            self._tell(self._processed, len(commands), engine.run(commands))
        due_at_ms = engine.due_at_ms()
        if due_at_ms is not None and due_at_ms <= self._clock.now_ms():
            self._tell(self._processed, 0, engine.run_due())
        held, self._held = self._held, None
        if isinstance(held, _Task):
            self._perform(engine, held)
        return not isinstance(held, _Stop)

    def _patience_s(self, engine: Runs) -> float | None:
        due_at_ms = engine.due_at_ms()
        if due_at_ms is None:
            return None
        return min(max(due_at_ms - self._clock.now_ms(), 0) / 1000, _LOOK_AGAIN_S)

    def _gather(self, patience_s: float | None) -> list[Command]:
        """Wait for something, then take what is there; anything but a command ends the batch and is held."""
        commands: list[Command] = []
        try:
            item = self._queue.get(timeout=patience_s)
            while isinstance(item, Command):
                commands.append(item)
                if len(commands) == self._batch_max:
                    return commands
                item = self._queue.get_nowait()
            self._held = item
        except queue.Empty:
            pass
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

    def _serve_broken(self) -> tuple[Runs | None, bool]:
        """Refuse what comes in until it is time to open the engine again: the engine, and whether to go on."""
        wait_s, self._reopen_wait_s = self._reopen_wait_s, min(self._reopen_wait_s * 2, _REOPEN_WAIT_MAX_S)
        until_s = self._clock.monotonic_s() + wait_s
        item, self._held = self._held, None
        while True:
            if isinstance(item, _Stop):
                return None, False
            if isinstance(item, _Task) and item.future is not None:
                self._tell(self._done, item.future, None, Refusal(Kind.UNAVAILABLE, "the engine broke"))
            left_s = until_s - self._clock.monotonic_s()
            if left_s <= 0:
                break
            try:
                item = self._queue.get(timeout=min(left_s, _LOOK_AGAIN_S))
            except queue.Empty:
                item = None
        try:
            engine = self._open()
        except Exception as error:  # noqa: BLE001  tried again later, whatever it is
            _log.exception("the engine could not be opened again")
            self._tell(self._became, Health.BROKEN, f"its engine could not be opened again ({error})")
            return None, True
        _log.warning("the engine is open again")
        self._tell(self._became, Health.HEALTHY, "")
        return engine, True


def _give(waiter: _Waiter, answer: Answer) -> None:
    if isinstance(answer, Rejection):
        if not waiter.future.done():
            waiter.future.set_exception(rejected(waiter.intent, answer.type, answer.reason))
    elif not waiter.future.done():
        waiter.future.set_result(answer)
    elif waiter.orphaned is not None:
        waiter.orphaned(answer)


def _close_quietly(engine: Runs) -> None:
    try:
        engine.close()
    except Exception:  # noqa: BLE001  what is durable stays so
        _log.exception("the engine could not be closed cleanly; it replays its log when it is opened next")
