"""What is sent in order to hurt: paths that lead out, two requests in one, bodies without measure or end."""

import itertools
import socket

import pytest

from c8py.base import limits
from c8py.server.console._api import PREFIX
from c8py.server.settings import OAuthSettings
from unit.server.intruder import Intruder, filled, page_path, pages_of, routes_of

DEADLINE_S = 10.0


@pytest.fixture(scope="module")
def intruder(served):
    return Intruder(served)


TRAVERSALS = ("..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/platform.db", "....//....//platform.db", "platform.db%00.css")


@pytest.mark.parametrize("below", ["/console/static/", "/console-api/docs/", "/console/org/x/activity/", "/"])
@pytest.mark.parametrize("path", TRAVERSALS)
def test_no_path_leads_out_of_the_house(served, below, path):
    answer = served.request("GET", below + path)
    assert answer.status == 404
    assert b"SQLite" not in answer.body


@pytest.mark.parametrize("path", TRAVERSALS)
def test_no_name_in_a_path_of_an_api_leads_out_of_the_house(served, intruder, path):
    """Asked by who may: it is the name that is refused."""
    home = f"{PREFIX}/clusters/{intruder.cluster}"
    below = [
        f"{home}/clients/",
        f"{home}/backups/",
        f"{home}/secrets/",
        f"{PREFIX}/members/",
        f"{PREFIX}/local/clusters/",
    ]
    for method, place in itertools.product(("GET", "DELETE", "PUT", "POST"), below):
        answer = served.request(method, place + path, headers=intruder.admin)
        # To take a secret away that is not there is no mistake.
        forgotten = method == "DELETE" and "/secrets/" in place and answer.status == 204
        assert answer.status in {400, 404, 405} or forgotten, (method, place)
        assert b"SQLite" not in answer.body
    headers = Intruder.bearer(intruder.cluster_token)
    for place in ("/v2/process-definitions/", "/v2/resources/", "/v2/documents/"):
        assert served.request("GET", place + path, headers=headers).status in {400, 404, 405, 501}, place


def test_what_a_browser_sends_by_itself_opens_no_api(served):
    """A site that makes a browser call us has its cookies and nothing else; and it is not shown the answer."""
    page = served.request("GET", "/console")
    headers = {"cookie": page.headers["set-cookie"].partition(";")[0], "origin": "https://evil.example"}
    guarded = [one for one in routes_of(served) if one[1].startswith((f"{PREFIX}/clusters", f"{PREFIX}/local"))]
    for method, path in [*guarded, ("GET", "/v2/topology"), ("POST", "/oauth/token")]:
        answer = served.request(method, filled(path, served.addresses.cluster_id), headers=headers)
        assert answer.status in {400, 401}, (method, path)
        asked = {**headers, "access-control-request-method": method, "access-control-request-headers": "authorization"}
        preflight = served.request("OPTIONS", filled(path, served.addresses.cluster_id), headers=asked)
        for one in (answer, preflight):
            assert not [name for name in one.headers if name.lower().startswith("access-control-allow")], (method, path)


def connected(served, head):
    """A connection that has sent this head, with a body to come."""
    host, port = served.authority.split(":")
    connection = socket.create_connection((host, int(port)), timeout=DEADLINE_S)
    connection.sendall(head.replace("\n", "\r\n").encode())
    return connection


@pytest.mark.parametrize("length", ["content-length: 104857600", "transfer-encoding: chunked"])
def test_a_hundred_megabytes_are_not_read_wherever_they_are_sent(served, intruder, length):
    rest = [("POST", path) for path in ("/v2/topology", "/v2/deployments", "/v2/process-instances", "/operate/x")]
    taking = [one for one in routes_of(served) if one[0] not in {"GET", "DELETE"}]
    pages = [("POST", page_path(served, path)) for path in pages_of(served, "POST")]
    assert len(taking) > 20
    for method, path in [*rest, *sorted(taking), *pages]:
        head = (
            f"{method} {filled(path, intruder.cluster)} HTTP/1.1\nhost: localhost\n{length}\n"
            f"authorization: {intruder.admin['authorization']}\ncontent-type: application/json\n\n"
        )
        with connected(served, head) as connection:
            sent, piece = 0, b" " * 65_536
            framed = piece if "length" in length else b"10000\r\n" + piece + b"\r\n"
            try:
                while sent < 104_857_600:
                    connection.sendall(framed)
                    sent += len(piece)
            except OSError:
                pass
            # It hung up long before all of it was there; what the kernels on both sides buffer is a few megabytes.
            assert sent < 50_000_000, (method, path)


FACES = ("/oauth/token", "/console-api/clusters", "/console-api/local/clusters", "/console/sign-in", "/v2/deployments")


def test_a_body_that_comes_drop_by_drop_is_not_awaited_at_any_face(serve, monkeypatch):
    for name in ("CONSOLE_BODY_WAIT_S_MAX", "REST_BODY_WAIT_S_MAX"):
        monkeypatch.setattr(limits, name, 0.2)
    served = serve(oauth=OAuthSettings(rate_per_s=0, body_wait_s=0.2))
    intruder = Intruder(served)
    for path in FACES:
        authorization = intruder.admin["authorization"]
        if path.startswith("/v2"):
            authorization = f"Bearer {intruder.cluster_token}"
        head = (
            f"POST {path} HTTP/1.1\nhost: localhost\nauthorization: {authorization}\n"
            "content-type: multipart/form-data; boundary=x\ncontent-length: 1000\n\n{"
        )
        with connected(served, head) as connection:
            answer = connection.recv(64)
            assert answer.startswith(b"HTTP/1.1 408"), (path, answer)


def test_a_crowd_that_never_ends_its_requests_keeps_nobody_out(served):
    """Slowloris: what costs the attacker a socket must not cost the platform more."""
    crowd = [connected(served, "POST /oauth/token HTTP/1.1\nhost: localhost\nx: ") for _ in range(300)]
    try:
        assert served.request("GET", "/health/live").status == 200
        assert served.token("zeebe.camunda.io")
    finally:
        for connection in crowd:
            connection.close()


def test_two_lengths_or_a_length_and_pieces_are_no_request(served):
    """What a proxy in front and the platform could read as two different requests."""
    host, port = served.authority.split(":")
    for lengths in (
        "content-length: 5\r\ncontent-length: 6\r\n",
        "content-length: 5\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: chunked\r\ncontent-length: 5\r\n",
        "content-length: +5\r\n",
        "content-length: 0x5\r\n",
        "transfer-encoding: chunked, identity\r\n",
        "transfer-encoding: xchunked\r\n",
        "transfer-encoding : chunked\r\n",
        "x: y\r\n transfer-encoding: chunked\r\n",
    ):
        with socket.create_connection((host, int(port)), timeout=DEADLINE_S) as connection:
            connection.sendall(
                f"POST /oauth/token HTTP/1.1\r\nhost: localhost\r\n{lengths}\r\n0\r\n\r\nGET / ".encode()
            )
            assert connection.recv(64).startswith(b"HTTP/1.1 400"), lengths
