"""Every recorded answer of the real engine: we give the same one, or refuse the expression. Never another."""

import json
from pathlib import Path
from typing import Final

import pytest

from c8py.engine.feel import EvaluationFailure, ParseFailure, compile_expression

_RECORDED: Final = Path(__file__).parents[3] / "conformance" / "feel.jsonl"
_CASES: Final = [json.loads(line) for line in _RECORDED.read_text().splitlines()]
_EXPRESSIONS: Final = [case for case in _CASES if case["kind"] == "expression"]

# How many of the recorded expressions are answered, the others being refused. May only grow.
_ANSWERED_MIN: Final = 162


def _answer(case: dict[str, object]) -> object:
    try:
        expression = compile_expression(str(case["expr"]))
    except ParseFailure as failure:
        return "refused" if "is not supported yet" in failure.message else {"error": "parse"}
    try:
        return expression.evaluate(case["context"])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    except EvaluationFailure:
        return {"error": "evaluation"}


@pytest.mark.parametrize("case", _EXPRESSIONS, ids=[case["id"] for case in _EXPRESSIONS])
def test_an_expression_has_the_recorded_answer_or_is_refused(case: dict[str, object]) -> None:
    answer = _answer(case)

    # As JSON text: 1, 1.0 and true are different answers.
    assert answer == "refused" or json.dumps(answer, sort_keys=True) == json.dumps(case["result"], sort_keys=True)


def test_no_fewer_recorded_expressions_are_answered_than_before() -> None:
    answered = sum(_answer(case) != "refused" for case in _EXPRESSIONS)

    assert answered >= _ANSWERED_MIN
