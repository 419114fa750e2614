"""Expressions that would take for ever are stopped; each of these grew without bounds before it had a limit."""

import pytest

from c8py.engine.feel import EvaluationFailure, compile_expression


def _doubling(times: int, first: str, template: str) -> str:
    entries = [f"x0: {first}"] + [f"x{n + 1}: " + template.format(x=f"x{n}") for n in range(times)]
    return "{" + ", ".join(entries) + "}"


def test_a_text_that_doubles_is_stopped() -> None:
    with pytest.raises(EvaluationFailure, match="text of at most"):
        compile_expression(_doubling(40, '"aa"', "{x} + {x}")).evaluate({})


@pytest.mark.slow
def test_lists_of_lists_that_double_are_stopped() -> None:
    with pytest.raises(EvaluationFailure, match="steps"):
        compile_expression(_doubling(50, "1", "[{x}, {x}]") + ".x50").evaluate({})


@pytest.mark.slow
def test_comparing_lists_that_double_is_stopped() -> None:
    with pytest.raises(EvaluationFailure, match="steps"):
        compile_expression(_doubling(50, "1", "[{x}, {x}]")[:-1] + ", y: x50 = x50}.y").evaluate({})


def test_a_list_that_doubles_is_stopped() -> None:
    with pytest.raises(EvaluationFailure, match=r"items|steps"):
        compile_expression(_doubling(50, "[1]", "concatenate({x}, {x})") + ".x0").evaluate({})


@pytest.mark.slow
def test_filters_in_filters_are_stopped() -> None:
    with pytest.raises(EvaluationFailure, match="steps"):
        compile_expression("l[count(l[count(l[item > 0]) > 0]) > 0]").evaluate({"l": list(range(1000))})


def test_a_value_that_is_too_deep_is_stopped() -> None:
    deep: object = 1
    for _ in range(2000):
        deep = [deep]

    with pytest.raises(EvaluationFailure, match="deep"):
        compile_expression("x").evaluate({"x": deep})
    with pytest.raises(EvaluationFailure, match="deep"):
        compile_expression("x = x").evaluate({"x": deep})


def test_looking_through_a_long_text_again_and_again_is_stopped() -> None:
    text = " or ".join(['contains(upper case(x), "b")'] * 1000)

    with pytest.raises(EvaluationFailure, match="steps"):
        compile_expression(text).evaluate({"x": "a" * 4_000_000})
