"""The built-in functions, one row each. A new one is a function and a row; the parser refuses every name without a row.

A function takes the frame and its arguments, and raises `Unfit` where the real engine gives null with a warning.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Final

import msgspec

from c8py.base.limits import FEEL_LIST_ITEMS_MAX, FEEL_NUMBER_EXPONENT_MAX
from c8py.engine.feel.failures import EvaluationFailure
from c8py.engine.feel.frame import Frame
from c8py.engine.feel.values import (
    CONTEXT,
    Number,
    equals,
    from_json,
    is_list,
    is_number,
    kind_of,
    order,
    rounded,
)


class Unfit(Exception):  # noqa: N818  control flow: the arguments do not fit, the call gives null
    """The arguments are not what the function takes."""


class Builtin(msgspec.Struct, frozen=True):
    """One form of a built-in function.

    Attributes:
        parameters: their names, for calls with named arguments.
        run: the function itself.
        rest: whether any number of arguments is taken; `run` is then given them as one list.
    """

    parameters: tuple[str, ...]
    run: Callable[..., object]
    rest: bool = False


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise Unfit(f"expected a text, but {kind_of(value)}")
    return value


def _number(value: object) -> Number:
    value = from_json(value)
    if not is_number(value):
        raise Unfit(f"expected a number, but {kind_of(value)}")
    return value


def as_list(value: object) -> Sequence[object]:
    """The list that an argument must be.

    Raises:
        Unfit: it is none.
    """
    if not is_list(value):
        raise Unfit(f"expected a list, but {kind_of(value)}")
    return value


def _items(arguments: Sequence[object]) -> Sequence[object]:
    """The items of `f([1, 2])` as of `f(1, 2)`."""
    return first if len(arguments) == 1 and is_list(first := arguments[0]) else arguments


def _made(items: list[object]) -> list[object]:
    if len(items) > FEEL_LIST_ITEMS_MAX:
        raise EvaluationFailure(f"expected a list of at most {FEEL_LIST_ITEMS_MAX} items, but it has {len(items)}")
    return items


# -- truth


def _not(_frame: Frame, value: object) -> object:
    return None if not isinstance(value, bool) else not value


def _itself(_frame: Frame, value: object) -> object:
    return value


def _get_or_else(_frame: Frame, value: object, default: object) -> object:
    return default if value is None else value


# -- conversion


def _string(_frame: Frame, value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    if is_number(value) and "E" not in (digits := str(value)):
        return digits
    if isinstance(value, str):
        return value
    what = "a number that needs an exponent" if is_number(value) else f"a value of type {kind_of(value)}"
    raise EvaluationFailure(f"function 'string' is not supported yet for {what}")


_DIGITS = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)


def _to_number(_frame: Frame, value: object) -> object:
    text = _text(value)
    if len(text) > FEEL_NUMBER_EXPONENT_MAX or not _DIGITS.fullmatch(text):
        raise Unfit(f"expected the digits of a number, but '{text[:40]}'")
    return CONTEXT.create_decimal(text)


def _to_number_grouped(frame: Frame, value: object, grouping: object) -> object:
    return _to_number_formatted(frame, value, grouping, None)


def _to_number_formatted(frame: Frame, value: object, grouping: object, decimal: object) -> object:
    text = _text(value)
    if grouping == decimal:
        raise Unfit("expected two separators that differ")
    if grouping is not None:
        text = text.replace(_separator(grouping, " .,"), "")
    return _to_number(frame, text if decimal is None else text.replace(_separator(decimal, ".,"), "."))


def _separator(value: object, allowed: str) -> str:
    separator = _text(value)
    if len(separator) != 1 or separator not in allowed:
        raise Unfit(f"expected one of the separators '{allowed}', but '{separator[:40]}'")
    return separator


# -- texts


def _of_text(function: Callable[[str], object]) -> Callable[..., object]:
    def run(frame: Frame, text: object) -> object:
        frame.budget.spend_text(len(_text(text)))
        return function(_text(text))

    return run


def _of_two_texts(test: Callable[[str, str], bool]) -> Callable[..., object]:
    def run(frame: Frame, text: object, match: object) -> object:
        frame.budget.spend_text(len(_text(text)) + len(_text(match)))
        return test(_text(text), _text(match))

    return run


# -- numbers and lists


def _abs(_frame: Frame, value: object) -> object:
    number = _number(value)
    return abs(number) if isinstance(number, int) else CONTEXT.abs(number)


def _count(_frame: Frame, value: object) -> object:
    return len(as_list(value))


def _sum(frame: Frame, arguments: Sequence[object]) -> object:
    items = _items(arguments)
    if not items:
        return None
    frame.budget.spend(len(items))
    total: Number = 0
    for item in items:
        number = _number(item)
        if isinstance(total, int) and isinstance(number, int):
            total = rounded(total + number)
        else:
            total = CONTEXT.add(Decimal(total), Decimal(number))
    return total


def _extreme(wanted: int) -> Callable[..., object]:
    def run(frame: Frame, arguments: Sequence[object]) -> object:
        items = _items(arguments)
        if not items:
            return None
        frame.budget.spend(len(items))
        best = from_json(items[0])
        if order(best, best, frame.budget) is None:
            raise Unfit(f"expected values that have an order, but {kind_of(best)}")
        for item in items[1:]:
            compared = order(item, best, frame.budget)
            if compared is None:
                raise Unfit(f"expected values of one type, but {kind_of(best)} and {kind_of(item)}")
            if compared == wanted:
                best = from_json(item)
        return best

    return run


def _list_contains(frame: Frame, items: object, element: object) -> object:
    sought = from_json(element)
    for item in as_list(items):
        frame.budget.spend()
        if equals(item, sought, frame.budget):
            return True
    return False


def _append(frame: Frame, arguments: Sequence[object]) -> object:
    if not arguments:
        raise Unfit("expected a list, but nothing")
    first = as_list(arguments[0])
    frame.budget.spend(len(first))
    return _made([*first, *arguments[1:]])


def _concatenate(frame: Frame, arguments: Sequence[object]) -> object:
    joined: list[object] = []
    for argument in arguments:
        part = argument if is_list(argument) else [argument]
        frame.budget.spend(len(part))
        joined += part
    return _made(joined)


_FROM_TEXT = ("from", "grouping separator", "decimal separator")

FUNCTIONS: Final[Mapping[str, tuple[Builtin, ...]]] = {
    "not": (Builtin(("negand",), _not),),
    "is defined": (Builtin(("value",), _itself),),  # the compiler gives it a truth value
    "get or else": (Builtin(("value", "default"), _get_or_else),),
    "string": (Builtin(("from",), _string),),
    "number": (
        Builtin(_FROM_TEXT[:1], _to_number),
        Builtin(_FROM_TEXT[:2], _to_number_grouped),
        Builtin(_FROM_TEXT, _to_number_formatted),
    ),
    "contains": (Builtin(("string", "match"), _of_two_texts(str.__contains__)),),
    "starts with": (Builtin(("string", "match"), _of_two_texts(str.startswith)),),
    "ends with": (Builtin(("string", "match"), _of_two_texts(str.endswith)),),
    "upper case": (Builtin(("string",), _of_text(str.upper)),),
    "lower case": (Builtin(("string",), _of_text(str.lower)),),
    "string length": (Builtin(("string",), _of_text(len)),),
    "abs": (Builtin(("number",), _abs),),
    "count": (Builtin(("list",), _count),),
    "sum": (Builtin(("list",), _sum, rest=True),),
    "min": (Builtin(("list",), _extreme(-1), rest=True),),
    "max": (Builtin(("list",), _extreme(1), rest=True),),
    "list contains": (Builtin(("list", "element"), _list_contains),),
    "append": (Builtin(("list", "items"), _append, rest=True),),
    "concatenate": (Builtin(("lists",), _concatenate, rest=True),),
}

# Names with spaces that FEEL has and we have not yet: the parser must know them to name them.
_LATER: Final = (
    "date and time",
    "years and months duration",
    "substring before",
    "substring after",
    "string join",
    "is blank",
    "to base64",
    "insert before",
    "index of",
    "distinct values",
    "duplicate values",
    "list replace",
    "is empty",
    "get value",
    "get entries",
    "context put",
    "context merge",
    "put all",
    "day of year",
    "day of week",
    "month of year",
    "week of year",
    "last day of month",
    "random number",
    "round up",
    "round down",
    "round half up",
    "round half down",
    "met by",
    "overlaps before",
    "overlaps after",
    "finished by",
    "started by",
    "from json",
    "to json",
    "from unix timestamp",
    "unix timestamp",
    "from ai",
)

KNOWN_NAMES: Final = frozenset((*FUNCTIONS, *_LATER))
NAME_WORDS_MAX: Final = max(name.count(" ") + 1 for name in KNOWN_NAMES)
