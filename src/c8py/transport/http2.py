"""HTTP/2 as gRPC calls need it, without I/O: takes calls and bytes, gives bytes, and tells calls how they went.

One `Session` per connection, driven by the `direct_line` that has its socket. Header compression is the hpack
library's; what a peer sends that a client of gRPC never asked for (pushes, unknown frames, priorities) is passed over,
as the protocol wants it. Whatever it may send without end has a limit here.
"""

import re
from collections import deque
from collections.abc import Callable
from typing import Final

import hpack

from c8py.transport.direct_call import CANCEL, NOTHING, REFUSED, Call, of_http, of_reset, of_trailers

_PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RESET, _SETTINGS, _PING, _GO_AWAY, _WINDOW, _CONTINUATION = 0, 1, 3, 4, 6, 7, 8, 9
_END_STREAM, _ACK, _END_HEADERS, _PADDED, _PRIORITY = 1, 1, 4, 8, 32
_TABLE_SIZE, _ENABLE_PUSH, _CALLS_MAX, _INITIAL_WINDOW, _FRAME_SIZE, _HEADERS_MAX = 1, 2, 3, 4, 5, 6
ANSWER_WINDOW: Final = 8 * 1024 * 1024  # of the connection, and of each call whose answer is polled, not pushed
_HEADER_BYTES_MAX: Final = 64 * 1024
_HEAD_BYTES: Final = 9
_FRAME_BYTES_MAX: Final = 16_384  # what everybody may send who was not told otherwise
_BLOCKS_MAX: Final = 64  # answers of most gateways have two
_DEFAULT_WINDOW: Final = 65_535
_LAST_ID: Final = 2**31 - 3
_WINDOW_MAX: Final = 2**31 - 1
_NO_ROOM: Final = ("INTERNAL", "expected no more of the answer than there was room for")
_GOES_ON: Final = re.compile("200|1..")
_OWED_MAX: Final = 1000  # answers to pings and settings that have not left yet; who asks for more only wants our memory

Headers = tuple[tuple[str, str], ...]


class BrokenPeer(Exception):  # noqa: N818  never leaves this room
    """The other side does not speak HTTP/2 as it should; the connection is of no more use."""


