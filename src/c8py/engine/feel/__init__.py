"""FEEL, in the dialect of Camunda's engine: a text is compiled once to closures and evaluated many times.

Owns the language: lexer, parser, syntax tree, closures, built-in functions, values. Knows no BPMN and no engine state.
Used by `c8py.engine.bpmn` when a file is deployed, and by the processors on the expressions that it made.
"""

from c8py.engine.feel.expression import Expression as Expression
from c8py.engine.feel.expression import compile_expression as compile_expression
from c8py.engine.feel.expression import compile_value as compile_value
from c8py.engine.feel.failures import EvaluationFailure as EvaluationFailure
from c8py.engine.feel.failures import ParseFailure as ParseFailure
from c8py.engine.feel.values import JSON as JSON

__all__ = ["JSON", "EvaluationFailure", "Expression", "ParseFailure", "compile_expression", "compile_value"]
