import pytest

from c8py.engine.feel import ParseFailure, compile_expression


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected an expression, but the expression ends"),
        ("1 +", "expected an expression, but the expression ends"),
        ("1 2", "expected an operator or the end, but found '2'"),
        ("(1", r"expected '\)'"),
        ("[1, 2", r"expected '\]'"),
        ("{a 1}", "expected ':'"),
        ("{1: 1}", "expected a name, but found '1'"),
        ("if a then b", "expected 'else'"),
        ('"open', "expected a text that ends"),
        ("`open", "expected a name in back-quotes that ends"),
        ("/* open", "expected a comment that ends"),
        ("a # b", "but found '#'"),
        ("a. 1", "expected"),
        ("1 < 2 < 3", "found '<'"),
        ("x in [1..2", "after a range"),
        ("'a'", "found"),
        ("not", "expected an expression"),
        ("\u0663", "but found"),
    ],
)
def test_what_is_no_feel_is_refused_with_what_was_expected(text: str, message: str) -> None:
    with pytest.raises(ParseFailure, match=message):
        compile_expression(text)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ('@"2026-01-01"', "a date, time or duration"),
        ("now()", "function 'now'"),
        ("substring before(a, b)", "function 'substring before'"),
        ("date and time(a)", "function 'date and time'"),
        ("made up(1)", "expected"),
        ("my_function(1)", "function 'my_function'"),
        ("function(a) a", "a function of one's own"),
        ("1 instance of number", "'instance of'"),
        ("[1..3]", "a range as a value"),
        ("?", "'\\?'"),
    ],
)
def test_what_is_not_supported_yet_is_named(text: str, part: str) -> None:
    with pytest.raises(ParseFailure, match=part):
        compile_expression(text)


def test_a_failure_knows_its_position() -> None:
    with pytest.raises(ParseFailure) as caught:
        compile_expression("1 + now()")

    assert caught.value.position == 4


@pytest.mark.parametrize(
    "text",
    [
        " 1 // the rest\n",
        "/* a */ 1 /* b */",
        '{`a b`: 1, "c d": 2}.`a b`',
        "list contains(names, x)",
        "x in (< 1, [3..5], 7)",
        "{in: 1}.in",
        "größe > 1",
        "string",
        "instance.id",
        "$x + 1",
    ],
)
def test_what_is_feel_is_read(text: str) -> None:
    compile_expression(text)


def test_brackets_may_not_be_nested_without_end() -> None:
    compile_expression("(" * 59 + "1" + ")" * 59)
    with pytest.raises(ParseFailure, match="brackets"):
        compile_expression("(" * 60 + "1" + ")" * 60)


@pytest.mark.parametrize("opening", ["(", "[", "{a:", "if ", "not(", "x[", "1 in (", "-(", "{a:[(", "x in ("])
def test_deep_nesting_is_refused_whatever_it_is_made_of(opening: str) -> None:
    with pytest.raises(ParseFailure):
        compile_expression(opening * 5000)


def test_a_source_may_not_be_longer_than_its_limit() -> None:
    with pytest.raises(ParseFailure, match="characters"):
        compile_expression("1" + " " * 65536)


@pytest.mark.parametrize("joint", ["+", "**", " and ", " or ", "-"])
def test_a_long_chain_is_no_deep_one(joint: str) -> None:
    expression = compile_expression(joint.join(["1"] * 10_000))

    expression.evaluate({})
