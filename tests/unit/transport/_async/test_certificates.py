"""Rules of certificates, on real sockets: whom REST, gRPC and token requests trust, and what they show."""

import ssl

import msgspec
import pytest
from cryptography.hazmat.primitives import serialization

from c8py.auth import MemoryCache, credentials_for
from c8py.base.clock import SystemClock
from c8py.errors import ConfigError, ConnectionFailed, TokenUnavailable
from c8py.proto import gateway_pb2 as pb
from c8py.transport._async.grpc import AsyncGrpc
from c8py.transport._async.headers import AsyncFixedHeader, async_headers
from c8py.transport._async.rest import AsyncRest
from c8py.transport._async.wire import AsyncWire
from c8py.transport.request import RestRequest
from harness.answering import Gateway, Reply
from harness.authority import KEYSTORE_PASSWORD, Authority

TOPOLOGY = RestRequest(call="getTopology", method="GET", path="/v2/topology", safe=False, timeout_s=5.0)
IMPATIENT = msgspec.structs.replace(TOPOLOGY, timeout_s=0.3)
PASSPHRASE = "opensesame"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def server_identity(authority):
    return authority.identity("server")


@pytest.fixture(scope="module")
def client_identity(authority):
    return authority.identity("client")


@pytest.fixture
def mutual(authority, server_identity):
    """A server's context that refuses whoever shows no certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server_identity.certificate, server_identity.key)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(authority.pem)
    return context


@pytest.fixture
def mutual_gateway(authority, server_identity):
    """A gateway that refuses whoever shows no certificate."""
    pair = (server_identity.key.read_bytes(), server_identity.certificate.read_bytes())
    gateway = Gateway({"Topology": lambda *_: pb.TopologyResponse(clusterSize=3)}, pair, authority.pem.read_bytes())
    yield gateway
    gateway.close()


@pytest.fixture
def encrypted(client_identity, tmp_path):
    key = serialization.load_pem_private_key(client_identity.key.read_bytes(), None)
    path = tmp_path / "encrypted.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(PASSPHRASE.encode()),
        )
    )
    return path


@pytest.fixture
def shown(authority, client_identity, encrypted):
    """What settings may say of one and the same certificate."""
    inline = {
        "ca_certificate_pem": authority.pem.read_text(),
        "client_certificate_pem": client_identity.certificate.read_text(),
    }
    return {
        "paths": {
            "ca_certificate": authority.pem,
            "client_certificate": client_identity.certificate,
            "client_key": client_identity.key,
        },
        "inline": {**inline, "client_key_pem": client_identity.key.read_text()},
        "written-out line breaks": {
            name: text.replace("\n", "\\n")
            for name, text in {**inline, "client_key_pem": client_identity.key.read_text()}.items()
        },
        "encrypted path": {
            "ca_certificate": authority.pem,
            "client_certificate": client_identity.certificate,
            "client_key": encrypted,
            "client_key_passphrase": PASSPHRASE,
        },
        "encrypted inline": {
            **inline,
            "client_key_pem": encrypted.read_text(),
            "client_key_passphrase": PASSPHRASE,
        },
    }


FORMS = ["paths", "inline", "written-out line breaks", "encrypted path", "encrypted inline"]


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


@pytest.fixture
async def token_header(settings):
    """Fetches a token with settings alone."""
    made = []

    async def fetch(**arguments):
        chosen = settings(rest_address="http://unused.example", request_timeout_s=0.5, **arguments)
        wire = AsyncWire(chosen)
        tokens = async_headers(
            credentials_for(chosen, "cluster"), wire, chosen, cache=MemoryCache(), clock=SystemClock()
        )
        made.append((tokens, wire))
        return await tokens.header()

    yield fetch
    for tokens, wire in made:
        await tokens.aclose()
        await wire.aclose()


def token(received):
    del received
    return Reply(200, b'{"access_token":"t","expires_in":300}')


async def topology(client, timeout_s=5.0):
    return await client.unary("Topology", pb.TopologyRequest(), pb.TopologyResponse, timeout_s=timeout_s)


@pytest.mark.parametrize("form", FORMS)
async def test_rest_shows_the_certificate_in_whichever_form_it_is_given(http_server, rest, mutual, shown, form):
    server = http_server(lambda _: Reply(200, b"{}"), mutual)
    assert await rest(server.url, **shown[form]).send(TOPOLOGY) == b"{}"


@pytest.mark.parametrize("form", FORMS)
async def test_grpc_shows_the_certificate_in_whichever_form_it_is_given(mutual_gateway, grpc, shown, form):
    assert (await topology(grpc(mutual_gateway.address, **shown[form]))).clusterSize == 3


async def test_whoever_shows_none_is_not_let_in_over_rest(http_server, rest, mutual, authority):
    server = http_server(lambda _: Reply(200), mutual)
    with pytest.raises(ConnectionFailed):
        await rest(server.url, ca_certificate=authority.pem).send(IMPATIENT)


async def test_whoever_shows_none_is_not_let_in_over_grpc(mutual_gateway, grpc, authority):
    with pytest.raises(ConnectionFailed):
        await topology(grpc(mutual_gateway.address, ca_certificate=authority.pem), timeout_s=0.3)


async def test_all_roots_of_a_file_are_trusted(http_server, rest, mutual, shown, tmp_path):
    bundle = tmp_path / "roots.pem"
    bundle.write_bytes(Authority(tmp_path / "other").pem.read_bytes() + shown["paths"]["ca_certificate"].read_bytes())
    server = http_server(lambda _: Reply(200, b"{}"), mutual)
    assert await rest(server.url, **{**shown["paths"], "ca_certificate": bundle}).send(TOPOLOGY) == b"{}"


async def test_text_beats_a_path(http_server, rest, mutual, shown, tmp_path):
    server = http_server(lambda _: Reply(200, b"{}"), mutual)
    missing = {"ca_certificate": tmp_path / "none.pem"}
    assert await rest(server.url, **missing, **shown["inline"]).send(TOPOLOGY) == b"{}"


async def test_a_wrong_passphrase_is_an_error_that_names_the_setting(rest, grpc, shown):
    wrong = {**shown["encrypted path"], "client_key_passphrase": "wr0ng"}
    with pytest.raises(ConfigError, match="client_key") as over_rest:
        await rest("https://localhost:1", **wrong).send(TOPOLOGY)
    with pytest.raises(ConfigError, match="client_key") as over_grpc:
        await topology(grpc("grpcs://localhost:1", **wrong))
    assert "wr0ng" not in f"{over_rest.value}{over_grpc.value}"


async def test_a_text_that_is_no_pem_is_an_error_that_names_the_setting(rest):
    with pytest.raises(ConfigError, match="ca_certificate_pem"):
        await rest("https://localhost:1", ca_certificate_pem="hello").send(TOPOLOGY)


async def test_a_token_service_may_have_its_own_root_and_want_its_own_certificate(
    http_server, token_header, mutual, authority, client_identity
):
    server = http_server(token, mutual)
    shared = {"client_id": "id", "oauth_url": f"{server.url}/token", "client_authentication": "tls_client_auth"}
    assert (
        await token_header(
            **shared,
            oauth_keystore=client_identity.keystore,
            oauth_keystore_password=KEYSTORE_PASSWORD,
            oauth_truststore=authority.truststore,
            oauth_truststore_password=KEYSTORE_PASSWORD,
        )
        == "Bearer t"
    )
    assert b"client_id=id" in server.received[0].body
    assert b"secret" not in server.received[0].body


async def test_what_is_set_for_the_token_service_is_for_nobody_else(
    http_server, rest, mutual, authority, client_identity
):
    own = {
        "oauth_keystore": client_identity.keystore,
        "oauth_keystore_password": KEYSTORE_PASSWORD,
        "oauth_truststore": authority.pem,
    }
    server = http_server(lambda _: Reply(200), mutual)
    with pytest.raises(ConnectionFailed):
        await rest(server.url, **own).send(IMPATIENT)


async def test_a_token_service_without_settings_of_its_own_is_met_like_the_cluster(
    http_server, token_header, mutual, shown
):
    server = http_server(token, mutual)
    chosen = {"client_id": "id", "client_secret": "s3cr~t", "oauth_url": f"{server.url}/token"}
    assert await token_header(**chosen, **shown["paths"]) == "Bearer t"


async def test_a_token_service_that_nobody_vouches_for_is_not_told_the_secret(http_server, token_header, pem):
    server = http_server(token, pem.server_context())
    with pytest.raises(TokenUnavailable):
        await token_header(client_id="id", client_secret="s3cr~t", oauth_url=f"{server.url}/token")
    assert server.received == []


async def test_a_key_store_without_a_certificate_cannot_be_shown(token_header, client_identity):
    with pytest.raises(ConfigError, match="oauth_keystore"):
        await token_header(
            client_id="id", client_secret="s", oauth_url="https://localhost:1/", oauth_keystore=client_identity.key
        )


async def test_discovery_and_the_token_request_take_the_same_connections(
    http_server, token_header, mutual, authority, client_identity
):
    def answer(received):
        if received.method == "POST":
            return token(received)
        said = {"issuer": f"{server.url}/realms/c8", "token_endpoint": f"{server.url}/token"}
        return Reply(200, msgspec.json.encode(said))

    server = http_server(answer, mutual)
    chosen = {
        "client_id": "id",
        "client_secret": "s3cr~t",
        "issuer_url": f"{server.url}/realms/c8",
        "oauth_keystore": client_identity.keystore,
        "oauth_keystore_password": KEYSTORE_PASSWORD,
        "oauth_truststore": authority.pem,
    }
    assert await token_header(**chosen) == "Bearer t"
    assert [received.path for received in server.received] == ["/realms/c8/.well-known/openid-configuration", "/token"]
    assert len({received.connection for received in server.received}) == 1


async def test_a_provider_that_sends_without_end_is_not_listened_to(http_server, token_header):
    server = http_server(lambda _: Reply(200, b" " * 20_000_000))
    with pytest.raises(TokenUnavailable, match="discovery document"):
        await token_header(client_id="id", client_secret="s3cr~t", issuer_url=server.url)
