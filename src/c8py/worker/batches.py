"""Puts the jobs of one type together until there are enough of them, or the first one has waited long enough."""

import asyncio
from collections.abc import Callable

from c8py.worker.held import Held


class Batches:
    """Collects jobs for a handler that takes many at once.

    Args:
        size: of a full batch.
        wait_s: how long the first job of a batch waits for others, in seconds; 0 takes what came together.
        start: what to do with a batch.
    """

    def __init__(self, size: int, wait_s: float, start: Callable[[list[Held]], None]) -> None:
        self._size = size
        self._wait_s = wait_s
        self._start = start
        self._waiting: list[Held] = []
        self._due: asyncio.TimerHandle | None = None

    def add(self, held: Held) -> None:
        """One more job."""
        self._waiting.append(held)
        if len(self._waiting) >= self._size:
            self.flush()
        elif self._due is None:
            self._due = asyncio.get_running_loop().call_later(self._wait_s, self.flush)

    def flush(self) -> None:
        """Start whatever waits."""
        if self._due is not None:
            self._due.cancel()
            self._due = None
        waiting, self._waiting = self._waiting, []
        if waiting:
            self._start(waiting)
