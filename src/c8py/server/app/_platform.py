"""Puts the platform together: folder, store, keys, ports, edges; and takes it apart again in the opposite order."""

import asyncio
import contextlib
import functools
import logging
import os
import secrets
import socket
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from c8py.base.clock import Clock, SystemClock
from c8py.errors import PlatformError
from c8py.server.access import KEY_FILE_NAME, Access, Issuers, Keys, Provider, Seal
from c8py.server.addresses import Addresses
from c8py.server.app._alert_posts import AlertPosts
from c8py.server.app._embedded import EmbeddedClusters
from c8py.server.app._fleet import backups_folder, fleet_of
from c8py.server.app._guests import FILE_NAME, Guests
from c8py.server.app._hosts import HostGate
from c8py.server.app._instances import GatewayInstances
from c8py.server.app._local_api import local_routes
from c8py.server.app._own_backup import back_up
from c8py.server.app._own_routes import own_routes
from c8py.server.app._passing_folder import passing_folder
from c8py.server.app._provider_keys import AsksProvider
from c8py.server.app._remote import RemoteClusters
from c8py.server.app._unread import UnreadBodies
from c8py.server.app._zeebe import ZeebeClusters
from c8py.server.brokers import Fleet
from c8py.server.console import (
    Alerts,
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
    OutsideSignIn,
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
from c8py.server.settings import Settings
from c8py.server.store import Cluster, Organization, Store
from c8py.serving.http import HttpServer, Tls, bound_socket

_log = logging.getLogger("c8py.server.app")
_LOOK_S: Final = 10.0
_TELL_S: Final = 2.0


class Platform:
    """A local platform in this process and this event loop.

    Args:
        settings: what it is told.
        clock: when it is.
        ids: ids and secrets of what it makes.

    Attributes:
        brokers_left: brokers that went on when it was stopped.
        routes: what it serves over HTTP, for tests that go through all of it.
    """

    def __init__(self, settings: Settings, *, clock: Clock | None = None, ids: Ids | None = None) -> None:
        self._settings = settings
        self._clock = clock or SystemClock()
        self._ids = ids or RandomIds()
        self._open = AsyncExitStack()
        self._gateway: Gateway | None = None
        self._ending = False
        self.brokers_left = 0
        self.routes: Sequence[BaseRoute] = ()

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
        self._ending = True
        await self._open.aclose()

    async def _start(self) -> Addresses:
        settings, clock, folder = self._settings, self._clock, self._folder()
        store = Store.open(folder, durable=settings.data_dir is not None)
        self._open.callback(store.close)
        sock = bound_socket(settings.host, settings.http_port)
        self._open.callback(sock.close)
        tls = Tls(Path(settings.tls_certificate), Path(settings.tls_key)) if settings.tls_certificate else None
        port = sock.getsockname()[1]
        http_address = settings.public_url or f"{'http' if tls is None else 'https'}://{settings.public_host}:{port}"
        keys, issuers = Keys.of(store, clock=clock), Issuers.at(http_address)
        provider, outside = await self._start_provider(http_address)
        access = Access(settings, store, keys, issuers, clock=clock, provider=provider)
        organization, cluster = ensure_cluster(store, settings, clock=clock, ids=self._ids)
        self._gateway = Gateway(settings.gateway, access, clock, cluster.cluster_id, tls=tls)
        self._open.push_async_callback(self._gateway.stop)
        embedded = EmbeddedClusters(settings, self._gateway, store, folder, http_address)
        self._open.push_async_callback(embedded.stop)
        grpc_port = await embedded.start(cluster)
        fleet = fleet_of(settings, folder, issuers, http_port=port, allowlists=access.allowlists, clock=clock)
        self._open.push_async_callback(self._stop_fleet, fleet)
        seal = Seal.at(Path(settings.secrets_key_file) if settings.secrets_key_file else folder / KEY_FILE_NAME)
        brokers, remote = await self._other_kinds(fleet, store, seal)
        kinds: Kinds = {"embedded": embedded, "zeebe": brokers, "remote": remote}
        service = ConsoleService(settings, store, clock=clock, ids=self._ids, kinds=kinds)
        addresses = ensure_credentials(
            folder,
            _addresses(http_address, f"{settings.public_host}:{grpc_port}", cluster),
            cluster=cluster,
            store=store,
            service=service,
        )
        desk = _desk(
            settings,
            store,
            organization=organization,
            addresses=addresses,
            access=access,
            service=service,
            seal=seal,
            kinds=kinds,
            backups={"embedded": embedded, "zeebe": brokers},
            clock=clock,
            ids=self._ids,
            instances=GatewayInstances(self._gateway),
            outside=outside,
        )
        self._look_after(desk)
        addresses = _with_owner_link(addresses, desk)
        routes = [
            *_oauth(desk, fleet, store, keys, issuers, clock=clock),
            *_local(desk, fleet, brokers, remote, store, seal=seal, folder=folder, clock=clock, ids=self._ids),
            *api_routes(desk),
            *page_routes(Guard(secrets.token_bytes(32), desk)),
            *own_routes(desk, lambda: self._ending),
            *self.gateway.rest_routes(),
        ]
        await self._serve(routes, sock, tls)
        # After the server: brokers that start now ask it for keys.
        await fleet.start(one.cluster_id for one in store.clusters() if one.kind == "zeebe")
        return addresses

    def _look_after(self, desk: Desk) -> None:
        self._open.push_async_callback(desk.backups.stop)
        self._open.push_async_callback(_ended, asyncio.create_task(_now_and_then(desk)))
        self._open.push_async_callback(_ended, asyncio.create_task(_alerts(desk)))

    async def _other_kinds(self, fleet: Fleet, store: Store, seal: Seal) -> tuple[ZeebeClusters, RemoteClusters]:
        """What runs clusters of brokers, and what knows those of somebody else."""
        brokers = ZeebeClusters(fleet, self._settings.auth)
        self._open.push_async_callback(brokers.stop)
        remote = RemoteClusters(store, seal, clock=self._clock)
        self._open.push_async_callback(remote.stop)
        await remote.start()
        return brokers, remote

    async def _serve(self, routes: Sequence[BaseRoute], sock: socket.socket, tls: Tls | None) -> None:
        """Answer over HTTP from here on."""
        self.routes = routes
        server = HttpServer(
            _application(routes, self._settings),
            sock,
            headers_wait_s=self._settings.headers_wait_s,
            tls=None if tls is None else tls.context(),
        )
        self._open.push_async_callback(server.stop)
        # Before the server, which waits for its long polls, is stopped, they are let go.
        self._open.push_async_callback(self.gateway.wind_down)
        await server.start()

    async def _start_provider(self, http_address: str) -> tuple[Provider | None, OutsideSignIn | None]:
        """The outside OIDC provider whose tokens count here, and the sign-in there, if there are any."""
        told = self._settings.provider
        if not told.issuer:
            return None, None
        provider = Provider(told, clock=self._clock)
        asks = AsksProvider(told, provider)
        callback = f"{http_address}/console/sign-in/callback"
        outside = (
            OutsideSignIn(told, provider, asks.tokens, callback=callback, clock=self._clock) if told.client_id else None
        )
        self._open.push_async_callback(asks.stop)
        await asks.start()
        return provider, outside

    async def _stop_fleet(self, fleet: Fleet) -> None:
        await fleet.stop(brokers_too=self._settings.data_dir is None or not self._settings.brokers.outlive)
        self.brokers_left = sum(one.pid is not None for cluster in fleet.all() for one in cluster.members())

    def _folder(self) -> Path:
        if self._settings.data_dir is not None:
            return self._settings.data_dir
        return self._open.enter_context(passing_folder())


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


def _application(routes: Sequence[BaseRoute], settings: Settings) -> Starlette:
    return Starlette(
        routes=routes,
        middleware=[Middleware(UnreadBodies), Middleware(HostGate, settings=settings)],
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
    outside: OutsideSignIn | None,
) -> Desk:
    org_id = organization.org_id
    journal = Journal(store, org_id, clock=clock)
    members = Members(store, org_id, journal, clock=clock, session_s=settings.session_s)
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
        members=members,
        journal=journal,
        instances=instances,
        alerts=Alerts(
            store,
            seal,
            journal,
            clock=clock,
            ids=ids,
            clusters=service,
            instances=instances,
            members=members,
            deliver=AlertPosts(settings).deliver,
            console_url=addresses.console_url,
            mails=bool(settings.mail.host),
        ),
        outside=outside,
    )


