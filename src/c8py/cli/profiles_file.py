"""Writes the file of profiles: under a lock, as a whole or not at all, readable for its owner alone.

Comments, the order of keys and what somebody else put there stay. Called by `c8 profile`; the SDK only reads.
"""

import contextlib
import os
import tempfile
from collections.abc import Generator, Mapping, MutableMapping
from pathlib import Path
from typing import Final, cast

import click
import filelock
import tomlkit
import tomlkit.exceptions
from tomlkit.items import InlineTable

from c8py.config.fields import BY_NAME
from c8py.config.profiles import InKeyring, ProfileValue, must_be_a_name, profiles_text
from c8py.errors import ConfigError

_LOCK_WAIT_S: Final = 10.0
_FIRST_LINE: Final = "Profiles of c8py; see `c8 profile --help`. Keys are names of settings."


class Change:
    """The content of the file while it is being changed.

    Args:
        document: as parsed.
        path: of the file.
    """

    def __init__(self, document: tomlkit.TOMLDocument, path: Path) -> None:
        self._document: MutableMapping[str, object] = document
        self._path = path

    @property
    def in_use(self) -> str | None:
        """The profile that holds where nothing names another."""
        name = self._document.get("in_use")
        return name if isinstance(name, str) else None

    def names(self) -> tuple[str, ...]:
        """The profiles, in the order of the file."""
        return tuple(self._tables())

    def in_keyring(self, name: str | None = None) -> frozenset[InKeyring]:
        """Entries of the keyring to which this profile refers, or all of them."""
        found: set[InKeyring] = set()
        for key, table in self._tables().items():
            for value in table.values() if name in {None, key} else ():
                kept = cast("Mapping[str, object]", value).get("keyring") if isinstance(value, dict) else None
                service, _, user = str(kept or "").partition("/")
                if user:
                    found.add(InKeyring(service, user))
        return frozenset(found)

    def put(self, name: str, values: Mapping[str, ProfileValue]) -> None:
        """Set a profile to these values; of one that was there, keys that are no settings stay."""
        tables = self._tables(make=True)
        if name not in tables:
            tables[name] = tomlkit.table()
        table = tables[name]
        for key in [key for key in table if key in BY_NAME and key not in values]:
            del table[key]
        for key, value in values.items():
            table[key] = _entry(value) if isinstance(value, InKeyring) else value

    def use(self, name: str | None) -> None:
        """Let this profile hold where nothing names another; None lets none."""
        if name is None:
            self._document.pop("in_use", None)
        elif "in_use" in self._document:
            self._document["in_use"] = name
        else:
            self._put_first(name)

    def remove(self, name: str) -> None:
        """Take a profile out, and its use with it."""
        del self._tables()[name]
        if self.in_use == name:
            self.use(None)

    def text(self) -> str:
        """The file's new text."""
        return tomlkit.dumps(self._document)

    def _put_first(self, name: str) -> None:
        """A key after a table would belong to that table: it must come before them all."""
        line = tomlkit.document()
        line["in_use"] = name
        rest = self.text()
        self._document = tomlkit.parse(f"{tomlkit.dumps(line)}{'' if rest.startswith(chr(10)) else chr(10)}{rest}")

    def _tables(self, *, make: bool = False) -> MutableMapping[str, MutableMapping[str, object]]:
        profiles = self._document.get("profiles")
        if profiles is None and make:
            self._document["profiles"] = tomlkit.table(is_super_table=True)
            profiles = self._document["profiles"]
        if profiles is None:
            return {}
        if not isinstance(profiles, dict) or not all(isinstance(one, dict) for one in profiles.values()):  # pyright: ignore[reportUnknownMemberType,reportUnknownVariableType]
            raise ConfigError(f"expected tables [profiles.NAME] in {self._path}, but profiles is something else")
        return cast("MutableMapping[str, MutableMapping[str, object]]", profiles)


@contextlib.contextmanager
def changing(path: Path) -> Generator[Change]:
    """Hold the file, let it be changed, and write it; nothing is written when the body fails.

    Raises:
        ConfigError: the file is unreadable, damaged, or somebody else's.
        ClickException: it cannot be written, or another process holds it.
    """
    path = path.resolve()  # the file behind a symbolic link is replaced, not the link
    with _held(path):
        text = profiles_text(path)
        try:
            document = tomlkit.parse(text) if text.strip() else _empty()
        except tomlkit.exceptions.TOMLKitError as error:
            raise ConfigError(f"expected TOML in {path}, but it is none: {error}") from None
        change = Change(document, path)
        yield change
        if change.text() != text:
            _replace(path, change.text())


def must_be_new(change: Change, name: str, *, force: bool) -> None:
    """Refuse a name that is none, or that is taken.

    Raises:
        ConfigError: it is none.
        ClickException: it is taken.
    """
    must_be_a_name(name)
    if not force and name in change.names():
        raise click.ClickException(
            f"expected a new profile {name}, but there is one; choose another name or add --force"
        )


def _empty() -> tomlkit.TOMLDocument:
    document = tomlkit.document()
    document.add(tomlkit.comment(_FIRST_LINE))
    return document


def _entry(value: InKeyring) -> InlineTable:
    entry = tomlkit.inline_table()
    entry["keyring"] = str(value)
    return entry


@contextlib.contextmanager
def _held(path: Path) -> Generator[None]:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with filelock.FileLock(path.with_name(f".{path.name}.lock"), timeout=_LOCK_WAIT_S, mode=0o600):
            yield
    except filelock.Timeout:
        raise click.ClickException(f"expected to change {path}, but another process holds it; try again") from None


def _replace(path: Path, text: str) -> None:
    """Put a file of the new text in the place of the old one; after a crash there is one or the other."""
    made: Path | None = None
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # mode 0600
        made = Path(name)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        made.replace(path)
    except OSError as error:
        raise click.ClickException(f"expected to write {path}, but {error.strerror}") from error
    finally:
        if made is not None:
            made.unlink(missing_ok=True)
