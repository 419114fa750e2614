"""The token service over real sockets, in the words of SaaS and of Keycloak."""

import base64
import json
import logging
import socket
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import KeySet

from c8py.base.clock import ManualClock
from c8py.server.settings import OAuthSettings

TOKEN = "/oauth/token"
REALM = "/auth/realms/camunda-platform"
KEYCLOAK = f"{REALM}/protocol/openid-connect/token"
AUDIENCE = "zeebe.camunda.io"


def fields(served, **changes) -> dict[str, str]:
    variables = served.variables(served.addresses.credentials_file)
    standard = {
        "client_id": variables["ZEEBE_CLIENT_ID"],
        "client_secret": variables["ZEEBE_CLIENT_SECRET"],
        "audience": AUDIENCE,
        "grant_type": "client_credentials",
    }
    return {name: value for name, value in {**standard, **changes}.items() if value is not None}


def organization_fields(served, **changes) -> dict[str, str]:
    variables = served.variables(served.addresses.console_credentials_file)
    client = {
        "client_id": variables["CAMUNDA_CONSOLE_CLIENT_ID"],
        "client_secret": variables["CAMUNDA_CONSOLE_CLIENT_SECRET"],
    }
    return fields(served, **{**client, "audience": "api.cloud.camunda.io", **changes})


def ask_json(served, body, path=TOKEN):
    return served.request("POST", path, json.dumps(body), {"content-type": "application/json"})


def claims_of(served, token, certs="/.well-known/jwks.json"):
    keys = KeySet.import_key_set(served.request("GET", certs).json)
    return jwt.decode(token, keys, algorithms=["RS256"])


@pytest.mark.parametrize("path", [TOKEN, f"{TOKEN}/"])
@pytest.mark.parametrize("kind", ["json", "form"])
def test_the_seeds_requests_get_a_token_in_the_form_that_sed_expects(served, path, kind):
    body = fields(served)
    answer = ask_json(served, body, path) if kind == "json" else served.form(path, body)
    assert answer.status == 200
    assert answer.text.startswith('{"access_token":"ey')
    assert list(answer.json) == ["access_token", "scope", "expires_in", "token_type"]
    assert answer.json["scope"] == served.addresses.cluster_id
    assert answer.json["token_type"] == "Bearer"
    assert 86_000 < answer.json["expires_in"] <= 86_400
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"] == "application/json"


def test_the_token_has_the_claims_of_saas(served):
    token = claims_of(served, ask_json(served, fields(served)).json["access_token"])
    client_id = fields(served)["client_id"]
    assert token.header["alg"] == "RS256"
    assert token.header["typ"] == "JWT"
    assert token.claims.pop("exp") - token.claims.pop("iat") == 86_400
    assert token.claims == {
        "https://camunda.com/clusterId": served.addresses.cluster_id,
        "https://camunda.com/orgId": served.addresses.org_id,
        "https://camunda.com/clientId": client_id,
        "iss": f"{served.addresses.http_address}/",
        "sub": f"{client_id}@clients",
        "aud": AUDIENCE,
        "scope": served.addresses.cluster_id,
        "gty": "client-credentials",
        "azp": client_id,
    }


def test_a_token_of_the_organization_says_what_it_permits(served):
    answer = ask_json(served, organization_fields(served))
    token = claims_of(served, answer.json["access_token"])
    assert "create:zeebe-client" in token.claims["permissions"]
    assert "https://camunda.com/clusterId" not in token.claims
    assert answer.json["scope"].split() == token.claims["permissions"]


def test_the_same_token_is_handed_out_until_shortly_before_it_expires(serve):
    clock = ManualClock()
    served = serve(clock=clock)
    answer = ask_json(served, fields(served)).json
    clock.advance(27_553)
    later = ask_json(served, fields(served)).json
    assert (later["access_token"], later["expires_in"]) == (answer["access_token"], 58_847)
    clock.advance(58_847 - 60)
    fresh = ask_json(served, fields(served)).json
    assert fresh["access_token"] != answer["access_token"]
    assert fresh["expires_in"] == 86_400


def test_a_clock_that_was_set_back_does_not_make_a_token_last_longer(serve):
    clock = ManualClock()
    served = serve(clock=clock)
    ask_json(served, fields(served))
    clock.skew(-3_600)
    assert ask_json(served, fields(served)).json["expires_in"] == 86_400


@pytest.mark.parametrize("scope", ["", "anything", "94857827-1aef-4f12-a163-3f6e85c642fd"])
def test_a_scope_may_be_sent_and_changes_nothing(served, scope):
    assert served.form(TOKEN, fields(served, scope=scope)).json["scope"] == served.addresses.cluster_id


