"""The seam to the wire: REST and gRPC behind calls that take values and give values or `c8py.errors`.

Retries, renewal of tokens, error mapping and redaction live here only. The gRPC half is imported apart, from
`c8py.transport.grpc`: who only uses REST need not load it.
"""

from c8py.transport._async.headers import async_headers
from c8py.transport._async.rest import AsyncRest
from c8py.transport._async.wire import AsyncWire
from c8py.transport._sync.headers import headers
from c8py.transport._sync.rest import Rest
from c8py.transport._sync.wire import Wire
from c8py.transport.request import Part, RestRequest, multipart
from c8py.transport.retry import safe_operation
from c8py.transport.shared import shared_cache
from c8py.transport.token_source import AsyncTokenSource, TokenSource

__all__ = [
    "AsyncRest",
    "AsyncTokenSource",
    "AsyncWire",
    "Part",
    "Rest",
    "RestRequest",
    "TokenSource",
    "Wire",
    "async_headers",
    "headers",
    "multipart",
    "safe_operation",
    "shared_cache",
]
