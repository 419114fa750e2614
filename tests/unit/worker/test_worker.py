"""A worker against a gateway by hand, in virtual time: what it promises about every job."""

import asyncio
import logging
from collections import deque

import pytest

from c8py.errors import (
    BpmnError,
    ConnectionFailed,
    InvalidArgument,
    JobFailure,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    ServerFault,
    TokenRefused,
    Unavailable,
    WorkerError,
)
from c8py.worker import Job, Worker


async def until(condition, *, most_s: float = 600.0) -> None:
    async with asyncio.timeout(most_s):
        while not condition():  # noqa: ASYNC110  the gateway by hand has no events for its books
            await asyncio.sleep(0.01)


async def work(worker: Worker, condition, *, most_s: float = 600.0) -> None:
    """Run until the condition holds, then stop and drain."""
    running = asyncio.create_task(worker.run_async(signals=False))
    waiting = asyncio.create_task(until(condition, most_s=most_s))
    await asyncio.wait([running, waiting], return_when=asyncio.FIRST_COMPLETED)
    if waiting.done():
        await waiting
    waiting.cancel()
    worker.stop()
    await running


@pytest.fixture
def gateway(make_gateway):
    return make_gateway()


@pytest.fixture
def worker(gateway, loop_clock):
    return Worker(gateway, max_jobs=4, name="w", clock=loop_clock)


def test_a_job_is_completed_with_what_the_handler_returned(virtual, worker: Worker, gateway, make_job):
    @worker.task("t")
    async def double(amount: int) -> dict[str, object]:
        return {"doubled": amount * 2}

    gateway.add(make_job(1, amount=21))
    virtual(work(worker, lambda: gateway.completed))

    assert gateway.completed == {"1": {"doubled": 42}}
    assert gateway.fetched[0] == ("amount",)
    assert worker.statistics.completed == 1


def test_all_jobs_of_a_backlog_are_done_and_the_capacity_is_never_exceeded(virtual, worker: Worker, gateway, make_job):
    running = peak = 0

    @worker.task("t")
    async def slow(n: int) -> None:
        nonlocal running, peak
        running += 1
        peak = max(peak, running)
        await asyncio.sleep(0.1 + n % 3)
        running -= 1

    gateway.add(*(make_job(key, n=key) for key in range(50)))
    virtual(work(worker, lambda: len(gateway.completed) == 50))

    assert peak == 4
    assert gateway.open_max == 4


def test_a_freed_slot_is_asked_for_at_once_and_not_when_all_are_free(virtual, worker: Worker, gateway, make_job):
    @worker.task("t")
    async def handler(n: int) -> None:
        await asyncio.sleep(3600 if n == 0 else 0.5)

    gateway.add(*(make_job(key, n=key) for key in range(30)))
    # One slot of four is lost to the slow job; ten rounds of half a second remain for the others.
    virtual(work(worker, lambda: len(gateway.completed) == 29, most_s=6.0))

    assert len(gateway.completed) == 29


def test_a_trickle_comes_over_the_stream_and_nothing_comes_twice(virtual, worker: Worker, gateway, make_job):
    @worker.task("t")
    async def handler() -> None:
        await asyncio.sleep(0)

    async def trickle() -> None:
        running = asyncio.create_task(worker.run_async(signals=False))
        await until(lambda: gateway.pushed)
        for key in range(20):
            gateway.add(make_job(key))
            await asyncio.sleep(0.5)
        await until(lambda: len(gateway.completed) == 20)
        worker.stop()
        await running

    virtual(trickle())

    assert gateway.via_stream == 20
    assert worker.statistics.received == 20
    assert all(wait is not None and wait < 0 for wait in gateway.waits), "no long poll beside a healthy stream"


def test_jobs_that_came_before_the_stream_was_open_are_polled(virtual, worker: Worker, gateway, make_job):
    @worker.task("t")
    async def handler() -> None: ...

    gateway.add(*(make_job(key) for key in range(9)))
    virtual(work(worker, lambda: len(gateway.completed) == 9, most_s=2.0))


