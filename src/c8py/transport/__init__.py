"""The seam to the wire: REST and gRPC behind calls that take values and give values or `c8py.errors`.

Retries, renewal of tokens, error mapping and redaction live here only. The gRPC half is imported apart, from
`c8py.transport.grpc`: who only uses REST need not load it.
"""

from c8py.transport._async.rest import AsyncRest, AsyncWire, async_headers
from c8py.transport._sync.rest import Rest, Wire, headers
from c8py.transport.request import Part, RestRequest, multipart
from c8py.transport.retry import safe_operation
from c8py.transport.shared import shared_cache

__all__ = [
    "AsyncRest",
    "AsyncWire",
    "Part",
    "Rest",
    "RestRequest",
    "Wire",
    "async_headers",
    "headers",
    "multipart",
    "safe_operation",
    "shared_cache",
]
