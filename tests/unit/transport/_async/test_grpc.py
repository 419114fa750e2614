"""Rules of gRPC calls, on real sockets: messages, retries, tokens, TLS, streams, time."""

import asyncio
import threading

import grpc
import pytest

from c8py.base.clock import SystemClock
from c8py.errors import (
    ConfigError,
    ConnectionFailed,
    DeadlineExceeded,
    InvalidArgument,
    NotSupported,
    ResourceExhausted,
    Unauthenticated,
)
from c8py.proto import gateway_pb2 as pb
from c8py.transport._async.grpc import AsyncGrpc
from c8py.transport._async.headers import AsyncFixedHeader
from harness.answering import Refused

STARTED = pb.CreateProcessInstanceResponse(processInstanceKey=1)


class Renewing:
    """Headers t1, t2 … of which an API may refuse some."""

    def __init__(self):
        self.number = 1

    async def header(self):
        return f"Bearer t{self.number}"

    async def header_after_refusal(self, refused):
        self.number += 1
        return f"Bearer t{self.number}"

    async def aclose(self):
        """Nothing is going on."""


def failing(times, status, then, detail=""):
    """Refuses so many calls, and then answers."""
    left = [times]

    def answer(_request, _metadata):
        left[0] -= 1
        if left[0] >= 0:
            raise Refused(status, detail)
        return then

    return answer


def only_for(header, then):
    """Refuses every call that does not carry this header."""

    def answer(_request, metadata):
        if metadata.get("authorization") != header:
            raise Refused(grpc.StatusCode.UNAUTHENTICATED, "Failed to parse bearer token, see cause for details")
        return then

    return answer


@pytest.fixture
async def client(settings, grpc_transport):
    """Makes a client of a gateway; all are closed."""
    made = []

    def make(address, headers=None, **arguments):
        chosen = settings(grpc_address=address, grpc_transport=grpc_transport, **arguments)
        made.append(AsyncGrpc(chosen, headers or AsyncFixedHeader(None), SystemClock()))
        return made[-1]

    yield make
    for one in made:
        await one.aclose()


async def topology(client, timeout_s=5.0):
    return await client.unary("Topology", pb.TopologyRequest(), pb.TopologyResponse, timeout_s=timeout_s)


async def start(client, timeout_s=5.0):
    request = pb.CreateProcessInstanceRequest(bpmnProcessId="p")
    return await client.unary("CreateProcessInstance", request, pb.CreateProcessInstanceResponse, timeout_s=timeout_s)


async def test_message_and_header_arrive(gateway, client):
    server = gateway({"CreateProcessInstance": lambda *_: STARTED})
    assert await start(client(server.address, Renewing())) == STARTED
    name, request, metadata = server.calls[0]
    assert (name, request.bpmnProcessId) == ("CreateProcessInstance", "p")
    assert metadata["authorization"] == "Bearer t1"
    assert metadata["user-agent"].startswith("c8py/")


async def test_without_credentials_there_is_no_header(gateway, client):
    server = gateway({"Topology": lambda *_: pb.TopologyResponse()})
    await topology(client(server.address))
    assert "authorization" not in server.calls[0][2]


async def test_a_gateway_under_pressure_is_asked_again(gateway, client):
    server = gateway({"CreateProcessInstance": failing(2, grpc.StatusCode.RESOURCE_EXHAUSTED, STARTED)})
    await start(client(server.address))
    assert len(server.calls) == 3


async def test_a_message_that_is_too_large_is_not_sent_again(gateway, client):
    server = gateway({"DeployResource": lambda *_: pb.DeployResourceResponse()})
    request = pb.DeployResourceRequest(resources=[pb.Resource(name="x", content=b"x" * 5_000_000)])
    with pytest.raises(ResourceExhausted, match="larger than max"):
        await client(server.address).unary("DeployResource", request, pb.DeployResourceResponse, timeout_s=5)
    assert server.calls == []


async def test_a_start_that_timed_out_is_not_repeated_but_a_completion_is(gateway, client):
    late = grpc.StatusCode.DEADLINE_EXCEEDED
    server = gateway(
        {"CreateProcessInstance": failing(1, late, STARTED), "CompleteJob": failing(1, late, pb.CompleteJobResponse())}
    )
    one = client(server.address)
    with pytest.raises(DeadlineExceeded):
        await start(one)
    await one.unary("CompleteJob", pb.CompleteJobRequest(jobKey=1), pb.CompleteJobResponse, timeout_s=5)
    assert [name for name, *_ in server.calls] == ["CreateProcessInstance", "CompleteJob", "CompleteJob"]


async def test_what_cannot_be_mended_is_asked_once(gateway, client):
    server = gateway({"CreateProcessInstance": failing(9, grpc.StatusCode.INVALID_ARGUMENT, STARTED, "no id")})
    with pytest.raises(InvalidArgument, match="no id"):
        await start(client(server.address))
    assert len(server.calls) == 1


async def test_a_call_the_gateway_does_not_know_is_not_supported(gateway, client):
    server = gateway({})
    with pytest.raises(NotSupported):
        await topology(client(server.address))


