"""One process of a fleet, seen from outside: it is asked how it is, and what it did is kept when it has ended."""

import asyncio
import os
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import msgspec

from c8py.cli.fleet.report import QUESTION, Done, Now

if TYPE_CHECKING:
    from c8py.worker import Statistics
    from c8py.worker.metrics import Measured

ANSWER_S: Final = 2.0  # a loop that does not turn for so long keeps jobs waiting
_LINE_BYTES_MAX: Final = 16 * 1024 * 1024
_LINE: Final = msgspec.json.Decoder(Now | Done)


class Member:
    """One process.

    Args:
        process: with pipes for its standard input and output.
    """

    def __init__(self, process: Process) -> None:
        self._process = process
        self._asked: asyncio.Future[Measured] | None = None
        self.statistics: Statistics | None = None

    @classmethod
    async def start(cls, command: Sequence[str], *, hears: Callable[[str], None] | None) -> "Member":
        """Start one, in a session of its own.

        Args:
            command: of it.
            hears: is given each line of its standard error; None leaves them to ours.
        """
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=PIPE,  # its end closes when we are gone, however that came
            stdout=PIPE,
            stderr=None if hears is None else PIPE,
            start_new_session=True,
            limit=_LINE_BYTES_MAX,
        )
        member = cls(process)
        if hears is not None and process.stderr is not None:
            member._passing_on = asyncio.create_task(_pass_on(process.stderr, hears))
        return member

    _passing_on: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    async def ended(self) -> int:
        """Listen until it ends; its exit code, negative for a signal."""
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            with suppress(msgspec.MsgspecError):  # half a line of one that was killed
                self._hear(_LINE.decode(line))
        code = await self._process.wait()
        if self._passing_on is not None:
            await self._passing_on
        return code

    async def measured(self) -> "Measured | None":
        """How it is; None where it does not say in time."""
        if self._asked is None or self._asked.done():
            self._asked = asyncio.get_running_loop().create_future()
            assert self._process.stdin is not None
            self._process.stdin.write(QUESTION)
        with suppress(TimeoutError):
            # An answer that comes late is one to the next question.
            return await asyncio.wait_for(asyncio.shield(self._asked), ANSWER_S)
        return None

    def tell(self, number: signal.Signals) -> None:
        """Send it a signal."""
        with suppress(ProcessLookupError):
            self._process.send_signal(number)

    def _hear(self, said: Now | Done) -> None:
        if isinstance(said, Done):
            self.statistics = said.statistics
        elif self._asked is not None and not self._asked.done():
            self._asked.set_result(said.measured)


async def _pass_on(lines: asyncio.StreamReader, hears: Callable[[str], None]) -> None:
    async for line in lines:
        hears(line.decode(errors="replace").rstrip(os.linesep))
