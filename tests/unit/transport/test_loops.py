"""A client belongs to no loop: it may outlive the one it was first used in. For asyncio only."""

import asyncio

from c8py.base.clock import SystemClock
from c8py.proto import gateway_pb2 as pb
from c8py.transport import AsyncRest, AsyncWire, RestRequest
from c8py.transport._async.headers import AsyncFixedHeader
from c8py.transport.grpc import AsyncGrpc
from harness.answering import Reply


def test_a_channel_is_opened_anew_in_another_loop(gateway, settings):
    server = gateway({"Topology": lambda *_: pb.TopologyResponse()})
    client = AsyncGrpc(settings(grpc_address=server.address), AsyncFixedHeader(None), SystemClock())

    async def call():
        return await client.unary("Topology", pb.TopologyRequest(), pb.TopologyResponse, timeout_s=5)

    async def call_and_close():
        await call()
        await client.aclose()

    asyncio.run(call())
    asyncio.run(call_and_close())
    assert len(server.calls) == 2


def test_http_connections_are_made_anew_in_another_loop(http_server, settings):
    server = http_server(lambda _: Reply(204))
    wire = AsyncWire(settings(rest_address=server.url))
    api = AsyncRest(server.url, wire, AsyncFixedHeader(None), SystemClock())
    request = RestRequest(call="getStatus", method="GET", path="/v2/status", safe=True, timeout_s=5)
    for _ in range(2):
        asyncio.run(api.send(request))
    assert len(server.received) == 2
