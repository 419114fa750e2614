"""A gateway that does nothing but answer, as quickly as Python can: what a call costs its client then shows.

`python -m bench.stub` says its two addresses and answers until it is ended. REST as 8.10 writes it, over a protocol of
its own for asyncio, without a framework; gRPC with messages that were made beforehand.
"""

import asyncio
import json
import re
import sys
from typing import Final, cast

import grpc.aio
import msgspec
import uvloop

from c8py.proto import gateway_pb2 as pb

ITEMS: Final = 10_000
PAGE: Final = 100
_END_OF_HEADERS: Final = b"\r\n\r\n"
_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CURSOR: Final = re.compile(rb'"after" *: *"(\d{4})"')  # some clients want a cursor in the form of base64

TOPOLOGY: Final[dict[str, object]] = {
    "brokers": [
        {
            "nodeId": 0,
            "brokerId": "0",
            "host": "localhost",
            "port": 26501,
            "version": "8.10.0",
            "partitions": [
                {"partitionId": number, "role": "leader", "health": "healthy", "state": "active"}
                for number in range(1, 4)
            ],
        }
    ],
    "clusterId": "a-cluster",
    "clusterSize": 1,
    "partitionsCount": 3,
    "replicationFactor": 1,
    "gatewayVersion": "8.10.0",
    "lastCompletedChangeId": "-1",
}
STARTED: Final[dict[str, object]] = {
    "processDefinitionId": "order",
    "processDefinitionVersion": 3,
    "tenantId": "<default>",
    "variables": {},
    "processDefinitionKey": "2251799813685249",
    "processInstanceKey": "2251799813685251",
    "tags": [],
    "businessId": None,
}


def found(number: int) -> dict[str, object]:
    """A process instance."""
    return {
        "processDefinitionId": "order",
        "processDefinitionName": "Order",
        "processDefinitionVersion": 3,
        "processDefinitionVersionTag": None,
        "startDate": "2026-11-21T08:30:00.123Z",
        "endDate": None,
        "state": "ACTIVE",
        "suspendedDate": None,
        "hasIncident": False,
        "tenantId": "<default>",
        "processInstanceKey": str(2251799813685250 + number),
        "processDefinitionKey": "2251799813685249",
        "parentProcessInstanceKey": None,
        "parentElementInstanceKey": None,
        "rootProcessInstanceKey": None,
        "tags": ["bench"],
        "businessId": None,
    }


def page(number: int) -> dict[str, object]:
    """A page of the search; its end cursor is the number of the next one."""
    return {
        "items": [found(number * PAGE + one) for one in range(PAGE)],
        "page": {
            "totalItems": ITEMS,
            "hasMoreTotalItems": False,
            "startCursor": f"{number:04}",
            "endCursor": f"{number + 1:04}",
        },
    }


def answer(body: dict[str, object]) -> bytes:
    """It as HTTP."""
    content = msgspec.json.encode(body)
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(content) + content


PAGES: Final = [answer(page(number)) for number in range(ITEMS // PAGE)]
ANSWERS: Final = {b"GET /v2/topology": answer(TOPOLOGY), b"POST /v2/process-instances": answer(STARTED)}
SEARCH: Final = b"POST /v2/process-instances/search"


class Rest(asyncio.Protocol):
    """One connection over HTTP."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It began."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by inheritance
        self._received = b""

    def data_received(self, data: bytes) -> None:
        """Answer all that is whole."""
        self._received += data
        while (end := self._received.find(_END_OF_HEADERS)) >= 0:
            length = _LENGTH.search(self._received, 0, end)
            whole = end + len(_END_OF_HEADERS) + (int(length[1]) if length else 0)
            if len(self._received) < whole:
                return
            request, self._received = self._received[:whole], self._received[whole:]
            self._transport.write(self._answer(request))

    def _answer(self, request: bytes) -> bytes:
        asked = request[: request.index(b" HTTP/1.1")]
        if asked == SEARCH:
            cursor = _CURSOR.search(request)
            return PAGES[int(cursor[1]) if cursor else 0]
        return ANSWERS[asked]


class Gateway(grpc.GenericRpcHandler):
    """The rpcs; requests are not looked at."""

    def __init__(self) -> None:
        partitions = [pb.Partition(partitionId=number) for number in range(1, 4)]
        broker = pb.BrokerInfo(host="localhost", port=26501, partitions=partitions, version="8.10.0")
        topology = pb.TopologyResponse(
            brokers=[broker], clusterSize=1, partitionsCount=3, replicationFactor=1, gatewayVersion="8.10.0"
        )
        started = pb.CreateProcessInstanceResponse(
            processDefinitionKey=2251799813685249, bpmnProcessId="order", version=3, processInstanceKey=2251799813685251
        )
        self._handlers = {
            "/gateway_protocol.Gateway/Topology": _always(topology.SerializeToString()),
            "/gateway_protocol.Gateway/CreateProcessInstance": _always(started.SerializeToString()),
        }

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[bytes, bytes] | None":
        """Who answers."""
        return self._handlers.get(handler_call_details.method)


def _always(content: bytes) -> "grpc.RpcMethodHandler[bytes, bytes]":
    async def answer(_request: bytes, _context: grpc.aio.ServicerContext[bytes, bytes]) -> bytes:
        return content

    return grpc.unary_unary_rpc_method_handler(answer)  # pyright: ignore[reportArgumentType]  for grpc.aio


async def main() -> None:
    """Answer until somebody ends it."""
    loop = asyncio.get_running_loop()
    rest = await loop.create_server(Rest, "127.0.0.1", 0)
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((Gateway(),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    addresses = {
        "rest": f"http://127.0.0.1:{rest.sockets[0].getsockname()[1]}",
        "grpc": f"127.0.0.1:{port}",
    }
    sys.stdout.write(json.dumps(addresses) + "\n")
    sys.stdout.flush()
    await server.wait_for_termination()


if __name__ == "__main__":
    uvloop.run(main())
