"""Puts a token proxy together, opens its port, and takes it apart again in the opposite order."""

import asyncio
import ipaddress
import logging
import os
import ssl
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

from c8py.auth import FileCache, MemoryCache, TokenCache
from c8py.base.clock import Clock, SystemClock
from c8py.base.limits import TOKEN_PROXY_CONNECTIONS_MAX, TOKEN_PROXY_TOKENS_MAX, TOKEN_PROXY_TRIM_S
from c8py.config import Settings
from c8py.errors import ConfigError
from c8py.serving.http import HttpServer, Tls, bound_socket
from c8py.token_proxy.certificate import follow
from c8py.token_proxy.desk import Desk
from c8py.token_proxy.endpoint import Endpoint
from c8py.token_proxy.figures import Figures
from c8py.token_proxy.settings import ProxySettings, Ready
from c8py.token_proxy.wire import TokenWire

_LOG: Final = logging.getLogger("c8py.token_proxy")
_AGENT: Final = "c8py-token-proxy"


class TokenProxy:
    """A token proxy in this process and this event loop.

    Args:
        settings: what it is told.
        network: certificates and times of its own requests.
        clock: when it is.
    """

    def __init__(self, settings: ProxySettings, network: Settings, *, clock: Clock | None = None) -> None:
        self._settings = settings
        self._network = network
        self._clock = clock or SystemClock()
        self._open = AsyncExitStack()
        self._endpoint: Endpoint | None = None

    async def start(self) -> Ready:
        """Start; when this returns, it answers.

        Raises:
            PlatformError: the port cannot be had.
            ConfigError: a certificate cannot be used.
        """
        try:
            return await self._start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Answer what was begun, and end; twice is fine."""
        if self._endpoint is not None:
            self._endpoint.ready = False
        await self._open.aclose()

    async def _start(self) -> Ready:
        settings = self._settings
        tls = self._tls()
        sock = bound_socket(settings.host, settings.port, option="--port")
        self._open.callback(sock.close)
        wire = TokenWire(self._network, agent=_AGENT)
        figures = Figures(upstream.name for upstream in settings.upstreams)
        self._open.push_async_callback(wire.aclose)
        desk = Desk(settings.upstreams, wire.open(), tokens=self._tokens(), clock=self._clock, figures=figures)
        endpoint = self._endpoint = Endpoint(settings, desk, figures, self._clock)
        server = HttpServer(
            endpoint,
            sock,
            headers_wait_s=settings.headers_wait_s,
            tls=tls,
            connections_max=TOKEN_PROXY_CONNECTIONS_MAX,
        )
        self._open.push_async_callback(server.stop)
        # Before the server, which waits for those it answers, they are told to come back.
        self._open.push_async_callback(desk.aclose)
        await server.start()
        endpoint.ready = True
        host, port = sock.getsockname()[:2]
        return self._said(host, port, secure=tls is not None)

    def _tls(self) -> ssl.SSLContext | None:
        settings = self._settings
        if settings.certificate is None or settings.key is None:
            return None
        files = Tls(settings.certificate, settings.key)
        context = files.context()
        following = asyncio.create_task(follow(files, context))
        self._open.callback(following.cancel)
        return context

    def _tokens(self) -> TokenCache:
        settings = self._settings
        if settings.state is None:
            return MemoryCache(TOKEN_PROXY_TOKENS_MAX)
        _check_folder(settings.state)
        cache = FileCache(settings.state, self._clock, seal=settings.seal, keys_max=TOKEN_PROXY_TOKENS_MAX)
        self._open.callback(asyncio.create_task(_trim_now_and_then(cache)).cancel)
        return cache

    def _said(self, host: str, port: int, *, secure: bool) -> Ready:
        shown = f"[{host}]" if ":" in host else host
        address = f"{'https' if secure else 'http'}://{shown}:{port}"
        exposed = not secure and not ipaddress.ip_address(host.partition("%")[0]).is_loopback
        if exposed:
            _LOG.warning("other machines can reach %s, and secrets travel to it in plain text; use TLS", address)
        for upstream in self._settings.upstreams:
            _LOG.info("stands in for %s (%s) at %s%s", upstream.token_url, upstream.name, address, upstream.paths[0])
        return Ready(
            pid=os.getpid(),
            address=address,
            token_urls={upstream.name: f"{address}{upstream.paths[0]}" for upstream in self._settings.upstreams},
            state="" if self._settings.state is None else str(self._settings.state),
            exposed=exposed,
        )


async def _trim_now_and_then(cache: FileCache) -> None:
    """Memory holds so many tokens, and so does the folder: those that ended are in nobody's way, but they add up."""
    while True:
        await asyncio.to_thread(cache.trim, TOKEN_PROXY_TOKENS_MAX)
        await asyncio.sleep(TOKEN_PROXY_TRIM_S)


def _check_folder(folder: Path) -> None:
    """Whoever wants tokens to outlive a restart is told at once where they would not.

    Raises:
        ConfigError: nothing can be stored in the folder.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ConfigError(
            f"expected to store tokens in {folder}, but: {error.strerror or error}",
            hint="name a folder with --state that belongs to the user whom the proxy runs as",
        ) from error
