"""The syntax tree of an expression. Pure data; made by the parser, read by the compiler.

Chains of one precedence are flat (`1 + 2 - 3` is one node), so that the depth of a tree is the depth of its brackets.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import TypeAlias, cast

import msgspec


class Literal(msgspec.Struct, frozen=True):
    """A number, text, truth value or null."""

    value: int | Decimal | str | bool | None


class Name(msgspec.Struct, frozen=True):
    """A variable."""

    name: str


class ListOf(msgspec.Struct, frozen=True):
    """`[1, 2]`."""

    items: Sequence["Node"]


class ContextOf(msgspec.Struct, frozen=True):
    """`{a: 1, b: a + 1}`; entries see those before them."""

    entries: Sequence[tuple[str, "Node"]]


class Arithmetic(msgspec.Struct, frozen=True):
    """`first (operator operand)*`, from left to right."""

    first: "Node"
    rest: Sequence[tuple[str, "Node"]]


class Negation(msgspec.Struct, frozen=True):
    """Unary minus."""

    operand: "Node"


class Comparison(msgspec.Struct, frozen=True):
    """`left operator right` with = != < <= > >=."""

    operator: str
    left: "Node"
    right: "Node"


class Between(msgspec.Struct, frozen=True):
    """`value between low and high`, both included."""

    value: "Node"
    low: "Node"
    high: "Node"


class RangeTest(msgspec.Struct, frozen=True):
    """`[low..high]` and its open forms, on the right of `in`."""

    low: "Node"
    high: "Node"
    low_included: bool
    high_included: bool


class CompareTest(msgspec.Struct, frozen=True):
    """`< 5` and the like, on the right of `in`."""

    operator: str
    operand: "Node"


class ValueTest(msgspec.Struct, frozen=True):
    """Any other expression on the right of `in`: equal to it, or among its items."""

    operand: "Node"


Test: TypeAlias = RangeTest | CompareTest | ValueTest


class In(msgspec.Struct, frozen=True):
    """`value in tests`: true when one of them holds."""

    value: "Node"
    tests: Sequence["Test"]


class Logic(msgspec.Struct, frozen=True):
    """`and` or `or` over all operands."""

    operator: str
    operands: Sequence["Node"]


class If(msgspec.Struct, frozen=True):
    """`if condition then chosen else otherwise`."""

    condition: "Node"
    chosen: "Node"
    otherwise: "Node"


class Step(msgspec.Struct, frozen=True):
    """`.name` after a value."""

    name: str


class Filter(msgspec.Struct, frozen=True):
    """`[…]` after a value: a position, or a condition for each item."""

    condition: "Node"


class Path(msgspec.Struct, frozen=True):
    """A value followed by steps and filters."""

    first: "Node"
    steps: Sequence[Step | Filter]


class Call(msgspec.Struct, frozen=True):
    """A built-in function with positional or named arguments."""

    function: str
    arguments: Sequence["Node"]
    names: Sequence[str]
    position: int


Node: TypeAlias = (
    Literal | Name | ListOf | ContextOf | Arithmetic | Negation | Comparison | Between | In | Logic | If | Path | Call
)


def size(node: Node) -> int:
    """How many parts a tree has: what it costs to evaluate it once."""
    count = 0
    waiting: list[object] = [node]
    while waiting:
        part = waiting.pop()
        if isinstance(part, msgspec.Struct):
            count += 1
            waiting += (getattr(part, field) for field in part.__struct_fields__)
        elif isinstance(part, list | tuple):
            waiting += cast("Sequence[object]", part)
    return count
