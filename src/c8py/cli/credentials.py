"""`c8 token`: what we call with."""

import base64
import binascii
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import click
import msgspec

from c8py.base.clock import SystemClock
from c8py.base.redact import Secret
from c8py.cli.options import Connection, api_option, client_of, default_api, json_option, with_connection
from c8py.cli.output import print_facts, print_json

if TYPE_CHECKING:
    from c8py.auth import Api, ClientCredentials
    from c8py.config import Settings

_SHOWN_CHARS: Final = 6
_JWT_PARTS: Final = 3


class Claims(msgspec.Struct):
    """What a token says about itself; nothing here is verified.

    Attributes:
        aud: for whom it is.
        scope: what it allows, in the token service's words.
        exp: when it ends, in seconds since 1970.
    """

    aud: str | list[str] = ""
    scope: str = ""
    exp: float | None = None

    @property
    def expires_at(self) -> str:
        """When it ends, as text; empty where it does not say."""
        return "" if self.exp is None else datetime.fromtimestamp(self.exp, UTC).isoformat()


@click.command("token")
@click.option("--raw", is_flag=True, help="Print the token itself and nothing else, for a script.")
@api_option
@click.option("--audience", help="Another audience than the settings'.")
@json_option
@with_connection
def token_(connection: Connection, *, raw: bool, api: "Api | None", audience: str | None, as_json: bool) -> None:
    """Fetch an access token and show what it is good for; the token itself only with --raw or --json."""
    settings = connection.settings()
    credentials = client_of(settings, api or default_api(settings))
    if audience is not None:
        credentials = msgspec.structs.replace(credentials, audience=audience)
    token = _fetched(credentials, settings)
    claims = claims_of(token)
    facts = [("type", "Bearer"), ("audience", _words(claims.aud)), ("scope", claims.scope)]
    facts += [("expires", claims.expires_at), ("from", credentials.key.token_url)]
    if raw:
        click.echo(token.reveal())
    elif as_json:
        print_json({"access_token": token.reveal(), **dict(facts)})
    else:
        print_facts([("token", masked(token)), *facts])


def _fetched(credentials: "ClientCredentials", settings: "Settings") -> Secret:
    from c8py.transport import Wire, headers, shared_cache  # noqa: PLC0415  see Connection

    wire = Wire(settings)
    source = headers(credentials, wire, settings, cache=shared_cache(settings), clock=SystemClock())
    try:
        return Secret(source.header().removeprefix("Bearer "))
    finally:
        source.close()
        wire.close()


def masked(token: Secret) -> str:
    """Enough of a token to tell it from another, not enough to use it."""
    return f"{token.reveal()[:_SHOWN_CHARS]}… (hidden)"


def claims_of(token: Secret) -> Claims:
    """The claims of a JWT; empty ones of any other token."""
    parts = token.reveal().split(".")
    if len(parts) != _JWT_PARTS:
        return Claims()
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(parts[1] + "=="), type=Claims)
    except (binascii.Error, msgspec.DecodeError):
        return Claims()


def _words(value: str | list[str]) -> str:
    return value if isinstance(value, str) else " ".join(value)