def test_a_burst_on_the_stream_runs_within_the_capacity(virtual, worker: Worker, gateway, make_job):
    running = peak = 0

    @worker.task("t")
    async def handler() -> None:
        nonlocal running, peak
        running += 1
        peak = max(peak, running)
        await asyncio.sleep(1)
        running -= 1

    async def burst() -> None:
        task = asyncio.create_task(worker.run_async(signals=False))
        await until(lambda: gateway.pushed)
        gateway.add(*(make_job(key) for key in range(40)))
        await until(lambda: len(gateway.completed) == 40, most_s=12)
        worker.stop()
        await task

    virtual(burst())

    assert peak == 4


def test_without_streams_it_polls_and_waits_for_jobs(virtual, make_gateway, loop_clock, make_job):
    gateway = make_gateway(streams=False)
    worker = Worker(gateway, max_jobs=4, clock=loop_clock)

    @worker.task("t")
    async def handler() -> None: ...

    async def later() -> None:
        running = asyncio.create_task(worker.run_async(signals=False))
        await asyncio.sleep(100)
        polls = gateway.calls["activate"]
        gateway.add(make_job(1))
        await until(lambda: gateway.completed, most_s=1)
        worker.stop()
        await running
        assert polls < 10, "an idle worker waits in long polls"

    virtual(later())

    assert gateway.calls["stream"] == 1


def test_two_types_share_the_capacity_and_neither_starves(virtual, make_gateway, loop_clock, make_job):
    gateway = make_gateway(streams=False)
    worker = Worker(gateway, max_jobs=2, clock=loop_clock)

    @worker.task("a")
    async def a() -> None:
        await asyncio.sleep(1)

    @worker.task("b")
    async def b() -> None:
        await asyncio.sleep(1)

    gateway.add(*(make_job(key, type_="a") for key in range(20)), *(make_job(100 + key, type_="b") for key in range(5)))
    virtual(work(worker, lambda: sum(int(key) >= 100 for key in gateway.completed) == 5, most_s=30))

    assert gateway.open_max == 2


@pytest.mark.parametrize(
    "error",
    [Unavailable("down"), ConnectionFailed("gone"), ServerFault("oops"), ResourceExhausted("busy")],
    ids=lambda error: type(error).__name__,
)
def test_finished_work_is_reported_again_until_it_is_taken(virtual, worker: Worker, gateway, make_job, error):
    @worker.task("t", timeout_s=60)
    async def handler() -> dict[str, object]:
        return {"ok": True}

    gateway.faults["complete"] = deque([error] * 6)
    gateway.add(make_job(1))
    virtual(work(worker, lambda: gateway.completed))

    assert gateway.completed == {"1": {"ok": True}}
    assert gateway.failed == []


def test_finished_work_is_never_failed_when_the_cluster_stays_away(virtual, worker: Worker, gateway, make_job, caplog):
    @worker.task("t", timeout_s=30)
    async def handler() -> None: ...

    gateway.faults["complete"] = deque([Unavailable("down")] * 10_000)
    gateway.add(make_job(1))
    virtual(work(worker, lambda: worker.statistics.unreported == 1, most_s=40))

    assert gateway.failed == []
    assert 7 < gateway.calls["complete"] < 20
    assert "job 1 could not be reported" in caplog.text


def test_a_job_that_somebody_else_finished_is_let_go(virtual, worker: Worker, gateway, make_job):
    @worker.task("t")
    async def handler() -> None: ...

    gateway.faults["complete"] = deque([NotFound("gone")])
    gateway.add(make_job(1), make_job(2))
    virtual(work(worker, lambda: len(gateway.completed) == 1))

    assert worker.statistics.gone == 1
    assert gateway.failed == []


def test_a_result_that_the_cluster_refuses_fails_the_job_with_the_reason(virtual, worker: Worker, gateway, make_job):
    @worker.task("t")
    async def handler() -> dict[str, object]:
        return {"a": 1}

    gateway.faults["complete"] = deque([InvalidArgument("too deep")])
    gateway.add(make_job(1, retries=3))
    virtual(work(worker, lambda: gateway.failed))

    assert gateway.failed == [("1", 2, "the result was refused: too deep", 0.0)]


