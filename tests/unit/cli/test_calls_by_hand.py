"""`c8 api` and `c8 grpc`: what goes over the wire, and what is printed of what comes back."""

import json
from urllib.parse import parse_qs

import grpc
import pytest

from c8py.proto import gateway_pb2 as pb
from c8py.proto.gateway_pb2_grpc import RPCS
from harness.answering import Gateway, HttpServer, Refused, Reply


@pytest.fixture
def rest(monkeypatch):
    """A server of all REST APIs and their tokens; what it answers can be set."""
    server = HttpServer(lambda _: Reply(200, b'{"big":9007199254740993,"list":[1, 2]}'))
    inner = server.answer
    server.answer = lambda got: (
        Reply(200, b'{"access_token":"abc","expires_in":300}') if got.path == "/oauth/token" else inner(got)
    )
    for name, value in {
        "CAMUNDA_CLIENT_ID": "cid",
        "CAMUNDA_CLIENT_SECRET": "secret-of-cid",
        "CAMUNDA_CONSOLE_CLIENT_ID": "org",
        "CAMUNDA_CONSOLE_CLIENT_SECRET": "secret-of-org",
        "CAMUNDA_OAUTH_URL": f"{server.url}/oauth/token",
        "CAMUNDA_TOKEN_DISK_CACHE_DISABLE": "true",
        "ZEEBE_REST_ADDRESS": f"{server.url}/cluster-id",
        "CAMUNDA_CONSOLE_BASE_URL": f"{server.url}/console",
        "CAMUNDA_MODELER_BASE_URL": f"{server.url}/modeler/api",
        "CAMUNDA_OPTIMIZE_BASE_URL": f"{server.url}/optimize",
        "CAMUNDA_OPERATE_BASE_URL": f"{server.url}/operate",
        "CAMUNDA_TASKLIST_BASE_URL": f"{server.url}/tasklist",
    }.items():
        monkeypatch.setenv(name, value)
    yield server
    server.close()


@pytest.fixture
def gateway(monkeypatch):
    """A gateway that answers every rpc with nothing, a stream with three times nothing."""
    answers = {
        name: (
            (lambda _request, _metadata, kind=rpc.response: iter([kind()] * 3))
            if rpc.server_streaming
            else (lambda _request, _metadata, kind=rpc.response: kind())
        )
        for name, rpc in RPCS.items()
    }
    made = Gateway(answers)
    monkeypatch.setenv("ZEEBE_GRPC_ADDRESS", made.address)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("asked", "url", "audience"),
    [
        (("orchestration", "topology"), "/cluster-id/v2/topology", "zeebe.camunda.io"),
        (("orchestration", "/v2/topology"), "/cluster-id/v2/topology", "zeebe.camunda.io"),
        (("console", "/clusters"), "/console/clusters", "api.cloud.camunda.io"),
        (("modeler", "/api/v1/info"), "/modeler/api/v1/info", None),
        (("optimize", "/public/report?collectionId=a"), "/optimize/api/public/report?collectionId=a", "optimize-api"),
        (("operate", "v1/drd/1"), "/operate/v1/drd/1", "operate-api"),
        (("tasklist", "/tasks/1"), "/tasklist/v1/tasks/1", "tasklist-api"),
    ],
)
def test_every_api_has_its_address_and_audience(c8, rest, asked, url, audience):
    api, path = asked
    ran = c8("api", "get", path, "--api", api)
    *tokens, call = rest.received
    assert (ran.code, call.method, call.path, call.body) == (0, "GET", url, b""), ran.err
    assert call.headers["authorization"] == "Bearer abc"
    if tokens:  # another test's client may have left a good one
        assert parse_qs(tokens[0].body.decode()).get("audience", [None])[0] == audience
    assert ran.out == '{"big":9007199254740993,"list":[1,2]}\n'


@pytest.mark.parametrize(
    ("data", "stdin"), [('{"a":1}', b""), ("@{file}", b""), ("-", b'{"a":1}')], ids=["text", "file", "stdin"]
)
def test_a_body_goes_as_it_is(c8, rest, tmp_path, data, stdin):
    (tmp_path / "body.json").write_text('{"a":1}')
    ran = c8("api", "POST", "/x/search", "--data", data.replace("{file}", str(tmp_path / "body.json")), stdin=stdin)
    call = rest.received[-1]
    assert (ran.code, call.method, call.body) == (0, "POST", b'{"a":1}')
    assert call.headers["content-type"] == "application/json"


def test_what_is_asked_is_quoted(c8, rest):
    assert c8("api", "GET", "/a b/{x}/ü?c=d", "--query", "e=f g", "--query", "e=ä=1").code == 0
    assert rest.received[-1].path == "/cluster-id/v2/a%20b/%7Bx%7D/%C3%BC?c=d&e=f+g&e=%C3%A4%3D1"


def test_a_form_has_values_and_files(c8, rest, tmp_path):
    (tmp_path / "a.bpmn").write_bytes(b"<xml/>")
    ran = c8("api", "POST", "/deployments", "--form", f"resources=@{tmp_path}/a.bpmn", "--form", "tenantId=t")
    call = rest.received[-1]
    assert ran.code == 0
    assert call.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b'name="resources"; filename="a.bpmn"' in call.body
    assert b"<xml/>" in call.body
    assert b'name="tenantId"\r\n\r\nt\r\n' in call.body


