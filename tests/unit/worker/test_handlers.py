"""What handlers are given, where they run, and what runs around them."""

import asyncio
import functools
import logging
import os
import threading
from collections import deque

import msgspec
import pytest

from c8py.errors import BpmnError, ConnectionFailed, InvalidArgument, JobFailure, NotFound, NotSupported, WorkerError
from c8py.worker import Call, Cancellation, Job, Proceed, Worker
from c8py.worker.events import (
    Extended,
    HandlerEnded,
    HandlerStarted,
    Lost,
    Overdue,
    PhaseChanged,
    Reported,
    ReportRetried,
)


async def work(worker: Worker, condition, *, most_s: float = 60.0) -> None:
    """Run until the condition holds, then stop and drain."""
    running = asyncio.create_task(worker.run_async(signals=False))
    async with asyncio.timeout(most_s):
        while not condition() and not running.done():  # noqa: ASYNC110  the gateway by hand has no events
            await asyncio.sleep(0.01)
    worker.stop()
    await running


@pytest.fixture
def gateway(make_gateway):
    return make_gateway()


@pytest.fixture
def worker(gateway, loop_clock):
    return Worker(gateway, max_jobs=4, name="w", clock=loop_clock)


class Charge(msgspec.Struct):
    amount: int


def own_process(n: int) -> dict[str, object]:
    """Runs in a process of its own."""
    if n == 0:
        raise BpmnError("zero", "none", {"n": n})
    if n == 1:
        raise JobFailure("one", retries=7)
    if n == 2:
        raise ValueError("two")
    if n == 3:
        os._exit(5)
    if n == 4:
        threading.Event().wait()
    return {"pid": os.getpid(), "n": n}


def test_a_rehearsal_calls_the_handler_as_a_job_would():
    worker = Worker()

    @worker.task("charge")
    async def charge(variables: Charge, headers: dict[str, str], job: Job) -> dict[str, object]:
        return {"got": variables.amount, "region": headers["region"], "retries": job.retries}

    @worker.task("plain")
    def plain(amount: int) -> Charge:
        if amount < 0:
            raise BpmnError("negative")
        return Charge(amount * 2)

    assert worker.call("charge", {"amount": 3}, headers={"region": "eu"}) == {"got": 3, "region": "eu", "retries": 3}
    assert worker.call("plain", {"amount": 3, "more": 1}) == {"amount": 6}
    with pytest.raises(BpmnError, match="negative"):
        worker.call("plain", {"amount": -1})
    with pytest.raises(JobFailure, match="expected variable amount"):
        worker.call("plain", {"amount": "many"})
    with pytest.raises(WorkerError, match="'other'"):
        worker.call("other")


def test_a_rehearsal_goes_through_middleware_and_gives_what_is_provided():
    closed = []

    async def pool():
        yield "the pool"
        closed.append("pool")

    worker = Worker(provide={"db": pool, "limit": 5, "at": functools.partial(int, "7")})

    @worker.around
    async def doubled(call: Call, proceed: Proceed) -> object:
        result = await proceed()
        assert isinstance(result, dict)
        return result | {"around": call.job.type}

    @worker.task("t")
    async def handler(db: str, limit: int, n: int = 1) -> dict[str, object]:
        return {"db": db, "limit": limit, "n": n}

    assert worker.call("t", {}) == {"db": "the pool", "limit": 5, "n": 1, "around": "t"}
    assert closed == ["pool"]


@pytest.mark.parametrize("name", ["job", "variables", "no-name"])
def test_what_could_not_be_asked_for_cannot_be_provided(name):
    with pytest.raises(WorkerError, match=name):
        Worker(provide={name: 1})


