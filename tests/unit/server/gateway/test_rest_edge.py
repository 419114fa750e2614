"""The REST API over a socket: what each operation answers, and with which problem it is refused."""

import json
import socket
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from c8py.models.operations import OPERATIONS
from harness.bpmn import Model, one_task

MIB = 1024 * 1024
ROOT = Path(__file__).parents[4]


@pytest.fixture
def task(rest, names):
    """A deployed process with one service task; its id is the job type too."""
    name = names("rest-task")
    answer = rest.deploy(one_task(name, job_type=name))
    assert answer.status == 200, answer.text
    return name


def problem_of(answer) -> dict[str, Any]:
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json
    assert problem.keys() == {"type", "title", "status", "detail", "instance"}
    assert (problem["type"], problem["status"]) == ("about:blank", answer.status)
    return problem


# -- what is served


def test_a_process_is_deployed_started_worked_on_and_completed(rest, task) -> None:
    key = rest.start(task, amount=5)
    [job] = rest.jobs(task)
    assert (job["type"], job["variables"], job["processInstanceKey"]) == (task, {"amount": 5}, key)
    assert job["physicalTenantId"] == "default"
    assert rest("GET", f"/process-instances/{key}").json["state"] == "ACTIVE"
    answer = rest("POST", f"/jobs/{job['jobKey']}/completion", {"variables": {"charged": 5}})
    assert (answer.status, answer.body) == (204, b"")
    assert rest("GET", f"/process-instances/{key}").json["state"] == "COMPLETED"
    found = rest("POST", "/variables/search", {"filter": {"processInstanceKey": key}}).json["items"]
    assert {each["name"]: each["value"] for each in found} == {"amount": "5", "charged": "5"}


def test_completion_can_be_awaited(rest, names) -> None:
    name = names("straight")
    rest.deploy(Model(name).end().path("start", "end").content)
    body = {
        "processDefinitionId": name,
        "variables": {"a": 1, "b": [True, None, 1.5]},
        "awaitCompletion": True,
        "fetchVariables": ["b"],
        "tags": ["vip"],
    }
    answer = rest("POST", "/process-instances", body)
    assert answer.status == 200
    assert answer.json["variables"] == {"b": [True, None, 1.5]}
    assert answer.json["tags"] == ["vip"]


def test_an_awaited_completion_that_does_not_come_is_a_gateway_timeout(rest, task) -> None:
    body = {"processDefinitionId": task, "awaitCompletion": True, "requestTimeout": 50}
    answer = rest("POST", "/process-instances", body)
    assert (answer.status, problem_of(answer)["title"]) == (504, "DEADLINE_EXCEEDED")


def test_an_instance_is_started_by_the_key_of_a_definition(rest, task) -> None:
    search = rest("POST", "/process-definitions/search", {"filter": {"processDefinitionId": task}})
    [definition] = search.json["items"]
    key = definition["processDefinitionKey"]
    answer = rest("POST", "/process-instances", {"processDefinitionKey": key})
    assert answer.json["processDefinitionId"] == task
    assert rest("GET", f"/process-definitions/{key}").json == definition
    xml = rest("GET", f"/process-definitions/{key}/xml")
    assert xml.headers["content-type"] == "text/xml"
    assert task in xml.text


def test_jobs_fail_and_are_given_retries_and_time(rest, task) -> None:
    key = rest.start(task)
    [job] = rest.jobs(task)
    path = f"/jobs/{job['jobKey']}"
    assert rest("POST", f"{path}/failure", {"retries": 0, "errorMessage": "no"}).status == 204
    [incident] = rest("POST", "/incidents/search", {"filter": {"processInstanceKey": key}}).json["items"]
    assert (incident["errorType"], incident["state"]) == ("JOB_NO_RETRIES", "ACTIVE")
    resolution = f"/incidents/{incident['incidentKey']}/resolution"
    assert rest("POST", resolution).status == 409
    assert rest("PATCH", path, {"changeset": {"retries": 3}}).status == 204
    assert rest("POST", resolution, raw=b"", content_type="application/json").status == 204
    assert rest("GET", f"/incidents/{incident['incidentKey']}").json["state"] == "RESOLVED"
    [again] = rest.jobs(task)
    assert again["retries"] == 3
    assert rest("PATCH", path, {"changeset": {"timeout": 600_000}}).status == 204
    assert rest("POST", f"{path}/error", {"errorCode": "NO_MONEY"}).status == 204


