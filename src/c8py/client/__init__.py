"""The client of a cluster, for asyncio and for threads: what can be told and asked over gRPC and REST.

Importing it loads no gRPC; the first call that goes that way does.
"""

from c8py.client._async.facade import AsyncCamunda
from c8py.client._sync.facade import Camunda
from c8py.client.typed import value_as, variables_as
from c8py.client.values import AnyKey, ResourceFile, Variables

__all__ = ["AnyKey", "AsyncCamunda", "Camunda", "ResourceFile", "Variables", "value_as", "variables_as"]
