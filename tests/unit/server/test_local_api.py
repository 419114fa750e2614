"""Clusters of brokers over the platform's API; the brokers' program is a small one of ours, everything else is real."""

import json
import shutil
import socket
from base64 import urlsafe_b64decode
from pathlib import Path

import pytest
from msgspec.structs import replace
from starlette.routing import Route

from c8py.server.app._local_log import LINES
from c8py.server.settings import BrokersSettings
from harness.platform import c8
from harness.processes import alive, wait_until
from harness.small_broker import write_java_home, write_zeebe_home

LOCAL = "/console-api/local/clusters"
DEADLINE_S = 20.0


@pytest.fixture
def brokers(tmp_path):
    """A distribution and a Java that run the small program."""
    home, java = write_zeebe_home(tmp_path / "zeebe"), write_java_home(tmp_path / "java")
    return BrokersSettings(zeebe_home=str(home), java_home=str(java))


class Caller:
    def __init__(self, served):
        self.served = served
        token = served.token("api.cloud.camunda.io", served.addresses.console_credentials_file)
        self.headers = {"authorization": f"Bearer {token}"}

    def __call__(self, method, path="", body=None):
        sent = None if body is None else json.dumps(body)
        return self.served.request(method, LOCAL + path, sent, self.headers)

    def status(self, cluster_id, status):
        def there():
            found = self("GET", f"/{cluster_id}").json
            return found if found["status"] == status else None

        return wait_until(status, there, deadline_s=DEADLINE_S)

    def created(self, name="zeebe", **shape):
        answer = self("POST", "", {"name": name, "shape": shape})
        assert answer.status == 201, answer.text
        assert answer.json["status"] == "Creating"
        return self.status(answer.json["id"], "Healthy")


@pytest.fixture
def call(serve, brokers):
    return Caller(serve(brokers=brokers))


def claims_of(token):
    return json.loads(urlsafe_b64decode(token.split(".")[1] + "=="))


@pytest.mark.slow
def test_a_cluster_lives_from_its_creation_to_its_end(call):
    made = call.created(brokers=2, partitions=2, replication=2)
    path = f"/{made['id']}"
    assert [one["leads"] for one in made["brokers"]] == [[1], [2]]
    assert call("POST", f"{path}/suspend").status == 202
    assert [one["pid"] for one in call.status(made["id"], "Suspended")["brokers"]] == [None, None]
    assert call("POST", f"{path}/resume").status == 202
    again = call.status(made["id"], "Healthy")
    pids = [one["pid"] for one in again["brokers"]]
    assert len(alive(pids)) == 2
    assert call("DELETE", path).status == 202
    assert call("GET", path).status == 404
    wait_until("its end", lambda: alive(pids) == [], deadline_s=DEADLINE_S)


@pytest.mark.slow
def test_a_backup_is_taken_listed_restored_and_removed(call):
    path = f"/{call.created()['id']}"
    backup = call("POST", f"{path}/backups").json["backupId"]
    assert call("POST", f"{path}/backups").status == 409
    listed = wait_until("the backup", lambda: call("GET", f"{path}/backups").json, deadline_s=DEADLINE_S)
    assert [one["backup_id"] for one in listed] == [backup]
    call.status(path[1:], "Healthy")
    assert call("POST", f"{path}/backups/{backup}/restore").status == 202
    assert call("GET", path).json["status"] == "Updating", "expected nobody to take the cluster of before for restored"
    call.status(path[1:], "Healthy")
    assert call("POST", f"{path}/backups/no-such/restore").status == 404
    assert call("DELETE", f"{path}/backups/{backup}").status == 204
    assert call("GET", f"{path}/backups").json == []


@pytest.mark.slow
def test_tokens_of_its_clients_are_for_its_brokers_and_those_of_others_are_not(call):
    made = call.created()
    answer = call("POST", f"/{made['id']}/clients", {"name": "worker"}).json
    file = dict(line.removeprefix("export ").split("=", 1) for line in answer["credentials"].splitlines())
    values = {name: value.strip("'") for name, value in file.items()}
    assert values["ZEEBE_ADDRESS"] == made["brokers"][0]["grpc_address"]
    assert values["ZEEBE_REST_ADDRESS"] == made["brokers"][0]["rest_address"]
    grant = {
        "grant_type": "client_credentials",
        "client_id": values["ZEEBE_CLIENT_ID"],
        "client_secret": values["ZEEBE_CLIENT_SECRET"],
    }
    ask = call.served.form
    own = made["audience"]
    of_saas = claims_of(ask("/oauth/token", {**grant, "audience": "zeebe.camunda.io"}).json["access_token"])
    assert of_saas["aud"] == ["zeebe.camunda.io", own]
    of_operate = claims_of(ask("/oauth/token", {**grant, "audience": "operate.camunda.io"}).json["access_token"])
    assert of_operate["aud"] == "operate.camunda.io"
    realm = "/auth/realms/camunda-platform/protocol/openid-connect/token"
    assert own in claims_of(ask(realm, grant).json["access_token"])["aud"]
    assert own not in claims_of(call.served.token("zeebe.camunda.io"))["aud"]


