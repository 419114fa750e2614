"""Ends connections whose request was answered before all of its body had come.

What nobody wants to read is thrown away up to a bound, for a client that is still sending would see a connection that
broke off instead of its answer; beyond the bound it is not read at all.
"""

import asyncio
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from c8py.base.limits import UNREAD_BYTES_MAX, UNREAD_S_MAX

# What is on its way already costs less to take than a new connection.
_SMALL_BYTES: Final = 64 * 1024


class UnreadBodies:
    """Says `connection: close` in such an answer, whereupon the server hangs up.

    Args:
        app: what answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let it through, and look at what was read when the answer begins."""
        if scope["type"] != "http" or not _is_large(scope["headers"]):
            await self._app(scope, receive, send)
            return
        whole = False

        async def received() -> Message:
            nonlocal whole
            message = await receive()
            whole = whole or not message.get("more_body", False)
            return message

        async def sent(message: Message) -> None:
            if whole:
                await send(message)
            elif message["type"] == "http.response.start":
                others = [(name, value) for name, value in message.get("headers", ()) if name.lower() != b"connection"]
                await send({**message, "headers": [*others, (b"connection", b"close")]})
            elif message["type"] == "http.response.body" and not message.get("more_body", False):
                # The answer is out before the connection ends, which it does with the last of these messages.
                await send({**message, "more_body": True})
                await _thrown_away(received)
                await send({"type": "http.response.body"})
            else:
                await send(message)

        await self._app(scope, received, sent)


async def _thrown_away(receive: Receive) -> None:
    seen = 0
    try:
        async with asyncio.timeout(UNREAD_S_MAX):
            while seen < UNREAD_BYTES_MAX:
                message = await receive()
                seen += len(message.get("body", b""))
                if not message.get("more_body", False):
                    return
    except TimeoutError:
        return


def _is_large(headers: list[tuple[bytes, bytes]]) -> bool:
    for name, value in headers:
        if name == b"transfer-encoding":
            return True
        if name == b"content-length":
            return not value.isdigit() or int(value) > _SMALL_BYTES
    return False
