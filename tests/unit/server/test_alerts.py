"""Alerts: what is told, to whom, how often, and where nobody is called."""

import asyncio
import hashlib
import hmac
import json
import sqlite3
from types import SimpleNamespace
from typing import cast

import msgspec
import pytest

from c8py.base import limits
from c8py.base.clock import ManualClock
from c8py.base.redact import Secret
from c8py.errors import PlatformError
from c8py.server.access import Person, Seal
from c8py.server.app import _platform
from c8py.server.console import (
    Alerts,
    ConsoleService,
    Definition,
    Incident,
    Journal,
    Mail,
    Members,
    NotDelivered,
    NotDone,
    Place,
    Post,
    RandomIds,
    RunsClusters,
    ShowsInstances,
)
from c8py.server.console import Desk as ConsoleDesk
from c8py.server.settings import Settings
from c8py.server.store import Cluster, Organization, Store

DEADLINE_S = 30.0
NONE = Secret("")
HOOK = Secret("https://hooks.example/services/T0/secret-part")


class Kind:
    """Runs a cluster that is as well as the test wants."""

    status = "Healthy"

    def state(self, cluster):
        return self.status

    def place(self, cluster):
        return Place(grpc_address="", rest_address="")


class Engine:
    """Knows the incidents that the test has made."""

    def __init__(self) -> None:
        self.kept: list[Incident] = []
        self.awake = True
        self.broken: dict[str, Exception] = {}

    def arise(self, count=1):
        for _ in range(count):
            key = len(self.kept) + 1
            self.kept.append(
                Incident(
                    key=key, instance_key=100 + key, definition_key=7, process_id="order", element_id="charge",
                    kind="JOB_NO_RETRIES", message="no money\nleft", job_key=key * 2, created_ms=key,
                )
            )  # fmt: skip

    def shows(self, cluster_id):
        return self.awake

    async def definition(self, cluster_id, key):
        return Definition(key=7, process_id="order", name="Order", version=3, resource="o.bpmn", version_tag="v"), b""

    async def newest_incident(self, cluster_id):
        return len(self.kept)

    async def incidents_after(self, cluster_id, key, most):
        if cluster_id in self.broken:
            raise self.broken[cluster_id]
        return tuple(one for one in self.kept if one.key > key)[:most]


class Desk:
    def __init__(self, folder) -> None:
        self.clock, self.engine, self.kind = ManualClock(), Engine(), Kind()
        self.sent: list[Post | Mail] = []
        self.broken = ""
        self.store = Store.open(folder)
        if not self.store.clusters():
            self.store.add_organization(Organization(org_id="o", name="O", created_ms=1))
            self.store.add_cluster(
                Cluster(
                    cluster_id="c",
                    org_id="o",
                    name="orders",
                    kind="embedded",
                    region="r",
                    generation="8.9 gen1",
                    created_ms=1,
                )
            )
        journal = Journal(self.store, "o", clock=self.clock)
        self.members = Members(self.store, "o", journal, clock=self.clock, session_s=60)
        self.alerts = Alerts(
            self.store, Seal(b"k" * 32), journal, clock=self.clock, ids=RandomIds(),
            instances=cast("ShowsInstances", self.engine),
            clusters=ConsoleService(
                Settings(), self.store, clock=self.clock, ids=RandomIds(),
                kinds={"embedded": cast("RunsClusters", self.kind)},
            ),
            members=self.members, deliver=self.deliver, console_url="http://c8/console", mails=True,
        )  # fmt: skip

    @property
    def cluster(self):
        return self.store.clusters()[0]

    async def deliver(self, what):
        if self.broken:
            raise NotDelivered(self.broken)
        self.sent.append(what)

    def hook(self, url=HOOK, secret=NONE):
        return asyncio.run(self.alerts.create_webhook("ada", self.cluster, url, secret))

    def look(self):
        asyncio.run(self.alerts.look())

    def told(self):
        self.look()
        bodies = [json.loads(one.body) for one in self.sent if isinstance(one, Post)]
        self.sent.clear()
        return bodies


