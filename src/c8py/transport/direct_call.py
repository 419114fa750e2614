"""One call on a connection of HTTP/2: what came of it so far, and what its ending means in the words of gRPC. Pure."""

import math
from collections import deque
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias
from urllib.parse import unquote

from c8py.base.limits import GRPC_ANSWER_BYTES_MAX, GRPC_MESSAGE_BYTES_MAX

CLOSED: Final = "Channel closed!"
"""What calls are told whose channel is closed; the gRPC library's own words for it."""
NOTHING: Final = memoryview(b"")
REFUSED: Final = 7
CANCEL: Final = 8
# The rest of the codes that reset a call mean that somebody made a mistake.
_OF_RESET: Final = {REFUSED: "UNAVAILABLE", CANCEL: "CANCELLED", 11: "RESOURCE_EXHAUSTED", 12: "PERMISSION_DENIED"}
_NAMES: Final = (
    *("OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS"),
    *("PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED"),
    *("INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED"),
)
_STATUSES: Final = {str(number): name for number, name in enumerate(_NAMES)}
# What a proxy means that answers instead of a gateway; the table of the gRPC protocol.
_OF_HTTP: Final = {
    "400": "INTERNAL",
    "401": "UNAUTHENTICATED",
    "403": "PERMISSION_DENIED",
    "404": "UNIMPLEMENTED",
    "429": "UNAVAILABLE",
    "502": "UNAVAILABLE",
    "503": "UNAVAILABLE",
    "504": "UNAVAILABLE",
}
_UNITS: Final = (("m", 0.001), ("S", 1), ("M", 60), ("H", 3600))
Refused: TypeAlias = tuple[str, str]
"""The status of gRPC that a call has from now on, and the words for it."""
_HEAD_BYTES: Final = 5  # of a message: whether it is compressed, and its size
_COUNT_MAX: Final = 99_999_999  # the eight digits that the protocol allows


def of_trailers(headers: Mapping[str, str]) -> tuple[str, str]:
    """The status that a gateway gave a call, by name, and its words."""
    status = _STATUSES.get(headers["grpc-status"], "UNKNOWN")
    return status, "" if status == "OK" else unquote(headers.get("grpc-message", ""))


def of_http(status: str) -> str:
    """The status of gRPC for an answer without one."""
    return _OF_HTTP.get(status, "UNKNOWN")


def of_reset(code: int) -> str:
    """The status of gRPC for a call that was reset."""
    return _OF_RESET.get(code, "INTERNAL")


def time_left(seconds: float) -> str:
    """How long its caller waits, as a call says it: rounded up, in a unit that eight digits are enough for."""
    for unit, unit_s in _UNITS:
        if seconds <= (_COUNT_MAX - 1) * unit_s:
            return f"{max(1, math.ceil(seconds / unit_s))}{unit}"
    return f"{_COUNT_MAX}H"


