"""Alerts: what is told, to whom, how often, and where nobody is called."""

import asyncio
import hashlib
import hmac
import json
import socket
import socketserver
import threading
import time
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec
import pytest

from c8py.base.clock import ManualClock
from c8py.base.redact import Secret
from c8py.errors import ConfigError
from c8py.server.access import Seal
from c8py.server.app._alert_posts import AlertPosts, may_be_called
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
)
from c8py.server.settings import MailSettings, Settings
from c8py.server.store import Cluster, Organization, Store
from unit.server.test_instance_pages import TASK, Rest
from unit.server.test_sign_in import Browser

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
            self.store, Seal(b"k" * 32), journal, clock=self.clock, ids=RandomIds(), instances=self.engine,
            clusters=ConsoleService(
                Settings(), self.store, clock=self.clock, ids=RandomIds(), kinds={"embedded": self.kind}
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
        bodies = [json.loads(one.body) for one in self.sent]
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


# -- delivery


@pytest.mark.parametrize(
    ("address", "public", "private"),
    [
        ("93.184.216.34", True, True),
        ("2606:2800:220:1::1", True, True),
        ("127.0.0.1", False, True),
        ("10.1.2.3", False, True),
        ("192.168.0.1", False, True),
        ("100.64.0.1", False, True),
        ("::1", False, True),
        ("fd00::1", False, True),
        ("::ffff:10.0.0.1", False, True),
        ("64:ff9b::a00:1", False, True),
        ("2002:a00:1::1", False, True),
        ("169.254.169.254", False, False),
        ("::ffff:169.254.169.254", False, False),
        ("64:ff9b::a9fe:a9fe", False, False),
        ("fe80::1%1", False, False),
        ("0.0.0.0", False, False),
        ("::", False, False),
        ("224.0.0.1", False, False),
        ("nonsense", False, False),
    ],
)
def test_webhooks_are_public_unless_the_operator_says_otherwise(address, public, private):
    assert may_be_called(address, private=False) is public
    assert may_be_called(address, private=True) is private


class Hook:
    """A webhook that answers as the test wants, and keeps what came."""

    def __init__(self) -> None:
        self.status, self.seen = 204, []
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                hook.seen.append((self.path, dict(self.headers), self.rfile.read(int(self.headers["content-length"]))))
                self.send_response(hook.status)
                self.send_header("location", "http://127.0.0.1:1/")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?x=1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def hook():
    made = Hook()
    yield made
    made.server.shutdown()
    made.server.server_close()


def deliver(what, **told):
    asyncio.run(AlertPosts(Settings(**told)).deliver(what))


def test_a_webhook_gets_the_body_and_the_signature(hook):
    deliver(Post(url=Secret(hook.url), body=b'{"a":1}', signature="abc"), webhooks_private=True)
    path, headers, body = hook.seen[0]
    assert (path, body) == ("/hook?x=1", b'{"a":1}')
    assert headers["X-Camunda-Signature-256"] == "abc"
    assert headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0x7f.1", "2130706433"])
def test_this_machine_is_not_called_under_whatever_name(hook, host):
    url = Secret(hook.url.replace("127.0.0.1", host))
    with pytest.raises(NotDelivered, match=r"webhooks_private|gaierror"):
        deliver(Post(url=url, body=b"{}"))
    assert hook.seen == []


@pytest.mark.parametrize("status", [302, 307, 404, 500])
def test_what_is_not_taken_has_not_arrived_and_redirects_are_not_followed(hook, status):
    hook.status = status
    with pytest.raises(NotDelivered, match=str(status)) as error:
        deliver(Post(url=Secret(hook.url), body=b"{}"), webhooks_private=True)
    assert "hook?" not in str(error.value)
    assert len(hook.seen) == 1


@pytest.mark.parametrize("answer", [b"SSH-2.0-x\r\n", b"HTTP/1.1 ok\r\n", b"", b"x" * 100_000])
def test_what_is_no_http_is_said_to_be_none(answer):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        url = Secret(f"http://127.0.0.1:{server.getsockname()[1]}/")
        with pytest.raises(NotDelivered):
            deliver(Post(url=url, body=b"{}"), webhooks_private=True)


def test_nobody_is_waited_for_without_end(monkeypatch):
    monkeypatch.setattr("c8py.base.limits.SERVER_ALERT_WAIT_S_MAX", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = Secret(f"http://127.0.0.1:{server.getsockname()[1]}/")
        with pytest.raises(NotDelivered, match="no answer within"):
            deliver(Post(url=url, body=b"{}"), webhooks_private=True)


class MailServer(socketserver.ThreadingTCPServer):
    """As much of SMTP as one mail needs."""

    daemon_threads = True

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        super().__init__(("127.0.0.1", 0), MailSession)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class MailSession(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.wfile.write(b"220 test\r\n")
        while line := self.rfile.readline():
            command = line.strip().upper()
            if command == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                lines = list(iter(self.rfile.readline, b".\r\n"))
                self.server.mails.append(b"".join(lines))
            self.wfile.write(b"221 bye\r\n" if command == b"QUIT" else b"250 ok\r\n")
            if command == b"QUIT":
                return


def test_mail_is_handed_to_the_mail_server():
    with MailServer() as server:
        told = MailSettings(host="127.0.0.1", port=server.server_address[1], security="none", sender="c8@example.org")
        deliver(Mail(to="ops@example.org", subject="Cluster Übung: 1 new incident", text="a\n.\nb ü"), mail=told)
        server.shutdown()
        mail = message_from_bytes(server.mails[0])
    assert (mail["to"], mail["from"], mail["auto-submitted"]) == ("ops@example.org", "c8@example.org", "auto-generated")
    assert "ü" in mail.get_payload(decode=True).decode()


def test_a_mail_server_that_is_away_is_told_as_trouble():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(NotDelivered, match="ConnectionRefused"):
        deliver(Mail(to="a@b", subject="s", text="t"), mail=MailSettings(host="127.0.0.1", port=port, security="none"))


@pytest.mark.parametrize("wrong", [{"user": "x"}, {"password_file": "x"}, {"sender": "x"}, {"port": 0}])
def test_a_mail_server_that_cannot_work_is_refused(wrong):
    with pytest.raises(ConfigError):
        MailSettings(host="mail.example", **wrong)


# -- the page, and the whole way


def test_a_webhook_made_on_the_page_hears_of_a_real_incident(serve, hook):
    served = serve(webhooks_private=True)
    browser, rest = Browser(served), Rest(served)
    page = f"{browser.home}/alerts"
    assert browser.send(page, page, {"kind": "webhook", "url": hook.url, "secret": "s"}).status == 303
    shown = browser.get(page).text
    assert "/hook?x=1" not in shown
    assert "signed" in shown
    rest.deploy("broken", TASK.format(id="broken", name="Broken", type="=nothing.there"))
    key = rest.start("broken")
    deadline_s = time.monotonic() + DEADLINE_S
    while not hook.seen:
        assert time.monotonic() < deadline_s, browser.get(page).text
        time.sleep(0.05)
    _, headers, body = hook.seen[0]
    assert headers["X-Camunda-Signature-256"] == hmac.new(b"s", body, hashlib.sha256).hexdigest()
    assert [one["processInstanceId"] for one in json.loads(body)["alerts"]] == [key]


def test_without_a_mail_server_the_page_says_so(serve):
    browser = Browser(serve())
    page = f"{browser.home}/alerts"
    assert "no mail server" in browser.get(page).text
    assert browser.send(page, page, {"kind": "email"}).status == 409


def test_the_page_deletes_and_writes_what_was_done_into_the_log(serve):
    browser = Browser(serve())
    page = f"{browser.home}/alerts"
    browser.send(page, page, {"kind": "webhook", "url": "https://hooks.example/secret-part"})
    alert = browser.get(page).text.split('name="alert" value="')[1].partition('"')[0]
    assert browser.send(page, f"{page}/delete", {"alert": alert}).status == 303
    assert browser.send(page, f"{page}/delete", {"alert": alert}).status == 404
    log = browser.get(f"{browser.organization}/activity").text
    assert "deleted the alert to https://hooks.example" in log
    assert "secret-part" not in log


def test_who_may_not_see_secrets_sees_no_alerts(serve):
    served = serve()
    owner, visitor = Browser(served), Browser(served)
    owner.join(served.addresses.owner_url, "ada@example.org")
    visitor.join(owner.invite("vi@example.org", "visitor"))
    assert visitor.get(f"{visitor.home}/alerts").status == 403
    assert "Alerts" not in visitor.get(visitor.home).text


def test_an_alert_shows_no_secrets_of_its_own(desk):
    alert = desk.hook(secret=Secret("s3cret"))
    assert "secret-part" not in repr(alert)
    assert "s3cret" not in repr(alert)
    assert "secret-part" not in msgspec.json.encode(alert).decode()
