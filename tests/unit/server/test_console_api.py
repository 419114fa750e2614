"""The Administration API over real sockets: shapes, statuses and permissions of api.cloud.camunda.io."""

import hashlib
import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from c8py.server.store import Client, Store

API = "/console-api"
SCOPES = ["Zeebe", "Operate", "Tasklist", "Optimize", "Secrets"]


class Administrator:
    """Calls the API with a token of the organization."""

    def __init__(self, served) -> None:
        self.served = served
        token = served.token("api.cloud.camunda.io", served.addresses.console_credentials_file)
        self.headers = {"authorization": f"Bearer {token}"}
        self.clients = f"{API}/clusters/{served.addresses.cluster_id}/clients"

    def __call__(self, method, path, body=None):
        if body is None:
            return self.served.request(method, path, headers=self.headers)
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.served.request(method, path, body, {**self.headers, "content-type": "application/json"})

    def create(self, name, **more):
        return self("POST", self.clients, {"clientName": name, **more})


@pytest.fixture
def administrator(served):
    return Administrator(served)


def test_the_cluster_is_listed_in_the_documented_shape(served, administrator):
    (cluster,) = administrator("GET", f"{API}/clusters").json
    assert set(cluster) == {
        "uuid", "name", "ownerId", "created", "planType", "region", "generation", "channel", "autoUpdate", "status",
        "links", "encryption",
    }  # fmt: skip
    assert (cluster["uuid"], cluster["ownerId"]) == (served.addresses.cluster_id, served.addresses.org_id)
    assert cluster["region"]["name"] == served.addresses.region
    assert cluster["status"] == {"ready": "Healthy", "zeebeStatus": "Healthy"}
    assert cluster["links"]["oauth"] == served.addresses.oauth_url
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", cluster["created"])
    assert administrator("GET", f"{API}/clusters/{cluster['uuid']}").json == cluster


def test_the_parameters_name_what_there_is(administrator):
    parameters = administrator("GET", f"{API}/clusters/parameters").json
    assert set(parameters) == {"channels", "clusterPlanTypes", "regions"}
    (channel,) = parameters["channels"]
    assert set(channel) == {"allowedGenerations", "defaultGeneration", "name", "uuid"}
    assert [region["name"] for region in parameters["regions"]] == ["local-1"]


def test_a_client_is_created_listed_looked_at_and_deleted(served, administrator):
    created = administrator.create("order-service", permissions=["Operate", "Zeebe"])
    assert created.status == 200
    assert set(created.json) == {
        "name", "uuid", "clientId", "clientSecret", "permissions", "audience", "links",
    }  # fmt: skip
    assert created.json["permissions"] == ["Zeebe", "Operate"]
    one = f"{administrator.clients}/{created.json['clientId']}"

    listed = [
        client for client in administrator("GET", administrator.clients).json if client["name"] == "order-service"
    ]
    client_id = created.json["clientId"]
    assert listed == [{"name": "order-service", "clientId": client_id, "permissions": ["Zeebe", "Operate"]}]
    details = administrator("GET", one)
    assert details.json == {
        "name": "order-service",
        "ZEEBE_ADDRESS": served.addresses.grpc_address,
        "ZEEBE_CLIENT_ID": created.json["clientId"],
        "ZEEBE_AUTHORIZATION_SERVER_URL": served.addresses.oauth_url,
    }
    deleted = administrator("DELETE", one)
    assert (deleted.status, deleted.body) == (204, b"")
    assert administrator("GET", one).status == 404
    assert administrator("DELETE", one).status == 404


def test_a_created_client_gets_tokens_until_it_is_deleted(served, administrator):
    created = administrator.create("token-getter").json
    request = {
        "grant_type": "client_credentials",
        "audience": created["audience"],
        "client_id": created["clientId"],
        "client_secret": created["clientSecret"],
    }
    assert served.form("/oauth/token", request).status == 200
    administrator("DELETE", f"{administrator.clients}/{created['clientId']}")
    assert served.form("/oauth/token", request).status == 401


def test_without_permissions_a_client_gets_all(administrator):
    assert administrator.create("all of them").json["permissions"] == SCOPES


