"""What people get wrong: each is answered with one line that says the next step, and nothing that was there is lost."""

import json
from pathlib import Path

import pytest

from harness.platform import c8

ORDERED = '{"amount": 5}'
MB = 1024 * 1024

UNSUPPORTED = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="t">
  <bpmn:process id="unsupported" isExecutable="true">
    <bpmn:startEvent id="start"><bpmn:outgoing>f</bpmn:outgoing></bpmn:startEvent>
    <bpmn:sequenceFlow id="f" sourceRef="start" targetRef="odd-one" />
    <bpmn:complexGateway id="odd-one"><bpmn:incoming>f</bpmn:incoming></bpmn:complexGateway>
  </bpmn:process>
</bpmn:definitions>
"""
ENTITIES = """<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">]>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="t">
  <process id="lol" name="&lol2;" isExecutable="true"><startEvent id="start"/></process>
</definitions>
"""
BAD_MODELS = {
    "cut off in the middle": ("<?xml version='1.0'?><definitions><process id='x'>", ""),
    "no XML at all": ("hello", ""),
    "empty": ("", ""),
    "an element that we lack": (UNSUPPORTED, "odd-one"),
    "XML with entities": (ENTITIES, ""),
}


@pytest.fixture(scope="module")
def deployed(platform, order_model):
    done = platform.c8("deploy", str(order_model), "--json")
    assert done.returncode == 0, done.stderr
    return platform


@pytest.fixture
def bearer(token):
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}


def test_a_wrong_secret(platform, one_line):
    environment = platform.credentials()
    for name in environment:
        if "SECRET" in name:
            environment[name] = "wrong"
    line = one_line(c8("topology", environment=environment), code=4)
    assert environment["ZEEBE_CLIENT_ID"] in line


def test_a_token_of_another_cluster(start_platform, fetch_token, http, platform):
    stranger = fetch_token(start_platform())
    answer = http("GET", f"{platform.rest}/v2/topology", headers={"Authorization": f"Bearer {stranger}"})
    assert answer.status == 401
    assert "application/problem+json" in answer.headers["content-type"]
    assert answer.json()["title"]


def test_a_client_without_the_scope(platform, tmp_path, one_line):
    file = tmp_path / "secrets-only.txt"
    console = platform.console_credentials()
    made = c8(
        *("console", "clients", "create", "secrets-only", "--scope", "Secrets", "--out", str(file)), environment=console
    )
    assert made.returncode == 0, made.stderr
    one_line(c8("topology", "--credentials", str(file)), code=4)


@pytest.mark.parametrize("trouble", BAD_MODELS)
def test_a_bad_model(platform, tmp_path, one_line, trouble):
    content, named = BAD_MODELS[trouble]
    file = tmp_path / "bad.bpmn"
    file.write_text(content)
    line = one_line(platform.c8("deploy", str(file)), code=1)
    assert "bad.bpmn" in line
    assert named in line


def test_an_element_that_we_lack_is_named_with_its_line(platform, tmp_path, one_line):
    file = tmp_path / "unsupported.bpmn"
    file.write_text(UNSUPPORTED)
    line = one_line(platform.c8("deploy", str(file)), code=1)
    assert "complexGateway" in line
    assert "6" in line


def test_ten_megabytes_of_variables_from_the_command_line(deployed, tmp_path, one_line):
    file = tmp_path / "large.json"
    file.write_text(json.dumps({"amount": "x" * (10 * MB)}))
    one_line(deployed.c8("create", "instance", "order", "--variables", f"@{file}"), code=2)


def test_ten_megabytes_of_variables_over_rest(deployed, bearer, http):
    body = json.dumps({"processDefinitionId": "order", "variables": {"amount": "x" * (10 * MB)}}).encode()
    answer = http("POST", f"{deployed.rest}/v2/process-instances", body=body, headers=bearer)
    assert 400 <= answer.status < 500, answer
    assert answer.json()["title"]


@pytest.mark.parametrize("text", ["{", "[1]", "nonsense", '{"a": NaN}'])
def test_malformed_variables(deployed, one_line, text):
    one_line(deployed.c8("create", "instance", "order", "--variables", text), code=2)


@pytest.mark.parametrize("text", [b"{", b"[]", b"\xff\xfe", b'"text"', b'{"processDefinitionId": 5}', b"{}"])
def test_malformed_json_over_rest(deployed, bearer, http, text):
    answer = http("POST", f"{deployed.rest}/v2/process-instances", body=text, headers=bearer)
    assert answer.status == 400, answer
    assert "application/problem+json" in answer.headers["content-type"]
    assert set(answer.json()) >= {"type", "title", "status", "detail", "instance"}


def test_an_unknown_process(deployed, one_line):
    line = one_line(deployed.c8("create", "instance", "no-such-process"), code=1)
    assert "no-such-process" in line


def test_a_job_completed_twice(deployed, one_line):
    instance = json.loads(deployed.c8("create", "instance", "order", "--variables", ORDERED, "--json").stdout)
    jobs = json.loads(deployed.c8("activate", "jobs", "charge-card", "--json").stdout)
    jobs = jobs["jobs"] if isinstance(jobs, dict) else jobs
    (job,) = [job for job in jobs if job["processInstanceKey"] == instance["processInstanceKey"]]
    first = deployed.c8("complete", "job", job["jobKey"], "--variables", '{"charged": 5}')
    assert first.returncode == 0, first.stderr
    line = one_line(deployed.c8("complete", "job", job["jobKey"], "--variables", '{"charged": 5}'), code=1)
    assert job["jobKey"] in line


@pytest.mark.parametrize("missing", ["CAMUNDA_CLIENT_ID", "CAMUNDA_CLIENT_SECRET"])
def test_a_credentials_file_with_a_missing_line(platform, tmp_path, one_line, missing):
    """Missing under all its names: the file of 8.8 says most things twice or three times."""
    lines = Path(platform.ready["credentials_file"]).read_text().splitlines()
    value = platform.credentials()[missing]
    file = tmp_path / "cut.txt"
    file.write_text("\n".join(line for line in lines if value not in line))
    line = one_line(c8("topology", "--credentials", str(file)), code=2)
    assert missing in line


def test_a_credentials_file_with_windows_line_ends(platform, tmp_path):
    text = Path(platform.ready["credentials_file"]).read_text()
    file = tmp_path / "windows.txt"
    file.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    done = c8("topology", "--credentials", str(file), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["clusterSize"] == 1


def test_nobody_listens_there(platform, one_line):
    environment = platform.credentials() | {"ZEEBE_ADDRESS": "127.0.0.1:9", "ZEEBE_GRPC_ADDRESS": "grpc://127.0.0.1:9"}
    line = one_line(c8("topology", "--grpc", environment=environment), code=3)
    assert "127.0.0.1:9" in line


def test_after_all_that_the_platform_still_works(deployed, bearer, http):
    """In random order this may run first; it holds then as well."""
    created = http(
        "POST",
        f"{deployed.rest}/v2/process-instances",
        body=b'{"processDefinitionId": "order", "variables": {"amount": 1}}',
        headers=bearer,
    )
    assert created.status == 200, created
    assert http("GET", f"{deployed.rest}/v2/topology", headers=bearer).status == 200
