"""Profiles: named sets of settings in a TOML file of one person, and the keyring in which their secrets may stand.

    in_use = "dev"

    [profiles.dev]
    rest_address = "http://localhost:8080"
    client_id = "worker"
    client_secret = { keyring = "c8py/dev.client_secret" }

Keys are the names of the fields of `Settings`, texts are read as arguments are. Reads only; `c8 profile` writes.
Called by `load` and by the command line. Never puts a value into an error: the file may hold secrets.
"""

import difflib
import os
import re
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final, TypeAlias, cast

import msgspec

from c8py.base.limits import PROFILE_NAME_CHARS_MAX, PROFILES_FILE_BYTES_MAX
from c8py.base.redact import Secret
from c8py.config.fields import BY_NAME
from c8py.errors import ConfigError

PROFILE_NAME: Final = "C8_PROFILE"
CONFIG_DIR_NAME: Final = "C8_CONFIG_DIR"
KEYRING_SERVICE: Final = "c8py"

_FILE: Final = "profiles.toml"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_READABLE: Final = stat.S_IRGRP | stat.S_IROTH
_WRITABLE: Final = stat.S_IWGRP | stat.S_IWOTH


class InKeyring(msgspec.Struct, frozen=True):
    """A secret that stands in the system's keyring: what it is kept under there."""

    service: str
    user: str

    def __str__(self) -> str:
        return f"{self.service}/{self.user}"


ProfileValue: TypeAlias = str | InKeyring


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """One set of settings.

    Attributes:
        name: of the profile.
        values: field name of `Settings` to its text, or to where in the keyring it stands.
        unknown: keys that name no field.
    """

    name: str
    values: Mapping[str, ProfileValue]
    unknown: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Profile({self.name!r}, {', '.join(self.values)})"


class Profiles(msgspec.Struct, frozen=True, kw_only=True):
    """What the file holds.

    Attributes:
        path: of the file, whether it is there or not.
        in_use: the profile that holds where nothing names another; None where there is none.
        profiles: by name, in the order of the file.
        remarks: what a person should know about the file: others can read it, keys that mean nothing.
    """

    path: Path
    in_use: str | None = None
    profiles: Mapping[str, Profile] = {}
    remarks: tuple[str, ...] = ()

    def chosen(self, name: str | None = None) -> Profile | None:
        """The profile of this name, else the one in use; None where neither is said.

        Raises:
            ConfigError: there is no profile of that name.
        """
        wanted = name or self.in_use
        if wanted is None:
            return None
        profile = self.profiles.get(wanted)
        if profile is None:
            raise ConfigError(
                f"expected a profile {wanted!r} in {self.path}, but {self._there()}", hint=self._way(wanted)
            )
        return profile

    def _there(self) -> str:
        return f"it has {', '.join(self.profiles)}" if self.profiles else "it has none"

    def _way(self, wanted: str) -> str:
        close = difflib.get_close_matches(wanted, self.profiles, n=1)
        return f"did you mean {close[0]!r}?" if close else f"make it with `c8 profile add {wanted}`"


def profiles_path(environ: Mapping[str, str] | None = None) -> Path:
    """Where this person's profiles are: in the folder of C8_CONFIG_DIR, else where the system keeps configuration.

    Args:
        environ: the environment; None is that of the process.
    """
    folder = (os.environ if environ is None else environ).get(CONFIG_DIR_NAME, "").strip()
    if folder:
        return Path(folder).expanduser() / _FILE
    from platformdirs import user_config_path  # noqa: PLC0415  importing c8py stays quick

    return user_config_path("c8py", appauthor=False) / _FILE


def read_profiles(path: Path) -> Profiles:
    """The profiles of a file; none where it is not there.

    Raises:
        ConfigError: it cannot be read, others can write it, it is no TOML, or a value is of no use; names the place,
            never shows the value.
    """
    found = _read(path)
    if found is None:
        return Profiles(path=path)
    text, known = found
    document = _parsed(text, path)
    in_use, tables = document.get("in_use"), document.get("profiles", {})
    if in_use is not None and not isinstance(in_use, str):
        raise ConfigError(f"expected in_use in {path} to be the name of a profile, but it is something else")
    if not isinstance(tables, dict):
        raise ConfigError(f"expected tables [profiles.NAME] in {path}, but profiles is something else")
    profiles = {name: _profile(name, table, path) for name, table in cast("dict[str, object]", tables).items()}
    return Profiles(path=path, in_use=in_use or None, profiles=profiles, remarks=_remarks(path, known, profiles))


def profiles_text(path: Path) -> str:
    """The file's text for who wants to change it; empty where it is not there.

    Raises:
        ConfigError: it cannot be read, others can write it, or it is no TOML.
    """
    found = _read(path)
    if found is None:
        return ""
    _parsed(found[0], path)
    return found[0]


def must_be_a_name(name: str) -> str:
    """The name, which a person can type, a shell leaves alone and a file system takes.

    Raises:
        ConfigError: it is none.
    """
    if not _NAME.fullmatch(name) or len(name) > PROFILE_NAME_CHARS_MAX:
        raise ConfigError(
            f"expected the name of a profile, at most {PROFILE_NAME_CHARS_MAX} of A-Z a-z 0-9 _ . - and no sign first, "
            f"but got {name[:PROFILE_NAME_CHARS_MAX]!r}"
        )
    return name