@pytest.mark.parametrize(
    "audience", ["operate.camunda.io", "tasklist.camunda.io", "optimize.camunda.io", "secrets.camunda.io"]
)
def test_a_client_with_all_scopes_gets_tokens_for_each(served, audience):
    assert ask_json(served, fields(served, audience=audience)).status == 200


def test_older_clients_put_the_cluster_into_the_audience(served):
    audience = f"{served.addresses.cluster_id}.zeebe.camunda.io"
    answer = ask_json(served, fields(served, audience=audience))
    assert claims_of(served, answer.json["access_token"]).claims["aud"] == audience


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"client_secret": "wrong"}, (401, "access_denied", "Unauthorized")),
        ({"client_id": "nobody"}, (401, "access_denied", "Unauthorized")),
        ({"client_id": "a\0b"}, (401, "access_denied", "Unauthorized")),
        ({"audience": "else"}, (403, "access_denied", "Service not enabled within domain: else")),
        ({"audience": "x.zeebe.camunda.io"}, (403, "access_denied", "Service not enabled within domain: x.")),
        (
            {"audience": "api.cloud.camunda.io"},
            (403, "access_denied", 'not authorized to access "api.cloud.camunda.io"'),
        ),
        ({"grant_type": "password"}, (403, "unauthorized_client", "Grant type 'password' not allowed for the client.")),
        ({"grant_type": None}, (400, "invalid_request", "Missing required parameter: grant_type")),
        ({"client_id": None}, (400, "invalid_request", "Missing required parameter: client_id")),
        ({"client_secret": ""}, (400, "invalid_request", "Missing required parameter: client_secret")),
        ({"audience": None}, (400, "invalid_request", "Missing required parameter: audience")),
    ],
)
@pytest.mark.parametrize("kind", ["json", "form"])
def test_refusals_are_worded_as_saas_words_them(served, kind, changes, expected):
    body = fields(served, **changes)
    answer = ask_json(served, body) if kind == "json" else served.form(TOKEN, body)
    status, error, description = expected
    assert (answer.status, answer.json["error"]) == (status, error)
    assert description in answer.json["error_description"]
    assert list(answer.json) == ["error", "error_description"]


@pytest.mark.parametrize(("secret", "status"), [(None, 200), ("wrong", 401)])
def test_the_client_may_be_in_a_basic_header_as_pyzeebe_sends_it(served, secret, status):
    body = fields(served)
    named = f"{body.pop('client_id')}:{secret or body['client_secret']}"
    del body["client_secret"]
    header = "Basic " + base64.b64encode(named.encode()).decode()
    assert served.form(TOKEN, body, {"authorization": header}).status == status


def test_a_client_of_the_organization_that_may_make_clients_reaches_clusters(served):
    """Camunda's page on REST authentication has it so: an organization's client "with permissions for Zeebe"."""
    answer = ask_json(served, organization_fields(served, audience=AUDIENCE))
    assert answer.status == 200
    assert "clusterId" not in str(claims_of(served, answer.json["access_token"]).claims)


def test_a_client_of_the_organization_gets_no_other_token_of_a_cluster(served):
    answer = ask_json(served, organization_fields(served, audience="operate.camunda.io"))
    assert answer.status == 403
    assert "not authorized" in answer.json["error_description"]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b""),
        ("application/json", b"[]"),
        ("application/json", b'{"grant_type":'),
        ("application/json", b'{"grant_type":1}'),
        ("application/json", b"\xff\xfe"),
        ("application/json", b"[" * 20_000),
        ("application/json", b'{"x":' * 10_000),
        ("application/x-www-form-urlencoded", b"a=%ff"),
        ("application/x-www-form-urlencoded", b"\xff"),
        ("application/x-www-form-urlencoded", b"a=&" * 5_000),
        ("application/x-www-form-urlencoded", b"grant_type=client_credentials&grant_type=client_credentials"),
        ("text/plain", b"grant_type=client_credentials"),
        ("", b"grant_type=client_credentials"),
    ],
)
def test_a_body_that_cannot_be_read_is_an_invalid_request(served, kind, body):
    answer = served.request("POST", TOKEN, body, {"content-type": kind} if kind else {})
    assert (answer.status, answer.json["error"]) == (400, "invalid_request")
    assert "expected" in answer.json["error_description"]


def test_a_body_that_is_too_large_is_not_read(served):
    answer = served.request("POST", TOKEN, b"x" * 70_000, {"content-type": "application/json"})
    assert (answer.status, answer.json["error"]) == (413, "invalid_request")
    assert answer.headers["connection"] == "close"


