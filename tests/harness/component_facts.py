"""The facts of the APIs beside the cluster, and JSON of every type in them, as a server of theirs would say it."""

import re
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from harness.processes import ROOT

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


def _closed(kind: str) -> str:
    return kind + "]" * (kind.count("[") - kind.count("]"))


FACTS = {api: Facts(api) for api in APIS}
OPERATIONS = [operation for facts in FACTS.values() for operation in facts.operations]
