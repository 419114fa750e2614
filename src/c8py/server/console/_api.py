"""The Administration API: Console for programs, with the paths, shapes and statuses of api.cloud.camunda.io.

Asks for a token of the organization on every call, and for the permission of the operation. Errors are problem
documents. What is not there yet answers 501.
"""

import datetime as dt
import uuid
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from c8py.base import limits
from c8py.server.access import API_FACTS, Access, AccessDenied
from c8py.server.console._operations import NOT_YET
from c8py.server.console._problems import problem
from c8py.server.console._service import ConsoleService, Refused
from c8py.server.console._wire import (
    ClientCreated,
    ClientItem,
    ClientWanted,
    ClusterItem,
    ConnectionDetails,
    Encryption,
    Links,
    Named,
    ParameterChannel,
    ParameterRegion,
    Parameters,
    Status,
)
from c8py.server.settings import Addresses
from c8py.server.store import Client, Cluster
from c8py.serving.bodies import BodyTooLarge, BodyTooSlow, read_bounded

_ENCODER: Final = msgspec.json.Encoder()
_WANTED: Final = msgspec.json.Decoder(ClientWanted)
_NAMESPACE: Final = uuid.UUID("6d0c8f5e-3a53-4b0e-9a0b-0e5a4f1c8a11")
_PREFIX: Final = "/console-api"

_Endpoint = Callable[[Request], Awaitable[Response]]


def api_routes(service: ConsoleService, access: Access, addresses: Addresses) -> list[Route]:
    """The routes of the Administration API, ready to be mounted at the root.

    Args:
        service: does what is asked.
        access: knows who asks.
        addresses: what answers point at.
    """
    api = _Api(service, addresses)
    here: tuple[tuple[str, str, str, _Endpoint], ...] = (
        ("GET", "/clusters", "read:cluster", api.clusters),
        ("GET", "/clusters/parameters", "read:cluster", api.parameters),
        ("GET", "/clusters/{cluster}", "read:cluster", api.cluster),
        ("GET", "/clusters/{cluster}/clients", "read:zeebe-client", api.clients),
        ("POST", "/clusters/{cluster}/clients", "create:zeebe-client", api.create_client),
        ("GET", "/clusters/{cluster}/clients/{client}", "read:zeebe-client", api.client),
        ("DELETE", "/clusters/{cluster}/clients/{client}", "delete:zeebe-client", api.delete_client),
    )
    routes = [(method, path, permission, endpoint) for method, path, permission, endpoint in here]
    routes += [(method, path, permission, _not_yet(operation)) for method, path, operation, permission in NOT_YET]
    return [
        Route(_PREFIX + path, _guarded(access, permission, endpoint), methods=[method])
        for method, path, permission, endpoint in routes
    ]


def _guarded(access: Access, permission: str, endpoint: _Endpoint) -> _Endpoint:
    """The endpoint, for those who may."""

    async def guarded(request: Request) -> Response:
        if permission:
            try:
                access.authorize(request.headers.get("authorization"), api="console", permission=permission)
            except AccessDenied as denied:
                status = 401 if denied.kind == "unauthenticated" else 403
                headers = {"www-authenticate": "Bearer"} if denied.kind == "unauthenticated" else None
                return problem(status, denied.reason, request.url.path, headers)
        return await endpoint(request)

    return guarded


def _not_yet(operation: str) -> _Endpoint:
    async def endpoint(request: Request) -> Response:
        return problem(501, f"expected an operation that this platform has, but {operation} is not", request.url.path)

    return endpoint