def test_a_body_that_does_not_end_is_not_awaited(serve):
    served = serve(oauth=OAuthSettings(rate_per_s=0, body_wait_s=0.1))
    host, port = served.authority.split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        head = (
            f"POST {TOKEN} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{{"
        )
        connection.sendall(head.encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 408")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_other_methods_are_not_allowed(served, method):
    answer = served.request(method, TOKEN)
    assert (answer.status, answer.headers["allow"]) == (405, "POST")
    assert answer.headers["content-type"] == "application/problem+json"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.one_of(
        st.binary(max_size=200),
        st.dictionaries(st.sampled_from(["grant_type", "client_id", "client_secret", "audience", "x"]), st.text()).map(
            lambda form: urlencode(form, errors="replace").encode()
        ),
        st.recursive(
            st.none() | st.booleans() | st.text() | st.integers(),
            lambda inner: st.dictionaries(st.sampled_from(["grant_type", "client_id", "audience"]), inner),
        ).map(lambda value: json.dumps(value).encode()),
    ),
    kind=st.sampled_from(["application/json", "application/x-www-form-urlencoded", "application/json; charset=x"]),
    path=st.sampled_from([TOKEN, KEYCLOAK]),
)
def test_no_body_whatever_breaks_the_service(served, body, kind, path):
    answer = served.request("POST", path, body, {"content-type": kind})
    assert 400 <= answer.status < 500
    assert set(answer.json) == {"error", "error_description"}


class TestLimit:
    def test_whoever_is_too_fast_is_refused_everything_for_a_while(self, serve):
        clock = ManualClock()
        served = serve(clock=clock, oauth=OAuthSettings(rate_per_s=1, burst=2, block_s=30))
        assert ask_json(served, fields(served)).status == 200
        # Failures count as well.
        assert ask_json(served, fields(served, client_secret="wrong")).status == 401
        refused = ask_json(served, fields(served))
        assert (refused.status, refused.headers["retry-after"], refused.json["error"]) == (
            429,
            "30",
            "too_many_requests",
        )
        clock.advance(30)
        assert ask_json(served, fields(served)).status == 200

    def test_who_is_asking_is_the_peer_and_not_what_a_header_says(self, serve):
        served = serve(clock=ManualClock(), oauth=OAuthSettings(rate_per_s=1, burst=1))
        statuses = []
        for last in range(3):
            headers = {"content-type": "application/json", "x-forwarded-for": f"10.0.0.{last}", "forwarded": "for=x"}
            statuses.append(served.request("POST", TOKEN, json.dumps(fields(served)), headers).status)
        assert statuses == [200, 429, 429]

    def test_behind_a_proxy_that_is_trusted_each_caller_counts_by_itself(self, serve):
        served = serve(
            clock=ManualClock(),
            oauth=OAuthSettings(rate_per_s=1, burst=1),
            trusted_proxies=("127.0.0.1",),
            proxy_header="x-forwarded-for",
        )
        statuses = []
        # What stands before the proxy's own word, the caller may have written: it is not asked.
        for callers in ("10.0.0.1", "10.0.0.2", "10.0.0.1", "10.9.9.9, 10.0.0.2"):
            headers = {"content-type": "application/json", "x-forwarded-for": callers}
            statuses.append(served.request("POST", TOKEN, json.dumps(fields(served)), headers).status)
        assert statuses == [200, 200, 429, 429]

    def test_what_is_not_a_token_request_is_not_counted(self, serve):
        served = serve(clock=ManualClock(), oauth=OAuthSettings(rate_per_s=1, burst=1))
        for _ in range(5):
            assert served.request("GET", "/.well-known/jwks.json").status == 200
        assert ask_json(served, fields(served)).status == 200


