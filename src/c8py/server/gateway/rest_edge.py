"""The REST edge: one ASGI application for all clusters, mounted at /v2 and at /{cluster_id}/v2.

Finds the cluster, lets the caller in, finds the operation, and answers; every fault becomes a problem document here.
"""

import logging
from collections.abc import Container, Mapping
from typing import Final, NamedTuple

from c8py.models.operations import OPERATIONS
from c8py.server.gateway.cluster import ServedCluster
from c8py.server.gateway.door import Door
from c8py.server.gateway.refusals import Kind, Refusal
from c8py.server.gateway.rest_calls import CALLS, Call
from c8py.server.gateway.rest_http import (
    ClientGone,
    Problem,
    Receive,
    Reply,
    Request,
    Scope,
    Send,
    send_problem,
    send_reply,
)
from c8py.server.gateway.rest_table import operation_table
from c8py.server.gateway.topology import Place

_log = logging.getLogger("c8py.server.gateway")
_OUR_BUG: Final = Refusal(Kind.INTERNAL, "the gateway failed; its log says why, please report it")


class Served(NamedTuple):
    """A cluster as the gateway serves it: what it is, who may come in, and where its gRPC is."""

    cluster: ServedCluster
    door: Door
    place: Place


class RestEdge:
    """The REST face of all clusters.

    Args:
        served: by id; the gateway adds and removes.
        resting: ids of clusters that are suspended.
        default: the id of the cluster that a path without one means.
    """

    def __init__(self, served: Mapping[str, Served], resting: Container[str], *, default: str) -> None:
        self._served = served
        self._resting = resting
        self._default = default
        self._table = operation_table()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request of ASGI."""
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1000})
            return
        try:
            reply = await self._serve(scope, receive)
        except ClientGone:
            return
        except (Refusal, Problem) as fault:
            await send_problem(send, scope["path"], fault)
        except Exception:  # noqa: BLE001  whatever it is, the caller gets a problem document
            _log.exception("a request failed in a way that is a bug of the gateway")
            await send_problem(send, scope["path"], _OUR_BUG)
        else:
            await send_reply(send, reply)

    async def _serve(self, scope: Scope, receive: Receive) -> Reply:
        cluster_id = scope.get("path_params", {}).get("cluster_id", self._default)
        served = self._served.get(cluster_id)
        if served is None:
            if cluster_id in self._resting:
                raise Refusal(
                    Kind.UNAVAILABLE, "expected a cluster that works, but it is suspended; wake it in Console"
                )
            raise Problem(404, f"expected the id of a cluster in the path, but '{cluster_id[:80]}' is none")
        request = Request(scope, receive, {})
        caller = served.door.enter_rest(request.header(b"authorization"), request.source(served.door.sources))
        found = self._table.find(scope["method"], scope["path"].removeprefix(scope.get("root_path", "")))
        serve = CALLS.get(found.operation)
        if serve is None:
            operation = OPERATIONS[found.operation]
            raise Refusal(
                Kind.NOT_SUPPORTED,
                f"expected an operation that the embedded engine serves, but {operation.id} "
                f"({operation.method} {operation.path}) is not among them yet; "
                "a real cluster has it",
            )
        request.keys = found.keys
        with served.door.while_allowed(caller):
            return await serve(Call(request, served.cluster, caller, served.place))
