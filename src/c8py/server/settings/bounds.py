"""What all settings are held to: numbers within bounds, names that can be shown. Raises what names the field."""

from c8py.base import limits
from c8py.errors import ConfigError


def within(owner: str, value: object, names: dict[str, tuple[float, float]]) -> None:
    """Refuse numbers out of their bounds, naming the field.

    Raises:
        ConfigError: one of the named fields is below its least or above its greatest value.
    """
    for name, (least, greatest) in names.items():
        number = getattr(value, name)
        if not least <= number <= greatest:
            message = f"expected {owner}{name} between {least:g} and {greatest:g}, but it is {number:g}"
            raise ConfigError(message, hint="leave it out to get the default")


def named(field: str, text: str) -> None:
    """Refuse a name that is empty, endless or cannot be shown.

    Raises:
        ConfigError: it is.
    """
    if not text.strip() or len(text) > limits.SERVER_NAME_CHARS_MAX or not text.isprintable():
        raise ConfigError(
            f"expected {field} of 1 to {limits.SERVER_NAME_CHARS_MAX} printable characters, but it is {text[:80]!r}"
        )
