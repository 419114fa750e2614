"""House rules that no linter knows, held by a ratchet: today's exceptions are listed here and may only shrink."""

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

import pytest

FUNCTION_LINES_MAX = 60
MODULE_LINES_MAX = 500
POSITIONAL_MAX = 5
GENERATED_LINES_MAX = 20_000

# path::function or path: how much it has today. Lower the number when it shrinks; nothing is added.
LONG_FUNCTIONS: dict[str, int] = {}
LONG_MODULES: dict[str, int] = {}
MANY_POSITIONALS: dict[str, int] = {}

NAMES_REFUSED = {"util", "utils", "helper", "helpers", "manager", "managers", "info", "data", "misc", "stuff"}
# Put together here, so that this file does not hold what it forbids.
OPEN_NOTES = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "HA" + "CK")) + r")\b")
REGISTRY_HOSTS = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
        ("maven", "org"),
        ("maven", "apache", "org"),
        ("sonatype", "org"),
        ("proxy", "golang", "org"),
        ("sum", "golang", "org"),
        ("crates", "io"),
        ("docker", "io"),
        ("ghcr", "io"),
        ("quay", "io"),
    )
]
MACHINE_PATH = re.compile(r"(?<![\w.~/<>}{-])/(?:work|root|tmp|home/\w|Users/\w)(?=[/\s\"'`]|$)")
GENERATED = (
    *(f"src/c8py/{room}/_sync/" for room in ("client", "transport", "components")),
    *(f"src/c8py/{room}/" for room in ("console", "modeler", "optimize", "operate", "tasklist")),
    "src/c8py/client/_async/nouns/",
)


def functions(modules: dict[str, str]) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for path, text in modules.items():
        for parent in ast.walk(ast.parse(text)):
            for node in ast.iter_child_nodes(parent):
                if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    owner = f"{parent.name}." if isinstance(parent, ast.ClassDef) else ""
                    yield f"{path}::{owner}{node.name}", node


def body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from `def` to the end, without the docstring: explaining is not what makes a function long."""
    documented = ast.get_docstring(node, clean=False) is not None
    first = node.body[0]
    docstring = (first.end_lineno or first.lineno) - first.lineno + 1 if documented else 0
    return (node.end_lineno or node.lineno) - node.lineno + 1 - docstring


def ratchet(found: dict[str, int], most: int, listed: dict[str, int], what: str) -> None:
    too_many = {name: count for name, count in found.items() if count > listed.get(name, most)}
    assert not too_many, f"expected at most {most} {what}, but: {too_many}; take them apart"
    shrunk = {name: found.get(name, 0) for name, count in listed.items() if found.get(name, 0) < count}
    assert not shrunk, f"these have fewer {what} than listed: {shrunk}; lower the list, drop what is at {most} or below"


def test_functions_fit_on_a_screen(modules):
    found = {name: body_lines(node) for name, node in functions(modules)}
    ratchet(found, FUNCTION_LINES_MAX, LONG_FUNCTIONS, "lines a function")


def test_modules_hold_one_thought(modules):
    found = {path: text.count("\n") for path, text in modules.items()}
    ratchet(found, MODULE_LINES_MAX, LONG_MODULES, "lines a module")


def test_few_parameters_are_positional(modules):
    found = {}
    for name, node in functions(modules):
        parameters = [one.arg for one in node.args.posonlyargs + node.args.args]
        # Fixtures are asked for by name, never by position.
        if name.startswith("tests/"):
            continue
        found[name] = len(parameters) - (parameters[:1] in (["self"], ["cls"]))
    ratchet(found, POSITIONAL_MAX, MANY_POSITIONALS, "positional parameters")


def test_every_module_says_what_it_is_for(modules):
    # The names of unit tests are rules, and their files mirror a module that says what it is for.
    speaking = {path: text for path, text in modules.items() if not path.startswith("tests/unit/")}
    silent = [path for path, text in speaking.items() if not ast.get_docstring(ast.parse(text))]
    assert silent == []


def test_modules_are_called_by_what_they_hold(modules):
    refused = [path for path in modules if NAMES_REFUSED & set(PurePosixPath(path).with_suffix("").parts)]
    assert refused == []


def test_no_open_notes(repository_texts):
    noted = [
        f"{path}:{number}"
        for path, text in repository_texts.items()
        for number, line in enumerate(text.splitlines(), 1)
        if OPEN_NOTES.search(line)
    ]
    assert noted == []


def test_no_registry_is_named(repository_texts):
    """Packages come from wherever the machine's own clients are told to fetch them."""
    named = [f"{path}: {host}" for path, text in repository_texts.items() for host in REGISTRY_HOSTS if host in text]
    assert named == []


def test_no_path_of_a_machine_is_named(repository_texts):
    named = [
        f"{path}:{number}: {line.strip()[:100]}"
        for path, text in repository_texts.items()
        for number, line in enumerate(text.splitlines(), 1)
        if MACHINE_PATH.search(line)
    ]
    assert named == []


def test_printed_files_say_who_prints_them(repository_texts):
    unheaded = [
        path
        for path, text in repository_texts.items()
        if path.endswith(".py") and path.startswith(GENERATED) and not text.startswith("# Generated by tools/")
    ]
    assert unheaded == []


def test_what_is_printed_stays_small(repository_texts):
    """All of it: models, clients in both colours, messages and stubs of the gateway, and the file they come from."""
    printed = {
        path: text.count("\n")
        for path, text in repository_texts.items()
        if path.startswith("src/") and "Generated by tools/" in text.partition("\n")[0]
    }
    assert sum(printed.values()) < GENERATED_LINES_MAX
    assert {
        "src/c8py/models/job.py",
        "src/c8py/proto/gateway.proto",
        "src/c8py/proto/gateway_pb2.pyi",
    } <= printed.keys()


@pytest.mark.parametrize("table", ["dependencies", "cli", "proxy", "server", "zeebe"])
def test_every_dependency_has_a_reason(repository_texts, table):
    text = repository_texts["pyproject.toml"]
    start = re.search(rf"^{table} = \[\n", text, re.MULTILINE)
    assert start
    lines = text[start.end() : text.index("\n]", start.end())].splitlines()
    unreasoned = [line.strip() for line in lines if not re.search(r"\",\s+# \w", line)]
    assert unreasoned == []


def test_every_exception_to_the_rules_of_security_has_a_reason(modules):
    """ruff's S rules, which are bandit's, hold for everything that is not a test."""
    unreasoned = [
        f"{path}:{number}"
        for path, text in modules.items()
        if not path.startswith("tests/")
        for number, line in enumerate(text.splitlines(), 1)
        if re.search(r"# noqa: [A-Z0-9, ]*\bS\d+[A-Z0-9, ]*$", line)
    ]
    assert unreasoned == []
