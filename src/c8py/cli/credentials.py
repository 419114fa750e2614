"""`c8 token`, `config`: what we call with, and where it comes from."""

import base64
import binascii
from datetime import UTC, datetime
from typing import Final

import click
import msgspec

from c8py.base.redact import Secret
from c8py.cli.options import Connection, json_option, with_connection
from c8py.cli.output import print_facts, print_json, print_rows

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
@click.option("--audience", help="Another audience than the settings'.")
@json_option
@with_connection
def token_(connection: Connection, *, raw: bool, audience: str | None, as_json: bool) -> None:
    """Fetch an access token and show what it is good for; the token itself only with --raw or --json."""
    from c8py.client import Camunda  # noqa: PLC0415  see Connection

    settings = connection.settings(audience=audience)
    if settings.auth != "oauth" and settings.console_client_id is not None:
        # The file of an organization's client: its tokens are for the Administration API.
        settings = msgspec.structs.replace(
            settings,
            auth="oauth",
            client_id=settings.console_client_id,
            client_secret=settings.console_client_secret,
            audience=audience or settings.console_audience,
        )
    if settings.auth != "oauth":
        raise click.UsageError(
            f"expected credentials of an OAuth client, but auth is {settings.auth}; "
            "name a credentials file with --credentials FILE"
        )
    with Camunda(settings) as camunda:
        token = Secret(camunda.authorization().removeprefix("Bearer "))
    claims = claims_of(token)
    facts = [("type", "Bearer"), ("audience", _words(claims.aud)), ("scope", claims.scope)]
    place = settings.oauth_url or settings.well_known_url or settings.issuer_url or ""
    facts += [("expires", claims.expires_at), ("from", place)]
    if raw:
        click.echo(token.reveal())
    elif as_json:
        print_json({"access_token": token.reveal(), **dict(facts)})
    else:
        print_facts([("token", masked(token)), *facts])


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


@click.group("config")
def config_() -> None:
    """The settings of the SDK and of this command."""


@config_.command("explain")
@click.option("--all", "everything", is_flag=True, help="Those that are not set, too, with the names looked for.")
@json_option
@with_connection
def explain(connection: Connection, *, everything: bool, as_json: bool) -> None:
    """Show each setting, its value (secrets masked) and where it comes from."""
    from c8py.config import explain as explained  # noqa: PLC0415  see Connection

    rows = explained(connection.settings())
    if as_json:
        print_json(rows)
        return
    columns = ("SETTING", "VALUE", "FROM", "LOOKED FOR") if everything else ("SETTING", "VALUE", "FROM")
    lines = [
        (row.name, row.value, row.source, " ".join(row.names))[: len(columns)]
        for row in rows
        if everything or row.source != "not set"
    ]
    print_rows(columns, lines, nothing="nothing is set")


def _words(value: str | list[str]) -> str:
    return value if isinstance(value, str) else " ".join(value)
