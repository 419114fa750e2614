"""Workers as processes against a gateway with faults: nothing that was finished is lost, nothing is done twice."""

import json
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import pytest

from harness.job_gateway import Fault, JobGateway
from harness.platform import C8, plain_environment
from harness.processes import Program

pytestmark = pytest.mark.slow

APP = """
import asyncio, os, time
from c8py import BpmnError, JobFailure, Worker

worker = Worker(max_jobs=32, name="w", drain_s=8)
log = os.open("called", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

def called(n):
    os.write(log, f"{n}\\n".encode())

@worker.task("quick")
async def quick(n: int) -> dict[str, object]:
    called(n)
    return {"doubled": 2 * n}

@worker.task("slow", timeout_s=30)
async def slow(n: int) -> None:
    called(n)
    await asyncio.sleep(0.5)

@worker.task("thread", timeout_s=30)
def thread(n: int) -> None:
    called(n)
    time.sleep(0.3)

@worker.task("raising")
async def raising(n: int) -> None:
    raise ValueError(f"no {n} with Bearer eyJhbGciOiJSUzI1NiJ9.eyJhIjoxfQ.c2lnbmF0dXJl")

@worker.task("garbage")
async def garbage(n: int):
    return {"never": object()} if n else [1, 2]

@worker.task("shouting")
def shouting(n: int) -> None:
    print("x" * 10_000_000)

@worker.task("hanging", timeout_s=60, limit_s=0.5)
def hanging(n: int) -> None:
    called(n)
    time.sleep(3600)

@worker.task("hanging-async", timeout_s=60, limit_s=0.5)
async def hanging_async(n: int) -> None:
    await asyncio.sleep(3600)

@worker.task("dying", process=True)
def dying(n: int) -> dict[str, object]:
    if n == 0:
        os._exit(3)
    return {"pid": os.getpid()}

@worker.task("longer", timeout_s=1.0)
async def longer(n: int) -> None:
    called(n)
    await asyncio.sleep(2.5)

@worker.task("beating", timeout_s=1.0, heartbeat=True)
async def beating(n: int) -> None:
    called(n)
    await asyncio.sleep(2.5)
"""

TYPES = APP.count("@worker.task")


@pytest.fixture
def start(gateway: JobGateway, tmp_path: Path) -> Iterator[Callable[..., Program]]:
    (tmp_path / "shop.py").write_text(APP)
    started: list[Program] = []

    def start(*arguments: str, way: str = "grpcio") -> Program:
        told = {} if way == "rest" else {"CAMUNDA_GRPC_TRANSPORT": way}
        environment = plain_environment(**gateway.environment(rest=way == "rest"), **told)
        program = Program(
            [C8, "work", "shop:worker", *arguments],
            folder=tmp_path,
            name=f"worker-{len(started)}",
            environment=environment,
            working_folder=tmp_path,
        )
        started.append(program)
        return program

    yield start
    for program in started:
        program.stop()


@pytest.fixture
def called(tmp_path: Path) -> Callable[[], Counter[int]]:
    """How often handlers were called, by number of the job."""
    return lambda: Counter(int(line) for line in (tmp_path / "called").read_text().splitlines())


def numbered(count: int) -> list[str]:
    return [json.dumps({"n": n}) for n in range(count)]


def every_tenth_completion(kind: str, number: int) -> Fault | None:
    return Fault() if kind == "complete" and number % 10 == 0 else None


@pytest.mark.parametrize("way", ["grpcio", "asyncio", "rest"])
def test_every_tenth_completion_unavailable_loses_nothing_and_does_nothing_twice(books, start, called, way):
    books.fault = every_tenth_completion
    keys = books.add("quick", numbered(2000))
    worker = start(way=way)
    worker.wait_for("the end of all jobs", lambda: books.done == 2000, deadline_s=90)
    worker.send(signal.SIGTERM)
    assert worker.wait(deadline_s=30) == 0, worker.output()

    assert called() == Counter(range(2000))
    assert [books.results[key] for key in keys] == [{"doubled": 2 * n} for n in range(2000)]
    assert books.failed == []
    assert max(books.handed_out.values()) == 1