@pytest.fixture
def desk(tmp_path):
    made = Desk(tmp_path / "data")
    yield made
    made.store.close()


def test_an_incident_is_told_once_in_the_words_of_saas(desk):
    desk.engine.arise()
    desk.hook()
    assert desk.told() == []  # what was before is no news
    desk.engine.arise()
    assert desk.told() == [
        {
            "clusterName": "orders",
            "clusterId": "c",
            "operateBaseUrl": "http://c8/console/org/o/cluster/c/instances",
            "clusterUrl": "http://c8/console/org/o/cluster/c",
            "alerts": [
                {
                    "operateUrl": "http://c8/console/org/o/cluster/c/instances/instance/102",
                    "processInstanceId": "102",
                    "errorMessage": "no money\nleft",
                    "errorType": "JOB_NO_RETRIES",
                    "flowNodeId": "charge",
                    "jobKey": "4",
                    "creationTime": "1970-01-01T00:00:00.002+00:00",
                    "processName": "Order",
                    "processVersion": 3,
                    "processVersionTag": "v",
                }
            ],
        }
    ]
    assert desk.told() == []


def test_many_incidents_are_told_in_portions_and_none_is_lost(desk):
    desk.hook()
    desk.engine.arise(120)
    told = [desk.told()[0]["alerts"] for _ in range(3)]
    assert [len(one) for one in told] == [50, 50, 20]
    assert desk.told() == []


def test_health_is_told_when_it_changes_and_passing_states_are_not(desk):
    desk.hook()
    for status in ("Updating", "Healthy", "Suspended", "Resuming"):
        desk.kind.status = status
        assert desk.told() == []
    desk.kind.status = "Unhealthy"
    (told,) = desk.told()
    assert (told["clusterStatusBefore"], told["clusterStatus"], told["alerts"]) == ("Healthy", "Unhealthy", [])
    assert desk.told() == []
    desk.kind.status = "Healthy"
    assert desk.told()[0]["clusterStatus"] == "Healthy"


def test_calls_are_signed_where_there_is_a_secret(desk):
    desk.hook(secret=Secret("s3cret"))
    desk.hook()
    desk.engine.arise()
    desk.look()
    signed, plain = desk.sent
    assert signed.signature == hmac.new(b"s3cret", signed.body, hashlib.sha256).hexdigest()
    assert plain.signature == ""


