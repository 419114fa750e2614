"""Rules of the Authorization header: one fetch for many calls, early refresh, one renewal after a refusal."""

import asyncio
import logging
import threading

import pytest

from c8py.auth import ClientCredentials
from c8py.base.clock import SystemClock
from c8py.base.redact import Secret
from c8py.errors import ConnectionFailed, TokenRateLimited, TokenRefused, TokenUnavailable
from c8py.transport._async.headers import async_headers
from c8py.transport._async.tokens import AsyncTokens
from c8py.transport._async.wire import AsyncWire
from harness.answering import Reply

SECRET = "s3cr~t"


class TokenService:
    """Answers token requests with t1, t2 …"""

    def __init__(self):
        self.lifetime_s = 300
        self.status = 200
        self.count = 0
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self, _received):
        self.gate.wait(5)
        self.count += 1
        body = b'{"access_token":"t%d","expires_in":%d}' % (self.count, self.lifetime_s)
        return Reply(self.status, body if self.status == 200 else b'{"error":"access_denied"}')


@pytest.fixture
def service():
    return TokenService()


@pytest.fixture
def server(http_server, service):
    return http_server(service)


@pytest.fixture
async def wire(settings):
    wire = AsyncWire(settings(rest_address="http://unused"))
    yield wire
    await wire.aclose()


@pytest.fixture
async def tokens(server, wire, settings, cache, clock):
    credentials = ClientCredentials(token_url=f"{server.url}/token", client_id="id", client_secret=Secret(SECRET))
    tokens = async_headers(credentials, wire, settings(rest_address="http://unused"), cache=cache, clock=clock)
    yield tokens
    await tokens.aclose()


async def test_the_header_carries_the_token(tokens, server):
    assert await tokens.header() == "Bearer t1"
    received = server.received[0]
    assert (received.method, received.path) == ("POST", "/token")
    assert b"grant_type=client_credentials" in received.body
    assert "c8py" in received.headers["user-agent"]


async def test_who_is_one_of_many_starts_later_and_says_when(server, wire, settings, cache, clock):
    credentials = ClientCredentials(token_url=f"{server.url}/token", client_id="id", client_secret=Secret(SECRET))
    many = settings(rest_address="http://unused", token_start_spread_s=86_000.0, request_timeout_s=0.5)
    tokens = async_headers(credentials, wire, many, cache=cache, clock=clock)
    with pytest.raises(TokenRateLimited) as raised:
        await tokens.header()
    assert server.received == []
    clock.advance(raised.value.retry_after_s)
    assert await tokens.header() == "Bearer t1"
    # It has started: what follows is a token like any other.
    clock.advance(300)
    assert await tokens.header() == "Bearer t2"
    await tokens.aclose()


async def test_a_token_is_fetched_once_for_all_calls(tokens, service):
    assert [await tokens.header() for _ in range(5)] == ["Bearer t1"] * 5
    assert service.count == 1


async def test_calls_at_one_time_share_one_request(tokens, service):  # async-only
    service.gate.clear()
    calls = [asyncio.create_task(tokens.header()) for _ in range(20)]
    await asyncio.sleep(0.05)
    service.gate.set()
    assert set(await asyncio.gather(*calls)) == {"Bearer t1"}
    assert service.count == 1


async def test_a_caller_that_gives_up_leaves_the_request_to_the_others(tokens, service):  # async-only
    service.gate.clear()
    impatient, patient = asyncio.create_task(tokens.header()), asyncio.create_task(tokens.header())
    await asyncio.sleep(0.05)
    impatient.cancel()
    service.gate.set()
    assert await patient == "Bearer t1"
    assert service.count == 1


async def test_a_stale_token_is_used_while_the_next_one_is_fetched(tokens, service, clock, eventually):
    await tokens.header()
    clock.advance(270)  # past the moment at which each process begins by itself
    service.gate.clear()
    assert await tokens.header() == "Bearer t1"
    service.gate.set()
    await eventually(lambda: service.count == 2)
    await eventually(lambda: tokens._header == "Bearer t2")
    assert await tokens.header() == "Bearer t2"


async def test_a_failed_refresh_is_not_repeated_with_every_call(tokens, service, clock, eventually, caplog):
    await tokens.header()
    clock.advance(270)  # past the moment at which each process begins by itself
    service.status = 503
    with caplog.at_level(logging.WARNING):
        assert await tokens.header() == "Bearer t1"
        await eventually(lambda: "ahead of time" in caplog.text)
        for _ in range(5):
            assert await tokens.header() == "Bearer t1"
    assert service.count == 2
    assert SECRET not in caplog.text
    assert "t1" not in caplog.text.replace("ahead", "")


