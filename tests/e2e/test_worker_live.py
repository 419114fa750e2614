"""`--watch` on a real terminal of a kernel: what is drawn, and what is written beside it."""

import json
import os
import pty
import re
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.job_gateway import Books, JobGateway
from harness.platform import C8, plain_environment
from harness.processes import Program, wait_until

pytestmark = pytest.mark.slow

APP = """
from c8py import Worker

worker = Worker(max_jobs=8, name="w", drain_s=8)

@worker.task("quick")
def quick(n: int) -> None:
    if n == 7:
        print("seven was here")
"""
_CONTROLS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """A program whose standard error is a terminal; standard output goes to a file of its own."""

    def __init__(self, command: list[str], *, folder: Path, environment: dict[str, str]) -> None:
        self._ours, theirs = pty.openpty()
        self.out = folder / "terminal.out"
        with self.out.open("wb") as out:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=theirs,
                env=environment | {"TERM": "xterm", "COLUMNS": "100", "LINES": "40"},
                cwd=folder,
                start_new_session=True,
            )
        os.close(theirs)
        self._shown: list[bytes] = []
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def shown(self) -> str:
        return _CONTROLS.sub("", b"".join(self._shown).decode(errors="replace"))

    def wait_for(self, words: str) -> None:
        try:
            wait_until(words, lambda: re.search(words, self.shown()), deadline_s=60)
        except TimeoutError:
            raise AssertionError(self.shown()[-4000:]) from None

    def end(self) -> int:
        """Its exit code, once it has been told to end."""
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(30)
        self._reading.join(10)
        return code

    def close(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self._reading.join(10)
        os.close(self._ours)

    def _read(self) -> None:
        try:
            while part := os.read(self._ours, 4096):
                self._shown.append(part)
        except OSError:  # what Linux says when nobody writes any more
            return


@pytest.fixture
def look(books: Books, tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    gateway = JobGateway(books)
    (tmp_path / "shop.py").write_text(APP)
    opened: list[Terminal] = []

    def look(*arguments: str) -> Terminal:
        environment = plain_environment(**gateway.environment())
        opened.append(Terminal([str(C8), *arguments], folder=tmp_path, environment=environment))
        return opened[-1]

    yield look
    for terminal in opened:
        terminal.close()
    gateway.close()


@pytest.mark.parametrize("arguments", [[], ["--processes", "2", "--quiet"]], ids=["one", "two"])
def test_a_person_sees_how_each_type_stands_and_what_handlers_print(books, look, arguments):
    terminal = look("work", "shop:worker", "--watch", "--json", *arguments)
    terminal.wait_for("w: working, ready")
    books.add("quick", [json.dumps({"n": n}) for n in range(20)])
    terminal.wait_for(r"quick +0/(8|16) +[\d.]+ +20 ")
    if not arguments:
        assert "working on quick as w" in terminal.shown()
        assert "seven was here" in terminal.out.read_text()
    else:
        terminal.wait_for("seven was here")
        terminal.wait_for(r"2 ready +\d+ +1 ")
    assert terminal.end() == 0, terminal.shown()
    assert json.loads(terminal.out.read_text().splitlines()[-1])["completed"] == 20


def test_a_worker_elsewhere_is_watched_until_it_is_gone(look, tmp_path):
    terminal = look("work", "shop:worker", "--watch", "--health-port", "0")
    terminal.wait_for("health at http")
    found = re.search(r"health at http://127.0.0.1:(\d+)/", terminal.shown())
    assert found is not None
    other = look("worker", "status", "--watch", "--port", found[1])
    other.wait_for("w: working, ready")
    assert terminal.end() == 0
    other.wait_for("expected a worker at http")
    assert other.process.wait(30) == 3


def test_where_nobody_looks_nothing_is_drawn(tmp_path):
    program = Program(
        [C8, "work", "shop:worker", "--watch"], folder=tmp_path, name="blind", environment=plain_environment()
    )
    assert program.wait(deadline_s=30) == 2
    assert "expected a terminal for --watch" in program.output()
