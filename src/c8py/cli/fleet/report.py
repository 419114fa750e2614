"""What a process of a fleet says to whoever started it: how it is, whenever asked, and at its end what it did.

Questions come over standard input, answers go over what was standard output: one JSON document a line. What handlers
print goes to standard error meanwhile. Standard input that closes means that nobody is there any more.
"""

import asyncio
import os
import signal
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import msgspec

from c8py.worker.events import Event, PhaseChanged
from c8py.worker.ledger import Statistics
from c8py.worker.metrics import Measured, Metrics

if TYPE_CHECKING:
    from c8py.worker import Worker

QUESTION: Final = b"?"
_STDIN, _STDOUT, _STDERR = 0, 1, 2


class Now(msgspec.Struct, frozen=True, tag="now"):
    """How it is."""

    measured: Measured


class Done(msgspec.Struct, frozen=True, tag="done"):
    """What it did; the last thing that it says."""

    statistics: Statistics


class Report:
    """Answers for one worker. To be made before anything is printed, by a module that is imported as well."""

    def __init__(self) -> None:
        self._metrics = Metrics()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._answers = os.dup(_STDOUT)
        os.dup2(_STDERR, _STDOUT)

    def on(self, worker: "Worker") -> None:
        """Begin to answer.

        Args:
            worker: how this one is.
        """
        worker.observe(self._metrics)
        worker.observe(self._heard)
        threading.Thread(target=self._answer, args=(worker,), name="report", daemon=True).start()

    def done(self, statistics: Statistics) -> None:
        """Say what it did."""
        self._say(Done(statistics))

    def _heard(self, event: Event) -> None:
        if isinstance(event, PhaseChanged):
            self._loop = None if event.phase == "stopped" else asyncio.get_running_loop()

    def _answer(self, worker: "Worker") -> None:
        # In a thread of its own: whoever reads the answers may be slow, and the loop has work to do.
        while os.read(_STDIN, 4096):
            with suppress(RuntimeError, OSError):  # the loop closes, or nobody listens: the next read says so
                if self._loop is None:
                    self._say(Now(self._measured(worker)))
                else:
                    self._say(Now(asyncio.run_coroutine_threadsafe(self._asked(worker), self._loop).result()))
        os.kill(os.getpid(), signal.SIGTERM)

    async def _asked(self, worker: "Worker") -> Measured:
        """On the loop, so that an answer means that it turns."""
        return self._measured(worker)

    def _measured(self, worker: "Worker") -> Measured:
        return Measured(worker.state, self._metrics.numbers())

    def _say(self, what: Now | Done) -> None:
        line = memoryview(msgspec.json.encode(what) + b"\n")
        while line:
            line = line[os.write(self._answers, line) :]
