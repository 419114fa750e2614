"""`c8 auth serve` as a process on real sockets, before a token service that is made up, and before the platform's."""

import base64
import contextlib
import http.client
import json
import os
import re
import signal
import socket
import ssl
import sys
import time
import urllib.parse
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

from bench.contestant import Contestant
from c8py.base.limits import TOKEN_UNAUTHENTICATED_PAUSE_S
from harness.answering import HttpServer, Received, Reply
from harness.authority import Authority
from harness.platform import C8, c8, plain_environment
from harness.processes import ROOT, Program, wait_until

KEY = base64.b64encode(b"k" * 32).decode()
SECRET = "r1ght-s3cr~t"
TOKEN = "eyJhbGciOiJub25lIn0.eyJwIjoxfQ.c2ln"
REFUSAL = b'{"error":"access_denied","error_description":"Unauthorized"}'
FIELDS = {"grant_type": "client_credentials", "client_id": "id", "client_secret": SECRET, "audience": "zeebe"}


class Answered(NamedTuple):
    status: int
    headers: dict[str, str]
    text: str

    def json(self):
        return json.loads(self.text)


class Proxy:
    """A running proxy, and how it is asked."""

    def __init__(self, folder: Path, name: str, *arguments: str, **environment: str) -> None:
        self.program = Program(
            [C8, "auth", "serve", "--json", "--port", "0", *arguments],
            folder=folder,
            name=name,
            environment=plain_environment(**environment),
        )
        self.ready = json.loads(self.program.first_line(deadline_s=30))
        self.place = urllib.parse.urlsplit(self.ready["address"])

    def ask(
        self,
        fields: dict[str, str] | None = None,
        *,
        path: str = "/oauth/token",
        trust: ssl.SSLContext | None = None,
        **headers: str,
    ) -> Answered:
        body = urllib.parse.urlencode(FIELDS | (fields or {}))
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._call(
            "POST", path, body, kind | {name.replace("_", "-"): text for name, text in headers.items()}, trust
        )

    def look(self, path: str) -> Answered:
        return self._call("GET", path, None, {}, None)

    def _call(
        self, method: str, path: str, body: str | None, headers: dict[str, str], trust: ssl.SSLContext | None
    ) -> Answered:
        host, port = self.place.hostname or "", self.place.port
        connection = (
            http.client.HTTPSConnection(host, port, timeout=40, context=trust)
            if trust
            else http.client.HTTPConnection(host, port, timeout=40)
        )
        with contextlib.closing(connection):
            connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            found = {name.lower(): text for name, text in answer.getheaders()}
            return Answered(answer.status, found, answer.read().decode())

    def raw(self, *chunks: bytes) -> bytes:
        """What comes back for these very bytes."""
        with socket.create_connection((self.place.hostname or "", self.place.port or 0), timeout=30) as sock:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                for chunk in chunks:
                    sock.sendall(chunk)
            answer = b""
            with contextlib.suppress(ConnectionResetError, TimeoutError):
                sock.settimeout(15)
                while chunk := sock.recv(65536):
                    answer += chunk
                    if _complete(answer):
                        break
            return answer


def _complete(answer: bytes) -> bool:
    head, end, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    return bool(end and length and len(body) >= int(length[1]))


@pytest.fixture
def start_proxy(tmp_path: Path) -> Iterator[Callable[..., Proxy]]:
    started: list[Proxy] = []

    def start(*arguments: str, **environment: str) -> Proxy:
        started.append(Proxy(tmp_path, f"proxy-{len(started)}", *arguments, **environment))
        return started[-1]

    yield start
    for proxy in started:
        proxy.program.stop()


