"""What Console can do with clusters that Camunda's Administration API has no words for: kinds, brokers, backups here.

JSON under /console-api/local, with the tokens and permissions of the Administration API. What takes long is begun, and
the answer is 202: the cluster's status tells how far it is.
"""

import asyncio
import datetime as dt
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from c8py.base import limits
from c8py.base.clock import Clock
from c8py.errors import ConfigError, PlatformError
from c8py.server.access import Access, AccessDenied
from c8py.server.addresses import Addresses
from c8py.server.app._local_log import told
from c8py.server.app._remote import Remote, RemoteClusters
from c8py.server.app._zeebe import ZeebeClusters, record_of
from c8py.server.brokers import Backup, Fleet, Member, Shape, ZeebeCluster
from c8py.server.console import ConsoleService, Ids, Journal, KindRefused, Refused, credentials_text, problem
from c8py.server.store import Cluster, Store
from c8py.serving.bodies import BodyTooLarge, BodyTooSlow, read_bounded

PREFIX: Final = "/console-api/local"
_ENCODER: Final = msgspec.json.Encoder()
_REGION: Final = re.compile(r"[A-Za-z0-9-]{1,50}")
_Endpoint = Callable[[Request], Awaitable[Response]]
T = TypeVar("T")


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a creation.

    Attributes:
        name: of the cluster.
        region: as its credentials files say it.
        shape: of its brokers.
        remote: where it is, if it is somebody else's.
    """

    name: str
    region: str = "local-1"
    shape: Shape = Shape()
    remote: Remote | None = None


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a rolling restart; what is left out stays.

    Attributes:
        version: of Zeebe.
        heap_mb: of each broker.
        java_options: of each broker.
    """

    version: str | None = None
    heap_mb: int | None = None
    java_options: str | None = None


