"""`c8 profile`: named sets of settings in a file of one person, secrets in it or in the system's keyring."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from c8py.base.redact import Secret
from c8py.cli.groups import WholeLinesGroup
from c8py.cli.options import FILE, json_option
from c8py.cli.output import print_json, print_rows, say
from c8py.cli.profiles_file import changing, must_be_new
from c8py.config.fields import BY_NAME
from c8py.config.profiles import KEYRING_SERVICE, InKeyring, ProfileValue, missing_keyring, profiles_path, read_profiles
from c8py.errors import ConfigError

if TYPE_CHECKING:
    from c8py.config.profiles import Profile

_SECRET_CHARS_MAX: Final = 16_384
_in_keyring = click.option("--keyring", is_flag=True, help="Keep its secrets in the system's keyring, not in the file.")
_use = click.option("--use", "in_use", is_flag=True, help="Let it hold where nothing names another.")
_force = click.option("--force", is_flag=True, help="In the place of one that has this name.")
_name = click.argument("name")


@click.group("profile", cls=WholeLinesGroup)
def profile_() -> None:
    """Named sets of settings: choose one with --profile NAME, C8_PROFILE, or `c8 profile use`."""


@profile_.command("add")
@_name
@click.option("--set", "assignments", multiple=True, metavar="SETTING=VALUE", help="As in docs/reference/settings.md.")
@click.option("--ask", "asked", multiple=True, metavar="SETTING", help="Ask for a secret; piped in: a line each.")
@_in_keyring
@_use
@_force
def add(
    *, name: str, assignments: tuple[str, ...], asked: tuple[str, ...], keyring: bool, in_use: bool, force: bool
) -> None:
    """Make a profile of settings that are written here.

    c8 profile add dev --set rest_address=http://localhost:8080 --set client_id=worker --ask client_secret
    """
    if not assignments and not asked:
        raise click.UsageError("expected settings, with --set SETTING=VALUE or --ask SECRET, but there are none")
    values: dict[str, str | Secret] = dict(_assignment(text) for text in assignments)
    with changing(profiles_path()) as change:
        must_be_new(change, name, force=force)  # before anybody types a secret
    values |= {setting: _secret(setting) for setting in map(_secret_setting, asked)}
    _put(name, values, keyring=keyring, in_use=in_use, force=force)


@profile_.command("import")
@_name
@click.argument("file", required=False, type=FILE)
@click.option("--environment", is_flag=True, help="Of the variables that are set here, instead of a file.")
@_in_keyring
@_use
@_force
def import_(*, name: str, file: Path | None, environment: bool, keyring: bool, in_use: bool, force: bool) -> None:
    """Make a profile of FILE: one that Console handed out, a .env file, JSON or YAML with the same names."""
    from c8py.config.capture import of_environment, of_file  # noqa: PLC0415

    if (file is None) is not environment:
        raise click.UsageError("expected a file or --environment, and one of them only")
    values = of_environment() if file is None else of_file(file)
    if not values:
        place = "the environment" if file is None else str(file)
        raise click.UsageError(f"expected settings in {place}, but there are none; see docs/reference/settings.md")
    _put(name, values, keyring=keyring, in_use=in_use, force=force)


@profile_.command("use")
@click.argument("name", required=False)
@click.option("--none", "nothing", is_flag=True, help="Let no profile hold unless one is named.")
def use(*, name: str | None, nothing: bool) -> None:
    """Let profile NAME hold where nothing names another."""
    if (name is None) is not nothing:
        raise click.UsageError("expected the name of a profile or --none, and one of them only")
    path = profiles_path()
    if name is not None:
        read_profiles(path).chosen(name)
    with changing(path) as change:
        change.use(name)
    say("no profile is in use" if name is None else f"profile {name} is in use")


@profile_.command("list")
@json_option
def list_(*, as_json: bool) -> None:
    """The profiles, with what they call, and where their secrets are."""
    known = read_profiles(profiles_path())
    rows = [(one.name, one.name == known.in_use, *_summary(one)) for one in known.profiles.values()]
    if as_json:
        names = ("name", "in_use", "calls", "client", "secrets")
        print_json({"path": str(known.path), "profiles": [dict(zip(names, row, strict=True)) for row in rows]})
    else:
        nothing = "no profile yet; make one with `c8 profile import NAME FILE` or `c8 profile add NAME …`"
        print_rows(("NAME", "IN USE", "CALLS", "CLIENT", "SECRETS"), rows, nothing=nothing)
    for remark in known.remarks:
        say(remark)


@profile_.command("remove")
@_name
def remove(*, name: str) -> None:
    """Remove profile NAME, and its secrets from the keyring."""
    path = profiles_path()
    read_profiles(path).chosen(name)
    with changing(path) as change:
        kept = change.in_keyring(name)
        change.remove(name)
        left_over = kept - change.in_keyring()
    _forget(left_over)
    say(f"profile {name} is removed")


# -- values


def _assignment(text: str) -> tuple[str, str]:
    setting, equals, value = text.partition("=")
    field = BY_NAME.get(setting.strip())
    if not equals or field is None:
        raise ConfigError(
            f"expected SETTING=VALUE with the name of a setting, but got {setting.strip()[:100]!r}",
            hint="`c8 config explain --all` lists the names",
        )
    if field.secret:
        raise ConfigError(
            f"expected {field.name} to be asked for: on the command line other users and the shell's history see it",
            hint=f"use --ask {field.name}",
        )
    return field.name, value


def _secret_setting(setting: str) -> str:
    field = BY_NAME.get(setting)
    if field is None or not field.secret:
        secrets = ", ".join(name for name, one in BY_NAME.items() if one.secret)
        raise ConfigError(
            f"expected a setting that is a secret, but got {setting[:100]!r}", hint=f"those are {secrets}"
        )
    return setting


def _secret(setting: str) -> Secret:
    if sys.stdin.isatty():
        return Secret(str(click.prompt(setting, hide_input=True, err=True)))
    line = sys.stdin.readline(_SECRET_CHARS_MAX).rstrip("\r\n")
    if not line:
        raise ConfigError(f"expected {setting} in a line of standard input, but there is none")
    return Secret(line)


def _put(name: str, values: Mapping[str, str | Secret], *, keyring: bool, in_use: bool, force: bool) -> None:
    from c8py.config.layers import of_profile  # noqa: PLC0415
    from c8py.config.problems import raise_all  # noqa: PLC0415
    from c8py.config.profiles import Profile  # noqa: PLC0415

    plain = {key: value.reveal() if isinstance(value, Secret) else value for key, value in values.items()}
    raise_all(of_profile(Profile(name=name, values=plain)).problems)
    path = profiles_path()
    with changing(path) as change:
        must_be_new(change, name, force=force)
        before = change.in_keyring()
        change.put(name, _kept(name, plain) if keyring else plain)
        if in_use:
            change.use(name)
        left_over = before - change.in_keyring()
    _forget(left_over)
    said = "in use" if in_use else f"use it with --profile {name}, or always with `c8 profile use {name}`"
    say(f"profile {name} is in {path}; {said}")


def _kept(name: str, plain: Mapping[str, str]) -> dict[str, ProfileValue]:
    """The values, the secret ones moved into the keyring."""
    values: dict[str, ProfileValue] = {}
    for key, value in plain.items():
        if BY_NAME[key].secret:
            entry = InKeyring(KEYRING_SERVICE, f"{name}.{key}")
            _keep(entry, value)
            values[key] = entry
        else:
            values[key] = value
    return values


def _keep(entry: InKeyring, secret: str) -> None:
    try:
        import keyring  # noqa: PLC0415  an extra
        import keyring.errors  # noqa: PLC0415
    except ModuleNotFoundError:
        raise missing_keyring("to keep secrets in the system's keyring") from None
    try:
        keyring.set_password(entry.service, entry.user, secret)
    except (keyring.errors.KeyringError, RuntimeError, OSError) as error:
        raise ConfigError(
            f"expected to keep {entry} in the system's keyring, but it refuses ({type(error).__name__})",
            hint="unlock it; where there is none, leave --keyring out: the file is readable for you alone",
        ) from None


def _forget(entries: frozenset[InKeyring]) -> None:
    """Take secrets out of the keyring; one that cannot be taken out is said, for it stays."""
    if not entries:
        return
    try:
        import keyring  # noqa: PLC0415  an extra
        import keyring.errors  # noqa: PLC0415
    except ModuleNotFoundError:
        say(f"in the keyring stay, as it is not installed here: {', '.join(sorted(map(str, entries)))}")
        return
    for entry in entries:
        try:
            keyring.delete_password(entry.service, entry.user)
        except keyring.errors.PasswordDeleteError:
            continue  # it was not there
        except (keyring.errors.KeyringError, RuntimeError, OSError) as error:
            say(f"{entry} stays in the keyring, which refuses ({type(error).__name__})")


def _summary(profile: "Profile") -> tuple[str, str, str]:
    values = profile.values
    calls = next((str(values[key]) for key in ("rest_address", "grpc_address", "cluster_id") if key in values), "")
    client = next(
        (str(values[key]) for key in ("client_id", "basic_username", "console_client_id") if key in values), ""
    )
    secrets = {isinstance(value, InKeyring) for key, value in values.items() if BY_NAME[key].secret}
    return calls, client, " and ".join(word for there, word in ((True, "keyring"), (False, "file")) if there in secrets)
