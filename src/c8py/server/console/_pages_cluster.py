"""Console's pages on what belongs to a cluster: connector secrets, IP allowlist, backups, monitoring, alerts."""

import datetime as dt
from typing import Final

from starlette.responses import Response

from c8py.base.redact import Secret
from c8py.server.console._api_parts import replace_allowlist
from c8py.server.console._guard import Page, Refusal, Visit
from c8py.server.console._not_done import NotDone
from c8py.server.console._wire import Allowed

_READ_SECRETS: Final = "read:connector-secrets"


# -- connector secrets


async def secrets(visit: Visit) -> Response:
    """The names."""
    return _secrets(visit)


async def create_secret(visit: Visit) -> Response:
    """One more."""
    try:
        visit.desk.vault.create(visit.who, visit.cluster, visit.value("name"), Secret(visit.value("value")))
    except NotDone as refused:
        return _secrets(visit, wrong=refused, name=visit.value("name"))
    return _back(visit, "secrets")


async def reveal_secret(visit: Visit) -> Response:
    """One value, on this page alone."""
    name = visit.value("name")
    value = visit.desk.vault.reveal(visit.cluster).get(name)
    if value is None:
        raise Refusal(404, "No such secret", "There is no secret of this name; it may have been deleted.")
    return _secrets(visit, revealed={name: value.reveal()})


async def update_secret(visit: Visit) -> Response:
    """Another value."""
    visit.desk.vault.update(visit.who, visit.cluster, visit.value("name"), Secret(visit.value("value")))
    return _back(visit, "secrets")


async def delete_secret(visit: Visit) -> Response:
    """One less."""
    visit.desk.vault.delete(visit.who, visit.cluster, visit.value("name"))
    return _back(visit, "secrets")


def _secrets(
    visit: Visit, *, wrong: NotDone | None = None, name: str = "", revealed: dict[str, str] | None = None
) -> Response:
    cluster = visit.cluster
    rows = [(one, _day(changed_ms)) for one, changed_ms in visit.desk.vault.names(cluster).items()]
    context = {
        "cluster": cluster, "rows": rows, "name": name, "revealed": revealed or {},
        "wrong": "" if wrong is None else wrong.detail,
    }  # fmt: skip
    return visit.show("secrets.html", context, 200 if wrong is None else wrong.status)


# -- IP allowlist


async def allowlist(visit: Visit) -> Response:
    """The lines."""
    return _allowlist(visit)


async def add_allowed(visit: Visit) -> Response:
    """One more line."""
    cluster = visit.cluster
    line = Allowed(description=visit.value("description").strip(), ip=visit.value("ip").strip())
    try:
        replace_allowlist(visit.desk, visit.who, cluster, (*_lines(visit), line))
    except NotDone as refused:
        return _allowlist(visit, wrong=refused, given=line)
    return _back(visit, "allowlist")


async def remove_allowed(visit: Visit) -> Response:
    """One line less."""
    lines, number = _lines(visit), visit.value("number")
    kept = tuple(line for at, line in enumerate(lines) if str(at) != number or line.ip != visit.value("ip"))
    replace_allowlist(visit.desk, visit.who, visit.cluster, kept)
    return _back(visit, "allowlist")


def _lines(visit: Visit) -> tuple[Allowed, ...]:
    entries = visit.desk.access.allowlists.entries(visit.cluster.cluster_id)
    return tuple(Allowed(description=entry.description, ip=entry.ip) for entry in entries)


def _allowlist(visit: Visit, *, wrong: NotDone | None = None, given: Allowed | None = None) -> Response:
    context = {
        "cluster": visit.cluster, "rows": _lines(visit), "given": given or Allowed(description="", ip=""),
        "source": visit.source, "wrong": "" if wrong is None else wrong.detail,
    }  # fmt: skip
    return visit.show("allowlist.html", context, 200 if wrong is None else wrong.status)


# -- backups


async def backups(visit: Visit) -> Response:
    """The list, and the schedule."""
    return _backups(visit)


async def create_backup(visit: Visit) -> Response:
    """One more, begun."""
    try:
        visit.desk.backups.create(visit.who, visit.cluster)
    except NotDone as refused:
        return _backups(visit, refused)
    return _back(visit, "backups")


async def restore_backup(visit: Visit) -> Response:
    """Put back, begun."""
    try:
        visit.desk.backups.restore(visit.who, visit.cluster, visit.value("backup"))
    except NotDone as refused:
        return _backups(visit, refused)
    return _back(visit, "backups")


async def delete_backup(visit: Visit) -> Response:
    """One less."""
    try:
        await visit.desk.backups.delete(visit.who, visit.cluster, visit.value("backup"))
    except NotDone as refused:
        return _backups(visit, refused)
    return _back(visit, "backups")


async def set_schedule(visit: Visit) -> Response:
    """Backups at these times, or at none."""
    text = visit.value("schedule").strip()
    try:
        if text:
            visit.desk.backups.set_schedule(visit.who, visit.cluster, text)
        else:
            visit.desk.backups.delete_schedule(visit.who, visit.cluster)
    except NotDone as refused:
        return _backups(visit, refused)
    return _back(visit, "backups")


def _backups(visit: Visit, wrong: NotDone | None = None) -> Response:
    cluster, desk = visit.cluster, visit.desk.backups
    rows = [(one, _day(one.created_ms), desk.restored(cluster, one.uuid)) for one in desk.all(cluster)]
    schedule = desk.schedule(cluster)
    context = {
        "cluster": cluster, "rows": rows, "schedule": "" if schedule is None else schedule.schedule,
        "wrong": "" if wrong is None else wrong.detail,
    }  # fmt: skip
    response = visit.show("backups.html", context, 200 if wrong is None else wrong.status)
    if any(one.status == "In progress" or (put and put.state == "IN_PROGRESS") for one, _, put in rows):
        response.headers["refresh"] = "2"
    return response


