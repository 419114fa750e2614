"""Camunda's own client of the Administration API, AdminApiClient of @camunda8/sdk, does all that it can on ours."""

import csv
import io
import json
import re
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from harness.languages import node_program
from harness.platform import UNLIMITED_TOKENS, Platform, plain_environment
from harness.processes import run

SCRIPT = Path(__file__).parent / "scripts" / "administration.js"
# Of the class itself, and what TypeScript keeps private.
NOT_PUBLIC = {"constructor", "getHeaders"}
SECRETS = ("a value of before", "a value of now")


def environment_of_the_sdk(console_credentials: Mapping[str, str]) -> dict[str, str]:
    """Against any address but that of SaaS the SDK takes the client from ZEEBE_CLIENT_*, for this API as well."""
    kind = "CAMUNDA_CONSOLE_CLIENT_"
    zeebe = {"ZEEBE_CLIENT_" + name.removeprefix(kind): value for name, value in console_credentials.items()
             if name.startswith(kind)}  # fmt: skip
    return {**console_credentials, **zeebe}


def put_to_rest(platform: Platform) -> None:
    """Suspend its cluster, as somebody would in Console."""
    base = platform.ready["http_address"]
    page = f"{base}/console/org/{platform.ready['org_id']}/cluster/{platform.ready['cluster_id']}"
    with urllib.request.urlopen(page, timeout=10) as answer:
        cookie = answer.headers["set-cookie"].partition(";")[0]
        found = re.search(r'name="form_token" value="(\w+)"', answer.read().decode())
    assert found
    form = urllib.parse.urlencode({"form_token": found[1]}).encode()
    sent = urllib.request.Request(f"{page}/suspend", data=form, headers={"cookie": cookie, "origin": base})
    with urllib.request.build_opener(urllib.request.HTTPCookieProcessor()).open(sent, timeout=10) as answer:
        assert answer.status == 200


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """One whose cluster may sleep: nobody else is on it, and it is kept in files."""
    started = Platform(tmp_path_factory.mktemp("platform"), *UNLIMITED_TOKENS, ephemeral=False)
    yield started
    started.stop()


@pytest.fixture(scope="module")
def told(platform: Platform, tmp_path_factory: pytest.TempPathFactory):
    """What each method answered."""
    put_to_rest(platform)
    program = node_program(SCRIPT, *SECRETS, platform.ready["cluster_id"])
    credentials = environment_of_the_sdk(platform.console_credentials())
    done = run(
        program.command,
        environment=plain_environment(HOME=str(tmp_path_factory.mktemp("home")), **credentials),
        deadline_s=120,
        working_folder=program.folder,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_method_is_called_and_does_what_it_is_for_unless_there_is_no_such_thing_here(told):
    assert {*told["answers"], *told["refusals"]} == {*told["methods"]} - NOT_PUBLIC
    assert told["refusals"] == {
        "activateSecureConnectivity": 403,
        "deactivateSecureConnectivity": 409,
        "upgradeCluster": 400,
    }
    assert told["asleep"] == "Suspended"


def test_a_cluster_is_made_changed_listed_and_deleted(told):
    answers, one = told["answers"], told["clusterId"]
    assert answers["createCluster"] == {"clusterId": one}
    changed = answers["getCluster"]
    assert (changed["name"], changed["description"], changed["labels"]) == ("renamed", "of a test", ["test"])
    assert changed["ipallowlist"] == [{"ip": "192.0.2.0/24", "description": "an office"}]
    # The last list was asked for when the cluster was gone.
    assert one not in {cluster["uuid"] for cluster in answers["getClusters"]}


def test_clients_secrets_and_members_come_and_go(told):
    answers = told["answers"]
    made = answers["createClient"]
    assert made["clientSecret"] == 64
    assert answers["getClients"] == [
        {"name": "a client", "clientId": made["clientId"], "permissions": ["Zeebe", "Operate"]}
    ]
    assert answers["getClient"]["ZEEBE_CLIENT_ID"] == made["clientId"]
    assert answers["getSecrets"] == {"API_KEY": SECRETS[1]}
    (member,) = [one for one in answers["getUsers"] if one["email"] == "sdk@example.com"]
    assert ({*member["roles"]}, member["invitePending"]) == ({"developer", "analyst"}, True)


def test_monitoring_and_backups_come_and_go(told):
    answers = told["answers"]
    (watcher,) = answers["getMonitoringClients"]["clients"]
    assert watcher["username"] == "prometheus"
    assert answers["createMonitoringClient"]["uuid"] == answers["rotateMonitoringClientPassword"]["uuid"]
    assert answers["deleteBackup"]["uuid"] == answers["createBackup"]["uuid"]


def test_all_of_it_stands_in_the_activity_log(told):
    mine = [one for one in told["answers"]["getActivityEvents"]
            if told["clusterId"] in {one["entityId"], one["parentEntityId"]} or one["entity"] == "member"]  # fmt: skip
    done = {(one["entity"], one["auditType"]) for one in mine}
    assert done >= {(entity, verb) for entity in ("cluster", "client", "member", "backup") for verb in "cd"}
    table = list(csv.DictReader(io.StringIO(told["answers"]["getActivityEventsCsv"])))
    assert {one["audit"] for one in mine} <= {row["audit"] for row in table}
    assert not any(value in json.dumps(mine) for value in SECRETS)
