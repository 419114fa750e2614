"""Who we are: an OAuth client, a user with a password, or whoever a token speaks for. Pure; made by `of_settings`.

A token belongs to all that the token request says, so this is also where cache keys come from.
"""

import base64
import hashlib
import re
from collections.abc import Callable
from typing import Final, TypeAlias
from urllib.parse import urlencode

import msgspec

from c8py.auth.client_authentication import Claim, prove
from c8py.auth.discovery import Discovery, token_endpoint
from c8py.auth.flow import Flow, HttpRequest
from c8py.auth.keystore import Identity
from c8py.base.clock import Clock
from c8py.base.redact import Secret
from c8py.config import ClientAuthentication, TokenBody
from c8py.errors import ConfigError

_HEADER_SAFE: Final = re.compile(r"[\x21-\x7e]+")


class TokenKey(msgspec.Struct, frozen=True):
    """What a token belongs to; another secret is another key, so a changed secret forgets what was remembered."""

    token_url: str
    client_id: str
    audience: str
    scope: str
    resource: str
    secret_digest: str


class ClientCredentials(msgspec.Struct, frozen=True, kw_only=True):
    """An OAuth client, and what it wants tokens for.

    Attributes:
        token_url: where tokens are had, or the discovery document that tells where.
        client_id: of the client.
        client_secret: of the client; empty where it proves itself otherwise.
        audience: whose tokens; "" sends none.
        scope: "" sends none.
        resource: of RFC 8707; "" sends none.
        method: how the client proves itself.
        body: how the request is written.
        identity: the key that signs, or that the connection shows.
        discovery: the document behind `token_url`, where it is one.
    """

    token_url: str
    client_id: str
    client_secret: Secret = Secret("")
    audience: str = ""
    scope: str = ""
    resource: str = ""
    method: ClientAuthentication = "client_secret_post"
    body: TokenBody = "form"
    identity: Identity | None = None
    discovery: Discovery | None = None

    @property
    def key(self) -> TokenKey:
        """What tokens of these credentials belong to."""
        fingerprint = self.identity.fingerprint if self.identity else ""
        parts = ("c8py", self.client_id, self.client_secret.reveal(), self.method, self.body, fingerprint)
        return TokenKey(
            self.token_url.rstrip("/"),
            self.client_id,
            self.audience,
            self.scope,
            self.resource,
            hashlib.sha256(b"\0".join(part.encode() for part in parts)).hexdigest(),
        )

    def token_request(self, clock: Clock, new_id: Callable[[], str]) -> Flow[HttpRequest]:
        """The request for a token; where discovery is wanted, asks for its document first.

        Args:
            clock: dates a signed proof.
            new_id: makes an identifier that nobody made before, for a signed proof.

        Raises:
            AuthError: the discovery document cannot be had, or not be trusted.
        """
        token_url = self.token_url
        if self.discovery is not None:
            token_url = yield from token_endpoint(self.discovery, clock=clock)
        claim = Claim(
            client_id=self.client_id,
            client_secret=self.client_secret,
            identity=self.identity,
            token_url=token_url,
            now_ms=clock.now_ms(),
            proof_id=new_id(),
        )
        proof = prove(self.method, claim)
        wish = {"audience": self.audience, "scope": self.scope, "resource": self.resource}
        # Real Keycloak refuses an empty scope, so nothing empty is sent.
        wish = {name: text for name, text in wish.items() if text}
        kind, content = _BODIES[self.body]({"grant_type": "client_credentials", **proof.fields, **wish})
        headers = {"content-type": kind, "accept": "application/json", **proof.headers}
        return HttpRequest(method="POST", url=token_url, headers=headers, body=content)


def _form(fields: dict[str, str]) -> tuple[str, bytes]:
    return "application/x-www-form-urlencoded", urlencode(fields).encode()


def _json(fields: dict[str, str]) -> tuple[str, bytes]:
    return "application/json", msgspec.json.encode(fields)


_BODIES: Final = {"form": _form, "json": _json}


class BasicCredentials(msgspec.Struct, frozen=True):
    """A user of the cluster."""

    username: str
    password: Secret

    def authorization(self) -> str:
        """The value of the Authorization header."""
        pair = f"{self.username}:{self.password.reveal()}"
        return f"Basic {base64.b64encode(pair.encode()).decode()}"


class BearerToken(msgspec.Struct, frozen=True):
    """A token as it stands, had from somewhere else."""

    token: Secret

    def authorization(self) -> str:
        """The value of the Authorization header.

        Raises:
            ConfigError: the text cannot be a token.
        """
        return bearer(self.token, place="a bearer token")


Credentials: TypeAlias = ClientCredentials | BasicCredentials | BearerToken | None


def bearer(token: Secret, *, place: str) -> str:
    """The value of the Authorization header for this token.

    Args:
        token: without the word `Bearer`.
        place: where it came from, for the error.

    Raises:
        ConfigError: the text cannot be a token; it is not shown.
    """
    text = token.reveal().strip()
    if not _HEADER_SAFE.fullmatch(text):
        raise ConfigError(
            f"expected the text of {place} to be one word of plain characters, but it is not",
            hint="give the token alone, without `Bearer` and without line breaks",
        )
    return f"Bearer {text}"
