"""How each operation of the REST API is called by its method: arguments made from the schemas of the OpenAPI document.

The generator of the methods says where each parameter goes; what they say on the wire is for harness.contract to judge.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple, TypeVar, get_args, get_type_hints
from urllib.parse import quote, urlencode

import msgspec
from msgspec import UNSET, UnsetType

from gen_nouns import Method, Nouns, Parameter, plural
from harness.json_samples import Amount, JsonSamples
from harness.openapi import Json, document, operations
from rest_facts import Api

API: Final = document()
OPERATIONS: Final = {operation["operationId"]: (path, operation) for _, path, operation in operations(API)}
METHODS: Final[Mapping[str, Method]] = {
    method.operation.id: method for methods in Nouns(Api.read()).methods.values() for method in methods
}
FORMS: Final = OPERATIONS.keys() - METHODS.keys()  # written by hand, and called by hand
TURNS: Final = 3

Kind = TypeVar("Kind")


class Call(NamedTuple):
    """One call, and what it has to say on the wire."""

    method: str
    positional: tuple[Any, ...]
    named: dict[str, Any]
    path: str
    body: object


def calls(operation: str, noun: object) -> Iterator[Call]:
    """With only what is required, once for each alternative of the body; then with everything, one after the other.

    Args:
        operation: its id.
        noun: the object that has its method.
    """
    schema = _body_schema(operation)
    alternatives = _alternatives(schema)
    for alternative in alternatives:
        yield _call(operation, noun, alternative, turn=0, amount="least")
    for turn in range(max(TURNS, len(alternatives))):
        yield _call(operation, noun, alternatives[turn % len(alternatives)], turn=turn, amount="all")


def model_sample(kind: type[Kind], amount: Amount) -> Kind:
    """A struct of the models, made from the schema of the same name."""
    samples = JsonSamples(API, pick=lambda _: 0, amount=amount)
    return msgspec.convert(samples.value(API["components"]["schemas"][kind.__name__]), kind)


def noun_of(operation: str) -> str:
    """The attribute of the client that has its method."""
    return plural(METHODS[operation].operation.tag)


def same(answer: object, wire: object) -> bool:
    """Whether a decoded answer says what was on the wire; what is empty or null may be absent."""
    return _bare(msgspec.to_builtins(answer)) == _bare(wire)


def _call(operation: str, noun: object, schema: Json | None, *, turn: int, amount: Amount) -> Call:
    path, described = OPERATIONS[operation]
    method = METHODS[operation]
    samples = JsonSamples(API, pick=lambda count: turn % count, amount=amount)
    asked = [one for one in described["parameters"] if one["required"] or amount == "all"]
    places = {one["name"]: str(samples.value(one["schema"])) for one in asked if one["in"] == "path"}
    query = {one["name"]: samples.value(one["schema"]) for one in asked if one["in"] == "query"}
    body = None if schema is None else samples.value(schema)
    hints = get_type_hints(getattr(noun, method.name), vars(sys.modules[type(noun).__module__]))
    named = {
        parameter.name: value
        for parameter in method.parameters
        if parameter.into != "path" and (value := _argument(parameter, query, body, hints)) is not UNSET
    }
    for name, value in places.items():
        path = path.replace(f"{{{name}}}", quote(value, safe=""))
    said = urlencode({name: _text(value) for name, value in query.items()})
    return Call(
        method=method.name,
        positional=tuple(places[name] for name in re.findall(r"{(\w+)}", method.operation.path)),
        named=named,
        path=f"{path}?{said}" if said else path,
        # Of what is not known to have members nothing can be said.
        body=(body if isinstance(body, dict) else {}) if method.has_body else None,
    )


def _argument(parameter: Parameter, query: Json, body: Any, hints: Mapping[str, Any]) -> Any:
    """The argument of a parameter; UNSET where the call does without."""
    where, _, wire = parameter.into.partition(":")
    if where == "query":
        return query.get(wire, UNSET)
    if where == "page":
        return body.get("page", {}).get(parameter.name.rstrip("_"), UNSET)
    if wire not in body:
        return UNSET
    if wire == "sort":
        return [("-" if one.get("order") == "DESC" else "") + one["field"] for one in body["sort"]]
    if wire == "variables":
        return body[wire]  # a dict is one of the kinds of objects that it may be
    return msgspec.convert(body[wire], _without_unset(hints[parameter.name]))


def _without_unset(hint: Any) -> Any:
    kinds = [kind for kind in get_args(hint) if kind is not UnsetType]
    if UnsetType not in get_args(hint):
        return hint
    merged = kinds[0]
    for kind in kinds[1:]:
        merged |= kind
    return merged


def _body_schema(operation: str) -> Json | None:
    body = OPERATIONS[operation][1].get("requestBody")
    return None if body is None else next(iter(body["content"].values()))["schema"]


def _alternatives(schema: Json | None) -> list[Json | None]:
    if schema is None:
        return [None]
    resolved = JsonSamples(API, pick=lambda _: 0, amount="least").resolved(schema)
    # A body that may be null may be left out as well; the methods send an object.
    return [one for one in resolved.get("anyOf", [schema]) if one != {"type": "null"}]


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _bare(value: Any) -> Any:
    if isinstance(value, dict):
        bare = {name: _bare(part) for name, part in value.items()}
        return {name: part for name, part in bare.items() if part not in (None, [], {})}
    if isinstance(value, list):
        return [_bare(part) for part in value]
    return value