class Session:
    """One connection.

    Args:
        scheme: http or https.
        authority: of the gateway.
        agent: who we are.
        window: how much of an answer may come before some of it is read, in bytes.
    """

    def __init__(self, *, scheme: str, authority: str, agent: str, window: int = ANSWER_WINDOW) -> None:
        self._common: Headers = (
            (":method", "POST"),
            (":scheme", scheme),
            (":authority", authority),
            ("te", "trailers"),
            ("content-type", "application/grpc"),
            ("user-agent", agent),
        )
        self._encoder = hpack.Encoder()
        self._decoder = hpack.Decoder(max_header_list_size=_HEADER_BYTES_MAX)
        # Blocks that change no table of the compression mean the same each time; they are most of all blocks.
        self._encoded: dict[tuple[str, Headers], bytes] = {}
        self._decoded: dict[bytes, dict[str, str]] = {}
        self._in = b""
        self._out: list[bytes] = [_PREFACE, _settings(window), _window(0, ANSWER_WINDOW - _DEFAULT_WINDOW)]
        self._window = window
        self._next = 1
        self._room = _DEFAULT_WINDOW
        self._room_of_calls = _DEFAULT_WINDOW
        self._frame_max = 16_384
        self._uncredited = 0
        self._owed = 0
        self._waiting: deque[Call] = deque()
        self._fragments: tuple[int, int, bytes] | None = None
        self._later: dict[Call, tuple[str, Headers, str, bytes]] = {}
        self.calls: dict[int, Call] = {}
        self.calls_max = 100  # until the peer says otherwise
        self.closing = False
        self.greeted = False
        self._handlers: dict[int, Callable[[int, int, bytes], None]] = {
            _DATA: self._on_data,
            _HEADERS: self._on_headers,
            _RESET: self._on_reset,
            _SETTINGS: self._on_settings,
            _PING: self._on_ping,
            _GO_AWAY: self._on_go_away,
            _WINDOW: self._on_window,
            _CONTINUATION: self._on_continuation,
        }

    def to_send(self) -> bytes:
        """What has to go out now."""
        self._owed = 0
        out = b"".join(self._out)
        self._out.clear()
        return out

    @property
    def unanswered(self) -> list[Call]:
        """Calls that somebody waits for, whether or not they have been said yet."""
        return [*self.calls.values(), *self._later]

    @property
    def takes_calls(self) -> bool:
        """Whether another call may be opened on it."""
        return not self.closing and self._next < _LAST_ID

    def open(self, call: Call, path: str, headers: Headers, timeout: str, message: bytes) -> None:
        """Say a call.

        Args:
            call: hears of its answer.
            path: of the method.
            headers: beside the usual ones.
            timeout: as gRPC writes it.
            message: of the request.
        """
        if len(self.calls) >= self.calls_max:
            self._later[call] = (path, headers, timeout, message)
            return
        number = call.number = self._next
        self._next += 2
        self.calls[number] = call
        call.window, call.room = self._room_of_calls, self._window
        block = self._block(path, headers) + b"\x00\x0cgrpc-timeout" + bytes((len(timeout),)) + timeout.encode()
        size = len(message) + 5
        head = _headers(number, block)
        if size <= self._room and size <= call.window and size <= self._frame_max and not self._waiting:
            self._room -= size
            call.window -= size
            self._out.append(
                b"%b%b\x00\x01%b\x00%b%b"
                % (head, size.to_bytes(3), number.to_bytes(4), len(message).to_bytes(4), message)
            )
        else:
            self._out.append(head)
            call.unsent = memoryview(b"\x00" + len(message).to_bytes(4) + message)
            self._waiting.append(call)
            self._send_waiting()

    def cancel(self, call: Call) -> None:
        """Nobody waits for the answer any more."""
        if self._later.pop(call, None) is None and self.calls.pop(call.number, None) is not None:
            self._say_no_more(call)
            self._out.append(_frame(_RESET, 0, call.number, CANCEL.to_bytes(4)))
            self._open_later()

    def credit(self, call: Call) -> bool:
        """Give back the room that its answer no longer takes, once it is worth a word; whether it was."""
        if call.uncredited <= self._window // 2 or call.number not in self.calls:
            return False
        self._out.append(_window(call.number, call.uncredited))
        call.room += call.uncredited
        call.uncredited = 0
        return True

    def ping(self) -> None:
        """Ask whether the other side is still there."""
        self._out.append(_frame(_PING, 0, 0, b"c8py ask"))

    def lost(self, details: str, *, status: str = "UNAVAILABLE") -> None:
        """The connection is gone, and all its calls with it."""
        self.closing = True
        for call in self._later:
            call.untouched = True
        for call in self.unanswered:
            self._end(call, status, details)

    def received(self, data: bytes) -> None:
        """Take in what came.

        Raises:
            BrokenPeer: it makes no sense.
        """
        data = self._in + data if self._in else data
        at, size = 0, len(data)
        while size - at >= _HEAD_BYTES:
            length = int.from_bytes(data[at : at + 3])
            end = at + 9 + length
            if length > _FRAME_BYTES_MAX:
                raise BrokenPeer("expected frames of the size that was agreed on")
            if end > size:
                break
            kind = data[at + 3]
            handler = self._handlers.get(kind)
            if self._fragments is not None and kind != _CONTINUATION:
                raise BrokenPeer("expected the rest of the headers")
            if handler is not None:
                number = int.from_bytes(data[at + 5 : at + 9]) & 0x7FFFFFFF
                handler(data[at + 4], number, data[at + 9 : end])
            at = end
        self._in = data[at:]

    def _on_data(self, flags: int, number: int, payload: bytes) -> None:
        self._uncredited += len(payload)
        if self._uncredited > ANSWER_WINDOW // 2:
            self._out.append(_window(0, self._uncredited))
            self._uncredited = 0
        call = self.calls.get(number)
        if call is None:
            return
        call.room -= len(payload)
        if flags & _PADDED:
            padded, payload = len(payload), _unpadded(payload)
            call.uncredited += padded - len(payload)
        refused = call.take(payload) if call.room >= 0 else _NO_ROOM
        if refused is not None:
            self._give_up(call, *refused)
        elif flags & _END_STREAM:
            self._end(call, "INTERNAL", "the answer ended without a status")
        else:
            self.credit(call)

    def _on_headers(self, flags: int, number: int, payload: bytes) -> None:
        if flags & _PADDED:
            payload = _unpadded(payload)
        if flags & _PRIORITY:
            payload = payload[5:]
        if flags & _END_HEADERS:
            self._on_block(flags, number, payload)
        else:
            self._fragments = (flags, number, payload)

    def _on_continuation(self, flags: int, number: int, payload: bytes) -> None:
        if self._fragments is None or self._fragments[1] != number:
            raise BrokenPeer("expected headers before their continuation")
        first, _, begun = self._fragments
        if len(begun) > _HEADER_BYTES_MAX:
            raise BrokenPeer("expected headers of a reasonable size")
        self._fragments = (first, number, begun + payload)
        if flags & _END_HEADERS:
            whole, self._fragments = self._fragments[2], None
            self._on_block(first, number, whole)

    def _on_block(self, flags: int, number: int, block: bytes) -> None:
        headers = self._decoded.get(block)
        if headers is None:
            headers = self._decode(block)
        call = self.calls.get(number)
        if call is None:
            return
        call.http_status = headers.get(":status", call.http_status)
        if flags & _END_STREAM and "grpc-status" in headers:
            self._end(call, *of_trailers(headers))
        elif flags & _END_STREAM or not _GOES_ON.fullmatch(call.http_status):
            # Of the page of somebody in between nothing more is wanted, and it need not have an end.
            end = self._end if flags & _END_STREAM else self._give_up
            end(call, of_http(call.http_status), f"received http2 header with status: {call.http_status}")

    def _give_up(self, call: Call, status: str, details: str) -> None:
        self.cancel(call)
        call.end(status, details)

    def _on_reset(self, _flags: int, number: int, payload: bytes) -> None:
        call = self.calls.get(number)
        if call is not None:
            code = int.from_bytes(payload)
            call.untouched = code == REFUSED
            self._end(call, of_reset(code), f"rst_stream: the other side reset the call ({code})")

    def _on_settings(self, flags: int, number: int, payload: bytes) -> None:
        if number or len(payload) % 6:
            raise BrokenPeer("expected settings of the connection, six bytes each")
        if flags & _ACK:
            return
        self.greeted = True
        for at in range(0, len(payload), 6):
            self._on_setting(int.from_bytes(payload[at : at + 2]), int.from_bytes(payload[at + 2 : at + 6]))
        self._owe(_frame(_SETTINGS, _ACK, 0, b""))
        self._send_waiting()

    def _on_setting(self, name: int, value: int) -> None:
        if name == _TABLE_SIZE:
            self._encoder.header_table_size = min(value, 4096)
            self._encoded.clear()
        elif name == _CALLS_MAX:
            self.calls_max = value
            self._open_later()
        elif name == _INITIAL_WINDOW:
            if value > _WINDOW_MAX:
                raise BrokenPeer("expected a window that HTTP/2 allows")
            for call in self.calls.values():
                call.window += value - self._room_of_calls
            self._room_of_calls = value
        elif name == _FRAME_SIZE:
            if not _FRAME_BYTES_MAX <= value < 2**24:
                raise BrokenPeer("expected a size of frames that HTTP/2 allows")
            self._frame_max = value

    def _on_ping(self, flags: int, _number: int, payload: bytes) -> None:
        if not flags & _ACK:
            self._owe(_frame(_PING, _ACK, 0, payload[:8]))

    def _owe(self, answer: bytes) -> None:
        self._owed += 1
        if self._owed > _OWED_MAX:
            raise BrokenPeer("expected pings and settings now and then, and that their answers are read")
        self._out.append(answer)

    def _on_go_away(self, _flags: int, _number: int, payload: bytes) -> None:
        self.closing = True
        last = int.from_bytes(payload[:4]) & 0x7FFFFFFF
        for call in [*(call for number, call in self.calls.items() if number > last), *self._later]:
            call.untouched = True
            self._end(call, "UNAVAILABLE", "goaway: the other side did not take this call")

    def _on_window(self, _flags: int, number: int, payload: bytes) -> None:
        more = int.from_bytes(payload) & 0x7FFFFFFF
        call = self.calls.get(number)
        if number == 0:
            self._room += more
        elif call is not None:
            call.window += more
        if self._room > _WINDOW_MAX or (call is not None and call.window > _WINDOW_MAX):
            raise BrokenPeer("expected a window that HTTP/2 allows")
        self._send_waiting()

    def _send_waiting(self) -> None:
        for _ in range(len(self._waiting)):
            call = self._waiting.popleft()
            while call.unsent and (size := min(len(call.unsent), self._room, call.window, self._frame_max)) > 0:
                part, call.unsent = call.unsent[:size], call.unsent[size:]
                self._room -= size
                call.window -= size
                self._out.append(_frame(_DATA, 0 if call.unsent else _END_STREAM, call.number, part))
            if call.unsent:
                self._waiting.append(call)

    def _end(self, call: Call, status: str, details: str) -> None:
        if self._later.pop(call, None) is None:
            self.calls.pop(call.number, None)
        if call.unsent:  # it has its answer already, and wants the rest no more
            self._out.append(_frame(_RESET, 0, call.number, CANCEL.to_bytes(4)))
        self._say_no_more(call)
        call.end(status, details)
        if self._later:
            self._open_later()

    def _say_no_more(self, call: Call) -> None:
        if call.unsent:
            self._waiting.remove(call)
            call.unsent = NOTHING

    def _open_later(self) -> None:
        while self._later and not self.closing and len(self.calls) < self.calls_max:
            call = next(iter(self._later))
            self.open(call, *self._later.pop(call))

    def _block(self, path: str, headers: Headers) -> bytes:
        known = self._encoded.get((path, headers))
        if known is not None:
            return known
        first = self._newest(self._encoder)
        block = self._encoder.encode([*self._common[:2], (":path", path), *self._common[2:], *headers], huffman=False)
        if self._newest(self._encoder) is first:
            self._encoded[path, headers] = block
        else:
            self._encoded.clear()
        return block

    def _decode(self, block: bytes) -> dict[str, str]:
        first = self._newest(self._decoder)
        try:
            headers = {str(name): str(value) for name, value in self._decoder.decode(block)}
        except hpack.HPACKError as error:
            raise BrokenPeer(str(error)) from error
        if self._newest(self._decoder) is not first or len(self._decoded) > _BLOCKS_MAX:
            self._decoded.clear()
        else:
            self._decoded[block] = headers
        return headers

    @staticmethod
    def _newest(coder: hpack.Encoder | hpack.Decoder) -> object:
        entries = coder.header_table.dynamic_entries
        return entries[0] if entries else None


