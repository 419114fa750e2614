"""Text to tokens. Knows how FEEL spells things; knows no grammar. Called by the parser alone.

Names follow the dialect of Camunda's engine: no spaces except in back-quotes; the parser joins the words of the few
built-in functions whose names have spaces.
"""

import enum
import re
from typing import Final, NamedTuple

from c8py.base.limits import FEEL_SOURCE_CHARS_MAX
from c8py.engine.feel.failures import ParseFailure


class Kind(enum.Enum):
    """What a token is."""

    NUMBER = "a number"
    STRING = "a text"
    NAME = "a name"
    QUOTED_NAME = "a name in back-quotes"
    KEYWORD = "a keyword"
    SYMBOL = "a symbol"
    END = "the end"


class Token(NamedTuple):
    """One word of an expression: `text` is what it means (escapes resolved), `start` and `end` are offsets."""

    kind: Kind
    text: str
    start: int
    end: int


KEYWORDS: Final = frozenset(
    (
        "null",
        "true",
        "false",
        "if",
        "then",
        "else",
        "and",
        "or",
        "between",
        "in",
        "for",
        "return",
        "some",
        "every",
        "satisfies",
        "function",
    )
)

_SPACE = re.compile(r"(?:\s+|//[^\n]*|/\*.*?\*/)+", re.DOTALL)
_TOKEN = re.compile(
    r"""(?P<NUMBER>(?:[0-9]+(?:\.(?!\.)[0-9]+)?|\.[0-9]+))
      | (?P<STRING>"(?:[^"\\]|\\.)*")
      | (?P<QUOTED_NAME>`[^`]+`)
      | (?P<NAME>(?:[^\W\d]|\$)[\w$]*)
      | (?P<SYMBOL>\.\.|\*\*|<=|>=|!=|[-+*/=<>()\[\]{},:.?@])
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\([\"'\\nrt])")
# Any other escape stays as it is written, as in the real engine: "\u0041" has six characters.
_ESCAPES: Final = {'"': '"', "'": "'", "\\": "\\", "n": "\n", "r": "\r", "t": "\t"}


def tokens(source: str) -> list[Token]:
    """The words of an expression, the last one of kind `END`.

    Raises:
        ParseFailure: a character or an unfinished text that no word begins with, or a source that is too long.
    """
    if len(source) > FEEL_SOURCE_CHARS_MAX:
        raise ParseFailure(
            f"expected an expression of at most {FEEL_SOURCE_CHARS_MAX} characters, but it has {len(source)}",
            FEEL_SOURCE_CHARS_MAX,
        )
    found: list[Token] = []
    position = _after_space(source, 0)
    while position < len(source):
        match = _TOKEN.match(source, position)
        if match is None or source.startswith("/*", position):
            raise ParseFailure(_complaint(source, position), position)
        found.append(_token(match))
        position = _after_space(source, match.end())
    found.append(Token(Kind.END, "", len(source), len(source)))
    return found


def _after_space(source: str, position: int) -> int:
    match = _SPACE.match(source, position)
    return match.end() if match else position


def _token(match: re.Match[str]) -> Token:
    text = match.group()
    kind = Kind[str(match.lastgroup)]
    if kind is Kind.STRING:
        text = _ESCAPE.sub(lambda escape: _ESCAPES[escape.group(1)], text[1:-1])
    elif kind is Kind.QUOTED_NAME:
        text = text[1:-1]
    elif kind is Kind.NAME and text in KEYWORDS:
        kind = Kind.KEYWORD
    return Token(kind, text, match.start(), match.end())


def _complaint(source: str, position: int) -> str:
    begins = {'"': "a text", "`": "a name in back-quotes"}
    if source.startswith("/*", position):
        return f"expected a comment that ends with '*/', but it does not (position {position})"
    if (what := begins.get(source[position])) is not None:
        return f"expected {what} that ends on this side of the expression, but it does not (position {position})"
    return f"expected an expression, but found {source[position]!r} (position {position})"
