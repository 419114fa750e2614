"""What each command says over gRPC, and what comes of the answers."""

import pytest

from c8py.errors import ConfigError, InvalidArgument, NotSupported, ServerFault
from c8py.models.keys import ElementInstanceKey, ProcessDefinitionKey
from c8py.models.process_instance import (
    AncestorScopeInstruction,
    ModifyProcessInstanceVariableInstruction,
    ProcessInstanceModificationActivateInstruction,
    ProcessInstanceModificationMoveInstruction,
    ProcessInstanceModificationTerminateInstruction,
    SourceElementInstruction,
)
from c8py.models.resource import DeploymentProcessResult
from c8py.proto import gateway_pb2 as pb

JOB = pb.ActivatedJob(
    key=7,
    type="t",
    processInstanceKey=8,
    bpmnProcessId="p",
    processDefinitionVersion=2,
    processDefinitionKey=9,
    elementId="task",
    elementInstanceKey=10,
    customHeaders='{"h":"1"}',
    worker="w",
    retries=3,
    deadline=123,
    variables='{"amount":5,"deep":{"a":[1,null,"x"]}}',
    tenantId="<default>",
    tags=["vip"],
)


@pytest.fixture
def asked(gateway, camunda):
    """A client of a gateway that gives one answer, and what the gateway was asked."""

    def make(name, answer, **arguments):
        server = gateway({name: lambda *_: answer})
        client = camunda(server.address, **arguments)
        return client, lambda: server.calls[-1][1]

    return make


async def test_topology(asked):
    client, _ = asked(
        "Topology",
        pb.TopologyResponse(
            brokers=[
                pb.BrokerInfo(
                    nodeId=1,
                    host="b",
                    port=26501,
                    version="8.6.0",
                    partitions=[pb.Partition(partitionId=1, role=pb.Partition.FOLLOWER)],
                )
            ],
            clusterSize=1,
            partitionsCount=1,
            replicationFactor=1,
            gatewayVersion="8.6.0",
        ),
    )
    topology = await client.topology()
    assert (topology.cluster_size, topology.gateway_version, topology.cluster_id) == (1, "8.6.0", None)
    broker = topology.brokers[0]
    assert (broker.node_id, broker.host, broker.port) == (1, "b", 26501)
    assert (broker.partitions[0].role, broker.partitions[0].health) == ("follower", "healthy")


async def test_deploy(asked, tmp_path):
    path = tmp_path / "order.bpmn"
    path.write_bytes(b"<bpmn/>")
    metadata = pb.ProcessMetadata(bpmnProcessId="p", version=1, processDefinitionKey=2, resourceName="order.bpmn")
    client, request = asked(
        "DeployResource", pb.DeployResourceResponse(key=1, deployments=[pb.Deployment(process=metadata)])
    )
    deployed = await client.deploy(path, ("rules.dmn", b"<dmn/>"), tenant_id="blue")
    assert [(resource.name, resource.content) for resource in request().resources] == [
        ("order.bpmn", b"<bpmn/>"),
        ("rules.dmn", b"<dmn/>"),
    ]
    assert request().tenantId == "blue"
    assert deployed.deployment_key == "1"
    assert deployed.deployments[0].process_definition == DeploymentProcessResult(
        process_definition_id="p",
        process_definition_version=1,
        resource_name="order.bpmn",
        tenant_id="",
        process_definition_key=ProcessDefinitionKey("2"),
    )


async def test_every_kind_of_deployment_is_understood(asked):
    kinds = [
        pb.Deployment(decision=pb.DecisionMetadata(dmnDecisionId="d", decisionKey=1)),
        pb.Deployment(decisionRequirements=pb.DecisionRequirementsMetadata(dmnDecisionRequirementsId="r")),
        pb.Deployment(form=pb.FormMetadata(formId="f")),
        pb.Deployment(),
    ]
    client, _ = asked("DeployResource", pb.DeployResourceResponse(key=1, deployments=kinds))
    decision, requirements, form, unknown = (await client.deploy(("x", b""))).deployments
    assert decision.decision_definition.decision_definition_id == "d"
    assert requirements.decision_requirements.decision_requirements_id == "r"
    assert form.form.form_id == "f"
    assert unknown.process_definition is None


async def test_start_by_id_means_the_latest_version(asked):
    client, request = asked("CreateProcessInstance", pb.CreateProcessInstanceResponse(processInstanceKey=5))
    started = await client.start("p", variables={"a": 1}, tags=["x"])
    assert started.process_instance_key == "5"
    assert (request().bpmnProcessId, request().version, request().variables) == ("p", -1, '{"a":1}')
    assert request().tags == ["x"]