def test_what_does_not_arrive_is_tried_a_few_times_ever_more_seldom_and_then_given_up(desk):
    desk.hook()
    desk.engine.arise()
    desk.broken = "it answered 500"
    tried_at_s, start_ms = [], desk.clock.now_ms()
    failures = 0
    for _ in range(2000):
        desk.look()
        (alert,) = desk.alerts.all(desk.cluster)
        if alert.failures != failures:
            failures = alert.failures
            tried_at_s.append((desk.clock.now_ms() - start_ms) // 1000)
        desk.clock.advance(1)
    (alert,) = desk.alerts.all(desk.cluster)
    assert tried_at_s == [0, 10, 40, 130, 400, 1000]
    assert alert.trouble == "given up: it answered 500"
    desk.broken = ""
    desk.engine.arise()
    # The next one is told, and says that all is well again.
    assert [one["alerts"][0]["processInstanceId"] for one in desk.told()] == ["102"]
    assert desk.alerts.all(desk.cluster)[0].trouble == ""


def test_what_was_not_told_is_told_after_a_restart(desk, tmp_path):
    desk.hook()
    desk.engine.arise()
    desk.broken = "no answer"
    desk.look()
    desk.store.close()
    again = Desk(tmp_path / "data")
    again.engine.arise()
    again.clock.advance(3600)
    assert again.told()[0]["alerts"][0]["processInstanceId"] == "101"
    again.store.close()
    assert b"secret-part" not in b"".join(one.read_bytes() for one in (tmp_path / "data").iterdir())


def test_one_that_is_deleted_while_it_is_told_stays_deleted(desk):
    alert = desk.hook()

    async def deleted(what):
        desk.alerts.delete("ada", desk.cluster, alert.alert_id)

    desk.alerts._deliver = deleted
    desk.engine.arise()
    desk.look()
    assert desk.alerts.all(desk.cluster) == ()


def test_a_cluster_at_rest_is_asked_for_nothing(desk):
    desk.hook()
    desk.engine.awake = False
    desk.engine.arise()
    assert desk.told() == []
    desk.engine.awake = True
    assert len(desk.told()) == 1


def second_cluster(desk):
    other = msgspec.structs.replace(desk.cluster, cluster_id="d", name="later")
    desk.store.add_cluster(other)
    return other


@pytest.mark.parametrize(
    "error", [NotDone(409, "the engine starts"), PlatformError("full"), sqlite3.OperationalError("I/O")]
)
def test_health_is_told_although_incidents_cannot_be_read(desk, error, caplog):
    desk.hook()
    desk.engine.broken["c"] = error
    desk.kind.status = "Unhealthy"
    assert [one["clusterStatus"] for one in desk.told()] == ["Unhealthy"]
    assert desk.told() == []
    assert [one.levelname for one in caplog.records] == ["ERROR"]  # once, not with every look
    desk.engine.arise()
    del desk.engine.broken["c"]
    assert len(desk.told()[0]["alerts"]) == 1


def test_a_cluster_that_fails_does_not_silence_the_next(desk):
    desk.hook()
    asyncio.run(desk.alerts.create_webhook("ada", second_cluster(desk), HOOK, NONE))
    desk.engine.broken["c"] = NotDone(409, "the engine starts")
    desk.engine.arise()
    assert [one["clusterName"] for one in desk.told()] == ["later"]


def test_an_alert_that_fails_in_delivery_does_not_silence_the_next(desk, caplog):
    first, second = desk.hook(), desk.hook()
    seen = []

    async def once(what):
        seen.append(what)
        if len(seen) == 1:
            raise sqlite3.OperationalError("disk I/O error")

    desk.alerts._deliver = once
    desk.engine.arise()
    desk.look()
    kept = {one.alert_id: one.told_ms for one in desk.alerts.all(desk.cluster)}
    assert (kept[first.alert_id], kept[second.alert_id] > 0) == (0, True)
    assert "disk I/O error" in caplog.text
    # Nothing could be kept of the first: it is left alone for a minute, and told then.
    desk.look()
    assert len(seen) == 2
    desk.clock.advance(61)
    desk.look()
    assert len(seen) == 3


def test_a_webhook_that_does_not_answer_keeps_nobody_waiting(desk):
    for _ in range(3):
        desk.hook()
    asked = []

    async def until_all_are_asked(what):
        asked.append(what)
        while len(asked) < 3:  # noqa: ASYNC110  one after the other, the first would wait for ever
            await asyncio.sleep(0.01)

    async def look():
        async with asyncio.timeout(DEADLINE_S):
            await desk.alerts.look()

    desk.alerts._deliver = until_all_are_asked
    desk.engine.arise()
    asyncio.run(look())
    assert all(one.told_ms for one in desk.alerts.all(desk.cluster))


def test_of_many_alerts_only_a_few_are_told_at_once(desk):
    for _ in range(limits.SERVER_ALERTS_AT_ONCE_MAX + 3):
        desk.hook()
    at_once, most = 0, 0

    async def count(_):
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0.01)
        at_once -= 1

    desk.alerts._deliver = count
    desk.engine.arise()
    desk.look()
    assert most == limits.SERVER_ALERTS_AT_ONCE_MAX


