"""The gRPC API over a socket: what each call answers, and with which status it is refused."""

import asyncio
import contextlib
import json

import grpc.aio
import pytest
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

from c8py.errors import PlatformError
from c8py.proto import gateway_pb2 as pb
from c8py.proto.gateway_pb2_grpc import RPCS, SERVICE
from harness.bpmn import Model, one_task

MIB = 1024 * 1024
SERVED = {
    *("Topology", "DeployResource", "CreateProcessInstance", "CreateProcessInstanceWithResult"),
    *("CancelProcessInstance", "ActivateJobs", "StreamActivatedJobs", "CompleteJob", "FailJob", "ThrowError"),
    *("UpdateJobRetries", "UpdateJobTimeout", "SetVariables", "ResolveIncident"),
}


async def test_the_topology_is_one_broker_with_one_healthy_leader(gateway, served) -> None:
    topology = await gateway.call("Topology", pb.TopologyRequest())
    assert (topology.clusterSize, topology.partitionsCount, topology.replicationFactor) == (1, 1, 1)
    assert topology.clusterId == served.addresses.cluster_id
    assert topology.gatewayVersion == "8.9.0"
    [broker] = topology.brokers
    assert f"{broker.host}:{broker.port}" == served.addresses.grpc_address
    [partition] = broker.partitions
    assert partition.partitionId == 1
    assert partition.role == pb.Partition.PartitionBrokerRole.LEADER
    assert partition.health == pb.Partition.PartitionBrokerHealth.HEALTHY


async def test_a_process_is_deployed_started_worked_on_and_completed(gateway, names) -> None:
    name = names("order")
    model = one_task(name, job_type=name, headers={"currency": "EUR"}, retries="5")
    deployment = await gateway.deploy(model)
    [process] = [each.process for each in deployment.deployments]
    assert (process.bpmnProcessId, process.version, process.resourceName) == (name, 1, "0.bpmn")
    request = pb.CreateProcessInstanceWithResultRequest(
        request=pb.CreateProcessInstanceRequest(
            bpmnProcessId=name, version=-1, variables='{"amount": 5}', tags=["vip"]
        ),
        requestTimeout=10_000,
    )
    result = asyncio.create_task(gateway.call("CreateProcessInstanceWithResult", request))
    [job] = await gateway.jobs(name, wait_ms=10_000)
    assert (job.type, job.bpmnProcessId, job.retries, job.worker) == (name, name, 5, "w")
    assert json.loads(job.variables) == {"amount": 5}
    assert json.loads(job.customHeaders) == {"currency": "EUR"}
    assert (job.processDefinitionKey, job.tenantId) == (process.processDefinitionKey, "<default>")
    assert job.listenerEventType == pb.ActivatedJob.ListenerEventType.UNSPECIFIED
    assert list(job.tags) == ["vip"]
    await gateway.call("CompleteJob", pb.CompleteJobRequest(jobKey=job.key, variables='{"charged": 5}'))
    answer = await result
    assert json.loads(answer.variables) == {"amount": 5, "charged": 5}
    assert (answer.processInstanceKey, answer.version) == (job.processInstanceKey, 1)


async def test_only_the_variables_asked_for_are_in_the_result(gateway, names) -> None:
    name = names("straight")
    await gateway.deploy(Model(name).end().path("start", "end").content)
    request = pb.CreateProcessInstanceWithResultRequest(
        request=pb.CreateProcessInstanceRequest(bpmnProcessId=name, version=-1, variables='{"a": 1, "b": 2}'),
        fetchVariables=["b", "c"],
    )
    answer = await gateway.call("CreateProcessInstanceWithResult", request)
    assert json.loads(answer.variables) == {"b": 2}


async def test_a_result_that_does_not_come_in_time_leaves_the_instance_running(gateway, task_process) -> None:
    name = await task_process()
    request = pb.CreateProcessInstanceWithResultRequest(
        request=pb.CreateProcessInstanceRequest(bpmnProcessId=name, version=-1), requestTimeout=50
    )
    status, _ = await gateway.refusal("CreateProcessInstanceWithResult", request)
    assert status == "DEADLINE_EXCEEDED"
    assert len(await gateway.jobs(name)) == 1


async def test_a_failed_job_comes_back_and_one_without_retries_makes_an_incident(gateway, task_process, rest) -> None:
    name = await task_process()
    instance = await gateway.start(name)
    [job] = await gateway.jobs(name)
    await gateway.call("FailJob", pb.FailJobRequest(jobKey=job.key, retries=1, errorMessage="once"))
    [again] = await gateway.jobs(name)
    assert (again.key, again.retries) == (job.key, 1)
    await gateway.call("FailJob", pb.FailJobRequest(jobKey=job.key, retries=0, errorMessage="twice"))
    found = rest("POST", "/incidents/search", {"filter": {"processInstanceKey": str(instance)}}).json["items"]
    assert [each["errorType"] for each in found] == ["JOB_NO_RETRIES"]
    key = int(found[0]["incidentKey"])
    status, _ = await gateway.refusal("ResolveIncident", pb.ResolveIncidentRequest(incidentKey=key))
    assert status == "FAILED_PRECONDITION"
    await gateway.call("UpdateJobRetries", pb.UpdateJobRetriesRequest(jobKey=job.key, retries=2))
    await gateway.call("ResolveIncident", pb.ResolveIncidentRequest(incidentKey=key))
    [last] = await gateway.jobs(name)
    assert last.retries == 2


