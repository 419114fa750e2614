"""Whatever is asked of the Administration API, it answers as its own OpenAPI document says, and it never breaks.

What is asked fits the document, nearly fits it, or does not fit at all; places in paths are of things that are there,
and of others. Answers are held against the document by openapi-core, which knows nothing of our models.
"""

import json
import time
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from c8py.base.clock import ManualClock
from c8py.server.console import _api
from c8py.server.console._backups import BACKUP_INTERVAL_MS
from c8py.server.console._openapi import _DOCUMENT
from harness.answering import Received, Reply
from harness.contract import checker_of, hold_answer
from harness.json_samples import JsonSamples
from harness.openapi import Json, operations
from harness.processes import wait_until
from unit.server.conftest import STANDARD, Served

DEADLINE_S = 15.0
DOCUMENT: Json = json.loads(_DOCUMENT.read_text())
OPERATIONS = {operation["operationId"]: (method, path, operation) for method, path, operation in operations(DOCUMENT)}
# No cluster here lies in AWS or in two regions, sleeps, or is old, and nothing was ever put back.
NEVER_DONE = {
    "UpdateClusterEncryption", "TriggerFailover", "ActivateSecureConnectivity", "DeactivateSecureConnectivity",
    "UpgradeCluster", "Wake", "GetRestore",
}  # fmt: skip
ANY_TEXT = st.text(max_size=60)
ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | ANY_TEXT
    | st.sampled_from(["\ud800", "\0"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=8,
)


def closed(schema: Any) -> Any:
    """The same, where an object with known members has no others: the document says all of an answer."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: closed(one) for name, one in schema.items()}
    return {**made, "additionalProperties": False} if made.get("type") == "object" and "properties" in made else made


CLOSED = {**DOCUMENT, "components": closed(DOCUMENT["components"])}
CHECKER = checker_of(CLOSED)


class Caller:
    """Calls operations, sees to it that what they are about is there, and holds every answer."""

    def __init__(self, served, clock) -> None:
        self.served = served
        self.clock = clock
        self.home = f"/clusters/{served.addresses.cluster_id}"
        self.sign_in()

    def sign_in(self) -> None:
        token = self.served.token("api.cloud.camunda.io", self.served.addresses.console_credentials_file)
        self.headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}

    def __call__(self, method: str, path: str, body: bytes | None = None) -> Reply:
        target = _api.PREFIX + path
        answer = self.served.request(method, target, body, self.headers)
        reply = Reply(answer.status, answer.body, {name.lower(): text for name, text in answer.headers.items()})
        assert answer.status < 500, (method, path, body, answer.text)
        hold_answer(CHECKER, Received(method, target, self.headers, body or b"", ("", 0)), reply)
        return reply

    def ask(self, method: str, path: str, body: object = None) -> Any:
        reply = self(method, path, None if body is None else json.dumps(body).encode())
        assert reply.status is not None
        assert reply.status < 300, reply.body
        return json.loads(reply.body or b"null")

    def names(self, operation_id: str) -> dict[str, str]:
        """What stands in the operation's places, when it shall find something."""
        if operation_id in {"DeleteCluster", "UpdateCluster"}:
            return {"clusterUuid": self.spare_cluster()}
        if operation_id == "CreateBackup":
            self.a_while_later()
        home, found = self.home, {"clusterUuid": self.served.addresses.cluster_id}
        _, path, _ = OPERATIONS[operation_id]
        if "{clientId}" in path:
            found["clientId"] = self.ask("POST", f"{home}/clients", {"clientName": f"c{time.monotonic_ns()}"})[
                "clientId"
            ]
        if "{secretName}" in path:
            found["secretName"] = f"s{time.monotonic_ns()}"
            self.ask("POST", f"{home}/secrets", {"secretName": found["secretName"], "secretValue": "x"})
        if "{backupId}" in path:
            found["backupId"] = self.backup()
        if "{clientUuid}" in path:
            self.monitored(wanted=True)
            name = {"username": f"m{time.monotonic_ns()}"}
            found["clientUuid"] = self.ask("POST", f"{home}/monitoring/clients", name)["uuid"]
        elif "monitoring" in path:
            self.monitored(wanted=operation_id != "ActivateMonitoring")
        if "{email}" in path:
            found["email"] = f"m{time.monotonic_ns()}@example.org"
            self.ask("POST", f"/members/{found['email']}", {"orgRoles": ["analyst"]})
        return found

    def monitored(self, *, wanted: bool) -> None:
        self("POST" if wanted else "DELETE", f"{self.home}/monitoring")

    def backup(self) -> str:
        self.a_while_later()
        made = self.ask("POST", f"{self.home}/backups")["uuid"]
        wait_until("the backup", lambda: self.state(made) == "Complete", deadline_s=DEADLINE_S)
        return made

    def a_while_later(self) -> None:
        """Another backup may be made."""
        self.clock.advance(BACKUP_INTERVAL_MS / 1000)
        self.sign_in()

    def state(self, backup: str) -> str:
        return next(one["status"] for one in self.ask("GET", f"{self.home}/backups") if one["uuid"] == backup)

    def spare_cluster(self) -> str:
        """One that may be lost."""
        for one in self.ask("GET", "/clusters"):
            if one["uuid"] not in self.home:
                return one["uuid"]
        return self.ask("POST", "/clusters", {"name": "spare", **self.wanted()})["clusterId"]

    def wanted(self) -> dict[str, str]:
        """Ids that CreateCluster takes, by the members of its body."""
        offered = self.ask("GET", "/clusters/parameters")
        channel = offered["channels"][0]
        return {
            "planTypeId": next(plan["uuid"] for plan in offered["clusterPlanTypes"] if plan["name"] == "Local"),
            "channelId": channel["uuid"],
            "generationId": channel["defaultGeneration"]["uuid"],
            "regionId": offered["regions"][0]["uuid"],
        }


@pytest.fixture(scope="module")
def caller(tmp_path_factory):
    clock = ManualClock()
    # A cluster that is kept in memory has no backups.
    served = Served(msgspec.structs.replace(STANDARD, data_dir=tmp_path_factory.mktemp("data")), clock)
    yield Caller(served, clock)
    served.stop()


def path_of(template: str, names: dict[str, str]) -> str:
    for name, text in names.items():
        template = template.replace("{" + name + "}", quote(text, safe=""))
    assert "{" not in template
    return template


# What fits, and more than the document can say of it.
FITTING: dict[str, dict[str, Any]] = {
    "CreateClient": {"clientName": "one", "permissions": ["Zeebe"]},
    "UpdateIpAllowlist": {"ipallowlist": [{"ip": "127.0.0.0/8", "description": ""}]},
    "UpdateIpWhitelist": {"ipwhitelist": [{"ip": "127.0.0.1", "description": "x"}]},
    "CreateSecret": {"secretName": "one", "secretValue": "x"},
    "UpdateSchedule": {"schedule": "0 3 * * *"},
    "CreateMonitoringClient": {"username": "one"},
    "UpdateMembers": {"orgRoles": ["developer"]},
    "UpdateCluster": {"name": "spare", "stageLabel": "dev"},
    "UpdateSecret": {"secretValue": "y"},
}


@pytest.mark.parametrize("operation_id", sorted(OPERATIONS))
def test_what_fits_is_done_and_answered_in_the_documents_shape(caller, operation_id):
    method, path, operation = OPERATIONS[operation_id]
    names = caller.names(operation_id)
    if operation_id == "GetSchedule":
        caller.ask("PUT", f"{caller.home}/backups/schedule", FITTING["UpdateSchedule"])
    body = FITTING.get(operation_id)
    if operation_id == "CreateCluster":
        body = {"name": "another", **caller.wanted()}
    elif body is None and "requestBody" in operation:
        body = sample(operation, lambda _count: 0)
    reply = caller(method, path_of(path, names), None if body is None else json.dumps(body).encode())
    assert (reply.status >= 300) == (operation_id in NEVER_DONE), reply.body


def sample(operation: Json, pick) -> Any:
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    return JsonSamples(DOCUMENT, pick=pick, amount="some").value(schema)


@pytest.mark.slow
@pytest.mark.parametrize("operation_id", sorted(OPERATIONS))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_may_not_fit_is_answered_as_the_document_says(caller, operation_id, data):
    method, path, operation = OPERATIONS[operation_id]
    there = caller.names(operation_id)
    names = {name: data.draw(st.just(text) | ANY_TEXT.filter(bool), name) for name, text in there.items()}
    body = None
    if "requestBody" in operation:
        body = data.draw(bodies(operation), "body")
    elif method != "GET":
        body = data.draw(st.none() | st.binary(max_size=20), "body")
    caller(method, path_of(path, names), body)


@st.composite
def bodies(draw: st.DrawFn, operation: Json) -> bytes:
    """A body that fits, one with a member that is another, any JSON, or what is no JSON."""
    kind = draw(st.sampled_from(("fitting", "changed", "any", "none")))
    if kind == "none":
        return draw(st.binary(max_size=60))
    if kind == "any":
        return json.dumps(draw(ANY_JSON)).encode()
    body = sample(operation, lambda count: draw(st.integers(0, count - 1)))
    if kind == "changed" and isinstance(body, dict) and body:
        body[draw(st.sampled_from(sorted(body)))] = draw(ANY_JSON)
    return json.dumps(body).encode()


@pytest.mark.parametrize("authorization", ["", "Bearer nonsense"])
def test_who_may_not_is_told_so_in_the_documents_shape(caller, authorization):
    for operation_id, (method, path, operation) in OPERATIONS.items():
        names = {one["name"]: "x" for one in operation["parameters"]}
        answer = caller.served.request(
            method, _api.PREFIX + path_of(path, names), headers={"authorization": authorization}
        )
        reply = Reply(answer.status, answer.body, {name.lower(): text for name, text in answer.headers.items()})
        hold_answer(CHECKER, Received(method, _api.PREFIX + path_of(path, names), {}, b"", ("", 0)), reply)
        assert answer.status == (401 if operation["security"] else 200), operation_id
