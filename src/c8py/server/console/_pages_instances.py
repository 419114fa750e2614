"""Console's pages on what goes on in a cluster: definitions with their diagram, instances, incidents with retry."""

import datetime as dt
from typing import Final

from markupsafe import Markup
from starlette.responses import Response

from c8py.server.console._diagram import diagram
from c8py.server.console._guard import Page, Refusal, Visit

_DIGITS_MAX: Final = 19


async def overview(visit: Visit) -> Response:
    """Incidents, instances and definitions, each the newest first."""
    cluster, desk = visit.cluster, visit.desk.instances
    context: dict[str, object] = {"cluster": cluster, "shown": desk.shows(cluster.cluster_id), "moment": _moment}
    if context["shown"]:
        context |= {
            "incidents": await desk.incidents(cluster.cluster_id),
            "instances": await desk.instances(cluster.cluster_id),
            "definitions": await desk.definitions(cluster.cluster_id),
        }
    return visit.show("instances.html", context)


async def definition(visit: Visit) -> Response:
    """One definition: its diagram, and its instances."""
    cluster, desk, key = visit.cluster, visit.desk.instances, _key(visit)
    found, model = await desk.definition(cluster.cluster_id, key)
    context = {
        "cluster": cluster, "definition": found, "diagram": Markup(diagram(model)), "moment": _moment,  # noqa: S704  escapes all text itself
        "instances": await desk.instances(cluster.cluster_id, key),
    }  # fmt: skip
    return visit.show("definition.html", context)


async def instance(visit: Visit) -> Response:
    """One instance: where it stands, what hinders it, what it knows."""
    cluster, desk = visit.cluster, visit.desk.instances
    detail = await desk.instance(cluster.cluster_id, _key(visit))
    found, model = await desk.definition(cluster.cluster_id, detail.instance.definition_key)
    troubled = tuple(one.element_id for one in detail.incidents)
    context = {
        "cluster": cluster, "definition": found, "detail": detail, "moment": _moment,
        "diagram": Markup(diagram(model, active=detail.active, troubled=troubled)),  # noqa: S704  escapes all text itself
    }  # fmt: skip
    return visit.show("instance.html", context)


async def retry(visit: Visit) -> Response:
    """One more try."""
    cluster, key = visit.cluster, visit.value("incident")
    if not key.isdecimal() or len(key) > _DIGITS_MAX:
        raise Refusal(404, "No such incident", "There is no incident of this key.")
    await visit.desk.instances.retry(cluster.cluster_id, int(key))
    return visit.go(f"/console/org/{cluster.org_id}/cluster/{cluster.cluster_id}/instances")


def _key(visit: Visit) -> int:
    text = visit.part("key")
    if not (text.isascii() and text.isdecimal()) or len(text) > _DIGITS_MAX or int(text) >= 2**63:
        raise Refusal(404, "No such key", "There is nothing of this key.")
    return int(text)


def _moment(at_ms: int) -> str:
    return dt.datetime.fromtimestamp(at_ms / 1000, dt.UTC).strftime("%Y-%m-%d %H:%M:%S") if at_ms else ""


PAGES: Final[tuple[tuple[str, Page, str], ...]] = (
    ("/instances", overview, "read:instances"),
    ("/instances/definition/{key}", definition, "read:instances"),
    ("/instances/instance/{key}", instance, "read:instances"),
)
FORMS: Final[tuple[tuple[str, Page, str], ...]] = (("/instances/retry", retry, "update:instances"),)
