"""Prints `appliers.lock`: a hash of what each applier says, so that none changes its meaning unnoticed.

An old log must give the same state for ever, so a released applier is frozen: a new meaning is a new function under the
next version. The hash is of the code alone (docstrings, comments and layout are free), with the functions of the same
module that it calls. What it calls in `state/tables.py` escapes; the golden logs in tests/golden watch over that.
Alone: `python tools/applier_lock.py [--check]`.
"""

import ast
import sys
from collections.abc import Mapping
from copy import copy
from hashlib import sha256
from pathlib import Path
from typing import Final

from generator import ROOT, header, main

APPLIERS: Final = ROOT / "src" / "c8py" / "engine" / "appliers"
LOCK: Final = APPLIERS / "appliers.lock"
_TABLE: Final = "APPLIERS"


def outputs() -> dict[Path, bytes | str]:
    """The lock, as it must be for the code that stands."""
    lines = (f"{name} {digest}\n" for name, digest in sorted(hashes(APPLIERS).items()))
    return {LOCK: header(__file__, "src/c8py/engine/appliers") + "".join(lines)}


def hashes(folder: Path) -> dict[str, str]:
    """For each entry of the table, "Family.INTENT version": the hash of its applier."""
    modules = {path.stem: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.py"))}
    return {name: _hash(modules[module], function) for name, (module, function) in _entries(modules["__init__"])}


def changed(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """The entries that say something else than before, or are gone."""
    return [name for name, digest in sorted(old.items()) if new.get(name) != digest]


def locked() -> dict[str, str]:
    """The hashes of the lock as it stands."""
    if not LOCK.exists():
        return {}
    lines = (line for line in LOCK.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    return {name: digest for name, _, digest in (line.rpartition(" ") for line in lines)}


def _entries(module: ast.Module) -> list[tuple[str, tuple[str, str]]]:
    entries: list[tuple[str, tuple[str, str]]] = []
    for statement in module.body:
        if not (isinstance(statement, ast.AnnAssign) and ast.unparse(statement.target) == _TABLE):
            continue
        if not isinstance(statement.value, ast.Dict):
            raise TypeError(f"expected {_TABLE} to be a dict as it stands, but it is {ast.dump(statement)}")
        for key, value in zip(statement.value.keys, statement.value.values, strict=True):
            match key, value:
                case ast.Tuple(elts=[intent, version]), ast.Call(args=[ast.Attribute(ast.Name(module_name), function)]):
                    entries.append((f"{ast.unparse(intent)} {ast.unparse(version)}", (module_name, function)))
                case _:
                    raise TypeError(f"expected (intent, version): _on(module.function), but {ast.unparse(value)}")
    return entries


def _hash(module: ast.Module, function: str) -> str:
    functions = {node.name: node for node in module.body if isinstance(node, ast.FunctionDef)}
    said: dict[str, str] = {}
    to_say = [function]
    while to_say:
        name = to_say.pop()
        if name in said:
            continue
        said[name] = _without_docstring(functions[name])
        to_say += [node.id for node in ast.walk(functions[name]) if isinstance(node, ast.Name) and node.id in functions]
    return sha256("\n".join(said[name] for name in sorted(said)).encode()).hexdigest()


def _without_docstring(function: ast.FunctionDef) -> str:
    body = function.body
    if ast.get_docstring(function) is not None:
        body = body[1:] or [ast.Pass()]
    bare = copy(function)
    bare.body = body
    return ast.unparse(bare)


if __name__ == "__main__":
    for entry in changed(locked(), hashes(APPLIERS)):
        print(f"applier_lock: expected {entry} to stay as it was released, but it differs; ", end="", file=sys.stderr)
        print("leave it, and add a function under the next version", file=sys.stderr)
    main(__name__)