@pytest.mark.parametrize(("type_", "way"), [("slow", "grpcio"), ("thread", "grpcio"), ("slow", "asyncio")])
def test_told_to_end_under_load_it_reports_what_it_finished_and_gives_back_what_it_never_began(
    books, start, called, type_, way
):
    books.add(type_, numbered(500), retries=3)
    worker = start(way=way)
    worker.wait_for("work in full", lambda: books.done > 40, deadline_s=30)
    worker.send(signal.SIGTERM)
    assert worker.wait(deadline_s=30) == 0, worker.output()

    begun = called()
    assert set(begun) == {key - 1 for key in books.completed}, "begun and finished, but not reported"
    assert set(begun.values()) == {1}
    assert {(retries, "handed back" in message) for _, retries, message in books.failed} <= {(3, True)}
    assert books.open == {}


def test_told_twice_it_leaves_at_once(books, start, called):
    books.add("hanging", numbered(2))
    worker = start("--set", "hanging.limit=3600")
    worker.wait_for("work", lambda: "working on" in worker.output(), deadline_s=30)
    # What has been received and not begun would be handed back, and nothing would be cut short.
    worker.wait_for("the jobs to be begun", lambda: called().total() == 2, deadline_s=30)
    worker.send(signal.SIGTERM)
    worker.wait_for("its word", lambda: "taking no more jobs" in worker.output(), deadline_s=10)
    worker.send(signal.SIGTERM)
    assert worker.wait(deadline_s=5) == 130, worker.output()


@pytest.mark.parametrize("way", ["grpcio", "asyncio"])
def test_a_gateway_killed_ten_times_gets_all_jobs_done_once(books, gateway, start, called, way):
    books.add("quick", numbered(5000))
    worker = start("--set", "quick.timeout=5", way=way)
    for step in range(1, 11):
        worker.wait_for("some work", lambda step=step: books.done >= step * 400, deadline_s=60)
        gateway.kill()
        gateway.start()
    worker.wait_for("the end of all jobs", lambda: books.done == 5000, deadline_s=120)
    worker.send(signal.SIGTERM)
    assert worker.wait(deadline_s=30) == 0, worker.output()

    assert set(books.completed.values()) == {1}
    assert books.failed == []
    # What was on the wire when it broke is handed out again after its timeout, and nothing else.
    twice = {key for key, count in books.handed_out.items() if count > 1}
    assert {n for n, count in called().items() if count > 1} <= {key - 1 for key in twice}
    told = worker.output().count("cannot get jobs of type quick")
    assert told <= 10, "each row of failures is told once"


@pytest.mark.parametrize("way", ["grpcio", "asyncio", "rest"])
def test_whatever_a_handler_does_other_jobs_go_on_and_its_own_say_what_happened(books, start, way):
    types = ["raising", "garbage", "shouting", "hanging", "hanging-async", "dying"]
    keys = {type_: books.add(type_, numbered(2), retries=1) for type_ in types}
    deep = "[" * 5000 + "]" * 5000
    poison = books.add("quick", ['{"n": "no number"}', '{"m": 1}', '{"n": 1e999}', f'{{"n": {deep}}}'], retries=1)
    worker = start(way=way)
    quick = books.add("quick", numbered(100))
    # Of each pair both end, but for the shouting ones and the second dying one, which are done.
    worker.wait_for("the end of all jobs", lambda: len(books.failed) + books.done == 12 + 4 + 100, deadline_s=60)

    assert set(quick) <= set(books.completed)
    said = {key: message for key, _, message in books.failed}
    assert set(books.completed) - set(quick) == {*keys["shouting"], keys["dying"][1]}
    assert "ValueError: no 0" in said[keys["raising"][0]]
    assert "c2lnbmF0dXJl" not in "".join(said.values())
    assert "expected" in said[keys["garbage"][0]]
    assert "object" in said[keys["garbage"][1]]
    assert "within 0.5 s" in said[keys["hanging"][0]]
    assert "within 0.5 s" in said[keys["hanging-async"][1]]
    assert "exit code 3" in said[keys["dying"][0]]
    assert "expected variable n" in said[poison[0]]
    assert "expected variable n" in said[poison[1]]
    assert "variables that can be read" in said[poison[2]]
    assert "variables that can be read" in said[poison[3]]
    worker.send(signal.SIGTERM)
    worker.wait(deadline_s=30)


