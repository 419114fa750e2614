"""The OpenAPI document of an API, made from the facts that its client is printed from: one JSON object a line.

Where the facts say less than a server holds to, the document says what servers do: an object with known members has no
others, and of alternatives that overlap any may fit. What tests serve and check by it is harness.contract.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from harness.processes import ROOT

Json = dict[str, Any]

FACTS: Final = ROOT / "tools" / "facts"
# What a place in a path is, where its name with a capital is no schema.
PLACES: Final = {
    "adHocSubProcessInstanceKey": "ElementInstanceKey",
    "id": "GlobalListenerId",
    "name": "ClusterVariableName",
}
# Headers of parts of a form; the facts have no headers, for no other operation has one.
PART_HEADERS: Final = {"createDocuments": {"files": {"x-document-metadata": "DocumentMetadata"}}}
_KEPT: Final = frozenset({
    "default", "deprecated", "enum", "format", "maximum", "maxItems", "maxLength", "maxProperties", "minimum",
    "minItems", "minLength", "pattern", "required", "type", "uniqueItems",
})  # fmt: skip


def document(name: str = "rest.jsonl", *, root: str = "/v2", beside: str = "/cluster/v2/") -> Json:
    """The OpenAPI 3.1 document of an API.

    Args:
        name: of the file under tools/facts.
        root: stands before each path.
        beside: what begins like this stands beside the root; empty for nothing.
    """
    facts = [json.loads(line) for line in (FACTS / name).read_bytes().splitlines()]
    schemas = {fact["name"]: _schema(fact["schema"]) for fact in facts if fact["kind"] == "schema"}
    paths: dict[str, Json] = {}
    for fact in facts:
        if fact["kind"] == "operation":
            path = fact["path"] if beside and fact["path"].startswith(beside) else root + fact["path"]
            paths.setdefault(path, {})[fact["method"].lower()] = _operation(fact, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": name, "version": "1"},
        "paths": paths,
        "components": {"schemas": schemas},
    }


def operations(api: Json) -> Iterator[tuple[str, str, Json]]:
    """Method, path and what the document says of each operation."""
    for path, methods in api["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def _operation(fact: Json, schemas: Mapping[str, Json]) -> Json:
    made: Json = {
        "operationId": fact["id"],
        "parameters": [
            *(_place(name, fact, schemas) for name in re.findall(r"{(\w+)}", fact["path"])),
            *(_query(one) for one in fact.get("query", ())),
        ],
        "responses": {str(fact["status"]): _content(fact.get("response"), fact.get("produces"))}
        | {str(status): _content(None if status == 204 else fact["response"], None) for status in fact.get("also", ())},
    }
    if "request" in fact:
        made["requestBody"] = _content(fact["request"], fact.get("consumes")) | {
            "required": fact.get("body") == "required"
        }
    return made


def _place(name: str, fact: Json, schemas: Mapping[str, Json]) -> Json:
    own = fact.get("places", {}).get(name)
    target = PLACES.get(name, name[:1].upper() + name[1:])
    known = _schema(own) if own else {"$ref": f"#/components/schemas/{target}"} if target in schemas else None
    assert known, f"expected a schema for {{{name}}} of {fact['id']}, but there is no {target}; say it in PLACES"
    return {"name": name, "in": "path", "required": True, "schema": known}


def _query(fact: Json) -> Json:
    schema = _schema(fact.get("schema", {"type": "string"}))
    return {"name": fact["name"], "in": "query", "required": fact.get("required", False), "schema": schema}


def _content(schema: Json | None, media: str | None) -> Json:
    if schema is None:
        return {"description": ""}
    return {"description": "", "content": {media or "application/json": {"schema": _schema(schema)}}}


def _schema(fact: Any) -> Any:
    if isinstance(fact, bool):
        return fact
    if fact.get("format") == "binary":
        return {"contentMediaType": "application/octet-stream"}  # what 3.1 has in its place
    made: Json = {name: value for name, value in fact.items() if name in _KEPT}
    if "ref" in fact:
        made = {"$ref": f"#/components/schemas/{fact['ref']}"}
    alternatives = [*fact.get("oneOf", ()), *fact.get("anyOf", ())]
    if alternatives:
        # A type beside them is a slip of the API's own document: one of a filter's alternatives is an object.
        made = {"anyOf": [_schema(part) for part in alternatives]}
    for name in ("items", "additionalProperties", "not"):
        if name in fact:
            made[name] = _not(fact[name]) if name == "not" else _schema(fact[name])
    if "properties" in fact:
        made["properties"] = {name: _schema(part) for name, part in fact["properties"].items()}
        made.setdefault("additionalProperties", False)
    return {"anyOf": [made, {"type": "null"}]} if fact.get("nullable") else made


def _not(fact: Json) -> Json:
    """What must not be: a schema of which nothing is to be closed."""
    return {name: [_not(part) for part in value] if name == "anyOf" else value for name, value in fact.items()}
