"""The gateway of jobs without end, built of `main.go` with the Go compiler of the peers' environment on first use."""

import hashlib
import json
import os
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import FileLock

from harness.peers import INSTALL_DEADLINE_S, folder, peers
from harness.processes import Program, must

SOURCES = Path(__file__).parent
READY_DEADLINE_S = 10.0


class Gateway:
    """One that runs. A context manager: it is gone at the end of the block.

    Args:
        folder: receives its output.
    """

    def __init__(self, folder: Path) -> None:
        self.program = Program([binary()], folder=folder, name="gateway")
        said = json.loads(self.program.first_line(deadline_s=READY_DEADLINE_S))
        self.grpc_address: str = said["grpc"]
        self.rest_address: str = said["rest"]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.program.kill()

    def counts(self) -> dict[str, int]:
        """Jobs that it gave out, and those that came back completed and failed."""
        with urllib.request.urlopen(f"{self.rest_address}/counts", timeout=5) as answer:  # noqa: S310  our own
            return json.load(answer)


def binary() -> Path:
    """The program, built anew when its sources have changed."""
    sources = [SOURCES / name for name in ("main.go", "go.mod", "go.sum")]
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in sources)).hexdigest()[:16]
    built = folder() / f"gateway-{digest}"
    with FileLock(folder() / "gateway.lock"):
        if not built.exists():
            _build(built)
    return built


def _build(to: Path) -> None:
    python = peers().python
    purelib = must([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]).strip()
    path = folder() / "go-gateway"
    environment = os.environ | {
        "GOPATH": str(path),
        "GOCACHE": str(path / "build"),
        "GOFLAGS": "-modcacherw",
        "GOTOOLCHAIN": "local",
        "CGO_ENABLED": "0",
    }
    must(
        [Path(purelib) / "go" / "bin" / "go", "build", "-trimpath", "-o", to, "."],
        environment=environment,
        working_folder=SOURCES,
        deadline_s=INSTALL_DEADLINE_S,
    )
