"""A type checker at its strictest understands the client: it accepts right uses, and refuses each wrong one."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from harness.processes import ROOT

HERE = Path(__file__).parent / "examples"


def refused(file: Path, folder: Path) -> dict[int, str]:
    """Line to the checker's words."""
    settings = {
        "include": [str(file)],
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
    return {one["range"]["start"]["line"] + 1: one["message"] for one in found if one["severity"] == "error"}


@pytest.mark.slow
def test_right_uses_are_accepted(tmp_path):
    assert refused(HERE / "right.py", tmp_path) == {}


@pytest.mark.slow
def test_every_wrong_use_is_refused_and_nothing_else(tmp_path):
    file = HERE / "wrong.py"
    marked = {number for number, line in enumerate(file.read_text().splitlines(), 1) if re.search(r"# wrong$", line)}
    assert len(marked) > 10
    assert set(refused(file, tmp_path)) == marked
