"""The engine's thread: answers reach their callers, batches share a run, and nobody hangs when it breaks."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from typing import Self, cast

import pytest

from c8py.base.clock import ManualClock
from c8py.engine.readmodel import Queries
from c8py.engine.records import (
    Answer,
    Command,
    JobIntent,
    JobRecord,
    ProcessInstanceCreationIntent,
    ProcessInstanceCreationRecord,
    Rejection,
    RejectionType,
    Response,
)
from c8py.engine.runtime import JobStream, Outcome
from c8py.server.gateway.host import EngineHost, Health
from c8py.server.gateway.refusals import Kind, Refusal

COMPLETE = Command(JobIntent.COMPLETE, JobRecord(), 7)
AWAIT = Command(ProcessInstanceCreationIntent.CREATE_WITH_AWAITING_RESULT, ProcessInstanceCreationRecord())


def done(command: Command) -> Answer | None:
    return Response(command.request, JobIntent.COMPLETED, command.key, command.value)


class ScriptedEngine:
    """Answers as it is told; keeps to the protocol that the host asks of an engine."""

    queries = cast("Queries", None)

    def __init__(self, answer: Callable[[Command], Answer | None] = done) -> None:
        self.answer = answer
        self.batches: list[int] = []
        self.may_run = threading.Event()
        self.may_run.set()
        self.running = threading.Event()
        self.breaks: Exception | None = None
        self.due_breaks: Exception | None = None
        self.bug: Exception | None = None
        self.due: int | None = None
        self.due_runs = 0
        self.forgotten: list[int] = []
        self.closed = False

    def run(self, commands: Sequence[Command]) -> Outcome:
        self.running.set()
        assert self.may_run.wait(5)
        if self.breaks is not None:
            raise self.breaks
        self.batches.append(len(commands))
        answers = (self.answer(each) for each in commands if each.request)
        return Outcome(answers=tuple(each for each in answers if each is not None))

    def run_due(self) -> Outcome:
        self.due_runs += 1
        if self.due_breaks is not None:
            raise self.due_breaks
        self.due = None
        return Outcome(available=frozenset({"pay"}))

    def due_at_ms(self) -> int | None:
        if self.bug is not None:
            raise self.bug
        return self.due

    def open_stream(self, stream: JobStream) -> int:
        return 1

    def close_stream(self, stream_id: int) -> None:
        pass

    def forget(self, request: int) -> None:
        self.forgotten.append(request)

    def close(self) -> None:
        self.closed = True


class Hosted:
    """A host with its scripted engine, or with what comes instead of one."""

    def __init__(self, engine: ScriptedEngine | Exception, **limits: int) -> None:
        self.engine = engine
        self.clock = ManualClock()
        self.outcomes: asyncio.Queue[Outcome] = asyncio.Queue()
        self.host = EngineHost(self._open, clock=self.clock, on_outcome=self.outcomes.put_nowait, **limits)

    def _open(self) -> ScriptedEngine:
        if isinstance(self.engine, Exception):
            raise self.engine
        return self.engine

    async def __aenter__(self) -> Self:
        await self.host.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.host.stop()

    async def run(self, command: Command = COMPLETE, **options: object) -> Response:
        return await self.host.run(command, timeout_s=5, **options)  # type: ignore[arg-type]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110  the condition is on another thread
            await asyncio.sleep(0.002)


async def test_an_answer_reaches_who_asked() -> None:
    async with Hosted(ScriptedEngine()) as hosted:
        first, second = await asyncio.gather(hosted.run(), hosted.run(Command(JobIntent.COMPLETE, JobRecord(), 8)))
        assert (first.key, second.key) == (7, 8)


async def test_a_rejection_has_the_words_of_a_real_gateway() -> None:
    engine = ScriptedEngine(lambda c: Rejection(c.request, RejectionType.NOT_FOUND, "expected a job", c.intent))
    async with Hosted(engine) as hosted:
        with pytest.raises(Refusal) as refused:
            await hosted.run()
    assert refused.value.kind is Kind.NOT_FOUND
    assert refused.value.detail == "Command 'COMPLETE' rejected with code 'NOT_FOUND': expected a job"


async def test_what_gathers_during_a_run_shares_the_next_one() -> None:
    engine = ScriptedEngine()
    async with Hosted(engine, batch_max=100) as hosted:
        engine.may_run.clear()
        callers = [asyncio.create_task(hosted.run()) for _ in range(11)]
        await until(engine.running.is_set)
        engine.may_run.set()
        await asyncio.gather(*callers)
        assert sum(engine.batches) == 11
        assert len(engine.batches) <= 2


async def test_a_batch_has_a_limit() -> None:
    engine = ScriptedEngine()
    async with Hosted(engine, batch_max=3) as hosted:
        engine.may_run.clear()
        callers = [asyncio.create_task(hosted.run()) for _ in range(10)]
        await until(engine.running.is_set)
        engine.may_run.set()
        await asyncio.gather(*callers)
        assert sum(engine.batches) == 10
        assert max(engine.batches) <= 3


async def test_more_than_may_wait_are_refused_and_the_others_served() -> None:
    engine = ScriptedEngine()
    async with Hosted(engine, queue_max=2) as hosted:
        engine.may_run.clear()
        callers = [asyncio.create_task(hosted.run()) for _ in range(2)]
        await until(engine.running.is_set)
        with pytest.raises(Refusal) as refused:
            await hosted.run()
        assert refused.value.kind is Kind.RESOURCE_EXHAUSTED
        engine.may_run.set()
        await asyncio.gather(*callers)
        await hosted.run()


async def test_no_answer_in_time_is_a_deadline_exceeded() -> None:
    async with Hosted(ScriptedEngine(lambda _: None)) as hosted:
        with pytest.raises(Refusal) as refused:
            await hosted.host.run(COMPLETE, timeout_s=0.01)
        assert refused.value.kind is Kind.DEADLINE_EXCEEDED


async def test_an_answer_may_come_in_a_later_run() -> None:
    held: list[Command] = []

    def late(command: Command) -> Answer | None:
        if command.key == 7:
            held.append(command)
            return None
        return done(held.pop())

    async with Hosted(ScriptedEngine(late)) as hosted:
        first = asyncio.create_task(hosted.run())
        await until(lambda: bool(held))
        hosted.host.submit(Command(JobIntent.COMPLETE, JobRecord(), 8, 1))
        assert (await first).key == 7


async def test_the_engine_forgets_a_result_that_nobody_awaits() -> None:
    engine = ScriptedEngine(lambda _: None)
    async with Hosted(engine) as hosted:
        with pytest.raises(Refusal):
            await hosted.host.run(AWAIT, timeout_s=0.01)
        await until(lambda: engine.forgotten == [1])


async def test_an_answer_whose_caller_went_is_given_to_who_minds() -> None:
    engine = ScriptedEngine()
    orphans: list[Response] = []
    async with Hosted(engine) as hosted:
        engine.may_run.clear()
        caller = asyncio.create_task(hosted.run(orphaned=orphans.append))
        await until(engine.running.is_set)
        caller.cancel()
        engine.may_run.set()
        await until(lambda: len(orphans) == 1)
        assert orphans[0].key == 7


async def test_what_is_due_is_done_when_the_clock_is_there() -> None:
    engine = ScriptedEngine()
    async with Hosted(engine) as hosted:
        engine.due = hosted.clock.now_ms() + 60_000
        await hosted.run()
        assert engine.due_runs == 0
        hosted.clock.advance(61)
        hosted.host.wake()
        await until(lambda: engine.due_runs == 1)
        while not (await hosted.outcomes.get()).available:
            pass


async def test_a_commit_that_fails_is_told_to_its_callers_and_the_next_may_go_well() -> None:
    engine = ScriptedEngine(lambda c: None if c.key == 8 else done(c))
    async with Hosted(engine) as hosted:
        waiting = asyncio.create_task(hosted.run(Command(JobIntent.COMPLETE, JobRecord(), 8)))
        await until(lambda: bool(engine.batches))
        engine.breaks = OSError(28, "No space left on device")
        with pytest.raises(Refusal) as refused:
            await hosted.run()
        assert refused.value.kind is Kind.UNAVAILABLE
        assert "No space left" in refused.value.detail
        assert hosted.host.health is Health.BROKEN
        assert not waiting.done()
        engine.breaks = None
        assert (await hosted.run()).key == 7
        assert hosted.host.health is Health.HEALTHY
        waiting.cancel()


async def test_what_is_due_and_cannot_be_stored_is_tried_again_later() -> None:
    engine = ScriptedEngine()
    async with Hosted(engine) as hosted:
        engine.due_breaks = OSError("full")
        engine.due = hosted.clock.now_ms()
        hosted.host.wake()
        await until(lambda: hosted.host.health is Health.BROKEN)
        tried = engine.due_runs
        await hosted.host.call(lambda _: None)
        assert engine.due_runs == tried
        engine.due_breaks = None
        hosted.clock.advance(2)
        hosted.host.wake()
        await until(lambda: hosted.host.health is Health.HEALTHY)


async def test_nobody_hangs_when_the_thread_dies_of_a_bug() -> None:
    engine = ScriptedEngine(lambda _: None)
    hosted = Hosted(engine)
    await hosted.host.start()
    waiting = asyncio.create_task(hosted.run())
    await until(lambda: bool(engine.batches))
    engine.bug = AssertionError("a bug")
    hosted.host.wake()
    with pytest.raises(Refusal) as refused:
        await waiting
    assert refused.value.kind is Kind.UNAVAILABLE
    with pytest.raises(Refusal):
        await hosted.run()
    await until(lambda: engine.closed)
    await hosted.host.stop()


async def test_what_hinders_the_start_is_raised_by_it() -> None:
    hosted = Hosted(PermissionError("not yours"))
    with pytest.raises(PermissionError, match="not yours"):
        await hosted.host.start()
    await hosted.host.stop()


async def test_a_stop_finishes_what_was_accepted_and_refuses_who_still_waits() -> None:
    engine = ScriptedEngine(lambda c: None if c.key == 8 else done(c))
    hosted = Hosted(engine)
    await hosted.host.start()
    engine.may_run.clear()
    accepted = asyncio.create_task(hosted.run())
    endless = asyncio.create_task(hosted.run(Command(JobIntent.COMPLETE, JobRecord(), 8)))
    await until(engine.running.is_set)
    engine.may_run.set()
    await hosted.host.stop()
    assert (await accepted).key == 7
    with pytest.raises(Refusal) as refused:
        await endless
    assert refused.value.kind is Kind.UNAVAILABLE
    assert engine.closed
    with pytest.raises(Refusal):
        await hosted.run()


async def test_a_task_that_fails_is_its_callers_matter() -> None:
    def fail(_: object) -> None:
        raise ValueError("no such stream")

    async with Hosted(ScriptedEngine()) as hosted:
        with pytest.raises(ValueError, match="no such stream"):
            await hosted.host.call(fail)
        assert (await hosted.run()).key == 7