class ClientWanted(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a client's creation.

    Attributes:
        name: of the client.
        scopes: what it may call; None is everything.
    """

    name: str
    scopes: tuple[str, ...] | None = None


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A cluster of real brokers, or of somebody else, as it is now.

    Attributes:
        id: its UUID.
        name: of the cluster.
        kind: zeebe, or remote.
        status: in the words of the Administration API.
        version: of Zeebe.
        partitions: how many.
        replication: on how many brokers each lies.
        brokers: each of them; of somebody else's cluster none.
        brokers_count: how many there are.
        grpc_address: host:port for clients.
        rest_address: base URL for clients.
        audience: that tokens for it have.
        trouble: what hinders it, if that is known.
        fetched_bytes: of the distribution that is being fetched.
        fetched_of_bytes: how many there will be; 0 where nothing is being fetched.
    """

    id: str
    name: str
    kind: str = "zeebe"
    status: str
    version: str
    partitions: int
    replication: int
    brokers: tuple[Member, ...]
    brokers_count: int
    grpc_address: str
    rest_address: str
    audience: str
    trouble: str = ""
    fetched_bytes: int = 0
    fetched_of_bytes: int = 0


class Wrong(Exception):  # noqa: N818  an answer to the caller
    """Status and sentence of a refusal."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status: Final = status
        self.detail: Final = detail


def local_routes(  # the parts of a platform
    fleet: Fleet,
    brokers: ZeebeClusters,
    remote: RemoteClusters,
    service: ConsoleService,
    store: Store,
    *,
    access: Access,
    addresses: Addresses,
    journal: Journal,
    back_up: Callable[[str], Path],
    clock: Clock,
    ids: Ids,
) -> list[Route]:
    """The routes, ready to be mounted at the root; `back_up` copies the platform's own data into a folder."""
    api = _LocalApi(fleet, brokers, remote, service, store, addresses=addresses, back_up=back_up, clock=clock, ids=ids)
    one = "/clusters/{cluster}"
    table: tuple[tuple[str, str, str, _Endpoint], ...] = (
        ("POST", "/backup", "create:backups", api.back_up_platform),
        ("GET", "/clusters", "read:cluster", api.clusters),
        ("POST", "/clusters", "create:cluster", api.create),
        ("GET", one, "read:cluster", api.cluster),
        ("DELETE", one, "delete:cluster", api.delete),
        ("POST", f"{one}/test", "read:cluster", api.test),
        ("POST", f"{one}/suspend", "update:cluster", api.suspend),
        ("POST", f"{one}/resume", "update:cluster", api.resume),
        ("POST", f"{one}/restart", "update:cluster", api.restart),
        ("POST", f"{one}/clients", "create:zeebe-client", api.create_client),
        ("GET", f"{one}/backups", "read:backups", api.backups),
        ("POST", f"{one}/backups", "create:backups", api.backup),
        ("POST", f"{one}/backups/{{backup}}/restore", "create:backups", api.restore),
        ("DELETE", f"{one}/backups/{{backup}}", "delete:backups", api.delete_backup),
    )
    return [
        Route(
            PREFIX + path,
            guarded(access, permission, told(journal, store, method, path, endpoint)),
            methods=[method],
        )
        for method, path, permission, endpoint in table
    ]


def guarded(access: Access, permission: str, endpoint: _Endpoint) -> _Endpoint:
    """The endpoint, for those who may, and with its refusals in words."""

    async def guarded(request: Request) -> Response:
        try:
            caller = access.authorize(request.headers.get("authorization"), api="console", permission=permission)
            request.state.who = caller.name
            return await endpoint(request)
        except AccessDenied as denied:
            status = 401 if denied.kind == "unauthenticated" else 403
            headers = {"www-authenticate": "Bearer"} if status == 401 else None  # noqa: PLR2004
            return problem(status, denied.reason, request.url.path, headers)
        except Wrong as wrong:
            return problem(wrong.status, wrong.detail, request.url.path)
        except PlatformError as error:
            return problem(503, str(error), request.url.path)
        except ConfigError as error:
            return problem(400, str(error), request.url.path)
        except KindRefused as refused:
            return problem(409 if refused.conflict else 400, refused.detail, request.url.path)

    return guarded


class _LocalApi:
    """One method, one operation."""

    def __init__(
        self,
        fleet: Fleet,
        brokers: ZeebeClusters,
        remote: RemoteClusters,
        service: ConsoleService,
        store: Store,
        *,
        addresses: Addresses,
        back_up: Callable[[str], Path],
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._fleet = fleet
        self._brokers = brokers
        self._remote = remote
        self._service = service
        self._store = store
        self._addresses = addresses
        self._back_up = back_up
        self._clock = clock
        self._ids = ids

    async def back_up_platform(self, request: Request) -> Response:  # noqa: ARG002  the signature of an endpoint
        """Copy the platform's own data."""
        moment = dt.datetime.fromtimestamp(self._clock.now_ms() / 1000, dt.UTC)
        name = f"{moment:%Y%m%dT%H%M%SZ}-{self._ids.uuid()[:8]}"
        return as_json({"folder": str(await asyncio.to_thread(self._back_up, name))}, 201)

    async def clusters(self, request: Request) -> Response:  # noqa: ARG002  the signature of an endpoint
        """All clusters of real brokers, and those of somebody else."""
        shown = (
            self._shown_remote(one) if one.kind == "remote" else self._shown_if_here(one)
            for one in self._service.clusters()
        )
        return as_json([one for one in shown if one is not None])

    async def create(self, request: Request) -> Response:
        """Make one; it is being created when the answer comes."""
        wanted = await body_of(request, Wanted)
        name = wanted.name.strip()
        if not name or len(name) > limits.SERVER_NAME_CHARS_MAX or not name.isprintable():
            raise Wrong(400, f"expected a name of 1 to {limits.SERVER_NAME_CHARS_MAX} printable characters")
        if not _REGION.fullmatch(wanted.region):
            raise Wrong(400, "expected a region like 'local-1'")
        if any(other.name == name for other in self._store.clusters()):
            raise Wrong(409, f"expected a name that is not taken, but there is a cluster named {name!r}")
        row = Cluster(
            cluster_id=self._ids.uuid(),
            org_id=self._addresses.org_id,
            name=name,
            region=wanted.region,
            generation="",
            created_ms=self._clock.now_ms(),
        )
        if wanted.remote is not None:
            row = self._remote.record_of(row, wanted.remote)
            self._store.add_cluster(row)
            await self._remote.create(row)
            return as_json(self._shown_remote(row), 201)
        row = self._brokers.fit(record_of(row, wanted.shape))
        self._store.add_cluster(row)
        try:
            await self._brokers.create(row)
        except KindRefused:
            self._store.remove_cluster(row.cluster_id)
            raise
        return as_json(self._shown(*self._one(row.cluster_id)), 201)

    async def cluster(self, request: Request) -> Response:
        """How one is."""
        row = self._remote_row(request)
        return as_json(self._shown(*self._found(request)) if row is None else self._shown_remote(row))

    async def test(self, request: Request) -> Response:
        """Ask somebody else's cluster for its topology now."""
        row = self._remote_row(request)
        if row is None:
            raise Wrong(404, "expected the id of a remote cluster, but there is none")
        await self._remote.test(row)
        return as_json(self._shown_remote(row))

    async def delete(self, request: Request) -> Response:
        """End it and remove its data; its backups stay. One of somebody else's is forgotten, no more."""
        remote = self._remote_row(request)
        if remote is not None:
            self._store.remove_cluster(remote.cluster_id)
            await self._remote.delete(remote)
            return _begun(remote)
        row, _ = self._found(request)
        self._store.remove_cluster(row.cluster_id)
        await self._brokers.delete(row)
        return _begun(row)

    async def suspend(self, request: Request) -> Response:
        """Let its brokers rest."""
        row, _ = self._found(request)
        await self._brokers.suspend(row)
        self._store.change_cluster(msgspec.structs.replace(row, suspended=True))
        return _begun(row)

    async def resume(self, request: Request) -> Response:
        """Start its brokers again."""
        row, _ = self._found(request)
        await self._brokers.wake(row)
        self._store.change_cluster(msgspec.structs.replace(row, suspended=False))
        return _begun(row)

    async def restart(self, request: Request) -> Response:
        """Restart one broker after the other, with another version or memory if that is asked for."""
        row, cluster = self._found(request)
        change = msgspec.structs.asdict(await body_of(request, Change))
        given = {name: value for name, value in change.items() if value is not None}
        changed = record_of(row, msgspec.structs.replace(cluster.plan.shape, **given))
        await self._brokers.change(changed)
        self._store.change_cluster(changed)
        return _begun(row)

    async def create_client(self, request: Request) -> Response:
        """Make an API client, and its credentials file: the only answer with the secret in it."""
        row, _ = self._found(request)
        wanted = await body_of(request, ClientWanted)
        made = self._service.create(row, wanted.name, wanted.scopes)
        if isinstance(made, Refused):
            raise Wrong(made.status, made.detail)
        text = credentials_text(
            self._addresses,
            place=self._service.place(row),
            cluster=row,
            client_id=made.client.client_id,
            secret=made.secret,
            scopes=made.client.permissions,
        )
        answer = {"clientId": made.client.client_id, "permissions": made.client.permissions, "credentials": text}
        return as_json(answer, 201)

    async def backups(self, request: Request) -> Response:
        """Its backups, the oldest first."""
        _, cluster = self._found(request)
        return as_json(await asyncio.to_thread(cluster.backups))

    async def backup(self, request: Request) -> Response:
        """Back it up; the answer names the backup, which is listed when it is whole."""
        row, _ = self._found(request)
        backup_id = self._ids.uuid()
        self._brokers.begin_backup(row, backup_id)
        return _begun(row, backupId=backup_id)

    async def restore(self, request: Request) -> Response:
        """Put a backup in the place of its data."""
        row, cluster = self._found(request)
        self._brokers.begin_restore(row, self._backup(request, cluster))
        return _begun(row)

    async def delete_backup(self, request: Request) -> Response:
        """Remove a backup."""
        _, cluster = self._found(request)
        backup = self._backup(request, cluster)
        await asyncio.to_thread(cluster.delete_backup, backup.backup_id)
        return Response(status_code=204)

    def _found(self, request: Request) -> tuple[Cluster, ZeebeCluster]:
        """The cluster of the path.

        Raises:
            Wrong: there is none.
        """
        return self._one(request.path_params["cluster"])

    def _one(self, cluster_id: str) -> tuple[Cluster, ZeebeCluster]:
        row, cluster = self._service.cluster(cluster_id), self._fleet.get(cluster_id)
        if row is None or cluster is None:
            raise Wrong(404, "expected the id of a cluster of real brokers, but there is none")
        return row, cluster

    def _backup(self, request: Request, cluster: ZeebeCluster) -> Backup:
        """The backup of the path.

        Raises:
            Wrong: there is none.
        """
        wanted = request.path_params["backup"]
        found = next((one for one in cluster.backups() if one.backup_id == wanted), None)
        if found is None:
            raise Wrong(404, "expected the id of a backup of this cluster, but there is none")
        return found

    def _remote_row(self, request: Request) -> Cluster | None:
        row = self._service.cluster(request.path_params["cluster"])
        return row if row is not None and row.kind == "remote" else None

    def _shown_remote(self, row: Cluster) -> Shown:
        version, brokers, partitions = self._remote.found(row)
        place = self._remote.place(row)
        return Shown(
            id=row.cluster_id,
            name=row.name,
            kind="remote",
            status=self._remote.state(row),
            version=version,
            partitions=partitions,
            replication=0,
            brokers=(),
            brokers_count=brokers,
            grpc_address=place.grpc_address,
            rest_address=place.rest_address,
            audience=row.options.get("audience", ""),
            trouble=self._remote.trouble(row),
        )

    def _shown_if_here(self, row: Cluster) -> Shown | None:
        found = self._fleet.get(row.cluster_id)
        return None if found is None else self._shown(row, found)

    def _shown(self, row: Cluster, cluster: ZeebeCluster) -> Shown:
        come, whole = cluster.fetched or (0, 0)
        return Shown(
            id=row.cluster_id,
            name=row.name,
            status=cluster.status,
            version=cluster.plan.shape.version,
            partitions=cluster.plan.shape.partitions,
            replication=cluster.plan.shape.replication,
            brokers=cluster.members(),
            brokers_count=len(cluster.plan.brokers),
            grpc_address=self._brokers.place(row).grpc_address,
            rest_address=self._brokers.place(row).rest_address,
            audience=f"{row.cluster_id}.zeebe.camunda.io",
            trouble=self._brokers.trouble(row),
            fetched_bytes=come,
            fetched_of_bytes=whole,
        )


async def body_of(request: Request, kind: type[T]) -> T:
    """The body of a request; an empty one is an object without members.

    Raises:
        Wrong: it is too large, too slow, or does not fit.
    """
    try:
        raw = await read_bounded(
            request.stream(), bytes_max=limits.CONSOLE_BODY_BYTES_MAX, wait_s=limits.CONSOLE_BODY_WAIT_S_MAX
        )
        return msgspec.json.decode(raw or b"{}", type=kind)
    except BodyTooLarge:
        raise Wrong(413, f"expected at most {limits.CONSOLE_BODY_BYTES_MAX} bytes, but there are more") from None
    except BodyTooSlow:
        raise Wrong(408, "expected the whole body in time, but it did not end") from None
    except msgspec.ValidationError as error:
        raise Wrong(400, f"expected another body, but: {error.__cause__ or error}") from None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise Wrong(400, "expected a JSON object, but the body is none") from None


def _begun(row: Cluster, **more: str) -> Response:
    return as_json({"id": row.cluster_id, **more}, 202)


def as_json(body: object, status: int = 200) -> Response:
    """The answer with this in it."""
    return Response(_ENCODER.encode(body), status, media_type="application/json", headers={"cache-control": "no-store"})
