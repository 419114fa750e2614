"""Who may call what: reads the Authorization header, and names the caller or refuses.

Owns the audiences of the APIs, the signing keys and the check of a token; knows no HTTP and no gRPC, whose edges turn
`AccessDenied` into their own words. Called by the gateway and the Administration API on every call.
"""

from c8py.server.access._access import Access, Caller
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
from c8py.server.access._denied import AccessDenied, Denial
from c8py.server.access._keys import Claims, Issuers, Keys
from c8py.server.access._passwords import PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN, hashed, matches
from c8py.server.access._provider import Endpoints, Person, Provider
from c8py.server.access._seal import KEY_FILE_NAME, Seal
from c8py.server.access._sources import AllowedEntry, Allowlists, Sources

__all__ = [
    "API_FACTS",
    "CLUSTER_SCOPES",
    "KEY_FILE_NAME",
    "ORGANIZATION_GROUPS",
    "PASSWORD_CHARS_MAX",
    "PASSWORD_CHARS_MIN",
    "Access",
    "AccessDenied",
    "AllowedEntry",
    "Allowlists",
    "Api",
    "Caller",
    "Claims",
    "Denial",
    "Endpoints",
    "Issuers",
    "Keys",
    "Person",
    "Provider",
    "Seal",
    "Sources",
    "api_of_audience",
    "audiences_of",
    "hashed",
    "matches",
    "may_call",
    "organization_permissions",
]
