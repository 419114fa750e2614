"""Puts the platform together: folder, store, keys, ports, edges; and takes it apart again in the opposite order."""

import asyncio
import contextlib
import logging
import os
import secrets
import shutil
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import Receive, Scope, Send

from c8py.base.clock import Clock, SystemClock
from c8py.errors import C8Error, PlatformError
from c8py.server.access import KEY_FILE_NAME, Access, Issuers, Keys, Seal
from c8py.server.app._embedded import EmbeddedClusters
from c8py.server.app._hosts import HostGate
from c8py.server.app._instances import GatewayInstances
from c8py.server.console import (
    BackupDesk,
    Backups,
    ConsoleService,
    Desk,
    Guard,
    Ids,
    Journal,
    Kinds,
    Lifecycle,
    Members,
    Monitoring,
    RandomIds,
    ShowsInstances,
    Vault,
    api_routes,
    ensure_cluster,
    ensure_credentials,
    page_routes,
    problem,
)
from c8py.server.gateway import Gateway
from c8py.server.oauth import oauth_routes
from c8py.server.settings import Addresses, Settings
from c8py.server.store import Cluster, Organization, Store
from c8py.serving.http import HttpServer, bound_socket

# Parts of Camunda that credentials files point at and this platform does not have.
_log = logging.getLogger("c8py.server.app")
_LOOK_S: Final = 10.0
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
        seal = Seal.at(Path(settings.secrets_key_file) if settings.secrets_key_file else folder / KEY_FILE_NAME)
        desk = _desk(
            settings,
            store,
            organization=organization,
            addresses=addresses,
            access=access,
            service=service,
            seal=seal,
            kinds=kinds,
            backups={"embedded": embedded},
            clock=clock,
            ids=self._ids,
            instances=GatewayInstances(self._gateway),
        )
        self._open.push_async_callback(desk.backups.stop)
        self._open.push_async_callback(_ended, asyncio.create_task(_now_and_then(desk)))
        addresses = _with_owner_link(addresses, desk)
        routes: list[BaseRoute] = [
            *oauth_routes(settings.oauth, store=store, keys=keys, issuers=issuers, clock=clock, sources=access.sources),
            *api_routes(desk),
            *page_routes(Guard(secrets.token_bytes(32), desk)),
            *_own_routes(desk),
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


def _desk(  # the parts of a platform, each by name
    settings: Settings,
    store: Store,
    *,
    organization: Organization,
    addresses: Addresses,
    access: Access,
    service: ConsoleService,
    seal: Seal,
    kinds: Kinds,
    backups: Backups,
    clock: Clock,
    ids: Ids,
    instances: ShowsInstances,
) -> Desk:
    org_id = organization.org_id
    journal = Journal(store, org_id, clock=clock)
    return Desk(
        settings=settings,
        organization=organization,
        addresses=addresses,
        access=access,
        clients=service,
        clusters=Lifecycle(
            settings, store, journal=journal, organization=organization, clock=clock, ids=ids, kinds=kinds
        ),
        vault=Vault(store, seal, journal, clock=clock),
        backups=BackupDesk(store, journal, clock=clock, ids=ids, backups=backups),
        monitoring=Monitoring(store, journal, clock=clock, ids=ids),
        members=Members(store, org_id, journal, clock=clock, session_s=settings.session_s),
        journal=journal,
        instances=instances,
    )


def _with_owner_link(addresses: Addresses, desk: Desk) -> Addresses:
    link = desk.members.owner_link()
    if link is None:
        return addresses
    return msgspec.structs.replace(addresses, owner_url=f"{addresses.console_url}/join/{link.reveal()}")


async def _now_and_then(desk: Desk) -> None:
    """What has to be looked at again and again."""
    while True:
        await asyncio.sleep(_LOOK_S)
        try:
            desk.backups.look()
        except C8Error as error:
            _log.warning("what is due could not be begun: %s", error)


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def _own_routes(desk: Desk) -> list[BaseRoute]:
    async def health(request: Request) -> Response:  # noqa: ARG001  the signature of an endpoint
        clusters = {cluster.cluster_id: desk.clients.status(cluster) for cluster in desk.clients.clusters()}
        # One that somebody has suspended, or that is just being made, is no trouble of the platform.
        well = all(status != "Unhealthy" for status in clusters.values())
        body = {"status": "UP" if well else "DOWN", "clusters": clusters}
        return JSONResponse(body, 200 if well else 503, headers={"cache-control": "no-store"})

    async def metrics(request: Request) -> Response:
        cluster = desk.clients.cluster(request.path_params["cluster"])
        if cluster is None or not desk.monitoring.knows(cluster, request.headers.get("authorization")):
            # The same for a cluster that there is not: who may not ask learns nothing.
            headers = {"www-authenticate": 'Basic realm="metrics"'}
            return problem(401, "expected the credentials of a monitoring client", request.url.path, headers)
        healthy = int(desk.clients.status(cluster) == "Healthy")
        lines = [
            "# TYPE c8_cluster_healthy gauge",
            f'c8_cluster_healthy{{cluster_id="{cluster.cluster_id}"}} {healthy}',
            "# TYPE c8_cluster_clients gauge",
            f'c8_cluster_clients{{cluster_id="{cluster.cluster_id}"}} {len(desk.clients.clients(cluster))}',
        ]
        if desk.instances.shows(cluster.cluster_id):
            for name, count in (await desk.instances.counts(cluster.cluster_id)).items():
                lines += [f"# TYPE c8_{name} gauge", f'c8_{name}{{cluster_id="{cluster.cluster_id}"}} {count}']
        kind = "text/plain; version=0.0.4; charset=utf-8"
        return Response("\n".join(lines) + "\n", headers={"cache-control": "no-store", "content-type": kind})

    return [
        Route("/", _to_console),
        Route("/health", health),
        Route("/monitoring/{cluster}/metrics", metrics),
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
