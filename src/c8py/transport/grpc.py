"""The gRPC half of the transport, in both colours. Importing it loads grpcio."""

from c8py.transport._async.grpc import AsyncGrpc
from c8py.transport._sync.grpc import Grpc

__all__ = ["AsyncGrpc", "Grpc"]