async def test_a_refused_token_is_renewed_and_the_call_repeated_once(gateway, client):
    server = gateway({"CreateProcessInstance": only_for("Bearer t2", STARTED)})
    assert await start(client(server.address, Renewing())) == STARTED
    assert [metadata["authorization"] for *_, metadata in server.calls] == ["Bearer t1", "Bearer t2"]


async def test_a_gateway_that_refuses_the_new_token_as_well_is_an_error(gateway, client):
    server = gateway({"Topology": only_for("Bearer other", pb.TopologyResponse())})
    with pytest.raises(Unauthenticated):
        await topology(client(server.address, Renewing()))
    assert len(server.calls) == 2


async def test_a_gateway_that_cannot_be_reached_is_named_and_nothing_was_sent(gateway, client):
    server = gateway({})
    server.close()
    with pytest.raises(ConnectionFailed, match=server.address) as raised:
        await topology(client(server.address), timeout_s=0.4)
    assert not raised.value.sent


async def test_a_gateway_that_goes_away_in_mid_call_leaves_the_outcome_open(gateway, client):
    going = threading.Event()

    def answer(_request, _metadata):
        threading.Thread(target=server.close, daemon=True).start()
        going.wait(1)
        return STARTED

    server = gateway({"CreateProcessInstance": answer})
    with pytest.raises(Exception) as raised:
        await start(client(server.address))
    going.set()
    assert not isinstance(raised.value, ConnectionFailed) or raised.value.sent
    assert len(server.calls) == 1


async def test_a_call_without_an_answer_ends_in_time(gateway, client):
    silent = threading.Event()
    server = gateway({"Topology": lambda *_: silent.wait(2) and pb.TopologyResponse()})
    with pytest.raises(DeadlineExceeded):
        await topology(client(server.address), timeout_s=0.1)
    silent.set()


async def test_a_short_stream_is_gathered(gateway, client):
    batches = [pb.ActivateJobsResponse(jobs=[pb.ActivatedJob(key=key)]) for key in (1, 2)]
    server = gateway({"ActivateJobs": lambda *_: iter(batches)})
    request = pb.ActivateJobsRequest(type="t")
    found = await client(server.address).gathered("ActivateJobs", request, pb.ActivateJobsResponse, timeout_s=5)
    assert found == batches


async def test_a_long_stream_comes_job_by_job_and_ends_when_it_is_closed(gateway, client):
    ended = threading.Event()

    def jobs(_request, _metadata):
        try:
            for key in range(1, 1_000_000):
                yield pb.ActivatedJob(key=key)
        finally:
            ended.set()

    server = gateway({"StreamActivatedJobs": jobs})
    request = pb.StreamActivatedJobsRequest(type="t")
    stream = client(server.address).stream("StreamActivatedJobs", request, pb.ActivatedJob, timeout_s=60)
    assert [(await anext(stream)).key for _ in range(3)] == [1, 2, 3]
    await stream.aclose()
    for _ in range(500):
        if ended.is_set():
            break
        await asyncio.sleep(0.01)
    assert ended.is_set()


async def test_a_stream_whose_token_is_refused_is_opened_once_more(gateway, client):
    server = gateway({"StreamActivatedJobs": only_for("Bearer t2", [pb.ActivatedJob(key=1)])})
    request = pb.StreamActivatedJobsRequest(type="t")
    stream = client(server.address, Renewing()).stream("StreamActivatedJobs", request, pb.ActivatedJob, timeout_s=60)
    assert [job.key async for job in stream] == [1]


async def test_a_stream_that_breaks_off_is_an_error_for_the_caller(gateway, client):
    def jobs(_request, _metadata):
        yield pb.ActivatedJob(key=1)
        raise Refused(grpc.StatusCode.UNAVAILABLE, "gateway is going")

    server = gateway({"StreamActivatedJobs": jobs})
    request = pb.StreamActivatedJobsRequest(type="t")
    stream = client(server.address).stream("StreamActivatedJobs", request, pb.ActivatedJob, timeout_s=60)
    assert (await anext(stream)).key == 1
    with pytest.raises(Exception, match="gateway is going"):
        await anext(stream)
    assert len(server.calls) == 1


async def test_our_own_authority_is_trusted_when_it_is_named(gateway, client, pem):
    server = gateway(
        {"Topology": lambda *_: pb.TopologyResponse()}, (pem.server_key.read_bytes(), pem.server.read_bytes())
    )
    assert await topology(client(server.address, ca_certificate=pem.authority)) == pb.TopologyResponse()
    with pytest.raises(ConnectionFailed):
        await topology(client(server.address), timeout_s=0.5)


async def test_closing_and_calling_again_opens_anew(gateway, client):
    server = gateway({"Topology": lambda *_: pb.TopologyResponse()})
    one = client(server.address)
    await topology(one)
    await one.aclose()
    await topology(one)
    assert len(server.calls) == 2


async def test_no_address_is_an_error_of_the_settings(client):
    with pytest.raises(ConfigError, match="ZEEBE_GRPC_ADDRESS"):
        client(None, rest_address="http://c8")
