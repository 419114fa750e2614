"""Rules of the gRPC connection: several gateways behind one name, and compression."""

import socket

import pytest

from c8py.base.clock import SystemClock
from c8py.errors import ConnectionFailed
from c8py.proto import gateway_pb2 as pb
from c8py.transport._async.grpc import AsyncGrpc
from c8py.transport._async.headers import AsyncFixedHeader
from harness.answering import Gateway
from harness.relays import ByteRelay

TEXT = "a" * 1_000_000


def has_two_addresses():
    """Of localhost gRPC knows both by heart; whether there is a second one to listen on is the machine's matter."""
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


@pytest.fixture
async def client(settings, grpc_transport):
    """Makes clients of a gateway; all are closed."""
    made = []

    def make(address, **arguments):
        given = settings(grpc_address=address, grpc_transport=grpc_transport, **arguments)
        made.append(AsyncGrpc(given, AsyncFixedHeader(None), SystemClock()))
        return made[-1]

    yield make
    for one in made:
        await one.aclose()


async def ask(client):
    answer = await client.unary("Topology", pb.TopologyRequest(), pb.TopologyResponse, timeout_s=10)
    return answer.gatewayVersion


def two_gateways():
    """Behind one name, which has two addresses, on one port."""

    def answering(version):
        return {"Topology": lambda *_: pb.TopologyResponse(gatewayVersion=version)}

    first = Gateway(answering("first"))
    port = first.address.rpartition(":")[2]
    return first, Gateway(answering("second"), at=f"[::1]:{port}")


@pytest.mark.skipif(not has_two_addresses(), reason="the name localhost has one address here")
async def test_gateways_behind_one_name_share_the_calls_and_stand_in_for_each_other(client, eventually):
    first, second = two_gateways()
    one = client(first.address)
    try:
        said = set()
        while said != {"first", "second"}:
            said.add(await ask(one))
            assert len(first.calls) + len(second.calls) < 1000
        before = len(first.calls), len(second.calls)
        for _ in range(20):
            await ask(one)
        assert (len(first.calls) - before[0], len(second.calls) - before[1]) == (10, 10)
        first.close()
        assert {await ask(one) for _ in range(20)} == {"second"}
    finally:
        first.close()
        second.close()


async def test_a_name_without_a_gateway_is_an_error_that_says_so(client):
    with pytest.raises(ConnectionFailed):
        await ask(client("grpc://localhost:1"))


@pytest.mark.parametrize(("wanted", "kilobytes_max"), [("true", 100), ("false", None)])
async def test_calls_are_compressed_where_that_is_wanted(client, gateway, wanted, kilobytes_max):
    server = gateway({"SetVariables": lambda *_: pb.SetVariablesResponse(key=1)})
    relay = ByteRelay(server.address.removeprefix("grpc://"))
    one = client(f"grpc://{relay.address}", grpc_compression=wanted)
    request = pb.SetVariablesRequest(elementInstanceKey=1, variables=TEXT)
    await one.unary("SetVariables", request, pb.SetVariablesResponse, timeout_s=10)
    assert server.calls[0][1].variables == TEXT
    if kilobytes_max is None:
        assert relay.passed_on_bytes > len(TEXT)
    else:
        assert relay.passed_on_bytes < kilobytes_max * 1000
    relay.close()