def test_an_instance_is_cancelled(rest, task) -> None:
    key = rest.start(task)
    assert (
        rest("POST", f"/process-instances/{key}/cancellation", raw=b"", content_type="application/json").status == 204
    )
    assert rest("GET", f"/process-instances/{key}").json["state"] == "TERMINATED"
    assert problem_of(rest("POST", f"/process-instances/{key}/cancellation"))["status"] == 404


def test_variables_are_set(rest, task) -> None:
    key = rest.start(task)
    assert rest("PUT", f"/element-instances/{key}/variables", {"variables": {"a": 1}, "local": True}).status == 204
    [job] = rest.jobs(task)
    assert job["variables"] == {"a": 1}


def test_a_poll_without_jobs_is_an_empty_list(rest, task) -> None:
    assert rest.jobs(task, wait_ms=20) == []


def test_long_values_are_cut_in_searches_and_whole_by_key(rest, task) -> None:
    key = rest.start(task, long="x" * 10_000)
    body = {"filter": {"processInstanceKey": key}}
    [cut] = rest("POST", "/variables/search", body).json["items"]
    assert (cut["isTruncated"], len(cut["value"])) == (True, 8191)
    [whole] = rest("POST", "/variables/search?truncateValues=false", body).json["items"]
    assert (whole["isTruncated"], len(whole["value"])) == (False, 10_002)
    assert rest("GET", f"/variables/{cut['variableKey']}").json["value"] == whole["value"]


def test_the_status_tells_a_healthy_partition(rest) -> None:
    assert rest("GET", "/status").status == 204


def test_the_caller_is_named(rest, served) -> None:
    client = served.variables(served.addresses.credentials_file)["ZEEBE_CLIENT_ID"]
    assert rest("GET", "/authentication/me").json["username"] == client


# -- every required field of the newest version is there


def required_fields() -> dict[str, Any]:
    facts = (json.loads(line) for line in (ROOT / "tools" / "facts" / "rest.jsonl").read_text().splitlines())
    return {fact["name"]: fact["schema"] for fact in facts if fact["kind"] == "schema"}


def missing(schema: dict[str, Any], value: object, schemas: dict[str, Any], where: str) -> list[str]:
    """The required fields that a value lacks, all the way down."""
    schema = schemas[schema["ref"]] if "ref" in schema else schema
    if isinstance(value, list):
        return [gap for each in value for gap in missing(schema.get("items", {}), each, schemas, f"{where}[]")]
    if not isinstance(value, dict):
        return []
    gaps = [f"{where}.{name}" for name in schema.get("required", ()) if name not in value]
    for name, inner in schema.get("properties", {}).items():
        if name in value:
            gaps += missing(inner, value[name], schemas, f"{where}.{name}")
    return gaps


def test_answers_have_every_field_that_the_newest_version_requires(rest, task, gateway_answers) -> None:
    schemas = required_fields()
    operations = [json.loads(line) for line in (ROOT / "tools" / "facts" / "rest.jsonl").read_text().splitlines()]
    responses = {each["id"]: each["response"] for each in operations if each.get("response")}
    assert gateway_answers
    for operation, answer in gateway_answers.items():
        assert missing(responses[operation], answer, schemas, operation) == [], operation


