"""Sends requests of the REST APIs. Knows methods, paths and bytes; what they mean is for client and console to know."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from datetime import timedelta

from c8py.auth.retry_after import retry_after_s
from c8py.base.clock import Clock
from c8py.base.limits import DOWNLOAD_CHUNK_BYTES, ERROR_BODY_BYTES_MAX
from c8py.errors import ApiError
from c8py.transport._async.attempts import attempts
from c8py.transport._async.headers import AsyncHeaders
from c8py.transport._async.wire import AsyncWire
from c8py.transport.http import AsyncBody, AsyncHttpRequest, HttpFailure, http_error
from c8py.transport.request import RestRequest
from c8py.transport.status import rest_error

_REFUSED_FROM = 300


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

        return await attempts(
            attempt,
            self._headers,
            self._clock,
            safe=request.safe,
            timeout_s=request.timeout_s,
            still_open=self._wire.still_open(),
            retry=request.retry,
        )

    async def download(self, request: RestRequest) -> AsyncGenerator[bytes, None]:
        """The body of the answer, piece by piece, no faster than it is taken; closing the iterator ends it.

        Raises:
            C8Error: the call failed, after as many attempts as made sense, or broke off in the middle.
        """
        async with AsyncExitStack() as stack:

            async def attempt(header: str, left_s: float) -> AsyncBody:
                try:
                    streamed = self._built(request, header, left_s).build_streamed()
                    response = await stack.enter_async_context(streamed)
                    if response.status < _REFUSED_FROM:
                        return response.body_reader
                    body = bytes(await response.body_reader.read(ERROR_BODY_BYTES_MAX) or b"")
                except HttpFailure as failure:
                    raise http_error(failure, call=request.call, address=self._wire.way_to(self.address)) from failure
                raise self._refusal(request, response.status, body, response.get_header("retry-after"))

            reader = await attempts(
                attempt,
                self._headers,
                self._clock,
                safe=request.safe,
                timeout_s=request.timeout_s,
                still_open=self._wire.still_open(),
            )
            while chunk := await self._chunk(reader, request):
                yield chunk

    async def _chunk(self, reader: AsyncBody, request: RestRequest) -> bytes:
        try:
            return bytes(await reader.read(DOWNLOAD_CHUNK_BYTES) or b"")
        except HttpFailure as failure:
            raise http_error(failure, call=request.call, address=self._wire.way_to(self.address)) from failure

    async def _attempt(self, request: RestRequest, header: str, left_s: float) -> bytes:
        try:
            response = await self._built(request, header, left_s).build().send()
            body = bytes(await response.bytes())
        except HttpFailure as failure:
            raise http_error(failure, call=request.call, address=self._wire.way_to(self.address)) from failure
        if response.status >= _REFUSED_FROM:
            raise self._refusal(request, response.status, body, response.get_header("retry-after"))
        return body

    def _refusal(self, request: RestRequest, status: int, body: bytes, again: str | None) -> ApiError:
        wanted_s = retry_after_s({"retry-after": again}, self._clock) if again else 0.0
        return rest_error(status, body, call=request.call, address=self.address, retry_after_s=wanted_s)

    def _built(self, request: RestRequest, header: str, left_s: float) -> AsyncHttpRequest:
        builder = self._wire.http().request(request.method, self.address + request.path)
        builder = builder.header("accept", request.accept).timeout(timedelta(seconds=left_s))
        if header:
            builder = builder.header("authorization", header, is_sensitive=True)
        if request.body is not None:
            builder = builder.header("content-type", request.content_type).body_bytes(request.body)
        return builder
