"""What an engine owes its caller: all or nothing, nothing lost, nothing shared."""

import sqlite3

import pytest

from c8py.base.clock import ManualClock
from c8py.base.limits import COMMANDS_PER_RUN_MAX
from c8py.engine.processors import elements
from c8py.engine.readmodel import Search
from c8py.engine.records import ElementType, JobIntent, JobRecord, ProcessInstanceCreationIntent, ProcessInstanceRecord
from c8py.engine.runtime import Engine
from c8py.errors import PlatformError
from harness.bpmn import one_task
from harness.engine import Rig, refusal


def test_keys_carry_the_partition_and_grow():
    rig = Rig(partition_id=3)

    assert rig.deploy(one_task()).key == (3 << 51) + 1
    rig.engine.close()


def test_a_reopened_engine_is_the_one_that_was_closed(rig):
    rig.create(variables={"x": {"y": [1, 2.5, None]}})
    rig.job(timeout_ms=1000)
    digest, due_ms, position = rig.engine.digest(), rig.engine.due_at_ms(), rig.engine.position

    rig.restart()

    assert (rig.engine.digest(), rig.engine.due_at_ms(), rig.engine.position) == (digest, due_ms, position)
    assert rig.create().key > rig.key_of("work") - 100


def test_one_command_that_is_refused_takes_nothing_from_the_others(rig):
    commands = [
        rig.command(ProcessInstanceCreationIntent.CREATE, rig.create().value),
        rig.command(JobIntent.COMPLETE, JobRecord(), 99),
        rig.command(ProcessInstanceCreationIntent.CREATE, rig.create().value),
    ]

    answers = rig.engine.run(commands).answers

    assert [answer.request for answer in answers] == [command.request for command in commands]
    assert [refusal(answer)[:9] for answer in answers] == ["no reject", "NOT_FOUND", "no reject"]


def break_at(monkeypatch, kind, error):
    """From now on activating an element of this kind fails, after it has written events."""

    def broken(command, view, out):
        steps.activate(command, view, out)
        raise error

    steps = elements.ELEMENTS[kind]
    monkeypatch.setattr(elements, "ELEMENTS", {**elements.ELEMENTS, kind: steps._replace(activate=broken)})


def test_a_bug_in_a_processor_takes_back_its_command_and_the_engine_goes_on(rig, monkeypatch, caplog):
    rig.create()
    job = rig.job()
    digest = rig.engine.digest()
    with monkeypatch.context() as patch:
        break_at(patch, ElementType.END_EVENT, RuntimeError("a bug"))
        answer = rig.complete(job)

    assert refusal(answer) == "PROCESSING_ERROR"
    assert "a bug" in answer.reason
    assert "taken back" in caplog.text
    assert rig.engine.digest() == digest
    rig.restart()
    assert rig.engine.digest() == digest
    rig.complete(job)
    assert rig.done("p")


def test_a_command_that_never_comes_to_rest_is_taken_back(rig, monkeypatch):
    def again(command, _view, out):
        out.element(command.intent, out.new_key(), command.value)

    steps = elements.ELEMENTS[ElementType.SERVICE_TASK]
    table = {**elements.ELEMENTS, ElementType.SERVICE_TASK: steps._replace(activate=again)}
    monkeypatch.setattr(elements, "ELEMENTS", table)

    assert refusal(rig.create()) == "PROCESSING_ERROR"


def test_a_value_of_the_wrong_type_is_refused(rig):
    assert refusal(rig.send(JobIntent.COMPLETE, ProcessInstanceRecord(), 1)) == "PROCESSING_ERROR"


def test_an_event_is_no_command(rig):
    assert refusal(rig.send(JobIntent.COMPLETED, JobRecord(), 1)) == "PROCESSING_ERROR"


def test_a_command_with_too_many_bytes_is_refused_as_a_whole(rig, monkeypatch):
    digest = rig.engine.digest()
    monkeypatch.setattr("c8py.engine.stream.partition.UNIT_BYTES_MAX", 1000)

    assert refusal(rig.create(variables={"x": "y" * 2000})) == "EXCEEDED_BATCH_RECORD_SIZE"
    assert rig.engine.digest() == digest


