"""Rules of calls through a proxy, on real sockets: REST, gRPC and token requests take the same one, TLS goes through.

Nothing resolves these names: what arrives went through the proxy.
"""

import msgspec
import pytest

from c8py.auth import ClientCredentials
from c8py.base.clock import SystemClock
from c8py.base.redact import Secret
from c8py.errors import AuthError, ConfigError, ConnectionFailed
from c8py.proto import gateway_pb2 as pb
from c8py.transport._async.grpc import AsyncGrpc
from c8py.transport._async.headers import AsyncFixedHeader, async_headers
from c8py.transport._async.rest import AsyncRest
from c8py.transport._async.wire import AsyncWire
from c8py.transport.request import RestRequest
from harness.answering import Reply
from harness.proxy import Proxy

USER, PASSWORD = "me", "p@ss:w0rd"
PROXY_URL = "http://me:p%40ss%3Aw0rd@{}"
TOPOLOGY = RestRequest(call="getTopology", method="GET", path="/v2/topology", safe=False, timeout_s=5.0)
IMPATIENT = msgspec.structs.replace(TOPOLOGY, timeout_s=0.3)
TLS_HELLO = b"\x16\x03"


def port(address: str) -> int:
    return int(address.rpartition(":")[2])


@pytest.fixture
def proxy():
    """Starts proxies: routes, and a user if wanted."""
    started = []

    def start(routes, user="", **more):
        started.append(Proxy(routes, user, **more))
        return started[-1]

    yield start
    for one in started:
        one.close()


@pytest.fixture
async def rest(settings):
    """Makes an API client of settings; all are closed."""
    wires = []

    def make(url, **arguments):
        wires.append(AsyncWire(settings(rest_address=url, **arguments)))
        return AsyncRest(url, wires[-1], AsyncFixedHeader(None), SystemClock())

    yield make
    for wire in wires:
        await wire.aclose()


@pytest.fixture
async def grpc(settings, grpc_transport):
    """Makes a gRPC client of settings; all are closed."""
    made = []

    def make(address, **arguments):
        chosen = settings(grpc_address=address, grpc_transport=grpc_transport, **arguments)
        made.append(AsyncGrpc(chosen, AsyncFixedHeader(None), SystemClock()))
        return made[-1]

    yield make
    for client in made:
        await client.aclose()


async def topology(client, timeout_s=5.0):
    return await client.unary("Topology", pb.TopologyRequest(), pb.TopologyResponse, timeout_s=timeout_s)


async def test_rest_goes_through_with_tls_behind_it(http_server, proxy, rest, pem):
    server = http_server(lambda _: Reply(200, b"{}"), pem.server_context())
    between = proxy({"c8.example:443": port(server.url)}, f"{USER}:{PASSWORD}")
    chosen = {"https_proxy": PROXY_URL.format(between.target), "ca_certificate": pem.authority}
    assert await rest("https://c8.example", **chosen).send(TOPOLOGY) == b"{}"
    assert between.tunnels == ["c8.example:443"]
    assert between.asked[0].passed.startswith(TLS_HELLO)
    assert b"topology" not in between.asked[0].passed
    assert "proxy-authorization" not in server.received[0].headers


async def test_rest_without_tls_is_passed_on_as_it_is(proxy, rest):
    between = proxy({})
    assert await rest("http://c8.example", http_proxy=between.url).send(TOPOLOGY) == b""
    assert between.asked[0].line == "GET http://c8.example/v2/topology HTTP/1.1"


async def test_grpc_goes_through_with_tls_behind_it(gateway, proxy, grpc, pem):
    server = gateway(
        {"Topology": lambda *_: pb.TopologyResponse(clusterSize=3)},
        (pem.server_key.read_bytes(), pem.server.read_bytes()),
    )
    between = proxy({"c8.example:443": port(server.address)}, f"{USER}:{PASSWORD}")
    chosen = {"https_proxy": PROXY_URL.format(between.target), "ca_certificate": pem.authority}
    assert (await topology(grpc("grpcs://c8.example:443", **chosen))).clusterSize == 3
    assert between.tunnels == ["c8.example:443"]
    assert between.asked[0].passed.startswith(TLS_HELLO)


async def test_grpc_without_tls_goes_through_a_tunnel_as_well(gateway, proxy, grpc):
    server = gateway({"Topology": lambda *_: pb.TopologyResponse(clusterSize=3)})
    between = proxy({"c8.example:26500": port(server.address)})
    assert (await topology(grpc("grpc://c8.example:26500", http_proxy=between.url))).clusterSize == 3
    assert between.tunnels == ["c8.example:26500"]


async def test_the_name_that_a_certificate_must_carry_can_be_another_through_a_proxy_too(gateway, proxy, grpc, pem):
    server = gateway(
        {"Topology": lambda *_: pb.TopologyResponse()}, (pem.server_key.read_bytes(), pem.server.read_bytes())
    )
    between = proxy({"other.example:443": port(server.address)})
    chosen = {"https_proxy": between.url, "ca_certificate": pem.authority}
    with pytest.raises(ConnectionFailed):
        await topology(grpc("grpcs://other.example:443", **chosen), timeout_s=0.3)
    await topology(grpc("grpcs://other.example:443", override_authority="c8.example", **chosen))


