"""What runs around handlers: before, after, or around each call, in the order in which it was added.

Handlers of all kinds have the same chain, on the event loop; it costs nothing where nothing was added.
"""

import inspect
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import msgspec

from c8py.models.job import ActivatedJobResult

Proceed: TypeAlias = Callable[[], Awaitable[object]]
Around: TypeAlias = Callable[["Call", Proceed], Awaitable[object]]
Before: TypeAlias = Callable[["Call"], object]
After: TypeAlias = Callable[["Call", object, BaseException | None], object]


class Call(msgspec.Struct, frozen=True):
    """One call of a handler.

    Attributes:
        job: what it works on; the first one of a batch.
        jobs: all that it works on: one, but for batches.
        handler: what is called.
    """

    job: ActivatedJobResult
    jobs: tuple[ActivatedJobResult, ...]
    handler: Callable[..., object]


class Middleware:
    """The chain of one worker; the first one added is the outermost."""

    def __init__(self) -> None:
        self._chain: list[Around] = []

    def __bool__(self) -> bool:
        return bool(self._chain)

    def around(self, function: Around) -> None:
        """Add a function that calls the rest of the chain, and returns what becomes the result."""
        self._chain.append(function)

    def before(self, function: Before) -> None:
        """Add a function that is called ahead of the handler; what it raises is as if the handler had."""

        async def around(call: Call, proceed: Proceed) -> object:
            await _settled(function(call))
            return await proceed()

        self._chain.append(around)

    def after(self, function: After) -> None:
        """Add a function that is told what the handler returned or raised; what it raises is as if the handler had."""

        async def around(call: Call, proceed: Proceed) -> object:
            try:
                result = await proceed()
            except Exception as error:
                await _settled(function(call, None, error))
                raise
            await _settled(function(call, result, None))
            return result

        self._chain.append(around)

    async def run(self, call: Call, handler: Proceed) -> object:
        """The handler's result, by way of all of them."""
        return await self._from(0, call, handler)

    async def _from(self, place: int, call: Call, handler: Proceed) -> object:
        if place == len(self._chain):
            return await handler()
        return await self._chain[place](call, lambda: self._from(place + 1, call, handler))


async def _settled(result: object) -> None:
    if inspect.isawaitable(result):
        await result