@pytest.fixture
def gateway_answers(rest, task) -> dict[str, object]:
    """One answer of each operation that answers with a document, none of them empty."""
    deployment = rest.deploy(one_task(f"{task}-again", job_type=task)).json
    key = rest.start(task, a=1)
    [job] = rest.jobs(task)
    activation = {"jobs": [job]}
    rest("POST", f"/jobs/{job['jobKey']}/failure", {"retries": 0})
    one = {"filter": {"processInstanceKey": key}}
    searches = {
        "searchProcessInstances": rest("POST", "/process-instances/search", one).json,
        "searchElementInstances": rest("POST", "/element-instances/search", one).json,
        "searchJobs": rest("POST", "/jobs/search", one).json,
        "searchIncidents": rest("POST", "/incidents/search", one).json,
        "searchVariables": rest("POST", "/variables/search", one).json,
        "searchProcessDefinitions": rest("POST", "/process-definitions/search").json,
    }
    assert all(answer["items"] for answer in searches.values())
    return {
        "getTopology": rest("GET", "/topology").json,
        "getLicense": rest("GET", "/license").json,
        "getAuthentication": rest("GET", "/authentication/me").json,
        "createDeployment": deployment,
        "createProcessInstance": rest("POST", "/process-instances", {"processDefinitionId": task}).json,
        "activateJobs": activation,
        "getProcessInstance": rest("GET", f"/process-instances/{key}").json,
        **searches,
    }


# -- what is refused


def test_every_other_operation_says_that_it_is_not_served(rest) -> None:
    served = 0
    for operation in OPERATIONS.values():
        if operation.path.startswith("/cluster/v2/"):
            continue
        path = "/".join("1" if part.startswith("{") else part for part in operation.path.split("/"))
        answer = rest(operation.method, path)
        assert answer.status != 500, operation.id
        if answer.status == 501:
            problem = problem_of(answer)
            assert operation.id in problem["detail"]
            assert problem["instance"] == f"/v2{path}"
        else:
            served += 1
    assert served == 26


def test_an_unknown_path_is_not_found(rest) -> None:
    for path in ("/no-such-thing", "/topology/", "/jobs//completion", "/"):
        problem = problem_of(rest("GET", path))
        assert (problem["status"], problem["title"]) == (404, "Not Found")


def test_a_wrong_method_is_refused_with_those_that_are_right(rest) -> None:
    answer = rest("DELETE", "/topology")
    assert (answer.status, answer.headers["allow"]) == (405, "GET")
    problem_of(answer)


CREATE = "/process-instances"
WRONG_BODIES = {
    "neither id nor key": (CREATE, {}, "At least one of [processDefinitionId, processDefinitionKey] is required."),
    "id and key": (CREATE, {"processDefinitionId": "p", "processDefinitionKey": "1"}, "Only one of"),
    "an unknown property": (CREATE, {"processDefinitionId": "p", "colour": "red"}, "colour"),
    "a number for an id": (CREATE, {"processDefinitionId": 5}, "str"),
    "variables that are a list": (CREATE, {"processDefinitionId": "p", "variables": [1]}, "object"),
    "a version beyond 32 bits": (CREATE, {"processDefinitionId": "p", "processDefinitionVersion": 2**40}, "int"),
    "another tenant": (CREATE, {"processDefinitionId": "p", "tenantId": "acme"}, "acme"),
    "a key that is none": (CREATE, {"processDefinitionKey": "abc"}, "regex"),
    "a key beyond 64 bits": (CREATE, {"processDefinitionKey": "9" * 19}, "64 bits"),
    "no job type": ("/jobs/activation", {"timeout": 1, "maxJobsToActivate": 1}, "type"),
    "a blank job type": ("/jobs/activation", {"type": " ", "timeout": 1, "maxJobsToActivate": 1}, "type"),
    "no jobs wanted": ("/jobs/activation", {"type": "x", "timeout": 1, "maxJobsToActivate": 0}, "max"),
    "no time": ("/jobs/activation", {"type": "x", "timeout": 0, "maxJobsToActivate": 1}, "timeout"),
    "a lease": ("/jobs/activation", {"type": "x", "timeout": 1, "maxJobsToActivate": 1, "withLease": True}, "Lease"),
    "no error code": ("/jobs/1/error", {}, "errorCode"),
    "an unknown filter": ("/jobs/search", {"filter": {"colour": "red"}}, "colour"),
    "an unknown operator": ("/jobs/search", {"filter": {"type": {"$near": "x"}}}, "$near"),
    "an unknown order": ("/jobs/search", {"sort": [{"field": "colour"}]}, "colour"),
    "two kinds of page": ("/jobs/search", {"page": {"after": "YQ==", "from": 1}}, "from"),
    "a page too large": ("/jobs/search", {"page": {"limit": 10_001}}, "limit"),
    "a cursor that is none": ("/jobs/search", {"page": {"after": "!"}}, "cursor"),
}


