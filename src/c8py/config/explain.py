"""Shows where each setting comes from, secrets masked; for `c8 config explain` and for reports of trouble.

`survey` looks at all sources and never raises for what it finds there; `explain` shows settings that are at hand.
"""

import difflib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec

from c8py.config.fields import FIELDS, Field, all_names
from c8py.config.gather import Gathered, gather
from c8py.config.layers import Found, Text
from c8py.config.problems import Problem
from c8py.config.profiles import InKeyring
from c8py.config.settings import Level, Settings, Source
from c8py.config.shown import shown
from c8py.config.sources import Asked
from c8py.config.switches import NAMES
from c8py.config.without_effect import WITHOUT_EFFECT

NOT_SET: Final = "not set"
_OURS: Final = ("CAMUNDA_", "ZEEBE_", "C8_")
_CLOSE: Final = 0.9


class Overridden(msgspec.Struct, frozen=True):
    """What is said elsewhere about a setting, and does not hold; or holds as well, as it says the same.

    Attributes:
        value: as text, masked.
        source: where it stands.
        same: whether it says the same.
    """

    value: str
    source: str
    same: bool


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One setting as a person sees it.

    Attributes:
        name: of the field.
        value: as text; "***" for a secret, "" where not set.
        source: where it came from, what it was derived from; "not set" where nothing says anything.
        level: the kind of the source; "default" where nothing says anything.
        names: the names that are looked for in the environment and in files.
        overridden: what other sources say, the highest first.
    """

    name: str
    value: str
    source: str
    level: Level = "default"
    names: tuple[str, ...] = ()
    overridden: tuple[Overridden, ...] = ()


class Ignored(msgspec.Struct, frozen=True):
    """A name of Camunda's that is set and means nothing here.

    Attributes:
        name: as it stands there.
        source: where.
        why: what to do instead, or why there is nothing to do.
    """

    name: str
    source: str
    why: str


class Survey(msgspec.Struct, frozen=True, kw_only=True):
    """All that can be said about the settings of a call; holds no secret.

    Attributes:
        rows: every setting, in the order of the table.
        problems: why `load` would raise.
        ignored: names that are understood, and have no effect.
        remarks: what a person should know, though nothing is wrong.
        files: that were read.
        profile: the profile in force, or None.
    """

    rows: tuple[Row, ...]
    problems: tuple[Problem, ...] = ()
    ignored: tuple[Ignored, ...] = ()
    remarks: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    profile: str | None = None


def survey(
    arguments: Mapping[str, object] | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    credentials_file: Path | str | None = None,
    env_file: Path | str | None = None,
    profile: str | None = None,
    cwd: Path | None = None,
) -> Survey:
    """What `load` with the same parameters goes by, and all that is wrong with it.

    Raises nothing for what stands in the sources, and asks no keyring.
    """
    gathered = gather(
        Asked(
            arguments=arguments or {},
            environ=os.environ if environ is None else environ,
            credentials_file=credentials_file,
            env_file=env_file,
            profile=profile,
            cwd=cwd or Path(),
        )
    )
    return Survey(
        rows=tuple(_row(field, gathered) for field in FIELDS),
        problems=gathered.problems,
        ignored=tuple(_ignored(gathered)),
        remarks=(*gathered.remarks, *_misspelt(gathered)),
        files=tuple(map(str, gathered.files)),
        profile=gathered.profile,
    )


def explain(settings: Settings) -> tuple[Row, ...]:
    """Every setting, in the order of the table."""
    return tuple(_row_of(field, settings) for field in FIELDS)


def _row_of(field: Field, settings: Settings) -> Row:
    value: object = getattr(settings, field.name)
    source = settings.sources.get(field.name)
    return Row(
        name=field.name,
        value=shown(field, value),
        source=_said(source, value),
        level=source.level if source else "default",
        names=field.names,
    )


def _row(field: Field, gathered: Gathered) -> Row:
    found = gathered.found.get(field.name, Found(field.default, Source("default")))
    return Row(
        name=field.name,
        value=shown(field, found.value),
        source=_said(found.source if field.name in gathered.found else None, found.value)
        + (f", in the keyring as {found.value}" if isinstance(found.value, InKeyring) else ""),
        level=found.source.level,
        names=field.names,
        overridden=tuple(
            Overridden(shown(field, value), str(source), value == found.value)
            for value, source in _elsewhere(field, found, gathered)
        ),
    )


def _said(source: Source | None, value: object) -> str:
    if source is not None:
        return str(source)
    return NOT_SET if value is None else str(Source("default"))


def _elsewhere(field: Field, found: Found, gathered: Gathered) -> Iterator[tuple[object, Source]]:
    yield from found.others
    for layer in gathered.layers:
        other = layer.values.get(field.name)
        if other is not None and other.source != found.source and (other.value, other.source) not in found.others:
            yield other.value, other.source
            yield from other.others


def _set_names(gathered: Gathered) -> Iterator[Text]:
    return (text for texts in gathered.texts for text in texts.values() if text.text.strip())


def _ignored(gathered: Gathered) -> Iterator[Ignored]:
    for text in _set_names(gathered):
        why = WITHOUT_EFFECT.get(text.source.name)
        if why is not None:
            yield Ignored(text.source.name, str(text.source), why)


def _misspelt(gathered: Gathered) -> Iterator[str]:
    known = {name for field in FIELDS for name in all_names(field)} | set(NAMES)
    for text in _set_names(gathered):
        name = text.source.name
        if not name.startswith(_OURS) or name in known or name in WITHOUT_EFFECT:
            continue
        close = difflib.get_close_matches(name, known, n=1, cutoff=_CLOSE)
        if close:
            yield f"{text.source} is no name of a setting; did you mean {close[0]}?"
