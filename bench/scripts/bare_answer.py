"""The least that a server on uvicorn can do: reads a body, answers the same kilobyte. Prints its address."""

import socket
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

import uvicorn
import uvloop

Receive: TypeAlias = Callable[[], Awaitable[Mapping[str, object]]]
Send: TypeAlias = Callable[[Mapping[str, object]], Awaitable[None]]

ANSWER = b'{"access_token":"' + b"0" * 1064 + b'"}'
HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(ANSWER)).encode())]


async def app(_scope: object, receive: Receive, send: Send) -> None:
    """One request."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": ANSWER})


async def main() -> None:
    """Until it is told to stop."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        sys.stdout.write(f"127.0.0.1:{sock.getsockname()[1]}\n")
        sys.stdout.flush()
        config = uvicorn.Config(app, http="httptools", lifespan="off", ws="none", log_config=None, access_log=False)
        await uvicorn.Server(config).serve(sockets=[sock])


if __name__ == "__main__":
    uvloop.run(main())
