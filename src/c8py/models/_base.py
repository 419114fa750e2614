"""What every generated model stands on: open enums and points in time. No model is defined here."""

from typing import TYPE_CHECKING, TypeAlias, TypeVar

_Known = TypeVar("_Known", bound=str)

DateTime: TypeAlias = str
"""A point in time as the server writes it; `datetime.fromisoformat` reads all its forms, with and without a colon."""

if TYPE_CHECKING:
    Open: TypeAlias = _Known | str
    """The known values of an enum, or one that is newer than this package."""
else:

    class Open:
        """A plain text when decoding: a union of literals and str is not decodable, and nothing has to be checked."""

        def __class_getitem__(cls, _known: object) -> type[str]:
            return str