class Call:
    """What came so far, and how it ended.

    Args:
        ended: called when it is over.
        deadline_s: when its caller gives up, on the loop's clock.

    Attributes:
        room: how much more of its answer may come, in bytes.
        uncredited: the room that its answer took and was not yet given back, in bytes.
        untouched: the other side did nothing about it: it has said so, or has never heard of it.
        whole: how much of the body is messages that have come to their end, in bytes.
    """

    __slots__ = (
        "body",
        "deadline_s",
        "details",
        "ended",
        "http_status",
        "number",
        "room",
        "status",
        "uncredited",
        "unsent",
        "untouched",
        "whole",
        "window",
    )

    def __init__(self, ended: "Callable[[Call], object]", deadline_s: float) -> None:
        self.ended = ended
        self.deadline_s = deadline_s
        self.body: bytes | bytearray = b""
        self.status = ""
        self.details = ""
        self.http_status = "200"
        self.number = 0
        self.window = self.room = 0
        self.uncredited = 0
        self.unsent = NOTHING
        self.whole = 0
        self.untouched = False

    def take(self, part: bytes) -> Refused | None:
        """More of the answer has come.

        Returns:
            Why it is too much; None if it is not.
        """
        if not self.body:
            self.body = part
        elif isinstance(self.body, bytearray):
            self.body += part
        else:
            self.body = bytearray(self.body) + part
        self.uncredited += len(part)
        body, size = self.body, len(self.body)
        # A message without sense is refused once all is there.
        while size >= self.whole + 5 and not body[self.whole]:
            message = int.from_bytes(body[self.whole + 1 : self.whole + 5])
            if message > GRPC_MESSAGE_BYTES_MAX:
                return _too_large(message)
            if size < self.whole + 5 + message:
                break
            self.whole += 5 + message
        if size > GRPC_ANSWER_BYTES_MAX:
            return "RESOURCE_EXHAUSTED", f"received messages larger than max together ({GRPC_ANSWER_BYTES_MAX} bytes)"
        return None

    def messages(self) -> list[bytes]:
        """The messages of the answer.

        Raises:
            ValueError: they are cut off, or compressed although nobody asked for that.
        """
        body, at, found = self.body, 0, list[bytes]()
        while at < len(body):
            end = at + 5 + int.from_bytes(body[at + 1 : at + 5])
            if body[at] or end > len(body):
                raise ValueError("expected whole messages without compression in the answer")
            found.append(bytes(body[at + 5 : end]))
            at = end
        return found

    def end(self, status: str, details: str) -> None:
        """It is over."""
        self.status, self.details = status, details
        self.ended(self)


class LongCall(Call):
    """A call whose answer has no end in sight: its messages are handed on one by one.

    Room for more is given back as they are read, so a gateway notices that its reader is busy. Only where none is left
    to be read, it is given back for what is cut off, for a message may be larger than all the room.

    Args:
        news: called when there is a message more, and when it is over.
        deadline_s: when its caller gives up, on the loop's clock.

    Attributes:
        unread: messages that have come to their end, and what room each of them still takes, in bytes.
        given_back: for what is cut off, in bytes.
    """

    __slots__ = ("given_back", "unread")

    def __init__(self, news: Callable[[Call], object], deadline_s: float) -> None:
        super().__init__(news, deadline_s)
        self.unread: deque[tuple[bytes, int]] = deque()
        self.given_back = 0

    def take(self, part: bytes) -> Refused | None:
        """More of the answer has come.

        Returns:
            Why it cannot be gone on with; None if it can.
        """
        at = 0
        if isinstance(self.body, bytearray):
            self.body += part
        else:
            self.body = part
        body = self.body
        while len(body) >= at + _HEAD_BYTES:
            size = int.from_bytes(body[at + 1 : at + _HEAD_BYTES])
            if body[at]:
                return "INTERNAL", "expected messages without compression in the answer"
            if size > GRPC_MESSAGE_BYTES_MAX:
                return _too_large(size)
            end = at + _HEAD_BYTES + size
            if len(body) < end:
                break
            self.unread.append((bytes(body[at + _HEAD_BYTES : end]), end - at - self.given_back))
            at, self.given_back = end, 0
        if at == len(body):
            self.body = b""
        elif at or isinstance(body, bytes):
            self.body = bytearray(body[at:])  # grows by what comes, without being copied each time
        self._give_back_ahead()
        if at:
            self.ended(self)
        return None

    def read(self) -> bytes:
        """The next message."""
        message, room = self.unread.popleft()
        self.uncredited += room
        self._give_back_ahead()
        return message

    def _give_back_ahead(self) -> None:
        if not self.unread:
            self.uncredited += len(self.body) - self.given_back
            self.given_back = len(self.body)


def _too_large(size: int) -> Refused:
    return "RESOURCE_EXHAUSTED", f"received message larger than max ({size} vs. {GRPC_MESSAGE_BYTES_MAX})"
