"""Ends connections whose request was answered before all of its body had come.

What nobody wants to read is not read: the server would otherwise take it in and throw it away, however much it is.
"""

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

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
            if message["type"] == "http.response.start" and not whole:
                others = [(name, value) for name, value in message.get("headers", ()) if name.lower() != b"connection"]
                message = {**message, "headers": [*others, (b"connection", b"close")]}
            await send(message)

        await self._app(scope, received, sent)


def _is_large(headers: list[tuple[bytes, bytes]]) -> bool:
    for name, value in headers:
        if name == b"transfer-encoding":
            return True
        if name == b"content-length":
            return not value.isdigit() or int(value) > _SMALL_BYTES
    return False
