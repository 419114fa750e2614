"""The facts of the APIs beside the cluster, JSON of every type in them, and the OpenAPI documents that they make."""

import re
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from harness.processes import ROOT

Json = dict[str, Any]

APIS = ("console", "modeler", "optimize", "operate", "tasklist")
SORTS = {"order": "order", "direction": "direction"}
_PLAIN: dict[str, Any] = {
    "str": "text",
    "int": 7,
    "float": 1.5,
    "bool": True,
    "object": {"any": [1]},
    "Secret": "s3cr~t",
    **{kind: [{"field": "name", key: "DESC"}] for kind, key in SORTS.items()},
}


_SCHEMAS: dict[str, Json] = {
    "str": {"type": "string"},
    "int": {"type": "integer", "format": "int64"},
    "bool": {"type": "boolean"},
    "object": {},
    "dict": {"type": "object"},
    **{
        kind: {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, key: {"type": "string", "enum": ["ASC", "DESC"]}},
                "required": ["field", key],
                "additionalProperties": False,
            },
        }
        for kind, key in SORTS.items()
    },
}


class Fact(NamedTuple):
    """One operation of one API."""

    api: str
    row: dict[str, Any]

    @property
    def method(self) -> str:
        return self.row["call"].partition(" ")[0]

    @property
    def path(self) -> str:
        return self.row["call"].partition(" ")[2]

    @property
    def places(self) -> list[str]:
        return re.findall(r"{(\w+)}", self.path)


class Facts:
    """What tools/facts says of one API."""

    def __init__(self, api: str) -> None:
        lines = (Path(ROOT) / "tools" / "facts" / f"{api}.jsonl").read_bytes().splitlines()
        rows = [msgspec.json.decode(line) for line in lines]
        self.operations = [Fact(api, row) for row in rows if row["kind"] == "operation"]
        self._structs = {row["name"]: row for row in rows if row["kind"] == "struct"}
        self._enums = {row["name"]: row["values"] for row in rows if row["kind"] == "enum"}

    def sample(self, kind: str, items: dict[str, str] | None = None) -> Any:
        """JSON of a type, with every field there."""
        outer, _, inner = kind.rstrip("!?").rstrip("]").partition("[") if "[" in kind else (kind.rstrip("!?"), "", "")
        if outer == "list":
            return [self.sample(_closed(inner), items)]
        if outer == "dict":
            return {"name": self.sample(_closed(inner.removeprefix("str, ")), items)}
        if outer in self._structs:
            struct = self._structs[outer]
            own = {struct["of"]: inner} if inner else items
            return {wire: self.sample(one, own) for wire, one in struct["fields"].items()}
        if outer in self._enums:
            return self._enums[outer][0]
        return self.sample((items or {})[outer]) if outer in (items or {}) else _PLAIN[outer]

    def document(self, root: str) -> Json:
        """The OpenAPI document of the API, whose paths begin with `root`."""
        paths: dict[str, Json] = {}
        for operation in self.operations:
            paths.setdefault(root + operation.path, {})[operation.method.lower()] = self._operation(operation)
        return {
            "openapi": "3.1.0",
            "info": {"title": root, "version": "1"},
            "paths": paths,
            "components": {"schemas": {}},
        }

    def _operation(self, operation: Fact) -> Json:
        row = operation.row
        answer, body = row.get("answer", ""), row.get("body")
        media = "text/xml" if answer == "text" else "application/json"
        content = {"content": {media: {"schema": self.schema("str" if answer == "text" else answer)}}} if answer else {}
        made: Json = {
            "operationId": row["id"],
            "parameters": [
                *(self._parameter("path", name, "int!" if name == "key" else "str!") for name in operation.places),
                *(self._parameter("query", name, kind) for name, kind in row.get("query", {}).items()),
            ],
            "responses": {"200" if answer else "204": {"description": ""} | content},
        }
        if body:
            said = self.schema(next(iter(body.values()))) if row.get("whole") else self._object(body, {})
            made["requestBody"] = {"required": True, "content": {"application/json": {"schema": said}}}
        return made

    def _parameter(self, where: str, name: str, kind: str) -> Json:
        return {"name": name, "in": where, "required": kind.endswith("!"), "schema": self.schema(kind)}

    def schema(self, kind: str, items: dict[str, str] | None = None) -> Json:
        """The schema of a type."""
        bare = kind.rstrip("!?")
        if kind.endswith("?"):
            return {"anyOf": [self.schema(bare, items), {"type": "null"}]}
        outer, _, inner = bare.rstrip("]").partition("[")
        if outer == "list":
            return {"type": "array", "items": self.schema(_closed(inner), items)}
        if outer in self._structs:
            struct = self._structs[outer]
            return self._object(struct["fields"], {struct["of"]: inner} if inner else items or {})
        if outer in (items or {}):
            return self.schema((items or {})[outer])
        return {"type": "string", "enum": self._enums[outer]} if outer in self._enums else _SCHEMAS[outer]

    def _object(self, fields: dict[str, str], items: dict[str, str]) -> Json:
        properties = {name: self.schema(kind, items) for name, kind in fields.items()}
        required = [name for name, kind in fields.items() if kind.endswith("!")]
        return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _closed(kind: str) -> str:
    return kind + "]" * (kind.count("[") - kind.count("]"))


FACTS = {api: Facts(api) for api in APIS}
OPERATIONS = [operation for facts in FACTS.values() for operation in facts.operations]
