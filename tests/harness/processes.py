"""Programs run as a person would run them: own process group, output in files, every wait with a deadline."""

import atexit
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

import psutil

from harness.secrets import KNOWN

T = TypeVar("T")

ROOT = Path(__file__).resolve().parents[2]
POLL_S = 0.05
OUTPUT_SHOWN = 4000


class Ran(NamedTuple):
    """A program that was run to its end, and what it wrote."""

    command: list[str]
    stdout: str
    stderr: str


class Program:
    """A program that was started; it and everything that it started in turn end with `stop` or `kill`.

    Args:
        command: the program and its arguments.
        folder: receives NAME.out and NAME.err.
        name: what messages and files call it.
        environment: its whole environment; this process's own where it is None.
        working_folder: where it runs; this process's own where it is None.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        folder: Path,
        name: str,
        environment: Mapping[str, str] | None = None,
        working_folder: Path | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.command = [str(part) for part in command]
        self.stdout = folder / f"{name}.out"
        self.stderr = folder / f"{name}.err"
        with self.stdout.open("ab") as out, self.stderr.open("ab") as err:
            self.process = subprocess.Popen(  # the log outlives the handles given to the child
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env=None if environment is None else dict(environment),
                cwd=working_folder,
                start_new_session=True,
            )
        # A run that breaks off, in whichever way Python still notices, leaves no broker behind.
        atexit.register(self._end_with_us)
        KNOWN.learn_named(environment or {}, f"the environment of {name}")
        for told in on_start:
            told(self)

    @property
    def pid(self) -> int:
        return self.process.pid

    def output(self) -> str:
        """Everything that it wrote so far, to both channels."""
        return self.stdout.read_text(errors="replace") + self.stderr.read_text(errors="replace")

    def lines(self) -> list[str]:
        """The complete lines on its standard output so far."""
        return [line for line in self.stdout.read_text(errors="replace").splitlines(keepends=True) if line[-1] == "\n"]

    def first_line(self, *, deadline_s: float) -> str:
        """The first line on its standard output; fails with its output when it ends, or nothing comes, before."""
        return self.wait_for("its first line", lambda: next(iter(self.lines()), None), deadline_s=deadline_s)

    def wait_for(self, what: str, probe: Callable[[], T | None], *, deadline_s: float) -> T:
        """What the probe gives as soon as it gives something; fails when the program ends before or time is up."""

        def alive_and() -> T | None:
            found = probe()
            if not found and self.process.poll() is not None:
                # It may have written its last words between the probe and its end.
                found = probe()
                assert found, self._complaint(f"expected {what}, but it ended with {self.process.returncode}")
            return found

        try:
            return wait_until(f"{what} of {self.name}", alive_and, deadline_s=deadline_s)
        except TimeoutError as error:
            raise AssertionError(self._complaint(str(error))) from None

    def wait(self, *, deadline_s: float) -> int:
        """Its exit status, once it ends by itself."""
        try:
            return self.process.wait(timeout=deadline_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(self._complaint(f"expected its end within {deadline_s} s, but it runs on")) from None

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, as Ctrl-C or a service manager does."""
        self.process.send_signal(number)

    def stop(self, *, grace_s: float = 20.0) -> int:
        """Ask the whole group to end, insist after the grace; its exit status."""
        self._signal_group(signal.SIGTERM)
        try:
            self.process.wait(timeout=grace_s)
        except subprocess.TimeoutExpired:
            self._signal_group(signal.SIGKILL)
        self.kill()  # what it started and left behind
        return self.process.returncode

    def kill(self) -> None:
        """End the whole group without a chance to tidy up: kill -9."""
        self._signal_group(signal.SIGKILL)
        self.process.wait()
        atexit.unregister(self._end_with_us)

    def family(self) -> list[int]:
        """The process ids of it and of everything that it started."""
        root = psutil.Process(self.pid)
        return [self.pid, *(child.pid for child in root.children(recursive=True))]

    def resident_mb(self) -> float:
        """Resident memory of it and what it started, in MB of 2^20 bytes."""
        return sum(resident_mb(pid) for pid in self.family())

    def cpu_s(self) -> float:
        """User and system time that it, not its children, has used, in seconds."""
        return cpu_s(self.pid)

    def _end_with_us(self) -> None:
        # Only what runs: the number of one that has ended may belong to somebody else by now.
        if self.process.poll() is None:
            self._signal_group(signal.SIGKILL)

    def _signal_group(self, number: signal.Signals) -> None:
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            return

    def _complaint(self, sentence: str) -> str:
        return f"{self.name}: {sentence}\n--- the end of its output:\n{self.output()[-OUTPUT_SHOWN:]}"


# Who wants to know of programs: of those that begin, and of those that were run to their end.
on_start: Final[list[Callable[[Program], None]]] = []
on_run: Final[list[Callable[[Ran], None]]] = []


def run(
    command: Sequence[str | Path],
    *,
    environment: Mapping[str, str] | None = None,
    working_folder: Path | None = None,
    deadline_s: float = 60.0,
    stdin: str | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end; its status and its two outputs, whatever the status is."""
    words = [str(part) for part in command]
    KNOWN.learn_named(environment or {}, f"the environment of {Path(words[0]).name}")
    done = subprocess.run(
        words,
        check=False,
        capture_output=True,
        text=True,
        env=None if environment is None else dict(environment),
        cwd=working_folder,
        timeout=deadline_s,
        input="" if stdin is None else stdin,
    )
    for told in on_run:
        told(Ran(words, done.stdout, done.stderr))
    return done


def must(
    command: Sequence[str | Path],
    *,
    environment: Mapping[str, str] | None = None,
    working_folder: Path | None = None,
    deadline_s: float = 60.0,
) -> str:
    """Run a program that must succeed; its standard output."""
    done = run(command, environment=environment, working_folder=working_folder, deadline_s=deadline_s)
    assert done.returncode == 0, (
        f"expected status 0 of {' '.join(map(str, command))}, but got {done.returncode}\n"
        f"--- output:\n{done.stdout[-OUTPUT_SHOWN:]}\n--- errors:\n{done.stderr[-OUTPUT_SHOWN:]}"
    )
    return done.stdout


def wait_until(what: str, probe: Callable[[], T | None], *, deadline_s: float, every_s: float = POLL_S) -> T:
    """What the probe gives as soon as it gives something true; TimeoutError when it never does."""
    end = time.monotonic() + deadline_s
    while True:
        found = probe()
        if found:
            return found
        if time.monotonic() > end:
            msg = f"expected {what} within {deadline_s} s, but it did not come"
            raise TimeoutError(msg)
        time.sleep(every_s)


def resident_mb(pid: int) -> float:
    """Resident memory of one process, in MB of 2^20 bytes."""
    return float(psutil.Process(pid).memory_info().rss) / 2**20


def cpu_s(pid: int) -> float:
    """User and system time that one process has used, its children apart, in seconds."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def free_ports(count: int) -> list[int]:
    """So many different ports of this machine that nobody listens on now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def alive(pids: Sequence[int]) -> list[int]:
    """Which of these processes still run; a zombie does not."""
    return [pid for pid in pids if psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE]


def living_in(folder: Path) -> list[int]:
    """The processes that work in this folder or below it: brokers that outlive whoever started them."""
    found: list[int] = []
    for process in psutil.process_iter():
        try:
            if Path(process.cwd()).is_relative_to(folder):
                found.append(process.pid)
        except psutil.Error:
            continue
    return found
