"""How hosts join a platform: over its real HTTP edge, spoken to by hand and by a host's own program."""

import asyncio
import contextlib
import http.client
import json
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

import pytest

from c8py.base import limits
from c8py.base.clock import SystemClock
from c8py.base.redact import Secret
from c8py.errors import ConfigError, PlatformError
from c8py.server.app import JoinToken, Visit, Visitor
from c8py.server.app._proof import PROOF_HEADER, TIME_HEADER, holds, proof_of_answer, proof_of_report
from harness.secrets import KNOWN

HOSTS = "/console-api/local/hosts"
REPORT = {"host": "127.0.0.2", "free_ports": [26600, 26601, 26602, 26603, 26604]}


class Desk:
    """Calls with a client of the organization."""

    def __init__(self, served):
        self.served = served
        token = served.token("api.cloud.camunda.io", served.addresses.console_credentials_file)
        self.headers = {"authorization": f"Bearer {token}"}

    def __call__(self, method, path="", body=None):
        sent = None if body is None else json.dumps(body)
        return self.served.request(method, HOSTS + path, sent, self.headers)

    def added(self, name="second"):
        answer = self("POST", "", {"name": name})
        assert answer.status == 201, answer.text
        KNOWN.learn(answer.json["token"], "a join token")
        return JoinToken.read(answer.json["token"])


@pytest.fixture
def desk(serve, tmp_path):
    return Desk(serve(data_dir=tmp_path / "data"))


def report(desk, token, body=REPORT, *, moment=None, proof=None, host=None):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    moment = str(int(time.time() * 1000)) if moment is None else moment
    proof = proof_of_report(token.secret, token.host_id, moment, raw) if proof is None else proof
    headers = {TIME_HEADER: moment, PROOF_HEADER: proof}
    return desk.served.request("POST", f"{HOSTS}/{host or token.host_id}/report", raw, headers)


def test_a_host_is_added_and_is_silent_until_it_reports(desk):
    token = desk.added()
    assert [(one["name"], one["state"]) for one in desk("GET").json] == [("second", "silent")]
    answer = report(desk, token)
    assert (answer.status, answer.json) == (200, [])
    (shown,) = desk("GET").json
    assert (shown["state"], shown["host"], shown["brokers"]) == ("connected", "127.0.0.2", 0)
    assert desk("DELETE", f"/{token.host_id}").status == 200
    assert desk("GET").json == []
    assert report(desk, token).status == 401


def test_who_let_a_host_join_stands_in_the_activity_log(desk):
    token = desk.added()
    desk("DELETE", f"/{token.host_id}")
    activity = desk.served.request("GET", "/console-api/activity/json", None, desk.headers).text
    assert "let the host second join" in activity
    assert "removed the host second" in activity
    assert token.secret.reveal() not in activity


def test_the_secret_is_shown_once_and_stands_nowhere_in_the_clear(desk, tmp_path):
    token = desk.added()
    assert token.secret.reveal() not in desk("GET").text
    for file in (tmp_path / "data").rglob("*"):
        if file.is_file():
            assert token.secret.reveal().encode() not in file.read_bytes(), file


def test_hosts_outlive_the_platform(serve, tmp_path):
    first = Desk(serve(data_dir=tmp_path / "data"))
    token = first.added()
    first.served.stop()
    assert report(Desk(serve(data_dir=tmp_path / "data")), token).status == 200


def test_hosts_that_are_added_and_removed_at_once_do_not_lose_each_other(serve, tmp_path):
    first = Desk(serve(data_dir=tmp_path / "data"))
    gone = [first.added(f"gone-{n}") for n in range(8)]
    with ThreadPoolExecutor(16) as together:
        removals = [together.submit(first, "DELETE", f"/{token.host_id}") for token in gone]
        additions = [together.submit(first.added, f"stays-{n}") for n in range(8)]
        assert {one.result().status for one in removals} == {200}
        stays = [one.result() for one in additions]
    first.served.stop()
    second = Desk(serve(data_dir=tmp_path / "data"))
    assert {one["name"] for one in second("GET").json} == {f"stays-{n}" for n in range(8)}
    assert {report(second, token).status for token in gone} == {401}
    assert {report(second, token).status for token in stays} == {200}
    assert list((tmp_path / "data").rglob("hosts.json.*")) == []


def test_a_report_of_before_the_platforms_start_does_not_count_after_it(serve, tmp_path):
    first = Desk(serve(data_dir=tmp_path / "data"))
    token = first.added()
    first.served.stop()
    second, now = Desk(serve(data_dir=tmp_path / "data")), int(time.time() * 1000)
    assert report(second, token, moment=str(now - 120_000)).status == 401
    assert report(second, token, moment=str(now)).status == 200


def test_a_host_that_is_removed_while_its_report_comes_is_refused(desk):
    token, moment, raw = desk.added(), str(int(time.time() * 1000)), json.dumps(REPORT).encode()
    address = urllib.parse.urlsplit(desk.served.addresses.http_address)
    with contextlib.closing(http.client.HTTPConnection(address.hostname, address.port, timeout=20)) as slow:
        slow.putrequest("POST", f"{HOSTS}/{token.host_id}/report")
        proof = proof_of_report(token.secret, token.host_id, moment, raw)
        for name, value in ((TIME_HEADER, moment), (PROOF_HEADER, proof), ("content-length", str(len(raw)))):
            slow.putheader(name, value)
        slow.endheaders(raw[:10])
        assert desk("DELETE", f"/{token.host_id}").status == 200
        slow.send(raw[10:])
        assert slow.getresponse().status == 401


