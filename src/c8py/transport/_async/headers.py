"""Where calls have their Authorization header from: tokens that are fetched, a text that stays, or a caller's function.

Every source answers two questions: what a call carries, and what it carries instead after an API refused that.
"""

import inspect
from typing import TypeAlias

from c8py.auth import BasicCredentials, BearerToken, ClientCredentials, Credentials, TokenCache, bearer, patience_for
from c8py.base.clock import Clock
from c8py.config import Settings
from c8py.errors import C8Error, TokenUnavailable
from c8py.transport._async.tokens import AsyncTokens
from c8py.transport._async.wire import AsyncWire
from c8py.transport.token_source import AsyncTokenSource, read_given


class AsyncFixedHeader:
    """The Authorization header of credentials that never change: a user's, a token's as it stands, or none at all.

    Args:
        credentials: None sends no header.
    """

    def __init__(self, credentials: BasicCredentials | BearerToken | None) -> None:
        self._header = "" if credentials is None else credentials.authorization()

    async def header(self) -> str:
        """What each call carries; empty for nothing."""
        return self._header

    async def header_after_refusal(self, refused: str) -> str | None:
        """Nothing else is to be had."""
        del refused

    async def aclose(self) -> None:
        """Nothing is going on."""


class AsyncCalledHeader:
    """The Authorization header of tokens that the caller's own function gives.

    Args:
        source: asked before every call, and once more after a refusal; keeping tokens is its own matter.
    """

    def __init__(self, source: AsyncTokenSource) -> None:
        self._source = source

    async def header(self) -> str:
        """`Bearer` and what the function gives now.

        Raises:
            AuthError: it raised something.
            ConfigError: what it gave is no token.
        """
        try:
            given: object = self._source()
            if inspect.isawaitable(given):  # async-only
                given = await given
        except C8Error:
            raise
        except Exception as error:
            raise TokenUnavailable(
                f"expected a token of the function that was given for it, but it raised {type(error).__name__}",
                hint="see the error before this one",
            ) from error
        return bearer(read_given(given), place="what the function for tokens gave")

    async def header_after_refusal(self, refused: str) -> str | None:
        """What the function gives now; None where that is what was refused.

        Raises:
            AuthError: it raised something.
            ConfigError: what it gave is no token.
        """
        header = await self.header()
        return header if header != refused else None

    async def aclose(self) -> None:
        """Nothing is going on."""


AsyncHeaders: TypeAlias = AsyncTokens | AsyncFixedHeader | AsyncCalledHeader


def async_headers(
    credentials: Credentials | AsyncTokenSource,
    wire: AsyncWire,
    settings: Settings,
    *,
    cache: TokenCache,
    clock: Clock,
) -> AsyncHeaders:
    """What gives calls with these credentials their Authorization header."""
    if isinstance(credentials, ClientCredentials):
        return AsyncTokens(
            credentials,
            wire,
            cache=cache,
            clock=clock,
            timeout_s=settings.token_timeout_s,
            patience=patience_for(settings),
        )
    if credentials is None or isinstance(credentials, BasicCredentials | BearerToken):
        return AsyncFixedHeader(credentials)
    return AsyncCalledHeader(credentials)
