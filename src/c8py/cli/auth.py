"""`c8 auth`: what is remembered of tokens on this host, and how to forget it."""

from typing import TYPE_CHECKING

import click

from c8py.base.clock import SystemClock
from c8py.cli.groups import WholeLinesGroup
from c8py.cli.options import Connection, api_option, client_of, default_api, json_option, with_connection
from c8py.cli.output import done, print_facts, print_json
from c8py.cli.simulate import simulate
from c8py.cli.token_proxy import serve

if TYPE_CHECKING:
    from c8py.auth import Api


@click.group("auth", cls=WholeLinesGroup)
def auth_() -> None:
    """The tokens that the processes of this host share."""


auth_.add_command(serve)
auth_.add_command(simulate)


@auth_.command("status")
@api_option
@json_option
@with_connection
def status(connection: Connection, *, api: "Api | None", as_json: bool) -> None:
    """Show what is remembered of these credentials: a token, a refusal, a pause that the token service wants."""
    from c8py.transport import shared_cache  # noqa: PLC0415  see Connection

    settings = connection.settings()
    credentials = client_of(settings, api or default_api(settings))
    now_s = SystemClock().monotonic_s()
    held = shared_cache(settings).read(credentials.key)
    refusal = held.refusal if held.refusal is not None and held.refusal.until_s > now_s else None
    facts = {
        "client": credentials.client_id,
        "token_url": credentials.key.token_url,
        "audience": credentials.audience,
        "folder": str(settings.token_cache_dir) if settings.token_disk_cache else "",
        "token": "none" if held.token is None else held.token.state(now_s).value,
        "token_ends_in_s": 0 if held.token is None else max(0, round(held.token.ends_s - now_s)),
        "refused": "" if refusal is None else refusal.message,
        "refused_for_s": 0 if refusal is None else round(refusal.until_s - now_s),
        "cool_down_s": max(0, round(held.cool_until_s - now_s)),
    }
    if as_json:
        print_json(facts)
    else:
        print_facts([(name.replace("_", " "), str(value)) for name, value in facts.items()])


@auth_.command("clear")
@json_option
@with_connection
def clear(connection: Connection, *, as_json: bool) -> None:
    """Forget all tokens, refusals and pauses, of all credentials."""
    from c8py.transport import shared_cache  # noqa: PLC0415  see Connection

    settings = connection.settings()
    shared_cache(settings).clear()
    done("forgotten", {"folder": str(settings.token_cache_dir)}, as_json=as_json)
