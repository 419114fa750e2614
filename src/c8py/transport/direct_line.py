"""One socket with its session of HTTP/2: writes once per round of the loop, watches deadlines and silence.

Made by `direct`; what the bytes mean is the matter of `http2`.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable
from typing import Final, NamedTuple, cast

from c8py.base.limits import GRPC_PING_S
from c8py.transport.direct_call import CLOSED, Call
from c8py.transport.http2 import ANSWER_WINDOW, BrokenPeer, Headers, Session

_TICK_S: Final = 0.1


class Where(NamedTuple):
    """Whom to connect to.

    Attributes:
        host: of the gateway.
        port: of it.
        authority: what it is called.
        tls: how it is known; None for plain text.
        server_name: that its certificate has.
        connect_s: how long a connection may take, the first word of the other side included.
        keep_alive_s: after how long without a word it is asked whether it is still there, while calls wait.
        agent: who we are.
        window: how much of an answer may come before some of it is read, in bytes.
    """

    host: str
    port: int
    authority: str
    tls: ssl.SSLContext | None
    server_name: str
    connect_s: float
    keep_alive_s: float
    agent: str
    window: int = ANSWER_WINDOW


class Line(asyncio.Protocol):
    """A connection.

    Args:
        where: it leads.
        address: that it goes to, one of the name's.
        loop: whose it is.
        lost: called when it is gone.
    """

    def __init__(
        self, where: Where, address: str, loop: asyncio.AbstractEventLoop, lost: "Callable[[Line], None]"
    ) -> None:
        scheme = "http" if where.tls is None else "https"
        self.session = Session(scheme=scheme, authority=where.authority, agent=where.agent, window=where.window)
        self.address = address
        self.loop = loop
        self._lost = lost
        self._keep_alive_s = where.keep_alive_s
        self._transport: asyncio.Transport | None = None
        self._flushing = self._full = False
        self._ticking: asyncio.TimerHandle | None = None
        self._gone: asyncio.Future[None] = loop.create_future()
        self._greeted: asyncio.Future[OSError | None] = loop.create_future()
        self._heard_s = 0.0
        self._asked_s: float | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The loop has connected it."""
        self._transport = cast("asyncio.Transport", transport)
        self._heard_s = self.loop.time()
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # a network that is gone is noticed although nothing says so
            unheard_ms = round(GRPC_PING_S * 1000)
            transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, unheard_ms)
        self._flush()

    async def greeted(self) -> None:
        """Wait for the other side's first word: until then nobody knows whether it reads, and how much it takes.

        Raises:
            OSError: it has gone without one, or spoke of something else.
        """
        error = await self._greeted
        if error is not None:
            raise error

    def data_received(self, data: bytes) -> None:
        """The loop has read something."""
        self._heard_s, self._asked_s = self.loop.time(), None
        try:
            self.session.received(data)
        except BrokenPeer as error:
            self.give_up(f"connection aborted: {error}")
            return
        if self.session.greeted:
            self._settle(None)
        self._soon()
        self._close_if_over()

    def pause_writing(self) -> None:
        """The other side does not read."""
        self._full = True

    def resume_writing(self) -> None:
        """It reads again."""
        self._full = False
        self._soon()

    def connection_lost(self, exc: Exception | None) -> None:
        """The loop says that it is over."""
        if not self._gone.done():
            self._gone.set_result(None)
        if self._ticking is not None:
            self._ticking.cancel()
        # Whoever is not let in finds out after the handshake only.
        self._settle(OSError(f"{exc or 'the other side hung up at once'}"))
        self.session.lost(f"socket closed: {exc or 'by the other side'}")
        self._lost(self)

    def speaks_h2(self) -> bool:
        """What was agreed on in the handshake."""
        secured = self._transport.get_extra_info("ssl_object") if self._transport else None
        return secured is not None and secured.selected_alpn_protocol() == "h2"

    async def close(self) -> None:
        """End it, and wait until the socket is closed."""
        self.give_up(CLOSED, status="CANCELLED")
        await self._gone

    def say(self, call: Call, path: str, headers: Headers, timeout: str, message: bytes) -> None:
        """Send a call to who has greeted, in the same write as whatever else this round of the loop says."""
        self.session.open(call, path, headers, timeout, message)
        if not self._flushing:
            self._flushing = True
            self.loop.call_soon(self._flush)
        if self._ticking is None:
            self._ticking = self.loop.call_later(_TICK_S, self._tick)

    def credit(self, call: Call) -> None:
        """Some of its answer has been read."""
        if self.session.credit(call):
            self._soon()

    def drop(self, call: Call) -> None:
        """Nobody waits for it any more."""
        self.session.cancel(call)
        self._soon()

    def give_up(self, why: str, *, status: str = "UNAVAILABLE") -> None:
        """Break it off; its calls are told why."""
        self._settle(OSError(why))
        self.session.lost(why, status=status)
        if self._transport is not None:
            self._transport.abort()

    def _settle(self, error: OSError | None) -> None:
        if not self._greeted.done():
            self._greeted.set_result(error)

    def _soon(self) -> None:
        if not self._flushing:
            self._flushing = True
            self.loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._flushing = False
        # Into a full pipe nothing more is put: what a peer asks for who does not read is counted by the session.
        if self._full or self._transport is None:
            return
        out = self.session.to_send()
        if out:
            self._transport.write(out)

    def _tick(self) -> None:
        """Calls that are late, and peers that say nothing: looked after a few times a second, while there are calls."""
        self._ticking = None
        now_s, session = self.loop.time(), self.session
        for call in [call for call in session.unanswered if call.deadline_s <= now_s]:
            session.cancel(call)
            call.end("DEADLINE_EXCEEDED", "Deadline Exceeded")
        if session.calls and self._asked_s is None and now_s - self._heard_s > self._keep_alive_s:
            self._asked_s = now_s
            session.ping()
        elif self._asked_s is not None and now_s - self._asked_s > GRPC_PING_S:
            self.give_up(f"ping timeout: no answer within {GRPC_PING_S:g} s")
            return
        self._soon()
        if session.unanswered:
            self._ticking = self.loop.call_later(_TICK_S, self._tick)
        self._close_if_over()

    def _close_if_over(self) -> None:
        session = self.session
        if session.closing and not session.calls and self._transport is not None:
            self._transport.close()