def test_a_run_whose_commit_fails_has_never_been(rig):
    rig.create()
    job = rig.job(timeout_ms=1000)
    digest, events = rig.engine.digest(), len(rig.events)
    other = sqlite3.connect(rig.path / "engine.db", isolation_level=None)
    rig.engine._database.connection.execute("PRAGMA busy_timeout = 1")
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(PlatformError, match="locked"):
        rig.complete(job)
    rig.clock.advance(2)
    with pytest.raises(PlatformError, match="locked"):
        rig.engine.run_due()
    other.execute("ROLLBACK")
    other.close()

    assert rig.engine.digest() == digest
    assert len(rig.events) == events
    assert rig.engine.due_at_ms() is not None
    rig.advance(0)
    assert len(rig.told(JobIntent.TIMED_OUT)) == 1
    rig.complete(job)
    assert rig.done("p")
    rig.restart()
    assert rig.engine.queries.search_jobs(Search()).items[0].state == "COMPLETED"


def test_more_commands_than_one_run_takes_are_an_error_of_the_caller(rig):
    command = rig.command(JobIntent.COMPLETE, JobRecord(), 1)

    with pytest.raises(ValueError, match="at most"):
        rig.engine.run([command] * (COMMANDS_PER_RUN_MAX + 1))


def test_snapshots_keep_the_log_short_and_lose_nothing(on_disk):
    rig = on_disk(records_per_snapshot=100)
    rig.deploy(one_task())
    for number in range(40):
        rig.create(variables={"n": number})
        if number % 2:
            rig.complete(rig.job())
    rig.job(timeout_ms=1000)
    digest, due_ms = rig.engine.digest(), rig.engine.due_at_ms()
    connection = rig.engine._database.connection
    assert connection.execute("SELECT count(*) FROM log").fetchone()[0] < 60
    assert connection.execute("SELECT count(*) FROM snapshot").fetchone()[0] == 1

    rig.restart()

    assert (rig.engine.digest(), rig.engine.due_at_ms()) == (digest, due_ms)
    for _ in range(19):
        rig.complete(rig.job())
    rig.advance(1)
    rig.complete(rig.job())
    assert rig.engine.queries.search_process_instances(Search()).total == 40
    assert all(row.state == "COMPLETED" for row in rig.engine.queries.search_process_instances(Search()).items)


def test_what_has_ended_leaves_the_state(rig):
    digest = rig.engine._partition.tables.size
    for _ in range(5):
        rig.create(variables={"x": 1})
        rig.complete(rig.job(), y=2)

    assert rig.engine._partition.tables.size == digest == 0


def test_many_jobs_done_in_time_leave_no_trail_of_deadlines(rig, monkeypatch):
    monkeypatch.setattr("c8py.engine.state.tables._DUE_SLACK", 10)
    for _ in range(30):
        rig.create()
        rig.complete(rig.job())
        rig.engine.due_at_ms()

    assert len(rig.engine._partition.tables._due) <= 12


def test_nothing_is_due_when_nothing_waits(rig):
    assert rig.engine.due_at_ms() is None
    assert rig.engine.run_due().answers == ()


def test_two_engines_never_have_the_same_folder(rig):
    with pytest.raises(PlatformError, match="another process"):
        Engine.open(rig.path, clock=ManualClock())
    rig.engine.close()

    rig.engine = Engine.open(rig.path, clock=rig.clock)


def test_engines_in_memory_share_nothing():
    first, second = Rig(), Rig()
    first.deploy(one_task())

    assert second.engine.queries.search_process_definitions(Search()).total == 0
    first.engine.close()
    second.engine.close()


def test_processes_are_compiled_once_and_again_after_a_restart(rig):
    rig.restart()

    rig.create()

    assert rig.told(JobIntent.CREATED)
