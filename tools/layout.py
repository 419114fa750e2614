"""How generated Python is laid out: lines that fit, calls, docstrings, imports. Knows no API. Used by generators."""

import keyword
import re
import textwrap
from collections.abc import Iterator
from typing import Final

WIDTH: Final = 120


def called(start: str, arguments: list[str], end: str = ")") -> Iterator[str]:
    """A call, in one line where it fits; what is inside the bracket comes apart."""
    line = f"{start}{', '.join(arguments)}{end}"
    if len(line) <= WIDTH:
        yield line
        return
    indent = len(start) - len(start.lstrip())
    yield start
    *lines, last = filled(", ".join(arguments), indent + 4)
    yield from lines
    # A signature ends on a line of its own: what it answers is found there.
    if end == ")" and len(last) < WIDTH:
        yield last + end
    else:
        yield from (last, " " * indent + end)


def filled(text: str, indent: int) -> Iterator[str]:
    """Arguments on as many lines as they need."""
    # Breaks between arguments only: a default or an annotation stays on one line where it can.
    parts = text.replace(", ", ",\0").replace(" | ", "\1|\1").replace(" = ", "\2=\2").replace(": ", ":\3")
    for line in textwrap.wrap(
        parts.replace("\0", " "), WIDTH - indent - 1, break_long_words=False, break_on_hyphens=False
    ):
        yield " " * indent + line.replace("\1", " ").replace("\2", " ").replace("\3", " ")


def docstring(text: str, indent: int) -> Iterator[str]:
    """A docstring, quotes included."""
    space = " " * indent
    if len(text) + indent + 6 <= WIDTH:
        yield f'{space}"""{text}"""'
        return
    first, _, rest = text.partition(". ") if ". " in text else ("", "", text)
    lines = textwrap.wrap(f"{first}. {rest}" if first else text, WIDTH - indent - 3, break_long_words=False)
    yield f'{space}"""{lines[0]}'
    for line in lines[1:]:
        yield f"{space}{line}"
    yield f'{space}"""'


def import_line(module: str, names: list[str]) -> list[str]:
    """An import, with brackets where it is long."""
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= WIDTH:
        return [line]
    return [f"from {module} import (", *filled(", ".join(names) + ",", 4), ")"]


def snake(wire: str) -> str:
    """A name of the wire as Python writes it."""
    name = re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", wire).lower()
    return f"{name}_" if keyword.iskeyword(name) else name