async def test_start_by_key_in_the_clients_own_tenant(asked):
    client, request = asked("CreateProcessInstance", pb.CreateProcessInstanceResponse(), tenant_id="blue")
    await client.start(process_definition_key="2251799813685250")
    assert (request().processDefinitionKey, request().tenantId) == (2251799813685250, "blue")


async def test_start_and_wait_gives_the_variables(asked):
    client, request = asked(
        "CreateProcessInstanceWithResult", pb.CreateProcessInstanceWithResultResponse(variables='{"ok":true}')
    )
    done = await client.start_and_wait("p", timeout_s=2.5, fetch_variables=["ok"])
    assert done.variables == {"ok": True}
    assert (request().requestTimeout, request().fetchVariables) == (2500, ["ok"])


async def test_cancel(asked):
    client, request = asked("CancelProcessInstance", pb.CancelProcessInstanceResponse())
    await client.cancel("5")
    assert request().processInstanceKey == 5


async def test_activate_jobs(asked):
    client, request = asked("ActivateJobs", iter([pb.ActivateJobsResponse(jobs=[JOB]), pb.ActivateJobsResponse()]))
    (job,) = await client.activate_jobs(
        "t", max_jobs=3, timeout_s=60, worker="w", fetch_variables=["amount"], request_timeout_s=-1
    )
    assert (request().type, request().maxJobsToActivate, request().timeout, request().requestTimeout) == (
        "t",
        3,
        60_000,
        -1000,
    )
    assert (job.job_key, job.process_instance_key, job.element_instance_key) == ("7", "8", "10")
    assert job.variables == {"amount": 5, "deep": {"a": [1, None, "x"]}}
    assert job.custom_headers == {"h": "1"}
    assert (job.kind, job.listener_event_type, job.tags) == ("BPMN_ELEMENT", "ASSIGNING", ["vip"])


async def test_a_job_of_a_user_task_has_its_properties(asked):
    job = pb.ActivatedJob(userTask=pb.UserTaskProperties(action="assign", assignee="me", formKey=4))
    client, _ = asked("ActivateJobs", iter([pb.ActivateJobsResponse(jobs=[job])]))
    (found,) = await client.activate_jobs("t", max_jobs=1, timeout_s=1, worker="w")
    assert (found.user_task.assignee, found.user_task.form_key, found.user_task.due_date) == ("me", "4", None)


async def test_a_kind_newer_than_this_package_survives(asked):
    newer = pb.ActivatedJob.FromString(b"\x80\x01\x63")  # kind = 99
    client, _ = asked("ActivateJobs", iter([pb.ActivateJobsResponse(jobs=[newer])]))
    (found,) = await client.activate_jobs("t", max_jobs=1, timeout_s=1, worker="w")
    assert found.kind == "99"


async def test_stream_jobs(asked):
    client, request = asked("StreamActivatedJobs", iter([JOB]), tenant_id="blue")
    assert [job.job_key async for job in client.stream_jobs("t", timeout_s=60, worker="w")] == ["7"]
    assert (request().type, request().timeout, request().tenantIds) == ("t", 60_000, ["blue"])


@pytest.mark.parametrize(
    "look", [dict, len, list, lambda variables: variables["a"], lambda variables: variables.get("a")]
)
async def test_variables_that_cannot_be_read_are_a_fault_of_the_server_for_who_looks_into_them(asked, look):
    """The other jobs of the same answer are not to be lost for it."""
    client, _ = asked("StreamActivatedJobs", iter([pb.ActivatedJob(variables='{"a": 1e999}'), JOB]))
    stream = client.stream_jobs("t", timeout_s=60, worker="w")
    bad, good = await anext(stream), await anext(stream)
    assert good.job_key == "7"
    with pytest.raises(ServerFault):
        look(bad.variables)


async def test_a_lease_goes_with_the_commands_about_its_job(asked):
    client, request = asked("ActivateJobs", iter([pb.ActivateJobsResponse(jobs=[pb.ActivatedJob(jobLeaseToken="l")])]))
    (found,) = await client.activate_jobs("t", max_jobs=1, timeout_s=1, worker="w", with_lease=True)
    assert request().withLease
    assert found.job_lease_token == "l"
    client, request = asked("CompleteJob", pb.CompleteJobResponse())
    await client.complete_job("7", lease_token="l")
    assert request().jobLeaseToken == "l"
    client, request = asked("FailJob", pb.FailJobResponse())
    await client.fail_job("7", retries=1, lease_token="l")
    assert request().jobLeaseToken == "l"