@pytest.mark.slow
def test_a_client_without_the_scope_zeebe_gets_no_token_for_the_brokers(call):
    made = call.created()
    answer = call("POST", f"/{made['id']}/clients", {"name": "reader", "scopes": ["Operate"]}).json
    secret = next(line for line in answer["credentials"].splitlines() if "CLIENT_SECRET" in line).split("'")[1]
    grant = {"grant_type": "client_credentials", "client_id": answer["clientId"], "client_secret": secret}
    realm = "/auth/realms/camunda-platform/protocol/openid-connect/token"
    assert made["audience"] not in claims_of(call.served.form(realm, grant).json["access_token"])["aud"]


@pytest.mark.slow
def test_it_stands_beside_the_others_in_the_administration_api(call):
    made = call.created()
    clusters = call.served.request("GET", "/console-api/clusters", None, call.headers).json
    found = next(one for one in clusters if one["uuid"] == made["id"])
    assert found["status"] == {"ready": "Healthy", "zeebeStatus": "Healthy"}
    assert found["links"]["zeebe"] == made["brokers"][0]["grpc_address"]
    assert call.served.request("GET", "/health").json["clusters"][made["id"]] == "Healthy"


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ({"name": ""}, 400, "name"),
        ({"name": "x" * 51}, 400, "name"),
        ({"name": "a", "region": "a'b"}, 400, "region"),
        ({"name": "a", "shape": {"brokers": 0}}, 400, "brokers"),
        ({"name": "a", "shape": {"brokers": 2, "replication": 3}}, 400, "replication"),
        ({"name": "a", "shape": {"version": "8.9.0"}}, 400, "8.5, 8.6, 8.7"),
        ({"name": "local"}, 409, "taken"),
        ({"shape": {}}, 400, "name"),
        ([], 400, "object"),
    ],
)
def test_what_cannot_be_is_refused_and_leaves_nothing(served, body, status, says):
    call = Caller(served)
    answer = call("POST", "", body)
    assert answer.status == status
    assert says in answer.json["detail"]
    assert call("GET").json == []


ROUTES = [
    ("GET", ""),
    ("POST", ""),
    ("GET", "/x"),
    ("DELETE", "/x"),
    ("POST", "/x/test"),
    ("POST", "/x/suspend"),
    ("POST", "/x/resume"),
    ("POST", "/x/restart"),
    ("POST", "/x/clients"),
    ("GET", "/x/backups"),
    ("POST", "/x/backups"),
    ("POST", "/x/backups/y/restore"),
    ("DELETE", "/x/backups/y"),
]


@pytest.mark.parametrize(("method", "path"), [one for one in ROUTES if "/x" in one[1]])
def test_clusters_that_are_not_there_are_not_found(served, method, path):
    assert Caller(served)(method, path).status == 404


def lines_of(call):
    """What the activity log says, the oldest line first."""
    lines = call.served.request("GET", "/console-api/activity/json", None, call.headers).json
    return [(one["auditType"], one["audit"], one["entityId"], one["parentEntityId"]) for one in reversed(lines)]


