"""JSON documents from outside: parsed, with a bound on size and depth, before anything else looks at them."""

import re
from typing import cast

import msgspec

from c8py.base import limits
from c8py.engine.records import Variables
from c8py.server.gateway.refusals import Kind, Refusal, invalid

# A backslash goes with the sign after it, so that an escaped quote does not end a text.
_SIGNS = re.compile(rb'\\.|["\[\]{}]', re.DOTALL)
_BACKSLASH = 0x5C
_DECODER = msgspec.json.Decoder()


def variables_from_text(text: str) -> Variables:
    """The variables of a gRPC message; an empty text is none.

    Raises:
        Refusal: not JSON, not an object, too large or too deep.
    """
    if not text:
        return {}
    if len(text) > limits.VARIABLES_BYTES_MAX:
        raise Refusal(
            Kind.RESOURCE_EXHAUSTED,
            f"expected variables of at most {limits.VARIABLES_BYTES_MAX} bytes, but they have {len(text)}",
        )
    return variables_from_document(parsed(text.encode()))


def parsed(document: bytes) -> object:
    """Any JSON document.

    Raises:
        Refusal: not JSON, or too deep.
    """
    refuse_depth(document)
    try:
        return cast("object", _DECODER.decode(document))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise invalid(f"expected a JSON document, but it is malformed: {error}") from None


def variables_from_document(document: object) -> Variables:
    """The variables in a parsed document.

    Raises:
        Refusal: it is no JSON object.
    """
    if not isinstance(document, dict):
        raise invalid(f"expected variables to be a JSON object, but they are {_named(document)}")
    return cast("Variables", document)


def refuse_depth(document: bytes) -> None:
    """Refuse a document that is nested too deep, before a parser recurses into it.

    Raises:
        Refusal: deeper than `JSON_DEPTH_MAX`.
    """
    # Counting brackets costs next to nothing, and fewer of them than the limit cannot be too deep.
    if document.count(b"[") + document.count(b"{") <= limits.JSON_DEPTH_MAX:
        return
    if _depth(document) > limits.JSON_DEPTH_MAX:
        raise invalid(f"expected a JSON document of at most {limits.JSON_DEPTH_MAX} levels, but it is deeper")


def _depth(document: bytes) -> int:
    depth = deepest = 0
    in_text = False
    for match in _SIGNS.finditer(document):
        sign = match[0]
        if sign == b'"':
            in_text = not in_text
        elif in_text or sign[0] == _BACKSLASH:
            continue
        elif sign in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        else:
            depth -= 1
    return deepest


def _named(document: object) -> str:
    names: dict[type, str] = {bool: "a truth value", int: "a number", float: "a number", str: "a text", list: "a list"}
    return names.get(type(document), "null")
