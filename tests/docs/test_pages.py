"""Documents say only what is there: links lead somewhere, examples compile, files and verbs exist."""

import ast
import re
import shlex
from pathlib import Path

import pytest

from c8py.cli.app import VERBS

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")], key=str)
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_links_lead_to_files_that_exist(page):
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_examples_in_python_compile(page):
    for code in re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL):
        compile(code, page.name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)  # some are the middle of a function


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_commands_that_are_shown_exist(page):
    for line in re.findall(r"^\$ \./dev (.*?)(?: {2,}#.*)?$", page.read_text(), re.MULTILINE):
        words = shlex.split(line, comments=True)
        assert words[0] in {"quickstart", "test", "check", "coverage", "gen", "bench", "c8", "python", "lock"}, line
        if words[0] == "c8":
            assert words[1] in VERBS, line


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_models_that_are_named_exist(page):
    for name in re.findall(r"tests/models/\w+\.bpmn", page.read_text()):
        assert (ROOT / name).exists(), name


def test_recipes_name_files_that_exist():
    text = (ROOT / "docs" / "recipes.md").read_text()
    for name in re.findall(r"`((?:[\w.]+/)*[\w]+\.(?:py|md|jsonl|toml|lock))`", text):
        # Some are named inside the folder that the sentence is about.
        found = [
            *(ROOT / "src" / "c8py").rglob(Path(name).name),
            *ROOT.glob(name),
            *(ROOT / "tests").rglob(Path(name).name),
        ]
        assert any(str(path).endswith(name) for path in found), name
