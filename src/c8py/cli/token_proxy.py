"""`c8 auth serve`: the token proxy in this process, until it is told to stop."""

import logging
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
import msgspec

from c8py.base.redact import Secret
from c8py.cli.failures import extra_needed
from c8py.cli.options import FILE, FOLDER, json_option
from c8py.cli.output import say
from c8py.errors import ConfigError

if TYPE_CHECKING:
    from c8py.auth import Seal
    from c8py.token_proxy import ProxySettings, Ready
    from c8py.token_proxy.upstreams import Method

_KEY: Final = "C8_TOKEN_PROXY_KEY"
_KEY_FILE_BYTES_MAX: Final = 1024
_METHODS: Final = ("client_secret_post", "client_secret_basic")
_PORT: Final = click.IntRange(0, 65535)


def _variable(name: str) -> str:
    return f"C8_TOKEN_PROXY_{name}"


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, envvar=_variable("HOST"), help="Address to listen on.")
@click.option("--port", type=_PORT, default=8090, show_default=True, envvar=_variable("PORT"), help="0: a free one.")
@click.option(
    "--upstream",
    "upstreams",
    multiple=True,
    metavar="[NAME=]URL",
    envvar=_variable("UPSTREAM"),
    help="Token service to stand in for, SaaS by default; with a name, at /NAME/oauth/token. Repeatable.",
)
@click.option("--certificate", type=FILE, envvar=_variable("CERTIFICATE"), help="PEM file: speak TLS.")
@click.option("--key", type=FILE, envvar=_variable("CERTIFICATE_KEY"), help="PEM file of the certificate's key.")
@click.option(
    "--state",
    type=FOLDER,
    envvar=_variable("STATE"),
    help=f"Folder in which tokens outlive a restart, sealed with the key in {_KEY}.",
)
@click.option("--state-key-file", type=FILE, envvar=_variable("KEY_FILE"), help="Read the key of --state from here.")
@click.option("--state-unsealed", is_flag=True, help="Store them as they are: only the files' mode protects them.")
@click.option(
    "--client-authentication",
    "method",
    type=click.Choice(_METHODS),
    default=_METHODS[0],
    show_default=True,
    envvar=_variable("CLIENT_AUTHENTICATION"),
    help="How secrets are shown to the token service.",
)
@click.option("--ca-certificate", type=FILE, envvar=_variable("CA_CERTIFICATE"), help="PEM file: trust it, too.")
@click.option("--state-key", "state_key", envvar=_KEY, hidden=True)
@click.option("--https-proxy", envvar=["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"], hidden=True)
@click.option("--http-proxy", envvar=["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"], hidden=True)
@click.option("--no-proxy", envvar=["no_proxy", "NO_PROXY"], hidden=True)
@json_option
def serve(
    *,
    host: str,
    port: int,
    certificate: Path | None,
    key: Path | None,
    ca_certificate: Path | None,
    https_proxy: str | None,
    http_proxy: str | None,
    no_proxy: str | None,
    as_json: bool,
    **behind: Any,
) -> None:
    """Stand in for the token service: one token request for all hosts behind one address.

    Point any client at it with its own variable (CAMUNDA_OAUTH_URL, ZEEBE_AUTHORIZATION_SERVER_URL); nothing else
    changes. It runs until it is told to stop. With --json it prints one line with its addresses when it is ready.

    Each option has a variable, for containers: C8_TOKEN_PROXY_HOST, _PORT, _UPSTREAM (several with spaces between),
    _CERTIFICATE, _CERTIFICATE_KEY, _STATE, _KEY, _KEY_FILE, _CLIENT_AUTHENTICATION, _CA_CERTIFICATE.
    """
    from c8py.config import load  # noqa: PLC0415  help needs none of it

    with extra_needed("proxy"):
        from c8py.serving.running import run_until_told  # noqa: PLC0415
        from c8py.token_proxy import TokenProxy, allow_many_connections, never_dump  # noqa: PLC0415

    never_dump()
    allow_many_connections()
    settings = msgspec.structs.replace(
        settings_behind(**behind), host=host, port=port, certificate=certificate, key=key
    )
    _log_to_stderr()
    # Whatever else configures clients on this machine is no business of the proxy's.
    network = load(
        {
            "auth": "none",
            "ca_certificate": ca_certificate,
            "https_proxy": https_proxy,
            "http_proxy": http_proxy,
            "no_proxy": no_proxy,
        },
        environ={},
    )
    proxy = TokenProxy(settings, network)

    def tell(ready: "Ready") -> None:
        if as_json:
            click.echo(msgspec.json.encode(ready))
        else:
            _tell(ready)

    code = run_until_told(proxy.start, proxy.stop, tell)
    if code:
        raise SystemExit(code)


def settings_behind(
    *,
    upstreams: tuple[str, ...],
    method: "Method",
    state: Path | None,
    state_key: str | None,
    state_key_file: Path | None,
    state_unsealed: bool,
) -> "ProxySettings":
    """The settings of what no caller sees: token services, and what is kept.

    Raises:
        ConfigError: they do not go together.
    """
    from c8py.token_proxy import SAAS_TOKEN_URL, ProxySettings, read_upstream  # noqa: PLC0415  see `serve`

    if state is None and state_unsealed:
        raise ConfigError(
            "expected --state DIR with --state-unsealed, but there is none",
            hint="say where tokens are to be stored, or leave both out: they are kept in memory",
        )
    key = _read_key(state_key_file) if state_key_file is not None else state_key
    if state is not None and not key and not state_unsealed:
        raise ConfigError(
            f"expected a key for what is stored in {state}, but neither {_KEY} nor --state-key-file gives one",
            hint=f"make one with `openssl rand -base64 32` and set {_KEY}, or say --state-unsealed",
        )
    return ProxySettings(
        upstreams=tuple(read_upstream(text, method=method) for text in upstreams or (SAAS_TOKEN_URL,)),
        state=state,
        seal=_seal(Secret(key)) if state is not None and key and not state_unsealed else None,
    )


def _seal(key: Secret) -> "Seal":
    with extra_needed("proxy"):
        from c8py.token_proxy.sealing import AesSeal  # noqa: PLC0415  7 MB that only this needs

    return AesSeal(key)


def _read_key(file: Path) -> str:
    with file.open("rb") as stream:
        return stream.read(_KEY_FILE_BYTES_MAX).decode("ascii", "replace").strip()


def _log_to_stderr() -> None:
    handler = logging.StreamHandler(sys.stderr)
    formatter = logging.Formatter("%(asctime)s.%(msecs)03dZ %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    log = logging.getLogger("c8py")
    log.addHandler(handler)
    log.setLevel(logging.INFO)


def _tell(ready: "Ready") -> None:
    say(f"The token proxy is ready (process {ready.pid}); Ctrl-C stops it.")
    for name, url in ready.token_urls.items():
        say(f"  {name}: CAMUNDA_OAUTH_URL={url}")
    say(f"Tokens outlive it in {ready.state}." if ready.state else "Tokens are kept in memory alone.")
    if not ready.exposed:
        return
    say("Other machines can reach it, and secrets travel to it in plain text: give it a --certificate and its --key.")
