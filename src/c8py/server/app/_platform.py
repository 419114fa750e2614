"""Puts the platform together: folder, store, keys, ports, edges; and takes it apart again in the opposite order."""

import os
import secrets
import shutil
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import Receive, Scope, Send

from c8py.base.clock import Clock, SystemClock
from c8py.errors import PlatformError
from c8py.server.access import Access, Issuers, Keys
from c8py.server.app._embedded import EmbeddedClusters
from c8py.server.app._hosts import HostGate
from c8py.server.console import (
    ConsoleService,
    Guard,
    Ids,
    Kinds,
    RandomIds,
    api_routes,
    ensure_cluster,
    ensure_credentials,
    page_routes,
    problem,
)
from c8py.server.gateway import Gateway
from c8py.server.oauth import oauth_routes
from c8py.server.settings import Addresses, Settings
from c8py.server.store import Cluster, Store
from c8py.serving.http import HttpServer, bound_socket

# Parts of Camunda that credentials files point at and this platform does not have.
_NOT_HERE: Final = ("/operate", "/tasklist", "/optimize")
_WRONG: Final = {
    404: "expected a path of this platform, but there is none like it",
    405: "expected a method that this path has, but it has others",
}


class Platform:
    """A local platform in this process and this event loop.

    Args:
        settings: what it is told.
        clock: when it is.
        ids: ids and secrets of what it makes.
    """

    def __init__(self, settings: Settings, *, clock: Clock | None = None, ids: Ids | None = None) -> None:
        self._settings = settings
        self._clock = clock or SystemClock()
        self._ids = ids or RandomIds()
        self._open = AsyncExitStack()
        self._gateway: Gateway | None = None

    @property
    def gateway(self) -> Gateway:
        """The edges of the clusters, for tests that look behind them.

        Raises:
            PlatformError: it has not started.
        """
        if self._gateway is None:
            raise PlatformError("expected a platform that has started, but it has not", hint="await start() first")
        return self._gateway

    async def start(self) -> Addresses:
        """Start everything; when this returns, every address answers.

        Raises:
            PlatformError: the folder or a port cannot be had; nothing is left behind.
        """
        try:
            return await self._start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stop everything, and remove the folder if it was temporary; twice is fine."""
        await self._open.aclose()

    async def _start(self) -> Addresses:
        settings, clock = self._settings, self._clock
        folder = self._folder()
        store = Store.open(folder, durable=settings.data_dir is not None)
        self._open.callback(store.close)
        sock = bound_socket(settings.host, settings.http_port)
        self._open.callback(sock.close)
        http_address = f"http://{settings.public_host}:{sock.getsockname()[1]}"
        keys, issuers = Keys.of(store, clock=clock), Issuers.at(http_address)
        access = Access(settings, store, keys, issuers, clock=clock)
        organization, cluster = ensure_cluster(store, settings, clock=clock, ids=self._ids)
        self._gateway = Gateway(settings.gateway, access, clock, cluster.cluster_id)
        self._open.push_async_callback(self._gateway.stop)
        embedded = EmbeddedClusters(settings, self._gateway, store, folder, http_address)
        self._open.push_async_callback(embedded.stop)
        port = await embedded.start(cluster)
        kinds: Kinds = {"embedded": embedded}
        service = ConsoleService(settings, store, clock=clock, ids=self._ids, kinds=kinds)
        addresses = ensure_credentials(
            folder,
            _addresses(http_address, f"{settings.public_host}:{port}", cluster),
            cluster=cluster,
            store=store,
            service=service,
        )
        routes: list[BaseRoute] = [
            *oauth_routes(settings.oauth, store=store, keys=keys, issuers=issuers, clock=clock, sources=access.sources),
            *api_routes(service, access, addresses),
            *page_routes(service, organization, addresses, Guard(secrets.token_bytes(32))),
            *_own_routes(service),
            *self.gateway.rest_routes(),
        ]
        server = HttpServer(_application(routes, settings), sock, headers_wait_s=settings.headers_wait_s)
        self._open.push_async_callback(server.stop)
        # Before the server, which waits for its long polls, is stopped, they are let go.
        self._open.push_async_callback(self.gateway.wind_down)
        await server.start()
        return addresses

    def _folder(self) -> Path:
        if self._settings.data_dir is not None:
            return self._settings.data_dir
        try:
            folder = Path(tempfile.mkdtemp(prefix="c8py-"))
        except OSError as error:
            raise PlatformError(f"expected to make a temporary folder, but: {error}", hint="use --data-dir") from error
        self._open.callback(shutil.rmtree, folder, ignore_errors=True)
        return folder


def _addresses(http_address: str, grpc_address: str, cluster: Cluster) -> Addresses:
    return Addresses(
        pid=os.getpid(),
        http_address=http_address,
        grpc_address=grpc_address,
        rest_address=http_address,
        oauth_url=f"{http_address}/oauth/token",
        console_url=f"{http_address}/console",
        console_api_url=f"{http_address}/console-api",
        cluster_id=cluster.cluster_id,
        region=cluster.region,
        org_id=cluster.org_id,
        credentials_file="",
        console_credentials_file="",
    )


def _application(routes: list[BaseRoute], settings: Settings) -> Starlette:
    return Starlette(
        routes=routes,
        middleware=[Middleware(HostGate, settings=settings)],
        exception_handlers={
            HTTPException: _http_error,
            ClientDisconnect: _gone,
            PlatformError: _unable,
            Exception: _fault,
        },
    )


def _own_routes(service: ConsoleService) -> list[BaseRoute]:
    async def health(request: Request) -> Response:  # noqa: ARG001  the signature of an endpoint
        clusters = {cluster.cluster_id: service.status(cluster) for cluster in service.clusters()}
        # One that somebody has suspended, or that is just being made, is no trouble of the platform.
        well = all(status != "Unhealthy" for status in clusters.values())
        body = {"status": "UP" if well else "DOWN", "clusters": clusters}
        return JSONResponse(body, 200 if well else 503, headers={"cache-control": "no-store"})

    return [
        Route("/", _to_console),
        Route("/health", health),
        *(Mount(path, app=_not_here) for path in _NOT_HERE),
    ]


async def _to_console(request: Request) -> Response:  # noqa: ARG001  the signature of an endpoint
    return RedirectResponse("/console")


async def _not_here(scope: Scope, receive: Receive, send: Send) -> None:
    detail = "expected an API that this platform has, but it has neither Operate, Tasklist nor Optimize; use /v2"
    await problem(501, detail, scope["path"])(scope, receive, send)


async def _http_error(request: Request, error: Exception) -> Response:
    """No such path, or no such method there."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = error.headers if isinstance(error, HTTPException) else None
    wrong = {404: "a path of this platform", 405: "a method that this path has"}.get(
        status, "a request that can be read"
    )
    return problem(status, f"expected {wrong}, but it is none", request.url.path, headers)


async def _gone(request: Request, _error: Exception) -> Response:
    """The caller went away before it had said everything; nobody reads this."""
    return problem(400, "expected the whole request, but the connection ended", request.url.path)


async def _unable(request: Request, error: Exception) -> Response:
    """The disk is full or gone; what was asked for has not happened."""
    return problem(503, str(error), request.url.path)


async def _fault(request: Request, _error: Exception) -> Response:
    """Our own fault; uvicorn's log has the traceback."""
    return problem(500, "expected to answer, but the platform failed; please report it", request.url.path)