# -- monitoring


async def monitoring(visit: Visit) -> Response:
    """The endpoint, and its credentials."""
    return _monitoring(visit)


async def switch_monitoring(visit: Visit) -> Response:
    """On, or off."""
    desk, cluster = visit.desk.monitoring, visit.cluster
    (desk.activate if visit.value("to") == "on" else desk.deactivate)(visit.who, cluster)
    return _back(visit, "monitoring")


async def create_monitoring_client(visit: Visit) -> Response:
    """Credentials, with the password for the only time."""
    try:
        client, password = visit.desk.monitoring.create(visit.who, visit.cluster, visit.value("username"))
    except NotDone as refused:
        return _monitoring(visit, wrong=refused)
    return _monitoring(visit, shown=(client.username, password.reveal()))


async def rotate_monitoring_client(visit: Visit) -> Response:
    """Another password, for the only time."""
    client, password = visit.desk.monitoring.rotate(visit.who, visit.cluster, visit.value("client"))
    return _monitoring(visit, shown=(client.username, password.reveal()))


async def delete_monitoring_client(visit: Visit) -> Response:
    """No longer credentials."""
    visit.desk.monitoring.delete(visit.who, visit.cluster, visit.value("client"))
    return _back(visit, "monitoring")


def _monitoring(visit: Visit, *, wrong: NotDone | None = None, shown: tuple[str, str] | None = None) -> Response:
    cluster, desk = visit.cluster, visit.desk.monitoring
    context = {
        "cluster": cluster, "active": desk.active(cluster),
        "rows": [(one, _day(one.created_ms)) for one in desk.clients(cluster)], "shown": shown,
        "endpoint": f"{visit.desk.addresses.http_address}/monitoring/{cluster.cluster_id}/metrics",
        "wrong": "" if wrong is None else wrong.detail,
    }  # fmt: skip
    return visit.show("monitoring.html", context, 200 if wrong is None else wrong.status)


# -- alerts


async def alerts(visit: Visit) -> Response:
    """Who is told."""
    return _alerts(visit)


async def create_alert(visit: Visit) -> Response:
    """One more."""
    desk, cluster = visit.desk.alerts, visit.cluster
    try:
        if visit.value("kind") == "email":
            await desk.create_email(visit.who, cluster, visit.viewer.email, visit.viewer.subject)
        else:
            url, secret = Secret(visit.value("url")), Secret(visit.value("secret"))
            await desk.create_webhook(visit.who, cluster, url, secret)
    except NotDone as refused:
        return _alerts(visit, refused)
    return _back(visit, "alerts")


async def delete_alert(visit: Visit) -> Response:
    """One less."""
    visit.desk.alerts.delete(visit.who, visit.cluster, visit.value("alert"))
    return _back(visit, "alerts")


def _alerts(visit: Visit, wrong: NotDone | None = None) -> Response:
    cluster, desk = visit.cluster, visit.desk
    rows = [(one, _day(one.told_ms) if one.told_ms else "never") for one in desk.alerts.all(cluster)]
    context = {
        "cluster": cluster, "rows": rows, "mails": desk.alerts.mails, "url": visit.value("url"),
        "incidents": cluster.kind == "embedded", "private": desk.settings.webhooks_private,
        "wrong": "" if wrong is None else wrong.detail,
    }  # fmt: skip
    return visit.show("alerts.html", context, 200 if wrong is None else wrong.status)


def _back(visit: Visit, tab: str) -> Response:
    cluster = visit.cluster
    return visit.go(f"/console/org/{cluster.org_id}/cluster/{cluster.cluster_id}/{tab}")


def _day(at_ms: int) -> str:
    return dt.datetime.fromtimestamp(at_ms / 1000, dt.UTC).strftime("%Y-%m-%d %H:%M UTC")


# Path below the cluster's, page, permission.
PAGES: Final[tuple[tuple[str, Page, str], ...]] = (
    ("/secrets", secrets, _READ_SECRETS),
    ("/allowlist", allowlist, "read:ip-allowlist"),
    ("/backups", backups, "read:backups"),
    ("/monitoring", monitoring, "read:monitoring"),
    ("/alerts", alerts, "read:alerts"),
)
FORMS: Final[tuple[tuple[str, Page, str], ...]] = (
    ("/secrets", create_secret, "create:connector-secrets"),
    ("/secrets/reveal", reveal_secret, _READ_SECRETS),
    ("/secrets/update", update_secret, "update:connector-secrets"),
    ("/secrets/delete", delete_secret, "delete:connector-secrets"),
    ("/allowlist", add_allowed, "update:ip-allowlist"),
    ("/allowlist/remove", remove_allowed, "update:ip-allowlist"),
    ("/backups", create_backup, "create:backups"),
    ("/backups/restore", restore_backup, "create:backups"),
    ("/backups/delete", delete_backup, "delete:backups"),
    ("/backups/schedule", set_schedule, "update:backups"),
    ("/monitoring", switch_monitoring, "create:monitoring"),
    ("/monitoring/new", create_monitoring_client, "create:monitoring"),
    ("/monitoring/rotate", rotate_monitoring_client, "update:monitoring"),
    ("/monitoring/delete", delete_monitoring_client, "delete:monitoring"),
    ("/alerts", create_alert, "update:alerts"),
    ("/alerts/delete", delete_alert, "update:alerts"),
)