async def test_an_error_that_nobody_catches_is_an_incident_and_no_refusal(gateway, task_process, rest) -> None:
    name = await task_process()
    instance = await gateway.start(name)
    [job] = await gateway.jobs(name)
    await gateway.call("ThrowError", pb.ThrowErrorRequest(jobKey=job.key, errorCode="NO_MONEY"))
    found = rest("POST", "/incidents/search", {"filter": {"processInstanceKey": str(instance)}}).json["items"]
    assert [each["errorType"] for each in found] == ["UNHANDLED_ERROR_EVENT"]


async def test_variables_are_set_and_seen_by_the_next_worker(gateway, task_process) -> None:
    name = await task_process()
    instance = await gateway.start(name, amount=1)
    answer = await gateway.call(
        "SetVariables", pb.SetVariablesRequest(elementInstanceKey=instance, variables='{"amount": 2}')
    )
    assert answer.key > 0
    [job] = await gateway.jobs(name)
    assert json.loads(job.variables) == {"amount": 2}


async def test_a_new_timeout_counts_from_now(gateway, task_process) -> None:
    name = await task_process()
    await gateway.start(name)
    [job] = await gateway.jobs(name)
    await gateway.call("UpdateJobTimeout", pb.UpdateJobTimeoutRequest(jobKey=job.key, timeout=600_000))
    await gateway.call("CompleteJob", pb.CompleteJobRequest(jobKey=job.key))


async def test_a_cancelled_instance_takes_its_jobs_with_it(gateway, task_process) -> None:
    name = await task_process()
    instance = await gateway.start(name)
    await gateway.call("CancelProcessInstance", pb.CancelProcessInstanceRequest(processInstanceKey=instance))
    assert await gateway.jobs(name) == []


REFUSED = {
    "an unknown process": ("CreateProcessInstance", pb.CreateProcessInstanceRequest(bpmnProcessId="?", version=-1)),
    "a version that is unset": ("CreateProcessInstance", pb.CreateProcessInstanceRequest(bpmnProcessId="?")),
    "an unknown definition key": ("CreateProcessInstance", pb.CreateProcessInstanceRequest(processDefinitionKey=99)),
    "an unknown job completed": ("CompleteJob", pb.CompleteJobRequest(jobKey=99)),
    "an unknown job failed": ("FailJob", pb.FailJobRequest(jobKey=99, retries=1)),
    "an unknown job with an error": ("ThrowError", pb.ThrowErrorRequest(jobKey=99, errorCode="E")),
    "an unknown job given retries": ("UpdateJobRetries", pb.UpdateJobRetriesRequest(jobKey=99, retries=1)),
    "an unknown job given time": ("UpdateJobTimeout", pb.UpdateJobTimeoutRequest(jobKey=99, timeout=1000)),
    "an unknown instance": ("CancelProcessInstance", pb.CancelProcessInstanceRequest(processInstanceKey=99)),
    "an unknown incident": ("ResolveIncident", pb.ResolveIncidentRequest(incidentKey=99)),
    "an unknown scope": ("SetVariables", pb.SetVariablesRequest(elementInstanceKey=99, variables="{}")),
    "a negative key": ("CompleteJob", pb.CompleteJobRequest(jobKey=-(2**63))),
}


@pytest.mark.parametrize("what", REFUSED)
async def test_what_is_not_there_is_not_found(gateway, what: str) -> None:
    name, request = REFUSED[what]
    status, detail = await gateway.refusal(name, request)
    assert status == "NOT_FOUND"
    assert detail.startswith("Command '")
    assert "rejected with code 'NOT_FOUND': " in detail


