"""Rules of what a worker tells over HTTP, on a real socket; and of its numbers."""

import asyncio
import json

import pytest

from c8py.errors import Unavailable
from c8py.worker import Worker
from c8py.worker.events import HandlerEnded, Polled, Reported, TokenTrouble
from c8py.worker.ledger import TypeState, WorkerState
from c8py.worker.metrics import Metrics
from c8py.worker.vitals import Vitals
from unit.worker.conftest import Gateway, job


async def ask(address, path, method="GET"):
    """Status and body."""
    host, _, port = address.removeprefix("http://").rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"{method} {path} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
    head, _, body = (await reader.read()).decode().partition("\r\n\r\n")
    writer.close()
    return int(head.split()[1]), body


async def until(probe):
    async with asyncio.timeout(10):
        while not probe():  # noqa: ASYNC110  sockets tell nobody
            await asyncio.sleep(0.01)


@pytest.fixture
async def working():
    """A worker on one type, and its vitals."""
    gateway = Gateway()
    worker = Worker(gateway, name="w1")

    @worker.task("charge")
    async def charge(amount: int) -> None:
        del amount

    vitals = Vitals(worker, port=0)
    running = asyncio.create_task(worker.run_async(signals=False))
    await until(lambda: vitals.address and worker.state.ready)
    yield vitals, worker
    worker.stop()
    await running
    assert vitals.address is None


async def test_a_worker_that_works_is_alive_and_ready(working):
    vitals, _ = working
    assert await ask(vitals.address, "/health") == (200, '{"phase":"working"}')
    status, body = await ask(vitals.address, "/ready")
    assert (status, json.loads(body)["ready"]) == (200, True)


async def test_its_state_says_why_no_jobs_come(working):
    vitals, _ = working
    status, body = await ask(vitals.address, "/status")
    state = json.loads(body)
    assert (status, state["name"], [one["type"] for one in state["types"]]) == (200, "w1", ["charge"])
    assert state["types"][0]["idle"]


async def test_its_numbers_are_text_for_prometheus(working):
    vitals, _ = working
    status, body = await ask(vitals.address, "/metrics")
    assert status == 200
    assert 'c8_worker_jobs_completed_total{type="charge"} 0' in body.splitlines()


async def test_other_pages_and_methods_are_refused(working):
    vitals, _ = working
    assert (await ask(vitals.address, "/secrets"))[0] == 404
    assert (await ask(vitals.address, "/status", "POST"))[0] == 405


async def test_a_port_that_is_taken_does_not_stop_the_worker(working, caplog):
    vitals, _ = working
    other = Worker(Gateway(), name="w2")
    other.task("charge")(lambda amount: None)
    second = Vitals(other, port=int(vitals.address.rpartition(":")[2]))
    running = asyncio.create_task(other.run_async(signals=False))
    await until(lambda: "nobody can ask" in caplog.text)
    assert second.address is None
    assert other.state.phase == "working"
    other.stop()
    await running


def test_histograms_count_up_to_their_bounds():
    metrics = Metrics()
    for seconds in (0.0005, 0.02, 100.0):
        metrics(HandlerEnded(job(type_='a"b'), seconds, None))
    metrics(Polled("t", 1, 1, 0.5))
    metrics(Reported(job(), "completed", 0.5, 1))
    metrics(TokenTrouble(Unavailable("no")))
    text = metrics.text(WorkerState(name="w", phase="working", ready=False, capacity=1, taken=0, types=()))
    lines = text.splitlines()
    assert 'c8_worker_handler_seconds_bucket{type="a\\"b",le="0.001"} 1' in lines
    assert 'c8_worker_handler_seconds_bucket{type="a\\"b",le="60.0"} 2' in lines
    assert 'c8_worker_handler_seconds_bucket{type="a\\"b",le="+Inf"} 3' in lines
    assert 'c8_worker_handler_seconds_count{type="a\\"b"} 3' in lines
    assert "c8_worker_token_troubles_total 1" in lines
    assert "c8_worker_ready 0" in lines


def test_every_family_of_numbers_is_named_once_with_its_kind():
    state = WorkerState(
        name="w", phase="working", ready=True, capacity=1, taken=0, types=(TypeState(type="t", capacity=1),)
    )
    named = [line.split()[2] for line in Metrics().text(state).splitlines() if line.startswith("# TYPE")]
    assert len(named) == len(set(named)) == 19
