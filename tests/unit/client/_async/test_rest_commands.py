"""What each command and question says over REST, and what comes of the answers."""

import json

import pytest

from c8py.errors import InvalidArgument, ServerFault
from c8py.models.process_instance import ProcessInstanceModificationTerminateInstruction
from harness.answering import Reply

STARTED = {
    "processDefinitionId": "p",
    "processDefinitionVersion": 1,
    "tenantId": "<default>",
    "variables": {"ok": True},
    "processDefinitionKey": "2",
    "processInstanceKey": "5",
    "tags": [],
}
JOB_86 = {
    "key": 7,
    "type": "t",
    "processInstanceKey": 8,
    "processDefinitionId": "p",
    "processDefinitionVersion": 1,
    "processDefinitionKey": 9,
    "elementId": "task",
    "elementInstanceKey": 10,
    "customHeaders": {"n": 5},
    "worker": "w",
    "retries": 3,
    "deadline": 123,
    "variables": {"amount": 5, "key": 6},
    "tenantId": "<default>",
}


@pytest.fixture
def asked(http_server, camunda):
    """A client of an API that gives one answer, and what the API was asked: method, path and body."""

    def make(answer=None, status=200, **arguments):
        body = b"" if answer is None else json.dumps(answer).encode()
        server = http_server(lambda _: Reply(204 if answer is None else status, body))

        def request():
            last = server.received[-1]
            return f"{last.method} {last.path}", json.loads(last.body) if last.body else None

        return camunda(rest=server.url, **arguments), request

    return make


async def test_topology(asked):
    client, request = asked(
        {"brokers": [], "clusterSize": 0, "partitionsCount": 0, "replicationFactor": 0, "gatewayVersion": "8.8.0"}
    )
    assert (await client.topology()).gateway_version == "8.8.0"
    assert request() == ("GET /v2/topology", None)


async def test_deploy_is_a_form(http_server, camunda):
    answer = json.dumps({"deploymentKey": "1", "tenantId": "blue", "deployments": []}).encode()
    server = http_server(lambda _: Reply(200, answer))
    deployed = await camunda(rest=server.url).deploy(("order.bpmn", b"<bpmn/>"), tenant_id="blue")
    assert deployed.deployment_key == "1"
    received = server.received[0]
    assert received.headers["content-type"].startswith("multipart/form-data; boundary=c8py-")
    assert b'name="resources"; filename="order.bpmn"' in received.body
    assert b"<bpmn/>" in received.body
    assert b'name="tenantId"\r\n\r\nblue' in received.body


async def test_start_by_id_and_by_key(asked):
    client, request = asked(STARTED)
    assert (await client.start("p", variables={"a": 1})).process_instance_key == "5"
    body = {"processDefinitionId": "p", "processDefinitionVersion": -1, "variables": {"a": 1}}
    assert request() == ("POST /v2/process-instances", body)
    client, request = asked(STARTED, tenant_id="blue")
    await client.start(process_definition_key=2, tags=["vip"])
    body = {"processDefinitionKey": "2", "tenantId": "blue", "tags": ["vip"]}
    assert request() == ("POST /v2/process-instances", body)


async def test_start_and_wait(asked):
    client, request = asked(STARTED)
    assert (await client.start_and_wait("p", timeout_s=2, fetch_variables=["ok"])).variables == {"ok": True}
    body = request()[1]
    assert (body["awaitCompletion"], body["requestTimeout"], body["fetchVariables"]) == (True, 2000, ["ok"])


async def test_activate_jobs(asked):
    client, request = asked({"jobs": []})
    assert await client.activate_jobs("t", max_jobs=3, timeout_s=60, worker="w", fetch_variables=["a"]) == []
    body = {"type": "t", "timeout": 60_000, "maxJobsToActivate": 3, "requestTimeout": 0, "worker": "w"}
    assert request() == ("POST /v2/jobs/activation", body | {"fetchVariable": ["a"]})


async def test_an_old_brokers_jobs_are_read(asked):
    client, _ = asked({"jobs": [JOB_86]})
    (job,) = await client.activate_jobs("t", max_jobs=1, timeout_s=60, worker="w")
    assert (job.job_key, job.process_instance_key, job.element_instance_key) == ("7", "8", "10")
    assert job.variables == {"amount": 5, "key": 6}
    assert job.custom_headers == {"n": 5}
    assert job.deadline == 123


async def test_an_old_brokers_start_is_read(asked):
    client, _ = asked({"processDefinitionKey": 2, "processDefinitionId": "p", "processInstanceKey": 5})
    started = await client.start("p")
    assert (started.process_instance_key, started.tenant_id, started.variables) == ("5", "", {})


@pytest.mark.parametrize(
    ("call", "line", "body"),
    [
        (lambda c: c.cancel(5), "POST /v2/process-instances/5/cancellation", {}),
        (lambda c: c.complete_job("7"), "POST /v2/jobs/7/completion", {}),
        (lambda c: c.complete_job("7", {"a": 1}), "POST /v2/jobs/7/completion", {"variables": {"a": 1}}),
        (
            lambda c: c.fail_job(7, retries=0, message="no", backoff_s=1.5, variables={"a": 1}),
            "POST /v2/jobs/7/failure",
            {"retries": 0, "errorMessage": "no", "retryBackOff": 1500, "variables": {"a": 1}},
        ),
        (
            lambda c: c.throw_error(7, "CARD", "declined"),
            "POST /v2/jobs/7/error",
            {"errorCode": "CARD", "errorMessage": "declined"},
        ),
        (
            lambda c: c.update_job(7, retries=2, priority=None),
            "PATCH /v2/jobs/7",
            {"changeset": {"retries": 2}},
        ),
        (
            lambda c: c.set_variables(7, {"a": 1}, local=True),
            "PUT /v2/element-instances/7/variables",
            {"variables": {"a": 1}, "local": True},
        ),
        (lambda c: c.resolve_incident(7), "POST /v2/incidents/7/resolution", {}),
    ],
)
async def test_commands(call, line, body, asked):
    client, request = asked()
    assert await call(client) is None  # sync: assert call(client) is None
    assert request() == (line, body)


