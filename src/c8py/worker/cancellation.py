"""Tells a handler that nobody wants its work any more. A handler asks for one with a parameter of this type."""

import asyncio
from typing import Literal

from c8py.errors import JobFailure

Reason = Literal["deadline", "gone", "leaving"]
"""The job may be somebody else's now; it was cancelled or finished elsewhere; the worker leaves and waits no longer."""


class Cancellation:
    """Whether to go on with a job. Never set merely because the worker was told to stop: it waits for what has begun.

    Made by the worker; handlers read it, in their thread or on the event loop.
    """

    __slots__ = ("_requested", "_waiting")

    def __init__(self) -> None:
        self._requested: Reason | None = None
        self._waiting: list[asyncio.Future[None]] = []

    @property
    def requested(self) -> bool:
        """Whether to end."""
        return self._requested is not None

    @property
    def reason(self) -> Reason | None:
        """Why; None while there is no reason."""
        return self._requested

    def raise_if_requested(self) -> None:
        """For loops of plain handlers.

        Raises:
            JobFailure: it is requested.
        """
        if self._requested is not None:
            raise JobFailure(f"the handler ended early: {_WORDS[self._requested]}")

    async def wait(self) -> Reason:
        """Wait until it is requested; for async handlers."""
        while self._requested is None:
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            await turn
        return self._requested

    def request(self, reason: Reason) -> None:
        """Say that the work is not wanted any more; the first reason stays. On the event loop only."""
        if self._requested is not None:
            return
        self._requested = reason
        for turn in self._waiting:
            if not turn.done():
                turn.set_result(None)
        self._waiting.clear()


_WORDS: dict[Reason, str] = {
    "deadline": "the time of its job was over",
    "gone": "its job was cancelled, or finished by somebody else",
    "leaving": "the worker left",
}
