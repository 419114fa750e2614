"""One level of settings at a time: what the arguments, the environment, a file or a profile says.

Finds the names of the table in a mapping, reads their texts, and notes what cannot be read and which two names
contradict each other. Pure; called by `gather`.
"""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import cast

import msgspec

from c8py.base.redact import Secret
from c8py.config import addresses
from c8py.config.fields import BY_NAME, FIELDS, Field, TextError, all_names
from c8py.config.fields.readers import truth
from c8py.config.problems import Problem
from c8py.config.profiles import Profile
from c8py.config.settings import Source
from c8py.config.shown import shown
from c8py.config.switches import DEMANDS, HOST_NAME, INSECURE_NAMES, PORT_NAME, SECURE_NAMES


class Found(msgspec.Struct, frozen=True):
    """The value of one field, and where it stood.

    Attributes:
        value: as it was read; an `InKeyring` of a profile until somebody needs the secret.
        source: where.
        others: where else in the same place it stood: names that say the same, or that are outranked.
    """

    value: object
    source: Source
    others: tuple[tuple[object, Source], ...] = ()


class Layer(msgspec.Struct, frozen=True):
    """What one source says.

    Attributes:
        values: by name of the field.
        problems: of this source alone.
    """

    values: Mapping[str, Found]
    problems: tuple[Problem, ...] = ()


class Text(msgspec.Struct, frozen=True):
    """What stands somewhere under one name. Kept out of `repr`: it may be a secret."""

    text: str
    source: Source

    def __repr__(self) -> str:
        return f"Text({self.source})"


def of_arguments(arguments: Mapping[str, object]) -> Layer:
    """What was passed by the caller; None means not passed."""
    values: dict[str, Found] = {}
    problems: list[Problem] = []
    for name, value in arguments.items():
        field = BY_NAME.get(name)
        source = Source("argument", name)
        if field is None:
            problems.append(_unknown_argument(name))
        elif value is not None:
            read = _passed(field, value, source)
            if isinstance(read, Problem):
                problems.append(read)
            else:
                values[name] = Found(read, source)
    return Layer(values, tuple(problems))


def of_profile(profile: Profile) -> Layer:
    """What a profile says; its texts are read as arguments are, a secret in the keyring is left there."""
    values: dict[str, Found] = {}
    problems: list[Problem] = []
    for name, value in profile.values.items():
        field, source = BY_NAME[name], Source("profile", name, profile.name)
        if not isinstance(value, str):
            values[name] = Found(value, source)
        elif value.strip() or isinstance(field.default, str):
            read = _read(field, Text(value, source))
            if isinstance(read, Problem):
                problems.append(read)
            else:
                values[name] = Found(read, source)
    return Layer(values, tuple(problems))


def of_texts(texts: Mapping[str, Text]) -> Layer:
    """What the environment or a file says under the names of the table; an empty text counts as not there."""
    problems: list[Problem] = list(_demanded(texts))
    secure = _secure(texts, problems)
    values: dict[str, Found] = {}
    for field in FIELDS:
        given = [(text, _read(field, text, secure=secure)) for text in _given(field, texts)]
        malformed = [value for _, value in given if isinstance(value, Problem)]
        problems.extend(malformed)
        if not given or malformed:
            continue
        if not field.ranked:
            problems.extend(_contradictions(field, given))
        (first, value), *others = given
        values[field.name] = Found(value, first.source, tuple((other, text.source) for text, other in others))
    return Layer(values, tuple(problems))


def _given(field: Field, texts: Mapping[str, Text]) -> Iterator[Text]:
    for name in all_names(field):
        text = texts.get(name)
        if text is not None and text.text.strip():
            yield text
    if field.name == "grpc_address":
        parts = [text for name in (HOST_NAME, PORT_NAME) if (text := texts.get(name)) and text.text.strip()]
        if parts:
            yield _host_and_port({part.source.name: part for part in parts})


def _host_and_port(parts: Mapping[str, Text]) -> Text:
    """The Go client's own pair, each with the default it has there."""
    host, port = (parts[name].text.strip() if name in parts else "" for name in (HOST_NAME, PORT_NAME))
    source = next(iter(parts.values())).source
    return Text(f"{host or '127.0.0.1'}:{port or '26500'}", Source(source.level, " and ".join(parts), source.place))


def _demanded(texts: Mapping[str, Text]) -> Iterator[Problem]:
    for name, demand in DEMANDS.items():
        text = texts.get(name)
        if text is not None and text.text.strip():
            try:
                demand(text.text)
            except TextError as error:
                yield Problem(kind="malformed", message=f"{text.source}: {error}")


def _secure(texts: Mapping[str, Text], problems: list[Problem]) -> bool | None:
    said: dict[bool, bool] = {}
    for names, meaning in ((SECURE_NAMES, True), (INSECURE_NAMES, False)):
        for name in names:
            text = texts.get(name)
            if text is not None and text.text.strip():
                try:
                    said[meaning] = said.get(meaning, False) or truth(text.text)
                except TextError as error:
                    problems.append(Problem(kind="malformed", message=f"{text.source}: {error}"))
    if said.get(False):
        return False
    return True if said.get(True) else None


def _contradictions(field: Field, given: list[tuple[Text, object]]) -> Iterator[Problem]:
    (left, value), *others = given
    for right, other in others:
        if value == other or (field.same and field.same(left.text, right.text)):
            continue
        values = "" if field.secret else f" ({shown(field, value)!r} and {shown(field, other)!r})"
        yield Problem(
            kind="contradiction",
            message=f"expected one {field.name}, but {left.source} and {right.source} contradict each other{values}",
            hint="both names mean the same: remove one of them",
        )


def _read(field: Field, text: Text, *, secure: bool | None = None) -> object:
    """The value, or the problem with its text."""
    read = field.read
    if text.source.level in {"argument", "profile"} and field.read_argument is not None:
        read = field.read_argument
    try:
        if field.name == "grpc_address":
            return addresses.grpc_address(text.text, secure=secure)
        return read(text.text.strip())
    except (TextError, addresses.AddressError) as error:
        return Problem(kind="malformed", message=f"{text.source}: {error}", field=field.name)


def _passed(field: Field, value: object, source: Source) -> object:
    if isinstance(value, Secret) and field.secret:
        # A secret that needs no reading may end in a blank.
        return value if field.read is Secret else _read(field, Text(value.reveal(), source))
    if isinstance(value, str | int | float | Path):
        return _read(field, Text(str(value), source))
    items = _texts(value)
    if items is not None and isinstance(field.default, tuple):
        return items
    return Problem(
        kind="malformed",
        message=f"expected text for the setting {field.name}, but got {type(value).__name__}",
        field=field.name,
    )


def _texts(value: object) -> tuple[str, ...] | None:
    """The items of a list of texts; None where it is something else."""
    if not isinstance(value, list | tuple):
        return None
    items = cast("Sequence[object]", value)
    texts = tuple(item for item in items if isinstance(item, str))
    return texts if len(texts) == len(items) else None


def _unknown_argument(name: str) -> Problem:
    close = difflib.get_close_matches(name, BY_NAME, n=1)
    return Problem(
        kind="unknown",
        message=f"expected the name of a setting, but got {name!r}",
        hint=f"did you mean {close[0]!r}?" if close else f"there are {', '.join(BY_NAME)}",
    )
