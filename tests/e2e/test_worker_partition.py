"""A network that drops everything and tells nobody: a worker finds out, says so once, and goes on by itself."""

import json
import re
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.job_gateway import JobGateway
from harness.platform import C8, plain_environment
from harness.processes import Program
from harness.relays import ByteRelay

pytestmark = pytest.mark.slow

# What it takes: a poll beside a stream every 10 s, an answer within 10 s, a ping within 20 s.
NOTICED_S = 90
# Jobs of a poll whose answer was dropped on the way are handed out again after their timeout of two minutes.
HANDED_OUT_AGAIN_S = 150

APP = """
import asyncio, os
from c8py import Worker

worker = Worker(max_jobs=16, name="w", drain_s=8)
log = os.open("called", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

@worker.task("slow", timeout_s=120)
async def slow(n: int) -> dict[str, object]:
    os.write(log, f"{n}\\n".encode())
    await asyncio.sleep(0.3)
    return {"n": n}
"""


@pytest.fixture
def start(gateway: JobGateway, tmp_path: Path) -> Iterator[Callable[..., tuple[Program, ByteRelay]]]:
    """A worker, and the network between it and its cluster."""
    (tmp_path / "shop.py").write_text(APP)
    started: list[tuple[Program, ByteRelay]] = []

    def start(*, way: str = "grpcio") -> tuple[Program, ByteRelay]:
        rest = way == "rest"
        target = gateway.rest_address.removeprefix("http://") if rest else gateway.grpc_address
        relay = ByteRelay(target)
        environment = {
            name: value.replace(target, relay.address) for name, value in gateway.environment(rest=rest).items()
        }
        # As short as they can be told to be; the rest of the time is our own measure.
        environment |= {"CAMUNDA_KEEP_ALIVE": "2000", "CAMUNDA_CLIENT_REQUESTTIMEOUT": "3000"}
        environment |= {} if rest else {"CAMUNDA_GRPC_TRANSPORT": way}
        worker = Program(
            [C8, "work", "shop:worker"],
            folder=tmp_path,
            name="worker",
            environment=plain_environment(**environment),
            working_folder=tmp_path,
        )
        started.append((worker, relay))
        return started[-1]

    yield start
    for worker, relay in started:
        worker.stop()
        relay.close()


def numbered(first: int, count: int) -> list[str]:
    return [json.dumps({"n": n}) for n in range(first, first + count)]


def said(worker: Program, words: str) -> int:
    return len(re.findall(words, worker.output()))


@pytest.mark.parametrize("way", ["grpcio", "asyncio", "rest"])
def test_cut_off_under_load_it_reports_what_it_finished_and_goes_on(books, start, tmp_path, way):
    books.add("slow", numbered(0, 200))
    worker, relay = start(way=way)
    worker.wait_for("work in full", lambda: books.done > 40, deadline_s=60)
    relay.fall_silent()
    worker.wait_for("its word", lambda: said(worker, "is done, but cannot be reported yet"), deadline_s=NOTICED_S)
    relay.speak_again()
    worker.wait_for("the end of all jobs", lambda: books.done == 200, deadline_s=HANDED_OUT_AGAIN_S)
    worker.send(signal.SIGTERM)
    assert worker.wait(deadline_s=30) == 0, worker.output()

    assert said(worker, "cannot be reported yet") == 1, "one trouble, however many jobs wait for its end"
    assert said(worker, "cannot get jobs of type slow") <= 1
    # Its timeout is longer than the trouble, so nobody may have had a job twice.
    called = Counter(int(line) for line in (tmp_path / "called").read_text().splitlines())
    assert called == Counter(range(200))
    assert set(books.completed.values()) == {1}
    assert books.failed == []


@pytest.mark.parametrize("way", ["grpcio", "asyncio"])
def test_cut_off_without_jobs_it_notices_by_itself_says_so_once_and_is_there_for_new_ones(books, start, way):
    worker, relay = start(way=way)
    worker.wait_for("the stream", lambda: books.streams, deadline_s=60)
    relay.fall_silent()
    worker.wait_for("its word", lambda: said(worker, "cannot get jobs of type slow"), deadline_s=NOTICED_S)
    worker.wait_for("its word", lambda: said(worker, "the stream of jobs of type slow broke off"), deadline_s=NOTICED_S)
    relay.speak_again()
    worker.wait_for("its word", lambda: said(worker, "jobs of type slow can be had again"), deadline_s=NOTICED_S)
    worker.wait_for("the stream", lambda: len(books.streams) == 1, deadline_s=NOTICED_S)
    books.add("slow", numbered(0, 10))
    worker.wait_for("the end of all jobs", lambda: books.done == 10, deadline_s=60)

    assert said(worker, "cannot get jobs of type slow") == 1, worker.output()
    assert said(worker, "the stream of jobs of type slow broke off") == 1, worker.output()
