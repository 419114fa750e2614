"""Rules of how calls end that get no answer: closed, cancelled, out of time, silent; and what their errors show."""

import asyncio
import threading
import traceback

import grpc
import pytest

from c8py.base.clock import SystemClock
from c8py.errors import C8Error, ConnectionFailed, DeadlineExceeded
from c8py.proto import gateway_pb2 as pb
from c8py.transport import AsyncRest, AsyncWire, RestRequest
from c8py.transport._async.grpc import AsyncGrpc
from harness.answering import Refused, Reply
from harness.relays import ByteRelay

TOKEN = "Bearer eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl"


class Late:
    """A header that takes the clock so many seconds to come."""

    def __init__(self, clock, takes_s):
        self.clock = clock
        self.takes_s = takes_s

    async def header(self):
        if self.takes_s:
            self.clock.advance(self.takes_s)
        return ""

    async def header_after_refusal(self, refused):
        """Nothing else is to be had."""

    async def aclose(self):
        """Nothing is going on."""


@pytest.fixture
def late(clock):
    return lambda takes_s: Late(clock, takes_s)


@pytest.fixture
def ready(clock):
    return Late(clock, 0)


@pytest.fixture
def system():
    return SystemClock()


@pytest.fixture
async def client(settings, grpc_transport, ready, system):
    """Makes a client of a gateway; all are closed."""
    made = []

    def make(address, headers=ready, clock=system, **arguments):
        made.append(
            AsyncGrpc(settings(grpc_address=address, grpc_transport=grpc_transport, **arguments), headers, clock)
        )
        return made[-1]

    yield make
    for one in made:
        await one.aclose()


@pytest.fixture
def held():
    """An answer that does not come before the test is over, and an event that says that it was asked for."""
    asked, over = threading.Event(), threading.Event()

    def answer(*_):
        asked.set()
        over.wait(10)
        return pb.TopologyResponse()

    yield answer, asked
    over.set()


async def topology(client, timeout_s=5.0):
    return await client.unary("Topology", pb.TopologyRequest(), pb.TopologyResponse, timeout_s=timeout_s)


async def gathered(client):
    await client.gathered("ActivateJobs", pb.ActivateJobsRequest(), pb.ActivateJobsResponse, timeout_s=5)


async def streamed(client):
    request = pb.StreamActivatedJobsRequest()
    await anext(client.stream("StreamActivatedJobs", request, pb.ActivatedJob, timeout_s=5))


CALLS = {"unary": topology, "gathered": gathered, "stream": streamed}


async def test_a_call_whose_client_is_closed_is_told_of_the_connection(gateway, client, held):  # async-only
    """The library tells it as if the caller's own task were cancelled, and the caller would end without a word."""
    answer, asked = held
    one = client(gateway({"Topology": answer}).address)
    call = asyncio.create_task(topology(one))
    await asyncio.to_thread(asked.wait, 5)
    await one.aclose()
    with pytest.raises(ConnectionFailed, match="was closed meanwhile"):
        await call


async def test_a_request_whose_client_is_closed_opens_nothing(http_server, settings, ready, system):  # async-only
    asked, over = threading.Event(), threading.Event()

    def answer(_):
        asked.set()
        over.wait(10)
        return Reply(None)

    server = http_server(answer)
    wire = AsyncWire(settings(rest_address=server.url))
    api = AsyncRest(server.url, wire, ready, system)
    request = RestRequest(call="getTopology", method="GET", path="/v2/topology", safe=True, timeout_s=5)
    call = asyncio.create_task(api.send(request))
    await asyncio.to_thread(asked.wait, 5)
    await wire.aclose()
    over.set()
    with pytest.raises(ConnectionFailed):
        await call
    assert len(server.received) == 1


async def test_a_call_whose_task_is_cancelled_is_cancelled(gateway, client, held):  # async-only
    answer, asked = held
    call = asyncio.create_task(topology(client(gateway({"Topology": answer}).address)))
    await asyncio.to_thread(asked.wait, 5)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call


async def test_a_call_that_takes_too_long_for_its_caller_is_cancelled(gateway, client, held):  # async-only
    answer, _ = held
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await topology(client(gateway({"Topology": answer}).address))


async def test_time_that_a_token_used_up_is_said_to_be_so_over_grpc(gateway, client, late, clock):
    server = gateway({"Topology": lambda *_: pb.TopologyResponse()})
    with pytest.raises(DeadlineExceeded, match="getting a token took all of them; nothing was sent"):
        await topology(client(server.address, late(5.1), clock))
    assert server.calls == []


async def test_time_that_a_token_used_up_is_said_to_be_so_over_rest(http_server, settings, late, clock):
    server = http_server(lambda _: Reply(204))
    wire = AsyncWire(settings(rest_address=server.url))
    api = AsyncRest(server.url, wire, late(5.1), clock)
    with pytest.raises(DeadlineExceeded, match="getting a token took all of them; nothing was sent"):
        await api.send(RestRequest(call="getTopology", method="GET", path="/v2/topology", safe=True, timeout_s=5))
    await wire.aclose()
    assert server.received == []


async def test_a_token_that_leaves_some_time_is_used(gateway, client, late, clock):
    server = gateway({"Topology": lambda *_: pb.TopologyResponse(gatewayVersion="8.6")})
    assert (await topology(client(server.address, late(1.0), clock))).gatewayVersion == "8.6"


@pytest.mark.parametrize("kind", CALLS)
async def test_what_a_gateway_repeats_of_a_token_is_in_no_traceback(gateway, client, kind):
    """The library's own exception holds the words of the server as they came, so it has to stay behind."""

    def refuse(*_):
        raise Refused(grpc.StatusCode.INTERNAL, f"could not handle {TOKEN}")

    one = client(gateway({"Topology": refuse, "StreamActivatedJobs": refuse, "ActivateJobs": refuse}).address)
    with pytest.raises(C8Error) as raised:
        await CALLS[kind](one)
    said = "".join(traceback.format_exception(raised.value))
    assert "could not handle" in said
    assert "eyJ" not in said
    assert "RpcError" not in said


async def test_a_stream_finds_out_that_its_gateway_is_gone(gateway, client, monkeypatch):
    """Nothing comes over a stream without jobs, so that only a ping can tell silence from death."""
    monkeypatch.setattr("c8py.transport.channel.GRPC_PING_S", 0.3)
    over = threading.Event()

    def one_job(*_):
        yield pb.ActivatedJob(key=1)
        over.wait(10)

    server = gateway({"StreamActivatedJobs": one_job})
    relay = ByteRelay(server.address.removeprefix("grpc://"))
    one = client(f"grpc://{relay.address}", keep_alive_s=0.3)
    stream = one.stream("StreamActivatedJobs", pb.StreamActivatedJobsRequest(), pb.ActivatedJob, timeout_s=30)
    assert (await anext(stream)).key == 1
    relay.fall_silent()
    with pytest.raises(ConnectionFailed):
        await anext(stream)
    over.set()
    relay.close()