def _oauth(desk: Desk, fleet: Fleet, store: Store, keys: Keys, issuers: Issuers, *, clock: Clock) -> list[Route]:
    return oauth_routes(
        desk.settings.oauth,
        store=store,
        keys=keys,
        issuers=issuers,
        clock=clock,
        sources=desk.access.sources,
        of_brokers=lambda cluster_id: fleet.get(cluster_id) is not None,
    )


def _local(  # the parts of a platform
    desk: Desk,
    fleet: Fleet,
    brokers: ZeebeClusters,
    remote: RemoteClusters,
    store: Store,
    *,
    seal: Seal,
    folder: Path,
    clock: Clock,
    ids: Ids,
) -> list[Route]:
    guests = Guests(folder / FILE_NAME, fleet, seal, desk.settings, clock=clock, ids=ids)
    local = local_routes(
        fleet,
        brokers,
        remote,
        desk.clients,
        store,
        access=desk.access,
        addresses=desk.addresses,
        journal=desk.journal,
        back_up=functools.partial(back_up, folder, store, backups_folder(desk.settings, folder)),
        clock=clock,
        ids=ids,
    )
    return [*local, *guests.routes(desk.access, desk.journal, store)]


def _with_owner_link(addresses: Addresses, desk: Desk) -> Addresses:
    link = None if desk.outside is not None and desk.outside.only else desk.members.owner_link()
    if link is None:
        return addresses
    return msgspec.structs.replace(addresses, owner_url=f"{addresses.console_url}/join/{link.reveal()}")


async def _now_and_then(desk: Desk) -> None:
    """What has to be looked at again and again."""
    while True:
        await asyncio.sleep(_LOOK_S)
        try:
            desk.backups.look()
        except Exception as error:  # noqa: BLE001  logged; the next look comes
            _log.error("what is due could not be begun: %s", error, exc_info=error)


async def _alerts(desk: Desk) -> None:
    """Tell of incidents and health, soon after they are there."""
    while True:
        await asyncio.sleep(_TELL_S)
        try:
            await desk.alerts.look()
        except Exception as error:  # noqa: BLE001  logged; the next look comes
            _log.error("alerts could not be told: %s", error, exc_info=error)


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


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
