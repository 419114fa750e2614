"""The worker against real engines: deadlines that are moved, leases that are not there, jobs that go back."""

import asyncio
import threading
from collections.abc import Callable

import pytest

from c8py.client import AsyncCamunda
from c8py.worker import Job, Worker


@pytest.fixture(params=["grpc", "grpc over asyncio", "rest", "grpc of 8.8"])
def protocol(request):
    return request.param.partition(" ")[0]


@pytest.fixture
async def only(protocol, camunda, request):
    """A client that speaks one protocol and has the address of no other."""
    transport = "asyncio" if "asyncio" in request.node.callspec.params["protocol"] else "grpcio"
    if protocol == "grpc":
        address = camunda.settings.grpc_address
        async with AsyncCamunda.from_env(grpc_address=address, grpc_transport=transport) as client:
            yield client
    else:
        async with AsyncCamunda.from_env(rest_address=camunda.settings.rest_address) as client:
            yield client


@pytest.fixture
async def start(camunda, order_model, request):
    """Starts instances of a model whose job type is no other test's."""
    type_ = f"worker-{abs(hash(request.node.name))}"
    model = order_model.read_text().replace('id="order"', f'id="p-{type_}"').replace("charge-card", type_)
    await camunda.deploy((f"{type_}.bpmn", model.encode()))

    async def start(count: int) -> None:
        for amount in range(count):
            await camunda.start(f"p-{type_}", variables={"amount": amount})

    start.type = type_  # pyright: ignore[reportFunctionMemberAccess]
    return start


async def until_done(worker: Worker, count: int) -> None:
    worker.override(stop_after=count)
    async with asyncio.timeout(60):
        await worker.run_async(signals=False)


async def wait(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110  the books have no events
            await asyncio.sleep(0.05)


async def test_a_heartbeat_keeps_a_job_that_takes_three_times_its_time(only, start):
    worker = Worker(only, max_jobs=4)
    called = []

    @worker.task(start.type, timeout_s=1.5, heartbeat=True)
    async def handler(job: Job) -> None:
        called.append(job.job_key)
        await asyncio.sleep(4.5)

    await start(2)
    await until_done(worker, 2)

    assert len(called) == len(set(called)) == 2
    assert worker.statistics.completed == 2


async def test_a_cluster_without_leases_is_worked_for_all_the_same(only, start):
    worker = Worker(only, leases=True, max_jobs=4)

    @worker.task(start.type)
    async def handler(amount: int) -> dict[str, object]:
        return {"charged": amount}

    await start(3)
    await until_done(worker, 3)

    assert worker.statistics.completed == 3


async def test_what_was_never_begun_comes_back_with_all_its_retries(only, start):
    worker = Worker(only, max_jobs=3, threads=1)
    begun, go_on = threading.Event(), threading.Event()
    retries = []

    @worker.task(start.type)
    def first(job: Job) -> None:
        begun.set()
        go_on.wait(60)

    await start(3)
    running = asyncio.create_task(worker.run_async(signals=False))
    await wait(lambda: worker.statistics.received == 3 and begun.is_set())
    worker.stop()
    await wait(lambda: worker.statistics.handed_back == 2)
    go_on.set()
    await running

    second = Worker(only, max_jobs=3)

    @second.task(start.type)
    async def handler(job: Job) -> None:
        retries.append(job.retries)

    await until_done(second, 2)
    assert worker.statistics.completed == 1
    assert retries == [3, 3]


@pytest.mark.parametrize("waits", [True, False], ids=["a backlog", "a trickle"])
async def test_two_workers_share_the_load(only, start, waits, request):
    """Of a backlog, which they take themselves, each has a quarter; of a trickle, which the broker pushes, some.

    The test engine of 8.8 pushes to whichever stream it likes; there all that is asked is that everything is done.
    """
    workers = [Worker(only, max_jobs=8, name=f"w{place}") for place in range(2)]
    for worker in workers:

        @worker.task(start.type)
        async def handler(amount: int) -> None:
            await asyncio.sleep(0.1)

    async def work() -> None:
        await asyncio.gather(*(worker.run_async(signals=False) for worker in workers))

    count = 80 if waits else 40
    if waits:
        await start(count)
    running = asyncio.create_task(work())
    await wait(lambda: all(worker.state.ready for worker in workers))
    if not waits:
        await start(count)
    await wait(lambda: sum(worker.statistics.completed for worker in workers) == count)
    for worker in workers:
        worker.stop()
    await running

    done = sorted(worker.statistics.completed for worker in workers)
    assert sum(done) == count
    if waits or "8.8" not in request.node.callspec.params["protocol"]:
        assert done[0] >= (count / 4 if waits else count / 20), done
