"""How to ask: filters, sorts, pages as values. Field names are those of the rows; they are checked when asked."""

from enum import StrEnum
from typing import Generic, TypeVar

import msgspec

from c8py.base.limits import SEARCH_PAGE_DEFAULT

Scalar = str | int | bool


class Operator(StrEnum):
    """How a field is compared; the REST names without `$`."""

    EQ = "eq"
    NEQ = "neq"
    EXISTS = "exists"
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"
    IN = "in"
    NOT_IN = "notIn"
    LIKE = "like"


class Condition(msgspec.Struct, frozen=True):
    r"""One comparison of one field.

    Attributes:
        field: a field of the row.
        operator: how.
        value: a tuple for IN and NOT_IN (empty counts as no condition), a bool for EXISTS, a pattern for LIKE
            (`*` any text, `?` one character, `\` takes the next character literally).
    """

    field: str
    operator: Operator
    value: Scalar | tuple[Scalar, ...]


class VariableCondition(msgspec.Struct, frozen=True):
    """A process instance that has a variable of this name whose JSON text meets all conditions on `value`."""

    name: str
    conditions: tuple[Condition, ...]


class Filter(msgspec.Struct, frozen=True):
    """All of `all_of` hold, and at least one of `any_of` (if there are any), and each of `variables` is had."""

    all_of: tuple[Condition, ...] = ()
    any_of: tuple["Filter", ...] = ()
    variables: tuple[VariableCondition, ...] = ()


class Sort(msgspec.Struct, frozen=True):
    """Order by this field; the key of the row decides between equals."""

    field: str
    descending: bool = False


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Which part of the result: `offset` rows skipped, or the rows after or before a cursor of an earlier page."""

    limit: int = SEARCH_PAGE_DEFAULT
    offset: int = 0
    after: str | None = None
    before: str | None = None


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """A whole question."""

    filter: Filter = Filter()
    sort: tuple[Sort, ...] = ()
    page: Page = Page()


R = TypeVar("R")


class Result(msgspec.Struct, Generic[R], frozen=True):
    """A page of rows; the cursors name its first and last row, None when it is empty."""

    items: tuple[R, ...]
    total: int
    start_cursor: str | None
    end_cursor: str | None


class SearchRefused(Exception):  # noqa: N818  a refusal, told to the asker as INVALID_ARGUMENT
    """The question is malformed: unknown field, operator that does not fit, broken cursor. The message says which."""
