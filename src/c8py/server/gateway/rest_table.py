"""Which operation a path means. Pure: built once from the table of all operations, asked on every request."""

from collections.abc import Iterable
from typing import NamedTuple

from c8py.models.operations import OPERATIONS
from c8py.server.gateway.rest_http import Problem

_HOLE = "{}"


class Found(NamedTuple):
    """An operation, and what stands in the path for its names."""

    operation: str
    keys: dict[str, str]


class _Node:
    __slots__ = ("below", "methods")

    def __init__(self) -> None:
        self.below: dict[str, _Node] = {}
        self.methods: dict[str, tuple[str, tuple[str, ...]]] = {}


class OperationTable:
    """All operations of the REST API below /v2.

    Args:
        operations: id, method and path of each, with `{names}` for what varies.
    """

    def __init__(self, operations: Iterable[tuple[str, str, str]]) -> None:
        self._root = _Node()
        for name, method, path in operations:
            node = self._root
            keys: list[str] = []
            for part in path.strip("/").split("/"):
                hole = part.startswith("{")
                if hole:
                    keys.append(part.strip("{}"))
                node = node.below.setdefault(_HOLE if hole else part, _Node())
            node.methods[method] = (name, tuple(keys))

    def find(self, method: str, path: str) -> Found:
        """The operation that is meant.

        Raises:
            Problem: 404 for an unknown path, 405 for a method that the path does not have.
        """
        parts = path.removeprefix("/").split("/")
        found = _find(self._root, parts, 0, ())
        if found is None:
            raise Problem(404, f"expected a path of the Orchestration Cluster API, but there is none like {path[:200]}")
        node, values = found
        known = node.methods.get("GET" if method == "HEAD" else method)
        if known is None:
            allowed = ", ".join(sorted(node.methods))
            raise Problem(
                405, f"expected one of {allowed}, but the method is {method[:20]}", ((b"allow", allowed.encode()),)
            )
        name, keys = known
        return Found(name, dict(zip(keys, values, strict=True)))


def _find(node: _Node, parts: list[str], depth: int, values: tuple[str, ...]) -> tuple[_Node, tuple[str, ...]] | None:
    """The node of a path; what is spelled out goes before what varies."""
    if depth == len(parts):
        return (node, values) if node.methods else None
    part = parts[depth]
    literal = node.below.get(part)
    if literal is not None:
        found = _find(literal, parts, depth + 1, values)
        if found is not None:
            return found
    hole = node.below.get(_HOLE)
    return _find(hole, parts, depth + 1, (*values, part)) if hole is not None and part else None


def operation_table() -> OperationTable:
    """The table of all that the API has; what is cluster-wide lives beside /v2 and is left out."""
    return OperationTable(
        (each.id, each.method, each.path) for each in OPERATIONS.values() if not each.path.startswith("/cluster/v2/")
    )
