"""The forms that pages of a search have: what the next one stands behind, in a page or in each item; and numbers."""

from collections.abc import Sequence
from typing import Protocol, TypeAlias, TypeVar

Item_co = TypeVar("Item_co", covariant=True)

After: TypeAlias = Sequence[object]


class Behind(Protocol[Item_co]):
    """A page, and what the next one stands behind."""

    @property
    def items(self) -> Sequence[Item_co]:
        """What is on it."""
        ...

    @property
    def sort_values(self) -> Sequence[object] | None:
        """Those of its last item."""
        ...


class Sorted(Protocol):
    """An item that says what the one behind it stands behind."""

    @property
    def sort_values(self) -> Sequence[str] | None:
        """Its own."""
        ...


class Numbered(Protocol[Item_co]):
    """A page of several, the first of which is 0."""

    @property
    def items(self) -> Sequence[Item_co]:
        """What is on it."""
        ...

    @property
    def total(self) -> int:
        """How many items there are on all pages."""
        ...
