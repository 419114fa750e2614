"""What tests and benches stand on: programs end when they should, and waiting says what it waited for."""

import sys

import pytest

from harness.platform import read_exports
from harness.processes import ROOT, Program, alive, free_ports, run, wait_until

TALKER = "import time; print('hello', flush=True); time.sleep(600)"
PARENT = (
    "import subprocess, sys, time; "
    "print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']).pid, flush=True); time.sleep(600)"
)


def test_the_first_line_comes_as_soon_as_it_is_written(tmp_path):
    program = Program([sys.executable, "-c", TALKER], folder=tmp_path, name="talker")
    try:
        assert program.first_line(deadline_s=30) == "hello\n"
        assert program.resident_mb() > 1
    finally:
        program.stop()


def test_one_that_ends_instead_is_shown_with_its_words(tmp_path):
    program = Program([sys.executable, "-c", "raise SystemExit('no way')"], folder=tmp_path, name="loser")
    with pytest.raises(AssertionError, match=r"ended with 1[\s\S]*no way"):
        program.first_line(deadline_s=30)


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_with_a_program_ends_what_it_started(tmp_path, end):
    program = Program([sys.executable, "-c", PARENT], folder=tmp_path, name="parent")
    child = int(program.first_line(deadline_s=30))
    getattr(program, end)()
    wait_until("the end of both", lambda: not alive([child, program.pid]), deadline_s=10)


def test_an_interpreter_that_ends_takes_its_programs_along(tmp_path):
    script = (
        "from pathlib import Path; from harness.processes import Program; "
        f"print(Program(['sleep', '600'], folder=Path({str(tmp_path)!r}), name='sleeper').pid); raise SystemExit(1)"
    )
    done = run([sys.executable, "-c", script], environment={"PYTHONPATH": str(ROOT / "tests")})
    wait_until("the end of the sleeper", lambda: not alive([int(done.stdout)]), deadline_s=10)


def test_waiting_in_vain_says_for_what():
    with pytest.raises(TimeoutError, match="expected rain within 0 s"):
        wait_until("rain", lambda: None, deadline_s=0)


def test_free_ports_are_different():
    assert len(set(free_ports(20))) == 20


def test_exports_are_read_as_a_shell_would(tmp_path):
    (tmp_path / "file").write_text("export A='x=y~.'\nexport B='2'\n")
    assert read_exports(tmp_path / "file") == {"A": "x=y~.", "B": "2"}
