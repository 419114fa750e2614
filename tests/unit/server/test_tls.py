"""The platform with a certificate of its own: HTTP, gRPC, and the addresses that it hands out."""

import json
import ssl
import urllib.request

import grpc
import pytest

from c8py.errors import ConfigError
from c8py.proto import gateway_pb2, gateway_pb2_grpc
from c8py.server.settings import Settings
from harness.authority import Authority


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def secured(serve, authority):
    identity = authority.identity("localhost")
    return serve(tls_certificate=str(identity.certificate), tls_key=str(identity.key))


def test_http_and_grpc_show_the_certificate_and_addresses_say_so(secured, authority):
    addresses = secured.addresses
    assert addresses.http_address.startswith("https://127.0.0.1:")
    values = secured.variables(addresses.credentials_file)
    assert values["ZEEBE_GRPC_ADDRESS"].startswith("grpcs://")
    assert values["ZEEBE_REST_ADDRESS"].startswith("https://")
    context = ssl.create_default_context(cafile=str(authority.pem))
    form = {
        "grant_type": "client_credentials",
        "audience": values["ZEEBE_TOKEN_AUDIENCE"],
        "client_id": values["ZEEBE_CLIENT_ID"],
        "client_secret": values["ZEEBE_CLIENT_SECRET"],
    }
    request = urllib.request.Request(
        values["CAMUNDA_OAUTH_URL"], json.dumps(form).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10, context=context) as answer:
        token = json.load(answer)["access_token"]
    credentials = grpc.ssl_channel_credentials(authority.pem.read_bytes())
    with grpc.secure_channel(addresses.grpc_address, credentials) as channel:
        stub = gateway_pb2_grpc.GatewayStub(channel)
        metadata = (("authorization", f"Bearer {token}"),)
        assert stub.Topology(gateway_pb2.TopologyRequest(), timeout=10, metadata=metadata).partitionsCount == 1


def test_plain_text_gets_no_answer_there(secured):
    with grpc.insecure_channel(secured.addresses.grpc_address) as channel, pytest.raises(grpc.RpcError):
        gateway_pb2_grpc.GatewayStub(channel).Topology(gateway_pb2.TopologyRequest(), timeout=5)


def test_a_certificate_that_cannot_be_read_is_said_at_the_start(serve, tmp_path):
    with pytest.raises(ConfigError, match=r"no\.pem"):
        serve(tls_certificate=str(tmp_path / "no.pem"), tls_key=str(tmp_path / "no-key.pem"))


def test_tokens_and_addresses_are_in_the_name_that_others_use(serve):
    served = serve(public_url="https://c8.example.com")
    assert served.addresses.console_url == "https://c8.example.com/console"
    assert served.addresses.oauth_url == "https://c8.example.com/oauth/token"
    assert served.addresses.grpc_address.startswith("c8.example.com:")


@pytest.mark.parametrize(
    "wrong",
    [
        {"tls_certificate": "c.pem"},
        {"tls_key": "k.pem"},
        {"public_url": "c8.example.com"},
        {"public_url": "https://c8.example.com/path"},
        {"public_url": "https://a'b"},
    ],
)
def test_halves_and_nonsense_are_refused(wrong):
    with pytest.raises(ConfigError):
        Settings(**wrong)


def test_it_is_live_ready_and_measured(served):
    assert served.request("GET", "/health/live").status == 200
    assert served.request("GET", "/health/ready").json == {"status": "UP"}
    text = served.request("GET", "/metrics").text
    one = served.addresses.cluster_id
    assert f'c8_cluster_state{{cluster="{one}",kind="embedded",state="Healthy"}} 1' in text
    assert f'c8_cluster_state{{cluster="{one}",kind="embedded",state="Suspended"}} 0' in text
    assert f'c8_cluster_clients{{cluster="{one}"}} 1' in text
