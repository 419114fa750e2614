"""Console's pages on what goes on in a cluster: instances and incidents by pages, definitions, diagrams with tokens."""

import datetime as dt
from collections.abc import Mapping
from typing import Final, get_args
from urllib.parse import urlencode

from markupsafe import Markup
from starlette.responses import Response

from c8py.server.console._diagram import diagram
from c8py.server.console._guard import Page, Refusal, Visit
from c8py.server.console._instances import InstanceState, Wanted

_DIGITS_MAX: Final = 19
_PAGE_MAX: Final = 100_000
_ID_CHARS_MAX: Final = 255
_STATES: Final[tuple[InstanceState, ...]] = get_args(InstanceState)
_BY_NAME: Final[dict[str, InstanceState]] = {state: state for state in _STATES}


async def instances(visit: Visit) -> Response:
    """Instances, the newest first, as the filter wants them."""
    cluster, desk = visit.cluster, visit.desk.instances
    if not desk.shows(cluster.cluster_id):
        return _show(visit, "instances.html", {"view": "instances"})
    wanted = _wanted(visit)
    listing = await desk.instances(cluster.cluster_id, wanted)
    context = {
        "view": "instances", "listing": listing, "wanted": wanted, "states": _STATES,
        "processes": await desk.processes(cluster.cluster_id),
        "link": _link(state=wanted.state, process=wanted.process_id, key=wanted.key),
        "filtered": bool(wanted.state or wanted.process_id or wanted.key),
    }  # fmt: skip
    return _show(visit, "instances.html", context)


async def incidents(visit: Visit) -> Response:
    """What hinders instances."""
    cluster, desk = visit.cluster, visit.desk.instances
    context: dict[str, object] = {"view": "incidents", "link": _link()}
    if desk.shows(cluster.cluster_id):
        context["listing"] = await desk.incidents(cluster.cluster_id, _page(visit))
        context["retried"] = visit.request.query_params.get("done") == "retried"
    return _show(visit, "incidents.html", context)


async def definitions(visit: Visit) -> Response:
    """All versions of all processes."""
    cluster, desk = visit.cluster, visit.desk.instances
    context: dict[str, object] = {"view": "definitions", "link": _link()}
    if desk.shows(cluster.cluster_id):
        context["listing"] = await desk.definitions(cluster.cluster_id, _page(visit))
    return _show(visit, "definitions.html", context)


async def definition(visit: Visit) -> Response:
    """One definition: its diagram with the tokens of all instances, and these."""
    cluster, desk, key = visit.cluster, visit.desk.instances, _key(visit.part("key"))
    found, model = await desk.definition(cluster.cluster_id, key)
    tokens = await desk.tokens(cluster.cluster_id, key)
    context = {
        "view": "definitions", "definition": found, "diagram": Markup(diagram(model, tokens)), "link": _link(),  # noqa: S704  escapes all text itself
        "listing": await desk.instances(cluster.cluster_id, Wanted(definition_key=key, page=_page(visit))),
    }  # fmt: skip
    return _show(visit, "definition.html", context)


async def instance(visit: Visit) -> Response:
    """One instance: where it stands, what hinders it, what it knows."""
    cluster, desk = visit.cluster, visit.desk.instances
    detail = await desk.instance(cluster.cluster_id, _key(visit.part("key")))
    found, model = await desk.definition(cluster.cluster_id, detail.instance.definition_key)
    context = {
        "view": "instances", "definition": found, "detail": detail,
        "diagram": Markup(diagram(model, detail.tokens)),  # noqa: S704  escapes all text itself
        "retried": visit.request.query_params.get("done") == "retried",
    }  # fmt: skip
    return _show(visit, "instance.html", context)


async def retry(visit: Visit) -> Response:
    """One more try; back to where it was asked for."""
    cluster = visit.cluster
    key = await visit.desk.instances.retry(cluster.cluster_id, _key(visit.value("incident")))
    home = f"/console/org/{cluster.org_id}/cluster/{cluster.cluster_id}/instances"
    place = f"{home}/instance/{key}" if visit.value("from") == "instance" else f"{home}/incidents"
    return visit.go(f"{place}?done=retried")


def _show(visit: Visit, template: str, context: Mapping[str, object]) -> Response:
    shown = visit.desk.instances.shows(visit.cluster.cluster_id)
    return visit.show(template, {"cluster": visit.cluster, "moment": _moment, "shown": shown, **context})


def _wanted(visit: Visit) -> Wanted:
    """What the filter says; what it cannot say is as if it had not been said."""
    asked = visit.request.query_params
    key = asked.get("key", "").strip()
    return Wanted(
        state=_BY_NAME.get(asked.get("state", ""), ""),
        process_id=asked.get("process", "")[:_ID_CHARS_MAX],
        key=_key(key) if key else 0,
        page=_page(visit),
    )


def _page(visit: Visit) -> int:
    text = visit.request.query_params.get("page", "1")
    return min(max(int(text), 1), _PAGE_MAX) if text.isascii() and text.isdecimal() and len(text) < _DIGITS_MAX else 1


def _link(**kept: object) -> str:
    """The begin of the address of another page of the same list: all but its number."""
    query = urlencode({name: value for name, value in kept.items() if value})
    return f"?{query}&page=" if query else "?page="


def _key(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > _DIGITS_MAX or int(text) >= 2**63:
        raise Refusal(404, "No such key", "There is nothing of this key.")
    return int(text)


def _moment(at_ms: int) -> str:
    return dt.datetime.fromtimestamp(at_ms / 1000, dt.UTC).strftime("%Y-%m-%d %H:%M:%S") if at_ms else ""


PAGES: Final[tuple[tuple[str, Page, str], ...]] = (
    ("/instances", instances, "read:instances"),
    ("/instances/incidents", incidents, "read:instances"),
    ("/instances/definitions", definitions, "read:instances"),
    ("/instances/definition/{key}", definition, "read:instances"),
    ("/instances/instance/{key}", instance, "read:instances"),
)
FORMS: Final[tuple[tuple[str, Page, str], ...]] = (("/instances/retry", retry, "update:instances"),)
