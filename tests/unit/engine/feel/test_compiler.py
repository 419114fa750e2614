"""What the parts of an expression mean, beyond what was recorded from the real engine."""

import pytest

from c8py.engine.feel import EvaluationFailure, compile_expression


def _value(text: str, **variables: object) -> object:
    return compile_expression(text).evaluate(variables)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", 7),
        ("2 ** 3 ** 2", 64),
        ("-2 ** 2", 4),
        ("- - 3", 3),
        ("- - - 3", -3),
        ("10 - 3 - 2", 5),
        ("7 / 2", 3.5),
        ("0.1 + 0.2", 0.3),
        (".5 * 2", 1),
        ("2 ** 0.5 > 1.414", True),
        ("2 ** -1", 0.5),
    ],
)
def test_arithmetic(text: str, value: object) -> None:
    assert _value(text) == value


@pytest.mark.parametrize("text", ["1 / 0", "0 / 0", "1.5 / 0", '"a" - "b"', '1 + "1"', "- true", "null * 2"])
def test_arithmetic_that_makes_no_sense_is_null(text: str) -> None:
    assert _value(text) is None


@pytest.mark.parametrize("text", ["10 ** 9999", "(-8) ** 0.5", "0 ** -1", "10 ** 6000 * 10 ** 6000"])
def test_a_number_beyond_decimal128_fails(text: str) -> None:
    with pytest.raises(EvaluationFailure, match="decimal128"):
        _value(text)


def test_a_float_in_a_variable_means_its_digits() -> None:
    assert _value("x + y = 0.3", x=0.1, y=0.2) is True
    assert _value("[x][1] + y = 0.3", x=0.1, y=0.2) is True
    assert _value("[0.1] = x", x=[0.1]) is True


def test_infinity_and_nan_read_as_null() -> None:
    assert _value("x = null and y = null", x=float("inf"), y=float("nan")) is True


def test_a_whole_result_is_an_integer_and_any_other_a_double() -> None:
    whole, other = _value("x * 2", x=1.5), _value("x * 3", x=1.5)

    assert (whole, type(whole)) == (3, int)
    assert (other, type(other)) == (4.5, float)


def test_a_whole_number_of_more_than_64_bits_wraps() -> None:
    """So does the real engine."""
    assert _value("9223372036854775807 + 1") == -9223372036854775808
    assert _value("10 ** 40") == _value("10 ** 40 + 0") == (10**40 + 2**63) % 2**64 - 2**63


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true and true", True),
        ("false and null", False),
        ("null and false", False),
        ("null or true", True),
        ("null or false", None),
        ("true and 1", None),
        ("false or false", False),
        ("not(false)", True),
        ("not(1)", None),
    ],
)
def test_logic_has_three_values(text: str, value: object) -> None:
    assert _value(text) is value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 = 1.0", True),
        ("1 = true", None),
        ('"1" = 1', None),
        ("null = 1", False),
        ("null != 1", True),
        ("[1, [2]] = [1, [2]]", True),
        ("[1] = [1, 2]", False),
        ("{a: 1} = {a: 2}", False),
        ("{a: 1} = {b: 1}", False),
        ('"a" < "b"', True),
        ('"a" < 1', None),
        ("2 between 1 and 3 and true", True),
        ("4 between 1 and 3", False),
        ("1 in (1, 2)", True),
        ("3 in (1, 2)", False),
        ("3 in ]3..4]", False),
        ("4 in ]3..4]", True),
        ("2 in > 1", True),
        ("x in [1..9]", None),
    ],
)
def test_comparison(text: str, value: object) -> None:
    assert _value(text) is value


def test_texts_are_ordered_by_utf_16_units() -> None:
    """As in the real engine: the letter beyond the basic plane is written with a smaller unit."""
    assert _value("x < y", x="\N{GRINNING FACE}", y="\ufffd") is True


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a.b.c", 1),
        ("a.x", None),
        ("a.b.x.y", None),
        ("list.n", [1, 2]),
        ("list[1].n", 1),
        ("list[-1].n", 2),
        ("list[3]", None),
        ("list[0]", None),
        ("list[n > 1]", [{"n": 2}]),
        ("list[item.n = limit].n", [2]),
        ("[1, 2, 3][item > 1][1]", 2),
        ("[1, null][item = null]", [None]),
        ("a[1]", None),
        ("list[1.5].n", 1),
        ("[1, 2, 3][-1.5]", 2),
        ("[true, false][item]", [True]),
    ],
)
def test_paths_and_filters(text: str, value: object) -> None:
    variables = {"a": {"b": {"c": 1}}, "list": [{"n": 1}, {"n": 2}], "limit": 2}

    assert compile_expression(text).evaluate(variables) == value


def test_an_entry_sees_those_before_it() -> None:
    assert _value("{a: 1, b: a + x, c: {d: b}}", x=2) == {"a": 1, "b": 3, "c": {"d": 3}}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('contains("abc", "b")', True),
        ('contains(match: "b", string: "abc")', True),
        ('contains(text: "b", string: "abc")', None),
        ('starts with("abc", "a")', True),
        ('ends with("abc", "a")', False),
        ('upper case("ab")', "AB"),
        ('lower case("AB")', "ab"),
        ('string length("abc")', 3),
        ("count([1, 2])", 2),
        ("sum([1, 2.5])", 3.5),
        ("sum([])", None),
        ('sum([1, "a"])', None),
        ("min(3, 1, 2)", 1),
        ('max(["a", "c", "b"])', "c"),
        ('max([1, "c"])', None),
        ("list contains([1, null], null)", True),
        ("append([1], 2)", [1, 2]),
        ("concatenate([1], [2, 3])", [1, 2, 3]),
        ("abs(-1.5)", 1.5),
        ("abs(-1)", 1),
        ('number("12.50")', 12.5),
        ('number("x")', None),
        ('number("1 000,5", " ", ",")', 1000.5),
        ('number("1,000", ",")', 1000),
        ("string(1.5)", "1.5"),
        ("string(true)", "true"),
        ("get or else(x, 1)", 1),
        ("get or else(2, 1)", 2),
        ("is defined(x)", False),
        ("is defined(null)", True),
        ("is defined(1)", True),
        ("count(1, 2, 3)", None),
        ("sum(list: [1, 2])", 3),
        ("append(items: [2, 3], list: [1])", [1, 2, 3]),
        ("append(items: 2, list: [1])", None),
        ("append([1], [2])", [1, [2]]),
        ("get or else(value: 1)", 1),
        ("get or else(value: 1, other: 2)", None),
        ('number("1e3")', 1000),
        ('number("1.000", ".", ".")', None),
        ('number("1 000", " ", null)', 1000),
        ('number("1x000", "x", ".")', None),
        ("number(5)", None),
        ("string(2.50)", "2.50"),
    ],
)
def test_functions(text: str, value: object) -> None:
    assert _value(text) == value


def test_a_variable_that_is_null_is_defined() -> None:
    assert _value("is defined(x)", x=None) is True


@pytest.mark.parametrize("text", ["string([1])", "string({})", "string(null)", "string(10 ** 40)"])
def test_what_a_function_cannot_do_yet_fails_instead_of_being_wrong(text: str) -> None:
    with pytest.raises(EvaluationFailure, match="not supported yet"):
        _value(text)


@pytest.mark.parametrize(("number", "digits"), [(1.0, "1.0"), (12345678.0, "12345678"), (0.25, "0.25"), (7, "7")])
def test_a_variable_keeps_its_digits(number: float, digits: str) -> None:
    assert _value("string(x)", x=number) == digits
