"""Searches: from the words of the REST API to the questions of the read model, by one table for each thing searched.

Refuses unknown fields, operators that a field does not have, and values of the wrong kind. What the API can filter by
and the embedded engine does not know yet is refused as not supported, by name: silence would be a wrong answer.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import Enum
from typing import Final, NamedTuple, cast

import msgspec

from c8py.base import limits
from c8py.engine.readmodel import Condition, Filter, Operator, Page, Scalar, Search, Sort
from c8py.engine.readmodel.search import VariableCondition
from c8py.server.gateway.refusals import Kind, Refusal, invalid

_KEY = re.compile(r"-?[0-9]{1,19}")
_INT64 = 2**63
_INT32 = 2**31


class Of(Enum):
    """What a field holds, and so which operators it has."""

    TEXT = "text"
    KEY = "a key as text"
    NUMBER = "a whole number"
    MOMENT = "a date and time with offset"
    FLAG = "true or false"


class Field(NamedTuple):
    """A field of the API.

    Attributes:
        row: what it is called in the rows.
        of: what it holds.
        words: those that it can be compared with, where they are counted; () for any. A word that is none of them
            would find nothing, and look like an answer.
    """

    row: str
    of: Of = Of.TEXT
    words: tuple[str, ...] = ()


class Searchable(NamedTuple):
    """What one search can be asked.

    Attributes:
        filters: by the names of the API.
        sorts: names of the API to names of the rows.
        unknown_here: fields of the API that the embedded engine has no rows for.
        branches: whether `$or` is offered.
        by_variables: whether instances can be found by their variables.
    """

    filters: Mapping[str, Field]
    sorts: Mapping[str, str]
    unknown_here: frozenset[str] = frozenset()
    branches: bool = False
    by_variables: bool = False


class SearchBody(msgspec.Struct, forbid_unknown_fields=True):
    """The body of any search."""

    filter: dict[str, object] | None = None
    sort: list["SortBody"] | None = None
    page: "PageBody | None" = None


class SortBody(msgspec.Struct, forbid_unknown_fields=True):
    """One field of an order."""

    field: str
    order: str = "ASC"


class PageBody(msgspec.Struct, forbid_unknown_fields=True):
    """One of: limit, from and limit, after and limit, before and limit."""

    limit: int | None = None
    from_: int | None = msgspec.field(default=None, name="from")
    after: str | None = None
    before: str | None = None


def search_of(body: SearchBody, what: Searchable) -> Search:
    """The question that a body asks.

    Raises:
        Refusal: it is malformed, or the engine does not know something in it.
    """
    return Search(
        filter=_filter(body.filter or {}, what, branches=what.branches),
        sort=tuple(_sort(each, what) for each in body.sort or ()),
        page=_page(body.page or PageBody()),
    )


def _page(body: PageBody) -> Page:
    given = [
        name for name in ("from", "after", "before") if getattr(body, "from_" if name == "from" else name) is not None
    ]
    if len(given) > 1:
        raise invalid(f"expected one of from, after and before in page, but there are {' and '.join(given)}")
    limit = limits.SEARCH_PAGE_DEFAULT if body.limit is None else body.limit
    if not 0 <= limit <= limits.SEARCH_PAGE_MAX:
        raise invalid(f"expected page.limit between 0 and {limits.SEARCH_PAGE_MAX}, but it is {limit}")
    offset = body.from_ or 0
    if not 0 <= offset < _INT32:
        raise invalid(f"expected page.from of at least 0, but it is {offset}")
    return Page(limit=limit, offset=offset, after=body.after, before=body.before)


def _sort(body: SortBody, what: Searchable) -> Sort:
    row = what.sorts.get(body.field)
    if row is None:
        if body.field in what.unknown_here:
            raise _not_here("sort by", body.field)
        raise invalid(f"expected to sort by one of {', '.join(what.sorts)}, but the field is '{body.field[:80]}'")
    order = body.order.upper()
    if order not in {"ASC", "DESC"}:
        raise invalid(f"expected sort.order to be ASC or DESC, but it is '{body.order[:80]}'")
    return Sort(row, descending=order == "DESC")


def _filter(body: Mapping[str, object], what: Searchable, *, branches: bool) -> Filter:
    conditions: list[Condition] = []
    any_of: tuple[Filter, ...] = ()
    variables: tuple[VariableCondition, ...] = ()
    for name, raw in body.items():
        field = what.filters.get(name)
        if raw is None or raw == []:
            continue  # clients send empty lists for what they do not mean
        if field is not None:
            conditions += _conditions(name, field, raw)
        elif name == "$or" and branches:
            any_of = tuple(_filter(each, what, branches=False) for each in _objects(name, raw))
        elif name == "variables" and what.by_variables:
            variables = tuple(_variable(each) for each in _objects(name, raw))
        elif name in what.unknown_here:
            raise _not_here("filter by", name)
        else:
            raise invalid(f"expected filter fields of this search, but there is '{name[:80]}'")
    return Filter(tuple(conditions), any_of, variables)


def _objects(name: str, raw: object) -> list[dict[str, object]]:
    items = cast("list[object]", raw) if isinstance(raw, list) else [None]
    if not all(isinstance(each, dict) for each in items):
        raise invalid(f"expected filter.{name} to be a list of objects, but it is not")
    return cast("list[dict[str, object]]", items)


def _variable(body: Mapping[str, object]) -> VariableCondition:
    name, value = body.get("name"), body.get("value")
    if not isinstance(name, str) or value is None or body.keys() - {"name", "value"}:
        raise invalid("expected a name and a value in each of filter.variables, but there is something else")
    return VariableCondition(name, tuple(_conditions(f"variables[{name[:80]}]", Field("value"), value)))


def _conditions(name: str, field: Field, raw: object) -> list[Condition]:
    """The comparisons of one field: a plain value is equality, an object has operators."""
    if not isinstance(raw, dict):
        return [Condition(field.row, Operator.EQ, _operand(name, field, Operator.EQ, raw))]
    conditions: list[Condition] = []
    for sign, operand in cast("dict[str, object]", raw).items():
        operator = _OPERATORS.get(sign)
        if operator is None or operator not in _OFFERED[field.of]:
            offered = ", ".join(f"${each}" for each in _OFFERED[field.of])
            raise invalid(f"expected filter.{name} to use {offered}, but there is '{sign[:80]}'")
        if operand is None or operand == []:
            continue
        conditions.append(Condition(field.row, operator, _operand(name, field, operator, operand)))
    return conditions


def _operand(name: str, field: Field, operator: Operator, raw: object) -> Scalar | tuple[Scalar, ...]:
    if operator is Operator.EXISTS:
        return _value(name, Of.FLAG, raw)
    if operator is Operator.LIKE:
        return _value(name, Of.TEXT, raw)
    if operator in {Operator.IN, Operator.NOT_IN}:
        if not isinstance(raw, list):
            raise invalid(f"expected a list for ${operator} in filter.{name}, but it is none")
        return tuple(_word(name, field, each) for each in cast("list[object]", raw))
    return _word(name, field, raw)


def _word(name: str, field: Field, raw: object) -> Scalar:
    value = _value(name, field.of, raw)
    if field.words and value not in field.words:
        raise invalid(f"expected filter.{name} to be one of {', '.join(field.words)}, but it is {_shown(raw)}")
    return value


def _value(name: str, of: Of, raw: object) -> Scalar:
    value = _READERS[of](raw)
    if value is None:
        raise invalid(f"expected filter.{name} to be {of.value}, but it is {_shown(raw)}")
    return value


def _text(raw: object) -> str | None:
    return raw if isinstance(raw, str) else None


def key_of(raw: object) -> int | None:
    """The key that a text says; None for anything else."""
    if not isinstance(raw, str) or not _KEY.fullmatch(raw):
        return None
    key = int(raw)
    return key if -_INT64 <= key < _INT64 else None


def _number(raw: object) -> int | None:
    if not isinstance(raw, int) or isinstance(raw, bool):
        return None
    return raw if -_INT32 <= raw < _INT32 else None


def _flag(raw: object) -> bool | None:
    return raw if isinstance(raw, bool) else None


def _moment(raw: object) -> int | None:
    if not isinstance(raw, str):
        return None
    try:
        moment = datetime.fromisoformat(raw)
        return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


def _shown(raw: object) -> str:
    text = msgspec.json.encode(raw).decode()
    return text if len(text) <= 80 else f"{text[:80]}…"  # noqa: PLR2004  as much as reads well in a message


def _not_here(verb: str, field: str) -> Refusal:
    return Refusal(
        Kind.NOT_SUPPORTED,
        f"expected to {verb} what the embedded engine knows, but '{field}' is not among it yet; leave it out",
    )


_READERS: Final[Mapping[Of, Callable[[object], Scalar | None]]] = {
    Of.TEXT: _text,
    Of.KEY: key_of,
    Of.NUMBER: _number,
    Of.MOMENT: _moment,
    Of.FLAG: _flag,
}
_OPERATORS: Final = {f"${operator}": operator for operator in Operator}
_EQUALITY: Final = (Operator.EQ, Operator.NEQ, Operator.EXISTS, Operator.IN, Operator.NOT_IN)
_ORDER: Final = (Operator.GT, Operator.GTE, Operator.LT, Operator.LTE)
_OFFERED: Final[Mapping[Of, tuple[Operator, ...]]] = {
    Of.TEXT: (*_EQUALITY, Operator.LIKE),
    Of.KEY: _EQUALITY,
    Of.NUMBER: (*_EQUALITY, *_ORDER),
    Of.MOMENT: (*_EQUALITY, *_ORDER),
    Of.FLAG: (Operator.EQ, Operator.NEQ, Operator.EXISTS),
}
