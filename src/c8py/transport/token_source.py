"""A caller's own function for tokens, in both colours. It gives them as text or hidden; keeping them is its matter."""

import inspect
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from c8py.base.redact import Secret
from c8py.errors import ConfigError

TokenSource: TypeAlias = Callable[[], str | Secret]
AsyncTokenSource: TypeAlias = Callable[[], str | Secret | Awaitable[str | Secret]]


def read_given(given: object) -> Secret:
    """What such a function gave, hidden.

    Raises:
        ConfigError: it is no text.
    """
    if isinstance(given, Secret):
        return given
    if isinstance(given, str):
        return Secret(given)
    if inspect.iscoroutine(given):
        given.close()
    raise ConfigError(
        f"expected text of the function for tokens, but it gave {type(given).__name__}",
        hint="a function that has to be awaited is for AsyncCamunda",
    )