def test_middleware_runs_in_the_order_in_which_it_was_added_and_hears_results_and_errors():
    worker = Worker()
    heard: list[object] = []

    @worker.before
    def before(call: Call) -> None:
        heard.append("before")

    @worker.after
    async def after(call: Call, result: object, error: BaseException | None) -> None:
        heard.append((result, type(error)))

    @worker.task("t")
    def handler(n: int) -> dict[str, object]:
        heard.append("handler")
        return {"one": 1 // n}

    worker.call("t", {"n": 1})
    with pytest.raises(ZeroDivisionError):
        worker.call("t", {"n": 0})

    assert heard == ["before", "handler", ({"one": 1}, type(None)), "before", "handler", (None, ZeroDivisionError)]


def test_the_logger_names_the_job(caplog):
    worker = Worker()

    @worker.task("t")
    async def handler(log: logging.Logger) -> None:
        log.warning("paid %d %%", 100)

    worker.call("t")

    (record,) = caplog.records
    assert record.getMessage() == "job 1 (t): paid 100 %"
    assert record.__dict__["job_key"] == "1"


def test_a_batch_handler_ends_each_job_by_itself(virtual, worker: Worker, gateway, make_job):
    sizes = []

    @worker.task("t", batch=3, batch_wait_s=0.1)
    async def handler(charges: list[Charge]) -> list[object]:
        sizes.append(len(charges))
        return [ValueError("too much") if charge.amount > 5 else {"paid": charge.amount} for charge in charges]

    gateway.add(*(make_job(key, amount=key) for key in range(8)), make_job(9, amount="no number"))
    virtual(work(worker, lambda: len(gateway.completed) + len(gateway.failed) == 9))

    assert max(sizes) <= 3
    assert gateway.completed == {str(key): {"paid": key} for key in range(6)}
    assert {key: "too much" in message for key, _, message, _ in gateway.failed} == {"6": True, "7": True, "9": False}


@pytest.mark.parametrize("result", [[None], {"a": 1}, "text"], ids=str)
def test_a_batch_handler_that_gives_not_one_result_for_each_fails_all(
    virtual, worker: Worker, gateway, make_job, result
):
    @worker.task("t", batch=2)
    async def handler(jobs: list[Job]) -> object:
        return result

    gateway.add(make_job(1), make_job(2))
    virtual(work(worker, lambda: len(gateway.failed) == 2))

    assert all("one result for each of 2 jobs" in message for _, _, message, _ in gateway.failed)


@pytest.mark.slow
def test_handlers_in_processes_end_alone_whatever_they_do(gateway, make_job):
    worker = Worker(gateway, max_jobs=6, processes=2)
    worker.task("t", process=True, limit_s=8)(own_process)
    gateway.add(*(make_job(key, n=key) for key in range(7)))

    asyncio.run(work(worker, lambda: len(gateway.completed) + len(gateway.failed) + len(gateway.thrown) == 7))

    assert gateway.thrown == [("0", "zero")]
    failed = {key: (retries, message) for key, retries, message, _ in gateway.failed}
    assert failed["1"] == (7, "one")
    assert "ValueError: two" in failed["2"][1]
    assert "exit code 5" in failed["3"][1]
    assert "within 8 s" in failed["4"][1]
    assert {result["n"] for result in gateway.completed.values()} == {5, 6}
    assert os.getpid() not in {result["pid"] for result in gateway.completed.values()}


def test_what_cannot_go_to_a_process_is_refused_at_registration():
    worker = Worker(provide={"db": 1})

    async def is_async() -> None: ...
    def local() -> None: ...
    def with_client(log: logging.Logger) -> None: ...

    for handler in (is_async, local, with_client):
        with pytest.raises(WorkerError, match="process"):
            worker.task("t", process=True)(handler)


def test_a_thread_that_hangs_is_left_to_itself_and_another_takes_its_place(gateway, make_job):
    worker = Worker(gateway, max_jobs=2, threads=1)
    go_on = threading.Event()

    @worker.task("t", limit_s=0.05)
    def handler(n: int) -> None:
        if n == 0:
            go_on.wait(10)

    gateway.add(make_job(0, n=0), *(make_job(key, n=key) for key in range(1, 5)))
    asyncio.run(work(worker, lambda: len(gateway.completed) == 4))
    go_on.set()

    assert [key for key, *_ in gateway.failed] == ["0"]


def test_a_heartbeat_moves_the_deadline_while_the_handler_runs(virtual, worker: Worker, gateway, make_job):
    events = []
    worker.observe(events.append)

    @worker.task("t", timeout_s=10, heartbeat=True)
    async def handler() -> None:
        await asyncio.sleep(35)

    gateway.faults["update"] = deque([ConnectionFailed("for a moment")])
    gateway.add(make_job(1))
    virtual(work(worker, lambda: gateway.completed))

    assert len(gateway.extended) >= 8
    assert gateway.extended[0] == ("1", 10)
    assert next(type(event.error) for event in events if isinstance(event, Extended)) is ConnectionFailed
    assert not [event for event in events if isinstance(event, Overdue)]


def test_a_job_that_is_gone_cancels_its_handler_with_a_heartbeat(virtual, worker: Worker, gateway, make_job):
    seen = []

    @worker.task("t", timeout_s=10, heartbeat=True)
    async def handler(going_on: Cancellation) -> None:
        seen.append(await going_on.wait())

    gateway.faults["update"] = deque([NotFound("cancelled")])
    gateway.add(make_job(1))
    virtual(work(worker, lambda: seen))

    assert seen == ["gone"]


def test_without_a_heartbeat_it_is_said_that_the_deadline_has_passed(
    virtual, worker: Worker, gateway, make_job, caplog
):
    seen = []

    @worker.task("t", timeout_s=10)
    async def handler(going_on: Cancellation) -> None:
        seen.append(await going_on.wait())

    gateway.add(make_job(1))
    virtual(work(worker, lambda: gateway.completed))

    assert seen == ["deadline"]
    assert "takes longer than its 10 s" in caplog.text
    assert "takes longer" in worker.state.types[0].last_error


def test_a_handler_that_takes_too_long_is_ended(virtual, worker: Worker, gateway, make_job):
    @worker.task("t", limit_s=5)
    async def handler() -> None:
        await asyncio.sleep(3600)

    gateway.add(make_job(1))
    virtual(work(worker, lambda: gateway.failed, most_s=10))

    assert "within 5 s" in gateway.failed[0][2]


def test_a_type_holds_no_more_jobs_than_it_may(virtual, worker: Worker, gateway, make_job):
    running = {"few": 0, "many": 0}
    peaks = dict(running)

    def count(type_: str, change: int) -> None:
        running[type_] += change
        peaks[type_] = max(peaks[type_], running[type_])

    @worker.task("few", max_jobs=1)
    async def few() -> None:
        count("few", 1)
        await asyncio.sleep(1)
        count("few", -1)

    @worker.task("many")
    async def many() -> None:
        count("many", 1)
        await asyncio.sleep(1)
        count("many", -1)

    gateway.add(
        *(make_job(key, type_="few") for key in range(5)), *(make_job(9 + key, type_="many") for key in range(20))
    )
    virtual(work(worker, lambda: len(gateway.completed) == 25))

    assert peaks["few"] == 1
    assert peaks["many"] >= 3
    assert gateway.open_max <= 4


def test_who_runs_a_worker_has_the_last_word(virtual, worker: Worker, gateway, make_job, monkeypatch):
    @worker.task("a-type", timeout_s=10, max_jobs=4)
    async def handler() -> None: ...
    @worker.task("off")
    async def off() -> None: ...

    monkeypatch.setenv("C8_WORKER__A_TYPE__MAX_JOBS", "2")
    monkeypatch.setenv("C8_WORKER__OFF__ENABLED", "false")
    monkeypatch.setenv("C8_WORKER__ANOTHER__TIMEOUT", "x")
    gateway.add(make_job(1, type_="a-type"))
    virtual(work(worker, lambda: gateway.completed))

    assert [(one.type, one.capacity) for one in worker.state.types] == [("a-type", 2)]

    monkeypatch.setenv("C8_WORKER__A_TYPE__TIMEOUT", "soon")
    with pytest.raises(WorkerError, match="C8_WORKER__A_TYPE__TIMEOUT to be a number of seconds, but got 'soon'"):
        virtual(worker.run_async(signals=False))


def test_events_tell_the_story_of_each_job(virtual, worker: Worker, gateway, make_job):
    events = []
    worker.observe(events.append)

    def failing(event: object) -> None:
        raise ValueError("an observer that fails stops nobody")

    worker.observe(failing)

    @worker.task("t")
    async def handler(n: int) -> dict[str, object]:
        return {"half": 1 / n}

    gateway.faults["complete"] = deque([ConnectionFailed("for a moment")])
    gateway.add(make_job(1, n=2), make_job(2, n=0))
    virtual(work(worker, lambda: gateway.completed and gateway.failed))

    assert [event.phase for event in events if isinstance(event, PhaseChanged)] == ["working", "draining", "stopped"]
    assert len([event for event in events if isinstance(event, HandlerStarted)]) == 2
    assert {type(event.error) for event in events if isinstance(event, HandlerEnded)} == {type(None), ZeroDivisionError}
    assert {(event.job.job_key, event.outcome, event.attempts) for event in events if isinstance(event, Reported)} == {
        ("1", "completed", 2),
        ("2", "failed", 1),
    }
    assert len([event for event in events if isinstance(event, ReportRetried)]) == 1
    assert worker.state.types[0].retried == 1


def test_a_result_that_is_refused_fails_its_job_and_is_no_loss(virtual, worker: Worker, gateway, make_job):
    events = []
    worker.observe(events.append)

    @worker.task("t")
    async def handler() -> dict[str, object]:
        return {"n": float("nan")}

    gateway.faults["complete"] = deque([InvalidArgument("NaN")])
    gateway.add(make_job(1))
    virtual(work(worker, lambda: gateway.failed))

    assert "the result was refused" in gateway.failed[0][2]
    assert not [event for event in events if isinstance(event, Lost)]


def test_the_state_says_why_no_jobs_come(virtual, worker: Worker, gateway, make_job):
    idle = []

    @worker.task("t")
    async def handler() -> None:
        await asyncio.sleep(100)

    async def story() -> None:
        assert worker.state.phase == "new"
        running = asyncio.create_task(worker.run_async(signals=False))
        await asyncio.sleep(2)
        idle.append((worker.state.ready, worker.state.types[0].idle))
        gateway.add(*(make_job(key) for key in range(4)))
        await asyncio.sleep(1)
        idle.append((worker.state.ready, worker.state.types[0].idle))
        assert worker.state.types[0].running == 4
        await asyncio.sleep(120)
        gateway.faults["activate"] = deque([ConnectionFailed("refused")] * 1000)
        await asyncio.sleep(30)
        idle.append((worker.state.ready, worker.state.types[0].idle))
        worker.stop()
        await running
        idle.append((worker.state.ready, worker.state.types[0].idle))

    virtual(story())

    assert idle == [
        (True, "the cluster has no jobs of this type (a stream is open)"),
        (True, "full: all 4 slots of this type are taken"),
        (False, "the cluster cannot be asked: refused"),
        (False, "stopped"),
    ]


def test_leases_are_asked_for_and_given_back_with_the_report(virtual, make_gateway, loop_clock, make_job):
    tokens = []

    class Leasing(make_gateway):  # pyright: ignore[reportUntypedBaseClass]
        async def complete_job(self, key, variables=None, *, lease_token=None, retry=True):
            tokens.append(lease_token)
            await super().complete_job(key, variables, lease_token=lease_token, retry=retry)

    gateway = Leasing()
    worker = Worker(gateway, max_jobs=2, leases=True, clock=loop_clock)

    @worker.task("t")
    async def handler() -> None: ...

    gateway.add(msgspec.structs.replace(make_job(1), job_lease_token="mine"))
    virtual(work(worker, lambda: gateway.completed))

    assert tokens == ["mine"]


@pytest.mark.parametrize("error", [InvalidArgument("unknown property withLease"), NotSupported("older than 8.10")])
def test_a_cluster_that_knows_no_leases_is_worked_for_without(virtual, make_gateway, loop_clock, make_job, error):
    gateway = make_gateway(streams=False)
    gateway.faults["activate"] = deque([error])
    worker = Worker(gateway, max_jobs=2, leases=True, clock=loop_clock)

    @worker.task("t")
    async def handler() -> None: ...

    gateway.add(make_job(1))
    virtual(work(worker, lambda: gateway.completed))
