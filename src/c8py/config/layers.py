"""One level of settings at a time: what the arguments, the environment and each credentials file say.

Finds the names of the table in a mapping, reads their texts, and refuses two names that contradict each other.
Pure; called by `load`.
"""

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from c8py.base.redact import Secret
from c8py.config import addresses
from c8py.config.credentials_file import Assignment
from c8py.config.fields import BY_NAME, FIELDS, Field, TextError
from c8py.config.fields.readers import truth
from c8py.config.settings import Source
from c8py.config.switches import HOST_NAME, INSECURE_NAMES, PORT_NAME, SECURE_NAMES
from c8py.errors import ConfigError


class Found(msgspec.Struct, frozen=True):
    """The value of one field, and where it stood."""

    value: object
    source: Source


Layer = dict[str, Found]


class _Text(msgspec.Struct, frozen=True):
    text: str
    source: Source


def of_arguments(arguments: Mapping[str, object]) -> Layer:
    """What was passed by the caller; None means not passed.

    Raises:
        ConfigError: there is no such setting, or its text is malformed.
    """
    layer: Layer = {}
    for name, value in arguments.items():
        field = BY_NAME.get(name)
        if field is None:
            close = difflib.get_close_matches(name, BY_NAME, n=1)
            raise ConfigError(
                f"expected the name of a setting, but got {name!r}",
                hint=f"did you mean {close[0]!r}?" if close else f"there are {', '.join(BY_NAME)}",
            )
        if value is None:
            continue
        source = Source("argument", name)
        readable = isinstance(value, str | int | float | Path)
        layer[name] = Found(_read(field, _Text(str(value), source)) if readable else _passed(field, value), source)
    return layer


def of_environment(environ: Mapping[str, str]) -> Layer:
    """What the environment says; an empty variable counts as not set.

    Raises:
        ConfigError: a text is malformed, or two names of one setting contradict each other.
    """
    return _of_texts({name: _Text(text, Source("environment", name)) for name, text in environ.items()})


def of_file(assignments: Mapping[str, Assignment], path: Path) -> Layer:
    """What a credentials file says; an empty value counts as not there.

    Raises:
        ConfigError: a text is malformed, or two names of one setting contradict each other.
    """
    return _of_texts(
        {
            name: _Text(found.value, Source("credentials file", name, f"{path}, line {found.line},"))
            for name, found in assignments.items()
        }
    )


def _of_texts(texts: Mapping[str, _Text]) -> Layer:
    secure = _secure(texts)
    layer: Layer = {}
    for field in FIELDS:
        given = list(_given(field, texts))
        if not given:
            continue
        for other in [] if field.ranked else given[1:]:
            _must_agree(field, given[0], other)
        layer[field.name] = Found(_read(field, given[0], secure=secure), given[0].source)
    return layer


def _given(field: Field, texts: Mapping[str, _Text]) -> Iterator[_Text]:
    for name in field.names:
        text = texts.get(name)
        if text is not None and text.text.strip():
            yield text
    if field.name == "grpc_address":
        host, port = texts.get(HOST_NAME), texts.get(PORT_NAME)
        if (host and host.text.strip()) or (port and port.text.strip()):
            # The Go client's own pair.
            address = f"{(host and host.text.strip()) or '127.0.0.1'}:{(port and port.text.strip()) or '26500'}"
            level = (host or port or _Text("", Source("default"))).source
            names = " and ".join(name for name, text in ((HOST_NAME, host), (PORT_NAME, port)) if text)
            yield _Text(address, Source(level.level, names, level.place))


def _secure(texts: Mapping[str, _Text]) -> bool | None:
    said: dict[bool, bool] = {}
    for names, meaning in ((SECURE_NAMES, True), (INSECURE_NAMES, False)):
        for name in names:
            text = texts.get(name)
            if text is not None and text.text.strip():
                try:
                    said[meaning] = said.get(meaning, False) or truth(text.text)
                except TextError as error:
                    raise ConfigError(f"{text.source}: {error}") from None
    if said.get(False):
        return False
    return True if said.get(True) else None


def _must_agree(field: Field, left: _Text, right: _Text) -> None:
    if left.text.strip() == right.text.strip() or (field.same and field.same(left.text, right.text)):
        return
    if not field.secret and _read(field, left) == _read(field, right):
        return
    values = "" if field.secret else f" ({left.text.strip()!r} and {right.text.strip()!r})"
    raise ConfigError(
        f"expected one {field.name}, but {left.source} and {right.source} contradict each other{values}",
        hint="both names mean the same: remove one of them",
    )


def _read(field: Field, text: _Text, *, secure: bool | None = None) -> object:
    try:
        if field.name == "grpc_address":
            return addresses.grpc_address(text.text, secure=secure)
        read = field.read
        if text.source.level == "argument" and field.read_argument is not None:
            read = field.read_argument
        return read(text.text.strip())
    except (TextError, addresses.AddressError) as error:
        raise ConfigError(f"{text.source}: {error}") from None


def _passed(field: Field, value: object) -> object:
    if field.secret and isinstance(value, Secret):
        return value
    raise ConfigError(f"expected text for the setting {field.name}, but got {type(value).__name__}")
