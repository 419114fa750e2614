"""Makes calls of the gateway over gRPC. Knows method names and messages; what they mean is the client's matter.

The library's own exceptions stay behind: a traceback would show the words of a server that nobody has redacted.
"""

from collections.abc import AsyncGenerator, Callable
from typing import NamedTuple, TypeVar, cast

from google.protobuf.message import Message

from c8py.base.clock import Clock
from c8py.base.twins import AsyncOwn
from c8py.config import Settings
from c8py.errors import Unauthenticated
from c8py.transport._async.attempts import attempts, more_attempts, time_left
from c8py.transport._async.headers import AsyncHeaders
from c8py.transport.agent import user_agent
from c8py.transport.channel import (
    AsyncChannel,
    AsyncGrpcFailure,
    AsyncStream,
    AsyncUnary,
    async_channel,
    channel_error,
    grpc_address,
)
from c8py.transport.proxy import way_to
from c8py.transport.retry import SAFE_RPCS

_SERVICE = "/gateway_protocol.Gateway/"
_PHYSICAL_TENANT = "camunda-physical-tenant"  # 8.10; none is the default one
Answer = TypeVar("Answer", bound=Message)


class _AsyncConnection(NamedTuple):
    """A channel, and its methods by their names."""

    channel: AsyncChannel
    unary: dict[str, AsyncUnary]
    streams: dict[str, AsyncStream]


class AsyncGrpc:
    """One gateway.

    Args:
        settings: address, times and certificates.
        headers: gives each call its Authorization header.
        clock: tells the time.
    """

    def __init__(self, settings: Settings, headers: AsyncHeaders, clock: Clock) -> None:
        self.address = grpc_address(settings)
        self._settings = settings
        self._headers = headers
        self._clock = clock
        self._agent = user_agent(settings)
        tenant = settings.physical_tenant_id
        self._physical_tenant = ((_PHYSICAL_TENANT, tenant),) if tenant else ()
        self._connections: AsyncOwn[_AsyncConnection] = AsyncOwn()

    async def unary(
        self, name: str, request: Message, answer: type[Answer], *, timeout_s: float, retry: bool = True
    ) -> Answer:
        """The answer to one call.

        Args:
            name: of the rpc.
            request: its message.
            answer: the class of the answer.
            timeout_s: for all attempts together, in seconds.
            retry: whether to try again at all, but for a new token.

        Raises:
            C8Error: the call failed, after as many attempts as made sense.
        """
        # Almost all calls are one attempt, and this is all that they take.
        connection = self._connections.get(self._connect)
        deadline_s = self._clock.monotonic_s() + timeout_s
        header = await self._headers.header()
        left_s = time_left(deadline_s, self._clock, timeout_s)
        method = connection.unary.get(name) or self._unary_method(name, request, answer)
        try:
            return cast("Answer", await method(request, timeout=left_s, metadata=self._metadata(header)))
        except AsyncGrpcFailure as failure:
            failed = channel_error(failure, call=name, address=self._way())

        async def attempt(header: str, left_s: float) -> Answer:
            method = self._unary_method(name, request, answer)
            try:
                return cast("Answer", await method(request, timeout=left_s, metadata=self._metadata(header)))
            except AsyncGrpcFailure as failure:
                raise channel_error(failure, call=name, address=self._way()) from None

        return await more_attempts(
            failed,
            header,
            attempt,
            self._headers,
            self._clock,
            safe=name in SAFE_RPCS,
            deadline_s=deadline_s,
            still_open=lambda: self._connections.holds(connection),
            retry=retry,
        )

    async def gathered(
        self, name: str, request: Message, answer: type[Answer], *, timeout_s: float, retry: bool = True
    ) -> list[Answer]:
        """All messages of a call whose answer is a stream that soon ends; its arguments are those of `unary`.

        Raises:
            C8Error: the call failed, after as many attempts as made sense.
        """

        async def attempt(header: str, left_s: float) -> list[Answer]:
            method = self._stream_method(name, request, answer)
            try:
                call = method(request, timeout=left_s, metadata=self._metadata(header))
                return [cast("Answer", message) async for message in call]
            except AsyncGrpcFailure as failure:
                raise channel_error(failure, call=name, address=self._way()) from None

        return await attempts(
            attempt,
            self._headers,
            self._clock,
            safe=name in SAFE_RPCS,
            timeout_s=timeout_s,
            still_open=self._still_open(),
            retry=retry,
        )

    async def stream(
        self, name: str, request: Message, answer: type[Answer], *, timeout_s: float
    ) -> AsyncGenerator[Answer, None]:
        """The messages of a call whose answer is a stream without end, one by one; closing the iterator ends it.

        Raises:
            C8Error: the stream could not be opened, or broke off. It is not opened again: what went past is lost.
        """
        header = await self._headers.header()
        began = False
        while True:
            call = self._stream_method(name, request, answer)(
                request, timeout=timeout_s, metadata=self._metadata(header)
            )
            try:
                async for message in call:
                    began = True
                    yield cast("Answer", message)
            except AsyncGrpcFailure as failure:
                error = channel_error(failure, call=name, address=self._way())
                other = None
                if isinstance(error, Unauthenticated) and not began:
                    other, began = await self._headers.header_after_refusal(header), True
                if other is None:
                    raise error from None
                header = other
            else:
                return
            finally:
                call.cancel()

    async def aclose(self) -> None:
        """Close the connection; calls that are under way end with an error."""
        connection = self._connections.pop()
        if connection is not None:
            await connection.channel.close()

    def _way(self) -> str:
        return way_to(self._settings, self.address)

    def _still_open(self) -> Callable[[], bool]:
        connection = self._connections.get(self._connect)
        return lambda: self._connections.holds(connection)

    def _unary_method(self, name: str, request: Message, answer: type[Message]) -> AsyncUnary:
        connection = self._connections.get(self._connect)
        method = connection.unary.get(name)
        if method is None:
            method = connection.unary[name] = connection.channel.unary_unary(
                _SERVICE + name,
                request_serializer=type(request).SerializeToString,
                response_deserializer=answer.FromString,
            )
        return method

    def _stream_method(self, name: str, request: Message, answer: type[Message]) -> AsyncStream:
        connection = self._connections.get(self._connect)
        method = connection.streams.get(name)
        if method is None:
            method = connection.streams[name] = connection.channel.unary_stream(
                _SERVICE + name,
                request_serializer=type(request).SerializeToString,
                response_deserializer=answer.FromString,
            )
        return method

    def _connect(self) -> _AsyncConnection:
        return _AsyncConnection(async_channel(self._settings, agent=self._agent), {}, {})

    def _metadata(self, header: str) -> tuple[tuple[str, str], ...]:
        return (("authorization", header), *self._physical_tenant) if header else self._physical_tenant