class TestKeycloak:
    def test_a_form_gets_a_token_for_every_api_of_the_clients_scopes(self, served):
        answer = served.form(KEYCLOAK, fields(served, audience=None))
        assert list(answer.json) == [
            "access_token",
            "expires_in",
            "refresh_expires_in",
            "token_type",
            "not-before-policy",
            "scope",
        ]
        assert (answer.json["expires_in"], answer.json["refresh_expires_in"]) == (300, 0)
        token = claims_of(served, answer.json["access_token"], f"{REALM}/protocol/openid-connect/certs")
        assert token.claims["iss"] == f"{served.addresses.http_address}{REALM}"
        assert {"zeebe-api", "operate-api", "zeebe.camunda.io"} <= set(token.claims["aud"])
        assert "api.cloud.camunda.io" not in token.claims["aud"]

    def test_the_client_may_be_in_a_basic_header(self, served):
        client = fields(served)
        header = base64.b64encode(f"{client['client_id']}:{client['client_secret']}".encode()).decode()
        form = {"grant_type": "client_credentials"}
        assert served.form(KEYCLOAK, form, {"authorization": f"Basic {header}"}).status == 200
        wrong = served.form(KEYCLOAK, form, {"authorization": "Basic !"})
        assert (wrong.status, wrong.headers["www-authenticate"]) == (401, 'Basic realm="camunda-platform"')

    def test_the_organizations_client_gets_the_audiences_of_its_permissions(self, served):
        answer = served.form(KEYCLOAK, organization_fields(served, audience=None))
        audiences = claims_of(served, answer.json["access_token"]).claims["aud"]
        assert audiences == ["api.cloud.camunda.io", "orchestration-api", "zeebe-api", "zeebe.camunda.io"]

    @pytest.mark.parametrize(
        ("changes", "status", "error", "description"),
        [
            ({"client_secret": "wrong"}, 401, "unauthorized_client", "Invalid client or Invalid client credentials"),
            ({"client_id": "nobody"}, 401, "invalid_client", "Invalid client or Invalid client credentials"),
            ({"client_id": None}, 401, "invalid_client", "Invalid client or Invalid client credentials"),
            ({"grant_type": "password"}, 400, "unsupported_grant_type", "Unsupported grant_type"),
            ({"grant_type": None}, 400, "invalid_request", "Missing form parameter: grant_type"),
            ({"scope": "openid nonsense"}, 400, "invalid_scope", "Invalid scopes: openid nonsense"),
            ({"client_id": ["a", "b"]}, 400, "invalid_grant", "duplicated parameter"),
        ],
    )
    def test_refusals_are_worded_as_keycloak_words_them(self, served, changes, status, error, description):
        answer = served.form(KEYCLOAK, fields(served, **changes))
        assert (answer.status, answer.json) == (status, {"error": error, "error_description": description})

    def test_json_is_not_understood(self, served):
        answer = ask_json(served, fields(served), KEYCLOAK)
        expected = {"error": "invalid_request", "error_description": "Missing form parameter: grant_type"}
        assert (answer.status, answer.json) == (400, expected)

    def test_an_empty_scope_is_accepted(self, served):
        assert served.form(KEYCLOAK, fields(served, scope="")).status == 200

    @pytest.mark.parametrize("path", ["/protocol/openid-connect/certs", "/.well-known/openid-configuration"])
    def test_there_is_one_realm(self, served, path):
        answer = served.request("GET", f"/auth/realms/other{path}")
        assert (answer.status, answer.json) == (404, {"error": "Realm does not exist"})
        assert served.form("/auth/realms/other/protocol/openid-connect/token", {}).status == 404


@pytest.mark.parametrize("base", ["", REALM])
def test_discovery_leads_to_the_issuer_the_keys_and_the_token(served, base):
    document = served.request("GET", f"{base}/.well-known/openid-configuration").json
    address = served.addresses.http_address
    issuer = f"{address}{base}" if base else f"{address}/"
    assert document["issuer"] == issuer
    assert document["token_endpoint"].removeprefix(address) in {TOKEN, KEYCLOAK}
    assert served.request("GET", document["jwks_uri"].removeprefix(address)).json["keys"]


def test_no_secret_is_ever_logged(serve, caplog):
    caplog.set_level(logging.DEBUG)
    served = serve()
    secret = fields(served)["client_secret"]
    token = ask_json(served, fields(served)).json["access_token"]
    ask_json(served, fields(served, audience="else"))
    served.form(KEYCLOAK, fields(served))
    served.request("GET", "/v2/topology", headers={"authorization": f"Bearer {token}"})
    served.request("GET", "/v2/topology", headers={"authorization": f"Bearer {token}x"})
    served.request("POST", f"/oauth/token?client_secret={secret}")
    assert secret not in caplog.text
    assert token[-40:] not in caplog.text


def test_no_secret_is_in_any_file_but_the_credentials_files(serve, tmp_path):
    served = serve(data_dir=tmp_path / "data")
    secret = fields(served)["client_secret"].encode()
    console_secret = organization_fields(served)["client_secret"].encode()
    token = ask_json(served, fields(served)).json["access_token"].encode()
    names = {
        file.name
        for file in (tmp_path / "data").rglob("*")
        if file.is_file() and any(text in file.read_bytes() for text in (secret, console_secret, token))
    }
    assert names == {"CamundaCloudMgmtAPI-Client-local.txt", "CamundaCloudMgmtAPI-Client-administration.txt"}
