"""An end to uvicorn's patience: it would wait for the headers of a request for ever, and take any number of them.

And a little more of it: a client that offers another protocol (Java's own offers h2c with its first request) is
answered in HTTP/1.1, where uvicorn would lose the body.

Stands on the protocol class that uvicorn names in its settings (`http=`); the tests of slow and large headers, and of
offers, hold it to what is used of it here.
"""

import asyncio
import re
from typing import ClassVar, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from c8py.base import limits

_TOO_SLOW: Final = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
_TOO_LARGE: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
# Of the same length, so that nobody counts differently.
_OFFER: Final = re.compile(rb"(?i)\r\nupgrade:")
_NO_OFFER: Final = b"\r\nupgrad-:"


def patient_protocol(wait_s: float) -> type[asyncio.Protocol]:
    """The protocol for uvicorn's setting `http`.

    Args:
        wait_s: seconds from the first byte of a request, or from the connection, to the end of the headers.
    """
    return type("PatientProtocol", (_PatientProtocol,), {"wait_s": wait_s})


class _PatientProtocol(HttpToolsProtocol):
    """Runs a timer, and counts bytes, from the begin of a request to the end of its headers."""

    wait_s: ClassVar[float]
    _unfinished_bytes = 0
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        self._headers_came()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._unfinished_bytes += len(data)
        super().data_received(_without_offer(data) if self._in_head() else data)
        if self._timer is None:
            self._unfinished_bytes = 0
        elif self._unfinished_bytes > limits.SERVER_HEADERS_BYTES_MAX:
            self._give_up(_TOO_LARGE)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._await_headers()

    def on_headers_complete(self) -> None:
        self._headers_came()
        super().on_headers_complete()

    def _in_head(self) -> bool:
        return self._timer is not None or not (self.cycle and self.cycle.more_body)

    def _await_headers(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(self.wait_s, self._give_up, _TOO_SLOW)

    def _headers_came(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up(self, answer: bytes) -> None:
        self._headers_came()
        if not self.transport.is_closing():
            self.transport.write(answer)
            self.transport.close()


def _without_offer(data: bytes) -> bytes:
    """The begin of a request that says of no other protocol; its body is left alone."""
    if b"pgrade:" not in data.lower():
        return data
    head, end, body = data.partition(b"\r\n\r\n")
    return _OFFER.sub(_NO_OFFER, head) + end + body
