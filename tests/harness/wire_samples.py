"""Smallest values for any annotation of the models: what a method wants, and what a server would answer."""

import re
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec
from msgspec import inspect

from c8py.models.operations import OPERATIONS, Operation

TIME = "2026-11-21T00:00:00Z"


def operation_of(method: str, path: str) -> Operation:
    """The row of the table that a request belongs to: the one whose path has the fewest places."""
    bare = path.partition("?")[0].removeprefix("/v2") if path.startswith("/v2") else path.partition("?")[0]
    fitting = [
        row
        for row in OPERATIONS.values()
        if row.method == method and re.fullmatch(re.sub(r"{\w+}", "[^/]+", row.path), bare)
    ]
    assert fitting, f"{method} {path} is no operation"
    return min(fitting, key=lambda row: row.path.count("{"))


def sample(annotation: Any) -> Any:
    """A value that fits the annotation of a parameter."""
    if hasattr(annotation, "__supertype__"):
        return annotation("1")
    origin = get_origin(annotation)
    if origin is Literal:
        return get_args(annotation)[0]
    if origin is not None and get_args(annotation):
        name = getattr(origin, "__name__", "")
        if name in {"Sequence", "list"}:
            return [sample(get_args(annotation)[0])]
        if name in {"Mapping", "dict"}:
            return {"k": 1}
        return sample(get_args(annotation)[0])  # a union
    plain = {str: "1", int: 1, bool: True, float: 1.0, bytes: b"1", object: 1}
    return plain[annotation] if annotation in plain else _struct(annotation)


def _struct(kind: type) -> Any:
    hints = get_type_hints(kind)
    required = [field for field in msgspec.structs.fields(kind) if field.required]
    return kind(**{field.name: sample(hints[field.name]) for field in required})


def answer(row: Operation) -> bytes:
    """The smallest answer that a server could give to an operation."""
    if not row.response:
        return b""
    if row.response in {"str", "bytes"}:
        return b"<text/>"
    return msgspec.json.encode(_wire(inspect.type_info(row.response_type() or object), 0))


def _wire(kind: inspect.Type, depth: int) -> object:
    """JSON of the kind, every field given while it is not too deep."""
    if isinstance(kind, inspect.UnionType):
        some = [one for one in kind.types if not isinstance(one, inspect.NoneType)]
        return _wire(some[0], depth) if depth < 6 else None
    if isinstance(kind, inspect.StructType):
        return {field.encode_name: _wire(field.type, depth + 1) for field in kind.fields if field.required or depth < 3}
    if isinstance(kind, inspect.DictType):
        return {"1": _wire(kind.value_type, depth + 1)}
    if isinstance(kind, inspect.ListType):
        return [_wire(kind.item_type, depth + 1)] if depth < 4 else []
    table: dict[type[inspect.Type], object] = {
        inspect.StrType: "1",
        inspect.IntType: 1,
        inspect.FloatType: 1.0,
        inspect.BoolType: True,
        inspect.AnyType: 1,
        inspect.LiteralType: "1",
    }
    return table.get(type(kind))
