"""The whole way, for real; and nothing left behind however it ends."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from c8py import Camunda
from c8py.cli import child
from c8py.errors import NotFound, PlatformError

QUICKSTART = [sys.executable, "-m", "c8py.cli", "quickstart"]


@pytest.mark.slow
def test_the_quickstart_ends_with_a_completed_process(c8, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("CAMUNDA_CLIENT_ID", "somebody-else")
    monkeypatch.setenv("C8_PROGRAM", "./dev c8")
    ran = c8("quickstart")
    assert ran.code == 0, ran.err
    assert "is COMPLETED" in ran.out
    assert "$ ./dev c8 topology --grpc" in ran.out
    assert "eyJ" in ran.out
    assert "… (hidden)" in ran.out
    assert list(tmp_path.iterdir()) == []
    assert max(len(line) for line in ran.out.splitlines() if "deploy" not in line) <= 80


@pytest.mark.slow
def test_a_program_gets_the_steps_as_one_document(c8, tmp_path):
    ran = c8("quickstart", "--json", "--data-dir", str(tmp_path / "kept"))
    story = json.loads(ran.out)
    assert (story["ok"], story["state"]) == (True, "COMPLETED")
    assert [step["number"] for step in story["steps"]] == list(range(1, 10))
    assert (tmp_path / "kept" / "platform.db").exists()


def test_the_same_on_a_cluster_that_is_there(c8, platform):
    ran = c8("quickstart", "--credentials", platform.credentials_file, "--json")
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["state"] == "COMPLETED"


def test_a_partition_that_the_deployment_has_not_reached_yet_is_waited_for(c8, platform, monkeypatch):
    start, refusals = Camunda.start, iter([NotFound("none found"), NotFound("none found")])

    def on_another_partition(*given, **named):
        for refusal in refusals:
            raise refusal
        return start(*given, **named)

    monkeypatch.setattr(Camunda, "start", on_another_partition)
    ran = c8("quickstart", "--credentials", platform.credentials_file, "--json")
    assert ran.code == 0, ran.err
    assert next(refusals, None) is None


def test_a_cluster_that_is_not_there_is_one_line(c8):
    ran = c8("quickstart", "--rest-address", "http://127.0.0.1:1")
    assert ran.code == 3
    assert "✗" in ran.out
    assert ran.err.count("\n") == 1


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize(("number", "after"), [(signal.SIGINT, "Start the local"), (signal.SIGTERM, "API client")])
def test_interrupted_it_leaves_nothing_behind(tmp_path, number, after):
    environ = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(QUICKSTART, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environ) as running:
        assert running.stdout is not None
        while after.encode() not in running.stdout.readline():
            pass
        running.send_signal(number)
        assert running.wait(20) == 130
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc").exists(), reason="looks for the child in /proc")
def test_killed_it_leaves_no_platform_running(tmp_path):
    environ = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(QUICKSTART, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environ) as running:
        assert running.stdout is not None
        while b"API client" not in running.stdout.readline():
            pass
        children = _with_argument(str(tmp_path))
        assert children
        running.kill()
    until_s = time.monotonic() + 15
    while any(Path(f"/proc/{pid}").exists() for pid in children) and time.monotonic() < until_s:
        time.sleep(0.05)
    assert not any(Path(f"/proc/{pid}").exists() for pid in children)


def test_a_platform_that_cannot_start_says_why(tmp_path):
    file = tmp_path / "in-the-way"
    file.write_text("", encoding="utf-8")
    with pytest.raises(PlatformError, match="in-the-way"), child.platform(file):
        pytest.fail("a file is no folder")


def _with_argument(word: str) -> list[str]:
    found: list[str] = []
    for entry in Path("/proc").iterdir():
        try:
            command = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if entry.name.isdecimal() and b"--until-stdin-closes" in command and word.encode() in command:
            found.append(entry.name)
    return found