class _Api:
    """One method, one operation."""

    def __init__(self, service: ConsoleService, addresses: Addresses) -> None:
        self._service = service
        self._addresses = addresses

    async def clusters(self, request: Request) -> Response:  # noqa: ARG002  the signature of an endpoint
        """GetClusters."""
        return _json([self._item(cluster) for cluster in self._service.clusters()])

    async def cluster(self, request: Request) -> Response:
        """GetCluster."""
        found = self._service.cluster(request.path_params["cluster"])
        return _no_cluster(request) if found is None else _json(self._item(found))

    async def parameters(self, request: Request) -> Response:  # noqa: ARG002  the signature of an endpoint
        """GetParameters: what there is to choose from, which is what there is."""
        clusters = self._service.clusters()
        generations = tuple(_named(name) for name in sorted({cluster.generation for cluster in clusters}))
        regions = sorted({cluster.region for cluster in clusters})
        return _json(
            Parameters(
                channels=(
                    ParameterChannel(
                        allowed_generations=generations,
                        default_generation=generations[0],
                        name=_CHANNEL.name,
                        uuid=_CHANNEL.uuid,
                    ),
                ),
                cluster_plan_types=(_PLAN,),
                regions=tuple(
                    ParameterRegion(provider="local", name=region, uuid=_named(region).uuid) for region in regions
                ),
            )
        )

    async def clients(self, request: Request) -> Response:
        """GetClients."""
        cluster = self._service.cluster(request.path_params["cluster"])
        if cluster is None:
            return _no_cluster(request)
        return _json(
            [
                ClientItem(name=client.name, client_id=client.client_id, permissions=client.permissions)
                for client in self._service.clients(cluster)
            ]
        )

    async def create_client(self, request: Request) -> Response:
        """CreateClient."""
        cluster = self._service.cluster(request.path_params["cluster"])
        if cluster is None:
            return _no_cluster(request)
        wanted = await _wanted(request)
        if isinstance(wanted, Response):
            return wanted
        made = self._service.create(cluster, wanted.client_name, wanted.permissions)
        if isinstance(made, Refused):
            return problem(made.status, made.detail, request.url.path)
        return _json(
            ClientCreated(
                name=made.client.name,
                uuid=made.client.uuid,
                client_id=made.client.client_id,
                client_secret=made.secret.reveal(),
                permissions=made.client.permissions,
                audience=API_FACTS["zeebe"].audience,
                links=self._links(cluster),
            )
        )

    async def client(self, request: Request) -> Response:
        """GetClient."""
        cluster, client = self._service.cluster(request.path_params["cluster"]), self._client(request)
        if cluster is None or client is None:
            return _no_client(request)
        return _json(
            ConnectionDetails(
                name=client.name,
                zeebe_address=self._service.place(cluster).grpc_address,
                zeebe_client_id=client.client_id,
                zeebe_authorization_server_url=self._addresses.oauth_url,
            )
        )

    async def delete_client(self, request: Request) -> Response:
        """DeleteClient."""
        client = self._client(request)
        if client is None:
            return _no_client(request)
        self._service.delete(client)
        return Response(status_code=204)

    def _client(self, request: Request) -> Client | None:
        cluster = self._service.cluster(request.path_params["cluster"])
        return None if cluster is None else self._service.client(cluster, request.path_params["client"])

    def _item(self, cluster: Cluster) -> ClusterItem:
        created = dt.datetime.fromtimestamp(cluster.created_ms / 1000, dt.UTC)
        status = self._service.status(cluster)
        return ClusterItem(
            uuid=cluster.cluster_id,
            name=cluster.name,
            owner_id=cluster.org_id,
            created=created.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            plan_type=_PLAN,
            region=_named(cluster.region),
            generation=_named(cluster.generation),
            channel=_CHANNEL,
            auto_update=False,
            status=Status(ready=status, zeebe_status=status),
            links=self._links(cluster),
            encryption=Encryption(type="Software"),
        )

    def _links(self, cluster: Cluster) -> Links:
        return Links(
            console=f"{self._addresses.console_url}/org/{cluster.org_id}/cluster/{cluster.cluster_id}",
            oauth=self._addresses.oauth_url,
            zeebe=self._service.place(cluster).grpc_address,
        )


async def _wanted(request: Request) -> ClientWanted | Response:
    """The body of CreateClient, or what is wrong with it."""
    bytes_max, path = limits.CONSOLE_BODY_BYTES_MAX, request.url.path
    try:
        body = await read_bounded(request.stream(), bytes_max=bytes_max, wait_s=limits.CONSOLE_BODY_WAIT_S_MAX)
        return _WANTED.decode(body)
    except BodyTooLarge:
        return problem(413, f"expected at most {bytes_max} bytes, but there are more", path, {"connection": "close"})
    except BodyTooSlow:
        return problem(408, "expected the whole body in time, but it did not end", path, {"connection": "close"})
    # RecursionError: brackets alone, a thousand deep.
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return problem(400, "expected JSON with clientName and, if any, permissions, but the body is none", path)


def _named(name: str) -> Named:
    """A name with the id that Camunda's shapes want; the same id for the same name."""
    return Named(name=name, uuid=str(uuid.uuid5(_NAMESPACE, name)))


_CHANNEL: Final = _named("Stable")
_PLAN: Final = _named("Local")


def _json(body: object) -> Response:
    return Response(_ENCODER.encode(body), media_type="application/json", headers={"cache-control": "no-store"})


def _no_cluster(request: Request) -> Response:
    return problem(404, "expected the id of a cluster of this organization, but there is none", request.url.path)


def _no_client(request: Request) -> Response:
    return problem(404, "expected a client of a cluster of this organization, but there is none", request.url.path)
