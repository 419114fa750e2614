"""XML to a tree of the BPMN and Zeebe elements, with line numbers. Everything of other namespaces is left out.

Built on expat. Refuses document types (and with them entities and external references), and files that are too large or
too deep, before anything is made of them. Called by `reader`.
"""

from collections.abc import MutableMapping, MutableSequence
from typing import Final
from xml.parsers import expat

import msgspec

from c8py.base.limits import (
    MODEL_ATTRIBUTES_MAX,
    MODEL_BYTES_MAX,
    MODEL_DEPTH_MAX,
    MODEL_ELEMENTS_MAX,
    MODEL_EXPRESSIONS_CHARS_MAX,
)

BPMN: Final = "http://www.omg.org/spec/BPMN/20100524/MODEL"
ZEEBE: Final = "http://camunda.org/schema/zeebe/1.0"

_PREFIXES: Final = {BPMN: "", ZEEBE: "zeebe:"}
_SEPARATOR: Final = "\n"  # cannot occur in a name or in a namespace: white space in attributes is made blanks
_TEXT_OF: Final = "conditionExpression"  # the only element whose text means something here


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How large a model file may be."""

    bytes_max: int = MODEL_BYTES_MAX
    depth_max: int = MODEL_DEPTH_MAX
    elements_max: int = MODEL_ELEMENTS_MAX
    attributes_max: int = MODEL_ATTRIBUTES_MAX
    expressions_chars_max: int = MODEL_EXPRESSIONS_CHARS_MAX


class Node:
    """One element of the file.

    Attributes:
        tag: the name; `zeebe:` before those of Zeebe's namespace, nothing before BPMN's.
        attributes: by name, prefixed in the same way.
        line: where the element begins, from 1.
        children: in the order of the file.
        text: what stands inside a condition; "" for every other element.
    """

    __slots__ = ("attributes", "children", "line", "tag", "text")

    def __init__(self, tag: str, attributes: MutableMapping[str, str], line: int) -> None:
        self.tag = tag
        self.attributes = attributes
        self.line = line
        self.children: MutableSequence[Node] = []
        self.text = ""

    @property
    def id(self) -> str:
        """Its id, "" where it has none."""
        return self.attributes.get("id", "")

    def all(self, tag: str) -> list["Node"]:
        """The children of that name."""
        return [child for child in self.children if child.tag == tag]


class XmlRefused(ValueError):  # noqa: N818  becomes the only finding of the file
    """The file is no XML, or XML that is not taken.

    Args:
        message: what was expected, and what stands there.
        line: where, from 1; 0 for the file as a whole.
    """

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


def read_xml(content: bytes, limits: Limits) -> Node:
    """The tree of a file.

    Raises:
        XmlRefused: it is no well-formed XML, is too large, or holds a document type.
    """
    if len(content) > limits.bytes_max:
        raise XmlRefused(f"expected a file of at most {limits.bytes_max} bytes, but it has {len(content)}", 0)
    builder = _Builder(limits)
    try:
        builder.parser.Parse(content, True)
    except expat.ExpatError as error:
        raise XmlRefused(f"expected well-formed XML, but {expat.ErrorString(error.code)}", error.lineno) from None
    except (LookupError, ValueError) as error:
        if isinstance(error, XmlRefused):
            raise
        raise XmlRefused("expected an encoding like UTF-8, but the file declares one that cannot be read", 1) from None
    return builder.root


class _Builder:
    """Receives expat's events; keeps the stack of open elements."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._elements = 0
        self._expressions_chars = 0
        self._depth = 0
        self._open: list[Node] = []
        self._skipping_from = 0  # depth at which a foreign element began; 0: not inside one
        self.root = Node("", {}, 0)
        self.parser = expat.ParserCreate(namespace_separator=_SEPARATOR)
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._doctype

    def _doctype(self, *_declaration: object) -> None:
        raise XmlRefused("expected no document type and no entities, but found <!DOCTYPE>", self._line)

    @property
    def _line(self) -> int:
        return self.parser.CurrentLineNumber

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        self._depth += 1
        self._check(attributes)
        if self._skipping_from:
            return
        namespace, _, local = name.rpartition(_SEPARATOR)
        if namespace not in _PREFIXES and self._open:
            self._skipping_from = self._depth
            return
        tag = _PREFIXES.get(namespace, f"{{{namespace}}}") + local
        node = Node(tag, {_prefixed(key): value for key, value in attributes.items()}, self._line)
        self._count(sum(len(value) for value in attributes.values() if value.startswith("=")))
        if self._open:
            self._open[-1].children.append(node)
        else:
            self.root = node
        self._open.append(node)

    def _count(self, expression_chars: int) -> None:
        self._expressions_chars += expression_chars
        if self._expressions_chars > (most := self._limits.expressions_chars_max):
            raise XmlRefused(
                f"expected expressions of at most {most} characters together, but there are more", self._line
            )

    def _check(self, attributes: dict[str, str]) -> None:
        limits = self._limits
        for what, count, most in (
            ("elements", self._elements, limits.elements_max),
            ("elements in each other", self._depth, limits.depth_max),
            ("attributes of one element", len(attributes), limits.attributes_max),
        ):
            if count > most:
                raise XmlRefused(f"expected at most {most} {what}, but there are more", self._line)

    def _end(self, _name: str) -> None:
        if not self._skipping_from:
            self._open.pop()
        elif self._depth == self._skipping_from:
            self._skipping_from = 0
        self._depth -= 1

    def _text(self, text: str) -> None:
        if not self._skipping_from and self._open[-1].tag == _TEXT_OF:
            self._count(len(text))
            self._open[-1].text += text


def _prefixed(name: str) -> str:
    namespace, _, local = name.rpartition(_SEPARATOR)
    return _PREFIXES.get(namespace, f"{{{namespace}}}" if namespace else "") + local