INVALID = {
    "no resource": ("DeployResource", pb.DeployResourceRequest()),
    "a model that is none": (
        "DeployResource",
        pb.DeployResourceRequest(resources=[pb.Resource(name="x.bpmn", content=b"<a/>")]),
    ),
    "neither id nor key": (
        "CreateProcessInstance",
        pb.CreateProcessInstanceRequest(processDefinitionKey=-1, version=-1),
    ),
    "broken variables": ("CompleteJob", pb.CompleteJobRequest(jobKey=1, variables='{"a": ')),
    "a list for variables": ("CompleteJob", pb.CompleteJobRequest(jobKey=1, variables="[1]")),
    "null for variables": ("CompleteJob", pb.CompleteJobRequest(jobKey=1, variables="null")),
    "variables too deep": ("CompleteJob", pb.CompleteJobRequest(jobKey=1, variables='{"a":' * 5000 + "1" + "}" * 5000)),
    "another tenant": (
        "CreateProcessInstance",
        pb.CreateProcessInstanceRequest(bpmnProcessId="p", version=-1, tenantId="acme"),
    ),
    "another tenant's files": ("DeployResource", pb.DeployResourceRequest(tenantId="acme")),
    "no retries": ("UpdateJobRetries", pb.UpdateJobRetriesRequest(jobKey=1, retries=0)),
    "a blank type": ("ActivateJobs", pb.ActivateJobsRequest(type=" ", timeout=1000, maxJobsToActivate=1)),
    "no job wanted": ("ActivateJobs", pb.ActivateJobsRequest(type="x", timeout=1000, maxJobsToActivate=0)),
    "fewer than no jobs": ("ActivateJobs", pb.ActivateJobsRequest(type="x", timeout=1000, maxJobsToActivate=-1)),
    "no time": ("ActivateJobs", pb.ActivateJobsRequest(type="x", timeout=0, maxJobsToActivate=1)),
    "less than no time": ("ActivateJobs", pb.ActivateJobsRequest(type="x", timeout=-5, maxJobsToActivate=1)),
    "another tenant's jobs": (
        "ActivateJobs",
        pb.ActivateJobsRequest(type="x", timeout=1000, maxJobsToActivate=1, tenantIds=["acme"]),
    ),
    "a stream of a blank type": ("StreamActivatedJobs", pb.StreamActivatedJobsRequest(type="", timeout=1000)),
    "a stream without time": ("StreamActivatedJobs", pb.StreamActivatedJobsRequest(type="x", timeout=0)),
    "a stream of another tenant": (
        "StreamActivatedJobs",
        pb.StreamActivatedJobsRequest(type="x", timeout=1000, tenantIds=["acme"]),
    ),
}


@pytest.mark.parametrize("what", INVALID)
async def test_what_cannot_be_right_is_an_invalid_argument(gateway, what: str) -> None:
    name, request = INVALID[what]
    status, detail = await gateway.refusal(name, request)
    assert status == "INVALID_ARGUMENT"
    assert "xpected" in detail


async def test_a_job_is_completed_once(gateway, task_process) -> None:
    name = await task_process()
    await gateway.start(name)
    [job] = await gateway.jobs(name)
    request = pb.CompleteJobRequest(jobKey=job.key)
    await gateway.call("CompleteJob", request)
    status, detail = await gateway.refusal("CompleteJob", request)
    assert status == "NOT_FOUND"
    assert detail.startswith("Command 'COMPLETE' rejected with code 'NOT_FOUND': ")


@pytest.mark.parametrize("bytes_over", [1, 6 * MIB])
async def test_a_message_that_is_too_large_is_refused_and_the_connection_lives(gateway, bytes_over: int) -> None:
    variables = json.dumps({"a": "x" * (4 * MIB + bytes_over)})
    status, _ = await gateway.refusal("CompleteJob", pb.CompleteJobRequest(jobKey=1, variables=variables))
    assert status == "RESOURCE_EXHAUSTED"
    await gateway.call("Topology", pb.TopologyRequest())


@pytest.mark.parametrize("name", sorted(RPCS.keys() - {"StreamActivatedJobs", "ActivateJobs"}))
async def test_every_rpc_of_the_protocol_answers(gateway, name: str) -> None:
    """Those that are not served say so, by name."""
    if name in SERVED:
        with contextlib.suppress(grpc.aio.AioRpcError):
            await gateway.call(name, RPCS[name].request())
    else:
        status, detail = await gateway.refusal(name, RPCS[name].request())
        assert (status, name in detail) == ("UNIMPLEMENTED", True)


async def test_bytes_that_are_no_message_are_an_invalid_argument(gateway, send_raw) -> None:
    for name in RPCS:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await send_raw(gateway.channel, name, b"\xff\xff\xff\x07garbage", metadata=gateway.metadata, timeout=10)
        assert refused.value.code().name == ("INVALID_ARGUMENT" if name in SERVED else "UNIMPLEMENTED"), name


async def test_reflection_and_health_are_open(gateway) -> None:
    check = gateway.channel.unary_unary(
        "/grpc.health.v1.Health/Check",
        request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
        response_deserializer=health_pb2.HealthCheckResponse.FromString,
    )
    answer = await check(health_pb2.HealthCheckRequest(service=SERVICE))
    assert answer.status == health_pb2.HealthCheckResponse.SERVING
    reflect = gateway.channel.stream_stream(
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
        request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
        response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
    )
    request = reflection_pb2.ServerReflectionRequest
    asked = [request(list_services=""), request(file_containing_symbol=SERVICE)]
    answers = [each async for each in reflect(iter(asked))]
    assert SERVICE in [each.name for each in answers[0].list_services_response.service]
    assert b"CompleteJobRequest" in b"".join(answers[1].file_descriptor_response.file_descriptor_proto)


def test_a_port_in_use_is_said_at_the_start(served, serve) -> None:
    port = int(served.addresses.grpc_address.rpartition(":")[2])
    with pytest.raises(PlatformError, match=str(port)):
        serve(grpc_port=port)
