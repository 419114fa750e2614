"""Rules of the Administration API's client, on real sockets."""

import json

import pytest

from c8py.base.redact import Secret
from c8py.config import load
from c8py.console import AsyncConsole, ClusterClient
from c8py.errors import ConfigError, InvalidArgument, NotFound, ServerFault
from harness.answering import Reply

SECRET = "new-s3cr~t"
CLUSTER = {
    "uuid": "c1",
    "name": "mine",
    "ownerId": "o",
    "created": "2026-01-01T00:00:00Z",
    "planType": {"name": "Trial", "uuid": "p"},
    "region": {"name": "Belgium", "uuid": "r"},
    "generation": {"name": "8.8 gen1", "uuid": "g"},
    "channel": {"name": "Stable", "uuid": "s"},
    "autoUpdate": True,
    "status": {"ready": "Healthy", "zeebeStatus": "Healthy"},
    "links": {"zeebe": "c1.bru-2.zeebe.camunda.io:443"},
    "encryption": {"type": "Software"},
    "somethingNew": [1],
}
CREATED = {
    "name": "n",
    "uuid": "u",
    "clientId": "id",
    "clientSecret": SECRET,
    "permissions": ["Zeebe"],
    "audience": "zeebe.camunda.io",
}


class Api:
    """Answers by method and path; hands out tokens."""

    def __init__(self, answers):
        self.answers = answers

    def __call__(self, received):
        if received.path == "/oauth/token":
            return Reply(200, b'{"access_token":"abc","expires_in":300}')
        status, body = self.answers[f"{received.method} {received.path}"]
        return Reply(status, body if isinstance(body, bytes) else json.dumps(body).encode())


@pytest.fixture
async def console(http_server):
    """Makes a client of an API with these answers, and shows what was asked."""
    made = []

    def make(answers):
        server = http_server(Api(answers))
        settings = load(
            {
                "console_client_id": "cid",
                "console_client_secret": "s",
                "console_base_url": f"{server.url}/api/",
                "oauth_url": f"{server.url}/oauth/token",
                "token_disk_cache": "false",
            },
            environ={},
        )
        made.append(AsyncConsole(settings))
        return made[-1], server

    yield make
    for client in made:
        await client.aclose()


async def test_clusters_with_a_token_for_the_administration_api(console):
    client, server = console({"GET /api/clusters": (200, [CLUSTER, {"uuid": "c2", "name": "bare"}])})
    first, second = await client.clusters()
    assert (first.uuid, first.region.name, first.status.ready, first.auto_update) == ("c1", "Belgium", "Healthy", True)
    assert second.links.zeebe == ""
    token_request, call = server.received
    assert b"audience=api.cloud.camunda.io" in token_request.body
    assert call.headers["authorization"] == "Bearer abc"


async def test_clients(console):
    answer = [{"name": "n", "clientId": "id", "permissions": ["Zeebe", "Newer"]}]
    client, _ = console({"GET /api/clusters/c1/clients": (200, answer)})
    expected = ClusterClient(name="n", client_id="id", permissions=("Zeebe", "Newer"))
    assert await client.clients("c1") == [expected]


async def test_a_new_clients_secret_is_there_but_does_not_show_itself(console):
    client, server = console({"POST /api/clusters/c1/clients": (200, CREATED)})
    created = await client.create_client("c1", "n", ["Zeebe"])
    assert created.client_secret == Secret(SECRET)
    assert SECRET not in repr(created)
    assert json.loads(server.received[-1].body) == {"clientName": "n", "permissions": ["Zeebe"]}


async def test_no_permissions_given_means_all_of_them(console):
    client, server = console({"POST /api/clusters/c1/clients": (200, CREATED)})
    await client.create_client("c1", "n")
    assert json.loads(server.received[-1].body) == {"clientName": "n"}


async def test_a_creation_that_may_have_happened_is_not_repeated(console):
    client, server = console({"POST /api/clusters/c1/clients": (504, b"")})
    with pytest.raises(Exception, match="504"):
        await client.create_client("c1", "n")
    assert [received.path for received in server.received] == ["/oauth/token", "/api/clusters/c1/clients"]


async def test_an_answer_with_a_secret_in_another_form_does_not_show_it(console):
    client, _ = console({"POST /api/clusters/c1/clients": (200, {"name": "n", "clientSecret": SECRET})})
    with pytest.raises(ServerFault) as raised:
        await client.create_client("c1", "n")
    assert SECRET not in str(raised.value)


async def test_get_and_delete_a_client(console):
    details = {
        "name": "n",
        "ZEEBE_ADDRESS": "z:443",
        "ZEEBE_CLIENT_ID": "id",
        "ZEEBE_AUTHORIZATION_SERVER_URL": "https://login",
    }
    path = "/api/clusters/c1/clients/a%2Fb"
    client, _ = console({f"GET {path}": (200, details), f"DELETE {path}": (204, b"")})
    found = await client.get_client("c1", "a/b")
    assert (found.zeebe_address, found.client_id, found.oauth_url) == ("z:443", "id", "https://login")
    await client.delete_client("c1", "a/b")


async def test_refusals_are_errors_of_ours(console):
    client, _ = console(
        {"GET /api/clusters/c1/clients": (404, b""), "POST /api/clusters/c1/clients": (400, {"message": "taken"})}
    )
    with pytest.raises(NotFound):
        await client.clients("c1")
    with pytest.raises(InvalidArgument):
        await client.create_client("c1", "n")


async def test_without_an_organizations_client_there_is_no_console():
    with pytest.raises(ConfigError, match="CAMUNDA_CONSOLE_CLIENT_ID"):
        AsyncConsole(load(environ={}))


async def test_a_console_is_a_context(console):
    client, _ = console({"GET /api/clusters": (200, [])})
    async with client:
        assert await client.clusters() == []
