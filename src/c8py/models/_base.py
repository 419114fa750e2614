"""What every generated model stands on: kept members, open enums, points in time. No model is defined here."""

from typing import TYPE_CHECKING, Final, Self, TypeAlias, TypeVar, cast

from msgspec import UNSET, Struct, UnsetType, field

__all__ = ["KEPT", "UNSET", "DateTime", "Model", "Open", "UnsetType", "field"]

_Known = TypeVar("_Known", bound=str)

DateTime: TypeAlias = str
"""A point in time as the server writes it; `datetime.fromisoformat` reads all its forms, with and without a colon."""

KEPT: Final = "unknown_members"
"""Where a model has the members that it has no field for; most have none."""

if TYPE_CHECKING:
    Open: TypeAlias = _Known | str
    """The known values of an enum, or one that is newer than this package."""
else:

    class Open:
        """A plain text when decoding: a union of literals and str is not decodable, and nothing has to be checked."""

        def __class_getitem__(cls, _known: object) -> type[str]:
            return str


class Model(Struct, frozen=True, rename="camel", dict=True):
    """An object of an API; `c8py.models.unknown_members` has what came with it and what it has no field for.

    Those members count when models are compared, and go along when one is copied or pickled. They are no part of its
    `repr`, and not of a request that it is put into.
    """

    def __eq__(self, other: object) -> bool:
        same = super().__eq__(other)  # or NotImplemented, for another kind
        return vars(self) == vars(other) if same is True else same

    __hash__ = Struct.__hash__

    def __copy__(self) -> Self:
        """The same values and members; `msgspec.structs.replace` makes a new value, without the members."""
        copied = cast("Self", super().__copy__())  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
        vars(copied).update(vars(self))
        return copied

    def __reduce__(self) -> tuple[object, ...]:
        """How it is pickled, and deeply copied."""
        made = cast("tuple[object, ...]", super().__reduce__())
        return (*made, vars(self)) if vars(self) else made
