"""Console for people: the routes of its pages, and those on clusters and their API clients. Nothing needs a script.

A new client's secret is on one page, once. That page can hand it back for the file to be downloaded; the platform
itself keeps nothing of it but the hash.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Final

import msgspec
from starlette.responses import Response
from starlette.routing import Route

from c8py.base.redact import Secret
from c8py.server.console import _pages_cluster as parts
from c8py.server.console import _pages_instances as instances
from c8py.server.console import _pages_organization as people
from c8py.server.console._credentials import FILE_VERSIONS, credentials_file_name, credentials_text
from c8py.server.console._guard import Guard, Refusal, Visit
from c8py.server.console._lifecycle import STAGES, ClusterWanted
from c8py.server.console._not_done import NotDone
from c8py.server.console._service import Created
from c8py.server.store import Client, Cluster

_CLUSTER: Final = "/console/org/{org}/cluster/{cluster}"
_ORGANIZATION: Final = "/console/org/{org}"
_NO_PAGE: Final = Refusal(404, "No such page", "There is no page of this address. Begin with the list of clusters.")
# States that end by themselves: the page looks again.
_PASSING: Final = frozenset(("Creating", "Updating", "Resuming", "Maintenance"))


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


def page_routes(guard: Guard) -> list[Route]:
    """The routes of the pages, ready to be mounted at the root.

    Args:
        guard: stands before every page.
    """
    looked_at = [
        *((path, clusters, "read:cluster") for path in ("/console", "/console/")),
        ("/console/clusters/new", new_cluster, "create:cluster"),
        (_CLUSTER, cluster, "read:cluster"),
        (_CLUSTER + "/delete", ask_delete_cluster, "delete:cluster"),
        (_CLUSTER + "/api", clients, "read:zeebe-client"),
        (_CLUSTER + "/api/new", new, "create:zeebe-client"),
        (_CLUSTER + "/api/client/{client}", client, "read:zeebe-client"),
        (_CLUSTER + "/api/client/{client}/delete", ask_delete, "delete:zeebe-client"),
        *((_CLUSTER + path, page, permission) for path, page, permission in (*parts.PAGES, *instances.PAGES)),
        *((_ORGANIZATION + path, page, permission) for path, page, permission in people.PAGES),
        *(("/console" + path, page, "") for path, page in people.OPEN_PAGES),
    ]
    sent = [
        ("/console/clusters", create_cluster, "create:cluster"),
        (_CLUSTER + "/change", change_cluster, "update:cluster"),
        (_CLUSTER + "/suspend", suspend, "update:cluster"),
        (_CLUSTER + "/wake", wake, "update:cluster"),
        (_CLUSTER + "/delete", delete_cluster, "delete:cluster"),
        (_CLUSTER + "/api", create, "create:zeebe-client"),
        (_CLUSTER + "/api/client/{client}/file", file, "read:zeebe-client"),
        (_CLUSTER + "/api/client/{client}/delete", delete, "delete:zeebe-client"),
        *((_CLUSTER + path, page, permission) for path, page, permission in (*parts.FORMS, *instances.FORMS)),
        *((_ORGANIZATION + path, page, permission) for path, page, permission in people.FORMS),
        *(("/console" + path, page, "") for path, page in people.OPEN_FORMS),
    ]
    return [
        Route("/console/static/{name}", guard.static),
        *(Route(path, guard.page(page, permission)) for path, page, permission in looked_at),
        *(Route(path, guard.form(page, permission), methods=["POST"]) for path, page, permission in sent),
        Route("/console/{path:path}", guard.page(nothing, "read:cluster")),
    ]


# -- clusters


async def clusters(visit: Visit) -> Response:
    """All clusters."""
    desk = visit.desk
    found = desk.clients.clusters()
    response = visit.show("clusters.html", {"clusters": found, "offered": desk.clusters.plans()})
    return _again(response, any(desk.clients.status(one) in _PASSING for one in found))


async def new_cluster(visit: Visit) -> Response:
    """The form for a new cluster."""
    return _cluster_form(visit, {"plan": "Local"})


async def create_cluster(visit: Visit) -> Response:
    """A new cluster, begun."""
    given = {name: visit.value(name) for name in ("name", "plan", "generation", "description", "stage")}
    plan = next((one for one in visit.desk.clusters.plans() if one.name == given["plan"]), None)
    offered = () if plan is None else visit.desk.clusters.generations(plan.kind)
    # A generation of another plan is what the form had chosen before the plan was.
    generation = given["generation"] if given["generation"] in offered else ""
    try:
        wanted = msgspec.convert({**given, "generation": generation}, ClusterWanted)
        made = await visit.desk.clusters.create(visit.who, wanted)
    except NotDone as refused:
        return _cluster_form(visit, given, refused)
    return visit.go(home_of(made))


async def cluster(visit: Visit) -> Response:
    """One cluster: where it is, and what it is."""
    found = visit.cluster
    context = {"cluster": found, "created": day(found.created_ms), "stages": STAGES,
               "trouble": visit.desk.clients.trouble(found)}  # fmt: skip
    return _again(visit.show("cluster.html", context), visit.desk.clients.status(found) in _PASSING)


async def change_cluster(visit: Visit) -> Response:
    """Another name, description or stage."""
    found = visit.cluster
    given = {name: visit.value(name) for name in ("name", "description", "stage")}
    visit.desk.clusters.update(visit.who, found, **given)
    return visit.go(home_of(found))


async def suspend(visit: Visit) -> Response:
    """To rest."""
    found = visit.cluster
    await visit.desk.clusters.suspend(visit.who, found)
    return visit.go(home_of(found))


async def wake(visit: Visit) -> Response:
    """To work again."""
    found = visit.cluster
    await visit.desk.clusters.wake(visit.who, found)
    return visit.go(home_of(found))


async def ask_delete_cluster(visit: Visit) -> Response:
    """Whether it is meant."""
    return visit.show("cluster_delete.html", {"cluster": visit.cluster})


async def delete_cluster(visit: Visit) -> Response:
    """It was meant, if its name was typed."""
    found = visit.cluster
    if visit.value("name") != found.name:
        context = {"cluster": found, "wrong": "Type the name of the cluster as it stands there"}
        return visit.show("cluster_delete.html", context, 400)
    await visit.desk.clusters.delete(visit.who, found)
    return visit.go("/console")


# -- API clients


async def clients(visit: Visit) -> Response:
    """The API clients of a cluster."""
    found = visit.cluster
    rows = [(one, day(one.created_ms)[: len("2026-11-21")]) for one in visit.desk.clients.clients(found)]
    deleted = visit.request.query_params.get("done") == "deleted"
    return visit.show("clients.html", {"cluster": found, "rows": rows, "deleted": deleted})


async def new(visit: Visit) -> Response:
    """The form for a new client."""
    return _client_form(visit, visit.cluster, name="", chosen=("Zeebe",))


async def create(visit: Visit) -> Response:
    """A new client, and its secret for the only time."""
    found = visit.cluster
    name, chosen = visit.value("name"), visit.form.get("scope", [])
    made = visit.desk.clients.create(found, name, chosen)
    if not isinstance(made, Created):
        return _client_form(visit, found, name=name, chosen=chosen, wrong=made.detail, status=made.status)
    visit.desk.journal.write(
        visit.who, f"created the client {made.client.name}", verb="c", entity="client",
        entity_id=made.client.client_id, parent=found.cluster_id, attribute="permissions",
        after=", ".join(made.client.permissions),
    )  # fmt: skip
    context = {
        **_connection(found, made.client),
        "secret": made.secret.reveal(),
        "file_name": credentials_file_name(made.client.name),
        "versions": FILE_VERSIONS,
    }
    return visit.show("client_created.html", context)


async def file(visit: Visit) -> Response:
    """The credentials file, made of the secret that the page handed back."""
    found = visit.cluster
    one = _client(visit, found)
    secret, version = Secret(visit.value("secret")), visit.value("version")
    if version not in FILE_VERSIONS or not visit.desk.clients.knows(one, secret):
        detail = "The secret is not this client's. It was shown once; without it, make a new client."
        raise Refusal(400, "No file without the secret", detail)
    text = credentials_text(
        visit.desk.addresses,
        cluster=found,
        place=visit.desk.clients.place(found),
        client_id=one.client_id,
        secret=secret,
        scopes=one.permissions,
        version=version,
    )
    return people.download(text, credentials_file_name(one.name))


async def client(visit: Visit) -> Response:
    """What is known of a client: everything but the secret."""
    found = visit.cluster
    one = _client(visit, found)
    context = {**_connection(found, one), "created": day(one.created_ms), "file_name": credentials_file_name(one.name)}
    return visit.show("client.html", context)


async def ask_delete(visit: Visit) -> Response:
    """Whether it is meant."""
    found = visit.cluster
    return visit.show("client_delete.html", {"cluster": found, "client": _client(visit, found)})


async def delete(visit: Visit) -> Response:
    """It was meant."""
    found = visit.cluster
    one = _client(visit, found)
    visit.desk.clients.delete(one)
    visit.desk.journal.write(
        visit.who, f"deleted the client {one.name}", verb="d", entity="client", entity_id=one.client_id,
        parent=found.cluster_id,
    )  # fmt: skip
    return visit.go(f"{home_of(found)}/api?done=deleted")


async def nothing(visit: Visit) -> Response:  # noqa: ARG001  the signature of a page
    """No page of this address."""
    raise _NO_PAGE


# -- inside


def home_of(found: Cluster) -> str:
    """The first page of a cluster."""
    return _CLUSTER.format(org=found.org_id, cluster=found.cluster_id)


def day(at_ms: int) -> str:
    """A time as pages show it."""
    return dt.datetime.fromtimestamp(at_ms / 1000, dt.UTC).strftime("%Y-%m-%d %H:%M UTC")


def _again(response: Response, passing: bool) -> Response:  # noqa: FBT001  read as a sentence
    """Have the browser look again where something is about to change; a header, for pages run no script."""
    if passing:
        response.headers["refresh"] = "2"
    return response


def _client(visit: Visit, found: Cluster) -> Client:
    one = visit.desk.clients.client(found, visit.part("client"))
    if one is None:
        raise Refusal(404, "No such client", "There is no client of this id; it may have been deleted.")
    return one


def _connection(found: Cluster, one: Client) -> dict[str, object]:
    labels = {scope.value: scope.label for scope in _SCOPES}
    return {
        "cluster": found,
        "client": one,
        "scopes": [labels.get(permission, permission) for permission in one.permissions],
    }


def _cluster_form(visit: Visit, given: dict[str, str], refused: NotDone | None = None) -> Response:
    desk = visit.desk.clusters
    plans = [plan for plan in desk.plans() if plan.kind != "remote"]
    context = {
        "given": {"name": "", "description": "", "stage": "dev", "generation": "", **given},
        "plans": plans,
        "generations": sorted({name for plan in plans for name in desk.generations(plan.kind)}, reverse=True),
        "stages": STAGES,
        "region": visit.desk.settings.cluster.region,
        "wrong": "" if refused is None else refused.detail,
    }
    return visit.show("cluster_new.html", context, 200 if refused is None else refused.status)


def _client_form(  # each by name but the first two
    visit: Visit,
    found: Cluster,
    *,
    name: str,
    chosen: Sequence[str],
    wrong: str = "",
    status: int = 200,
) -> Response:
    context = {"cluster": found, "name": name, "chosen": chosen, "offered": _SCOPES, "wrong": wrong}
    return visit.show("client_new.html", context, status)
