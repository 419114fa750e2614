"""Sends requests of the REST APIs. Knows methods, paths and bytes; what they mean is for client and console to know."""

import threading
from datetime import timedelta

from c8py.auth import BasicCredentials, ClientCredentials, TokenCache
from c8py.base.clock import Clock
from c8py.base.twins import async_here
from c8py.config import Settings
from c8py.transport._async.attempts import attempts
from c8py.transport._async.tokens import AsyncFixedHeader, AsyncHeaders, AsyncTokens
from c8py.transport.agent import user_agent
from c8py.transport.http import AsyncHttp, HttpFailure, async_http, http_error
from c8py.transport.request import RestRequest
from c8py.transport.status import rest_error

_REFUSED_FROM = 300


class AsyncWire:
    """The HTTP connections of one client, made when they are first needed, and anew in another loop.

    Args:
        settings: timeouts and certificates.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._agent = user_agent()
        self._guard = threading.Lock()  # threads that call for the first time at once share one client
        self._http: AsyncHttp | None = None
        self._belongs: object = None

    def http(self) -> AsyncHttp:
        """The HTTP client of this loop."""
        belongs = async_here()
        with self._guard:
            if self._http is None or self._belongs != belongs:
                self._http, self._belongs = async_http(self._settings, agent=self._agent), belongs
            return self._http

    async def aclose(self) -> None:
        """Close the connections."""
        http, self._http = self._http, None
        if http is not None and self._belongs == async_here():
            await http.close()


def async_headers(
    credentials: ClientCredentials | BasicCredentials | None,
    wire: AsyncWire,
    settings: Settings,
    *,
    cache: TokenCache,
    clock: Clock,
) -> AsyncHeaders:
    """What gives calls with these credentials their Authorization header."""
    if not isinstance(credentials, ClientCredentials):
        return AsyncFixedHeader(credentials)
    return AsyncTokens(
        credentials,
        wire.http,
        cache=cache,
        clock=clock,
        timeout_s=settings.token_timeout_s,
        budget_s=settings.request_timeout_s,
    )


class AsyncRest:
    """One REST API.

    Args:
        address: its root; paths are put behind it.
        wire: the connections.
        headers: gives each call its Authorization header.
        clock: tells the time.
    """

    def __init__(self, address: str, wire: AsyncWire, headers: AsyncHeaders, clock: Clock) -> None:
        self.address = address
        self._wire = wire
        self._headers = headers
        self._clock = clock

    async def send(self, request: RestRequest) -> bytes:
        """The body of the answer.

        Raises:
            C8Error: the call failed, after as many attempts as made sense.
        """

        async def attempt(header: str, left_s: float) -> bytes:
            return await self._attempt(request, header, left_s)

        return await attempts(attempt, self._headers, self._clock, safe=request.safe, timeout_s=request.timeout_s)

    async def _attempt(self, request: RestRequest, header: str, left_s: float) -> bytes:
        builder = self._wire.http().request(request.method, self.address + request.path)
        builder = builder.header("accept", "application/json").timeout(timedelta(seconds=left_s))
        if header:
            builder = builder.header("authorization", header, is_sensitive=True)
        if request.body is not None:
            builder = builder.header("content-type", request.content_type).body_bytes(request.body)
        try:
            response = await builder.build().send()
            body = bytes(await response.bytes())
        except HttpFailure as failure:
            raise http_error(failure, call=request.call, address=self.address) from failure
        if response.status >= _REFUSED_FROM:
            raise rest_error(response.status, body, call=request.call, address=self.address)
        return body