async def test_who_cannot_be_reached_through_a_proxy_is_told_of_the_proxy(proxy, rest, grpc, settings, cache):
    gone = proxy({})
    gone.close()
    way = f"by way of the proxy {gone.target}"
    user = f"http://me:s3cr~t@{gone.target}"
    with pytest.raises(ConnectionFailed, match=f"http://c8.example {way}, but it cannot be reached"):
        await rest("http://c8.example", http_proxy=user).send(IMPATIENT)
    with pytest.raises(ConnectionFailed, match=f"grpc://c8.example:26500 {way}, but it cannot be reached"):
        await topology(grpc("grpc://c8.example:26500", http_proxy=user), timeout_s=0.3)
    chosen = settings(http_proxy=user, token_attempts_max=1)
    wire = AsyncWire(chosen)
    credentials = ClientCredentials(token_url="http://login.example/t", client_id="id", client_secret=Secret("s3cr~t"))
    tokens = async_headers(credentials, wire, chosen, cache=cache, clock=SystemClock())
    with pytest.raises(AuthError, match=way):
        await tokens.header()
    await tokens.aclose()
    await wire.aclose()


async def test_token_requests_go_through_with_tls_behind_them(http_server, proxy, settings, cache, pem):
    server = http_server(lambda _: Reply(200, b'{"access_token":"t","expires_in":300}'), pem.server_context())
    between = proxy({"login.example:443": port(server.url)}, f"{USER}:{PASSWORD}")
    chosen = settings(https_proxy=PROXY_URL.format(between.target), ca_certificate=pem.authority)
    wire = AsyncWire(chosen)
    credentials = ClientCredentials(
        token_url="https://login.example/oauth/token", client_id="id", client_secret=Secret("s3cr~t")
    )
    tokens = async_headers(credentials, wire, chosen, cache=cache, clock=SystemClock())
    assert await tokens.header() == "Bearer t"
    assert between.tunnels == ["login.example:443"]
    assert b"s3cr~t" not in between.asked[0].passed
    await tokens.aclose()
    await wire.aclose()


async def test_a_proxy_that_wants_another_user_is_an_error_without_the_password(proxy, rest, grpc):
    between = proxy({}, "somebody:else")
    chosen = {"https_proxy": PROXY_URL.format(between.target)}
    with pytest.raises(ConnectionFailed, match="proxy") as over_rest:
        await rest("https://c8.example", **chosen).send(IMPATIENT)
    assert not over_rest.value.sent
    with pytest.raises(ConnectionFailed, match="proxy") as over_grpc:
        await topology(grpc("grpcs://c8.example:443", **chosen), timeout_s=0.3)
    for raised in (over_rest, over_grpc):
        said = f"{raised.value} {raised.value.__cause__}"
        assert "p@ss" not in said
        assert "p%40ss" not in said


async def test_hosts_that_want_none_are_reached_straight(http_server, gateway, proxy, rest, grpc):
    between = proxy({})
    server = http_server(lambda _: Reply(200, b"direct"))
    chosen = {"http_proxy": between.url, "https_proxy": between.url}
    assert await rest(server.url, **chosen).send(TOPOLOGY) == b"direct"
    await topology(grpc(gateway({"Topology": lambda *_: pb.TopologyResponse()}).address, **chosen))
    assert between.asked == []


async def test_the_libraries_do_not_read_the_environment_for_themselves(proxy, rest, grpc, monkeypatch):
    between = proxy({})
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "GRPC_PROXY"):
        monkeypatch.setenv(name, between.url)
        monkeypatch.setenv(name.lower(), between.url)
    with pytest.raises(ConnectionFailed):
        await rest("http://c8.invalid").send(IMPATIENT)
    with pytest.raises(ConnectionFailed):
        await topology(grpc("grpc://c8.invalid:26500"), timeout_s=0.3)
    assert between.asked == []


async def test_no_proxy_of_the_environment_does_not_undo_what_settings_say(gateway, proxy, grpc, monkeypatch):
    for name in ("NO_PROXY", "no_proxy", "no_grpc_proxy"):
        monkeypatch.setenv(name, "*")
    server = gateway({"Topology": lambda *_: pb.TopologyResponse()})
    between = proxy({"c8.example:26500": port(server.address)})
    await topology(grpc("grpc://c8.example:26500", http_proxy=between.url))
    assert between.tunnels == ["c8.example:26500"]


async def test_grpc_cannot_use_a_proxy_that_wants_tls_and_says_so(grpc):
    with pytest.raises(ConfigError, match="https://"):
        await topology(grpc("grpcs://c8.example:443", https_proxy="https://proxy.example:3128"))


async def test_grpc_waits_for_a_connection_as_long_as_settings_say(gateway, proxy, grpc):
    server = gateway({"Topology": lambda *_: pb.TopologyResponse(clusterSize=3)})
    between = proxy({"c8.example:26500": port(server.address)}, slow_s=0.4)
    assert (await topology(grpc("grpc://c8.example:26500", http_proxy=between.url))).clusterSize == 3
    assert len(between.asked) == 1
    hurried = grpc("grpc://c8.example:26500", http_proxy=between.url, connect_timeout_s=0.1)
    with pytest.raises(ConnectionFailed):
        await topology(hurried, timeout_s=0.3)