@pytest.mark.slow
def test_everything_that_is_done_to_brokers_stands_in_the_activity_log(call):
    made = call.created()["id"]
    client = call("POST", f"/{made}/clients", {"name": "worker"}).json["clientId"]
    backup = call("POST", f"/{made}/backups").json["backupId"]
    wait_until("the backup", lambda: call("GET", f"/{made}/backups").json, deadline_s=DEADLINE_S)
    call.status(made, "Healthy")
    for method, path in (
        ("POST", f"/backups/{backup}/restore"),
        ("DELETE", f"/backups/{backup}"),
        ("POST", "/suspend"),
    ):
        assert call(method, f"/{made}{path}").status < 300
        wait_until("rest", lambda: call("GET", f"/{made}").json["status"] != "Updating", deadline_s=DEADLINE_S)
    call.status(made, "Suspended")
    for method, path in (("POST", "/resume"), ("DELETE", "")):
        assert call(method, f"/{made}{path}").status == 202
    who = call.served.variables(call.served.addresses.console_credentials_file)["CAMUNDA_CONSOLE_CLIENT_ID"]
    audit = call.served.request("GET", "/console-api/activity/json", None, call.headers).json
    assert {one["userId"] for one in audit} == {who}
    assert lines_of(call) == [
        ("c", "created the cluster zeebe", made, ""),
        ("c", "created a client of the cluster zeebe", client, made),
        ("c", "began a backup of the cluster zeebe", backup, made),
        ("u", "restored a backup of zeebe", backup, made),
        ("d", "deleted a backup of zeebe", backup, made),
        ("u", "suspended the cluster zeebe", made, ""),
        ("u", "resumed the cluster zeebe", made, ""),
        ("d", "deleted the cluster zeebe", made, ""),
    ]


def test_what_is_refused_or_only_looked_at_leaves_no_line(serve):
    call = Caller(serve())
    assert call("POST", "", {"name": ""}).status == 400
    assert call("GET").status == 200
    assert call("POST", "/x/suspend").status == 404
    assert lines_of(call) == []
    assert call.served.request("POST", "/console-api/local/backup", None, call.headers).status == 201
    assert [line[:2] for line in lines_of(call)] == [("c", "backed up the platform")]


def test_every_operation_that_changes_something_has_its_words(served):
    local = {
        (method, route.path.removeprefix("/console-api/local"))
        for route in served.platform.routes
        if isinstance(route, Route) and route.path.startswith("/console-api/local")
        for method in route.methods or ()
    }
    assert {one for one in local if one[0] not in {"GET", "HEAD"}} == set(LINES)


@pytest.mark.slow
def test_brokers_go_with_a_temporary_folder_and_stay_with_one_that_is_kept(serve, brokers, tmp_path):
    temporary = serve(brokers=brokers)
    gone = [one["pid"] for one in Caller(temporary).created()["brokers"]]
    temporary.stop()
    assert alive(gone) == []
    kept = serve(brokers=brokers, data_dir=tmp_path / "kept")
    made = Caller(kept).created()
    stayed = [one["pid"] for one in made["brokers"]]
    kept.stop()
    assert alive(stayed) == stayed
    again = Caller(serve(brokers=brokers, data_dir=tmp_path / "kept"))
    found = again.status(made["id"], "Healthy")
    assert [one["pid"] for one in found["brokers"]] == stayed
    again("DELETE", f"/{made['id']}")
    again.served.stop()
    wait_until("its end", lambda: alive(stayed) == [], deadline_s=DEADLINE_S)


def remote_of(served, **changed):
    """The served platform's own cluster, as somebody else's."""
    values = served.variables(served.addresses.credentials_file)
    told = {
        "grpc_address": values["ZEEBE_ADDRESS"],
        "rest_address": values["ZEEBE_REST_ADDRESS"],
        "oauth_url": values["CAMUNDA_OAUTH_URL"],
        "client_id": values["ZEEBE_CLIENT_ID"],
        "client_secret": values["ZEEBE_CLIENT_SECRET"],
    }
    return {"name": "elsewhere", "remote": told | changed}


def test_somebody_elses_cluster_is_shown_beside_ours_and_forgotten(serve, tmp_path):
    call, other = Caller(serve(data_dir=tmp_path / "data")), serve()
    wanted = remote_of(other)
    made = call("POST", "", wanted)
    assert made.status == 201, made.text
    found = call("GET", f"/{made.json['id']}").json
    assert (found["status"], found["partitions"], found["brokers_count"]) == ("Healthy", 1, 1)
    assert found["grpc_address"] == other.addresses.grpc_address
    clusters = call.served.request("GET", "/console-api/clusters", None, call.headers).json
    assert [one["status"]["ready"] for one in clusters if one["name"] == "elsewhere"] == ["Healthy"]
    assert call("POST", f"/{made.json['id']}/suspend").status == 404
    secret = other.variables(other.addresses.credentials_file)["ZEEBE_CLIENT_SECRET"].encode()
    kept = [file.read_bytes() for file in (tmp_path / "data").rglob("*") if file.is_file()]
    assert not any(secret in content for content in kept)
    assert secret.decode() not in made.text + json.dumps(found)
    assert call("DELETE", f"/{made.json['id']}").status == 202
    assert call("GET").json == []


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"client_secret": "wrong"}, "401"),
        ({"rest_address": "http://127.0.0.1:9"}, "expected the topology"),
        ({"oauth_url": "http://127.0.0.1:9/token"}, "expected the topology"),
    ],
)
def test_a_cluster_that_cannot_be_reached_says_why(served, serve, changed, says):
    call = Caller(served)
    made = call("POST", "", remote_of(serve(), **changed)).json
    assert made["status"] == "Unhealthy"
    assert says in made["trouble"]
    assert says in call("POST", f"/{made['id']}/test").json["trouble"]
    assert call("DELETE", f"/{made['id']}").status == 202


