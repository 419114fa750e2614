"""Many processes of one worker: started, replaced when they die, told to end together, started anew on a change.

They share nothing but what the host shares: the token with its cool-down, and the cluster that hands out the jobs. Each
one is in a session of its own, so that Ctrl-C reaches it once, by way of us.
"""

import asyncio
import logging
import os
import random
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from c8py.base.backoff import Backoff
from c8py.cli.failures import Exit

if TYPE_CHECKING:
    from c8py.worker import Statistics

_log: Final = logging.getLogger("c8py.worker.fleet")
_AGAIN: Final = Backoff(initial_s=0.5, factor=2.0, max_s=15.0, attempts_max=sys.maxsize)
_SETTLED_S: Final = 5.0  # who dies sooner than that was set up wrongly
_LOOK_S: Final = 0.5
_FILES_MAX: Final = 10_000
_UNWATCHED: Final = {"__pycache__", "node_modules", "site-packages"}


class Fleet:
    """So many processes of the same worker.

    Args:
        arguments: of `c8 work`, for one of them.
        processes: how many.
        reloads: whether to start them anew when a Python file of the current folder changes.
    """

    def __init__(self, arguments: Sequence[str], *, processes: int, reloads: bool) -> None:
        self._command = [sys.executable, "-m", "c8py.cli", "work", "--json", "--until-stdin-closes", *arguments]
        self._size = processes
        self._reloads = reloads
        self._running: set[Process] = set()
        self._ending = asyncio.Event()
        self._changed = asyncio.Event()
        self._refused: int | None = None
        self._has_worked = False
        self._printed: list[bytes] = []

    def run(self) -> "Statistics":
        """Work until SIGTERM or SIGINT, which all of them hear; a second one ends them at once.

        Returns:
            What they did, together, as far as they lived to tell.

        Raises:
            Exit: none of them could start; with the code of the first.
        """
        return asyncio.run(self._run())

    async def _run(self) -> "Statistics":
        with self._told_by_signals():
            places = [asyncio.create_task(self._keep(place)) for place in range(self._size)]
            watching = asyncio.create_task(self._watch()) if self._reloads else None
            try:
                await asyncio.gather(*places)
            finally:
                for task in (*places, *([watching] if watching else [])):
                    task.cancel()
                self._tell(signal.SIGKILL)
        if self._refused is not None:
            raise Exit(self._refused)
        return _together(self._printed)

    async def _keep(self, place: int) -> None:
        """Have one process in this place until the end."""
        waits = _AGAIN.waits(random.random)
        while not self._ending.is_set():
            lived_s, code = await self._one()
            if self._ending.is_set() or (code == 0 and not self._reloads):
                return
            if code == 0:
                continue  # it ended for a change
            if lived_s >= _SETTLED_S:
                waits = _AGAIN.waits(random.random)
            elif self._reloads:
                _log.warning("process %d of the worker cannot start; waiting for a change", place + 1)
                await self._until_change()
                continue
            elif code > 0 and not self._has_worked:
                self._refused = code
                self._stop()
                return
            wait_s = next(waits)
            _log.warning(
                "process %d of the worker ended with %d; another one starts in %.1f s", place + 1, code, wait_s
            )
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._ending.wait()

    async def _one(self) -> tuple[float, int]:
        loop = asyncio.get_running_loop()
        begun_s = loop.time()
        # Its end of the pipe closes when we are gone, however that came.
        process = await asyncio.create_subprocess_exec(*self._command, stdin=PIPE, stdout=PIPE, start_new_session=True)
        self._running.add(process)
        settled = loop.call_later(_SETTLED_S, self._settled)
        try:
            printed = await _read(process)
        finally:
            settled.cancel()
            self._running.discard(process)
        self._printed.append(printed)
        return loop.time() - begun_s, process.returncode or 0

    def _settled(self) -> None:
        self._has_worked = True

    def _stop(self) -> None:
        self._ending.set()
        self._changed.set()
        self._tell(signal.SIGTERM)

    def _tell(self, number: signal.Signals) -> None:
        for process in self._running:
            with suppress(ProcessLookupError):
                process.send_signal(number)

    @contextmanager
    def _told_by_signals(self) -> Generator[None]:
        loop = asyncio.get_running_loop()

        def tell(number: int) -> None:
            _log.info("%s: ending %d processes", signal.Signals(number).name, len(self._running))
            self._stop()  # a second time, they leave at once

        def from_handler(number: int, _frame: object) -> None:
            loop.call_soon_threadsafe(tell, number)

        before = {number: signal.signal(number, from_handler) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def _watch(self) -> None:
        seen = await asyncio.to_thread(_python_files, Path())
        while True:
            await asyncio.sleep(_LOOK_S)
            now = await asyncio.to_thread(_python_files, Path())
            if now != seen:
                changed = sorted({name for name, _ in now.items() ^ seen.items()})
                _log.info("%s changed: starting anew", ", ".join(changed[:3]))
                seen = now
                self._tell(signal.SIGTERM)
                self._changed.set()
                self._changed = asyncio.Event()

    async def _until_change(self) -> None:
        await self._changed.wait()


async def _read(process: Process) -> bytes:
    """What it prints until its end; not `communicate`, which would close its standard input."""
    assert process.stdout is not None
    printed = await process.stdout.read()
    await process.wait()
    return printed


def _python_files(folder: Path) -> dict[str, int]:
    """Every Python file below, with the time of its last change."""
    found: dict[str, int] = {}
    for here, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".") and name not in _UNWATCHED]
        for name in files:
            if name.endswith(".py") and len(found) < _FILES_MAX:
                path = Path(here, name)
                with suppress(OSError):
                    found[str(path)] = path.stat().st_mtime_ns
    return found


def _together(printed: Sequence[bytes]) -> "Statistics":
    from c8py.worker import Statistics  # noqa: PLC0415

    parts: list[Statistics] = []
    for document in printed:
        with suppress(msgspec.MsgspecError):  # one that was killed printed nothing
            parts.append(msgspec.json.decode(document, type=Statistics))
    return Statistics(**{name: sum(getattr(one, name) for one in parts) for name in Statistics.__struct_fields__})