def test_the_platform_proves_to_the_host_who_it_is(desk):
    token, moment = desk.added(), str(int(time.time() * 1000))
    answer = report(desk, token, moment=moment)
    expected = proof_of_answer(token.secret, token.host_id, moment, answer.body)
    assert holds(answer.headers[PROOF_HEADER], expected)
    assert not holds(answer.headers[PROOF_HEADER], proof_of_answer(token.secret, token.host_id, moment, b"[{}]"))


def test_who_does_not_know_the_secret_is_refused(desk):
    token, other = desk.added(), desk.added("third")
    stranger = JoinToken(host_id=token.host_id, secret=Secret("not this one"))
    assert report(desk, stranger).status == 401
    assert report(desk, JoinToken(host_id=token.host_id, secret=other.secret)).status == 401
    assert report(desk, token, proof="").status == 401
    assert report(desk, token, proof="é").status == 401
    assert report(desk, token, host="no-such-host").status == 401
    assert all(one["state"] == "silent" for one in desk("GET").json)


def test_a_report_counts_once_and_only_at_its_time(desk):
    token, moment = desk.added(), int(time.time() * 1000)
    assert report(desk, token, moment=str(moment)).status == 200
    assert report(desk, token, moment=str(moment)).status == 401
    assert report(desk, token, moment=str(moment - 1000)).status == 401
    assert report(desk, token, moment=str(moment + 3_600_000)).status == 401
    assert report(desk, token, moment="now").status == 401
    changed = proof_of_report(token.secret, token.host_id, str(moment + 1), json.dumps(REPORT).encode())
    assert report(desk, token, REPORT | {"host": "127.0.0.3"}, moment=str(moment + 1), proof=changed).status == 401


def test_a_report_of_many_brokers_in_trouble_is_taken_and_one_without_end_is_not(desk):
    word = {"cluster_id": "c", "phase": "waiting", "trouble": "x" * limits.BROKER_TROUBLE_CHARS_MAX}
    token, many = desk.added(), [word | {"node_id": number} for number in range(1_000)]
    assert report(desk, token, REPORT | {"brokers": many}).status == 200
    assert report(desk, token, b" " * (limits.HOST_REPORT_BYTES_MAX + 1)).status == 413


@pytest.mark.parametrize("body", [b"", b"{", b'{"host":"x"}', REPORT | {"host": "a b"}, REPORT | {"host": "$(x)"}])
def test_a_report_that_is_none_is_refused(desk, body):
    assert report(desk, desk.added(), body).status == 400


def test_a_host_elsewhere_cannot_join_a_platform_that_only_this_machine_reaches(desk):
    answer = report(desk, desk.added(), REPORT | {"host": "192.0.2.7"})
    assert answer.status == 409
    assert "start it with --host" in answer.json["detail"]


def test_a_name_is_given_once(desk):
    desk.added()
    assert desk("POST", "", {"name": "second"}).status == 409
    assert desk("POST", "", {"name": ""}).status == 400
    assert desk("DELETE", "/no-such-host").status == 404


def test_a_platform_that_keeps_nothing_lets_no_host_join(serve):
    assert Desk(serve())("POST", "", {"name": "second"}).status == 409


def test_hosts_want_a_token_of_the_organization(desk):
    for method, path in (("GET", ""), ("POST", ""), ("DELETE", "/x")):
        assert desk.served.request(method, HOSTS + path).status == 401


def visit(desk, token, folder, platform=""):
    address = platform or desk.served.addresses.http_address
    folders = {"folder": folder / "joined", "cache": folder / "cache"}
    return Visitor(Visit(platform=address, token=token, host="127.0.0.2", **folders))


async def test_a_program_joins_and_is_refused_with_another_token(desk, tmp_path):
    token = desk.added()
    visitor = visit(desk, token, tmp_path)
    joined = await visitor.start()
    assert (joined.connected, joined.brokers) == (True, 0)
    assert (await asyncio.to_thread(desk, "GET")).json[0]["state"] == "connected"
    await visitor.stop()
    with pytest.raises(PlatformError, match="401"):
        await visit(desk, JoinToken(host_id=token.host_id, secret=Secret("another")), tmp_path).start()
    with pytest.raises(PlatformError, match="expected an answer"):
        await visit(desk, token, tmp_path, platform="http://127.0.0.1:9").start()
    with pytest.raises(ConfigError, match="URL"):
        visit(desk, token, tmp_path, platform="platform:8080")


async def test_a_program_whose_clock_was_a_day_ahead_comes_back(desk, tmp_path):
    token, clock = desk.added(), AheadClock()
    folders = {"folder": tmp_path / "joined", "cache": tmp_path / "cache"}
    visit = Visit(platform=desk.served.addresses.http_address, token=token, host="127.0.0.2", **folders)
    visitor = Visitor(visit, clock=clock)
    with pytest.raises(PlatformError, match="clocks"):
        await visitor.start()
    clock.ahead_ms = 0
    assert (await visitor.start()).connected
    await visitor.stop()


class AheadClock(SystemClock):
    """A day ahead, until it is put right."""

    ahead_ms = 86_400_000

    def now_ms(self):
        return super().now_ms() + self.ahead_ms


@pytest.mark.parametrize("text", ["", "x", ".", "a.", ".b", "é.b"])
def test_a_text_that_is_no_join_token_is_refused(text):
    with pytest.raises(ConfigError, match="join token"):
        JoinToken.read(text)


def test_a_join_token_does_not_show_its_secret():
    token = JoinToken.read("host.secret-of-it\n")
    assert "secret-of-it" not in repr(token)
    assert token.text().reveal() == "host.secret-of-it"
