"""Things that a worker gives its handlers by name: a database pool, a session, settings of their own.

Values are given as they are. Functions are called when a run begins; generators are closed when it has drained.
"""

import contextlib
import inspect
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from typing import cast

from c8py.errors import WorkerError

RESERVED = frozenset({"job", "jobs", "variables", "headers"})


def must_be_free(provide: Mapping[str, object]) -> None:
    """Refuse names that handlers could not use for anything else.

    Raises:
        WorkerError: one is no name of a parameter, or means something already.
    """
    for name in provide:
        if not name.isidentifier() or name in RESERVED:
            raise WorkerError(
                f"expected the name of a parameter of handlers to provide, but got {name!r}",
                hint=f"it must be an identifier, and none of {', '.join(sorted(RESERVED))}",
            )


@contextlib.asynccontextmanager
async def provided(provide: Mapping[str, object]) -> AsyncGenerator[dict[str, object]]:
    """What handlers are given for the length of a run, made in this order and closed in the other.

    Args:
        provide: by name: a value, or a function without parameters that makes it. A generator function yields it once,
            and cleans up after the `yield`; async ones of both kinds do as well.
    """
    async with contextlib.AsyncExitStack() as stack:
        yield {name: await _made(value, stack) for name, value in provide.items()}


async def _made(value: object, stack: contextlib.AsyncExitStack) -> object:
    if not inspect.isroutine(value):
        return value
    make = cast("Callable[[], object]", value)
    if inspect.isasyncgenfunction(make):
        opened = contextlib.asynccontextmanager(cast("Callable[[], AsyncGenerator[object]]", make))
        return await stack.enter_async_context(opened())
    if inspect.isgeneratorfunction(make):
        return stack.enter_context(contextlib.contextmanager(cast("Callable[[], Generator[object]]", make))())
    made = make()
    return await made if inspect.isawaitable(made) else made
