"""A client program under measurement: it says when it is ready, starts on a word, and says when it is done.

What it costs is seen from outside, between that word and its last line; its start-up and imports are no part of it.
"""

import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Timer
from types import TracebackType
from typing import Self

import msgspec

from harness.processes import cpu_s

READY = "ready"
DEADLINE_S = 300.0


class Cost(msgspec.Struct, frozen=True):
    """What one round took: wall time and the process's own user and system time, in seconds; and its last line."""

    wall_s: float
    cpu_s: float
    said: str


class Contestant:
    """A started client that waits for its word. A context manager: it is gone at the end of the block.

    Args:
        command: the program and its arguments.
        environment: all of its environment.
        log: receives its standard error.
    """

    def __init__(self, command: Sequence[str | Path], *, environment: Mapping[str, str], log: Path) -> None:
        with log.open("ab") as err:
            self._process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=err,
                text=True,
                env=dict(environment),
            )
        self._log = log

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def ready(self) -> None:
        """Wait until it is ready to begin."""
        line = self._line()
        if line != READY:
            self._fail(f"expected {READY!r}, but it said {line!r}")

    def go(self) -> None:
        """Give it its word."""
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()

    def finish(self) -> str:
        """Its last line."""
        return self._line()

    def measure(self, *, before: Callable[[], None] | None = None, meanwhile: Callable[[], None] | None = None) -> Cost:
        """One whole round: ready, go, done.

        Args:
            before: called once it is ready: what it did in the round of before is over by then.
            meanwhile: called right after the word, and must return at once.
        """
        self.ready()
        if before is not None:
            before()
        before_s = cpu_s(self._process.pid)
        started_s = time.monotonic()
        self.go()
        if meanwhile is not None:
            meanwhile()
        said = self.finish()
        wall_s = time.monotonic() - started_s
        return Cost(wall_s, cpu_s(self._process.pid) - before_s, said)

    def _line(self) -> str:
        assert self._process.stdout is not None
        # A pipe has no deadline of its own: whoever hangs is ended, and reading it ends with it.
        guard = Timer(DEADLINE_S, self._process.kill)
        guard.start()
        line = self._process.stdout.readline()
        guard.cancel()
        if not line.endswith("\n"):
            self._fail("expected a line, but it ended")
        return line.strip()

    def _fail(self, sentence: str) -> None:
        message = f"{self._process.args}: {sentence}; its errors: {self._log.read_text(errors='replace')[-3000:]}"
        raise RuntimeError(message)