def test_without_credentials_nobody_is_asked_for_a_token(c8, rest):
    assert c8("api", "GET", "/readyz", "--api", "optimize", "--anonymous").code == 0
    assert ["authorization" in call.headers for call in rest.received] == [False]


@pytest.mark.parametrize(("body", "shown"), [(b"", ""), (b"<xml>\n", "<xml>\n"), (b'"a"', '"a"\n')])
def test_what_is_no_json_is_printed_as_it_came(c8, monkeypatch, body, shown):
    server = HttpServer(lambda _: Reply(200, body))
    try:
        ran = c8("api", "GET", "/x", "--rest-address", server.url)
    finally:
        server.close()
    assert (ran.code, ran.out) == (0, shown)


@pytest.mark.parametrize(
    ("status", "body", "code", "words"),
    [
        (404, b'{"title":"NOT_FOUND","detail":"no such thing"}', 1, "no such thing"),
        (400, b'{"status":400,"message":"of Operate"}', 1, "of Operate"),
        (409, b"a reason in plain words", 1, "a reason in plain words"),
        (403, b"", 4, "403"),
    ],
)
def test_a_refusal_is_one_line_and_an_exit_code(c8, status, body, code, words):
    server = HttpServer(lambda _: Reply(status, body))
    try:
        ran = c8("api", "DELETE", "/things/1", "--rest-address", server.url)
    finally:
        server.close()
    assert (ran.code, ran.out, ran.err.count("\n")) == (code, "", 1)
    assert "DELETE /things/1" in ran.err
    assert words in ran.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["api", "GET", "http://x/y"], "expected a path"),
        (["api", "GET", "/x", "--query", "a"], "expected --query NAME=VALUE"),
        (["api", "POST", "/x", "--data", "{"], "expected JSON"),
        (["api", "POST", "/x", "--data", "{}", "--form", "a=b"], "but got both"),
        (["api", "POST", "/x", "--form", "a=@/no/where"], "/no/where"),
        (["api", "POST", "/x", "--data", "@/no/where"], "/no/where"),
        (["api", "GET", "/x", "--api", "console"], "CAMUNDA_CONSOLE_CLIENT_ID"),
        (["grpc"], "expected one of ActivateJobs"),
        (["grpc", "Nonsense"], "but got Nonsense"),
        (["grpc", "Topology", "[1]"], "expected JSON of a TopologyRequest"),
        (["grpc", "CompleteJob", '{"no": 1}'], 'no field named "no"'),
        (["grpc", "DeployResource", '{"resources":[{"name":"a","content":"@/no/where"}]}'], "/no/where"),
    ],
)
def test_what_makes_no_sense_is_not_sent(c8, arguments, words):
    ran = c8(*arguments)
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert words in ran.err


@pytest.mark.parametrize("name", sorted(RPCS))
def test_every_rpc_takes_what_its_template_shows(c8, gateway, name):
    rpc = RPCS[name]
    template = c8("grpc", name, "--template")
    ran = c8("grpc", f"gateway_protocol.Gateway/{name.lower()}", "-", stdin=template.out.encode())
    assert ran.code == 0, ran.err
    called, message, _ = gateway.calls[-1]
    assert called == name
    assert isinstance(message, rpc.request)
    answers = [json.loads(line) for line in ran.out.splitlines()]
    assert len(answers) == (3 if rpc.server_streaming else 1)


def test_a_stream_ends_after_so_many_messages(c8, gateway):
    ran = c8("grpc", "ActivateJobs", '{"type":"a","maxJobsToActivate":1,"timeout":1000}', "--limit", "2")
    assert len(ran.out.splitlines()) == 2


def test_variables_may_be_json_and_resources_files(c8, gateway, tmp_path):
    (tmp_path / "a.bpmn").write_bytes(b"\xff<xml/>")
    assert c8("grpc", "CompleteJob", '{"jobKey": 9007199254740993, "variables": {"a": "ä"}}').code == 0
    assert gateway.calls[-1][1] == pb.CompleteJobRequest(jobKey=9007199254740993, variables='{"a":"ä"}')
    said = {"resources": [{"name": "a.bpmn", "content": f"@{tmp_path}/a.bpmn"}]}
    assert c8("grpc", "DeployResource", json.dumps(said)).code == 0
    assert gateway.calls[-1][1].resources[0].content == b"\xff<xml/>"  # pyright: ignore[reportAttributeAccessIssue]


def test_a_status_is_one_line_and_an_exit_code(c8, gateway):
    def refuse(_request, _metadata):
        raise Refused(grpc.StatusCode.NOT_FOUND, "no such job")

    gateway.answers["CompleteJob"] = refuse
    ran = c8("grpc", "CompleteJob", '{"jobKey": "1"}')
    assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert "no such job" in ran.err


def test_all_rpcs_are_listed(c8):
    assert {line.split("\t")[0] for line in c8("grpc", "--list").out.splitlines()} == set(RPCS)
    assert json.loads(c8("grpc", "--list", "--json").out) == list(RPCS)
