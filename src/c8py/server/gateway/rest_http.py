"""HTTP as the REST edge needs it: a request with a bounded body, a reply, and problem documents. Plain ASGI."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, MutableMapping
from http import HTTPStatus
from typing import Any, Final, TypeVar

import msgspec

from c8py.base import limits
from c8py.server.access import Sources
from c8py.server.gateway.refusals import WIRE, Refusal

T = TypeVar("T")

# ASGI's own types, as its specification has them.
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_JSON: Final = b"application/json"
_PROBLEM: Final = b"application/problem+json"
_encode = msgspec.json.Encoder().encode


class Reply(msgspec.Struct, frozen=True):
    """An answer: 204 without a body, 200 with one."""

    status: int = 204
    body: bytes = b""
    content_type: bytes = _JSON


class Problem(Exception):  # noqa: N818  an answer, worded by the edge; it never leaves the gateway as an exception
    """A request that HTTP itself gets wrong: its path, method, form or size.

    Args:
        status: the HTTP status, whose own phrase is the title.
        detail: what was expected, and what came.
        headers: to be sent with it.
    """

    def __init__(self, status: int, detail: str, headers: tuple[tuple[bytes, bytes], ...] = ()) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = headers


class ClientGone(Exception):  # noqa: N818  nobody is left to be answered
    """The client has closed the connection."""


class Request:
    """One request.

    Args:
        scope: of ASGI.
        receive: of ASGI.
        keys: what stands in the path for the names of the operation, as text.
    """

    __slots__ = ("_headers", "_peer", "_receive", "keys", "path", "query")

    def __init__(self, scope: Scope, receive: Receive, keys: Mapping[str, str]) -> None:
        self._receive = receive
        self._headers: list[tuple[bytes, bytes]] = scope["headers"]
        self._peer: str = (scope.get("client") or ("", 0))[0]
        self.keys = keys
        self.path: str = scope["path"]
        self.query: bytes = scope.get("query_string", b"")

    def header(self, name: bytes) -> str | None:
        """The value of a header; the last one counts."""
        found = None
        for key, value in self._headers:
            if key == name:
                found = value.decode("latin-1")
        return found

    def source(self, sources: Sources) -> str:
        """The address that the request comes from."""
        return sources.of(self._peer, self.header(sources.header.encode()) if sources.header else None)

    def media_type(self) -> str:
        """The type of the body without its parameters; "" where the client does not say."""
        return (self.header(b"content-type") or "").partition(";")[0].strip().lower()

    async def body(self, bytes_max: int) -> bytes:
        """The whole body.

        Raises:
            Problem: larger than that, or not there in time.
            ClientGone: the connection broke off.
        """
        length = self.header(b"content-length") or "0"
        if length.isdecimal() and int(length) > bytes_max:
            raise _too_large(bytes_max)
        parts: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(limits.REST_BODY_WAIT_S_MAX):
                while True:
                    message = await self._receive()
                    if message["type"] == "http.disconnect":
                        raise ClientGone
                    part: bytes = message.get("body", b"")
                    size += len(part)
                    if size > bytes_max:
                        raise _too_large(bytes_max)
                    parts.append(part)
                    if not message.get("more_body", False):
                        return b"".join(parts)
        except TimeoutError:
            raise Problem(
                408, f"expected the whole body within {limits.REST_BODY_WAIT_S_MAX:g} s, but it was not there"
            ) from None

    async def while_connected(self, work: Coroutine[Any, Any, T]) -> T:
        """Work that is given up when the client goes; call it when the body has been read.

        Raises:
            ClientGone: it went.
        """
        task = asyncio.ensure_future(work)
        gone = asyncio.ensure_future(self._gone())
        try:
            await asyncio.wait((task, gone), return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
            if not task.done():
                task.cancel()
        if not task.done():
            raise ClientGone
        return task.result()

    async def connected(self) -> bool:
        """Whether the client is still there, as far as is known."""
        gone = asyncio.ensure_future(self._gone())
        # One turn of the loop: a disconnect that is known by now ends the wait at once.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        known_gone = gone.done()
        gone.cancel()
        return not known_gone

    async def _gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass


def _too_large(bytes_max: int) -> Problem:
    return Problem(413, f"expected a body of at most {bytes_max} bytes, but it is larger")


def json_reply(value: object) -> Reply:
    """200 with a JSON document."""
    return Reply(200, _encode(value))


async def send_reply(send: Send, reply: Reply) -> None:
    """Send an answer."""
    headers = [(b"content-length", b"%d" % len(reply.body))] if reply.status != HTTPStatus.NO_CONTENT else []
    if reply.body:
        headers.append((b"content-type", reply.content_type))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})


async def send_problem(send: Send, path: str, fault: Problem | Refusal) -> None:
    """Send a problem document."""
    if isinstance(fault, Refusal):
        _, status, title = WIRE[fault.kind]
        extra: tuple[tuple[bytes, bytes], ...] = ()
        if status == HTTPStatus.UNAUTHORIZED:
            extra = ((b"www-authenticate", b"Bearer"),)
    else:
        status, title, extra = fault.status, HTTPStatus(fault.status).phrase, fault.headers
    document = {"type": "about:blank", "title": title, "status": status, "detail": fault.detail, "instance": path}
    body = _encode(document)
    headers = [(b"content-type", _PROBLEM), (b"content-length", b"%d" % len(body)), *extra]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
