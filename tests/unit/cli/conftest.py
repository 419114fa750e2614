"""Runs `c8` in this process, as the script does: arguments in, exit code and both outputs out."""

import contextlib
import io
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path

import pytest

from c8py.cli import child
from c8py.cli.app import run


@dataclass
class Ran:
    code: int
    out: str
    err: str


@pytest.fixture
def c8(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """Call `c8` without any setting of the machine."""
    import os

    for name in list(os.environ):
        if name.startswith(("CAMUNDA_", "ZEEBE_", "C8_")) or name == "NO_COLOR":
            monkeypatch.delenv(name)

    def call(*arguments: str, stdin: bytes = b"", columns: int = 0) -> Ran:
        out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.TextIOWrapper(io.BytesIO(), "utf-8")
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin), "utf-8"))
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            if columns:  # of a terminal
                monkeypatch.setattr(out, "isatty", lambda: True, raising=False)
                monkeypatch.setenv("COLUMNS", str(columns))
            code = run(arguments)
            out.flush()
            err.flush()
        return Ran(code, *(stream.buffer.getvalue().decode() for stream in (out, err)))  # pyright: ignore[reportAttributeAccessIssue]

    return call


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Generator[child.Platform]:
    """A platform of its own process, for all tests of the command line."""
    folder: Path = tmp_path_factory.mktemp("platform")
    with child.platform(folder) as running:
        yield running
