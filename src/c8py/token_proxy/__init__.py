"""The token proxy: an OAuth token endpoint that asks the real one once for all who want the same token.

For hosts that share an outgoing address but no disk. Built of `auth`'s flows and `transport`'s wire; part of neither
the SDK's client nor the local platform. Started by `c8 auth serve`.
"""

from c8py.token_proxy.many_connections import allow_many_connections
from c8py.token_proxy.proxy import TokenProxy
from c8py.token_proxy.settings import ProxySettings, Ready
from c8py.token_proxy.undumpable import never_dump
from c8py.token_proxy.upstreams import SAAS_TOKEN_URL, Upstream, read_upstream

__all__ = [
    "SAAS_TOKEN_URL",
    "ProxySettings",
    "Ready",
    "TokenProxy",
    "Upstream",
    "allow_many_connections",
    "never_dump",
    "read_upstream",
]
