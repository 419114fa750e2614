"""What one call costs its client, in CPU, against a gateway that only answers; and how long 10,000 items take to read.

Each peer at its best settings, in turns with ours and at the same concurrency: the more answers come at one waking-up,
the less each of them costs. The limits are those that we set ourselves: a fifth of a REST call of
camunda-orchestration-sdk, no more than a gRPC call of pyzeebe, a search in a fifth of the time.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from bench.contestant import Contestant, Cost
from bench.figures import Figure, compare
from harness.peers import peers
from harness.platform import plain_environment
from harness.processes import ROOT, Program

ROUNDS = 5
SCRIPTS = ROOT / "bench" / "scripts"
ORCHESTRATION = "camunda-orchestration-sdk"
PYZEEBE = "pyzeebe"


class Course(msgspec.Struct, frozen=True):
    """What is called, how, and how often; a search reads all items once. `carrier` is what carries our gRPC calls."""

    colour: str
    way: str
    what: str
    count: int
    in_flight: int = 1
    carrier: str = "grpcio"

    @property
    def peer(self) -> str:
        """Who speaks this way as well."""
        return ORCHESTRATION if self.way == "rest" else PYZEEBE

    @property
    def name(self) -> str:
        """What the figure is called; with the ratio that we want of ourselves at most."""
        if self.what == "search":
            return f"REST, {self.colour}: search of 10,000 items, s (max 0.2)"
        side = f" x {self.in_flight}" if self.colour == "asyncio" else ""
        if self.carrier != "grpcio":
            side += f", by {self.carrier}"
        way, most = ("REST", 0.2) if self.way == "rest" else ("gRPC", 1)
        return f"{way} {self.what}, {self.colour}{side}: CPU us a call (max {most})"


COURSES = (
    *(Course("asyncio", "rest", what, 2048, in_flight) for what in ("topology", "start") for in_flight in (1, 32)),
    *(Course("threads", "rest", what, 2048) for what in ("topology", "start")),
    *(Course("asyncio", "grpc", what, 8192, in_flight) for what in ("topology", "start") for in_flight in (1, 32)),
    *(Course("asyncio", "grpc", what, 8192, 32, "asyncio") for what in ("topology", "start")),
    *(Course("threads", "grpc", what, 8192) for what in ("topology", "start")),
    *(Course(colour, "rest", "search", 0) for colour in ("asyncio", "threads")),
)


def figures(folder: Path) -> Iterator[Figure]:
    """Both protocols in both colours."""
    stub = Program([sys.executable, "-m", "bench.stub"], folder=folder, name="stub", working_folder=ROOT)
    try:
        addresses = json.loads(stub.first_line(deadline_s=30))
        environment = plain_environment(
            ZEEBE_ADDRESS=addresses["grpc"],
            ZEEBE_GRPC_ADDRESS=f"grpc://{addresses['grpc']}",
            ZEEBE_REST_ADDRESS=addresses["rest"],
            CAMUNDA_REST_ADDRESS=addresses["rest"],
        )
        for course in COURSES:
            yield measured(course, environment, folder)
    finally:
        stub.stop()


def measured(course: Course, environment: dict[str, str], folder: Path) -> Figure:
    """Ours and the peer's in turns."""
    costs: dict[str, list[Cost]] = {"ours": [], course.peer: []}
    environment = {**environment, "CAMUNDA_GRPC_TRANSPORT": course.carrier}
    for _ in range(ROUNDS):
        for name, found in costs.items():
            words = [course.colour, course.way, course.what, str(course.count), str(course.in_flight)]
            with Contestant([*program(name), *words], environment=environment, log=folder / "calls.err") as contestant:
                found.append(contestant.measure())
    ours, peer = costs.values()
    if course.what == "search":
        return compare(
            course.name, course.peer, [cost.wall_s for cost in ours], [cost.wall_s for cost in peer], better="less"
        )
    return compare(
        course.name,
        course.peer,
        [cost.cpu_s / course.count * 1e6 for cost in ours],
        [cost.cpu_s / course.count * 1e6 for cost in peer],
        better="less",
    )


def program(name: str) -> list[str | Path]:
    """The program of a contestant."""
    if name == "ours":
        return [sys.executable, SCRIPTS / "calls_ours.py"]
    script = "calls_pyzeebe.py" if name == PYZEEBE else "calls_orchestration.py"
    return [peers().python, "-W", "ignore", SCRIPTS / script]