async def test_complete_job(asked):
    client, request = asked("CompleteJob", pb.CompleteJobResponse())
    await client.complete_job("7", {"done": True})
    assert (request().jobKey, request().variables) == (7, '{"done":true}')


async def test_fail_job(asked):
    client, request = asked("FailJob", pb.FailJobResponse())
    await client.fail_job(7, retries=2, message="no", backoff_s=1.5, variables={"a": 1})
    assert (request().retries, request().errorMessage, request().retryBackOff) == (2, "no", 1500)


async def test_throw_error(asked):
    client, request = asked("ThrowError", pb.ThrowErrorResponse())
    await client.throw_error(7, "CARD", "declined", {"a": 1})
    assert (request().errorCode, request().errorMessage, request().variables) == ("CARD", "declined", '{"a":1}')


async def test_update_job_changes_what_is_given(gateway, camunda):
    server = gateway(
        {
            "UpdateJobRetries": lambda *_: pb.UpdateJobRetriesResponse(),
            "UpdateJobTimeout": lambda *_: pb.UpdateJobTimeoutResponse(),
        }
    )
    client = camunda(server.address)
    await client.update_job(7, retries=2)
    await client.update_job(7, timeout_s=3)
    await client.update_job(7, retries=1, timeout_s=0.0004)
    assert [name for name, *_ in server.calls] == ["UpdateJobRetries", "UpdateJobTimeout"] * 2
    assert [server.calls[index][1].timeout for index in (1, 3)] == [3000, 1]
    with pytest.raises(InvalidArgument):
        await client.update_job(7)


async def test_set_variables(asked):
    client, request = asked("SetVariables", pb.SetVariablesResponse())
    await client.set_variables(7, {"a": 1}, local=True)
    assert (request().elementInstanceKey, request().variables, request().local) == (7, '{"a":1}', True)


async def test_resolve_incident(asked):
    client, request = asked("ResolveIncident", pb.ResolveIncidentResponse())
    await client.resolve_incident(7)
    assert request().incidentKey == 7


async def test_grpc_is_taken_where_both_are_known_unless_somebody_says_otherwise(gateway, http_server, camunda):
    server = gateway({})
    both = {"grpc": server.address, "rest": "http://localhost:1"}
    with pytest.raises(NotSupported):
        await camunda(**both).topology()
    with pytest.raises(NotSupported):
        await camunda(**both, prefer="rest").topology(protocol="grpc")
    assert len(server.calls) == 2


async def test_what_one_protocol_alone_offers_wants_its_address(camunda):
    with pytest.raises(ConfigError, match="ZEEBE_REST_ADDRESS"):
        await camunda(grpc="grpc://localhost:1").jobs.search()
    with pytest.raises(ConfigError, match="ZEEBE_GRPC_ADDRESS"):
        await anext(camunda(rest="http://localhost:1").stream_jobs("t", timeout_s=1, worker="w"))


async def test_publish_message(asked):
    client, request = asked("PublishMessage", pb.PublishMessageResponse(key=4, tenantId="t"))
    published = await client.publish_message(
        "paid", correlation_key="42", time_to_live_s=1.5, message_id="m", variables={"a": 1}
    )
    assert (published.message_key, published.tenant_id) == ("4", "t")
    assert request() == pb.PublishMessageRequest(
        name="paid", correlationKey="42", timeToLive=1500, messageId="m", variables='{"a":1}'
    )


async def test_broadcast_signal(asked):
    client, request = asked("BroadcastSignal", pb.BroadcastSignalResponse(key=4))
    assert (await client.broadcast_signal("stop", variables={"a": 1})).signal_key == "4"
    assert request() == pb.BroadcastSignalRequest(signalName="stop", variables='{"a":1}')


async def test_evaluate_decision(asked):
    answer = pb.EvaluateDecisionResponse(
        decisionKey=1,
        decisionId="dish",
        decisionName="Dish",
        decisionVersion=2,
        decisionRequirementsId="r",
        decisionRequirementsKey=3,
        decisionOutput='"stew"',
        evaluatedDecisions=[
            pb.EvaluatedDecision(
                decisionKey=1,
                decisionId="dish",
                decisionOutput='"stew"',
                matchedRules=[
                    pb.MatchedDecisionRule(
                        ruleId="r1",
                        ruleIndex=1,
                        evaluatedOutputs=[pb.EvaluatedDecisionOutput(outputId="o", outputName="O", outputValue="1")],
                    )
                ],
                evaluatedInputs=[pb.EvaluatedDecisionInput(inputId="i", inputName="I", inputValue="2")],
            )
        ],
        decisionInstanceKey=5,
    )
    client, request = asked("EvaluateDecision", answer)
    evaluated = await client.evaluate_decision("dish", variables={"season": "winter"})
    assert request() == pb.EvaluateDecisionRequest(decisionId="dish", variables='{"season":"winter"}')
    assert (evaluated.output, evaluated.decision_definition_key, evaluated.failure_message) == ('"stew"', "1", None)
    (decision,) = evaluated.evaluated_decisions
    assert decision.matched_rules[0].evaluated_outputs[0].output_value == "1"
    assert decision.evaluated_inputs[0].input_name == "I"


