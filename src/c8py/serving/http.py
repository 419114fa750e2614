"""The HTTP server: uvicorn inside our own event loop, on a socket that is bound before anything starts.

Signals, lifespan and logs are left to whoever starts it.
"""

import asyncio
import errno
import socket
import ssl
from pathlib import Path
from typing import Any, Final

import msgspec
import uvicorn

from c8py.base import limits
from c8py.errors import ConfigError, PlatformError
from c8py.serving.patience import patient_protocol

_BACKLOG: Final = 1024


def bound_socket(host: str, port: int, *, option: str = "--http-port") -> socket.socket:
    """A listening socket; nobody else can have the port from here on.

    Args:
        host: a name or an address.
        port: 0 takes a free one.
        option: of the command line that says the port, for the error.

    Raises:
        PlatformError: the port is in use or not ours to take, or the host is not this machine's.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise PlatformError(
            f"expected {host} to be an address of this machine, but: {error}", hint="check --host"
        ) from error
    # "localhost" has two addresses on most machines; the older one works everywhere.
    family, kind, _, _, address = min(found, key=lambda one: one[0] != socket.AF_INET)
    sock = socket.socket(family, kind)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
        sock.listen(_BACKLOG)
    except OSError as error:
        sock.close()
        if error.errno == errno.EADDRNOTAVAIL:
            raise PlatformError(
                f"expected {host} to be an address of this machine, but it is none", hint="check --host"
            ) from error
        raise PlatformError(
            f"expected port {port} of {host} to be free for HTTP, but: {error.strerror or error}",
            hint=f"choose another one with {option}, or 0 for any",
        ) from error
    sock.setblocking(False)
    return sock


class Tls(msgspec.Struct, frozen=True):
    """What a server shows of itself.

    Attributes:
        certificate: PEM file, with the certificates above it.
        key: PEM file.
    """

    certificate: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        """For connections from here on.

        Raises:
            ConfigError: the files cannot be read, or do not belong together.
        """
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.read_into(context)
        return context

    def read_into(self, context: ssl.SSLContext) -> None:
        """Take the files as they are now; connections that are open keep what they have.

        Raises:
            ConfigError: as above.
        """
        try:
            # A key with a passphrase is refused instead of asked for on a terminal.
            context.load_cert_chain(self.certificate, self.key, password="")
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(
                f"expected a certificate in {self.certificate} and its key in {self.key}, but: "
                f"{error.strerror or error}",
                hint="check both files: PEM, the key without a passphrase",
            ) from error


class HttpServer:
    """Serves one ASGI application on one socket.

    Args:
        app: the application.
        sock: listening already; closed by `stop`.
        headers_wait_s: seconds in which the headers of a request must have arrived.
        tls: makes it HTTPS.
        connections_max: open at once; one more is answered 503.
    """

    def __init__(
        self,
        app: Any,
        sock: socket.socket,
        *,
        headers_wait_s: float,
        tls: ssl.SSLContext | None = None,
        connections_max: int = limits.SERVER_CONNECTIONS_MAX,
    ) -> None:
        self._sock = sock
        self._tls = tls
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                http=patient_protocol(headers_wait_s),
                ws="none",
                lifespan="off",
                interface="asgi3",
                log_config=None,
                access_log=False,
                server_header=False,
                # The peer of the socket is who calls; anybody can write X-Forwarded-For.
                proxy_headers=False,
                limit_concurrency=connections_max,
                timeout_graceful_shutdown=round(limits.SERVER_STOP_WAIT_S_MAX),
            )
        )
        self._ticking: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Answer from here on."""
        # The three steps of Server.serve(), without its signal handlers: signals are the platform's matter.
        self._server.config.load()
        self._server.config.ssl = self._tls
        self._server.lifespan = self._server.config.lifespan_class(self._server.config)
        await self._server.startup(sockets=[self._sock])
        self._ticking = asyncio.create_task(self._server.main_loop())

    async def stop(self) -> None:
        """Take no more, finish what was begun within limits, close the socket."""
        if self._ticking is None:
            self._sock.close()
            return
        self._server.should_exit = True
        await self._ticking
        await self._server.shutdown(sockets=[self._sock])
        self._ticking = None