class Service:
    """A token service on a socket: one right secret, as slow as wanted, or not there."""

    def __init__(self) -> None:
        self.delay_s = 0.0
        self.down = False
        self.tokens = 0
        self.server = HttpServer(self.answer)
        self.url = f"{self.server.url}/oauth/token"

    def answer(self, received: Received) -> Reply:
        time.sleep(self.delay_s)
        if self.down:
            return Reply(None)
        fields = dict(urllib.parse.parse_qsl(received.body.decode()))
        if fields.get("client_secret") != SECRET:
            return Reply(401, REFUSAL, {"content-type": "application/json;charset=utf-8"})
        self.tokens += 1
        body = {"access_token": f"{TOKEN}{self.tokens}", "scope": "abc", "expires_in": 600, "token_type": "Bearer"}
        return Reply(200, json.dumps(body).encode())

    @property
    def asked(self) -> int:
        return len(self.server.received)


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service()
    yield made
    made.server.close()


@pytest.fixture
def proxy(start_proxy, service) -> Proxy:
    return start_proxy("--upstream", service.url)


def test_it_says_where_it_is_and_that_it_listens_on_this_machine_alone(proxy, service):
    assert proxy.place.hostname == "127.0.0.1"
    assert proxy.ready["exposed"] is False
    assert proxy.ready["token_urls"] == {"default": f"{proxy.ready['address']}/oauth/token"}
    assert [proxy.look(path).status for path in ("/health", "/ready", "/metrics")] == [200, 200, 200]


def test_a_crowd_is_given_one_token_for_one_request(proxy, service):
    service.delay_s = 0.5
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: proxy.ask(), range(200)))
    assert {answer.status for answer in answers} == {200}
    assert {answer.json()["access_token"] for answer in answers} == {f"{TOKEN}1"}
    assert all(590 <= answer.json()["expires_in"] < 600 for answer in answers)
    assert service.asked == 1


def test_a_thousand_crowdwith_wrong_secrets_are_one_request_and_disturb_nobody(proxy, service):
    proxy.ask()
    with ThreadPoolExecutor(50) as pool:
        same = [pool.submit(proxy.ask, {"client_secret": "wrong"}) for _ in range(500)]
        others = [pool.submit(proxy.ask, {"client_secret": f"wrong {number}"}) for number in range(500)]
        right = [pool.submit(proxy.ask) for _ in range(100)]
        refusals = [future.result() for future in same if future.result().status == 401]
        waiting = [future.result() for future in (*same, *others) if future.result().status != 401]
        served = [future.result() for future in right]
    assert refusals
    assert {answer.headers["content-type"] for answer in refusals} == {"application/json;charset=utf-8"}
    assert {answer.text for answer in refusals} == {REFUSAL.decode()}
    # Another secret that nobody has tried may be the next right one: it is neither tried now nor called wrong.
    assert {answer.status for answer in waiting} == {429}
    assert all(0 < int(answer.headers["retry-after"]) <= 60 for answer in waiting)
    assert {answer.status for answer in served} == {200}
    assert service.asked == 2


@pytest.mark.slow
def test_thousands_that_connect_at_once_are_all_served(proxy, service, tmp_path):
    """More than a process may have files open, as most systems begin it, and than other servers of ours take."""
    service.delay_s = 1.0
    (tmp_path / "body").write_text(urllib.parse.urlencode(FIELDS))
    place = f"{proxy.place.hostname}:{proxy.place.port}"
    words = [
        sys.executable,
        ROOT / "bench" / "scripts" / "token_callers.py",
        "rush",
        place,
        tmp_path / "body",
        "2500",
        "3",
    ]
    with Contestant(words, environment=plain_environment(), log=tmp_path / "callers.err") as callers:
        said = json.loads(callers.measure().said)
    assert said["others"] == 0
    assert said["answers"] > 2500
    assert service.asked == 1


@pytest.mark.slow
def test_killed_and_started_again_with_state_it_asks_nothing(start_proxy, service, tmp_path):
    state = ("--state", str(tmp_path / "state"), "--upstream", service.url)
    first = start_proxy(*state, C8_TOKEN_PROXY_KEY=KEY)
    before = first.ask().json()
    first.program.kill()
    again = start_proxy(*state, C8_TOKEN_PROXY_KEY=KEY).ask().json()
    assert (again["access_token"], again["scope"]) == (before["access_token"], before["scope"])
    assert service.asked == 1
    stored = b"".join(file.read_bytes() for file in (tmp_path / "state").iterdir())
    assert TOKEN.encode() not in stored
    assert SECRET.encode() not in stored
    assert {oct(file.stat().st_mode & 0o777) for file in (tmp_path / "state").iterdir()} == {"0o600"}
    other = start_proxy(*state, C8_TOKEN_PROXY_KEY=base64.b64encode(b"o" * 32).decode())
    assert other.ask().status == 200
    assert service.asked == 2


