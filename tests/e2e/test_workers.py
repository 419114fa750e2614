"""`c8 work` as a process among others: it ends when told, finishes what it began, and shares work with its like."""

import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.platform import C8, ORDER_MODEL, UNLIMITED_TOKENS, Platform, plain_environment
from harness.processes import Program, wait_until

SLOW_HANDLER = """
import pathlib, time, uuid

def charge(amount):
    pathlib.Path(f"begun-{amount}-{uuid.uuid4().hex}").touch()
    time.sleep(1.0)
    pathlib.Path(f"ended-{amount}").touch()
    return {"charged": amount}
"""


@pytest.fixture
def running(start_platform) -> Platform:
    platform = start_platform(*UNLIMITED_TOKENS)
    done = platform.c8("deploy", str(ORDER_MODEL))
    assert done.returncode == 0, done.stderr
    return platform


@pytest.fixture
def start_worker(running: Platform, tmp_path: Path) -> Iterator[Callable[..., Program]]:
    (tmp_path / "slow.py").write_text(SLOW_HANDLER)
    started: list[Program] = []

    def start(*arguments: str) -> Program:
        name = f"worker-{len(started)}"
        command = [C8, "work", "charge-card", "--python", "slow:charge", *arguments]
        environment = plain_environment(**running.credentials())
        started.append(Program(command, folder=tmp_path, name=name, environment=environment, working_folder=tmp_path))
        return started[-1]

    yield start
    for program in started:
        program.stop()


def start_instance(platform: Platform, amount: int) -> str:
    variables = json.dumps({"amount": amount})
    done = platform.c8("create", "instance", "order", "--variables", variables, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["processInstanceKey"]


def state(platform: Platform, key: str) -> str:
    done = platform.c8("get", "instance", key, "--json")
    return json.loads(done.stdout)["state"] if done.returncode == 0 else "unknown"


@pytest.mark.slow
def test_told_to_end_it_finishes_what_it_began(running, start_worker, tmp_path):
    worker = start_worker("--max-jobs", "2")
    key = start_instance(running, 1)
    wait_until("the beginning of the job", lambda: list(tmp_path.glob("begun-1-*")), deadline_s=30)
    worker.send(signal.SIGTERM)
    assert worker.wait(deadline_s=30) == 0, worker.output()
    assert (tmp_path / "ended-1").exists()
    wait_until("the end of the instance", lambda: state(running, key) == "COMPLETED", deadline_s=15)


@pytest.mark.slow
def test_two_workers_never_hold_one_job(running, start_worker, tmp_path):
    workers = [start_worker("--max-jobs", "2"), start_worker("--max-jobs", "2")]
    keys = [start_instance(running, amount) for amount in range(6)]
    wait_until(
        "the end of all instances",
        lambda: all(state(running, key) == "COMPLETED" for key in keys),
        deadline_s=60,
        every_s=0.5,
    )
    begun = sorted(int(file.name.split("-")[1]) for file in tmp_path.glob("begun-*"))
    assert begun == list(range(6))
    assert [worker.process.poll() for worker in workers] == [None, None]


@pytest.mark.slow
def test_killed_in_the_middle_of_a_job_another_takes_it(running, start_worker, tmp_path):
    first = start_worker("--max-jobs", "1", "--timeout", "3")
    key = start_instance(running, 1)
    wait_until("the beginning of the job", lambda: list(tmp_path.glob("begun-1-*")), deadline_s=30)
    first.kill()
    start_worker("--max-jobs", "1", "--timeout", "3")
    wait_until("the end of the instance", lambda: state(running, key) == "COMPLETED", deadline_s=40, every_s=0.5)
    assert len(list(tmp_path.glob("begun-1-*"))) == 2