@pytest.mark.parametrize("what", WRONG_BODIES)
def test_what_cannot_be_right_is_a_bad_request(rest, what: str) -> None:
    path, body, named = WRONG_BODIES[what]
    problem = problem_of(rest("POST", path, body))
    assert (problem["status"], problem["title"]) == (400, "INVALID_ARGUMENT")
    assert named in problem["detail"]


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"nonsense",
        b"\xff",
        *(b'{"variables": {"a": %b' % raw for raw in (b"NaN}}", b'"\xed\xa0\x80"}}', b"[" * 400)),
    ],
)
def test_what_is_no_json_cannot_be_read(rest, raw: bytes) -> None:
    problem = problem_of(rest("POST", CREATE, raw=raw))
    assert (problem["status"], problem["title"]) == (400, "Bad Request")
    assert problem["detail"] == "Failed to read request"


def test_nesting_has_a_limit(rest) -> None:
    for opening, closing in (("[", "]"), ('{"a":', "}")):
        variables = opening * 5000 + "1" + closing * 5000
        raw = f'{{"processDefinitionId": "p", "variables": {{"a": {variables}}}}}'.encode()
        problem = problem_of(rest("POST", CREATE, raw=raw))
        assert problem["status"] == 400
        assert "levels" in problem["detail"]


def test_brackets_inside_texts_are_not_nesting(rest, task) -> None:
    rest.start(task, text='{["\\"' * 5000)


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_another_media_type_is_refused(rest, content_type: str) -> None:
    assert problem_of(rest("POST", CREATE, raw=b"{}", content_type=content_type))["status"] == 415


def test_a_body_that_must_be_there_is_asked_for(rest) -> None:
    assert problem_of(rest("POST", CREATE))["detail"] == "Required request body is missing"


ARABIC_ONE = "\u0661"  # a digit to Python, and to no other system


@pytest.mark.parametrize("key", ["abc", "1.5", "-", "--1", "9" * 20, str(2**63), "\0", ARABIC_ONE])
def test_a_key_that_is_none_is_a_bad_request(rest, key: str) -> None:
    problem = problem_of(rest("POST", f"/process-instances/{quote(key)}/cancellation"))
    assert problem["status"] == 400
    assert problem["detail"] == f"Failed to convert 'processInstanceKey' with value: '{key}'"


@pytest.mark.parametrize("key", ["-1", "1", "9223372036854775807"])
def test_a_key_that_nothing_has_is_not_found(rest, key: str) -> None:
    problem = problem_of(rest("POST", f"/jobs/{key}/completion"))
    assert (problem["status"], problem["title"]) == (404, "NOT_FOUND")
    assert problem["detail"].startswith("Command 'COMPLETE' rejected with code 'NOT_FOUND': ")
    assert problem_of(rest("GET", f"/incidents/{key}"))["status"] == 404


def test_ten_megabytes_of_variables_are_too_large(rest) -> None:
    raw = json.dumps({"processDefinitionId": "p", "variables": {"a": "x" * 10 * MIB}}).encode()
    assert problem_of(rest("POST", CREATE, raw=raw))["status"] == 413


def test_a_filter_that_the_engine_does_not_know_is_refused_by_name(rest) -> None:
    problem = problem_of(rest("POST", "/process-instances/search", {"filter": {"batchOperationKey": "1"}}))
    assert problem["status"] == 501
    assert "batchOperationKey" in problem["detail"]


