"""What tools/facts/rest.jsonl says of the REST API, brought into the few shapes that a printer needs. Prints nothing.

Read by tools/gen_models.py, which states the rules.
"""

import functools
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from generator import ROOT

FACTS: Final = ROOT / "tools" / "facts" / "rest.jsonl"


class Schema(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A JSON schema, as far as a type depends on it: limits and patterns are passed over."""

    ref: str = ""
    type: str = ""
    format: str = ""
    enum: tuple[str | None, ...] = ()
    items: "Schema | None" = None
    properties: "dict[str, Schema]" = {}
    additional_properties: "Schema | bool | None" = None
    required: tuple[str, ...] = ()
    one_of: "tuple[Schema, ...]" = ()
    any_of: "tuple[Schema, ...]" = ()
    nullable: bool = False
    since: str = ""
    deprecated: bool = False


class Query(msgspec.Struct, frozen=True):
    """A parameter after the question mark."""

    name: str
    required: bool = False
    schema: Schema | None = None


class OperationFact(msgspec.Struct, frozen=True, kw_only=True, tag="operation", tag_field="kind"):
    """One operation."""

    id: str
    method: str
    path: str
    tag: str
    since: str
    status: int
    also: tuple[int, ...] = ()
    query: tuple[Query, ...] = ()
    request: Schema | None = None
    response: Schema | None = None
    body: str = ""
    consumes: str = ""
    produces: str = ""
    scope: str = ""
    eventual: bool = False
    deprecated: bool = False

    @property
    def module(self) -> str:
        """The module of its tag."""
        return self.tag.lower().replace(" ", "_").replace("-", "_")

    @property
    def is_query(self) -> bool:
        """Whether it only looks; the oldest server whose answers we read is newer then."""
        return self.id.startswith(("search", "get")) and self.id not in {"getTopology", "getLicense"}


class SchemaFact(msgspec.Struct, frozen=True, tag="schema", tag_field="kind"):
    """One named schema."""

    name: str
    schema: Schema


class Property(msgspec.Struct, frozen=True):
    """A field of a struct: its alternatives where schemas were merged that disagree, and whether it has to be there."""

    schemas: tuple[Schema, ...]
    required: bool


class Api:
    """Operations and schemas, and what follows from them."""

    def __init__(self, lines: bytes) -> None:
        facts = msgspec.json.Decoder(OperationFact | SchemaFact).decode_lines(lines)
        self.operations = [fact for fact in facts if isinstance(fact, OperationFact)]
        self.schemas = {fact.name: fact.schema for fact in facts if isinstance(fact, SchemaFact)}

    @classmethod
    def read(cls, path: Path = FACTS) -> "Api":
        """The facts of this repository."""
        return cls(path.read_bytes())

    def is_struct(self, schema: Schema) -> bool:
        """Whether it is, or refers to, an object with fields, or a choice between such objects."""
        if schema.ref:
            return self.is_struct(self.schemas[schema.ref])
        return bool(schema.properties) or (bool(schema.one_of) and all(self.is_struct(s) for s in schema.one_of))

    @functools.cached_property
    def _unions(self) -> dict[tuple[str, ...], str]:
        unions = {name: schema for name, schema in self.schemas.items() if schema.one_of and self.is_struct(schema)}
        return {tuple(part.ref for part in schema.one_of): name for name, schema in unions.items()}

    @functools.cached_property
    def _structs(self) -> dict[frozenset[str], str]:
        return {frozenset(schema.properties): name for name, schema in self.schemas.items() if schema.properties}

    @functools.cached_property
    def enums(self) -> dict[tuple[str | None, ...], str]:
        """The name for each set of values: what is called Enum first, so that its copies lead to it."""
        named = sorted(self.schemas, key=lambda name: (not name.endswith("Enum"), len(name), name))
        found: dict[tuple[str | None, ...], str] = {}
        for name in named:
            if self.schemas[name].enum:
                found.setdefault(self.schemas[name].enum, name)
        return found

    def properties(self, name: str) -> dict[str, Property]:
        """The fields of a struct, merged where it is a choice between structs."""
        schema = self.schemas[name]
        if not schema.one_of:
            return {wire: Property((field,), wire in schema.required) for wire, field in schema.properties.items()}
        parts = [self.properties(part.ref) for part in schema.one_of]
        merged: dict[str, Property] = {}
        for wire in dict.fromkeys(wire for part in parts for wire in part):
            schemas = dict.fromkeys(_key(s) for part in parts if wire in part for s in part[wire].schemas)
            required = all(wire in part and part[wire].required for part in parts)
            merged[wire] = Property(_joined([msgspec.json.decode(s, type=Schema) for s in schemas]), required)
        return merged

    def reached(self, schema: Schema | None) -> Iterator[str]:
        """The names of structs and enums that a schema needs, itself included, each once."""
        seen: dict[str, None] = {}
        self._reach(schema, seen)
        yield from seen

    def _reach(self, schema: Schema | None, seen: dict[str, None]) -> None:
        if schema is None:
            return
        name = self.named(schema)
        if name:
            if name in seen:
                return
            seen[name] = None
            if self.is_struct(self.schemas[name]):
                for field in self.properties(name).values():
                    for part in field.schemas:
                        self._reach(part, seen)
                return
            schema = self.schemas[name]
        for part in self.parts(schema):
            self._reach(part, seen)

    def named(self, schema: Schema) -> str:
        """The name that a schema is printed under: that of its ref, its enum, or its union; "" when it has none."""
        if schema.ref:
            target = self.schemas[schema.ref]
            return (self.named(target) if target.enum or target.ref else "") or schema.ref
        if schema.enum:
            return self.enums.get(schema.enum, "")
        if schema.properties:
            return self._structs.get(frozenset(schema.properties), "")
        return self._unions.get(tuple(s.ref for s in schema.one_of), "")

    @staticmethod
    def parts(schema: Schema) -> Iterable[Schema]:
        """The schemas inside a schema that has no name of its own."""
        yield from schema.one_of
        yield from schema.any_of
        yield from schema.properties.values()
        if schema.items:
            yield schema.items
        if isinstance(schema.additional_properties, Schema):
            yield schema.additional_properties


def _key(schema: Schema) -> bytes:
    return msgspec.json.encode(msgspec.structs.replace(schema, since=""))


def _joined(schemas: list[Schema]) -> tuple[Schema, ...]:
    """One enum out of several: discriminators differ from struct to struct in nothing but their value."""
    enums = [s for s in schemas if s.enum]
    if len(enums) < 2:  # noqa: PLR2004  nothing to join
        return tuple(schemas)
    values = tuple(dict.fromkeys(value for s in enums for value in s.enum))
    return (Schema(type="string", enum=values), *(s for s in schemas if not s.enum))
