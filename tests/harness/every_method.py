"""Examples for a type checker that use every method of every client, made from the methods' own declarations.

Right: a function with the parameters of the method hands all of them on, and gives back what it declares. Wrong: one
parameter at a time is something that it cannot be, and a name that no parameter has.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from harness.processes import ROOT

SOURCE = ROOT / "src" / "c8py"
HEAD = """\
# pyright: reportUnusedImport=false, reportPrivateUsage=false, reportWildcardImportFromLibrary=false
# pyright: reportDeprecated=false
from c8py import AsyncCamunda, AsyncConsole, AsyncModeler, AsyncOperate, AsyncOptimize, AsyncTasklist
from c8py import Camunda, Console, Modeler, Operate, Optimize, Tasklist
class Nothing: ...
"""
ROOMS = ("console", "modeler", "operate", "optimize", "tasklist")
VERBS = ("processes", "jobs", "events", "facade", "uploads")
UPLOADS = {"ResourceUploads": "resources", "DocumentUploads": "documents"}
OWN = frozenset({"wait_until", "from_env"})  # generic ones, which the examples written by hand show
ANYTHING = frozenset({"object", "object | None", "object | UnsetType", "object | None | UnsetType"})

Method = ast.FunctionDef | ast.AsyncFunctionDef


class Examples(NamedTuple):
    """What a checker accepts, and what it refuses in every line that ends with `# wrong`; one pair for each module."""

    module: str
    right: str
    wrong: str
    methods: int


def examples(colour: str) -> Iterator[Examples]:
    """Those of one colour, `_async` or `_sync`."""
    for path, owner in _modules(colour):
        tree = ast.parse(path.read_text())
        methods = list(_methods(tree, owner, colour))
        imports = [HEAD, *_imports(tree, path)]
        right = [_right(*method, number) for number, method in enumerate(methods)]
        wrong = [line for number, method in enumerate(methods) for line in _wrong(*method, number)]
        name = "_".join(path.relative_to(SOURCE).with_suffix("").parts).strip("_")
        yield Examples(name, "\n".join([*imports, *right, ""]), "\n".join([*imports, *wrong, ""]), len(methods))


def _modules(colour: str) -> Iterator[tuple[Path, str]]:
    for name in VERBS:
        yield SOURCE / "client" / colour / f"{name}.py", ""
    for path in sorted((SOURCE / "client" / colour / "nouns").glob("[a-z]*.py")):
        yield path, path.stem
    for room in ROOMS:
        yield SOURCE / room / f"{colour}.py", ""


def _imports(tree: ast.Module, path: Path) -> Iterator[str]:
    """What the annotations of a module need: its imports, and the names that it makes itself."""
    for node in tree.body:
        of_types = node.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING" else [node]
        for one in of_types:
            if isinstance(one, ast.ImportFrom | ast.Import):
                yield ast.unparse(one)
    made = [
        node.target.id for node in tree.body if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    ]
    made += [
        t.id for node in tree.body if isinstance(node, ast.Assign) for t in node.targets if isinstance(t, ast.Name)
    ]
    if made:
        module = ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts)
        yield f"from {module} import {', '.join(made)}"


def _methods(tree: ast.Module, owner: str, colour: str) -> Iterator[tuple[str, str, Method]]:
    """Type of the client, the object that has the method, and the method."""
    prefix = "Async" if colour == "_async" else ""
    for node in tree.body:
        if not isinstance(node, ast.ClassDef):
            continue
        bare = node.name.removeprefix("Async")
        noun = owner or UPLOADS.get(bare, "")
        kind = prefix + (bare if bare.lower() in ROOMS else "Camunda")
        for method in node.body:
            if not isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef) or method.name[0] == "_":
                continue
            if not method.decorator_list and method.name not in OWN:
                yield kind, f"client.{noun}" if noun else "client", method


def _right(kind: str, target: str, method: Method, number: int) -> str:
    declared = [f"{one.arg}: {_type(one)}" for one in _parameters(method)]
    returns = ast.unparse(method.returns) if method.returns else "None"
    start, wait = ("async def", "await ") if isinstance(method, ast.AsyncFunctionDef) else ("def", "")
    call = f"{wait}{target}.{method.name}({', '.join(_handed_on(method))})"
    body = call if returns == "None" else f"return {call}"
    return f"{start} right_{number}({', '.join([f'client: {kind}', *declared])}) -> {returns}: {body}"


def _wrong(kind: str, target: str, method: Method, number: int) -> Iterator[str]:
    declared = [f"{one.arg}: {_type(one)}" for one in _parameters(method)]
    start, wait = ("async def", "await ") if isinstance(method, ast.AsyncFunctionDef) else ("def", "")
    yield f"{start} wrong_{number}({', '.join([f'client: {kind}', *declared])}) -> None:"
    handed = _handed_on(method)
    for place, one in enumerate(_parameters(method)):
        if _type(one) not in ANYTHING:
            others = [*handed[:place], handed[place].removesuffix(one.arg) + "Nothing()", *handed[place + 1 :]]
            if handed[place].startswith("*"):
                others[place] = "Nothing()"
            yield f"    _ = {wait}{target}.{method.name}({', '.join(others)})  # wrong"
    yield f"    _ = {wait}{target}.{method.name}({', '.join([*handed, 'no_such_name=1'])})  # wrong"


def _parameters(method: Method) -> list[ast.arg]:
    several = [method.args.vararg] if method.args.vararg else []
    return [one for one in (*method.args.args, *several, *method.args.kwonlyargs) if one.arg != "self"]


def _handed_on(method: Method) -> list[str]:
    positional = [one.arg for one in method.args.args if one.arg != "self"]
    several = [f"*[{method.args.vararg.arg}]"] if method.args.vararg else []
    return [*positional, *several, *(f"{one.arg}={one.arg}" for one in method.args.kwonlyargs)]


def _type(one: ast.arg) -> str:
    return ast.unparse(one.annotation) if one.annotation else "object"
