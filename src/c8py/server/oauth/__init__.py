"""The token service: client credentials in, signed tokens out, at the addresses of SaaS and of Keycloak.

Owns the protocol, applies the rate limit. Refuses every grant but client_credentials. Who exists is the store's matter,
how tokens are signed is access's. Called by app, which mounts its routes.
"""

from c8py.server.oauth._routes import oauth_routes
from c8py.server.oauth._service import TokenService

__all__ = ["TokenService", "oauth_routes"]
