"""Values as a person may see them: secrets masked, whatever kind they are of. Pure."""

from typing import cast

from c8py.base.redact import Secret, redact
from c8py.config.fields import Field
from c8py.config.profiles import InKeyring

_MASK = "***"


def shown(field: Field, value: object) -> str:
    """The value as text; "" where there is none."""
    if value is None:
        return ""
    if isinstance(value, Secret) and field.shown:
        return field.shown(value.reveal())
    if field.secret or isinstance(value, Secret | InKeyring):
        return _MASK
    # Whoever puts a token where none belongs shall not read it in a report of trouble.
    return redact(_plain(value))


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(str(item) for item in cast("tuple[object, ...]", value))
    text = str(value)
    return f"PEM, {len(text)} characters" if "-----BEGIN " in text else text
