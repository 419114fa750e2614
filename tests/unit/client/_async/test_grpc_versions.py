"""What newer gateways brought is said to those that know it; older ones, which would drop it, are not asked."""

import pytest

from c8py.errors import NotSupported
from c8py.proto import gateway_pb2 as pb


@pytest.fixture
def of_version(gateway, camunda):
    """A client of a gateway of a version that knows one call, and the gateway."""

    def make(version, name, answer, **arguments):
        topology = pb.TopologyResponse(gatewayVersion=version)
        server = gateway({name: lambda *_: answer, "Topology": lambda *_: topology})
        return camunda(server.address, **arguments), server

    return make


NEWER = [
    (
        "8.10",
        "CompleteJob",
        pb.CompleteJobResponse(),
        lambda c: c.complete_job(7, lease_token="l"),
        pb.CompleteJobRequest(jobKey=7, jobLeaseToken="l"),
    ),
    (
        "8.10",
        "FailJob",
        pb.FailJobResponse(),
        lambda c: c.fail_job(7, retries=1, lease_token="l"),
        pb.FailJobRequest(jobKey=7, retries=1, jobLeaseToken="l"),
    ),
    (
        "8.10",
        "ThrowError",
        pb.ThrowErrorResponse(),
        lambda c: c.throw_error(7, "E", lease_token="l"),
        pb.ThrowErrorRequest(jobKey=7, errorCode="E", jobLeaseToken="l"),
    ),
    (
        "8.10",
        "UpdateJobRetries",
        pb.UpdateJobRetriesResponse(),
        lambda c: c.update_job(7, retries=1, lease_token="l"),
        pb.UpdateJobRetriesRequest(jobKey=7, retries=1, jobLeaseToken="l"),
    ),
    (
        "8.10",
        "UpdateJobTimeout",
        pb.UpdateJobTimeoutResponse(),
        lambda c: c.update_job(7, timeout_s=1, lease_token="l"),
        pb.UpdateJobTimeoutRequest(jobKey=7, timeout=1000, jobLeaseToken="l"),
    ),
    (
        "8.10",
        "UpdateJobPriority",
        pb.UpdateJobPriorityResponse(),
        lambda c: c.update_job(7, priority=0),
        pb.UpdateJobPriorityRequest(jobKey=7, priority=0),
    ),
    (
        "8.10",
        "ActivateJobs",
        (),
        lambda c: c.activate_jobs("t", max_jobs=1, timeout_s=1, worker="w", with_lease=True),
        pb.ActivateJobsRequest(type="t", maxJobsToActivate=1, timeout=1000, worker="w", withLease=True),
    ),
    (
        "8.10",
        "PublishMessage",
        pb.PublishMessageResponse(key=1),
        lambda c: c.publish_message("m", business_id="b"),
        pb.PublishMessageRequest(name="m", businessId="b"),
    ),
    (
        "8.9",
        "CreateProcessInstance",
        pb.CreateProcessInstanceResponse(),
        lambda c: c.start("p", business_id="b"),
        pb.CreateProcessInstanceRequest(bpmnProcessId="p", version=-1, businessId="b"),
    ),
    (
        "8.8",
        "CreateProcessInstance",
        pb.CreateProcessInstanceResponse(),
        lambda c: c.start("p", tags=["t"]),
        pb.CreateProcessInstanceRequest(bpmnProcessId="p", version=-1, tags=["t"]),
    ),
    (
        "8.9",
        "DeleteResource",
        pb.DeleteResourceResponse(),
        lambda c: c.delete_resource(7, delete_history=True),
        pb.DeleteResourceRequest(resourceKey=7, deleteHistory=True),
    ),
]
OLDER = {"8.10": "8.9.4", "8.9": "8.8.21", "8.8": "8.7.0"}


@pytest.mark.parametrize("case", NEWER)
async def test_what_a_newer_gateway_brought_is_said_to_those_that_know_it(of_version, case):
    since, name, answer, call, said = case
    client, server = of_version(f"{since}.0", name, answer)
    await call(client)
    assert server.calls[-1][:2] == (name, said)


@pytest.mark.parametrize("case", NEWER)
async def test_an_older_gateway_would_drop_it_and_is_not_asked(of_version, case):
    since, name, answer, call, _ = case
    client, server = of_version(OLDER[since], name, answer)
    with pytest.raises(NotSupported, match=f"version {since} or newer"):
        await call(client)
    assert [called for called, *_ in server.calls] == ["Topology"]


async def test_what_every_gateway_knows_asks_for_no_version(of_version):
    client, server = of_version("8.6.0", "CompleteJob", pb.CompleteJobResponse())
    await client.complete_job(7, {"a": 1})
    assert [called for called, *_ in server.calls] == ["CompleteJob"]


async def test_a_physical_tenant_stands_in_the_metadata(of_version):
    client, server = of_version("8.10.0", "CompleteJob", pb.CompleteJobResponse(), physical_tenant_id="north")
    await client.complete_job(7)
    assert server.calls[-1][0] == "CompleteJob"
    assert server.calls[-1][2]["camunda-physical-tenant"] == "north"


async def test_a_gateway_without_physical_tenants_is_not_told_of_one(of_version):
    """It would do for its only tenant what was meant for another."""
    client, server = of_version("8.9.0", "CompleteJob", pb.CompleteJobResponse(), physical_tenant_id="north")
    with pytest.raises(NotSupported, match="physical tenant"):
        await client.complete_job(7)
    with pytest.raises(NotSupported, match="physical tenant"):
        await anext(client.stream_jobs("t", timeout_s=1, worker="w"))
    assert [called for called, *_ in server.calls] == ["Topology"]
