"""Calls of one event loop straight over its own sockets: a third of what the gRPC library's core costs a call.

A `DirectChannel` has the face of grpcio's channel and stands in its place where the settings want it and `channel`
finds nothing that only the library can do (proxies, compression). It connects with the first call, anew after each
loss, and tells failed calls in the words of gRPC. Answers without end have connections of their own, with little room:
a gateway gives other workers what is not read.
"""

import asyncio
import random
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from functools import partial
from typing import Final, TypeVar

import grpc
import grpc.aio
from google.protobuf.message import DecodeError, Message

from c8py.base.limits import GRPC_MESSAGE_BYTES_MAX
from c8py.transport.direct_call import CLOSED, Call, LongCall, time_left
from c8py.transport.direct_line import Line, Where
from c8py.transport.http2 import Headers

_LONG: Final = frozenset({"/gateway_protocol.Gateway/StreamActivatedJobs"})
_AGAIN_S: Final = 2.0  # until an address that could not be reached, while others can, is tried once more
_TRIES_MAX: Final = 3  # of a call that a gateway says it has not touched
_BOTH_LOCAL: Final = ("127.0.0.1", "::1")  # of the name localhost, whatever the system says; as the library has it
PUSH_WINDOW: Final = 64 * 1024  # of jobs that nobody has read yet, in bytes
Read = TypeVar("Read")


