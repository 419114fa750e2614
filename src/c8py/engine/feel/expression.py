"""The door of this room: a text becomes an `Expression` once, which is then evaluated as often as needed.

Called by `c8py.engine.bpmn` at deployment and by the processors when a token passes.
"""

from collections.abc import Mapping
from decimal import Decimal

from c8py.engine.feel.compiler import Code, compile_node
from c8py.engine.feel.failures import EvaluationFailure, ParseFailure
from c8py.engine.feel.frame import Frame
from c8py.engine.feel.parser import parse
from c8py.engine.feel.values import JSON, kind_of, to_json


class Expression:
    """A FEEL expression, or a static text that stands where one could.

    Immutable, safe to share. Two are equal when their texts are.

    Attributes:
        text: the expression without its equals sign, or the static text.
        is_static: whether it is a static text.
    """

    __slots__ = ("_code", "is_static", "text")

    def __init__(self, text: str, code: Code, *, is_static: bool = False) -> None:
        self.text = text
        self.is_static = is_static
        self._code = code

    def __repr__(self) -> str:
        return f"Expression({self.text!r})" if self.is_static else f"Expression({'=' + self.text!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Expression) and (self.text, self.is_static) == (other.text, other.is_static)

    def __hash__(self) -> int:
        return hash((self.text, self.is_static))

    def evaluate(self, context: Mapping[str, object]) -> JSON:
        """The value, as it can be stored in a variable.

        Args:
            context: the variables in sight, JSON values by name; a missing one reads as null.

        Raises:
            EvaluationFailure: it has no value, or takes too much to evaluate.
        """
        return self._run(context)[0]

    def boolean(self, context: Mapping[str, object]) -> bool:
        """The value of a condition.

        Raises:
            EvaluationFailure: it has none, or is neither true nor false.
        """
        value, frame = self._run(context)
        if isinstance(value, bool):
            return value
        raise self._mistyped("BOOLEAN", value, frame)

    def string(self, context: Mapping[str, object]) -> str:
        """The value, which must be a text.

        Raises:
            EvaluationFailure: it has none, or is of another type.
        """
        value, frame = self._run(context)
        if isinstance(value, str):
            return value
        raise self._mistyped("STRING", value, frame)

    def number(self, context: Mapping[str, object]) -> int | float:
        """The value, which must be a number; the digits of a static text are one.

        Raises:
            EvaluationFailure: it has none, or is of another type.
        """
        value, frame = self._run(context)
        if self.is_static and isinstance(value, str):
            value = static_number(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return value
        raise self._mistyped("NUMBER", value, frame)

    def integer(self, context: Mapping[str, object]) -> int:
        """The value, which must be a number; what stands after its point is cut off, as the real engine does.

        Raises:
            EvaluationFailure: it has none, or is of another type.
        """
        return int(self.number(context))

    def strings(self, context: Mapping[str, object]) -> list[str]:
        """The value, which must be a list of texts.

        Raises:
            EvaluationFailure: it has none, or is of another type.
        """
        value, frame = self._run(context)
        if isinstance(value, list):
            texts = [item for item in value if isinstance(item, str)]
            if len(texts) == len(value):
                return texts
        raise self._mistyped("ARRAY of STRING", value, frame)

    def _run(self, context: Mapping[str, object]) -> tuple[JSON, Frame]:
        frame = Frame(context)
        try:
            return to_json(self._code(frame), frame.budget), frame
        except RecursionError:
            raise EvaluationFailure(f"expected {self!r} to work on values of some depth, but they are deeper") from None

    def _mistyped(self, expected: str, value: JSON, frame: Frame) -> EvaluationFailure:
        noted = "".join(f"\n[{warning.kind}] {warning.message}" for warning in frame.warnings)
        return EvaluationFailure(
            f"expected the expression '{self.text}' to give {expected}, but it gave {kind_of(value)}{noted}"
        )


def compile_expression(text: str) -> Expression:
    """A FEEL expression from its text, without the leading equals sign.

    Raises:
        ParseFailure: it is no FEEL, is too large, or needs a part of FEEL that is not supported yet.
    """
    try:
        return Expression(text.strip(), compile_node(parse(text)))
    except RecursionError:
        raise ParseFailure("expected an expression of some depth, but it is deeper", 0) from None


def compile_value(text: str) -> Expression:
    """What a model says: FEEL after an equals sign as its first character, anything else is a static text.

    Raises:
        ParseFailure: there is an equals sign, and what follows it cannot be compiled.
    """
    if text.startswith("="):
        return compile_expression(text[1:])
    return Expression(text, lambda _frame: text, is_static=True)


def static_number(text: str) -> int | float | str:
    """The number whose digits a static text holds; the text itself when it holds none."""
    try:
        number = Decimal(text.strip())
    except ArithmeticError:
        return text
    if not number.is_finite():
        return text
    return int(number) if number == number.to_integral_value() else float(number)
