"""A server of a few pages over HTTP, for probes and people: GET and HEAD, no tokens, one answer a connection.

It lives on the event loop of whoever it speaks for, so that an answer proves that the loop turns. Used by `vitals`, and
by `c8 work` for many processes.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Final, TypeAlias

import msgspec

_REQUEST_BYTES_MAX: Final = 8 * 1024
_REQUEST_S: Final = 5.0
_JSON, _TEXT = "application/json", "text/plain; version=0.0.4; charset=utf-8"

Page: TypeAlias = tuple[HTTPStatus, str, bytes]


def as_json(document: object, status: HTTPStatus = HTTPStatus.OK) -> Page:
    """A page of JSON."""
    return status, _JSON, msgspec.json.encode(document)


def as_text(text: str, status: HTTPStatus = HTTPStatus.OK) -> Page:
    """A page of plain text, as Prometheus wants it."""
    return status, _TEXT, text.encode()


class PageServer:
    """The server.

    Args:
        pages: by path: what makes them.
        port: to listen on; 0 takes a free one.
        host: to listen on.
    """

    def __init__(self, pages: Mapping[str, Callable[[], Awaitable[Page]]], *, port: int, host: str) -> None:
        self._pages = pages
        self._port = port
        self._host = host
        self._server: asyncio.Server | None = None

    @property
    def address(self) -> str | None:
        """Where it listens; None while it does not."""
        if self._server is None or not self._server.sockets:
            return None
        host, port = self._server.sockets[0].getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: the port is taken, or the host is not here.
        """
        self._server = await asyncio.start_server(self._answer, self._host, self._port, limit=_REQUEST_BYTES_MAX)

    def close(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_REQUEST_S):
                head = await reader.readuntil(b"\r\n\r\n")
                status, kind, body = await self._page(head)
                writer.write(
                    f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: {kind}\r\n"
                    f"content-length: {len(body)}\r\ncache-control: no-store\r\nconnection: close\r\n\r\n".encode()
                    + (b"" if head.startswith(b"HEAD ") else body)
                )
                await writer.drain()
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # whoever asked does not say what, or is gone
        except asyncio.CancelledError:
            pass  # the loop ends; asyncio itself would print it as an error
        finally:
            writer.close()

    async def _page(self, head: bytes) -> Page:
        method, _, rest = head.split(b"\r\n", 1)[0].decode("latin-1").partition(" ")
        page = self._pages.get(rest.partition(" ")[0].partition("?")[0])
        if page is None:
            return as_text(" ".join(self._pages) + "\n", HTTPStatus.NOT_FOUND)
        if method not in {"GET", "HEAD"}:
            return as_text("GET\n", HTTPStatus.METHOD_NOT_ALLOWED)
        return await page()
