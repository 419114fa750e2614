"""What an import costs over bare Python: wall time and memory, seen from outside."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figure, compare
from harness.peers import peers
from harness.processes import resident_mb

ROUNDS = 11
BARE = "pass"
MS_MAX = 100.0
MB_MAX = 25.0


def figures(_folder: Path) -> Iterator[Figure]:
    """Our two entrances against the limits that we set ourselves, and the two Python peers."""
    theirs = peers().python
    contestants = {
        "import c8py": (Path(sys.executable), "import c8py"),
        "c8py's client and worker": (
            Path(sys.executable),
            "from c8py.client import AsyncCamunda; from c8py.worker import Worker",
        ),
        "camunda-orchestration-sdk": (theirs, "import camunda_orchestration_sdk"),
        "pyzeebe": (theirs, "import pyzeebe"),
    }
    times: dict[str, list[float]] = {name: [] for name in contestants}
    sizes: dict[str, list[float]] = {name: [] for name in contestants}
    for round_number in range(ROUNDS + 1):
        for name, (python, statement) in contestants.items():
            bare_ms, bare_mb = cost(python, BARE)
            its_ms, its_mb = cost(python, statement)
            # The first round fills the page cache and writes byte code.
            if round_number:
                times[name].append(its_ms - bare_ms)
                sizes[name].append(its_mb - bare_mb)
    yield compare("import c8py: ms over bare Python", "limit", times["import c8py"], [MS_MAX] * ROUNDS, better="less")
    yield compare("import c8py: MB over bare Python", "limit", sizes["import c8py"], [MB_MAX] * ROUNDS, better="less")
    for ours in list(contestants)[:2]:
        for peer in list(contestants)[2:]:
            yield compare(f"{ours}: ms over bare Python", peer, times[ours], times[peer], better="less")
            yield compare(f"{ours}: MB over bare Python", peer, sizes[ours], sizes[peer], better="less")


def cost(python: Path, statement: str) -> tuple[float, float]:
    """Milliseconds until an interpreter has run the statement, and its resident MB then."""
    started_s = time.perf_counter()
    process = subprocess.Popen(
        [python, "-W", "ignore", "-c", f"{statement}\nprint(flush=True)\ninput()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    done = process.stdout.readline()
    wall_s = time.perf_counter() - started_s
    # Not the highest mark that the system keeps: between fork and exec the child counts this process's own memory.
    its_mb = resident_mb(process.pid)
    process.communicate(b"\n")
    if not done:
        message = f"expected {statement!r} to run in {python}, but it ended with {process.returncode}"
        raise RuntimeError(message)
    return wall_s * 1000, its_mb
