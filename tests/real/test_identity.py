"""Keycloak and the broker that trusts it: what the other tests rely on, seen with nothing of ours in between."""

import base64
import json
import ssl
import urllib.error
import urllib.parse
import urllib.request

import grpc
import pytest

from c8py.proto import gateway_pb2, gateway_pb2_grpc
from harness.realm import AUDIENCE, REALM, with_secret

GRANT = {"grant_type": "client_credentials"}


@pytest.fixture(scope="module")
def ask(keycloak, authority):
    """Asks for a token, with the client's own certificate where it has one; status and answer."""

    def post(form, *, headers=None, certified=None, url=None):
        context = ssl.create_default_context(cafile=str(authority.pem))
        if certified is not None:
            context.load_cert_chain(certified.certificate, certified.key)
        content = urllib.parse.urlencode(GRANT | form).encode()
        request = urllib.request.Request(url or keycloak.token_url(), data=content, headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=30, context=context) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    return post


@pytest.fixture(scope="module")
def token(ask, real_secret):
    return ask({"client_id": "worker", "client_secret": real_secret})[1]["access_token"]


def test_a_token_is_for_the_api_that_the_client_may_call(ask, keycloak, real_secret):
    status, answer = ask({"client_id": "worker", "client_secret": real_secret})
    claims = json.loads(base64.urlsafe_b64decode(answer["access_token"].split(".")[1] + "=="))
    assert (status, answer["expires_in"], answer["token_type"]) == (200, 300, "Bearer")
    assert claims["iss"] == keycloak.issuer()
    assert AUDIENCE in claims["aud"]


def test_it_speaks_http_and_https_and_names_itself_as_it_was_called(keycloak, authority):
    context = ssl.create_default_context(cafile=str(authority.pem))
    for secure in (True, False):
        url = keycloak.issuer(secure=secure)
        with urllib.request.urlopen(
            f"{url}/.well-known/openid-configuration", timeout=30, context=context if secure else None
        ) as answer:
            document = json.load(answer)
        assert document["issuer"] == url
        assert document["token_endpoint"] == keycloak.token_url(secure=secure)


def test_a_certificate_is_asked_for_but_not_of_everybody(ask, certified_client, signing_client):
    assert ask({"client_id": "certified"}, certified=certified_client)[0] == 200
    assert ask({"client_id": "certified"})[0] == 401
    assert ask({"client_id": "certified"}, certified=signing_client)[0] == 401


def test_token_requests_are_counted(ask, keycloak):
    keycloak.add(with_secret("counted", "right"))
    for secret in ("right", "wrong", "right"):
        ask({"client_id": "counted", "client_secret": secret})
    assert keycloak.token_requests("counted") == ["", "invalid_client_credentials", ""]


def test_the_realm_answers_refusals_as_the_facts_say(ask, keycloak, real_secret):
    """What our own platform's Keycloak path answers in the same words."""
    keycloak.add(with_secret("no-account", "x", service_account=False))
    who = "Invalid client or Invalid client credentials"
    worker = {"client_id": "worker", "client_secret": real_secret}
    for form, status, error, description in (
        (worker | {"client_id": "nobody"}, 401, "invalid_client", who),
        (worker | {"client_secret": "wrong"}, 401, "unauthorized_client", who),
        (
            {"client_id": "no-account", "client_secret": "x"},
            401,
            "unauthorized_client",
            "Client not enabled to retrieve service account",
        ),
        (worker | {"scope": "no-such-scope"}, 400, "invalid_scope", "Invalid scopes: no-such-scope"),
        (worker | {"grant_type": "nonsense"}, 400, "unsupported_grant_type", "Unsupported grant_type"),
    ):
        assert ask(form) == (status, {"error": error, "error_description": description})
    assert ask(worker, url=keycloak.token_url(realm="nowhere")) == (404, {"error": "Realm does not exist"})


def test_the_broker_lets_a_token_in_and_nobody_without(guarded_zeebe, token):
    url = f"{guarded_zeebe.rest_address}/v2/topology"
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert json.load(answer)["gatewayVersion"] == "8.6.0"
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(url, timeout=30)
    with refused.value as error:
        assert error.code == 401
    with grpc.insecure_channel(guarded_zeebe.grpc_address) as channel:
        stub = gateway_pb2_grpc.GatewayStub(channel)
        metadata = (("authorization", f"Bearer {token}"),)
        assert stub.Topology(gateway_pb2.TopologyRequest(), timeout=30, metadata=metadata).gatewayVersion == "8.6.0"
        with pytest.raises(grpc.RpcError) as closed:
            stub.Topology(gateway_pb2.TopologyRequest(), timeout=30)
        assert closed.value.code() is grpc.StatusCode.UNAUTHENTICATED


def test_the_realm_is_that_of_camunda(keycloak):
    assert keycloak.admin("GET", f"/{REALM}")["accessTokenLifespan"] == 300