class DirectChannel:
    """In the place of `grpc.aio.Channel`.

    A name with several addresses is several gateways: they take calls in turns, and stand in for each other.

    Args:
        where: the gateway.
    """

    def __init__(self, where: Where) -> None:
        self._where = where
        self._for_pushes: DirectChannel | None = None
        self._lines: list[Line] = []  # that take calls, as far as is known
        self._open: set[Line] = set()
        self._turn = 0
        self._again_s: float | None = None  # when addresses without a line are tried once more
        self._round: asyncio.Task[None] | None = None
        self._first: asyncio.Future[OSError | None] | None = None
        self._closed = False

    def unary_unary(
        self,
        path: str,
        *,
        request_serializer: Callable[[Message], bytes],
        response_deserializer: Callable[[bytes], Message],
    ) -> Callable[..., object]:
        """A method with one answer."""

        def read(answers: list[bytes]) -> Message:
            if len(answers) != 1:
                raise _failure("INTERNAL", f"expected one answer, but got {len(answers)}")
            return _read(response_deserializer, answers[0])

        def call(request: Message, *, timeout: float, metadata: Headers) -> Coroutine[object, object, Message]:
            return self._call(path, request_serializer(request), timeout, metadata, read)

        return call

    def unary_stream(
        self,
        path: str,
        *,
        request_serializer: Callable[[Message], bytes],
        response_deserializer: Callable[[bytes], Message],
    ) -> Callable[..., object]:
        """A method with many answers."""
        if path in _LONG:
            self._for_pushes = self._for_pushes or DirectChannel(self._where._replace(window=PUSH_WINDOW))
            channel, read = self._for_pushes, partial(_read, response_deserializer)

            def pushes(request: Message, *, timeout: float, metadata: Headers) -> Pushes:
                said = request_serializer(request)
                return Pushes(channel, path, said, timeout_s=timeout, metadata=metadata, read=read)

            return pushes

        async def call(
            request: Message,
            *,
            timeout: float,  # noqa: ASYNC109
            metadata: Headers,
        ) -> AsyncIterator[Message]:
            for answer in await self._call(path, request_serializer(request), timeout, metadata, list):
                yield _read(response_deserializer, answer)

        return call

    async def close(self) -> None:
        """End the connections; calls that are under way fail."""
        self.break_off()
        if self._round is not None:
            await asyncio.wait((self._round,))
        for line in list(self._open):
            await line.close()
        if self._for_pushes is not None:
            await self._for_pushes.close()

    def break_off(self) -> None:
        """End the connections now, whether or not anybody waits until they are closed."""
        if self._for_pushes is not None:
            self._for_pushes.break_off()
        self._closed = True
        if self._round is not None:
            self._round.cancel()
        for line in list(self._open):
            line.give_up(CLOSED, status="CANCELLED")

    async def _call(
        self, path: str, message: bytes, timeout_s: float, metadata: Headers, read: Callable[[list[bytes]], Read]
    ) -> Read:
        _check_size(message)
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + timeout_s
        tries = _TRIES_MAX
        while True:
            line = await self.line(deadline_s)
            answered: asyncio.Future[None] = loop.create_future()
            # The future is not told of the call: the two would be a circle, and each call some work for the collector.
            call = Call(lambda _, answered=answered: answered.done() or answered.set_result(None), deadline_s)
            line.say(call, path, metadata, time_left(deadline_s - loop.time()), message)
            try:
                await answered
            except asyncio.CancelledError:
                line.drop(call)
                raise
            if call.status == "OK":
                return read(_messages(call))
            tries -= 1
            # A gateway that goes away says which calls it has not touched: they may be made again, whatever they do.
            if not call.untouched or not tries or deadline_s <= loop.time():
                raise _failure(call.status, call.details)

    async def line(self, deadline_s: float) -> Line:
        """The line whose turn it is, connected by then on the loop's clock."""
        return self._next() or await self._connected(deadline_s - asyncio.get_running_loop().time())

    def _next(self) -> Line | None:
        """The line whose turn it is; None where there is none."""
        if self._again_s is not None and self._again_s <= asyncio.get_running_loop().time() and not self._closed:
            self._connect()
        lines = self._lines
        while lines:
            self._turn = (self._turn + 1) % len(lines)
            line = lines[self._turn]
            if line.session.takes_calls:
                return line
            self._leave(line)
        return None

    async def _connected(self, timeout_s: float) -> Line:
        """A line, once there is one."""
        if self._closed:
            raise _failure("CANCELLED", CLOSED)
        try:
            async with asyncio.timeout(timeout_s):
                error = await asyncio.shield(self._connect())
        except TimeoutError:
            raise _failure("UNAVAILABLE", "failed to connect: it took too long") from None
        line = self._next()
        if line is not None:
            return line
        if self._closed:
            raise _failure("CANCELLED", CLOSED)
        raise _failure("UNAVAILABLE", f"failed to connect: {error or 'the connection was lost at once'}")

    def _connect(self) -> "asyncio.Future[OSError | None]":
        """Begin to connect to every address that has no line, unless that is going on.

        Returns:
            What tells that there is a first one, or why there is none.
        """
        if self._first is None or self._round is None or self._round.done() or self._round.cancelling():
            self._again_s = None
            self._first = asyncio.get_running_loop().create_future()
            self._round = asyncio.ensure_future(self._go_round(self._first))
        return self._first

    async def _go_round(self, first: "asyncio.Future[OSError | None]") -> None:
        error: OSError | None = None
        try:
            async with asyncio.timeout(self._where.connect_s):
                addresses = await self._addresses()
            reached = {line.address for line in self._lines}
            missing = [address for address in addresses if address not in reached]
            tries = [asyncio.ensure_future(self._reach(address, first)) for address in missing]
            try:
                failed = [failure for failure in await asyncio.gather(*tries) if failure is not None]
            finally:
                for one in tries:
                    one.cancel()
            if failed:
                error = failed[0]
                self._try_again_later()
        except OSError as raised:
            error = raised
        finally:
            if not first.done():
                first.set_result(error)

    async def _addresses(self) -> list[str]:
        where = self._where
        if where.host == "localhost":
            return list(_BOTH_LOCAL)
        found = await asyncio.get_running_loop().getaddrinfo(where.host, where.port, type=socket.SOCK_STREAM)
        return list(dict.fromkeys(str(address[0]) for *_, address in found))

    async def _reach(self, address: str, first: "asyncio.Future[OSError | None]") -> OSError | None:
        """Make a line to this address; the error where that is not to be.

        It is one once the other side has greeted: a call that was not said before has certainly had no effect.
        """
        where, loop = self._where, asyncio.get_running_loop()
        line: Line | None = None
        try:
            async with asyncio.timeout(where.connect_s):
                _, line = await loop.create_connection(
                    lambda: Line(where, address, loop, self._lost),
                    address,
                    where.port,
                    ssl=where.tls,
                    server_hostname=where.server_name if where.tls else None,
                )
                self._open.add(line)
                if where.tls is not None and not line.speaks_h2():
                    return OSError("expected HTTP/2 of the other side, but it speaks something else")
                await line.greeted()
        except TimeoutError:
            return OSError(f"expected a word of {address} within {where.connect_s:g} s")
        except OSError as error:
            return error
        else:
            self._lines.append(line)
            if not first.done():
                first.set_result(None)
            return None
        finally:
            if line is not None and not line.session.greeted:
                line.give_up("the other side has not greeted")

    def _lost(self, line: Line) -> None:
        self._open.discard(line)
        if line in self._lines:
            self._leave(line)

    def _leave(self, line: Line) -> None:
        """Give it no more calls."""
        self._lines.remove(line)
        self._try_again_later()
        if not self._lines and self._round is not None:
            self._round.cancel()  # it was about the others; the next call begins with all of them

    def _try_again_later(self) -> None:
        if self._again_s is None:
            # Not all clients of a gateway that is back at the same moment.
            spread = random.uniform(0.75, 1.25)  # noqa: S311  spreads, and hides nothing
            self._again_s = asyncio.get_running_loop().time() + _AGAIN_S * spread