def test_exceptions_become_what_they_mean(virtual, worker: Worker, gateway, make_job):
    @worker.task("t")
    async def handler(n: int) -> None:
        if n == 1:
            raise BpmnError("NO-MONEY", "empty")
        if n == 2:
            raise JobFailure("later", retries=7, backoff_s=2.5)
        raise ValueError("secret eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln")

    gateway.add(*(make_job(key, n=key, retries=3) for key in (1, 2, 3)))
    virtual(work(worker, lambda: len(gateway.failed) == 2 and gateway.thrown))

    assert gateway.thrown == [("1", "NO-MONEY")]
    assert gateway.failed[0] == ("2", 7, "later", 2.5)
    key, retries, message, backoff_s = gateway.failed[1]
    assert (key, retries, backoff_s) == ("3", 2, 0.0)
    assert "ValueError: secret ***" in message
    assert "test_worker.py" in message


def test_a_missing_variable_fails_the_job_and_names_it(virtual, worker: Worker, gateway, make_job):
    @worker.task("t")
    async def handler(amount: int) -> None: ...

    gateway.add(make_job(1, price=3))
    virtual(work(worker, lambda: gateway.failed))

    assert gateway.failed[0][1:3] == (2, "expected variable amount, but the job has price")


def test_a_plain_function_runs_in_a_thread_and_the_job_is_given_by_name(gateway, make_job):
    import threading

    worker = Worker(gateway, max_jobs=4, threads=2)
    seen = []

    @worker.task("t")
    def handler(job: Job) -> dict[str, object]:
        seen.append((job.job_key, threading.current_thread() is threading.main_thread()))
        return {"n": 1}

    gateway.add(make_job(1))
    asyncio.run(work(worker, lambda: gateway.completed, most_s=5))

    assert seen == [("1", False)]
    assert gateway.completed == {"1": {"n": 1}}


def test_stopping_finishes_what_was_started(virtual, worker: Worker, gateway, make_job):
    @worker.task("t")
    async def handler() -> None:
        await asyncio.sleep(5)

    gateway.add(*(make_job(key) for key in range(9)))
    virtual(work(worker, lambda: gateway.open))

    assert len(gateway.completed) == 4
    assert gateway.open == set()


def test_jobs_that_were_never_started_go_back_with_all_their_retries(gateway, make_job):
    import threading

    worker = Worker(gateway, max_jobs=4, threads=1)
    begun, go_on = threading.Event(), threading.Event()

    @worker.task("t")
    def handler() -> None:
        begun.set()
        go_on.wait(60)

    gateway.add(*(make_job(key, retries=3) for key in range(4)))

    async def stop_while_one_runs() -> None:
        running = asyncio.create_task(worker.run_async(signals=False))
        await until(lambda: len(gateway.open) == 4 and begun.is_set(), most_s=60)
        worker.stop()
        await until(lambda: len(gateway.failed) == 3, most_s=60)
        go_on.set()
        await running

    asyncio.run(stop_while_one_runs())

    assert sorted(retries for _, retries, _, _ in gateway.failed) == [3, 3, 3]
    assert len(gateway.completed) == 1
    assert worker.statistics.handed_back == 3


def test_a_worker_stops_by_itself_after_so_many_jobs(virtual, make_gateway, loop_clock, make_job):
    gateway = make_gateway()
    worker = Worker(gateway, max_jobs=1, stop_after=3, clock=loop_clock)

    @worker.task("t")
    async def handler() -> None: ...

    gateway.add(*(make_job(key) for key in range(9)))

    assert virtual(worker.run_async(signals=False)).completed == 3
    assert gateway.open == set()


