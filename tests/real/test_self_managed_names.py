"""`c8` as a program, with the variables of a Self-Managed installation as each official client calls them."""

import json
from collections.abc import Callable
from typing import NamedTuple

import pytest

from harness.authority import KEYSTORE_PASSWORD
from harness.platform import c8
from harness.realm import AUDIENCE

Variables = dict[str, str]


class Place(NamedTuple):
    """What a person is told of an installation."""

    host: str
    grpc: str
    rest: str
    token_url: str
    issuer: str
    authority: str
    secret: str
    signing: str
    certified: str
    truststore: str


def _java(place: Place) -> Variables:
    return {
        "CAMUNDA_GRPC_ADDRESS": place.grpc,
        "CAMUNDA_REST_ADDRESS": place.rest,
        "CAMUNDA_CLIENT_ID": "worker",
        "CAMUNDA_TOKEN_AUDIENCE": AUDIENCE,
        "CAMUNDA_CA_CERTIFICATE_PATH": place.authority,
    }


NAMES: dict[str, Callable[[Place], Variables]] = {
    "zbctl": lambda place: {
        "ZEEBE_ADDRESS": place.host,
        "ZEEBE_INSECURE_CONNECTION": "true",
        "ZEEBE_CLIENT_ID": "worker",
        "ZEEBE_CLIENT_SECRET": place.secret,
        "ZEEBE_TOKEN_AUDIENCE": AUDIENCE,
        "ZEEBE_AUTHORIZATION_SERVER_URL": place.token_url,
        "ZEEBE_CA_CERTIFICATE_PATH": place.authority,
    },
    "Java, token URL": lambda place: (
        _java(place) | {"CAMUNDA_CLIENT_SECRET": place.secret, "CAMUNDA_AUTHORIZATION_SERVER_URL": place.token_url}
    ),
    "Java, issuer": lambda place: (
        _java(place) | {"CAMUNDA_CLIENT_SECRET": place.secret, "CAMUNDA_ISSUER_URL": place.issuer}
    ),
    "Java, well-known URL": lambda place: (
        _java(place)
        | {
            "CAMUNDA_CLIENT_SECRET": place.secret,
            "CAMUNDA_WELL_KNOWN_CONFIGURATION_URL": f"{place.issuer}/.well-known/openid-configuration",
        }
    ),
    "Java, signed assertion": lambda place: (
        _java(place)
        | {
            "CAMUNDA_CLIENT_ID": "signing",
            "CAMUNDA_AUTHORIZATION_SERVER_URL": place.token_url,
            "CAMUNDA_CLIENT_ASSERTION_KEYSTORE_PATH": place.signing,
            "CAMUNDA_CLIENT_ASSERTION_KEYSTORE_PASSWORD": KEYSTORE_PASSWORD,
            "CAMUNDA_CLIENT_ASSERTION_KEYSTORE_KEY_ALIAS": "signing",
        }
    ),
    "Java, certificate": lambda place: (
        _java(place)
        | {
            "CAMUNDA_CLIENT_ID": "certified",
            "CAMUNDA_AUTHORIZATION_SERVER_URL": place.token_url,
            "CAMUNDA_SSL_CLIENT_KEYSTORE_PATH": place.certified,
            "CAMUNDA_SSL_CLIENT_KEYSTORE_SECRET": KEYSTORE_PASSWORD,
            "CAMUNDA_SSL_CLIENT_TRUSTSTORE_PATH": place.truststore,
            "CAMUNDA_SSL_CLIENT_TRUSTSTORE_SECRET": KEYSTORE_PASSWORD,
        }
    ),
    "Spring": lambda place: {
        "CAMUNDA_CLIENT_MODE": "self-managed",
        "CAMUNDA_CLIENT_GRPCADDRESS": place.grpc,
        "CAMUNDA_CLIENT_RESTADDRESS": place.rest,
        "CAMUNDA_CLIENT_AUTH_METHOD": "oidc",
        "CAMUNDA_CLIENT_AUTH_CLIENTID": "worker",
        "CAMUNDA_CLIENT_AUTH_CLIENTSECRET": place.secret,
        "CAMUNDA_CLIENT_AUTH_TOKENURL": place.token_url,
        "CAMUNDA_CLIENT_AUTH_AUDIENCE": AUDIENCE,
        "CAMUNDA_CLIENT_CACERTIFICATEPATH": place.authority,
    },
    "JavaScript SDK": lambda place: {
        "ZEEBE_GRPC_ADDRESS": place.grpc,
        "ZEEBE_REST_ADDRESS": place.rest,
        "CAMUNDA_AUTH_STRATEGY": "OAUTH",
        "ZEEBE_CLIENT_ID": "worker",
        "ZEEBE_CLIENT_SECRET": place.secret,
        "CAMUNDA_OAUTH_URL": place.token_url,
        "CAMUNDA_ZEEBE_OAUTH_AUDIENCE": AUDIENCE,
        "CAMUNDA_CUSTOM_ROOT_CERT_PATH": place.authority,
    },
    "Python and JavaScript API clients": lambda place: {
        "CAMUNDA_REST_ADDRESS": f"{place.rest}/v2",
        "CAMUNDA_AUTH_STRATEGY": "OAUTH",
        "CAMUNDA_CLIENT_ID": "worker",
        "CAMUNDA_CLIENT_SECRET": place.secret,
        "CAMUNDA_OAUTH_URL": place.token_url,
        "CAMUNDA_TOKEN_AUDIENCE": AUDIENCE,
        "CAMUNDA_MTLS_CA_PATH": place.authority,
    },
}