@pytest.mark.parametrize(
    "changed",
    [{"rest_address": "file:///etc/passwd"}, {"oauth_url": "ftp://x"}, {"client_id": ""}, {"grpc_address": ""}],
)
def test_addresses_that_are_none_are_refused(served, changed):
    assert Caller(served)("POST", "", remote_of(served, **changed)).status == 400


def exports(text):
    """The lines of a credentials file, in order, without what is of one client alone."""
    lines = [line.removeprefix("export ").split("=", 1) for line in text.splitlines()]
    return [(name, value.strip("'")) for name, value in lines if "SECRET" not in name and not name.endswith(CLIENT_IDS)]


CLIENT_IDS = ("CLIENT_ID", "CLIENT_AUTH_CLIENTID")


def made_by_verb(call, cluster, tmp_path):
    """The file that `c8 console clients create` writes."""
    served, file = call.served, tmp_path / f"{cluster}.txt"
    environment = served.variables(served.addresses.console_credentials_file)
    done = c8(
        "console", "clients", "create", "by verb", "--cluster", cluster, "--out", str(file), environment=environment
    )
    assert done.returncode == 0, done.stderr
    return exports(file.read_text())


@pytest.mark.slow
def test_the_verb_writes_the_file_that_console_writes_for_every_kind_of_cluster(call, serve, tmp_path):
    served = call.served
    zeebe = call.created()["id"]
    by_api = call("POST", f"/{zeebe}/clients", {"name": "by api"}).json["credentials"]
    assert made_by_verb(call, zeebe, tmp_path) == exports(by_api)
    ready_made = Path(served.addresses.credentials_file).read_text()
    assert made_by_verb(call, served.addresses.cluster_id, tmp_path) == exports(ready_made)
    # Somebody else's cluster, even at SaaS, which takes tokens of ours: they come from here.
    saas = {"grpc_address": f"{zeebe}.bru-2.zeebe.camunda.io:443", "rest_address": "https://127.0.0.1:9/rest"}
    remote = call("POST", "", remote_of(serve(), **saas)).json["id"]
    lines = dict(made_by_verb(call, remote, tmp_path))
    assert {name: lines[name] for name in ("ZEEBE_ADDRESS", "ZEEBE_GRPC_ADDRESS", "ZEEBE_REST_ADDRESS")} == {
        "ZEEBE_ADDRESS": saas["grpc_address"],
        "ZEEBE_GRPC_ADDRESS": f"grpcs://{saas['grpc_address']}",
        "ZEEBE_REST_ADDRESS": saas["rest_address"],
    }
    assert (lines["CAMUNDA_OAUTH_URL"], lines["CAMUNDA_CLIENT_MODE"]) == (served.addresses.oauth_url, "self-managed")


def test_a_backup_of_the_platform_is_the_platform_as_it_was(serve, tmp_path):
    data = tmp_path / "data"
    call = Caller(serve(data_dir=data))
    before = call.served.addresses
    answer = call.served.request("POST", "/console-api/local/backup", None, call.headers)
    assert answer.status == 201, answer.text
    made = call("POST", "", remote_of(call.served))
    assert made.status == 201
    call.served.stop()
    kept = tmp_path / "kept"
    shutil.copytree(answer.json["folder"], kept)
    assert not list(kept.rglob("secrets.key"))
    again = Caller(serve(data_dir=kept))
    assert again.served.addresses.cluster_id == before.cluster_id
    assert again.served.addresses.org_id == before.org_id
    assert again("GET").json == []
    names = [one["name"] for one in again.served.request("GET", "/console-api/clusters", None, again.headers).json]
    assert names == ["local"]