def test_draining_ends_at_its_limit(virtual, gateway, loop_clock, make_job):
    worker = Worker(gateway, max_jobs=4, drain_s=10, clock=loop_clock)

    @worker.task("t")
    async def handler() -> None:
        await asyncio.sleep(3600)

    async def timed() -> float:
        gateway.add(make_job(1))
        running = asyncio.create_task(worker.run_async(signals=False))
        await until(lambda: gateway.open)
        worker.stop()
        begun = asyncio.get_running_loop().time()
        await running
        return asyncio.get_running_loop().time() - begun

    assert 9.9 < virtual(timed()) < 10.5
    assert worker.statistics.abandoned == 1
    assert gateway.failed == []


def test_trouble_with_the_cluster_is_told_once_and_gone_through(virtual, worker: Worker, gateway, make_job, caplog):
    caplog.set_level(logging.INFO, "c8py.worker")

    @worker.task("t")
    async def handler() -> None: ...

    gateway.faults["activate"] = deque([ConnectionFailed("refused")] * 30)
    gateway.add(make_job(1))
    virtual(work(worker, lambda: gateway.completed, most_s=1000))

    told = [record for record in caplog.records if "cannot get jobs" in record.message]
    assert len(told) == 1
    assert "can be had again" in caplog.text


def test_a_broken_stream_is_opened_again(virtual, worker: Worker, gateway, make_job):
    @worker.task("t")
    async def handler() -> None: ...

    gateway.faults["stream"] = deque([Unavailable("restart")] * 3)

    async def later() -> None:
        running = asyncio.create_task(worker.run_async(signals=False))
        await until(lambda: gateway.pushed, most_s=30)
        gateway.add(make_job(1))
        await until(lambda: gateway.completed, most_s=5)
        worker.stop()
        await running

    virtual(later())
    assert gateway.via_stream == 1


@pytest.mark.parametrize("error", [PermissionDenied("scope"), TokenRefused("secret", status=401)])
def test_a_refusal_from_the_start_ends_the_worker(virtual, worker: Worker, gateway, error):
    @worker.task("t")
    async def handler() -> None: ...

    gateway.faults["activate"] = deque([error])
    with pytest.raises(type(error)):
        virtual(worker.run_async(signals=False))


def test_a_refusal_after_it_once_worked_does_not(virtual, worker: Worker, gateway, make_job):
    @worker.task("t")
    async def handler() -> None: ...

    async def story() -> None:
        running = asyncio.create_task(worker.run_async(signals=False))
        await until(lambda: gateway.calls["activate"] >= 2)
        gateway.faults["activate"] = deque([PermissionDenied("for a moment")] * 3)
        gateway.streams = False
        await until(lambda: not gateway.faults["activate"])
        gateway.add(make_job(1))
        await until(lambda: gateway.completed)
        worker.stop()
        await running

    virtual(story())


def test_a_worker_without_tasks_says_so(virtual, worker: Worker):
    with pytest.raises(WorkerError, match="at least one task"):
        virtual(worker.run_async(signals=False))


def test_more_types_than_capacity_is_refused(virtual, gateway):
    worker = Worker(gateway, max_jobs=1)
    for type_ in ("a", "b"):
        worker.task(type_)(lambda: None)
    with pytest.raises(WorkerError, match="max_jobs"):
        virtual(worker.run_async(signals=False))


@pytest.mark.parametrize("numbers", [{"max_jobs": 0}, {"max_jobs": 1_000_000}, {"threads": 0}])
def test_numbers_out_of_range_are_refused(gateway, numbers):
    with pytest.raises(WorkerError):
        Worker(gateway, **numbers)


def test_idle_types_beside_their_streams_let_each_other_rest(virtual, make_gateway, loop_clock):
    """A poll takes free slots for a moment; that is no reason for the others to look whether they missed something."""
    gateway = make_gateway()
    worker = Worker(gateway, max_jobs=32, clock=loop_clock)
    for number in range(10):

        @worker.task(f"type-{number}")
        async def handler() -> None: ...

    async def idle() -> None:
        running = asyncio.create_task(worker.run_async(signals=False))
        await asyncio.sleep(100)
        began = gateway.calls["activate"]
        await asyncio.sleep(100)
        worker.stop()
        await running
        assert gateway.calls["activate"] - began <= 10 * 14

    virtual(idle())
