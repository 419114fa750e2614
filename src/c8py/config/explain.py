"""Shows settings with their sources, secrets masked; for `c8 config explain` and for reports of trouble."""

import msgspec

from c8py.base.redact import Secret
from c8py.config.fields import FIELDS
from c8py.config.settings import Settings, Source


class Row(msgspec.Struct, frozen=True):
    """One setting as a person sees it.

    Attributes:
        name: of the field.
        value: as text; "***" for a secret, "" where not set.
        source: where it came from; "not set" where nothing says anything.
        names: the names that are looked for in the environment and in credentials files.
    """

    name: str
    value: str
    source: str
    names: tuple[str, ...]


def explain(settings: Settings) -> tuple[Row, ...]:
    """Every setting, in the order of the table."""
    return tuple(
        Row(field.name, _shown(value := _value(settings, field.name)), _said(settings, field.name, value), field.names)
        for field in FIELDS
    )


def _value(settings: Settings, name: str) -> object:
    return getattr(settings, name)


def _shown(value: object) -> str:
    if isinstance(value, Secret):
        return "***"
    return "" if value is None else str(value)


def _said(settings: Settings, name: str, value: object) -> str:
    source = settings.sources.get(name)
    if source is not None:
        return str(source)
    return "not set" if value is None else str(Source("default"))
