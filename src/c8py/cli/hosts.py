"""`c8 cluster hosts` and `c8 cluster join`: further machines that run brokers of the clusters of one platform."""

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from c8py.cli.cluster_api import Local
from c8py.cli.credentials_text import must_be_writable, must_not_exist, write_private
from c8py.cli.options import FILE, FOLDER, Connection, json_option, with_connection
from c8py.cli.output import print_facts, print_json, print_rows, say

if TYPE_CHECKING:
    from c8py.server.app import Joined

_TOKEN_BYTES_MAX = 4096


class Host(msgspec.Struct, frozen=True, kw_only=True):
    """A joined host, as the platform tells it."""

    id: str
    name: str
    state: str
    host: str = ""
    brokers: int = 0
    clusters: tuple[str, ...] = ()


class _Added(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    token: str


@click.group("hosts")
def hosts() -> None:
    """Further machines that run brokers of this platform's clusters."""


@hosts.command("add")
@click.argument("name")
@click.option("--out", type=FILE, required=True, metavar="FILE", help="Write the join token there, for its owner only.")
@click.option("--force", is_flag=True, help="Replace the file when it exists.")
@json_option
@with_connection
def add(connection: Connection, *, name: str, out: Path, force: bool, as_json: bool) -> None:
    """Let a machine NAME join: makes its token, which nobody ever shows again."""
    if not force:
        must_not_exist(out)
    must_be_writable(out)
    with Local(connection) as local:
        made = local.ask("POST /hosts", kind=_Added, body={"name": name})
    write_private(out, made.token + "\n", force=force)
    if as_json:
        print_json({"id": made.id, "name": made.name, "file": str(out)})
        return
    print_facts([("host", made.name), ("id", made.id), ("file", out)])
    say("c8: take the file to that machine, and start there: c8 cluster join URL --token-file FILE --host ADDRESS")


@hosts.command("list")
@json_option
@with_connection
def list_(connection: Connection, *, as_json: bool) -> None:
    """List them."""
    with Local(connection) as local:
        found = local.ask("GET /hosts", kind=list[Host])
    if as_json:
        print_json(found)
        return
    rows = [(one.id, one.name, one.host, one.brokers, one.state) for one in found]
    print_rows(("ID", "NAME", "ADDRESS", "BROKERS", "STATE"), rows, nothing="no host but the platform's own")


@hosts.command("remove")
@click.argument("name")
@json_option
@with_connection
def remove(connection: Connection, *, name: str, as_json: bool) -> None:
    """Know the host NAME no longer; refused while it has brokers."""
    with Local(connection) as local:
        found = local.ask("GET /hosts", kind=list[Host])
        one = next((one for one in found if name in {one.id, one.name}), None)
        if one is None:
            there = ", ".join(one.name for one in found) or "none"
            raise click.UsageError(f"expected the name or id of a host, but {name} is none; {there}")
        local.ask("DELETE /hosts/{host}", one.id, kind=dict[str, str])
    print_json({"id": one.id, "result": "removed"}) if as_json else print_facts([("removed", one.name)])


@click.command("join")
@click.argument("platform", metavar="URL")
@click.option("--token-file", type=FILE, required=True, metavar="FILE", help="What c8 cluster hosts add has written.")
@click.option("--host", required=True, metavar="ADDRESS", help="Of this machine, as the other hosts reach it.")
@click.option("--data-dir", type=FOLDER, help="Where data of brokers are kept; the user's data folder by default.")
@click.option("--ca-certificate", type=FILE, help="PEM file: trust the platform by it.")
@click.option("--tls-certificate", type=FILE, help="PEM file: brokers show this certificate to clients.")
@click.option("--tls-key", type=FILE, help="PEM file of its key.")
@click.option(
    "--java-home", envvar="JAVA_HOME", type=FOLDER, help="Java for the brokers; one is looked for by default."
)
@click.option("--zeebe-home", type=FOLDER, help="An unpacked distribution of Zeebe in the place of a fetched one.")
@click.option(
    "--allow-java-options", is_flag=True, help="Let the platform choose options of Java, and where Zeebe is unpacked."
)
@click.option("--cache-dir", envvar="C8_CACHE_DIR", type=FOLDER, help="Where what is fetched stays.")
@json_option
def join(
    *,
    platform: str,
    token_file: Path,
    host: str,
    data_dir: Path | None,
    ca_certificate: Path | None,
    tls_certificate: Path | None,
    tls_key: Path | None,
    java_home: Path | None,
    zeebe_home: Path | None,
    allow_java_options: bool,
    cache_dir: Path | None,
    as_json: bool,
) -> None:
    """Run brokers on this machine for the platform at URL, until Ctrl-C; brokers go on, and the next start finds them.

    The machine runs the version of Zeebe that the platform says: join only what you would run here yourself.
    """
    if (tls_certificate is None) != (tls_key is None):
        raise click.UsageError("expected --tls-certificate and --tls-key, but got one of them")
    from platformdirs import user_cache_path, user_data_path  # noqa: PLC0415

    from c8py.server.app import JoinToken, Visit, Visitor  # noqa: PLC0415  the platform is an extra, and heavy
    from c8py.server.brokers import ServerTls  # noqa: PLC0415
    from c8py.serving.running import run_until_told  # noqa: PLC0415

    tls = None
    if tls_certificate is not None and tls_key is not None:
        tls = ServerTls(certificate=str(tls_certificate.absolute()), key=str(tls_key.absolute()))
    with token_file.open("rb") as stream:
        token = JoinToken.read(stream.read(_TOKEN_BYTES_MAX).decode("ascii", "replace"))
    visit = Visit(
        platform=platform,
        token=token,
        host=host,
        folder=data_dir or user_data_path("c8py", appauthor=False) / "joined" / token.host_id,
        cache=(cache_dir or user_cache_path("c8py", appauthor=False)).absolute(),
        ca_certificate=ca_certificate,
        tls=tls,
        java_home=java_home,
        zeebe_home=zeebe_home,
        allow_java_options=allow_java_options,
    )
    _log_to_stderr()
    visitor = Visitor(visit)

    def tell(joined: "Joined") -> None:
        if as_json:
            click.echo(msgspec.json.encode(joined))
        else:
            say(f"{host} has joined {platform}; it looks after {joined.brokers} brokers. Ctrl-C stops it, not them.")

    code = run_until_told(visitor.start, visitor.stop, tell)
    if code:
        raise SystemExit(code)


def _log_to_stderr() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("c8: %(message)s"))
    logging.getLogger("c8py").addHandler(handler)