def test_tokens_are_given_for_the_scopes_of_the_client_only(served, administrator):
    created = administrator.create("operate only", permissions=["Operate"]).json
    request = {
        "grant_type": "client_credentials",
        "client_id": created["clientId"],
        "client_secret": created["clientSecret"],
    }
    assert served.form("/oauth/token", {**request, "audience": "operate.camunda.io"}).status == 200
    assert served.form("/oauth/token", {**request, "audience": "zeebe.camunda.io"}).status == 403


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"clientName": ""},
        {"clientName": "  "},
        {"clientName": "x" * 51},
        {"clientName": "a\nb"},
        {"clientName": None},
        {"clientName": 1},
        {"clientName": "x", "permissions": []},
        {"clientName": "x", "permissions": ["Zeebe", "Root"]},
        {"clientName": "x", "permissions": "Zeebe"},
        b"",
        b"{",
        b"[" * 20_000,
        b"\xff",
    ],
)
def test_what_makes_no_client_is_a_bad_request(administrator, body):
    answer = administrator("POST", administrator.clients, body)
    assert (answer.status, answer.headers["content-type"]) == (400, "application/problem+json")
    assert "expected" in answer.json["detail"]


def test_a_name_is_given_once(administrator):
    assert administrator.create("twin").status == 200
    answer = administrator.create(" twin ")
    assert answer.status == 400
    assert "twin" in answer.json["detail"]


def test_there_are_no_more_clients_than_there_may_be(serve):
    administrator = Administrator(serve(clients_max=2))
    assert administrator.create("second").status == 200
    assert administrator.create("third").status == 403


def test_a_body_that_is_too_large_is_not_read(administrator):
    assert administrator("POST", administrator.clients, b" " * 70_000).status == 413


@pytest.mark.parametrize("path", ["/clusters/no-such", "/clusters/no-such/clients", "/clusters/no-such/clients/x"])
def test_what_is_not_there_is_not_found(administrator, path):
    assert administrator("GET", f"{API}{path}").status == 404


def test_the_client_of_the_organization_is_no_client_of_a_cluster(served, administrator):
    client_id = served.variables(served.addresses.console_credentials_file)["CAMUNDA_CONSOLE_CLIENT_ID"]
    assert administrator("DELETE", f"{administrator.clients}/{client_id}").status == 404


def test_unknown_paths_are_not_found_and_other_methods_not_allowed(administrator):
    assert administrator("GET", f"{API}/nothing").status == 404
    assert administrator("PUT", f"{API}/clusters").status == 405


@pytest.mark.parametrize("header", [None, "Bearer nonsense", "Basic ZGVtbzpkZW1v"])
def test_nobody_gets_in_without_a_token(served, header):
    answer = served.request("GET", f"{API}/clusters", headers={"authorization": header} if header else {})
    assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")


def test_a_token_of_a_cluster_does_not_open_the_organization(served):
    headers = {"authorization": f"Bearer {served.token('zeebe.camunda.io')}"}
    assert served.request("GET", f"{API}/clusters", headers=headers).status == 401


def test_a_client_may_only_what_it_was_permitted(serve, tmp_path):
    # Given a client of the organization that may read clusters, and a token of it
    first = serve(data_dir=tmp_path)
    first.stop()
    store = Store.open(tmp_path)
    store.add_client(
        Client(
            client_id="reader",
            uuid="u",
            level="organization",
            org_id=first.addresses.org_id,
            cluster_id=None,
            name="reader",
            permissions=("read:cluster",),
            secret_sha256=hashlib.sha256(b"secret").digest(),
            created_ms=0,
        )
    )
    store.close()
    served = serve(data_dir=tmp_path)
    request = {
        "grant_type": "client_credentials",
        "audience": "api.cloud.camunda.io",
        "client_id": "reader",
        "client_secret": "secret",
    }
    headers = {"authorization": f"Bearer {served.form('/oauth/token', request).json['access_token']}"}
    # Then it reads clusters and nothing else
    clients = f"{API}/clusters/{served.addresses.cluster_id}/clients"
    assert served.request("GET", f"{API}/clusters", headers=headers).status == 200
    assert served.request("GET", clients, headers=headers).status == 403
    assert served.request("POST", clients, "{}", headers=headers).status == 403
    assert served.request("POST", f"{API}/clusters", "{}", headers=headers).status == 403


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.one_of(
        st.binary(max_size=100),
        st.recursive(
            st.none() | st.booleans() | st.text(max_size=60) | st.integers(),
            lambda inner: (
                st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["clientName", "permissions"]), inner)
            ),
        ).map(lambda value: json.dumps(value).encode()),
    )
)
def test_no_body_whatever_breaks_the_api(served, body):
    administrator = Administrator(served)
    answer = administrator("POST", administrator.clients, body)
    assert answer.status in {200, 400, 403}
