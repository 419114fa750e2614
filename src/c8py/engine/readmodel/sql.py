"""From a question to one SELECT with parameters. Pure. Only field names of rows get into its text, never values."""

import types
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final, NamedTuple, get_args, get_type_hints

import msgspec

from c8py.base.limits import SEARCH_CONDITIONS_MAX, SEARCH_PAGE_MAX, SEARCH_VALUES_MAX
from c8py.engine.readmodel.rows import Row
from c8py.engine.readmodel.search import Condition, Filter, Operator, Page, Scalar, Search, SearchRefused, Sort

_COMPARISONS: Mapping[Operator, str] = {
    Operator.EQ: "=",
    Operator.NEQ: "!=",
    Operator.GT: ">",
    Operator.GTE: ">=",
    Operator.LT: "<",
    Operator.LTE: "<=",
}
INTEGER_MAX: Final = 2**63 - 1  # what SQLite holds


class Selection(NamedTuple):
    """A statement with its parameters, and another that counts without regard to pages."""

    text: str
    values: list[Scalar]
    count_text: str
    count_values: list[Scalar]
    backwards: bool
    sort: tuple[Sort, ...]


@cache
def fields_of(row: type[Row]) -> Mapping[str, tuple[type, bool]]:
    """For each field that may be named in a filter or sort: its type, and whether it may be null."""
    fields: dict[str, tuple[type, bool]] = {}
    for name, hint in get_type_hints(row).items():
        kinds = get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
        if kinds[0] in (str, int, bool):
            fields[name] = (kinds[0], types.NoneType in kinds)
    return fields


def select(row: type[Row], view: str, search: Search) -> Selection:
    """The statement that answers the question; the first field of the row is its key.

    Raises:
        SearchRefused: the question is malformed.
    """
    key = row.__struct_fields__[0]
    sort = search.sort if any(one.field == key for one in search.sort) else (*search.sort, Sort(key))
    where, values = _Where(row).of(search.filter)
    count_text = f"SELECT count(*) FROM {view} WHERE {where}"  # noqa: S608  names and placeholders only
    count_values = list(values)
    backwards = search.page.before is not None
    cursor = search.page.before or search.page.after
    if cursor is not None:
        after, more = _beyond(row, sort, _cursor_values(cursor, len(sort)), backwards=backwards)
        where, values = f"{where} AND ({after})", values + more
    order = ", ".join(f"{_sortable(row, one)} {'DESC' if one.descending != backwards else 'ASC'}" for one in sort)
    columns = ", ".join(row.__struct_fields__)
    limit, offset = _page(search.page)
    text = f"SELECT {columns} FROM {view} WHERE {where} ORDER BY {order} LIMIT {limit} OFFSET {offset}"  # noqa: S608  as above
    return Selection(text, values, count_text, count_values, backwards, sort)


def cursor_of(row: Row, sort: Sequence[Sort]) -> str:
    """The opaque name of a row's place in this order."""
    place = [_NULL if (value := getattr(row, one.field)) is None else value for one in sort]
    return urlsafe_b64encode(msgspec.msgpack.encode(place)).decode().rstrip("=")


_NULL = -1


def _page(page: Page) -> tuple[int, int]:
    if page.after is not None and page.before is not None:
        raise SearchRefused("expected a page after or before a cursor, but both were given")
    if page.offset and (page.after is not None or page.before is not None):
        raise SearchRefused("expected a page from a position or at a cursor, but both were given")
    if not 0 <= page.limit <= SEARCH_PAGE_MAX:
        raise SearchRefused(f"expected a page limit from 0 to {SEARCH_PAGE_MAX}, but got {page.limit}")
    if not 0 <= page.offset <= INTEGER_MAX:
        raise SearchRefused(f"expected a page to begin at 0 or later, but got {page.offset}")
    return page.limit, page.offset


def _cursor_values(cursor: str, length: int) -> list[Scalar]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        values = msgspec.msgpack.decode(urlsafe_b64decode(padded), type=list[str | int | bool])
    except (ValueError, msgspec.DecodeError):
        raise SearchRefused("expected a cursor of an earlier answer, but it is something else") from None
    if len(values) != length:
        raise SearchRefused("expected a cursor of an answer with the same sort, but it has another")
    return list(values)


def _sortable(row: type[Row], sort: Sort) -> str:
    field = fields_of(row).get(sort.field)
    if field is None:
        raise SearchRefused(f"expected to sort by a field of the result, but '{sort.field}' is none")
    return f"ifnull({sort.field}, {_NULL})" if field[1] else sort.field