def test_the_background_looks_go_on_after_any_error(monkeypatch, caplog):
    """The tasks themselves: an error of the disk is logged, and the next look comes."""

    class Broken:
        looks = 0

        def due(self):
            self.looks += 1
            if self.looks == 3:
                raise asyncio.CancelledError
            raise sqlite3.OperationalError("disk I/O error")

    class Backups(Broken):
        def look(self):
            self.due()

    class Told(Broken):
        async def look(self):
            self.due()

    monkeypatch.setattr(_platform, "_LOOK_S", 0)
    monkeypatch.setattr(_platform, "_TELL_S", 0)
    desk = SimpleNamespace(backups=Backups(), alerts=Told())
    for task in (_platform._now_and_then, _platform._alerts):
        with pytest.raises(asyncio.CancelledError):
            asyncio.run(task(cast("ConsoleDesk", desk)))
    assert caplog.text.count("disk I/O error\n") >= 4


def test_mail_goes_to_the_own_account_not_too_often_and_counts_the_rest(desk):
    desk.members.set_roles("ada", "ops@example.org", ["developer"])
    asyncio.run(desk.alerts.create_email("ops", desk.cluster, "ops@example.org"))
    with pytest.raises(NotDone):
        asyncio.run(desk.alerts.create_email("ops", desk.cluster, "ops@example.org"))
    desk.engine.arise(25)
    desk.look()
    desk.engine.arise()
    desk.look()
    (mail,) = desk.sent
    assert (mail.to, mail.subject) == ("ops@example.org", "Cluster orders: 25 new incidents")
    assert mail.text.count("JOB_NO_RETRIES") == 20
    assert "and 5 more" in mail.text
    desk.clock.advance(301)
    desk.look()
    assert len(desk.sent) == 2


def test_mail_ends_with_the_membership(desk):
    desk.members.set_roles("ada", "ops@example.org", ["developer"])
    asyncio.run(desk.alerts.create_email("ops", desk.cluster, "ops@example.org"))
    desk.members.remove("ada", "ops@example.org")
    desk.engine.arise()
    desk.look()
    assert desk.sent == []
    assert desk.alerts.all(desk.cluster) == ()


def test_mail_to_a_person_of_the_provider_ends_when_nobody_signs_in_for_a_month(desk):
    person = Person(subject="1", email="ops@example.org", name="Ops", roles=("admin",))
    desk.members.admit(person)
    asyncio.run(desk.alerts.create_email("ops", desk.cluster, person.email, person.subject))
    desk.clock.advance(29 * 86_400)
    desk.engine.arise()
    desk.look()
    assert len(desk.sent) == 1
    desk.members.admit(person)
    desk.clock.advance(29 * 86_400)
    desk.look()
    assert len(desk.alerts.all(desk.cluster)) == 1
    desk.clock.advance(2 * 86_400)
    desk.engine.arise()
    desk.look()
    assert (len(desk.sent), desk.alerts.all(desk.cluster)) == (1, ())


@pytest.mark.parametrize(
    "url",
    [
        "", "hooks.example", "ftp://hooks.example/", "https://", "file:///etc/passwd", "https://user:pw@hooks.example/",
        "https://hooks.example/a b", "https://hooks.example/\r\nx: y", "https://hooks.example:99999/",
        "https://hooks.example/ä", "javascript:alert(1)", "https://hooks.example/" + "x" * 2000,
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(desk, url):
    with pytest.raises(NotDone):
        desk.hook(Secret(url))


def test_there_are_only_so_many(desk):
    for _ in range(20):
        desk.hook()
    with pytest.raises(NotDone):
        desk.hook()


def test_an_alert_shows_no_secrets_of_its_own(desk):
    alert = desk.hook(secret=Secret("s3cret"))
    assert "secret-part" not in repr(alert)
    assert "s3cret" not in repr(alert)
    assert "secret-part" not in msgspec.json.encode(alert).decode()
