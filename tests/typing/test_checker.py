"""A type checker at its strictest understands the client: it accepts right uses, and refuses each wrong one."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from harness.every_method import examples
from harness.processes import ROOT

HERE = Path(__file__).parent / "examples"


def refused(examples: Path, folder: Path) -> dict[tuple[str, int], str]:
    """File and line to the checker's words, of a file or a folder of them."""
    settings = {
        "include": [str(examples)],
        "typeCheckingMode": "strict",
        "pythonVersion": "3.11",
        "extraPaths": [str(ROOT / "src")],
        "venvPath": str(Path(sys.prefix).parent),
        "venv": Path(sys.prefix).name,
    }
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    checker = Path(sys.executable).with_name("basedpyright")
    done = subprocess.run(
        [checker, "--outputjson", "-p", folder], capture_output=True, text=True, timeout=120, check=False
    )
    found = json.loads(done.stdout)["generalDiagnostics"]
    wrong = [one for one in found if one["severity"] == "error"]
    return {(Path(one["file"]).name, one["range"]["start"]["line"] + 1): one["message"] for one in wrong}


def marked(file: Path) -> set[tuple[str, int]]:
    """The lines that say that they are wrong."""
    lines = enumerate(file.read_text().splitlines(), 1)
    return {(file.name, number) for number, line in lines if re.search(r"# wrong$", line)}


@pytest.mark.slow
def test_right_uses_are_accepted(tmp_path):
    assert refused(HERE / "right.py", tmp_path) == {}


@pytest.mark.slow
def test_every_wrong_use_is_refused_and_nothing_else(tmp_path):
    file = HERE / "wrong.py"
    assert len(marked(file)) > 10
    assert set(refused(file, tmp_path)) == marked(file)


@pytest.mark.slow
@pytest.mark.parametrize("colour", ["_async", "_sync"])
def test_every_method_of_every_client_is_used_rightly_and_wrongly(tmp_path, colour):
    for name in ("right", "wrong"):
        (tmp_path / name).mkdir()
    methods, wrong = 0, set[tuple[str, int]]()
    for made in examples(colour):
        (tmp_path / "right" / f"{made.module}.py").write_text(made.right)
        (tmp_path / "wrong" / f"{made.module}.py").write_text(made.wrong)
        wrong |= marked(tmp_path / "wrong" / f"{made.module}.py")
        methods += made.methods
    assert methods > 400
    assert len(wrong) > 4 * methods
    assert refused(tmp_path / "right", tmp_path) == {}
    assert set(refused(tmp_path / "wrong", tmp_path)) == wrong
