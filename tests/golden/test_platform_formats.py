"""An upgrade: the platform of today opens the data of each format that there was, and nothing of them is lost."""

import contextlib
import sqlite3

import msgspec
import pytest

from c8py.base.clock import SystemClock
from c8py.server.store import Store
from c8py.server.store._database import FILE_NAME, SCHEMA_VERSION
from golden.platform_formats import ALLOWED, CLIENTS, FORMATS, MEMBER, SCHEDULE, lay_out
from unit.server.conftest import STANDARD, Served

AUDIENCES = {"cluster": "zeebe.camunda.io", "organization": "api.cloud.camunda.io"}
EVERY_FORMAT = range(1, SCHEMA_VERSION + 1)


def schema(folder):
    with contextlib.closing(sqlite3.connect(folder / FILE_NAME)) as connection:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        return version, {
            table: [row[1:] for row in connection.execute(f"PRAGMA table_xinfo({table})")]
            for (table,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        }


@pytest.fixture
def upgraded(number, tmp_path):
    """A platform on data of this format, and its folder."""
    lay_out(number, tmp_path)
    served = Served(msgspec.structs.replace(STANDARD, data_dir=tmp_path), SystemClock())
    yield served
    served.stop()


def token_of(served, name):
    level, secret, _ = CLIENTS[name]
    fields = {"grant_type": "client_credentials", "audience": AUDIENCES[level], "client_id": name,
              "client_secret": secret}  # fmt: skip
    answer = served.form("/oauth/token", fields)
    assert answer.status == 200, answer.text
    return {"authorization": f"Bearer {answer.json['access_token']}"}


def test_there_is_data_of_every_format_that_there_was():
    assert {file.stem for file in FORMATS.iterdir()} == {str(number) for number in EVERY_FORMAT}


@pytest.mark.parametrize("number", EVERY_FORMAT)
def test_an_older_file_becomes_what_a_new_one_is(number, tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    lay_out(number, old)
    assert schema(old)[0] == number
    for folder in (old, new):
        Store.open(folder).close()
    assert schema(old) == schema(new)


@pytest.mark.parametrize("number", EVERY_FORMAT)
def test_clients_of_old_still_work_with_the_secrets_that_they_have(upgraded, number):
    assert upgraded.request("GET", "/v2/topology", headers=token_of(upgraded, "worker-of-old")).status == 200
    headers = token_of(upgraded, "administration-of-old")
    (cluster,) = upgraded.request("GET", "/console-api/clusters", headers=headers).json
    assert (cluster["uuid"], cluster["status"]["ready"]) == (upgraded.addresses.cluster_id, "Healthy")
    clients = upgraded.request("GET", f"/console-api/clusters/{cluster['uuid']}/clients", headers=headers).json
    assert {"worker-of-old"} <= {one["clientId"] for one in clients}
    # What it could not do before, it cannot do now.
    assert upgraded.request("DELETE", f"/console-api/clusters/{cluster['uuid']}", headers=headers).status == 403


@pytest.mark.parametrize("number", range(2, SCHEMA_VERSION + 1))
def test_what_belongs_to_the_cluster_and_the_organization_is_there(upgraded, number):
    token = upgraded.token("api.cloud.camunda.io", upgraded.addresses.console_credentials_file)

    def get(path):
        answer = upgraded.request("GET", f"/console-api{path}", headers={"authorization": f"Bearer {token}"})
        assert answer.status == 200, answer.text
        return answer.json

    cluster = f"/clusters/{upgraded.addresses.cluster_id}"
    found = get(cluster)
    assert (found["description"], found["labels"], found["ipallowlist"]) == ("of old", ["test"], ALLOWED)
    assert get(f"{cluster}/backups/schedule")["schedule"] == SCHEDULE
    assert [one["username"] for one in get(f"{cluster}/monitoring/clients")["clients"]] == ["prometheus"]
    assert [(one["email"], one["roles"]) for one in get("/members")] == [(MEMBER, ["developer"])]
    assert {"cluster", "IP allowlist", "monitoring", "member"} <= {one["entity"] for one in get("/activity/json")}