@pytest.mark.slow
def test_killed_and_started_again_without_state_it_asks_once(start_proxy, service):
    for _ in range(2):
        proxy = start_proxy("--upstream", service.url)
        proxy.ask()
        proxy.program.kill()
    assert service.asked == 2


@pytest.mark.slow
def test_two_that_share_a_folder_ask_once_for_both(start_proxy, service, tmp_path):
    state = ("--state", str(tmp_path / "state"), "--upstream", service.url)
    both = [start_proxy(*state, C8_TOKEN_PROXY_KEY=KEY) for _ in range(2)]
    service.delay_s = 1.0
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda number: both[number % 2].ask(), range(40)))
    assert {answer.json()["access_token"] for answer in answers} == {f"{TOKEN}1"}
    assert service.asked == 1


@pytest.mark.slow
def test_two_that_share_nothing_ask_once_each(start_proxy, service):
    both = [start_proxy("--upstream", service.url) for _ in range(2)]
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda number: both[number % 2].ask(), range(40)))
    assert {answer.status for answer in answers} == {200}
    assert service.asked == 2


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["page", "flood"])
def test_what_is_no_answer_of_a_token_service_is_not_handed_on(start_proxy, kind):
    page = b"<html><body>Sign in to the hotel's network</body></html>"
    body = page if kind == "page" else b'{"access_token":"' + b"x" * 30_000_000 + b'"}'
    other = HttpServer(lambda _received: Reply(200, body, {"content-type": "text/html"}))
    try:
        proxy = start_proxy("--upstream", f"{other.url}/oauth/token")
        with ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(lambda _: proxy.ask(), range(20)))
        assert {(answer.status, answer.json()["error"]) for answer in answers} == {(503, "temporarily_unavailable")}
        assert all(int(answer.headers["retry-after"]) >= 1 for answer in answers)
        assert "hotel" not in "".join(answer.text for answer in answers) + proxy.program.output()
        # As long as callers wait: less often each time, and for all of them together.
        assert 1 < len(other.received) < 15
        assert proxy.program.resident_mb() < 70
    finally:
        other.close()


@pytest.mark.slow
def test_a_service_that_has_gone_is_not_missed_while_a_token_is_good(proxy, service):
    before = proxy.ask().json()["access_token"]
    service.down = True
    assert {proxy.ask().json()["access_token"] for _ in range(20)} == {before}
    # Who has none is told when to come back.
    stranger = proxy.ask({"audience": "another"})
    assert (stranger.status, stranger.json()["error"]) == (503, "temporarily_unavailable")
    assert "retry-after" in stranger.headers


def test_state_without_a_key_is_refused_with_the_way_to_make_one(one_line, tmp_path):
    line = one_line(c8("auth", "serve", "--state", str(tmp_path / "state")), code=2)
    assert "openssl rand -base64 32" in line
    assert not (tmp_path / "state").exists()


def test_a_way_to_store_without_a_place_is_refused(one_line):
    line = one_line(c8("auth", "serve", "--port", "0", "--state-unsealed"), code=2)
    assert "expected --state DIR" in line


def test_a_folder_that_nothing_can_be_stored_in_is_said_before_anybody_relies_on_it(one_line, tmp_path):
    (tmp_path / "file").touch()
    folder = str(tmp_path / "file" / "state")
    line = one_line(c8("auth", "serve", "--port", "0", "--state-unsealed", "--state", folder), code=2)
    assert "Not a directory" in line


