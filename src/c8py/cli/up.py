"""`c8 up`: the local platform in this process, until Ctrl-C."""

import os
import shlex
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click
import msgspec

from c8py.cli.options import FOLDER, json_option
from c8py.cli.output import styled
from c8py.cli.session import session
from c8py.errors import ConfigError

if TYPE_CHECKING:
    from c8py.server.addresses import Addresses
    from c8py.server.settings import Settings


@click.command("up")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--http-port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0: a free one.")
@click.option("--grpc-port", type=click.IntRange(0, 65535), default=26500, show_default=True, help="0: a free one.")
@click.option("--data-dir", type=FOLDER, help="Where everything is kept; the user's data folder by default.")
@click.option("--ephemeral", is_flag=True, help="Keep nothing: a temporary folder that goes at the end.")
@click.option("--auth", type=click.Choice(["oauth", "basic", "none"]), default="oauth", show_default=True)
@click.option("--tls-certificate", help="PEM file: HTTP and gRPC show this certificate.")
@click.option("--tls-key", help="PEM file of its key.")
@click.option("--public-url", help="How others reach it, behind a reverse proxy or by the certificate's name.")
@click.option(
    "--java-home", envvar="JAVA_HOME", help="Java for clusters of real brokers; one is looked for by default."
)
@click.option("--zeebe-home", help="An unpacked distribution of Zeebe in the place of a fetched one.")
@click.option("--cache-dir", envvar="C8_CACHE_DIR", help="Where what is fetched stays; the user's cache by default.")
@click.option(
    "--set",
    "numbers",
    multiple=True,
    metavar="NAME=VALUE",
    help="Any other setting, such as oauth.rate_per_s=5 or cluster.region=home-1.",
)
@click.option("--until-stdin-closes", is_flag=True, hidden=True)
@json_option
def up_(
    *,
    host: str,
    http_port: int,
    grpc_port: int,
    data_dir: Path | None,
    ephemeral: bool,
    auth: str,
    tls_certificate: str | None,
    tls_key: str | None,
    public_url: str | None,
    java_home: str | None,
    zeebe_home: str | None,
    cache_dir: str | None,
    numbers: tuple[str, ...],
    until_stdin_closes: bool,
    as_json: bool,
) -> None:
    """Start the local platform: OAuth token service, Console, gateway (gRPC and REST) and engine.

    It runs until Ctrl-C. With --json it prints one line with all addresses when it is ready.
    """
    if ephemeral and data_dir is not None:
        raise click.UsageError("expected --ephemeral or --data-dir, but got both")
    from c8py.server.app import Platform  # noqa: PLC0415  the platform is an extra, and heavy
    from c8py.serving.running import run_until_told  # noqa: PLC0415

    brokers = {"java_home": java_home or "", "zeebe_home": zeebe_home or "", "cache_dir": cache_dir or _cache_dir()}
    given: dict[str, object] = {"host": host, "http_port": http_port, "grpc_port": grpc_port, "auth": auth}
    given |= {"tls_certificate": tls_certificate or "", "tls_key": tls_key or "", "public_url": public_url or ""}
    given["brokers"] = brokers
    settings = settings_of(given, None if ephemeral else data_dir or default_data_dir(), numbers)
    if until_stdin_closes:
        threading.Thread(target=_stop_at_end_of_stdin, daemon=True).start()
    platform = Platform(settings)

    def tell(ready: "Addresses") -> None:
        (_line(ready) if as_json else _tell(ready, settings))

    code = run_until_told(platform.start, platform.stop, tell)
    if platform.brokers_left:
        click.echo(
            f"c8: {platform.brokers_left} brokers go on; the next start finds them (c8 cluster suspend)", err=True
        )
    if code:
        raise SystemExit(code)


def _line(ready: "Addresses") -> None:
    """One line, on a terminal too: programs wait for its end."""
    click.echo(msgspec.json.encode(ready))


def _stop_at_end_of_stdin() -> None:
    # Unbuffered: a buffered reader's lock, held here, would keep the interpreter from ending.
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def default_data_dir() -> Path:
    """Where a platform keeps its state when nobody says."""
    from platformdirs import user_data_path  # noqa: PLC0415

    return user_data_path("c8py", appauthor=False) / "platform"


