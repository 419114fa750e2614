"""Console for people: the clusters, and the API clients of each. Plain pages and forms; nothing needs a script.

A new client's secret is on one page, once. That page can hand it back for the file to be downloaded; the platform
itself keeps nothing of it but the hash.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from c8py.base.redact import Secret
from c8py.server.console._credentials import FILE_VERSIONS, credentials_file_name, credentials_text
from c8py.server.console._guard import Form, Guard, Refusal, first
from c8py.server.console._service import ConsoleService, Created
from c8py.server.settings import Addresses
from c8py.server.store import Client, Cluster, Organization

_CLUSTER: Final = "/console/org/{org}/cluster/{cluster}"
_NO_CLUSTER: Final = Refusal(404, "No such cluster", "There is no cluster of this id. Look at the list of clusters.")
_NO_CLIENT: Final = Refusal(404, "No such client", "There is no client of this id; it may have been deleted.")

_NO_PAGE: Final = Refusal(404, "No such page", "There is no page of this address. Begin with the list of clusters.")


class _Scope(msgspec.Struct, frozen=True):
    """A scope as the form shows it."""

    value: str
    label: str
    hint: str


_SCOPES: Final = (
    _Scope("Zeebe", "Orchestration Cluster API", "Deploy, start and work on processes, over gRPC and REST."),
    _Scope("Operate", "Operate API", "For programs that name this scope; the platform has no Operate."),
    _Scope("Tasklist", "Tasklist API", "For programs that name this scope; the platform has no Tasklist."),
    _Scope("Optimize", "Optimize API", "For programs that name this scope; the platform has no Optimize."),
    _Scope("Secrets", "Administration API (Secrets resource)", "Reads the connector secrets of this cluster."),
)


def page_routes(service: ConsoleService, organization: Organization, addresses: Addresses, guard: Guard) -> list[Route]:
    """The routes of the pages, ready to be mounted at the root.

    Args:
        service: does what is asked.
        organization: whose Console it is.
        addresses: what pages and files point at.
        guard: stands before every page.
    """
    pages = _Pages(service, organization, addresses, guard)
    clients = _CLUSTER + "/api"
    return [
        Route("/console", guard.page(pages.clusters)),
        Route("/console/static/{name}", guard.static),
        Route(_CLUSTER, guard.page(pages.cluster)),
        Route(clients, guard.page(pages.clients)),
        Route(clients, guard.form(pages.create), methods=["POST"]),
        Route(clients + "/new", guard.page(pages.new)),
        Route(clients + "/client/{client}", guard.page(pages.client)),
        Route(clients + "/client/{client}/file", guard.form(pages.file), methods=["POST"]),
        Route(clients + "/client/{client}/delete", guard.page(pages.ask_delete)),
        Route(clients + "/client/{client}/delete", guard.form(pages.delete), methods=["POST"]),
        Route("/console/{path:path}", guard.page(pages.nothing)),
    ]


class _Pages:
    """One method, one page."""

    def __init__(self, service: ConsoleService, organization: Organization, addresses: Addresses, guard: Guard) -> None:
        self._service = service
        self._organization = organization
        self._addresses = addresses
        self._guard = guard

    async def clusters(self, request: Request) -> Response:
        """All clusters."""
        return self._show(request, "clusters.html", {"clusters": self._service.clusters()})

    async def cluster(self, request: Request) -> Response:
        """One cluster: where it is, and what it is."""
        cluster = self._cluster(request)
        if cluster is None:
            return self._guard.refuse(request, _NO_CLUSTER)
        return self._show(request, "cluster.html", {"cluster": cluster, "created": _day(cluster.created_ms)})

    async def clients(self, request: Request) -> Response:
        """The API clients of a cluster."""
        cluster = self._cluster(request)
        if cluster is None:
            return self._guard.refuse(request, _NO_CLUSTER)
        rows = [(client, _day(client.created_ms)[: len("2026-11-21")]) for client in self._service.clients(cluster)]
        deleted = request.query_params.get("done") == "deleted"
        return self._show(request, "clients.html", {"cluster": cluster, "rows": rows, "deleted": deleted})

    async def new(self, request: Request) -> Response:
        """The form for a new client."""
        cluster = self._cluster(request)
        if cluster is None:
            return self._guard.refuse(request, _NO_CLUSTER)
        return self._form(request, cluster, name="", chosen=("Zeebe",))

    async def create(self, request: Request, form: Form) -> Response:
        """A new client, and its secret for the only time."""
        cluster = self._cluster(request)
        if cluster is None:
            return self._guard.refuse(request, _NO_CLUSTER)
        name, chosen = first(form, "name"), form.get("scope", [])
        made = self._service.create(cluster, name, chosen)
        if not isinstance(made, Created):
            return self._form(request, cluster, name=name, chosen=chosen, wrong=made.detail, status=made.status)
        context = {
            **self._connection(cluster, made.client),
            "secret": made.secret.reveal(),
            "file_name": credentials_file_name(made.client.name),
            "versions": FILE_VERSIONS,
        }
        return self._show(request, "client_created.html", context)

    async def file(self, request: Request, form: Form) -> Response:
        """The credentials file, made of the secret that the page handed back."""
        cluster, client = self._client(request)
        if cluster is None or client is None:
            return self._guard.refuse(request, _NO_CLIENT)
        secret, version = Secret(first(form, "secret")), first(form, "version")
        if version not in FILE_VERSIONS or not self._service.knows(client, secret):
            detail = "The secret is not this client's. It was shown once; without it, make a new client."
            return self._guard.refuse(request, Refusal(400, "No file without the secret", detail))
        text = credentials_text(
            self._addresses,
            cluster=cluster,
            place=self._service.place(cluster),
            client_id=client.client_id,
            secret=secret,
            scopes=client.permissions,
            version=version,
        )
        headers = {
            "cache-control": "no-store",
            "content-disposition": f'attachment; filename="{credentials_file_name(client.name)}"',
            "x-content-type-options": "nosniff",
        }
        return Response(text, headers=headers, media_type="text/plain")

    async def client(self, request: Request) -> Response:
        """What is known of a client: everything but the secret."""
        cluster, client = self._client(request)
        if cluster is None or client is None:
            return self._guard.refuse(request, _NO_CLIENT)
        context = {**self._connection(cluster, client), "created": _day(client.created_ms)}
        return self._show(request, "client.html", context)

    async def ask_delete(self, request: Request) -> Response:
        """Whether it is meant."""
        cluster, client = self._client(request)
        if cluster is None or client is None:
            return self._guard.refuse(request, _NO_CLIENT)
        return self._show(request, "client_delete.html", {"cluster": cluster, "client": client})

    async def delete(self, request: Request, form: Form) -> Response:  # noqa: ARG002  the signature of an endpoint
        """It was meant."""
        cluster, client = self._client(request)
        if cluster is None or client is None:
            return self._guard.refuse(request, _NO_CLIENT)
        self._service.delete(client)
        path = _CLUSTER.format(org=cluster.org_id, cluster=cluster.cluster_id)
        return RedirectResponse(f"{path}/api?done=deleted", 303)

    async def nothing(self, request: Request) -> Response:
        """No page of this address."""
        return self._guard.refuse(request, _NO_PAGE)

    def _cluster(self, request: Request) -> Cluster | None:
        cluster = self._service.cluster(request.path_params["cluster"])
        return cluster if cluster is not None and cluster.org_id == request.path_params["org"] else None

    def _client(self, request: Request) -> tuple[Cluster | None, Client | None]:
        cluster = self._cluster(request)
        return cluster, None if cluster is None else self._service.client(cluster, request.path_params["client"])

    def _connection(self, cluster: Cluster, client: Client) -> dict[str, object]:
        labels = {scope.value: scope.label for scope in _SCOPES}
        return {
            "cluster": cluster,
            "client": client,
            "scopes": [labels.get(permission, permission) for permission in client.permissions],
        }

    def _form(
        self,
        request: Request,
        cluster: Cluster,
        *,
        name: str,
        chosen: Sequence[str],
        wrong: str = "",
        status: int = 200,
    ) -> Response:
        context = {"cluster": cluster, "name": name, "chosen": chosen, "offered": _SCOPES, "wrong": wrong}
        return self._show(request, "client_new.html", context, status)

    def _show(self, request: Request, template: str, context: Mapping[str, object], status: int = 200) -> Response:
        common = {
            "organization": self._organization,
            "addresses": self._addresses,
            "status_of": self._service.status,
        }
        return self._guard.render(request, template, {**common, **context}, status)


def _day(at_ms: int) -> str:
    return dt.datetime.fromtimestamp(at_ms / 1000, dt.UTC).strftime("%Y-%m-%d %H:%M UTC")
