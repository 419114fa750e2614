"""Rules of headers that are not fetched: a text that stays, and a function of the caller's."""

import pytest

from c8py.auth import BasicCredentials, BearerToken
from c8py.base.clock import SystemClock
from c8py.base.redact import Secret
from c8py.errors import ConfigError, PermissionDenied, TokenUnavailable, Unauthenticated
from c8py.transport._async.headers import AsyncCalledHeader, AsyncFixedHeader
from c8py.transport._async.rest import AsyncRest
from c8py.transport._async.wire import AsyncWire
from c8py.transport.request import RestRequest
from harness.answering import Reply

TOPOLOGY = RestRequest(call="getTopology", method="GET", path="/v2/topology", safe=True, timeout_s=5.0)


class Numbered:
    """Gives t1, t2 … as the caller's own function would."""

    def __init__(self):
        self.count = 0

    def __call__(self):
        self.count += 1
        return f"t{self.count}"


@pytest.fixture
async def api(settings):
    wires = []

    def make(url, headers):
        wires.append(AsyncWire(settings(rest_address=url)))
        return AsyncRest(url, wires[-1], headers, SystemClock())

    yield make
    for wire in wires:
        await wire.aclose()


async def test_credentials_that_never_change_have_one_header():
    assert await AsyncFixedHeader(None).header() == ""
    basic = AsyncFixedHeader(BasicCredentials("demo", Secret("demo")))
    assert await basic.header() == "Basic ZGVtbzpkZW1v"
    assert await AsyncFixedHeader(BearerToken(Secret("eyJ"))).header() == "Bearer eyJ"
    assert await basic.header_after_refusal("Basic ZGVtbzpkZW1v") is None
    await basic.aclose()


async def test_a_token_that_cannot_be_one_is_an_error_when_the_client_is_made():
    with pytest.raises(ConfigError):
        AsyncFixedHeader(BearerToken(Secret("Bearer eyJ")))


async def test_a_function_is_asked_before_every_call(http_server, api):
    server = http_server(lambda _: Reply(200, b"{}"))
    client = api(server.url, AsyncCalledHeader(Numbered()))
    for _ in range(2):
        await client.send(TOPOLOGY)
    assert [received.headers["authorization"] for received in server.received] == ["Bearer t1", "Bearer t2"]


async def test_a_function_is_asked_once_more_after_a_refusal(http_server, api):
    server = http_server(lambda received: Reply(200 if received.headers["authorization"] == "Bearer t2" else 401))
    await api(server.url, AsyncCalledHeader(Numbered())).send(TOPOLOGY)
    assert len(server.received) == 2


async def test_an_api_that_refuses_the_second_token_too_is_an_error(http_server, api):
    source = Numbered()
    server = http_server(lambda _: Reply(401))
    with pytest.raises(Unauthenticated):
        await api(server.url, AsyncCalledHeader(source)).send(TOPOLOGY)
    assert (source.count, len(server.received)) == (2, 2)


async def test_the_same_token_is_not_sent_again(http_server, api):
    server = http_server(lambda _: Reply(401))
    with pytest.raises(Unauthenticated):
        await api(server.url, AsyncCalledHeader(lambda: "same")).send(TOPOLOGY)
    assert len(server.received) == 1


async def test_a_hidden_token_is_taken_as_well():
    assert await AsyncCalledHeader(lambda: Secret("t")).header() == "Bearer t"


async def test_a_coroutine_function_is_awaited():  # async-only
    async def source():
        return "t"

    assert await AsyncCalledHeader(source).header() == "Bearer t"


@pytest.mark.parametrize("given", ["", "Bearer t", "a\r\nb", None, 7, b"t"])
async def test_whatever_is_no_token_is_an_error_that_does_not_show_it(given):
    with pytest.raises(ConfigError) as raised:
        await AsyncCalledHeader(lambda: given).header()
    assert "Bearer t" not in str(raised.value)


async def test_a_function_that_fails_is_an_error_of_tokens_that_keeps_its_words_apart():
    def fails():
        raise ValueError("s3cr~t")

    with pytest.raises(TokenUnavailable, match="ValueError") as raised:
        await AsyncCalledHeader(fails).header()
    assert "s3cr" not in str(raised.value)
    assert isinstance(raised.value.__cause__, ValueError)


async def test_an_error_of_ours_stays_what_it_is():
    def fails():
        raise PermissionDenied("no")

    with pytest.raises(PermissionDenied):
        await AsyncCalledHeader(fails).header()
