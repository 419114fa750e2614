import pytest

from c8py.engine.feel import EvaluationFailure, compile_expression, compile_value


def test_a_value_with_an_equals_sign_is_feel() -> None:
    expression = compile_value("=1 + 1")

    assert not expression.is_static
    assert expression.text == "1 + 1"
    assert expression.evaluate({}) == 2


def test_a_value_without_an_equals_sign_is_its_own_text() -> None:
    expression = compile_value("1 + 1")

    assert expression.is_static
    assert expression.evaluate({"x": 1}) == "1 + 1"


def test_a_blank_before_the_equals_sign_makes_it_text() -> None:
    """As in the real engine."""
    assert compile_value(" =1").evaluate({}) == " =1"


def test_a_condition_gives_true_or_false() -> None:
    condition = compile_expression("amount > 100")

    assert condition.boolean({"amount": 101}) is True
    assert condition.boolean({"amount": 100}) is False


def test_a_condition_of_another_type_fails_naming_the_type() -> None:
    with pytest.raises(EvaluationFailure, match="'x' to give BOOLEAN, but it gave STRING"):
        compile_expression("x").boolean({"x": "yes"})


def test_a_failure_says_which_variable_is_missing() -> None:
    with pytest.raises(EvaluationFailure, match=r"gave NULL\n\[NO_VARIABLE_FOUND\] no variable 'amount'"):
        compile_expression("amount > 100").boolean({})


def test_a_text_is_wanted_and_given() -> None:
    assert compile_value('="job-" + kind').string({"kind": "a"}) == "job-a"


@pytest.mark.parametrize(("value", "kind"), [(1, "NUMBER"), (None, "NULL"), (["a"], "ARRAY"), ({}, "OBJECT")])
def test_a_text_is_wanted_but_something_else_given(value: object, kind: str) -> None:
    with pytest.raises(EvaluationFailure, match=f"STRING, but it gave {kind}"):
        compile_expression("x").string({"x": value})


@pytest.mark.parametrize(("text", "number"), [("3", 3), ("=1 + 2", 3), ("=2.5", 2.5), (" 7 ", 7), ("1.5", 1.5)])
def test_a_number_may_be_the_digits_of_a_static_text(text: str, number: float) -> None:
    assert compile_value(text).number({}) == number


@pytest.mark.parametrize("text", ["three", '="3"', "=true", "NaN", "Infinity", ""])
def test_a_number_is_wanted_but_something_else_given(text: str) -> None:
    with pytest.raises(EvaluationFailure, match="NUMBER"):
        compile_value(text).number({})


def test_an_integer_is_cut_off() -> None:
    assert compile_value("=5 / 2").integer({}) == 2


def test_a_list_of_texts_is_wanted_and_given() -> None:
    assert compile_expression('["a", x]').strings({"x": "b"}) == ["a", "b"]


@pytest.mark.parametrize("text", ['["a", 1]', '"a"', "null"])
def test_a_list_of_texts_is_wanted_but_something_else_given(text: str) -> None:
    with pytest.raises(EvaluationFailure, match="ARRAY of STRING"):
        compile_expression(text).strings({})


def test_expressions_of_the_same_text_are_equal() -> None:
    assert compile_value("=a") == compile_value("=a")
    assert hash(compile_value("=a")) == hash(compile_value("=a"))
    assert compile_value("=a") != compile_value("a")


def test_an_expression_shows_its_text() -> None:
    assert repr(compile_value("=a + 1")) == "Expression('=a + 1')"
    assert repr(compile_value("a + 1")) == "Expression('a + 1')"
