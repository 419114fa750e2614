"""Tokens to syntax tree, by recursive descent. Bounded in depth. Called by `expression.compile_expression`.

Everything of FEEL that is not built yet is refused here with "… is not supported yet"; nothing is read in another sense
than the real engine's.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, NoReturn

from c8py.base.limits import FEEL_DEPTH_MAX
from c8py.engine.feel import syntax
from c8py.engine.feel.builtins import FUNCTIONS, KNOWN_NAMES, NAME_WORDS_MAX
from c8py.engine.feel.failures import ParseFailure
from c8py.engine.feel.lexer import Kind, Token, tokens

_COMPARATORS: Final = frozenset(("=", "!=", "<", "<=", ">", ">="))
_ORDERINGS: Final = frozenset(("<", "<=", ">", ">="))
_CONSTANTS: Final = {"null": None, "true": True, "false": False}
_ENDS: Final = frozenset((")", "]", "}", ",", "and", "or", "then", "else"))
_LATER: Final = {
    "for": "'for … return'",
    "some": "'some … satisfies'",
    "every": "'every … satisfies'",
    "function": "a function of one's own",
    "@": "a date, time or duration after '@'",
    "?": "'?'",
}


def parse(source: str) -> syntax.Node:
    """The tree of an expression (without the leading equals sign).

    Raises:
        ParseFailure: it is no FEEL, is nested too deeply, or needs a part of FEEL that is not supported yet.
    """
    parser = _Parser(tokens(source))
    node = parser.expression()
    parser.expect_end()
    return node


class _Parser:
    def __init__(self, words: Sequence[Token]) -> None:
        self._words = words
        self._at = 0
        self._depth = 0
        self._ranges = _range_brackets(words)

    # -- reading words

    @property
    def _word(self) -> Token:
        return self._words[self._at]

    def _take(self) -> Token:
        word = self._word
        self._at += 1
        return word

    def _sees(self, *texts: str) -> bool:
        word = self._word
        return word.kind in (Kind.SYMBOL, Kind.KEYWORD) and word.text in texts

    def _skip(self, text: str) -> bool:
        if self._sees(text):
            self._at += 1
            return True
        return False

    def _need(self, text: str) -> None:
        if not self._skip(text):
            self._complain(f"'{text}'")

    def _complain(self, expected: str) -> NoReturn:
        word = self._word
        if word.kind in (Kind.SYMBOL, Kind.KEYWORD) and (later := _LATER.get(word.text)):
            _refuse(later, word)
        there = "the expression ends" if word.kind is Kind.END else f"found '{word.text}'"
        raise ParseFailure(f"expected {expected}, but {there} (position {word.start})", word.start)

    def expect_end(self) -> None:
        """The whole source must have been read.

        Raises:
            ParseFailure: something follows the expression.
        """
        if self._word.kind is not Kind.END:
            self._complain("an operator or the end")

    # -- the grammar, from the weakest operator to the strongest

    def expression(self) -> syntax.Node:
        self._depth += 1
        if self._depth > FEEL_DEPTH_MAX:
            raise ParseFailure(
                f"expected at most {FEEL_DEPTH_MAX} brackets in each other, but there are more", self._word.start
            )
        node = self._if() if self._sees("if") else self._disjunction()
        self._depth -= 1
        return node

    def _if(self) -> syntax.Node:
        self._take()
        condition = self.expression()
        self._need("then")
        chosen = self.expression()
        self._need("else")
        return syntax.If(condition, chosen, self.expression())

    def _disjunction(self) -> syntax.Node:
        operands = [self._conjunction()]
        while self._skip("or"):
            operands.append(self._conjunction())
        return operands[0] if len(operands) == 1 else syntax.Logic("or", operands)

    def _conjunction(self) -> syntax.Node:
        operands = [self._comparison()]
        while self._skip("and"):
            operands.append(self._comparison())
        return operands[0] if len(operands) == 1 else syntax.Logic("and", operands)

    def _comparison(self) -> syntax.Node:
        left = self._sum()
        if self._sees(*_COMPARATORS):
            operator = self._take().text
            return syntax.Comparison(operator, left, self._sum())
        if self._skip("between"):
            low = self._sum()
            self._need("and")
            return syntax.Between(left, low, self._sum())
        if self._skip("in"):
            return syntax.In(left, self._tests())
        if self._word.kind is Kind.NAME and self._word.text == "instance":
            _refuse("'instance of'", self._word)
        return left

    def _tests(self) -> Sequence[syntax.Test]:
        if self._sees("(") and self._at not in self._ranges:
            self._take()
            tests = [self._test()]
            while self._skip(","):
                tests.append(self._test())
            self._need(")")
            return tests
        return [self._test()]

    def _test(self) -> syntax.Test:
        if self._sees("]") or (self._sees("(", "[") and self._at in self._ranges):
            return self._range()
        if self._sees(*_ORDERINGS):
            operator = self._take().text
            return syntax.CompareTest(operator, self._sum())
        return syntax.ValueTest(self._sum())

    def _range(self) -> syntax.RangeTest:
        low_included = self._take().text == "["
        low = self._sum()
        self._need("..")
        high = self._sum()
        if not self._sees("]", ")", "["):
            self._complain("']', ')' or '[' after a range")
        high_included = self._take().text == "]"
        return syntax.RangeTest(low, high, low_included, high_included)

    def _sum(self) -> syntax.Node:
        first = self._product()
        rest: list[tuple[str, syntax.Node]] = []
        while self._sees("+", "-"):
            operator = self._take().text
            rest.append((operator, self._product()))
        return syntax.Arithmetic(first, rest) if rest else first

    def _product(self) -> syntax.Node:
        first = self._power()
        rest: list[tuple[str, syntax.Node]] = []
        while self._sees("*", "/"):
            operator = self._take().text
            rest.append((operator, self._power()))
        return syntax.Arithmetic(first, rest) if rest else first

    def _power(self) -> syntax.Node:
        first = self._negation()
        rest: list[tuple[str, syntax.Node]] = []
        while self._skip("**"):
            rest.append(("**", self._negation()))
        return syntax.Arithmetic(first, rest) if rest else first

    def _negation(self) -> syntax.Node:
        minuses = 0
        while self._skip("-"):
            minuses += 1
        node = self._path()
        # Two in a row cancel each other only for numbers: for anything else both give null, as one does.
        for _ in range(minuses if minuses < 2 else 2 - minuses % 2):  # noqa: PLR2004  one or two, never a tower of them
            node = syntax.Negation(node)
        return node

    def _path(self) -> syntax.Node:
        first = self._primary()
        steps: list[syntax.Step | syntax.Filter] = []
        while True:
            if self._skip("."):
                steps.append(syntax.Step(self._key()))
            elif self._opens_filter():
                self._take()
                steps.append(syntax.Filter(self.expression()))
                self._need("]")
            else:
                return syntax.Path(first, steps) if steps else first

    def _opens_filter(self) -> bool:
        # In `x in [1..5[` the last bracket ends a range: nothing that could be a condition follows it.
        following = self._words[min(self._at + 1, len(self._words) - 1)]
        ends = following.kind is Kind.END or following.text in _ENDS
        return self._sees("[") and self._at not in self._ranges and (following.kind is Kind.STRING or not ends)

    def _primary(self) -> syntax.Node:
        word = self._word
        if word.kind in (Kind.SYMBOL, Kind.END):
            return self._bracketed()
        if word.kind in (Kind.NAME, Kind.KEYWORD) and word.text not in _CONSTANTS:
            return self._name_or_call()
        self._at += 1
        if word.kind is Kind.QUOTED_NAME:
            return syntax.Name(word.text)
        if word.kind is Kind.NUMBER:
            return syntax.Literal(_number(word))
        return syntax.Literal(word.text if word.kind is Kind.STRING else _CONSTANTS[word.text])

    def _bracketed(self) -> syntax.Node:
        if self._at in self._ranges:
            _refuse("a range as a value", self._word)
        if self._skip("["):
            return syntax.ListOf(self._until("]"))
        if self._skip("{"):
            return self._context()
        if not self._skip("("):
            self._complain("an expression")
        node = self.expression()
        self._need(")")
        return node

    # -- names, calls, lists, contexts

    def _name_or_call(self) -> syntax.Node:
        if (words := self._function_words()) > 0:
            return self._call(words)
        if self._word.kind is Kind.KEYWORD or self._word.text == "not":
            self._complain("an expression")
        return syntax.Name(self._take().text)

    def _function_words(self) -> int:
        """How many words from here on are the name of a function that is called; 0 for none."""
        for count in range(NAME_WORDS_MAX, 0, -1):
            words = self._words[self._at : self._at + count + 1]
            if len(words) <= count or words[count].text != "(" or words[count].kind is not Kind.SYMBOL:
                continue
            name = " ".join(word.text for word in words[:count])
            if name in KNOWN_NAMES or (count == 1 and words[0].kind is Kind.NAME):
                return count
        return 0

    def _call(self, words: int) -> syntax.Node:
        begin = self._word
        name = " ".join(word.text for word in self._words[self._at : self._at + words])
        if name not in FUNCTIONS:
            _refuse(f"function '{name}'", begin)
        self._at += words
        self._need("(")
        names, arguments = self._arguments()
        return syntax.Call(name, arguments, names, begin.start)

    def _arguments(self) -> tuple[Sequence[str], Sequence[syntax.Node]]:
        names: list[str] = []
        arguments: list[syntax.Node] = []
        if self._skip(")"):
            return names, arguments
        named = self._argument_name() is not None
        while True:
            if named:
                names.append(self._argument_name() or self._complain("the name of an argument"))
                while not self._skip(":"):
                    self._take()
            arguments.append(self.expression())
            if not self._skip(","):
                break
        self._need(")")
        return names, arguments

    def _argument_name(self) -> str | None:
        at = self._at
        while self._words[at].kind in (Kind.NAME, Kind.KEYWORD):
            at += 1
        if at == self._at or self._words[at].text != ":":
            return None
        return " ".join(word.text for word in self._words[self._at : at])

    def _until(self, closing: str) -> Sequence[syntax.Node]:
        items: list[syntax.Node] = []
        if self._skip(closing):
            return items
        items.append(self.expression())
        while self._skip(","):
            items.append(self.expression())
        self._need(closing)
        return items

    def _context(self) -> syntax.Node:
        entries: list[tuple[str, syntax.Node]] = []
        if self._skip("}"):
            return syntax.ContextOf(entries)
        while True:
            key = self._take().text if self._word.kind is Kind.STRING else self._key()
            self._need(":")
            entries.append((key, self.expression()))
            if not self._skip(","):
                break
        self._need("}")
        return syntax.ContextOf(entries)

    def _key(self) -> str:
        if self._word.kind not in (Kind.NAME, Kind.QUOTED_NAME, Kind.KEYWORD):
            self._complain("a name")
        return self._take().text


def _refuse(what: str, word: Token) -> NoReturn:
    raise ParseFailure(f"{what} is not supported yet (position {word.start})", word.start)


def _number(word: Token) -> int | Decimal:
    return int(word.text) if word.text.isdigit() and len(word.text) <= 34 else Decimal(word.text)  # noqa: PLR2004  digits of decimal128


def _range_brackets(words: Sequence[Token]) -> frozenset[int]:
    """Where the brackets stand that hold a `..` directly; found once, so that no text is read twice."""
    open_brackets: list[int] = []
    found: set[int] = set()
    for at, word in enumerate(words):
        if word.kind is not Kind.SYMBOL:
            continue
        if word.text in "([":
            open_brackets.append(at)
        elif word.text in ")]":
            if open_brackets:
                open_brackets.pop()
        elif word.text == ".." and open_brackets:
            found.add(open_brackets[-1])
    return frozenset(found)
