"""Laws of FEEL that hold for every value, and for every text that is thrown at it."""

import contextlib
import decimal
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from c8py.engine.feel import EvaluationFailure, ParseFailure, compile_expression

_INTEGERS = st.integers(-(2**63), 2**63 - 1)
_SMALL = st.integers(-(10**9), 10**9)
_NUMBERS = _INTEGERS | st.floats(allow_nan=False, allow_infinity=False)
# Beyond 2**53 a double has more than one decimal notation; the engine goes by the shortest.
_DOUBLES = st.floats(-(2.0**53), 2.0**53)
_SCALARS = st.none() | st.booleans() | _INTEGERS | _DOUBLES | st.text(max_size=5)
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
)
_LEXICON = """
    1 2.5 .5 "a" true false null x y item `a b` ( ) [ ] { } , : . .. + - * / ** = != < <= > >= and or
    not( if then else between in count( sum( list contains( for some every function @ ? // /* */ == ' `
"""
_WORDS = st.sampled_from(_LEXICON.split())


@given(_SMALL, _SMALL, _SMALL)
def test_whole_numbers_are_calculated_as_python_does(a: int, b: int, c: int) -> None:
    assert compile_expression("a * b + c").evaluate({"a": a, "b": b, "c": c}) == _long(a * b + c)


@given(_NUMBERS, _NUMBERS, st.sampled_from("+-*/"))
def test_numbers_are_calculated_as_decimal128_does(a: float, b: float, symbol: str) -> None:
    context = decimal.Context(prec=34, Emax=6144, Emin=-6144)
    left, right = (Decimal(number) if isinstance(number, int) else Decimal(repr(number)) for number in (a, b))
    functions = {"+": context.add, "-": context.subtract, "*": context.multiply, "/": context.divide}

    result = compile_expression(f"a {symbol} b").evaluate({"a": a, "b": b})

    if symbol == "/" and right == 0:
        assert result is None
        return
    exact = functions[symbol](left, right)
    assert result == (_long(int(exact)) if exact == exact.to_integral_value() else float(exact))


@given(_NUMBERS, _NUMBERS)
def test_exactly_one_of_less_equal_and_greater_holds(a: float, b: float) -> None:
    results = compile_expression("[a < b, a = b, a > b]").evaluate({"a": a, "b": b})

    assert isinstance(results, list)
    assert sorted(map(str, results)) == ["False", "False", "True"]


@given(_VALUES)
def test_every_value_is_equal_to_itself(value: object) -> None:
    assert compile_expression("x = x").evaluate({"x": value}) is True


@given(_VALUES)
def test_a_variable_is_given_back_as_it_is(value: object) -> None:
    assert compile_expression("x").evaluate({"x": value}) == value


@given(st.text(max_size=20).filter(lambda text: "\\" not in text and '"' not in text))
def test_a_text_means_what_stands_between_its_quotes(text: str) -> None:
    assert compile_expression(f'"{text}"').evaluate({}) == text


@given(st.lists(_SMALL, min_size=1, max_size=20))
def test_the_sum_of_a_list_is_that_of_its_items(items: list[int]) -> None:
    variables = {"l": items}

    assert compile_expression("sum(l)").evaluate(variables) == sum(items)
    assert compile_expression("max(l) = l[item >= max(l)][1]").boolean(variables)
    assert compile_expression("count(l[item < 0]) + count(l[item >= 0]) = count(l)").boolean(variables)


@given(st.text(max_size=60) | st.lists(_WORDS, max_size=25).map(" ".join))
@settings(max_examples=500)
def test_any_text_is_evaluated_or_refused(text: str) -> None:
    with contextlib.suppress(ParseFailure, EvaluationFailure):
        compile_expression(text).evaluate({"x": 3, "y": [1, {"a": 2.5}], "a b": "text"})


def _long(number: int) -> int:
    return (number + 2**63) % 2**64 - 2**63