def resolve_secret(entry: InKeyring) -> Secret:
    """The secret, from the system's keyring; a person may be asked to unlock it.

    Raises:
        ConfigError: there is no keyring, it stays locked, or has no such entry.
    """
    try:
        import keyring  # noqa: PLC0415  an extra
        import keyring.errors  # noqa: PLC0415
    except ModuleNotFoundError:
        raise missing_keyring(f"{entry} of the system's keyring") from None
    try:
        text = keyring.get_password(entry.service, entry.user)
    except (keyring.errors.KeyringError, RuntimeError, OSError) as error:
        raise ConfigError(
            f"expected {entry} of the system's keyring, but it cannot be asked ({type(error).__name__})",
            hint="unlock it; where there is none, add the profile again without --keyring",
        ) from None
    if text is None:
        raise ConfigError(
            f"expected {entry} in the system's keyring, but it has no such entry",
            hint="add the profile again with `c8 profile add NAME --keyring --force`",
        )
    return Secret(text)


def missing_keyring(what: str) -> ConfigError:
    """The error of who needs the keyring and has not installed it."""
    return ConfigError(f"expected {what}, but the package keyring is not installed", hint="pip install 'c8py[keyring]'")


def _read(path: Path) -> tuple[str, os.stat_result] | None:
    try:
        with path.open("rb") as file:
            content, known = file.read(PROFILES_FILE_BYTES_MAX + 1), os.fstat(file.fileno())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ConfigError(f"expected profiles at {path}, but they cannot be read ({error.strerror})") from error
    _must_be_ours(path, known)
    if len(content) > PROFILES_FILE_BYTES_MAX:
        raise ConfigError(f"expected profiles at {path}, but the file is larger than {PROFILES_FILE_BYTES_MAX} bytes")
    try:
        return content.decode("utf-8-sig"), known
    except UnicodeDecodeError:
        raise ConfigError(f"expected text in {path}, but it is not UTF-8") from None


def _must_be_ours(path: Path, known: os.stat_result) -> None:
    """Refuse a file that somebody else can write: it decides where our secrets are sent."""
    if not hasattr(os, "geteuid"):
        return
    if known.st_uid not in {0, os.geteuid()}:
        raise ConfigError(
            f"expected {path} to belong to you, but it belongs to another user, who could send your secrets anywhere",
            hint=f"make it yours with chown, or keep your own in another folder with {CONFIG_DIR_NAME}",
        )
    if known.st_mode & _WRITABLE:
        raise ConfigError(
            f"expected {path} to be writable for you alone, but others could change where your secrets are sent",
            hint=f"chmod 600 {path}",
        )


def _parsed(text: str, path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(
            f"expected TOML in {path}, but it is none: {error}", hint="mend it in an editor; nothing was changed"
        ) from None


def _profile(name: str, table: object, path: Path) -> Profile:
    if not isinstance(table, dict):
        raise ConfigError(f"expected a table [profiles.{name}] in {path}, but it is something else")
    keys = cast("dict[str, object]", table)
    values = {key: _value(key, value, f"{path}, profile {name}") for key, value in keys.items() if key in BY_NAME}
    return Profile(name=name, values=values, unknown=tuple(key for key in keys if key not in BY_NAME))


def _value(key: str, value: object, place: str) -> ProfileValue:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    if isinstance(value, dict) and BY_NAME[key].secret:
        return _in_keyring(key, cast("dict[str, object]", value), place)
    if isinstance(value, list):
        items = cast("list[object]", value)
        if all(isinstance(item, str) for item in items):
            return ",".join(cast("list[str]", items))
    raise ConfigError(f"expected {key} in {place} as text, but it is something else")


def _in_keyring(key: str, entry: dict[str, object], place: str) -> InKeyring:
    kept = entry.get("keyring")
    service, _, user = kept.partition("/") if isinstance(kept, str) else ("", "", "")
    if not service or not user or len(entry) != 1:
        raise ConfigError(f'expected {key} in {place} as text or {{ keyring = "service/user" }}, but it is neither')
    return InKeyring(service, user)


def _remarks(path: Path, known: os.stat_result, profiles: Mapping[str, Profile]) -> tuple[str, ...]:
    remarks = [
        f"{path}, profile {profile.name}: {key} is no setting{_meant(key)}"
        for profile in profiles.values()
        for key in profile.unknown
    ]
    plain = any(
        BY_NAME[key].secret and isinstance(value, str) for one in profiles.values() for key, value in one.values.items()
    )
    if plain and hasattr(os, "geteuid") and known.st_mode & _READABLE:
        remarks.insert(0, f"{path} holds secrets, and others can read it; chmod 600 {path}")
    return tuple(remarks)


def _meant(key: str) -> str:
    close = difflib.get_close_matches(key, BY_NAME, n=1)
    return f"; did you mean {close[0]}?" if close else ""
