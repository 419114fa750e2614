"""A realm as Camunda's Self-Managed distribution has it, as the JSON that Keycloak imports. Pure.

An application of Management Identity is a client with a service account; a permission of it puts the audience of an
API into its tokens, which is what an audience mapper does.
"""

from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization

REALM = "camunda-platform"
AUDIENCE = "zeebe-api"
TOKEN_LIFETIME_S = 300


def realm(clients: Sequence[dict[str, object]], *, token_lifetime_s: int = TOKEN_LIFETIME_S) -> dict[str, object]:
    """The realm with these clients; it keeps who logged in, so that tests can count token requests.

    Args:
        clients: as the functions below make them.
        token_lifetime_s: of clients that say nothing of their own; 300 is Keycloak's and Camunda's.
    """
    return {
        "realm": REALM,
        "enabled": True,
        "accessTokenLifespan": token_lifetime_s,
        "eventsEnabled": True,
        "eventsExpiration": 3600,
        "enabledEventTypes": ["CLIENT_LOGIN", "CLIENT_LOGIN_ERROR"],
        "clients": list(clients),
    }


def with_secret(
    client_id: str,
    secret: str,
    *,
    audience: str | None = AUDIENCE,
    token_lifetime_s: int | None = None,
    service_account: bool = True,
) -> dict[str, object]:
    """A client with a secret, which it may send in the form or in a Basic header.

    Args:
        client_id: its id.
        secret: its secret.
        audience: of the API that it may call; None gives it no permission at all.
        token_lifetime_s: in seconds; None is the realm's.
        service_account: whether it may ask for tokens of its own.
    """
    attributes = {} if token_lifetime_s is None else {"access.token.lifespan": str(token_lifetime_s)}
    made = _client(client_id, "client-secret", attributes, audience)
    return made | {"secret": secret, "serviceAccountsEnabled": service_account}


def with_signed_jwt(client_id: str, certificate: Path) -> dict[str, object]:
    """A client that signs an assertion with its private key (private_key_jwt); `certificate` is its PEM."""
    parsed = x509.load_pem_x509_certificate(certificate.read_bytes())
    lines = parsed.public_bytes(serialization.Encoding.PEM).decode().splitlines()
    return _client(client_id, "client-jwt", {"jwt.credential.certificate": "".join(lines[1:-1])}, AUDIENCE)


def with_certificate(client_id: str, *, subject: str, authority: str) -> dict[str, object]:
    """A client that shows a certificate with this subject, of this authority, when it connects (tls_client_auth)."""
    attributes = {
        "x509.subjectdn": subject,
        "x509.casubjectdn": authority,
        "x509.allow.regex.pattern.comparison": "false",
    }
    return _client(client_id, "client-x509", attributes, AUDIENCE)


def audience_mapper(audience: str) -> dict[str, object]:
    """What a permission does: puts this audience into the client's tokens."""
    return {
        "name": audience,
        "protocol": "openid-connect",
        "protocolMapper": "oidc-audience-mapper",
        "config": {
            "included.custom.audience": audience,
            "access.token.claim": "true",
            "id.token.claim": "false",
        },
    }


def _client(client_id: str, authenticator: str, attributes: dict[str, str], audience: str | None) -> dict[str, object]:
    return {
        "clientId": client_id,
        "protocol": "openid-connect",
        "publicClient": False,
        "standardFlowEnabled": False,
        "directAccessGrantsEnabled": False,
        "serviceAccountsEnabled": True,
        "clientAuthenticatorType": authenticator,
        "attributes": attributes,
        "protocolMappers": [] if audience is None else [audience_mapper(audience)],
    }
