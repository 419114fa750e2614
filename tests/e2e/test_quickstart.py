"""`c8 quickstart`: the whole way, on this machine; nothing left behind, whichever way it ends."""

import os
import re
import signal
from pathlib import Path

import psutil
import pytest

from harness.platform import C8, c8, plain_environment
from harness.processes import Program, alive, wait_until

DEADLINE_S = 90.0
TOKEN = re.compile(r"eyJ[\w-]{8,}\.[\w-]+\.[\w-]{20,}")
STEPS = ["token", "topology", "deploy", "complete"]


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """Where temporary folders go, so that what stays is seen."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.fixture
def start_quickstart(tmp_path: Path, scratch: Path):
    """Starts quickstarts that are ended with the test at the latest."""
    started: list[Program] = []

    def start(*arguments: str) -> Program:
        name = f"quickstart-{len(started)}"
        environment = plain_environment(TMPDIR=str(scratch))
        started.append(
            Program([C8, "quickstart", *arguments], folder=tmp_path / "log", name=name, environment=environment)
        )
        return started[-1]

    yield start
    for program in started:
        program.stop()


@pytest.mark.slow
def test_it_goes_all_the_way_and_tells_of_each_step(start_quickstart, scratch):
    program = start_quickstart()
    assert program.wait(deadline_s=DEADLINE_S) == 0, program.output()
    told = program.output().lower()
    assert [step for step in STEPS if step not in told] == []
    assert TOKEN.search(program.output()) is None
    assert list(scratch.iterdir()) == []


@pytest.mark.slow
def test_two_at_the_same_time_do_not_meet(start_quickstart):
    both = [start_quickstart(), start_quickstart()]
    assert [program.wait(deadline_s=DEADLINE_S) for program in both] == [0, 0], [one.output() for one in both]


@pytest.mark.slow
def test_a_data_folder_that_is_given_stays(start_quickstart, tmp_path):
    folder = tmp_path / "kept"
    program = start_quickstart("--data-dir", str(folder))
    assert program.wait(deadline_s=DEADLINE_S) == 0, program.output()
    assert list(folder.iterdir()) != []


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_leaves_no_process_and_no_folder(start_quickstart, scratch, number):
    program = start_quickstart()
    # A temporary folder is the first sign that a platform is being started.
    program.wait_for("a temporary folder", lambda: list(scratch.iterdir()), deadline_s=30)
    program.wait_for("a child", lambda: len(program.family()) > 1, deadline_s=30)
    family = program.family()
    program.send(number)
    status = program.wait(deadline_s=30)
    assert status in {130, -signal.SIGINT, 143, -signal.SIGTERM}, program.output()
    assert "Traceback" not in program.output()
    # Interrupted in the instant of its start, the platform is not told, but sees its pipe end, and goes by itself.
    wait_until("the end of the platform", lambda: not alive(family), deadline_s=15)
    assert list(scratch.iterdir()) == []


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="expected a system with process groups, but this one has none")
def test_killed_it_leaves_no_platform_running(start_quickstart, scratch):
    """Nobody can tidy up a folder after kill -9, but a platform without its owner ends by itself."""
    program = start_quickstart()
    program.wait_for("a child", lambda: len(program.family()) > 1, deadline_s=30)
    children = program.family()[1:]
    psutil.Process(program.pid).kill()
    program.process.wait()
    wait_until("the end of the platform", lambda: not alive(children), deadline_s=30)


def test_without_the_named_file_it_says_so(tmp_path, one_line):
    missing = tmp_path / "nowhere.txt"
    assert "nowhere.txt" in one_line(c8("quickstart", "--credentials", str(missing)), code=2)
