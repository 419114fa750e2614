"""What FEEL values are: numbers with decimal semantics, equality and order, and their way to and from JSON. Pure.

In an evaluation a value is None, bool, int, Decimal, str, list or dict; floats come in with variables and become
decimals when they are looked at. Whole numbers stay Python ints as long as decimal128 holds them exactly.
"""

import decimal
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, TypeAlias, TypeGuard

from c8py.base.limits import FEEL_NUMBER_EXPONENT_MAX, FEEL_STEPS_MAX, JSON_DEPTH_MAX
from c8py.engine.feel.failures import EvaluationFailure

JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"
Number: TypeAlias = int | Decimal

CONTEXT: Final = decimal.Context(
    prec=34,
    rounding=decimal.ROUND_HALF_EVEN,
    Emin=-FEEL_NUMBER_EXPONENT_MAX,
    Emax=FEEL_NUMBER_EXPONENT_MAX,
    traps=[decimal.InvalidOperation, decimal.DivisionByZero, decimal.Overflow],
)
_EXACT: Final = 10**34
_LONG: Final = 1 << 64
_HALF: Final = 1 << 63
_PLAIN_FROM: Final = 1e-3
_PLAIN_BELOW: Final = 1e7


class Budget:
    """How much one evaluation may still do. A step is one item looked at, or a line of text."""

    __slots__ = ("left",)

    def __init__(self, steps: int = FEEL_STEPS_MAX) -> None:
        self.left = steps

    def spend(self, steps: int = 1) -> None:
        """Take these steps away.

        Raises:
            EvaluationFailure: none are left.
        """
        self.left -= steps
        if self.left < 0:
            raise EvaluationFailure(f"expected an evaluation of at most {FEEL_STEPS_MAX} steps, but it needs more")

    def spend_text(self, characters: int) -> None:
        """Take away what looking through so many characters costs.

        Raises:
            EvaluationFailure: nothing is left.
        """
        self.spend(characters >> 6)


def is_number(value: object) -> TypeGuard[Number]:
    """Whether it is a number; true and false are none."""
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def is_list(value: object) -> TypeGuard[list[object]]:
    """Whether it is a list."""
    return isinstance(value, list)


def is_context(value: object) -> TypeGuard[Mapping[str, object]]:
    """Whether it is a context, which JSON calls an object."""
    return isinstance(value, Mapping)


def from_json(value: object) -> object:
    """A variable's value as FEEL sees it: a float becomes the decimal that its digits say."""
    if isinstance(value, float):
        return number_from_float(value)
    return value


def number_from_float(value: float) -> Number | None:
    """The decimal with the shortest digits that mean this float; None for infinities and NaN, which JSON has not."""
    if value != value or value in (float("inf"), float("-inf")):  # noqa: PLR0124  NaN differs from itself
        return None
    number = Decimal(repr(value))
    if value == 0 or _PLAIN_FROM <= abs(value) < _PLAIN_BELOW:
        return number
    # The real engine writes these as m.mE+n first, and reads that: it shows in the number of zeros, so in `string`.
    sign, digits, exponent = number.normalize(CONTEXT).as_tuple()
    return Decimal((sign, (*digits, 0), int(exponent) - 1)) if len(digits) == 1 else number.normalize(CONTEXT)


def rounded(value: int) -> Number:
    """A whole number within decimal128: as it is, or rounded to 34 digits."""
    return value if -_EXACT < value < _EXACT else CONTEXT.create_decimal(value)


def kind_of(value: object) -> str:
    """The type of a value, in the words of the engine's incidents."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "BOOLEAN"
    if isinstance(value, int | float | Decimal):
        return "NUMBER"
    if isinstance(value, str):
        return "STRING"
    return "ARRAY" if is_list(value) else "OBJECT"


def equals(left: object, right: object, budget: Budget) -> bool | None:
    """Whether two values are equal; None when their types cannot be compared. Null is equal to null alone."""
    left, right = from_json(left), from_json(right)
    if left is None or right is None:
        return left is right
    if kind_of(left) != kind_of(right):
        return None
    if is_list(left) and is_list(right):
        return _equal_lists(left, right, budget)
    if is_context(left) and is_context(right):
        return _equal_contexts(left, right, budget)
    if isinstance(left, str):
        budget.spend_text(len(left))
    return left == right


def _equal_lists(left: Sequence[object], right: Sequence[object], budget: Budget) -> bool:
    budget.spend(len(left))
    if len(left) != len(right):
        return False
    return all(equals(one, other, budget) for one, other in zip(left, right, strict=True))


def _equal_contexts(left: Mapping[str, object], right: Mapping[str, object], budget: Budget) -> bool:
    budget.spend(len(left))
    if left.keys() != right.keys():
        return False
    return all(equals(one, right[key], budget) for key, one in left.items())


def order(left: object, right: object, budget: Budget) -> int | None:
    """-1, 0 or 1 as left is less than, equal to or greater than right; None when they have no order."""
    left, right = from_json(left), from_json(right)
    if is_number(left) and is_number(right):
        return -1 if left < right else int(left > right)
    if isinstance(left, str) and isinstance(right, str):
        budget.spend_text(len(left) + len(right))
        if left.isascii() or right.isascii():
            return -1 if left < right else int(left > right)
        # UTF-16 units, as in the real engine: beyond the basic plane their order is not that of code points.
        one, other = _units(left), _units(right)
        return -1 if one < other else int(one > other)
    return None


def _units(text: str) -> bytes:
    return text.encode("utf-16-be", "surrogatepass")


def to_json(value: object, budget: Budget, depth: int = 0) -> JSON:
    """The value as it becomes a variable: whole numbers are 64 bit integers (what is larger wraps), others doubles.

    Raises:
        EvaluationFailure: it is nested too deeply, or too large.
    """
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int | float | Decimal):
        return _number_to_json(value)
    if depth > JSON_DEPTH_MAX:
        raise EvaluationFailure(f"expected a value at most {JSON_DEPTH_MAX} deep, but it is deeper")
    if is_context(value):
        budget.spend(len(value) + 1)
        # Loops, not comprehensions: one Python frame a level.
        entries: dict[str, JSON] = {}
        for key, entry in value.items():
            entries[key] = to_json(entry, budget, depth + 1)
        return entries
    items: list[JSON] = []
    if is_list(value):
        budget.spend(len(value) + 1)
        for item in value:
            items.append(item if isinstance(item, str) else to_json(item, budget, depth + 1))  # noqa: PERF401
    return items


def _number_to_json(value: float | Decimal) -> JSON:
    if isinstance(value, int):
        return value if -_HALF <= value < _HALF else _wrapped(value)
    number = number_from_float(value) if isinstance(value, float) else value
    if not isinstance(number, Decimal):
        return number
    if number != number.to_integral_value():
        if abs(double := float(number)) == float("inf"):
            raise EvaluationFailure("expected a number that fits a double, but it is larger")
        return double
    sign, digits, exponent = number.as_tuple()
    whole = int("".join(map(str, digits)))
    if isinstance(exponent, int) and exponent < 0:
        whole //= 10**-exponent
    elif isinstance(exponent, int):
        whole *= pow(10, exponent, _LONG)
    return _wrapped(-whole if sign else whole)


def _wrapped(value: int) -> int:
    """The low 64 bits, with sign: what the real engine makes of a number that is too large."""
    return (value + _HALF) % _LONG - _HALF