def _beyond(
    row: type[Row], sort: Sequence[Sort], place: Sequence[Scalar], *, backwards: bool
) -> tuple[str, list[Scalar]]:
    parts: list[str] = []
    values: list[Scalar] = []
    for at, one in enumerate(sort):
        equal = "".join(f"{_sortable(row, earlier)} = ? AND " for earlier in sort[:at])
        comparison = "<" if one.descending != backwards else ">"
        parts.append(f"({equal}{_sortable(row, one)} {comparison} ?)")
        values += place[: at + 1]
    return " OR ".join(parts), values


class _Where:
    """Builds the text of a filter, and counts what it costs."""

    def __init__(self, row: type[Row]) -> None:
        self._fields = fields_of(row)
        self._conditions = 0
        self._values: list[Scalar] = []

    def of(self, wanted: Filter) -> tuple[str, list[Scalar]]:
        text = self._filter(wanted)
        if self._conditions > SEARCH_CONDITIONS_MAX or len(self._values) > SEARCH_VALUES_MAX:
            raise SearchRefused(
                f"expected at most {SEARCH_CONDITIONS_MAX} conditions with {SEARCH_VALUES_MAX} values, but got more"
            )
        return text, self._values

    def _filter(self, wanted: Filter) -> str:
        parts = [self._condition(one) for one in wanted.all_of]
        for variable in wanted.variables:
            if "process_instance_key" not in self._fields:
                raise SearchRefused("expected no filter by variables, but one was given")
            self._values.append(_storable(variable.name))
            conditions = " AND ".join(self._compare("v.value", str, one) for one in variable.conditions)
            parts.append(
                "EXISTS (SELECT 1 FROM variable v WHERE v.scope_key = process_instance_key AND v.name = ?"  # noqa: S608  the same
                f"{' AND ' + conditions if conditions else ''})"
            )
        alternatives = [self._filter(one) for one in wanted.any_of]
        if alternatives:
            parts.append("(" + " OR ".join(alternatives) + ")")
        return "(" + " AND ".join(parts) + ")" if parts else "1"

    def _condition(self, condition: Condition) -> str:
        field = self._fields.get(condition.field)
        if field is None:
            raise SearchRefused(f"expected to filter by a field of the result, but '{condition.field}' is none")
        return self._compare(condition.field, field[0], condition)

    def _compare(self, column: str, kind: type, condition: Condition) -> str:
        self._conditions += 1
        operator, value = condition.operator, condition.value
        if operator is Operator.EXISTS:
            if not isinstance(value, bool):
                raise SearchRefused(f"expected true or false with exists of '{condition.field}', but got {value!r}")
            there = f"({column} IS NOT NULL AND {column} NOT IN ('', -1))"
            return there if value else f"NOT {there}"
        if operator in (Operator.IN, Operator.NOT_IN):
            return self._member(column, kind, condition)
        if isinstance(value, tuple):
            raise SearchRefused(f"expected one value for '{condition.field}', but got a list")
        if operator is Operator.LIKE:
            if kind is not str or not isinstance(value, str):
                raise SearchRefused(f"expected a pattern for a text, but '{condition.field}' is none")
            self._values.append(_glob(_storable(value)))
            return f"{column} GLOB ?"
        self._values.append(_typed(condition.field, kind, value))
        comparison = f"{column} {_COMPARISONS[operator]} ?"
        return f"({comparison} OR {column} IS NULL)" if operator is Operator.NEQ else comparison

    def _member(self, column: str, kind: type, condition: Condition) -> str:
        value = condition.value
        if not isinstance(value, tuple):
            raise SearchRefused(f"expected a list of values for '{condition.field}', but got {value!r}")
        if not value:
            return "1"
        self._values += [_typed(condition.field, kind, one) for one in value]
        marks = ", ".join("?" * len(value))
        if condition.operator is Operator.IN:
            return f"{column} IN ({marks})"
        return f"({column} NOT IN ({marks}) OR {column} IS NULL)"


def _typed(field: str, kind: type, value: Scalar) -> Scalar:
    if type(value) is not kind:
        raise SearchRefused(f"expected a value of type {kind.__name__} for '{field}', but got {value!r}")
    return _storable(value)


def _storable(value: Scalar) -> Scalar:
    if isinstance(value, int):
        if abs(value) > INTEGER_MAX:
            raise SearchRefused(f"expected a number of 64 bits, but got {value}")
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        raise SearchRefused("expected a text, but got one with broken characters") from None
    return value


def _glob(pattern: Scalar) -> str:
    r"""`*`, `?` and `\` as the API has them, in SQLite's GLOB, which knows no escape but brackets."""
    made: list[str] = []
    characters = iter(str(pattern))
    for character in characters:
        literal = character == "\\"
        one = next(characters, "\\") if literal else character
        made.append(f"[{one}]" if one == "[" or (literal and one in "*?") else one)
    return "".join(made)
