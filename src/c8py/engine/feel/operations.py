"""What the operators do to values: calculating and comparing, with null and a warning where the types do not fit.

Used by the compiler, which puts one of these functions into each closure; knows no syntax.
"""

import operator as python
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final, TypeAlias

from c8py.base.limits import FEEL_TEXT_CHARS_MAX
from c8py.engine.feel.failures import EvaluationFailure
from c8py.engine.feel.frame import Frame
from c8py.engine.feel.values import CONTEXT, Number, equals, is_number, kind_of, order, rounded

Operation: TypeAlias = Callable[[Frame, object, object], object]


def _numbers(
    symbol: str, exact: Callable[[int, int], Number | None], general: Callable[[Decimal, Decimal], Decimal]
) -> Operation:
    """An operation on two numbers: `exact` for whole ones (None: not exact after all), `general` for all others."""

    def run(frame: Frame, left: object, right: object) -> object:
        if not is_number(left) or not is_number(right):
            frame.warn("INVALID_TYPE", f"cannot calculate {kind_of(left)} {symbol} {kind_of(right)}")
            return None
        if isinstance(left, int) and isinstance(right, int) and (whole := exact(left, right)) is not None:
            return whole
        if symbol == "/" and right == 0:
            frame.warn("INVALID_TYPE", "cannot divide by zero")
            return None
        try:
            return general(Decimal(left), Decimal(right))
        except ArithmeticError:
            raise EvaluationFailure(f"expected a number that fits decimal128, but '{symbol}' gives none") from None

    return run


def _whole_quotient(left: int, right: int) -> Number | None:
    return rounded(left // right) if right and left % right == 0 else None


def _power(base: Decimal, exponent: Decimal) -> Decimal:
    if (base == 0 and exponent < 0) or (base < 0 and exponent != exponent.to_integral_value()):
        raise ArithmeticError  # infinite, or complex
    if exponent == exponent.to_integral_value():
        return CONTEXT.power(base, exponent)
    # The real engine goes through doubles here.
    return Decimal(repr(float(base) ** float(exponent)))


_subtract_or_refuse = _numbers("-", lambda left, right: rounded(left - right), CONTEXT.subtract)
_add_numbers = _numbers("+", lambda left, right: rounded(left + right), CONTEXT.add)


def _add(frame: Frame, left: object, right: object) -> object:
    if isinstance(left, str) and isinstance(right, str):
        if len(left) + len(right) > FEEL_TEXT_CHARS_MAX:
            raise EvaluationFailure(f"expected a text of at most {FEEL_TEXT_CHARS_MAX} characters, but it is longer")
        frame.budget.spend_text(len(left) + len(right))
        return left + right
    return _add_numbers(frame, left, right)


OPERATIONS: Final[Mapping[str, Operation]] = {
    "+": _add,
    "-": _subtract_or_refuse,
    "*": _numbers("*", lambda left, right: rounded(left * right), CONTEXT.multiply),
    "/": _numbers("/", _whole_quotient, CONTEXT.divide),
    "**": _numbers("**", lambda _left, _right: None, _power),
}


def _compare(symbol: str) -> Callable[[Frame, object, object], bool | None]:
    holds = {"<": python.lt, "<=": python.le, ">": python.gt, ">=": python.ge}.get(symbol)

    def run(frame: Frame, left: object, right: object) -> bool | None:
        if holds is None:
            same = equals(left, right, frame.budget)
            if same is not None:
                return same if symbol == "=" else not same
        elif (compared := order(left, right, frame.budget)) is not None:
            return holds(compared, 0)
        frame.warn("NOT_COMPARABLE", f"cannot compare {kind_of(left)} {symbol} {kind_of(right)}")
        return None

    return run


COMPARISONS: Final = {symbol: _compare(symbol) for symbol in ("=", "!=", "<", "<=", ">", ">=")}
