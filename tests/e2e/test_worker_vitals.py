"""`c8 work --health-port` and `c8 worker status`: a worker, and all processes of one, say how they are."""

import json
import os
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.job_gateway import JobGateway
from harness.platform import C8, plain_environment
from harness.processes import Program, run

pytestmark = pytest.mark.slow

APP = """
import asyncio, time
from c8py import Worker

print("imported")
worker = Worker(max_jobs=8, name="w", drain_s=8)

@worker.task("quick")
async def quick(n: int) -> None:
    print("x" * 200_000)

@worker.task("blocking")
async def blocking(n: int) -> None:
    time.sleep(n)

@worker.task("raising")
async def raising(n: int) -> None:
    raise ValueError("no stock")
"""


@pytest.fixture
def start(gateway: JobGateway, tmp_path: Path) -> Iterator[Callable[..., tuple[Program, str]]]:
    """Starts a worker that can be asked: its program, and where to ask."""
    (tmp_path / "shop.py").write_text(APP)
    started: list[Program] = []

    def start(*arguments: str) -> tuple[Program, str]:
        program = Program(
            [C8, "work", "shop:worker", "--health-port", "0", *arguments],
            folder=tmp_path,
            name=f"worker-{len(started)}",
            environment=plain_environment(**gateway.environment()),
            working_folder=tmp_path,
        )
        started.append(program)
        said = program.wait_for(
            "its address", lambda: re.search(r"health at (http://\S+)/health", program.output()), deadline_s=60
        )
        return program, said[1]

    yield start
    for program in started:
        program.stop()


@pytest.fixture
def ready(http) -> Callable[[Program, str], None]:
    """Waits until a worker is."""

    def wait(program: Program, address: str) -> None:
        program.wait_for("it to be ready", lambda: http("GET", f"{address}/ready").status == 200, deadline_s=60)

    return wait


def status(address: str, *arguments: str) -> str:
    """What `c8 worker status` says of the worker there, to a person or a program."""
    port = address.rpartition(":")[2]
    done = run([C8, "worker", "status", "--port", port, *arguments], environment=plain_environment())
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_a_worker_says_what_it_does_and_what_went_wrong(books, start, ready):
    worker, address = start()
    ready(worker, address)
    books.add("raising", ['{"n": 1}'], retries=1)
    worker.wait_for("the failure", lambda: books.failed, deadline_s=30)

    said = worker.wait_for("the books", lambda: "1 failed" in (text := status(address)) and text, deadline_s=30)
    assert re.search(r"^w: working, ready, \d of 8 slots taken$", said, re.MULTILINE)
    assert "raising: 0 running, 0 completed, 1 failed" in said
    assert "no jobs: the cluster has no jobs of this type" in said
    state = json.loads(status(address, "--json"))
    assert (state["ready"], [one["type"] for one in state["types"]]) == (True, ["quick", "blocking", "raising"])


def test_without_its_cluster_a_worker_is_alive_but_not_ready_and_says_why(gateway, start, ready, http):
    worker, address = start()
    ready(worker, address)
    gateway.kill()
    worker.wait_for("it to notice", lambda: http("GET", f"{address}/ready").status == 503, deadline_s=60)
    assert http("GET", f"{address}/health").status == 200
    said = status(address)
    assert "NOT ready" in said
    assert "no jobs: the cluster cannot be asked: " in said
    assert "last error, " in said


def test_where_nobody_listens_the_next_step_is_told():
    done = run([C8, "worker", "status", "--port", "1"], environment=plain_environment())
    assert done.returncode == 3
    assert "expected a worker at http://127.0.0.1:1/status" in done.stderr
    assert "--health-port 1" in done.stderr


def test_all_processes_answer_at_one_address(books, start, ready, http):
    fleet, address = start("--processes", "3", "--json")
    ready(fleet, address)
    # What handlers print goes elsewhere than what processes report.
    books.add("quick", ['{"n": 1}'] * 60)
    fleet.wait_for("the jobs", lambda: books.done == 60, deadline_s=60)

    assert json.loads(http("GET", f"{address}/health").text) == {"phase": "working", "silent": []}
    state = http("GET", f"{address}/status").json()
    assert [one["process"] for one in state["processes"]] == [1, 2, 3]
    assert {one["pid"] for one in state["processes"]} <= set(fleet.family())
    said = status(address)
    assert "3 processes: working, ready" in said
    assert re.search(r"^3\. process \d+: w: working, ready, \d of 8 slots taken$", said, re.MULTILINE)

    lines = http("GET", f"{address}/metrics").text.splitlines()
    assert sum(line.startswith("# TYPE c8_worker_jobs_completed_total") for line in lines) == 1
    completed = [line for line in lines if line.startswith("c8_worker_jobs_completed_total") and '"quick"' in line]
    assert [line.partition(",")[0].partition("{")[2] for line in completed] == [f'process="{n}"' for n in (1, 2, 3)]
    assert sum(int(line.rpartition(" ")[2]) for line in completed) == 60

    fleet.send(signal.SIGTERM)
    assert fleet.wait(deadline_s=30) == 0, fleet.output()
    (document,) = fleet.lines()
    assert json.loads(document)["completed"] == 60


def test_a_process_that_does_not_turn_makes_the_whole_unhealthy_and_is_named(books, start, ready, http):
    fleet, address = start("--processes", "2")
    ready(fleet, address)
    books.add("blocking", ['{"n": 20}'])
    answer = fleet.wait_for(
        "its silence",
        lambda: (got := http("GET", f"{address}/health")).status == 503 and got,
        deadline_s=15,
    )
    (silent,) = answer.json()["silent"]
    assert http("GET", f"{address}/ready").json()["waiting"] == [silent]
    assert f"{silent}. process " in (said := status(address))
    assert "does not answer" in said
    fleet.wait_for("it to turn again", lambda: http("GET", f"{address}/health").status == 200, deadline_s=60)


def test_the_whole_is_ready_when_each_process_is(start, ready, http):
    fleet, address = start("--processes", "2")
    ready(fleet, address)
    before = http("GET", f"{address}/status").json()["processes"]
    os.kill(before[0]["pid"], signal.SIGKILL)
    fleet.wait_for("it to be missed", lambda: http("GET", f"{address}/ready").status == 503, deadline_s=30)
    ready(fleet, address)

    after = http("GET", f"{address}/status").json()["processes"]
    assert [one["starts"] for one in after] == [2, 1]
    assert after[0]["pid"] != before[0]["pid"]
    assert "started 2 times" in status(address)