async def test_an_invalid_token_is_waited_for(tokens, clock):
    await tokens.header()
    clock.advance(299)
    assert await tokens.header() == "Bearer t2"


async def test_a_refused_token_is_renewed_once(tokens, service):
    first = await tokens.header()
    assert await tokens.header_after_refusal(first) == "Bearer t2"
    # Others that were refused with the old one are given the new one, and nothing is fetched for them.
    assert await tokens.header_after_refusal(first) == "Bearer t2"
    assert service.count == 2


async def test_who_stands_in_for_the_token_service_is_told_that_its_token_was_refused(tokens, service, server, clock):
    await tokens.header_after_refusal(await tokens.header())
    # The one after that is fetched as ever.
    clock.advance(service.lifetime_s)
    await tokens.header()
    assert [one.headers.get("cache-control") for one in server.received] == [None, "no-cache", None]


async def test_an_api_that_refuses_every_token_does_not_use_up_the_token_service(tokens, service, clock):
    await tokens.header()
    second = await tokens.header_after_refusal("Bearer t1")
    assert await tokens.header_after_refusal(second) is None
    assert service.count == 2
    clock.advance(31)
    assert await tokens.header_after_refusal(second) == "Bearer t3"


async def test_refused_credentials_are_an_error_and_asked_for_once(tokens, service):
    service.status = 401
    for _ in range(3):
        with pytest.raises(TokenRefused) as raised:
            await tokens.header()
        assert SECRET not in str(raised.value)
    assert service.count == 1


async def test_two_clients_of_one_process_share_a_token(tokens, server, settings, cache, clock):
    unused = settings(rest_address="http://unused")
    wire = AsyncWire(unused)
    other = async_headers(tokens._credentials, wire, unused, cache=cache, clock=clock)
    assert await tokens.header() == await other.header()
    assert len(server.received) == 1
    await wire.aclose()


async def test_a_token_service_that_never_answers_is_given_up(http_server, wire, settings, cache, clock):
    silent = threading.Event()

    def answer(_received):
        silent.wait(5)
        return Reply()

    server = http_server(answer)
    credentials = ClientCredentials(token_url=server.url, client_id="id", client_secret=Secret(SECRET))
    impatient = settings(rest_address="http://unused", token_timeout_s=0.1, request_timeout_s=0.1)
    tokens = async_headers(credentials, wire, impatient, cache=cache, clock=clock)
    with pytest.raises(TokenUnavailable) as raised:
        await tokens.header()
    silent.set()
    assert isinstance(raised.value.__cause__, ConnectionFailed)


async def test_who_waits_for_a_first_token_hears_once_why(server, service, settings, cache, caplog):
    service.status = 503
    credentials = ClientCredentials(token_url=f"{server.url}/token", client_id="id", client_secret=Secret(SECRET))
    patient = settings(token_attempts_max=2, token_retry_delay_s=0.01)
    wire = AsyncWire(patient)
    tokens = async_headers(credentials, wire, patient, cache=cache, clock=SystemClock())
    with caplog.at_level(logging.INFO), pytest.raises(TokenUnavailable):
        await tokens.header()
    assert len(server.received) == 2
    assert caplog.text.count("no token yet: the token service answers 503; asking again in") == 1
    await tokens.aclose()
    await wire.aclose()


async def test_a_warm_token_asks_nobody(tokens, service, cache, monkeypatch):
    await tokens.header()
    monkeypatch.setattr(cache, "read", None)
    monkeypatch.setattr(cache, "try_lock", None)
    assert await tokens.header() == "Bearer t1"


async def test_processes_begin_to_renew_at_moments_of_their_own(server, wire, settings, cache, clock):
    credentials = ClientCredentials(token_url=f"{server.url}/token", client_id="id", client_secret=Secret(SECRET))
    begins = set()
    for _ in range(5):
        tokens = async_headers(credentials, wire, settings(rest_address="http://unused"), cache=cache, clock=clock)
        await tokens.header()
        assert isinstance(tokens, AsyncTokens)
        begins.add(tokens._warm_until_s - clock.monotonic_s())
        await tokens.aclose()
    assert len(begins) == 5
    assert all(240 <= left_s <= 265 for left_s in begins)