class Pushes:
    """The messages of a call without end, one by one; it begins when the first of them is waited for.

    Args:
        channel: whose lines it may have.
        path: of the method.
        message: of the request.
        timeout_s: for all of it.
        metadata: of the call.
        read: makes sense of a message.
    """

    def __init__(
        self,
        channel: DirectChannel,
        path: str,
        message: bytes,
        *,
        timeout_s: float,
        metadata: Headers,
        read: Callable[[bytes], Message],
    ) -> None:
        self._channel = channel
        self._request = (path, metadata, message)
        self._timeout_s = timeout_s
        self._read = read
        self._news: asyncio.Future[None] | None = None
        self._line: Line | None = None
        self._call: LongCall | None = None

    def __aiter__(self) -> "Pushes":
        return self

    async def __anext__(self) -> Message:
        if self._line is None or self._call is None:
            self._line, self._call = await self._begin()
        line, call = self._line, self._call
        while not call.unread:
            if call.status == "OK" and call.body:
                raise _failure("INTERNAL", "the answer ended within a message")
            if call.status == "OK":
                raise StopAsyncIteration
            if call.status:
                raise _failure(call.status, call.details)
            self._news = asyncio.get_running_loop().create_future()
            await self._news
        message = call.read()
        line.credit(call)
        return self._read(message)

    def cancel(self) -> None:
        """End it; the gateway is told."""
        if self._line is not None and self._call is not None:
            self._line.drop(self._call)

    async def _begin(self) -> tuple[Line, LongCall]:
        path, metadata, message = self._request
        _check_size(message)
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + self._timeout_s
        line = await self._channel.line(deadline_s)
        call = LongCall(self._hear, deadline_s)
        line.say(call, path, metadata, time_left(deadline_s - loop.time()), message)
        return line, call

    def _hear(self, _call: Call) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)


def _check_size(message: bytes) -> None:
    if len(message) > GRPC_MESSAGE_BYTES_MAX:
        told = f"sent message larger than max ({len(message)} vs. {GRPC_MESSAGE_BYTES_MAX})"
        raise _failure("RESOURCE_EXHAUSTED", told)


def _failure(status: str, details: str) -> grpc.aio.AioRpcError:
    return grpc.aio.AioRpcError(grpc.StatusCode[status], grpc.aio.Metadata(), grpc.aio.Metadata(), details)


def _messages(call: Call) -> list[bytes]:
    try:
        return call.messages()
    except ValueError as error:
        raise _failure("INTERNAL", str(error)) from None


def _read(deserialize: Callable[[bytes], Message], answer: bytes) -> Message:
    try:
        return deserialize(answer)
    except DecodeError:
        raise _failure("INTERNAL", "expected a message of the gateway in the answer") from None
