"""Requests as values, and flows that ask for them: what to do is decided here, who does it is somebody else's matter.

Pure. Flows are driven by `transport`, in both colours, and by tests without any socket.
"""

from collections.abc import Generator, Mapping
from typing import TypeAlias, TypeVar

import msgspec

T = TypeVar("T")


class HttpRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One request to be made. Its text is kept out of `repr`: bodies of token requests hold secrets."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        return f"HttpRequest({self.method} {self.url})"


class HttpResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What came back; header names in lower case. Its text is kept out of `repr`: it may hold a token."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        return f"HttpResponse({self.status}, {len(self.body)} bytes)"


class Pause(msgspec.Struct, frozen=True):
    """Asks the driver to wait before it goes on."""

    seconds: float


# A flow yields what it wants done and is sent the response (None after a pause). Its driver throws ConnectionFailed
# into it when a request had no response, and closes it in any case.
Flow: TypeAlias = Generator[HttpRequest | Pause, HttpResponse | None, T]
