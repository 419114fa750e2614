"""A function that has to be awaited is no use to a client that blocks; the warning about it would be no use either."""

import pytest

from c8py.errors import ConfigError
from c8py.transport._sync.headers import CalledHeader


async def coroutine():
    return "t"


def test_a_coroutine_function_is_refused_by_a_client_that_blocks():
    with pytest.raises(ConfigError, match="AsyncCamunda"):
        CalledHeader(coroutine).header()  # pyright: ignore[reportArgumentType]  what this is about
