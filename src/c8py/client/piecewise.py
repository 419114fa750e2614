"""Takes an answer with jobs apart without reading what is in it: one that cannot be read must not hide the others.

Pure, and without recursion, whatever the depth of the JSON. Called by `lenient` once a whole answer could not be read.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

_TOKEN: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]', re.DOTALL)
_OPENING: Final = frozenset((b"{", b"["))
_BLANK: Final = b" \t\r\n"


def elements(body: bytes, name: str) -> list[bytes]:
    """The objects in the list of this name, each as it stands; none where there is no such list.

    Args:
        body: a JSON object.
        name: of the list among its members.
    """
    found = _member(body, name)
    if found is None or body[found.start : found.start + 1] != b"[":
        return []
    listed = body[found]
    return [listed[one] for one in _values(listed, depth=1) if listed[one.start : one.start + 1] == b"{"]


def without(element: bytes, names: Iterable[str]) -> tuple[bytes, dict[str, bytes]]:
    """An object with these members emptied, and what stood in them.

    Args:
        element: a JSON object.
        names: of members that are objects or lists; others stay as they are.
    """
    taken: dict[str, bytes] = {}
    for name in names:
        found = _member(element, name)
        if found is not None:
            taken[name] = element[found]
            element = element[: found.start] + b"{}" + element[found.stop :]
    return element, taken


def _member(text: bytes, name: str) -> slice | None:
    """Where the list or object of this name is, among the members of an object."""
    quoted = b'"' + name.encode() + b'"'
    depth = 0
    for token in _TOKEN.finditer(text):
        if token[0] in _OPENING:
            depth += 1
        elif token[0] in {b"}", b"]"}:
            depth -= 1
        elif depth == 1 and token[0] == quoted:
            rest = text[token.end() : token.end() + 64].lstrip(_BLANK)
            value = rest[1:].lstrip(_BLANK)
            if rest[:1] == b":" and value[:1] in _OPENING:
                start = text.index(value[:1], token.end())
                return next((one for one in _values(text, depth=1, begin=start)), None)
    return None


def _values(text: bytes, *, depth: int, begin: int = 0) -> Iterator[slice]:
    """Where lists and objects are that stand so deep in the text; from `begin` on, which is as deep already."""
    level = depth if begin else 0
    start = 0
    for token in _TOKEN.finditer(text, begin):
        if token[0] in _OPENING:
            if level == depth:
                start = token.start()
            level += 1
        elif token[0] in {b"}", b"]"}:
            level -= 1
            if level == depth:
                yield slice(start, token.end())
