"""The gateway: gRPC and REST v2 of the clusters that the embedded engine serves.

`app` builds a `Gateway`, starts it, mounts its routes and stops it. Inside: `host` owns an engine's thread, `cluster`
what waits for it; `grpc_*` and `rest_*` are the two edges, which translate and never decide.
"""

from c8py.server.gateway.cluster import ServedCluster
from c8py.server.gateway.commands import resolve_incident, update_retries
from c8py.server.gateway.gateway import Gateway
from c8py.server.gateway.refusals import Refusal

__all__ = ["Gateway", "Refusal", "ServedCluster", "resolve_incident", "update_retries"]