def test_a_handler_longer_than_its_job_keeps_it_with_a_heartbeat(books, start, called):
    books.add("beating", numbered(1))
    worker = start()
    worker.wait_for("the end of the job", lambda: books.done == 1, deadline_s=20)

    assert called() == Counter([0])
    assert books.extended[1] >= 3
    assert "takes longer" not in worker.output()


def test_a_handler_longer_than_its_job_says_so_and_its_work_is_done_once(books, start):
    books.add("longer", numbered(1))
    worker = start()
    worker.wait_for("the end of the job", lambda: books.done == 1, deadline_s=20)

    assert books.completed == Counter([1])
    assert "takes longer than its 1 s" in worker.output()


def test_many_processes_share_the_work_and_replace_who_dies(books, start, tmp_path):
    (tmp_path / "shop.py").write_text(APP + "\nwho = os.open(f'process-{os.getpid()}', os.O_CREAT | os.O_WRONLY)\n")
    fleet = start("--processes", "3", "--json")
    fleet.wait_for("all to work", lambda: fleet.output().count("working on") == 3, deadline_s=30)
    books.add("slow", numbered(300))
    fleet.wait_for("the middle", lambda: books.done >= 90, deadline_s=30)
    pids = [int(path.name.partition("-")[2]) for path in tmp_path.glob("process-*")]
    victim = next(pid for pid in fleet.family() if pid in pids)
    os.kill(victim, signal.SIGKILL)
    fleet.wait_for("another one", lambda: fleet.output().count("working on") == 4, deadline_s=30)
    fleet.wait_for("the end of all jobs", lambda: books.done == 300, deadline_s=60)
    fleet.send(signal.SIGTERM)
    assert fleet.wait(deadline_s=30) == 0, fleet.output()

    assert set(books.completed.values()) == {1}
    assert "ended with -9" in fleet.output()


@pytest.mark.parametrize("pace", ["a backlog", "a trickle"])
def test_the_load_of_many_processes_is_even(books, start, tmp_path, pace):
    """None does more than half as much again as its share."""
    (tmp_path / "shop.py").write_text(APP.replace('f"{n}\\n"', 'f"{os.getpid()}\\n"'))
    fleet = start("--processes", "3", "--max-jobs", "11")
    # Who comes later finds the work given out: what others asked for is not taken back.
    fleet.wait_for("all streams", lambda: len(books.streams) == 3 * TYPES, deadline_s=60)
    if pace == "a trickle":
        for number in range(90):
            books.add("slow", numbered(1))
            fleet.wait_for("an end", lambda number=number: books.done >= number - 9, deadline_s=30)
    else:
        books.add("slow", numbered(330))
    count = 90 if pace == "a trickle" else 330
    fleet.wait_for("the end of all jobs", lambda: books.done == count, deadline_s=90)

    by_process = Counter((tmp_path / "called").read_text().split())
    assert len(by_process) == 3, by_process
    assert max(by_process.values()) <= 1.5 * count / 3, by_process


def test_a_change_of_code_is_worked_with(books, start, tmp_path):
    worker = start("--reload")
    books.add("quick", numbered(1))
    worker.wait_for("the first job", lambda: books.done == 1, deadline_s=30)
    (tmp_path / "shop.py").write_text(APP.replace("2 * n", "3 * n"))
    worker.wait_for("a new start", lambda: worker.output().count("working on") == 2, deadline_s=30)
    (key,) = books.add("quick", ['{"n": 2}'])
    worker.wait_for("the second job", lambda: books.done == 2, deadline_s=30)

    assert books.results[key] == {"doubled": 6}


def test_refusals_under_load_are_passed_over(books, start):
    def busy(kind: str, number: int) -> Fault | None:
        return Fault(grpc.StatusCode.RESOURCE_EXHAUSTED, 503) if kind == "activate" and number % 3 else None

    books.fault = busy
    books.add("quick", numbered(500))
    worker = start()
    worker.wait_for("the end of all jobs", lambda: books.done == 500, deadline_s=60)
    assert worker.process.poll() is None
