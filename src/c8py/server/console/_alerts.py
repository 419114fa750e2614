"""Alerts: whom a cluster tells that an incident has arisen, or that its health has changed.

By webhook, or by mail to somebody's own account. Nothing is queued: each alert remembers the newest incident and the
health that it has told, so what could not be told is told later, at least once, and survives a restart. Who may make
a webhook decides where the texts of incidents go. Delivery itself is app's.
"""

import asyncio
import datetime as dt
import hashlib
import hmac
import logging
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, Literal
from urllib.parse import urlsplit

import msgspec

from c8py.base import limits
from c8py.base.backoff import Backoff
from c8py.base.clock import Clock
from c8py.base.redact import Secret
from c8py.errors import C8Error
from c8py.server.access import Seal
from c8py.server.console._ids import Ids
from c8py.server.console._instances import Definition, Incident, ShowsInstances
from c8py.server.console._journal import Journal
from c8py.server.console._members import EMAIL, Members
from c8py.server.console._not_done import NotDone
from c8py.server.console._service import ConsoleService
from c8py.server.store import Cluster, Store

_log = logging.getLogger("c8py.server.console")
SIGNATURE_HEADER: Final = "X-Camunda-Signature-256"
_URL: Final = re.compile(r"https?://[A-Za-z0-9.\-_\[\]:]+(/[!-~]*|\?[!-~]*)?")
# Health that is worth telling; what somebody has asked for, and what passes by itself, is not.
_TOLD_HEALTH: Final = ("Healthy", "Unhealthy")
_WAITS_S: Final = tuple(Backoff(initial_s=10.0, factor=3.0, max_s=600.0, attempts_max=6).waits(lambda: 1.0))
_MAIL_EVERY_MS: Final = 5 * 60 * 1000
_REST_MS: Final = 60 * 1000
_MAIL_INCIDENTS_MAX: Final = 1000
_MAIL_LINES_MAX: Final = 20


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is told.

    Attributes:
        alert_id: its id.
        kind: how.
        shown: the account's address, or the webhook's without its path, which may be a secret.
        sealed_url: of a webhook.
        sealed_secret: what the webhook's calls are signed with; "" for nothing.
        member: whether the account is a member's, and goes with the member.
        subject: the provider's name for whose account it is, and who has to sign in there now and then.
        created_by: who made it.
        created_ms: in milliseconds since 1970.
        incident_key: of the newest incident that was told, or given up.
        health: the health that was told last.
        told_ms: when something was told last; 0 for never.
        failures: how often in a row it did not work.
        next_ms: before which it is not tried again.
        trouble: why it did not work; "" for nothing.
    """

    alert_id: str
    kind: Literal["webhook", "email"]
    shown: str
    sealed_url: str = ""
    sealed_secret: str = ""
    member: bool = False
    subject: str = ""
    created_by: str
    created_ms: int
    incident_key: int = 0
    health: str = ""
    told_ms: int = 0
    failures: int = 0
    next_ms: int = 0
    trouble: str = ""


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """A call of a webhook.

    Attributes:
        url: where.
        body: JSON.
        signature: of the body; "" for none.
    """

    url: Secret
    body: bytes
    signature: str = ""


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """A mail in plain text."""

    to: str
    subject: str
    text: str


class NotDelivered(Exception):  # noqa: N818  what the other side did, not a fault of ours
    """It did not arrive; says why."""


Delivers = Callable[[Post | Mail], Awaitable[None]]


class _Entry(msgspec.Struct, frozen=True, rename="camel"):
    operate_url: str
    process_instance_id: str
    error_message: str
    error_type: str
    flow_node_id: str
    job_key: str
    creation_time: str
    process_name: str
    process_version: int
    process_version_tag: str


class _Body(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    cluster_name: str
    cluster_id: str
    operate_base_url: str
    cluster_url: str
    alerts: list[_Entry]
    # Beyond what SaaS sends, and there only when the health has changed.
    cluster_status: str = ""
    cluster_status_before: str = ""


class _News(msgspec.Struct, frozen=True):
    incidents: tuple[Incident, ...]
    health: str

    def __bool__(self) -> bool:
        return bool(self.incidents or self.health)


class Alerts:
    """Keeps alerts, and has them told.

    Args:
        store: where they are.
        seal: seals addresses and secrets of webhooks.
        journal: told of every change.
        clock: when it is.
        ids: their ids.
        clusters: how clusters are.
        instances: which incidents there are.
        members: who still is one.
        deliver: calls webhooks and sends mail; raises `NotDelivered`.
        console_url: of the pages, for links.
        mails: whether mail can be sent.
    """

    def __init__(  # the parts of a platform, each by name
        self,
        store: Store,
        seal: Seal,
        journal: Journal,
        *,
        clock: Clock,
        ids: Ids,
        clusters: ConsoleService,
        instances: ShowsInstances,
        members: Members,
        deliver: Delivers,
        console_url: str,
        mails: bool,
    ) -> None:
        self._shelf = store.shelf("alerts", Alert)
        self._seal = seal
        self._journal = journal
        self._clock = clock
        self._ids = ids
        self._clusters = clusters
        self._instances = instances
        self._members = members
        self._deliver = deliver
        self._console_url = console_url
        self.mails: Final = mails
        # What hinders an alert, by its id: told to the log when it begins, and not with every look.
        self._hindered: dict[str, str] = {}
        # Before when an alert whose own state could not be kept is left alone: else it would be told again and again.
        self._rests_until_ms: dict[str, int] = {}

    def all(self, cluster: Cluster) -> tuple[Alert, ...]:
        """The alerts of a cluster, the oldest first."""
        return tuple(self._shelf.all(cluster.cluster_id).values())

    async def create_webhook(self, who: str, cluster: Cluster, url: Secret, secret: Secret) -> Alert:
        """Tell this address from now on.

        Args:
            who: makes it.
            cluster: whose incidents and health.
            url: takes POST.
            secret: signs the calls; empty for none.

        Raises:
            NotDone: the address is none, or there are too many.
        """
        text = url.reveal().strip()
        try:
            parts = urlsplit(text)
            fits = bool(parts.hostname) and parts.port != 0 and parts.username is None
        except ValueError:
            fits = False
            parts = urlsplit("")
        if not fits or not _URL.fullmatch(text) or len(text) > limits.SERVER_ALERT_URL_CHARS_MAX:
            raise NotDone(400, "expected the https address of a webhook, but it is none")
        if len(secret.reveal()) > limits.SERVER_SECRET_BYTES_MAX:
            raise NotDone(400, f"expected a secret of at most {limits.SERVER_SECRET_BYTES_MAX} characters")
        alert_id = self._ids.uuid()
        return await self._keep(
            who,
            cluster,
            Alert(
                alert_id=alert_id,
                kind="webhook",
                shown=f"{parts.scheme}://{parts.netloc}",
                sealed_url=self._seal.seal(Secret(text), f"{alert_id}/url"),
                sealed_secret=self._seal.seal(secret, f"{alert_id}/secret") if secret else "",
                created_by=who,
                created_ms=self._clock.now_ms(),
            ),
        )

    async def create_email(self, who: str, cluster: Cluster, email: str, subject: str = "") -> Alert:
        """Tell this account from now on.

        Args:
            who: makes it.
            cluster: whose incidents and health.
            email: of the account; an address that nobody has verified is none.
            subject: of a person of the provider; the alert ends when it has not signed in for 30 days.

        Raises:
            NotDone: no mail can be sent, the account has no address, or is told already.
        """
        if not self.mails:
            raise NotDone(409, "expected a mail server, but this platform has none (setting mail.host)")
        if not EMAIL.fullmatch(email):
            raise NotDone(400, "expected an account with an e-mail address, but it has none that is verified")
        if any(one.kind == "email" and one.shown == email for one in self.all(cluster)):
            raise NotDone(409, "expected an account that is not told yet, but it is")
        alert = Alert(
            alert_id=self._ids.uuid(),
            kind="email",
            shown=email,
            member=not subject and self._members.get(email) is not None,
            subject=subject,
            created_by=who,
            created_ms=self._clock.now_ms(),
        )
        return await self._keep(who, cluster, alert)

    def delete(self, who: str, cluster: Cluster, alert_id: str) -> None:
        """Tell it no more.

        Raises:
            NotDone: there is no such alert.
        """
        found = self._shelf.get(cluster.cluster_id, alert_id)
        if found is None or not self._shelf.remove(cluster.cluster_id, alert_id):
            raise NotDone(404, "expected an alert of this cluster, but there is none")
        self._journal.write(
            who, f"deleted the alert to {found.shown}", verb="d", entity="alert", entity_id=alert_id,
            parent=cluster.cluster_id,
        )  # fmt: skip

    async def look(self) -> None:
        """Tell what there is to tell, once for each alert; what does not work is tried later, a few times.

        One that fails, whatever the reason, does not keep the others from being told, and a slow one only one in a few.
        """
        at_once = asyncio.Semaphore(limits.SERVER_ALERTS_AT_ONCE_MAX)

        async def look_at(cluster: Cluster, alert: Alert) -> None:
            async with at_once:
                try:
                    await self._look_at(cluster, alert)
                except Exception as error:  # noqa: BLE001  logged there; the others are told all the same
                    self._hinder(cluster, alert, error)
                    self._rests_until_ms[alert.alert_id] = self._clock.now_ms() + _REST_MS

        async with asyncio.TaskGroup() as group:
            for cluster in self._clusters.clusters():
                for alert in self.all(cluster):
                    group.create_task(look_at(cluster, alert))

    # -- inside

    async def _look_at(self, cluster: Cluster, alert: Alert) -> None:
        if alert.kind == "email" and not self._stays(alert):
            self._shelf.remove(cluster.cluster_id, alert.alert_id)
        elif self._clock.now_ms() >= max(alert.next_ms, self._rests_until_ms.get(alert.alert_id, 0)):
            if await self._tell(cluster, alert):
                self._hindered.pop(alert.alert_id, None)
            self._rests_until_ms.pop(alert.alert_id, None)

    def _stays(self, alert: Alert) -> bool:
        return (
            (self._members.get(alert.shown) is not None) if alert.member else self._members.comes_still(alert.subject)
        )

    def _hinder(self, cluster: Cluster, alert: Alert, error: Exception) -> None:
        if self._hindered.get(alert.alert_id) != str(error):
            self._hindered[alert.alert_id] = str(error)
            # A cluster that just starts or stops is nothing to trace.
            trace = None if isinstance(error, NotDone | C8Error) else error
            _log.error("cluster %s: an alert could not be told: %s", cluster.name, error, exc_info=trace)

    async def _keep(self, who: str, cluster: Cluster, alert: Alert) -> Alert:
        if len(self.all(cluster)) >= limits.SERVER_ALERTS_MAX:
            raise NotDone(403, f"expected fewer than {limits.SERVER_ALERTS_MAX} alerts, but there are as many already")
        # What was before is no news.
        shown = self._instances.shows(cluster.cluster_id)
        newest = await self._instances.newest_incident(cluster.cluster_id) if shown else 0
        kept = msgspec.structs.replace(alert, incident_key=newest, health=self._health(cluster) or "Healthy")
        self._shelf.put(cluster.cluster_id, kept.alert_id, kept)
        self._journal.write(
            who, f"created an alert to {kept.shown}", verb="c", entity="alert", entity_id=kept.alert_id,
            parent=cluster.cluster_id,
        )  # fmt: skip
        return kept

    def _health(self, cluster: Cluster) -> str:
        status = self._clusters.status(cluster)
        return status if status in _TOLD_HEALTH else ""

    async def _tell(self, cluster: Cluster, alert: Alert) -> bool:
        """Tell what is new; whether incidents could be read."""
        most = limits.SERVER_ALERT_INCIDENTS_MAX if alert.kind == "webhook" else _MAIL_INCIDENTS_MAX
        health = self._health(cluster)
        readable = True
        try:
            found, definitions = await self._incidents(cluster, alert.incident_key, most)
        except Exception as error:  # noqa: BLE001  logged there; health is told although incidents cannot be read
            self._hinder(cluster, alert, error)
            found, definitions, readable = (), {}, False
        news = _News(found, health if health != alert.health else "")
        if not news:
            return readable
        try:
            await self._deliver(self._message(cluster, alert, news, definitions))
        except NotDelivered as error:
            changed = self._failed(alert, news, str(error))
        else:
            now_ms = self._clock.now_ms()
            pause_ms = _MAIL_EVERY_MS if alert.kind == "email" else 0
            changed = msgspec.structs.replace(
                _past(alert, news), told_ms=now_ms, next_ms=now_ms + pause_ms, failures=0, trouble=""
            )
        # It may have been deleted meanwhile.
        if self._shelf.get(cluster.cluster_id, alert.alert_id) is not None:
            self._shelf.put(cluster.cluster_id, alert.alert_id, changed)
        return readable

    def _failed(self, alert: Alert, news: _News, why: str) -> Alert:
        if alert.failures >= len(_WAITS_S):
            given_up = _past(alert, news)
            return msgspec.structs.replace(given_up, failures=0, next_ms=0, trouble=f"given up: {why}")
        next_ms = self._clock.now_ms() + int(_WAITS_S[alert.failures] * 1000)
        return msgspec.structs.replace(alert, failures=alert.failures + 1, next_ms=next_ms, trouble=why)

    def _message(
        self, cluster: Cluster, alert: Alert, news: _News, definitions: Mapping[int, Definition]
    ) -> Post | Mail:
        home = f"{self._console_url}/org/{cluster.org_id}/cluster/{cluster.cluster_id}"
        entries = [_entry(one, definitions[one.definition_key], f"{home}/instances") for one in news.incidents]
        if alert.kind == "email":
            return Mail(to=alert.shown, subject=_subject(cluster, news), text=_text(cluster, news, entries, home))
        body = msgspec.json.encode(
            _Body(
                cluster_name=cluster.name,
                cluster_id=cluster.cluster_id,
                operate_base_url=f"{home}/instances",
                cluster_url=home,
                alerts=entries,
                cluster_status=news.health,
                cluster_status_before=alert.health if news.health else "",
            )
        )
        signature = ""
        if alert.sealed_secret:
            key = self._seal.open(alert.sealed_secret, f"{alert.alert_id}/secret").reveal().encode()
            signature = hmac.new(key, body, hashlib.sha256).hexdigest()
        url = self._seal.open(alert.sealed_url, f"{alert.alert_id}/url")
        return Post(url=url, body=body, signature=signature)

    async def _incidents(
        self, cluster: Cluster, after: int, most: int
    ) -> tuple[tuple[Incident, ...], dict[int, Definition]]:
        """Those that arose after this one, and the definitions that they are of."""
        definitions: dict[int, Definition] = {}
        if not self._instances.shows(cluster.cluster_id):
            return (), definitions
        found = await self._instances.incidents_after(cluster.cluster_id, after, most)
        for key in {one.definition_key for one in found}:
            definitions[key], _ = await self._instances.definition(cluster.cluster_id, key)
        return found, definitions


def _past(alert: Alert, news: _News) -> Alert:
    """The alert after this news."""
    newest = news.incidents[-1].key if news.incidents else alert.incident_key
    return msgspec.structs.replace(alert, incident_key=newest, health=news.health or alert.health)


def _entry(incident: Incident, definition: Definition, instances: str) -> _Entry:
    return _Entry(
        operate_url=f"{instances}/instance/{incident.instance_key}",
        process_instance_id=str(incident.instance_key),
        error_message=incident.message,
        error_type=incident.kind,
        flow_node_id=incident.element_id,
        job_key=str(incident.job_key) if incident.job_key else "",
        creation_time=dt.datetime.fromtimestamp(incident.created_ms / 1000, dt.UTC).isoformat(timespec="milliseconds"),
        process_name=definition.name or definition.process_id,
        process_version=definition.version,
        process_version_tag=definition.version_tag,
    )


def _subject(cluster: Cluster, news: _News) -> str:
    count = len(news.incidents)
    told = ([f"now {news.health}"] if news.health else []) + (
        [f"{count} new incident{'s' if count > 1 else ''}"] if count else []
    )
    return f"Cluster {cluster.name}: {', '.join(told)}"


def _text(cluster: Cluster, news: _News, entries: Sequence[_Entry], home: str) -> str:
    lines = [f"Cluster {cluster.name}", home, ""]
    if news.health:
        lines += [f"The cluster is now {news.health}.", ""]
    for one in entries[:_MAIL_LINES_MAX]:
        lines += [f"{one.process_name}, {one.flow_node_id}: {one.error_type}", f"  {one.error_message[:500]}",
                  f"  {one.operate_url}", ""]  # fmt: skip
    if len(entries) > _MAIL_LINES_MAX:
        lines += [f"... and {len(entries) - _MAIL_LINES_MAX} more.", ""]
    return "\n".join([*lines, "You get this because you asked for it on the page Alerts of this cluster."])
