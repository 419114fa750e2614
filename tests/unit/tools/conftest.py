from importlib import import_module
from pathlib import Path

import pytest

TOOLS = str(Path(__file__).parents[3] / "tools")


@pytest.fixture
def tool(monkeypatch: pytest.MonkeyPatch):
    """Loads a tool by its name; tools are scripts beside each other, not a package."""
    monkeypatch.syspath_prepend(TOOLS)
    return import_module


@pytest.fixture
def tools_folder() -> Path:
    return Path(TOOLS)