def _frame(kind: int, flags: int, number: int, payload: bytes | memoryview) -> bytes:
    return len(payload).to_bytes(3) + bytes((kind, flags)) + number.to_bytes(4) + payload


def _headers(number: int, block: bytes) -> bytes:
    """A block in as many frames as it takes; a token may be longer than one of them."""
    if len(block) <= _FRAME_BYTES_MAX:
        return len(block).to_bytes(3) + b"\x01\x04" + number.to_bytes(4) + block
    parts = [block[at : at + _FRAME_BYTES_MAX] for at in range(0, len(block), _FRAME_BYTES_MAX)]
    kinds = [_HEADERS, *[_CONTINUATION] * (len(parts) - 1)]
    ends = [*[0] * (len(parts) - 1), _END_HEADERS]
    return b"".join(_frame(kind, end, number, part) for kind, end, part in zip(kinds, ends, parts, strict=True))


def _window(number: int, more: int) -> bytes:
    return _frame(_WINDOW, 0, number, more.to_bytes(4))


def _settings(window: int) -> bytes:
    ours = {_ENABLE_PUSH: 0, _INITIAL_WINDOW: window, _HEADERS_MAX: _HEADER_BYTES_MAX}
    return _frame(_SETTINGS, 0, 0, b"".join(name.to_bytes(2) + value.to_bytes(4) for name, value in ours.items()))


def _unpadded(payload: bytes) -> bytes:
    if not payload or payload[0] >= len(payload):
        raise BrokenPeer("expected less padding than payload")
    return payload[1 : len(payload) - payload[0]]