@pytest.mark.slow
def test_it_speaks_tls_with_its_own_certificate(start_proxy, service, tmp_path):
    authority = Authority(tmp_path / "authority")
    identity = authority.identity("localhost")
    proxy = start_proxy(
        "--upstream", service.url, "--certificate", str(identity.certificate), "--key", str(identity.key)
    )
    assert proxy.place.scheme == "https"
    trust = ssl.create_default_context(cafile=str(authority.pem))
    trust.check_hostname = False
    assert proxy.ask(trust=trust).status == 200


@pytest.mark.slow
def test_it_warns_where_secrets_would_travel_in_plain_text(start_proxy, service):
    proxy = start_proxy("--upstream", service.url, "--host", "0.0.0.0")
    assert proxy.ready["exposed"] is True
    assert "plain text" in proxy.program.output()


@pytest.mark.slow
def test_told_to_stop_it_sends_those_who_wait_away(proxy, service):
    service.delay_s = 3.0
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(proxy.ask)
        proxy.program.wait_for("the request", lambda: service.asked == 1 or None, deadline_s=10)
        proxy.program.process.send_signal(signal.SIGTERM)
        answer = waiting.result()
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    assert proxy.program.wait(deadline_s=10) == 0
    assert "Traceback" not in proxy.program.output()


def _request(path: str = "/oauth/token", *headers: str, body: bytes | None = None) -> bytes:
    content = urllib.parse.urlencode(FIELDS).encode() if body is None else body
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", "Content-Type: application/x-www-form-urlencoded", *headers]
    if not any(line.lower().startswith(("content-length", "transfer-encoding")) for line in headers):
        lines.append(f"Content-Length: {len(content)}")
    return "\r\n".join([*lines, "", ""]).encode() + content


def test_whatever_host_a_request_names_the_configured_service_is_asked(proxy, service):
    evil = HttpServer(lambda _received: Reply(200, b"{}"))
    try:
        place = evil.url.removeprefix("http://")
        requests = [
            _request().replace(b"Host: localhost", f"Host: {place}".encode()),
            _request(f"{evil.url}/oauth/token"),
            _request("/oauth/token", f"X-Forwarded-Host: {place}", f"Forwarded: host={place}"),
            _request("/oauth/token", f"X-Original-URL: {evil.url}/oauth/token"),
        ]
        answers = [proxy.raw(request) for request in requests]
        assert [answer.split(b" ", 2)[1] for answer in answers] == [b"200"] * 4
        assert evil.received == []
        assert service.asked == 1
    finally:
        evil.close()


def test_no_redirect_is_followed_or_handed_on(start_proxy):
    evil = HttpServer(lambda _received: Reply(200, b"{}"))
    luring = HttpServer(lambda _received: Reply(307, b"", {"location": f"{evil.url}/oauth/token"}))
    try:
        answer = start_proxy("--upstream", f"{luring.url}/oauth/token").ask()
        assert answer.status == 503
        assert "location" not in answer.headers
        assert evil.received == []
        assert len(luring.received) == 1
    finally:
        evil.close()
        luring.close()


H2C = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABk")


@pytest.mark.parametrize(
    "cut", [None, b"HTTP2-Settings: ", b"grant_type="], ids=["whole", "in its head", "at its body"]
)
def test_who_offers_another_protocol_is_answered_in_this_one(proxy, cut):
    """Java's own HTTP client offers HTTP/2 with its first request over plain HTTP."""
    request = _request("/oauth/token", *H2C)
    place = request.index(cut) if cut else 0
    answer = proxy.raw(request[:place], request[place:])
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"upgrade" not in answer.lower()


def test_an_offer_with_a_later_request_of_a_connection_is_no_matter_either(proxy):
    with socket.create_connection((proxy.place.hostname, proxy.place.port), timeout=10) as sock:
        for request in (_request(), _request("/oauth/token", *H2C), _request()):
            sock.sendall(request)
            answer = b""
            while not _complete(answer):
                answer += sock.recv(65536)
            assert answer.startswith(b"HTTP/1.1 200 ")


