"""Other people's clients, pinned, in an environment of their own under .cache/peers: their pins never meet ours."""

import hashlib
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
from filelock import FileLock

from harness.processes import ROOT, must

REQUIREMENTS = ROOT / "requirements" / "peers.txt"
GO_MODULES = ROOT / "tests" / "peers" / "go"
INSTALL_DEADLINE_S = 900.0


class Peers(msgspec.Struct, frozen=True, kw_only=True):
    """Where the peers are.

    Attributes:
        python: the interpreter that has pyzeebe and camunda-orchestration-sdk.
        bin: the folder of grpcurl and zbctl, when they were asked for.
    """

    python: Path
    bin: Path

    @property
    def grpcurl(self) -> Path:
        return self.bin / "grpcurl"

    @property
    def zbctl(self) -> Path:
        return self.bin / "zbctl"


def peers(*, go_tools: bool = False) -> Peers:
    """The environment, made on first use and anew when its pins change.

    Args:
        go_tools: build grpcurl and zbctl as well, with the Go compiler of that environment; takes a minute once.
    """
    home = folder()
    found = Peers(python=home / "venv" / "bin" / "python", bin=home / "bin")
    with FileLock(home / "lock"):
        once(home, "python", [REQUIREMENTS], lambda: _install_python(home / "venv", found.python))
        if go_tools:
            pins = [file for name in ("grpcurl", "zbctl") for file in sorted((GO_MODULES / name).iterdir())]
            once(home, "go", [REQUIREMENTS, *pins], lambda: _install_go_tools(home, found))
    return found


def folder() -> Path:
    """What all peers are kept in."""
    home = ROOT / ".cache" / "peers"
    home.mkdir(parents=True, exist_ok=True)
    return home


def once(home: Path, name: str, pins: list[Path], install: Callable[[], None]) -> None:
    """Install on first use, and anew when the pins change; whoever calls this holds a lock."""
    stamp = home / f"installed-{name}"
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in pins)).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return
    stamp.unlink(missing_ok=True)
    install()
    stamp.write_text(digest)


def _install_python(venv: Path, python: Path) -> None:
    shutil.rmtree(venv, ignore_errors=True)
    uv = shutil.which("uv")
    if uv:
        must([uv, "venv", "-q", "--python", sys.executable, venv])
        pip = [uv, "pip", "install", "-q", "--python", python]
    else:
        must([sys.executable, "-m", "venv", venv], deadline_s=INSTALL_DEADLINE_S)
        pip = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    must([*pip, "--require-hashes", "-r", REQUIREMENTS], deadline_s=INSTALL_DEADLINE_S)


def _install_go_tools(home: Path, found: Peers) -> None:
    go = must([found.python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]).strip()
    path = home / "go"
    environment = os.environ | {
        "GOBIN": str(found.bin),
        "GOPATH": str(path),
        "GOCACHE": str(path / "build"),
        "GOFLAGS": "-modcacherw",
        "GOTOOLCHAIN": "local",
        "CGO_ENABLED": "0",
    }
    for name in ("grpcurl", "zbctl"):
        # Each has its own pins, so that neither is built with the other's libraries.
        must(
            [Path(go) / "go" / "bin" / "go", "install", "-trimpath", "tool"],
            environment=environment,
            working_folder=GO_MODULES / name,
            deadline_s=INSTALL_DEADLINE_S,
        )
    shutil.rmtree(path, ignore_errors=True)