async def test_a_decision_has_to_be_named(asked):
    client, _ = asked("EvaluateDecision", pb.EvaluateDecisionResponse())
    with pytest.raises(InvalidArgument, match="id or the key of a decision"):
        await client.evaluate_decision()


async def test_evaluate_conditionals(asked):
    reference = pb.ProcessInstanceReference(processDefinitionKey=1, processInstanceKey=2)
    client, request = asked(
        "EvaluateConditional",
        pb.EvaluateConditionalResponse(processInstances=[reference], conditionalEvaluationKey=3),
    )
    found = await client.evaluate_conditionals({"x": 1}, process_definition_key=1)
    assert (found.conditional_evaluation_key, found.process_instances[0].process_instance_key) == ("3", "2")
    assert request() == pb.EvaluateConditionalRequest(variables='{"x":1}', processDefinitionKey=1)


async def test_modify(asked):
    client, request = asked("ModifyProcessInstance", pb.ModifyProcessInstanceResponse())
    variables = [ModifyProcessInstanceVariableInstruction(variables={"a": 1}, scope_id="s")]
    await client.modify(
        "7",
        activate=[ProcessInstanceModificationActivateInstruction(element_id="a", variable_instructions=variables)],
        move=[
            ProcessInstanceModificationMoveInstruction(
                source_element_instruction=SourceElementInstruction(source_type="byId", source_element_id="b"),
                target_element_id="c",
                ancestor_scope_instruction=AncestorScopeInstruction(ancestor_scope_type="inferred"),
            )
        ],
        terminate=[ProcessInstanceModificationTerminateInstruction(element_instance_key=ElementInstanceKey("9"))],
    )
    message = pb.ModifyProcessInstanceRequest
    assert request() == message(
        processInstanceKey=7,
        activateInstructions=[
            message.ActivateInstruction(
                elementId="a",
                variableInstructions=[message.VariableInstruction(variables='{"a":1}', scopeId="s")],
            )
        ],
        moveInstructions=[
            message.MoveInstruction(
                sourceElementId="b", targetElementId="c", inferAncestorScopeFromSourceHierarchy=True
            )
        ],
        terminateInstructions=[message.TerminateInstruction(elementInstanceKey=9)],
    )


async def test_an_unknown_scope_is_not_sent(asked):
    client, _ = asked("ModifyProcessInstance", pb.ModifyProcessInstanceResponse())
    move = ProcessInstanceModificationMoveInstruction(
        source_element_instruction=SourceElementInstruction(source_type="byId", source_element_id="b"),
        target_element_id="c",
        ancestor_scope_instruction=AncestorScopeInstruction(ancestor_scope_type="somewhere"),
    )
    with pytest.raises(InvalidArgument, match="expected direct, inferred or sourceParent"):
        await client.modify("7", move=[move])


async def test_migrate(asked):
    client, request = asked("MigrateProcessInstance", pb.MigrateProcessInstanceResponse())
    await client.migrate("7", "8", {"old": "new"})
    message = pb.MigrateProcessInstanceRequest
    assert request() == message(
        processInstanceKey=7,
        migrationPlan=message.MigrationPlan(
            targetProcessDefinitionKey=8,
            mappingInstructions=[message.MappingInstruction(sourceElementId="old", targetElementId="new")],
        ),
    )


async def test_delete_resource(asked):
    batch = pb.BatchOperationCreatedResult(
        batchOperationKey="5", batchOperationType=pb.BatchOperationCreatedResult.DELETE_PROCESS_INSTANCE
    )
    client, request = asked("DeleteResource", pb.DeleteResourceResponse(resourceKey="7", batchOperation=batch))
    deleted = await client.delete_resource("7", delete_history=True)
    assert request() == pb.DeleteResourceRequest(resourceKey=7, deleteHistory=True)
    assert deleted.batch_operation.batch_operation_type == "DELETE_PROCESS_INSTANCE"


async def test_an_older_gateway_is_sent_nothing_that_it_does_not_know_of_a_deletion(asked):
    client, request = asked("DeleteResource", pb.DeleteResourceResponse())
    assert (await client.delete_resource("7")).batch_operation is None
    assert not request().HasField("deleteHistory")
