"""Who may call what: reads the Authorization header, and names the caller or refuses.

Owns the audiences of the APIs, the signing keys and the check of a token; knows no HTTP and no gRPC, whose edges turn
`AccessDenied` into their own words. Called by the gateway and the Administration API on every call.
"""

from c8py.server.access._access import Access, AccessDenied, Caller, Denial
from c8py.server.access._apis import (
    API_FACTS,
    CLUSTER_SCOPES,
    ORGANIZATION_GROUPS,
    Api,
    api_of_audience,
    audiences_of,
    may_call,
    organization_permissions,
)
from c8py.server.access._keys import Claims, Issuers, Keys

__all__ = [
    "API_FACTS",
    "CLUSTER_SCOPES",
    "ORGANIZATION_GROUPS",
    "Access",
    "AccessDenied",
    "Api",
    "Caller",
    "Claims",
    "Denial",
    "Issuers",
    "Keys",
    "api_of_audience",
    "audiences_of",
    "may_call",
    "organization_permissions",
]
