"""Authentication without I/O: credentials, token states, the cache's contract, and flows that fetch tokens.

Driven by `transport`, which owns the sockets.
"""

from c8py.auth.cache import Held, MemoryCache, Refusal, TokenCache
from c8py.auth.credentials import BasicCredentials, BearerToken, ClientCredentials, Credentials, TokenKey, bearer
from c8py.auth.exchange import Patience, fetch_token, obtain, renew
from c8py.auth.file_cache import FileCache, Seal
from c8py.auth.flow import Flow, HttpRequest, HttpResponse, Pause
from c8py.auth.of_settings import Api, credentials_for, patience_for
from c8py.auth.token import Token, TokenState

__all__ = [
    "Api",
    "BasicCredentials",
    "BearerToken",
    "ClientCredentials",
    "Credentials",
    "FileCache",
    "Flow",
    "Held",
    "HttpRequest",
    "HttpResponse",
    "MemoryCache",
    "Patience",
    "Pause",
    "Refusal",
    "Seal",
    "Token",
    "TokenCache",
    "TokenKey",
    "TokenState",
    "bearer",
    "credentials_for",
    "fetch_token",
    "obtain",
    "patience_for",
    "renew",
]
