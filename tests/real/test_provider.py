"""The platform with a real Keycloak in the place of its own token service: its gateway, its API, and real brokers."""

import json
import os
import ssl
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

import grpc
import pytest

from c8py.proto import gateway_pb2, gateway_pb2_grpc
from harness.platform import Platform
from harness.processes import alive, wait_until
from harness.realm import with_secret

ROLES = "c8_roles"
SMALL = {"heap_mb": 256, "partition_mb": 32, "java_options": "-XX:TieredStopAtLevel=1"}


def with_role(client, role):
    """The client, whose tokens say that it has this role."""
    mapper = {
        "name": "role",
        "protocol": "openid-connect",
        "protocolMapper": "oidc-hardcoded-claim-mapper",
        "config": {
            "claim.name": ROLES,
            "claim.value": role,
            "jsonType.label": "String",
            "access.token.claim": "true",
        },
    }
    return client | {"protocolMappers": [*client["protocolMappers"], mapper]}


@pytest.fixture(scope="module")
def platform(keycloak, authority, tmp_path_factory):
    keycloak.add(with_role(with_secret("console", "c", audience="console-api"), "c8-admin"))
    keycloak.add(with_role(with_secret("reader", "r", audience="console-api"), "c8-reader"))
    keycloak.add(with_secret("roleless", "n", audience=None))
    told = {
        "issuer": keycloak.issuer(),
        "ca_certificate": str(authority.pem),
        "only": "true",
        "roles_claim": ROLES,
    }
    settings = [part for name, value in told.items() for part in ("--set", f"provider.{name}={value}")]
    started = Platform(tmp_path_factory.mktemp("provider"), *settings, "--cache-dir", os.environ["C8PY_CACHE"])
    yield started
    started.stop()


@pytest.fixture(scope="module")
def token(keycloak, authority):
    def ask(client_id, secret):
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
        request = urllib.request.Request(keycloak.token_url(), data=urllib.parse.urlencode(form).encode())
        context = ssl.create_default_context(cafile=str(authority.pem))
        with urllib.request.urlopen(request, timeout=30, context=context) as answer:
            return json.load(answer)["access_token"]

    return ask


def call(url, token, method="GET", body=None) -> tuple[int, Any]:
    """Status and answer."""
    content = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    try:
        with urllib.request.urlopen(
            urllib.request.Request(url, data=content, headers=headers, method=method), timeout=30
        ) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_the_gateway_lets_tokens_of_keycloak_in_and_its_own_no_longer(platform, token, real_secret):
    topology = f"{platform.rest}/v2/topology"
    assert call(topology, token("worker", real_secret))[0] == 200
    assert call(topology, token("roleless", "n"))[0] == 401
    own = platform.credentials()
    form = {
        "grant_type": "client_credentials",
        "client_id": own["ZEEBE_CLIENT_ID"],
        "client_secret": own["ZEEBE_CLIENT_SECRET"],
        "audience": own["ZEEBE_TOKEN_AUDIENCE"],
    }
    request = urllib.request.Request(own["CAMUNDA_OAUTH_URL"], data=urllib.parse.urlencode(form).encode())
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert call(topology, json.load(answer)["access_token"])[0] == 401


def over_grpc(target, token):
    """The status of a call over gRPC."""
    with grpc.insecure_channel(target) as channel:
        stub = gateway_pb2_grpc.GatewayStub(channel)
        try:
            stub.Topology(gateway_pb2.TopologyRequest(), timeout=30, metadata=(("authorization", f"Bearer {token}"),))
        except grpc.RpcError as error:
            return error.code()
    return grpc.StatusCode.OK


def test_the_gateway_takes_tokens_of_keycloak_over_grpc(platform, token, real_secret):
    assert over_grpc(platform.grpc_target, token("worker", real_secret)) is grpc.StatusCode.OK
    assert over_grpc(platform.grpc_target, token("roleless", "n")) is grpc.StatusCode.UNAUTHENTICATED


def test_roles_of_keycloak_are_permissions_of_the_administration_api(platform, token, real_secret):
    clusters = platform.ready["console_api_url"] + "/local/clusters"
    assert call(clusters, token("reader", "r"))[0] == 200
    assert call(clusters, token("reader", "r"), "POST", {"name": "x"})[0] == 403
    assert call(clusters, token("worker", real_secret))[0] == 401
    assert call(clusters, token("console", "c"), "POST", {"name": ""})[0] == 400


def test_real_brokers_take_tokens_of_keycloak(platform, token, real_secret):
    clusters = platform.ready["console_api_url"] + "/local/clusters"
    status, made = call(clusters, token("console", "c"), "POST", {"name": "real", "shape": SMALL})
    assert status == 201, made
    place = f"{clusters}/{made['id']}"
    admin = token("console", "c")
    try:
        wait_until("the cluster", lambda: call(place, admin)[1]["status"] == "Healthy", deadline_s=180, every_s=0.5)
        topology = f"{made['brokers'][0]['rest_address']}/v2/topology"
        assert call(topology, token("worker", real_secret))[0] == 200
        assert call(topology, token("roleless", "n"))[0] == 401
        target = made["brokers"][0]["grpc_address"]
        assert over_grpc(target, token("worker", real_secret)) is grpc.StatusCode.OK
        assert over_grpc(target, token("roleless", "n")) is grpc.StatusCode.UNAUTHENTICATED
    finally:
        pid = call(place, token("console", "c"))[1]["brokers"][0]["pid"]
        assert call(place, token("console", "c"), "DELETE")[0] == 202
        wait_until("the end of the broker", lambda: not alive([pid]), deadline_s=60)
