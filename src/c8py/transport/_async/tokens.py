"""Gives each call its Authorization header, and drives the flows of `auth` that fetch tokens.

One fetch at a time, early refresh in the background, a renewal after an API refused the token. Never logs a token.
"""

import asyncio
import logging
from datetime import timedelta
from typing import TypeVar

import msgspec

from c8py.auth import (
    ClientCredentials,
    Flow,
    HttpRequest,
    HttpResponse,
    Patience,
    Pause,
    Token,
    TokenCache,
    obtain,
    renew,
)
from c8py.base.clock import Clock
from c8py.base.limits import (
    DISCOVERY_BYTES_MAX,
    TOKEN_ANSWER_BYTES_MAX,
    TOKEN_RENEW_JITTER_RATIO,
    TOKEN_RENEW_PAUSE_S,
    TOKEN_UNAUTHENTICATED_PAUSE_S,
)
from c8py.base.twins import AsyncFlight
from c8py.errors import AuthError, C8Error, ConnectionFailed, DeadlineExceeded
from c8py.transport._async.wire import AsyncWire
from c8py.transport.http import HttpFailure, http_error

T = TypeVar("T")
_ANSWER_BYTES_MAX = max(TOKEN_ANSWER_BYTES_MAX, DISCOVERY_BYTES_MAX)
_REFUSED_FROM = 400
_LOG = logging.getLogger("c8py.auth")


class AsyncTokens:
    """The Authorization header of one set of credentials.

    Args:
        credentials: who calls.
        wire: where token requests go out.
        cache: remembers tokens, perhaps for other clients as well.
        clock: tells the time.
        timeout_s: of one token request, in seconds.
        patience: how long and how often to try to get a token.
    """

    def __init__(
        self,
        credentials: ClientCredentials,
        wire: AsyncWire,
        *,
        cache: TokenCache,
        clock: Clock,
        timeout_s: float,
        patience: Patience,
    ) -> None:
        self._credentials = credentials
        self._wire = wire
        self._cache = cache
        self._clock = clock
        self._timeout_s = timeout_s
        self._patience = patience
        self._flight: AsyncFlight[Token | None] = AsyncFlight()
        self._token: Token | None = None
        self._header = ""
        self._warm_until_s = 0.0
        self._renew_at_s = 0.0
        self._drop_at_s = 0.0
        self._refused = False  # by an API, the last token

    async def header(self) -> str:
        """`Bearer` and a token that is good now.

        Raises:
            AuthError: there is none to be had.
        """
        now_s = self._clock.monotonic_s()
        # The way of all calls but a few an hour.
        if now_s < self._warm_until_s:
            return self._header
        if self._token is None or not self._token.usable(now_s):
            await self.token()
        elif now_s >= self._renew_at_s:
            self._renew_at_s = now_s + TOKEN_RENEW_PAUSE_S
            self._flight.spawn(self._renewed)
        return self._header

    async def token(self) -> Token:
        """A token that is good now.

        Raises:
            AuthError: there is none to be had.
        """
        while True:
            token = await self._flight.run(self._obtained)
            # What was under way may have been a renewal that gave up, or that of a token which ended meanwhile.
            if token is not None and token.usable(self._clock.monotonic_s()):
                return token

    async def header_after_refusal(self, refused: str) -> str | None:
        """Another header than the one an API refused; None where there is none, or was one a moment ago.

        Raises:
            AuthError: the token service gives no other.
        """
        token = self._token
        # Where it is dropped already, somebody else is fetching the next one for all who were refused.
        if refused == self._header and token is not None:
            now_s = self._clock.monotonic_s()
            if now_s < self._drop_at_s:
                return None
            # An API that refuses every token must not use up the rate limit of the token service.
            self._drop_at_s = now_s + TOKEN_UNAUTHENTICATED_PAUSE_S
            self._cache.drop(self._credentials.key, token)
            self._token, self._warm_until_s = None, 0.0
            self._refused = True
        header = await self.header()
        return header if header != refused else None

    async def aclose(self) -> None:
        """Stop a refresh that is going on."""
        await self._flight.aclose()

    async def _obtained(self) -> Token | None:
        token = await self._drive(
            obtain(self._credentials, cache=self._cache, clock=self._clock, patience=self._patience)
        )
        self._hold(token)
        return token

    async def _renewed(self) -> Token | None:
        try:
            token = await self._drive(
                renew(self._credentials, cache=self._cache, clock=self._clock, patience=self._patience)
            )
        except AuthError as error:
            _LOG.warning("the next token could not be fetched ahead of time: %s", error)
            return None
        if token is not None:
            self._hold(token)
        return token

    def _hold(self, token: Token) -> None:
        if self._token is None and self._patience.start_spread_s:
            # It has started.
            self._patience = msgspec.structs.replace(self._patience, start_spread_s=0.0)
        self._token, self._refused = token, False
        self._header = f"Bearer {token.value.reveal()}"
        # Processes that share a token begin to renew it one after the other: the first one does it for all.
        late_s = self._patience.uniform() * TOKEN_RENEW_JITTER_RATIO * (token.invalid_s - token.stale_s)
        self._warm_until_s = token.stale_s + late_s

    async def _drive(self, flow: Flow[T]) -> T:
        trouble = ""
        told = False
        try:
            step = next(flow)
            while True:
                if trouble and not told and isinstance(step, Pause):
                    # Whoever waits for the first token would otherwise hear nothing until all attempts are over.
                    _LOG.info("no token yet: %s; asking again in %.1f s", trouble, step.seconds)
                    told = True
                try:
                    response = await self._do(step)
                except ConnectionFailed as error:
                    trouble = error.message
                    step = flow.throw(error)
                else:
                    if response is not None and response.status >= _REFUSED_FROM:
                        trouble = f"the token service answers {response.status}"
                    step = flow.send(response)
        except StopIteration as ended:
            outcome: T = ended.value
            return outcome
        finally:
            flow.close()

    async def _do(self, step: HttpRequest | Pause) -> HttpResponse | None:
        if isinstance(step, Pause):
            await asyncio.sleep(step.seconds)
            return None
        try:
            return await self._sent(step)
        except HttpFailure as failure:
            error = http_error(failure, call="a token request", address=self._wire.way_to(step.url))
            raise _as_connection_failed(error) from failure

    async def _sent(self, request: HttpRequest) -> HttpResponse:
        headers = dict(request.headers)
        if self._refused:
            # A proxy (`c8 auth serve`) would give the same one again. Token services do not look at it.
            headers["cache-control"] = "no-cache"
        builder = self._wire.token_http().request(request.method, request.url).headers(headers)
        if request.body:
            builder = builder.body_bytes(request.body)
        async with builder.timeout(timedelta(seconds=self._timeout_s)).build_streamed() as response:
            # No more than is looked at: a provider that is not one could send without end.
            body = await response.body_reader.read(_ANSWER_BYTES_MAX + 1)
            told = {name.lower(): value for name, value in response.headers.items()}
            return HttpResponse(status=response.status, headers=told, body=bytes(body or b""))


def _as_connection_failed(error: C8Error) -> C8Error:
    return ConnectionFailed(error.message) if isinstance(error, DeadlineExceeded) else error