async def test_a_deadline_goes_by_itself_for_old_brokers_forget_it_beside_retries(http_server, camunda):
    server = http_server(lambda _: Reply(204))
    await camunda(rest=server.url).update_job(7, retries=2, timeout_s=3)
    assert [json.loads(one.body) for one in server.received] == [
        {"changeset": {"retries": 2}},
        {"changeset": {"timeout": 3000}},
    ]


@pytest.mark.parametrize("key", ["abc", "", "1.5", "../topology", 2**63])
async def test_what_is_no_key_is_not_sent(key, camunda):
    for protocol in ("rest", "grpc"):
        with pytest.raises(InvalidArgument, match="key"):
            await camunda("grpc://localhost:1", "http://localhost:1").cancel(key, protocol=protocol)


@pytest.mark.parametrize("answer", [b"<html>log in</html>", b"[]", b'{"brokers":5}', b"\xff", b""])
async def test_an_answer_in_another_form_names_the_address(answer, http_server, camunda):
    server = http_server(lambda _: Reply(200, answer))
    with pytest.raises(ServerFault, match=server.url):
        await camunda(rest=server.url).topology()


async def test_basic_authentication_is_sent(http_server, camunda):
    server = http_server(lambda _: Reply(204))
    await camunda(rest=server.url, basic_username="demo", basic_password="demo").cancel(1)
    assert server.received[0].headers["authorization"] == "Basic ZGVtbzpkZW1v"


async def test_a_token_is_fetched_shown_to_whom_it_may_concern_and_sent(http_server, camunda):
    server = http_server(
        lambda received: Reply(200, b'{"access_token":"abc","expires_in":300}') if received.path == "/t" else Reply(204)
    )
    oauth = {"client_id": "id", "client_secret": "s3cr~t", "oauth_url": f"{server.url}/t"}
    client = camunda(rest=server.url, **oauth)
    assert await client.authorization() == "Bearer abc"
    await client.cancel(1)
    assert [received.path for received in server.received] == ["/t", "/v2/process-instances/1/cancellation"]
    assert server.received[1].headers["authorization"] == "Bearer abc"


async def test_a_client_is_a_context(http_server, camunda):
    server = http_server(lambda _: Reply(204))
    async with camunda(rest=server.url) as client:
        await client.cancel(1)
    assert client.settings.rest_address == server.url


async def test_messages_signals_and_conditions(asked):
    client, request = asked({"tenantId": "t", "messageKey": "4"})
    assert (await client.publish_message("paid", correlation_key="42", time_to_live_s=1.5)).message_key == "4"
    assert request() == (
        "POST /v2/messages/publication",
        {"name": "paid", "correlationKey": "42", "timeToLive": 1500},
    )
    client, request = asked({"tenantId": "t", "messageKey": "4", "processInstanceKey": "5"})
    assert (await client.correlate_message("paid", variables={"a": 1})).process_instance_key == "5"
    assert request() == ("POST /v2/messages/correlation", {"name": "paid", "variables": {"a": 1}})
    client, request = asked({"tenantId": "t", "signalKey": "6"})
    assert (await client.broadcast_signal("stop")).signal_key == "6"
    assert request() == ("POST /v2/signals/broadcast", {"signalName": "stop"})
    conditions = {"tenantId": "t", "conditionalEvaluationKey": "7", "processInstances": []}
    client, request = asked(conditions | {"brokers": [], "gatewayVersion": "8.9.0"})
    assert (await client.evaluate_conditionals({"a": 1})).conditional_evaluation_key == "7"
    assert request() == ("POST /v2/conditionals/evaluation", {"variables": {"a": 1}})


async def test_a_decision_of_an_older_cluster_is_read(asked):
    answer = {
        "decisionDefinitionId": "d",
        "decisionDefinitionKey": 1,
        "decisionDefinitionName": "D",
        "decisionDefinitionVersion": 1,
        "decisionInstanceKey": 2,
        "decisionRequirementsId": "r",
        "decisionRequirementsKey": 3,
        "evaluatedDecisions": [],
        "output": "1",
        "tenantId": "t",
    }
    client, request = asked(answer)
    assert (await client.evaluate_decision(decision_definition_key=1)).decision_requirements_key == "3"
    assert request() == ("POST /v2/decision-definitions/evaluation", {"decisionDefinitionKey": "1"})


async def test_changes_of_instances_and_resources(asked):
    client, request = asked()
    await client.modify("7", terminate=[ProcessInstanceModificationTerminateInstruction(element_id="a")])
    assert request() == (
        "POST /v2/process-instances/7/modification",
        {"terminateInstructions": [{"elementId": "a"}]},
    )
    client, request = asked()
    await client.migrate("7", "8", {"old": "new"})
    assert request() == (
        "POST /v2/process-instances/7/migration",
        {
            "targetProcessDefinitionKey": "8",
            "mappingInstructions": [{"sourceElementId": "old", "targetElementId": "new"}],
        },
    )
    client, request = asked()
    assert (await client.delete_resource("7")).batch_operation is None
    assert request() == ("POST /v2/resources/7/deletion", {})