def _cache_dir() -> str:
    from platformdirs import user_cache_path  # noqa: PLC0415

    return str(user_cache_path("c8py", appauthor=False))


def settings_of(given: dict[str, object], data_dir: Path | None, numbers: tuple[str, ...]) -> "Settings":
    """The settings of a platform, from options and from `--set`.

    Raises:
        UsageError: a `--set` is no NAME=VALUE, or names no setting, or its value does not fit.
    """
    from c8py.server.settings import Settings  # noqa: PLC0415

    tree = dict(given)
    for number in numbers:
        name, equals, value = number.partition("=")
        if not equals:
            raise click.UsageError(f"expected --set NAME=VALUE, but got {number!r}")
        *path, leaf = name.strip().split(".")
        branch = tree
        for step in path:
            branch = cast("dict[str, object]", branch.setdefault(step, {}))
            if not isinstance(branch, dict):  # pyright: ignore[reportUnnecessaryIsInstance]  the cast hopes, this checks
                raise click.UsageError(f"expected a setting, but {name} is none")
        branch[leaf] = value
    _fit(Settings, tree, "")
    try:
        settings = msgspec.convert(tree, Settings, strict=False)
        return msgspec.structs.replace(settings, data_dir=data_dir)
    except msgspec.ValidationError as error:
        if isinstance(error.__cause__, ConfigError):
            raise error.__cause__ from None
        raise click.UsageError(f"expected settings that fit, but {error}") from error


def _fit(kind: type[msgspec.Struct], tree: dict[str, object], before: str) -> None:
    """Refuse names that are no settings, and part texts at commas where a setting is several."""
    fields = {field.name: field.type for field in msgspec.structs.fields(kind)}
    for name, value in tree.items():
        if name not in fields:
            known = ", ".join(before + field for field in fields)
            raise click.UsageError(f"expected --set of {known}, but got {before}{name}")
        inner: object = fields[name]
        if isinstance(value, dict) and isinstance(inner, type) and issubclass(inner, msgspec.Struct):
            _fit(inner, cast("dict[str, object]", value), f"{before}{name}.")
        elif inner == tuple[str, ...] and isinstance(value, str):
            tree[name] = tuple(part.strip() for part in value.split(","))


def _tell(ready: "Addresses", settings: "Settings") -> None:
    program = session().program
    kept = "nothing is kept" if settings.data_dir is None else f"kept in {settings.data_dir}"
    if settings.auth == "basic":
        user = settings.users[0]
        start = [
            f"  export CAMUNDA_GRPC_ADDRESS=grpc://{ready.grpc_address} CAMUNDA_REST_ADDRESS={ready.rest_address}",
            f"  export CAMUNDA_BASIC_AUTH_USERNAME={shlex.quote(user.name)} CAMUNDA_BASIC_AUTH_PASSWORD=…",
        ]
    else:
        start = [f"  export C8_CREDENTIALS={shlex.quote(ready.credentials_file)}"]
    lines = [
        styled(f"The platform is ready (process {ready.pid}, {kept}).", fg="green", bold=True),
        "",
        *_facts(
            ("Console", ready.console_url),
            ("REST", f"{ready.rest_address}/v2"),
            ("gRPC", ready.grpc_address),
            ("Tokens", ready.oauth_url),
            ("Administration API", ready.console_api_url),
            ("Cluster client", ready.credentials_file),
            ("Organization client", ready.console_credentials_file),
        ),
        *first_owner(ready.owner_url, settings),
        "",
        "In another terminal:",
        "",
        *start,
        f"  {program} topology",
        f"  {program} run FILE.bpmn",
        "",
        "Ctrl-C stops it.",
    ]
    click.echo("\n".join(lines))


def first_owner(url: str, settings: "Settings") -> list[str]:
    """How somebody becomes the owner of a platform that has none, and who gets into Console until then.

    Args:
        url: of the page that makes one; "" where it is not needed.
        settings: of the platform.
    """
    if not url:
        return []
    if settings.sign_in == "always":
        return ["", "Nobody gets into Console before its first owner is made, once:", f"  {url}"]
    return ["", "Console is open to this machine only. To sign in instead, once:", f"  {url}"]


def _facts(*facts: tuple[str, str]) -> list[str]:
    width = max(len(name) for name, _ in facts)
    return [f"  {styled(name.ljust(width), dim=True)}  {value}" for name, value in facts]
