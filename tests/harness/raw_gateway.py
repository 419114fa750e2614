"""A gateway of HTTP/2 whose every byte a test can choose, on a real socket."""

import asyncio
import contextlib
from collections import Counter

from harness.http2_frames import END_STREAM, HEADERS, PING, PREFACE, RESET, SETTINGS, WINDOW, Peer, frame


class RawGateway:
    """Sends what a test says: for each call, what `answer` makes of its number, counted from 0, and its peer.

    Attributes:
        address: where it listens.
        headers: of the calls.
        called: how many there were.
        heard_pings: how many came.
        windows: how much room each stream was given in addition, in bytes.
        resets: streams that were given up.
        connections: that were made.
    """

    def __init__(self, answer, greets_after_s=0.0):
        self.answer = answer
        self.greets_after_s = greets_after_s
        self.headers = []
        self.called = 0
        self.heard_pings = 0
        self.windows = Counter()
        self.resets = []
        self.connections = 0
        self._server: asyncio.Server | None = None

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.address = f"grpc://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_):
        assert self._server is not None
        self._server.close()

    async def _serve(self, reader, writer):
        self.connections += 1
        peer = Peer()
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await reader.readexactly(len(PREFACE))
            ready = asyncio.Event()
            asyncio.get_running_loop().call_later(self.greets_after_s, ready.set)
            await ready.wait()
            writer.write(frame(SETTINGS, 0, 0))
            while True:
                head = await reader.readexactly(9)
                payload = await reader.readexactly(int.from_bytes(head[:3]))
                kind, flags, number = head[3], head[4], int.from_bytes(head[5:9])
                if kind == PING:
                    self.heard_pings += 1
                elif kind == WINDOW:
                    self.windows[number] += int.from_bytes(payload)
                elif kind == RESET:
                    self.resets.append(number)
                elif kind == HEADERS:
                    self.headers.append(dict(peer.decoder.decode(payload)))
                elif kind == 0 and flags & END_STREAM:
                    self.called += 1
                    sent = self.answer(self.called - 1, number, peer)
                    if sent is None:
                        break
                    for part in sent:
                        writer.write(part)
                        await writer.drain()
        writer.close()
