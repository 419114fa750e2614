"""Broker processes: started apart from ours, found again after our restart, ended when told.

A broker is told from every other process by its folder, which stands on its command line; so a process id that somebody
else has by now is never taken for a broker.
"""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final
from xml.sax.saxutils import quoteattr

import msgspec
import psutil

from c8py.base import limits
from c8py.errors import PlatformError
from c8py.server.brokers.plan import LOG_CONFIGURATION

_RUN_FILE: Final = "run.json"
_OUTPUT: Final = "console.log"
_LOG: Final = "broker.log"
_TAIL_BYTES: Final = 64 * 1024
# What a broker inherits of our environment; whatever else we were told is not its business.
_INHERITED: Final = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "SYSTEMROOT", "TEMP", "TMP")


# Brokers that this process started, by process id: they may outlive whoever started them, and must be reaped anyway.
_children: dict[int, subprocess.Popen[bytes]] = {}


class _Run(msgspec.Struct, frozen=True):
    pid: int


class BrokerProcess:
    """The process of one broker, if there is one.

    Args:
        folder: the broker's own; exists or is made when it starts.
    """

    def __init__(self, folder: Path) -> None:
        self.folder: Final = folder
        self._mark = f"-Dapp.home={folder}"
        self._process = self._found()

    @property
    def pid(self) -> int | None:
        """Its process id; None where it does not run."""
        return self._process.pid if self.alive and self._process is not None else None

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and _runs(self._process)

    def start(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start it in a session of its own: a Ctrl-C that is meant for us is not for it.

        Args:
            command: the program and its arguments, among them the mark of the folder.
            environment: what it is told, beside the little that it inherits.

        Raises:
            PlatformError: it cannot be started.
        """
        assert self._mark in command, "expected the broker's folder on its command line, or it is never found again"
        whole = {name: os.environ[name] for name in _INHERITED if name in os.environ} | dict(environment)  # noqa: TID251  handed on, not read
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            (self.folder / "log4j2.xml").write_text(
                LOG_CONFIGURATION.format(folder=quoteattr(str(self.folder))[1:-1]), encoding="utf-8"
            )
            with (self.folder / _OUTPUT).open("wb") as output:
                # start_new_session: it outlives us, and our terminal.
                child = subprocess.Popen(  # noqa: S603  a program that the owner of the platform chose
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env=whole,
                    cwd=self.folder,
                    start_new_session=True,
                )
            _children[child.pid] = child
            self._process = psutil.Process(child.pid)
            (self.folder / _RUN_FILE).write_bytes(msgspec.json.encode(_Run(child.pid)))
        except psutil.NoSuchProcess:
            self._process = None
        except OSError as error:
            raise PlatformError(
                f"expected to start a broker in {self.folder}, but: {error}", hint="check Java and the disk"
            ) from error

    def terminate(self) -> None:
        """Ask it to end; it hands over its partitions and closes its files."""
        self._send("terminate")

    def kill(self) -> None:
        """End it without asking."""
        self._send("kill")

    def last_words(self, lines: int = 5) -> str:
        """What it said last that sounds like trouble; for a person who asks why it does not run."""
        for name in (_OUTPUT, _LOG):
            text = _tail(self.folder / name)
            found = [line for line in text.splitlines() if "ERROR" in line or "Exception" in line or "Error" in line]
            if found:
                return "\n".join(found[-lines:])[: limits.BROKER_TROUBLE_CHARS_MAX]
        return ""

    def _send(self, how: str) -> None:
        if self.alive and self._process is not None:
            try:
                getattr(self._process, how)()
            except psutil.NoSuchProcess:
                return

    def _found(self) -> psutil.Process | None:
        """The process that an earlier platform started here."""
        try:
            pid = msgspec.json.decode((self.folder / _RUN_FILE).read_bytes(), type=_Run).pid
            known = psutil.Process(pid)
            if self._is_ours(known):
                return known
        except (OSError, msgspec.MsgspecError, psutil.Error):
            pass
        if not self.folder.exists():
            return None
        # The platform may have ended between the start of a broker and its note of it.
        return next((one for one in psutil.process_iter() if self._is_ours(one)), None)

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            return self._mark in process.cmdline() and _runs(process)
        except psutil.Error:
            return False


def _runs(process: psutil.Process) -> bool:
    child = _children.get(process.pid)
    if child is not None and child.poll() is not None:
        _children.pop(process.pid, None)  # looked at from several threads
        return False
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _tail(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            stream.seek(0, os.SEEK_END)
            stream.seek(max(0, stream.tell() - _TAIL_BYTES))
            return stream.read().decode(errors="replace")
    except OSError:
        return ""