def test_empty_lists_mean_nothing(rest, task) -> None:
    """Java's client sends them for whatever was not set."""
    key = rest.start(task)
    body = {
        "filter": {"processInstanceKey": {"$in": [key], "$notIn": []}, "tags": [], "variables": [], "$or": []},
        "sort": [],
    }
    [found] = rest("POST", "/process-instances/search", body).json["items"]
    assert found["processInstanceKey"] == key
    assert rest("POST", CREATE, {"processDefinitionId": task, "tags": [], "startInstructions": []}).status == 200
    assert rest.jobs(task, tenantIds=[], fetchVariable=[])


def upload(*parts: bytes) -> bytes:
    return b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + b"--b--\r\n"


FILE = b'content-disposition: form-data; name="resources"; filename="%b"\r\n\r\n<a/>'
BAD_UPLOADS = {
    "no boundary": ("multipart/form-data", b"x", 400),
    "no end": ("multipart/form-data; boundary=b", b"--b\r\n" + FILE % b"a.bpmn", 400),
    "nothing": ("multipart/form-data; boundary=b", b"", 400),
    "no parts": ("multipart/form-data; boundary=b", b"--b--\r\n", 400),
    "no multipart": ("multipart/form-data; boundary=b", b"hello", 400),
    "a NUL in a file name": ("multipart/form-data; boundary=b", upload(FILE % b"a\0.bpmn"), 400),
    "an empty file name": ("multipart/form-data; boundary=b", upload(FILE % b""), 400),
    "a part of another name": (
        "multipart/form-data; boundary=b",
        upload(b'content-disposition: form-data; name="files"; filename="a.bpmn"\r\n\r\n<a/>'),
        400,
    ),
    "a resource that is no file": (
        "multipart/form-data; boundary=b",
        upload(b'content-disposition: form-data; name="resources"\r\n\r\n<a/>'),
        400,
    ),
    "another tenant": (
        "multipart/form-data; boundary=b",
        upload(FILE % b"a.bpmn", b'content-disposition: form-data; name="tenantId"\r\n\r\nacme'),
        400,
    ),
    "too many parts": ("multipart/form-data; boundary=b", upload(*[FILE % b"a.bpmn"] * 120), 400),
    "JSON": ("application/json", b"{}", 415),
    "too large": ("multipart/form-data; boundary=b", upload(FILE % b"a.bpmn" + b"x" * 5 * MIB), 413),
}


@pytest.mark.parametrize("what", BAD_UPLOADS)
def test_a_bad_upload_is_refused(rest, what: str) -> None:
    content_type, raw, status = BAD_UPLOADS[what]
    assert problem_of(rest("POST", "/deployments", raw=raw, content_type=content_type))["status"] == status


def test_several_files_are_deployed_together_or_not_at_all(rest, names) -> None:
    good, other = names("good"), names("other")
    assert rest.deploy(one_task(good), b"<broken").status == 400
    assert rest("POST", CREATE, {"processDefinitionId": good}).status == 404
    answer = rest.deploy(one_task(good), one_task(other))
    assert [each["processDefinition"]["resourceName"] for each in answer.json["deployments"]] == ["0.bpmn", "1.bpmn"]


# -- which cluster


def test_a_cluster_is_named_in_the_path(rest, served) -> None:
    cluster = served.addresses.cluster_id
    answer = served.request("GET", f"/{cluster}/v2/topology", headers=rest.headers)
    assert answer.json["clusterId"] == cluster
    assert served.request("GET", "/not-a-cluster/v2/topology", headers=rest.headers).status == 404


def test_a_client_that_breaks_off_leaves_no_trace(rest, served, task) -> None:
    """Its poll is over, so that the next job is not handed to nobody."""
    host, _, port = served.authority.rpartition(":")
    body = json.dumps({"type": task, "timeout": 600_000, "maxJobsToActivate": 1, "requestTimeout": 30_000})
    with socket.create_connection((host, int(port)), timeout=5) as broken:
        broken.sendall(
            f"POST /v2/jobs/activation HTTP/1.1\r\nhost: {served.authority}\r\n"
            f"authorization: {rest.headers['authorization']}\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\n\r\n{body}".encode()
        )
        rest.jobs(task, wait_ms=20)
    rest.start(task)
    [job] = rest.jobs(task, wait_ms=10_000)
    assert job["retries"] == 3
