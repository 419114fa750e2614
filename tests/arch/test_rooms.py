"""The import rules of pyproject.toml hold, and the first import stays light."""

import sys
from pathlib import Path

from harness.processes import ROOT, must, run

HEAVY = {"grpc", "google.protobuf", "starlette", "uvicorn", "click", "rich", "c8py.server", "c8py.engine"}


def test_imports_go_down_the_rooms():
    done = run([Path(sys.executable).with_name("lint-imports"), "--no-cache"], working_folder=ROOT, deadline_s=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_importing_c8py_loads_neither_grpc_nor_the_platform():
    loaded = must([sys.executable, "-c", "import c8py, sys; print(*sys.modules, sep='\\n')"]).split()
    assert HEAVY & set(loaded) == set()