@pytest.fixture
def place(self_managed, authority, real_secret, signing_client, certified_client):
    keycloak, zeebe = self_managed
    return Place(
        host=zeebe.grpc_address,
        grpc=f"http://{zeebe.grpc_address}",
        rest=zeebe.rest_address,
        token_url=keycloak.token_url(),
        issuer=keycloak.issuer(),
        authority=str(authority.pem),
        secret=real_secret,
        signing=str(signing_client.keystore),
        certified=str(certified_client.keystore),
        truststore=str(authority.truststore),
    )


@pytest.mark.slow
@pytest.mark.parametrize("client", NAMES)
def test_a_self_managed_installation_answers(place, keycloak, tmp_path, client):
    variables = NAMES[client](place) | {"CAMUNDA_TOKEN_CACHE_DIR": str(tmp_path)}
    topology = c8("topology", "--json", environment=variables)
    assert topology.returncode == 0, topology.stderr
    assert json.loads(topology.stdout)["gatewayVersion"] == "8.6.0"
    token = c8("token", "--json", environment=variables)
    assert token.returncode == 0, token.stderr
    shown = json.loads(token.stdout)
    assert AUDIENCE in shown["audience"]
    assert keycloak.issuer() in shown["from"]
    assert place.secret not in topology.stdout + topology.stderr + token.stdout + token.stderr


def test_a_wrong_secret_is_one_line_with_the_next_step(place, tmp_path, one_line):
    wrong = {"CAMUNDA_CLIENT_SECRET": "wrong", "CAMUNDA_TOKEN_CACHE_DIR": str(tmp_path)}
    refused = c8("topology", environment=NAMES["Java, issuer"](place) | wrong)
    assert "client id and secret" in one_line(refused, code=4)


def test_a_wrong_realm_is_one_line_that_names_the_address(place, keycloak, tmp_path, one_line):
    elsewhere = {
        "CAMUNDA_ISSUER_URL": keycloak.issuer(realm="nowhere"),
        "CAMUNDA_TOKEN_CACHE_DIR": str(tmp_path),
    }
    refused = c8("topology", environment=NAMES["Java, issuer"](place) | elsewhere)
    assert keycloak.issuer(realm="nowhere") in one_line(refused, code=4)
