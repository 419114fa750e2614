"""What a worker costs that works for long, and one that has nothing to do."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.job_gateway import Books, JobGateway
from harness.platform import C8, plain_environment
from harness.processes import Program, wait_until

pytestmark = pytest.mark.slow

GROWTH_MB_MAX = 5.0
IDLE_SHARE_MAX = 0.01
IDLE_S = 20.0

APP = """
from c8py import Worker

worker = Worker(max_jobs=64, name="w")
for type_ in TYPES:
    @worker.task(type_)
    async def handler(n: int) -> dict[str, object]:
        return {"n": n}
"""


@pytest.fixture
def start(books: Books, tmp_path: Path) -> Iterator[Callable[[list[str]], Program]]:
    gateway = JobGateway(books)
    started: list[Program] = []

    def start(types: list[str]) -> Program:
        (tmp_path / "shop.py").write_text(f"TYPES = {types!r}\n{APP}")
        command = [C8, "work", "shop:worker"]
        environment = plain_environment(**gateway.environment())
        started.append(
            Program(command, folder=tmp_path, name="worker", environment=environment, working_folder=tmp_path)
        )
        return started[-1]

    yield start
    for program in started:
        program.stop()
    gateway.close()


def test_a_hundred_thousand_jobs_leave_nothing_behind(books, start):
    worker = start(["quick"])
    books.add("quick", ['{"n": 1}'] * 10_000)
    worker.wait_for("the beginning", lambda: books.done == 10_000, deadline_s=120)
    before_mb = worker.resident_mb()
    for step in range(1, 6):
        books.add("quick", ['{"n": 1}'] * 20_000)
        worker.wait_for("the next jobs", lambda step=step: books.done == 10_000 + step * 20_000, deadline_s=240)

    assert worker.resident_mb() - before_mb < GROWTH_MB_MAX


def test_a_worker_of_ten_types_without_jobs_costs_next_to_nothing(books, start):
    types = [f"type-{number}" for number in range(10)]
    worker = start(types)
    worker.wait_for("all streams", lambda: len(books.streams) == 10, deadline_s=60)
    began = books.calls["activate"]
    wait_until("it to settle", lambda: books.calls["activate"] >= began + 10, deadline_s=60)
    before_s = worker.cpu_s()
    end = time.monotonic() + IDLE_S
    wait_until("the time to pass", lambda: time.monotonic() > end, deadline_s=IDLE_S + 10, every_s=1.0)

    assert (worker.cpu_s() - before_s) / IDLE_S < IDLE_SHARE_MAX