CHUNKED = b"0\r\n\r\nPOST /oauth/token HTTP/1.1\r\nHost: evil\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.parametrize(
    "request_",
    [
        _request("/oauth/token", "Content-Length: 5", "Transfer-Encoding: chunked", body=CHUNKED),
        _request("/oauth/token", "Transfer-Encoding: chunked", "Content-Length: 5", body=CHUNKED),
        _request("/oauth/token", "Content-Length: 5", "Content-Length: 6", body=b"abcdef"),
        _request("/oauth/token", "Transfer-Encoding: xchunked", body=CHUNKED),
        _request("/oauth/token", "Content-Length: +5", body=b"abcde"),
        _request("/oauth/token", "Content-Length: -5", body=b"abcde"),
        _request("/oauth/token", "Bad Name: x"),
        _request("/oauth/token", "Authorization: Basic aTpy", "Authorization: Basic aTpz"),
    ],
)
def test_requests_that_two_readers_could_read_differently_are_refused_and_closed(proxy, service, request_):
    answer = proxy.raw(request_)
    assert answer.split(b" ", 2)[1:2] in ([b"400"], [b"408"])
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"connection: close" in answer.lower()
    assert service.asked == 0


def test_ten_megabytes_are_not_read(proxy, service):
    announced = proxy.raw(_request("/oauth/token", "Content-Length: 10000000", body=b"x" * 1000))
    assert announced.startswith(b"HTTP/1.1 413 ")
    grown = proxy.raw(
        _request("/oauth/token", "Transfer-Encoding: chunked", body=b""),
        *([b"4000\r\n" + b"x" * 0x4000 + b"\r\n"] * 640),
    )
    assert grown.startswith(b"HTTP/1.1 413 ") or grown == b""
    assert proxy.program.resident_mb() < 100
    assert proxy.ask().status == 200


@pytest.mark.slow
def test_slow_headers_and_bodies_are_given_up(proxy):
    began_s = time.monotonic()
    with ThreadPoolExecutor(2) as pool:
        headers = pool.submit(proxy.raw, b"POST /oauth/token HTTP/1.1\r\nHost: localhost\r\n")
        body = pool.submit(proxy.raw, _request("/oauth/token", "Content-Length: 500", body=b"grant_type="))
        assert headers.result().startswith(b"HTTP/1.1 408 ")
        assert body.result().startswith(b"HTTP/1.1 408 ")
    assert time.monotonic() - began_s < 14


@pytest.mark.slow
def test_neither_logs_nor_memory_images_hold_secrets(start_proxy, service, tmp_path):
    proxy = start_proxy("--upstream", service.url, "--state", str(tmp_path / "state"), C8_TOKEN_PROXY_KEY=KEY)
    proxy.ask()
    proxy.ask({"client_secret": "s0me-wr0ng-0ne"})
    status = Path(f"/proc/{proxy.program.pid}/status")
    if status.exists():
        limits = Path(f"/proc/{proxy.program.pid}/limits").read_text()
        assert re.search(r"Max core file size +0 +0", limits)
    # What a crash would leave behind.
    os.kill(proxy.program.pid, signal.SIGABRT)
    proxy.program.wait(deadline_s=10)
    left = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert not [file for file in left if file.name.startswith("core")]
    everything = b"".join(file.read_bytes() for file in left)
    for secret in (SECRET, TOKEN, "s0me-wr0ng-0ne", KEY):
        assert secret.encode() not in everything


@pytest.mark.slow
def test_a_token_that_the_api_refused_is_had_anew_once_for_all(proxy, service):
    first = proxy.ask().json()["access_token"]
    assert proxy.ask(Cache_Control="no-cache").json()["access_token"] == first  # just had: that would be a loop

    def another() -> str | None:
        token = proxy.ask(Cache_Control="no-cache").json()["access_token"]
        return token if token != first else None

    with ThreadPoolExecutor(10) as pool:
        anew = pool.map(
            lambda _number: wait_until(
                "another token", another, deadline_s=TOKEN_UNAUTHENTICATED_PAUSE_S + 20, every_s=1
            ),
            range(10),
        )
        assert set(anew) == {f"{TOKEN}2"}
    assert service.asked == 2
