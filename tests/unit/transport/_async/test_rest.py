"""Rules of REST calls, on real sockets: bytes, retries, tokens, TLS, proxies, time."""

import threading

import msgspec
import pytest

from c8py.base.clock import SystemClock
from c8py.errors import (
    ConfigError,
    ConnectionFailed,
    DeadlineExceeded,
    NotFound,
    ResourceExhausted,
    Unauthenticated,
    Unavailable,
)
from c8py.transport import RestRequest
from c8py.transport._async.headers import AsyncFixedHeader
from c8py.transport._async.rest import AsyncRest
from c8py.transport._async.wire import AsyncWire
from harness.answering import Reply


class Renewing:
    """Headers t1, t2 … of which an API may refuse some."""

    def __init__(self):
        self.number = 1

    async def header(self):
        return f"Bearer t{self.number}"

    async def header_after_refusal(self, refused):
        self.number += 1
        return f"Bearer t{self.number}"

    async def aclose(self):
        """Nothing is going on."""


def request(**changes):
    plain = RestRequest(call="getTopology", method="GET", path="/v2/topology", safe=True, timeout_s=5.0)
    return msgspec.structs.replace(plain, **changes)


@pytest.fixture
async def api(settings):
    """Makes an API client of an address; all are closed."""
    wires = []

    def make(url, headers=None, **arguments):
        wires.append(AsyncWire(settings(rest_address=url, **arguments)))
        return AsyncRest(url, wires[-1], headers or AsyncFixedHeader(None), SystemClock())

    yield make
    for wire in wires:
        await wire.aclose()


async def test_method_path_header_and_body_arrive(http_server, api):
    server = http_server(lambda received: Reply(200, received.body))
    sent = request(method="POST", path="/v2/x?y=1", body=b'{"a":1}')
    assert await api(server.url, Renewing()).send(sent) == b'{"a":1}'
    received = server.received[0]
    assert (received.method, received.path) == ("POST", "/v2/x?y=1")
    assert received.headers["authorization"] == "Bearer t1"
    assert received.headers["content-type"] == "application/json"
    assert received.headers["accept"] == "application/json"


async def test_without_credentials_there_is_no_header(http_server, api):
    server = http_server(lambda _: Reply())
    await api(server.url).send(request())
    assert "authorization" not in server.received[0].headers


async def test_connections_are_kept(http_server, api):
    server = http_server(lambda _: Reply(204))
    client = api(server.url)
    for _ in range(5):
        await client.send(request())
    assert len({received.connection for received in server.received}) == 1


async def test_closing_and_calling_again_opens_anew(http_server, settings):
    server = http_server(lambda _: Reply(204))
    wire = AsyncWire(settings(rest_address=server.url))
    client = AsyncRest(server.url, wire, AsyncFixedHeader(None), SystemClock())
    await client.send(request())
    await wire.aclose()
    await client.send(request())
    await wire.aclose()
    assert len({received.connection for received in server.received}) == 2


async def test_a_cluster_under_pressure_is_asked_again(http_server, api):
    replies = [Reply(503, b'{"title":"RESOURCE_EXHAUSTED"}'), Reply(503), Reply(200, b"{}")]
    server = http_server(lambda _: replies.pop(0))
    assert await api(server.url).send(request(safe=False)) == b"{}"
    assert len(server.received) == 3


async def test_attempts_end_with_the_time_of_the_call(http_server, api):
    server = http_server(lambda _: Reply(503, b'{"title":"RESOURCE_EXHAUSTED"}'))
    # Time may run out between two attempts, or, on a busy machine, within one.
    with pytest.raises((ResourceExhausted, DeadlineExceeded)):
        await api(server.url).send(request(timeout_s=0.3))
    assert len(server.received) < 5


async def test_what_cannot_be_mended_is_asked_once(http_server, api):
    server = http_server(lambda _: Reply(404, b'{"title":"NOT_FOUND","detail":"no such job"}'))
    with pytest.raises(NotFound, match="no such job"):
        await api(server.url).send(request())
    assert len(server.received) == 1


