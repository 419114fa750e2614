"""Self-Managed configuration tried on our platform: its realm camunda-platform, by URL and by discovery."""

import json

import pytest

from harness.platform import c8

REALM = "/auth/realms/camunda-platform"
PLACES = {
    "token URL": ("CAMUNDA_AUTHORIZATION_SERVER_URL", REALM + "/protocol/openid-connect/token"),
    "issuer": ("CAMUNDA_ISSUER_URL", REALM),
    "well-known URL": ("CAMUNDA_WELL_KNOWN_CONFIGURATION_URL", REALM + "/.well-known/openid-configuration"),
}


@pytest.fixture
def variables(platform, tmp_path):
    """What a person sets for an installation of one's own; nothing of it names the token service yet."""
    given = platform.credentials()
    return {
        "CAMUNDA_GRPC_ADDRESS": platform.ready["grpc_address"],
        "CAMUNDA_REST_ADDRESS": platform.rest,
        "CAMUNDA_CLIENT_ID": given["ZEEBE_CLIENT_ID"],
        "CAMUNDA_CLIENT_SECRET": given["ZEEBE_CLIENT_SECRET"],
        "CAMUNDA_TOKEN_AUDIENCE": "zeebe-api",
        "CAMUNDA_TOKEN_CACHE_DIR": str(tmp_path / "tokens"),
    }


@pytest.fixture
def placed(platform):
    """The variable that names the token service, in one of the ways."""
    base = platform.ready["http_address"].rstrip("/")
    return lambda way, path=None: {PLACES[way][0]: base + (path or PLACES[way][1])}


@pytest.mark.parametrize("way", PLACES)
def test_the_realm_gives_tokens_that_both_protocols_take(variables, placed, way):
    for protocol in ("--grpc", "--rest"):
        topology = c8("topology", protocol, "--json", environment=variables | placed(way))
        assert topology.returncode == 0, topology.stderr
        assert json.loads(topology.stdout)["clusterSize"] == 1


@pytest.mark.parametrize("method", ["client_secret_post", "client_secret_basic"])
def test_the_secret_goes_in_the_body_or_in_a_header(variables, placed, method):
    chosen = variables | placed("issuer") | {"CAMUNDA_CLIENT_AUTHENTICATION": method}
    token = c8("token", "--json", environment=chosen)
    assert token.returncode == 0, token.stderr
    assert "zeebe-api" in json.loads(token.stdout)["audience"]


@pytest.mark.parametrize("way", PLACES)
def test_another_realm_is_not_there(variables, placed, way, one_line):
    elsewhere = placed(way, PLACES[way][1].replace("camunda-platform", "nowhere"))
    said = one_line(c8("topology", environment=variables | elsewhere), code=4)
    assert "404" in said
    assert next(iter(elsewhere.values())) in said


def test_a_wrong_secret_is_refused_as_keycloak_refuses_it(variables, placed, one_line):
    wrong = variables | placed("token URL") | {"CAMUNDA_CLIENT_SECRET": "wrong"}
    assert "unauthorized_client" in one_line(c8("topology", environment=wrong), code=4)