@pytest.mark.slow
def test_the_administration_api_makes_one_by_its_plan(call):
    def api(method, path, body=None):
        sent = None if body is None else json.dumps(body)
        return call.served.request(method, f"/console-api{path}", sent, call.headers)

    offered = api("GET", "/clusters/parameters").json
    plan = next(one for one in offered["clusterPlanTypes"] if one["name"] == "Zeebe, 3 brokers")
    channel, region = offered["channels"][0], offered["regions"][0]
    generation = next(one for one in channel["allowedGenerations"] if one["name"] == "8.6.0 brokers")
    wanted = {
        "name": "by plan",
        "planTypeId": plan["uuid"],
        "channelId": channel["uuid"],
        "generationId": generation["uuid"],
        "regionId": region["uuid"],
    }
    made = api("POST", "/clusters", wanted)
    assert made.status == 200, made.text
    one = made.json["clusterId"]
    found = call.status(one, "Healthy")
    assert (len(found["brokers"]), found["partitions"], found["replication"]) == (3, 3, 3)
    assert api("GET", f"/clusters/{one}").json["status"]["ready"] == "Healthy"
    backup = api("POST", f"/clusters/{one}/backups").json["uuid"]

    def complete():
        listed = api("GET", f"/clusters/{one}/backups").json
        return [each for each in listed if each["uuid"] == backup and each["status"] == "Complete"]

    wait_until("the backup", complete, deadline_s=DEADLINE_S)
    assert api("DELETE", f"/clusters/{one}").status in {200, 202, 204}


def list_of(call, cluster_id, *addresses):
    """Status and body of the answer to a new IP allowlist."""
    entries = [{"ip": one, "description": ""} for one in addresses]
    path = f"/console-api/clusters/{cluster_id}/ipallowlist"
    answer = call.served.request("PUT", path, json.dumps({"ipallowlist": entries}), call.headers)
    return answer.status, answer.text


@pytest.mark.slow
def test_an_allowlist_that_brokers_would_not_heed_is_refused(call):
    made = call.created()
    status, text = list_of(call, made["id"], "192.0.2.7")
    assert status == 409
    assert "brokers.guarded" in text
    assert list_of(call, made["id"])[0] == 204
    call("DELETE", f"/{made['id']}")


@pytest.mark.slow
def test_guarded_brokers_heed_an_allowlist_also_for_those_who_are_in(serve, brokers):
    call = Caller(serve(brokers=replace(brokers, guarded=True)))
    made = call.created()
    host, _, port = made["brokers"][0]["grpc_address"].rpartition(":")
    with socket.create_connection((host, int(port)), timeout=DEADLINE_S) as inside:
        assert list_of(call, made["id"], "192.0.2.7")[0] == 204
        assert is_ended(inside)
    with socket.create_connection((host, int(port)), timeout=DEADLINE_S) as outside:
        assert is_ended(outside)
    assert call("GET", f"/{made['id']}").json["status"] == "Healthy"
    assert list_of(call, made["id"], "192.0.2.7", "127.0.0.0/8")[0] == 204
    with socket.create_connection((host, int(port)), timeout=DEADLINE_S) as again:
        again.settimeout(1.5)
        with pytest.raises(TimeoutError):  # nothing comes, and nobody ends it
            again.recv(1)
    call("DELETE", f"/{made['id']}")


def is_ended(connection):
    try:
        return connection.recv(1) == b""
    except ConnectionError:
        return True


@pytest.mark.slow
def test_tokens_for_brokers_end_soon_for_they_outlive_their_client_there(call):
    made = call.created()
    answer = call("POST", f"/{made['id']}/clients", {"name": "worker"}).json
    assigned = (line.removeprefix("export ").split("=", 1) for line in answer["credentials"].splitlines())
    values = {name: value.strip("'") for name, value in assigned}
    fields = {
        "grant_type": "client_credentials",
        "client_id": values["ZEEBE_CLIENT_ID"],
        "client_secret": values["ZEEBE_CLIENT_SECRET"],
        "audience": values["ZEEBE_TOKEN_AUDIENCE"],
    }
    assert call.served.form("/oauth/token", fields).json["expires_in"] == 3600
    own = call.served.variables(call.served.addresses.credentials_file)
    fields |= {"client_id": own["ZEEBE_CLIENT_ID"], "client_secret": own["ZEEBE_CLIENT_SECRET"]}
    fields["audience"] = own["ZEEBE_TOKEN_AUDIENCE"]
    assert call.served.form("/oauth/token", fields).json["expires_in"] == 86_400
    call("DELETE", f"/{made['id']}")