async def test_a_broken_connection_is_tried_again_only_where_twice_is_once(http_server, api):
    server = http_server(lambda received: Reply(None if len(server.received) == 1 else 204))
    await api(server.url).send(request(method="POST", body=b"{}"))
    assert len(server.received) == 2
    server = http_server(lambda _: Reply(None))
    with pytest.raises(ConnectionFailed) as raised:
        await api(server.url).send(request(method="POST", body=b"{}", safe=False))
    assert raised.value.sent
    assert len(server.received) == 1


async def test_an_address_where_nobody_listens_is_named_and_nothing_was_sent(http_server, api):
    server = http_server(lambda _: Reply())
    client = api(server.url)
    server.close()
    with pytest.raises(ConnectionFailed, match=server.url) as raised:
        await client.send(request(timeout_s=0.2))
    assert not raised.value.sent


async def test_a_refused_token_is_renewed_and_the_call_repeated_once(http_server, api):
    server = http_server(lambda received: Reply(204 if received.headers["authorization"] == "Bearer t2" else 401))
    await api(server.url, Renewing()).send(request(safe=False))
    assert [received.headers["authorization"] for received in server.received] == ["Bearer t1", "Bearer t2"]


async def test_an_api_that_refuses_the_new_token_as_well_is_an_error(http_server, api):
    server = http_server(lambda _: Reply(401, b'{"title":"Unauthorized","detail":"Access Denied"}'))
    with pytest.raises(Unauthenticated, match="Access Denied"):
        await api(server.url, Renewing()).send(request())
    assert len(server.received) == 2


async def test_an_answer_that_does_not_come_is_a_deadline(http_server, api):
    silent = threading.Event()

    def answer(_):
        silent.wait(5)
        return Reply()

    server = http_server(answer)
    with pytest.raises(DeadlineExceeded):
        await api(server.url).send(request(timeout_s=0.1))
    silent.set()


async def test_a_redirect_takes_no_token_elsewhere(http_server, api):
    elsewhere = http_server(lambda _: Reply())
    server = http_server(lambda _: Reply(302, b"", {"location": elsewhere.url}))
    with pytest.raises(Exception, match="302"):
        await api(server.url, Renewing()).send(request())
    assert elsewhere.received == []


async def test_our_own_authority_is_trusted_when_it_is_named(http_server, api, pem):
    server = http_server(lambda _: Reply(204), pem.server_context())
    await api(server.url, ca_certificate=pem.authority).send(request())
    with pytest.raises(ConnectionFailed, match=r"(?i)certificate|issuer"):
        await api(server.url).send(request(timeout_s=0.5))


async def test_a_client_certificate_is_shown_where_it_is_asked_for(http_server, api, pem):
    server = http_server(lambda _: Reply(204), pem.server_context(mutual=True))
    shown = {"client_certificate": pem.client, "client_key": pem.client_key}
    await api(server.url, ca_certificate=pem.authority, **shown).send(request())
    with pytest.raises(ConnectionFailed):
        await api(server.url, ca_certificate=pem.authority).send(request(timeout_s=0.5))


@pytest.mark.parametrize(
    "content", [None, b"no certificate", b"-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----"]
)
async def test_certificates_that_cannot_be_used_are_an_error_of_the_settings(content, http_server, api, tmp_path):
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)
    server = http_server(lambda _: Reply())
    with pytest.raises(ConfigError):
        await api(server.url, ca_certificate=path).send(request())


async def test_unavailable_is_an_error_after_all_attempts(http_server, api, monkeypatch):
    monkeypatch.setattr("c8py.transport._async.attempts.waits", lambda _: iter([0.001] * 4))
    server = http_server(lambda _: Reply(503))
    with pytest.raises(Unavailable):
        await api(server.url).send(request())
    assert len(server.received) == 5


async def test_who_was_told_when_to_come_back_does_not_come_sooner(http_server, api):
    server = http_server(lambda _: Reply(429, headers={"retry-after": "60"}))
    with pytest.raises(ResourceExhausted, match="try again in 60 seconds") as raised:
        await api(server.url).send(request())
    assert raised.value.retry_after_s == 60
    assert len(server.received) == 1
