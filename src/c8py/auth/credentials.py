"""Who we are: client credentials of an OAuth client, or user and password. Pure; made from settings.

A token belongs to all that the token request says, so this is also where cache keys come from.
"""

import base64
import hashlib
from urllib.parse import urlencode

import msgspec

from c8py.auth.flow import HttpRequest
from c8py.base.redact import Secret
from c8py.config import Settings
from c8py.errors import ConfigError


class TokenKey(msgspec.Struct, frozen=True):
    """What a token belongs to; another secret is another key, so a changed secret forgets what was remembered."""

    token_url: str
    client_id: str
    audience: str
    scope: str
    resource: str
    secret_digest: str


class ClientCredentials(msgspec.Struct, frozen=True, kw_only=True):
    """An OAuth client, and what it wants tokens for."""

    token_url: str
    client_id: str
    client_secret: Secret
    audience: str = ""
    scope: str = ""
    resource: str = ""

    @property
    def key(self) -> TokenKey:
        """What tokens of these credentials belong to."""
        told = b"\0".join(part.encode() for part in ("c8py", self.client_id, self.client_secret.reveal()))
        return TokenKey(
            self.token_url.rstrip("/"),
            self.client_id,
            self.audience,
            self.scope,
            self.resource,
            hashlib.sha256(told).hexdigest(),
        )

    def token_request(self) -> HttpRequest:
        """The request for a token, as a form: the one body that all token services understand."""
        fields = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.client_secret.reveal(),
            "audience": self.audience,
            "scope": self.scope,
            "resource": self.resource,
        }
        return HttpRequest(
            method="POST",
            url=self.token_url,
            headers={"content-type": "application/x-www-form-urlencoded", "accept": "application/json"},
            # Real Keycloak refuses an empty scope, so nothing empty is sent.
            body=urlencode({name: value for name, value in fields.items() if value}).encode(),
        )


class BasicCredentials(msgspec.Struct, frozen=True):
    """A user of the cluster."""

    username: str
    password: Secret

    def authorization(self) -> str:
        """The value of the Authorization header."""
        pair = f"{self.username}:{self.password.reveal()}"
        return f"Basic {base64.b64encode(pair.encode()).decode()}"


def cluster_credentials(settings: Settings) -> ClientCredentials | BasicCredentials | None:
    """What calls of the cluster are made with; None where they need nothing."""
    if settings.auth == "oauth" and settings.oauth_url and settings.client_id and settings.client_secret:
        return ClientCredentials(
            token_url=settings.oauth_url,
            client_id=settings.client_id,
            client_secret=settings.client_secret,
            audience=settings.audience,
            scope=settings.scope,
            resource=settings.resource,
        )
    if settings.auth == "basic" and settings.basic_username and settings.basic_password:
        return BasicCredentials(settings.basic_username, settings.basic_password)
    return None


def console_credentials(settings: Settings) -> ClientCredentials:
    """What calls of the Administration API are made with.

    Raises:
        ConfigError: the settings have no client of an organization.
    """
    if not (settings.oauth_url and settings.console_client_id and settings.console_client_secret):
        raise ConfigError(
            "expected credentials for the Administration API, but there are none",
            hint="set CAMUNDA_CONSOLE_CLIENT_ID and its companions, or name the credentials file of an organization "
            "client (Console > Organization > Administration API)",
        )
    return ClientCredentials(
        token_url=settings.oauth_url,
        client_id=settings.console_client_id,
        client_secret=settings.console_client_secret,
        audience=settings.console_audience,
    )
