"""`c8 work` as a process among others: it ends when told, finishes what it began, and shares work with its like."""

import json
import signal
import time
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


APP = """
from c8py import Worker

worker = Worker(max_jobs=4)

@worker.task("charge-card")
async def charge(amount: int) -> dict[str, object]:
    return {"charged": amount}
"""


@pytest.fixture
def start_app(tmp_path: Path) -> Iterator[Callable[..., Program]]:
    (tmp_path / "shop.py").write_text(APP)
    started: list[Program] = []

    def start(platform: Platform, *arguments: str) -> Program:
        done = platform.c8("deploy", str(ORDER_MODEL))
        assert done.returncode == 0, done.stderr
        command = [C8, "work", "shop:worker", *arguments]
        environment = plain_environment(**platform.credentials())
        started.append(Program(command, folder=tmp_path, name="app", environment=environment, working_folder=tmp_path))
        return started[-1]

    yield start
    for program in started:
        program.stop()


@pytest.mark.slow
def test_all_processes_of_a_worker_live_on_one_token_request(start_platform, start_app):
    """A second request would have the token service refuse this address for ten minutes."""
    one_request = ("oauth.burst=1", "oauth.rate_per_s=0.01", "oauth.block_s=600")
    platform = start_platform(*(word for setting in one_request for word in ("--set", setting)))
    fleet = start_app(platform, "--processes", "3")
    fleet.wait_for("all to work", lambda: fleet.output().count("working on") == 3, deadline_s=60)
    keys = [start_instance(platform, amount) for amount in range(4)]
    fleet.wait_for("the end", lambda: all(state(platform, key) == "COMPLETED" for key in keys), deadline_s=60)

    assert "cannot get jobs" not in fleet.output()


@pytest.mark.slow
def test_a_worker_outlives_its_tokens(start_platform, start_app):
    platform = start_platform(*UNLIMITED_TOKENS, "--set", "oauth.token_lifetime_s=12")
    worker = start_app(platform)
    worker.wait_for("it to work", lambda: "working on" in worker.output(), deadline_s=60)
    end_s = time.monotonic() + 3 * 12
    keys: list[str] = []
    while time.monotonic() < end_s:
        keys.append(start_instance(platform, len(keys)))
        worker.wait_for("the end", lambda: state(platform, keys[-1]) == "COMPLETED", deadline_s=30)

    assert len(keys) > 3
    assert "cannot get jobs" not in worker.output()
    assert "could not be reported" not in worker.output()
