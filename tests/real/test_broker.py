"""The fixture itself: what the other tests of this folder rely on, seen with nothing of ours in between."""

import json
import urllib.request

import grpc
import pytest

from c8py.proto import gateway_pb2, gateway_pb2_grpc


def test_the_broker_answers_grpc_with_our_stubs(zeebe):
    with grpc.insecure_channel(zeebe.grpc_address) as channel:
        topology = gateway_pb2_grpc.GatewayStub(channel).Topology(gateway_pb2.TopologyRequest(), timeout=10)
    assert topology.gatewayVersion == "8.6.0"
    assert topology.partitionsCount == 1


def test_the_broker_answers_rest(zeebe):
    with urllib.request.urlopen(f"{zeebe.rest_address}/v2/topology", timeout=10) as answer:
        topology = json.load(answer)
    assert topology["gatewayVersion"] == "8.6.0"


def test_the_broker_runs_the_shared_model_with_our_stubs(zeebe, order_model):
    with grpc.insecure_channel(zeebe.grpc_address) as channel:
        stub = gateway_pb2_grpc.GatewayStub(channel)
        # A type of its own: the broker is shared, and other tests leave jobs behind.
        model = order_model.read_text().replace('id="order"', 'id="stubs"').replace("charge-card", "stubs")
        resource = gateway_pb2.Resource(name="stubs.bpmn", content=model.encode())
        stub.DeployResource(gateway_pb2.DeployResourceRequest(resources=[resource]), timeout=10)
        created = stub.CreateProcessInstance(
            gateway_pb2.CreateProcessInstanceRequest(bpmnProcessId="stubs", version=-1, variables='{"amount": 1}'),
            timeout=10,
        )
        jobs = [
            job
            for batch in stub.ActivateJobs(
                gateway_pb2.ActivateJobsRequest(
                    type="stubs", worker="test", timeout=10_000, maxJobsToActivate=1, requestTimeout=5_000
                ),
                timeout=10,
            )
            for job in batch.jobs
        ]
        assert [job.processInstanceKey for job in jobs] == [created.processInstanceKey]
        complete = gateway_pb2.CompleteJobRequest(jobKey=jobs[0].key, variables='{"charged": 1}')
        stub.CompleteJob(complete, timeout=10)
        with pytest.raises(grpc.RpcError) as refused:
            stub.CompleteJob(complete, timeout=10)
        assert refused.value.code() is grpc.StatusCode.NOT_FOUND
