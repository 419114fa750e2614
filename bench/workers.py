"""Workers: ours against pyzeebe's, camunda-orchestration-sdk's and the official Java client's, in turns, in one run.

Against a gateway of jobs without end what a job costs its client shows; against a real broker what a team would see.
Each part runs by itself as well: `./dev bench workers-stub`, and so on.
"""

import json
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from statistics import quantiles
from threading import Thread

import grpc
import msgspec

from bench.broker_jobs import create, create_steadily, deploy
from bench.contestant import Contestant, Cost
from bench.figures import Figure, compare
from bench.gateway import Gateway
from c8py.proto import gateway_pb2_grpc
from harness.languages import java_program
from harness.peers import peers
from harness.platform import plain_environment
from harness.processes import ROOT
from harness.zeebe import Broker

ROUNDS = 3
BROKER_ROUNDS = 7
SCRIPTS = ROOT / "bench" / "scripts"
JAVA = ROOT / "bench" / "java"
OURS_GRPCIO = "ours with grpcio"
PYZEEBE, ORCHESTRATION, JAVA_CLIENT = "pyzeebe 4.7.0", "camunda-orchestration-sdk 10", "Java client 8.8.0"
ENDLESS = 20_000  # jobs of a round against the gateway of jobs without end
BACKLOG = 1500  # jobs of a round on the broker
SETTLE_S = 0.5  # after their creation, of which the broker has some work left
BROKER_WARMS_UP = 3  # rounds that are not counted: a broker's JVM goes on compiling for so long
WARM_UP = 15_000  # of the JVM
TRICKLE, EVERY_S = 400, 0.02  # jobs of a round of latency: 50 a second
MEMORY_JOBS = 100_000
PROFILE_JOBS = 100_000
IDLE_S = 20.0


class Entry(msgspec.Struct, frozen=True):
    """Who takes part.

    Attributes:
        command: its program; TYPE, JOBS and SETTINGS follow, and of a JVM the warm-up.
        settings: best, stream or default; ours has another best one: grpcio, the best without CAMUNDA_GRPC_TRANSPORT.
        jobs: how many make a round: as many as last a second or two.
        warm_up: jobs before the first round; such a program stays for all rounds.
    """

    command: tuple[str | Path, ...]
    settings: str = "best"
    jobs: int = ENDLESS
    warm_up: int = 0


def ours(settings: str = "best", jobs: int = ENDLESS) -> Entry:
    """Our worker."""
    return Entry((sys.executable, SCRIPTS / "worker_ours.py"), settings, jobs)


def pyzeebe(settings: str = "best", jobs: int = ENDLESS) -> Entry:
    """Pyzeebe's."""
    return Entry((peers().python, SCRIPTS / "worker_pyzeebe.py"), settings, jobs)


def orchestration(settings: str = "best", jobs: int = 600) -> Entry:
    """camunda-orchestration-sdk's, which speaks REST."""
    return Entry((peers().python, SCRIPTS / "worker_orchestration.py"), settings, jobs)


def java(settings: str = "best", jobs: int = ENDLESS, warm_up: int = WARM_UP) -> Entry:
    """The official Java client's."""
    return Entry(java_program(JAVA, "JobWorkers").command, settings, jobs, warm_up)


def stub(folder: Path) -> Iterator[Figure]:
    """At their best settings, against the gateway of jobs without end."""
    entries = {
        "ours": ours(),
        OURS_GRPCIO: ours("grpcio"),
        PYZEEBE: pyzeebe(),
        ORCHESTRATION: orchestration(),
        JAVA_CLIENT: java(),
    }
    with Gateway(folder) as gateway:
        begun_s, used_s = time.monotonic(), gateway.program.cpu_s()
        costs = rounds(folder, entries, addresses(gateway.grpc_address, gateway.rest_address))
        done = sum(gateway.counts().values())
        share = (gateway.program.cpu_s() - used_s) / (time.monotonic() - begun_s)
        spent_us = (gateway.program.cpu_s() - used_s) / done * 1e6
    yield from figures_of(costs, entries, "endless jobs", against=(PYZEEBE, ORCHESTRATION), more=2.0, less=0.5)
    yield from figures_of(costs, entries, "endless jobs", against=(JAVA_CLIENT,))
    costs_grpcio = {"ours": costs[OURS_GRPCIO], PYZEEBE: costs[PYZEEBE]}
    yield from figures_of(costs_grpcio, entries, "endless jobs, grpcio", against=(PYZEEBE,))
    ours_us = [cost.cpu_s / ENDLESS * 1e6 for cost in costs["ours"]]
    yield compare("client CPU, us a job; the gateway's own", "the gateway", ours_us, [spent_us] * ROUNDS, better="-")
    yield compare("cores that the gateway kept busy, of one", "one core", [share], [1.0], better="less")


def defaults(folder: Path) -> Iterator[Figure]:
    """Out of the box."""
    entries = {
        "ours": ours("default", 5000),
        PYZEEBE: pyzeebe("default", 96),  # the first 32 at once, then 32 every 5 seconds
        ORCHESTRATION: orchestration("default", 60),
    }
    with Gateway(folder) as gateway:
        found = rounds(folder, entries, addresses(gateway.grpc_address, gateway.rest_address), count=1)
    yield from figures_of(found, entries, "defaults", against=(PYZEEBE, ORCHESTRATION), more=20.0)


def backlog(folder: Path) -> Iterator[Figure]:
    """A backlog on a real broker."""
    entries = {
        "ours": ours(jobs=BACKLOG),
        PYZEEBE: pyzeebe(jobs=BACKLOG),
        JAVA_CLIENT: java(jobs=BACKLOG, warm_up=BACKLOG * 2),
    }
    with ExitStack() as stack:
        broker = Broker(folder / "zeebe")
        stack.callback(broker.stop)
        gateway = gateway_pb2_grpc.GatewayStub(stack.enter_context(grpc.insecure_channel(broker.grpc_address)))
        prepare(gateway, entries)

        def pile_up(entry: Entry) -> None:
            create(gateway, job_type(entry), entry.jobs)
            time.sleep(SETTLE_S)

        costs = rounds(
            folder,
            entries,
            addresses(broker.grpc_address, broker.rest_address),
            count=BROKER_ROUNDS,
            uncounted=BROKER_WARMS_UP,
            before=pile_up,
        )
    yield from figures_of(costs, entries, "backlog on a broker", against=(PYZEEBE,))
    yield from figures_of(costs, entries, "backlog on a broker", against=(JAVA_CLIENT,), more=1.0)


def latency(folder: Path) -> Iterator[Figure]:
    """From the creation of an instance to the start of its job's handler, at 50 a second on a real broker."""
    entries = {"ours": ours("stream", TRICKLE), JAVA_CLIENT: java("stream", TRICKLE, warm_up=BACKLOG)}
    with ExitStack() as stack:
        broker = Broker(folder / "zeebe")
        stack.callback(broker.stop)
        gateway = gateway_pb2_grpc.GatewayStub(stack.enter_context(grpc.insecure_channel(broker.grpc_address)))
        prepare(gateway, entries)
        begin = [
            lambda entry=entry: create_steadily(gateway, job_type(entry), entry.jobs, every_s=EVERY_S)
            for entry in entries.values()
        ]
        costs = rounds(
            folder,
            entries,
            addresses(broker.grpc_address, broker.rest_address),
            count=BROKER_ROUNDS,
            uncounted=BROKER_WARMS_UP,
            during=dict(zip(entries, begin, strict=True)),
        )
    waited = {name: [json.loads(cost.said)["waited_ms"] for cost in found] for name, found in costs.items()}
    for at, name in ((49, "p50"), (98, "p99")):
        mine, theirs = ([quantiles(values, n=100)[at] for values in waited[who]] for who in ("ours", JAVA_CLIENT))
        yield compare(
            f"creation to handler, ms, {name}", f"{JAVA_CLIENT}, stream", mine, theirs, better="less", target=1.0
        )
    yield from figures_of(costs, entries, "50 jobs/s on a broker", against=(JAVA_CLIENT,), rates=False)


def memory(folder: Path) -> Iterator[Figure]:
    """Resident memory after 5,000 jobs and after 100,000 more."""
    with Gateway(folder) as gateway:
        entries = {"ours": ours(jobs=5000 + MEMORY_JOBS)}
        costs = rounds(folder, entries, addresses(gateway.grpc_address, gateway.rest_address), count=1)
    before, after = json.loads(costs["ours"][0].said)["memory_mb"]
    yield compare("growth over 100,000 jobs, MB", "allowed", [after - before], [5.0], better="less", target=1.0)


def idle(folder: Path) -> Iterator[Figure]:
    """CPU of a worker with ten types and no jobs, in percent of one core."""
    with Gateway(folder) as gateway:
        environment = addresses(gateway.grpc_address, gateway.rest_address)
        command = [sys.executable, SCRIPTS / "worker_idle.py", str(IDLE_S)]
        with Contestant(command, environment=environment, log=folder / "idle.err") as client:
            cost = client.measure()
    used = cost.cpu_s / cost.wall_s * 100
    yield compare("idle with 10 types, % of a core", "allowed", [used], [1.0], better="less", target=1.0)


def profile(folder: Path) -> Iterator[Figure]:
    """Who takes the CPU of our jobs, in microseconds each: docs/job-cpu.md."""
    with Gateway(folder) as gateway:
        environment = addresses(gateway.grpc_address, gateway.rest_address)
        command = [sys.executable, SCRIPTS / "worker_profile.py", "profile", str(PROFILE_JOBS)]
        with Contestant(command, environment=environment, log=folder / "profile.err") as client:
            cost = client.measure()
    found: dict[str, int] = json.loads(cost.said)
    whole_us = cost.cpu_s / PROFILE_JOBS * 1e6
    for place, samples in sorted(found.items(), key=lambda item: -item[1]):
        share_us = samples / sum(found.values()) * whole_us
        yield compare(f"client CPU, us a job: {place}", "all of it", [share_us], [whole_us], better="less")


PARTS = {
    "stub": stub,
    "defaults": defaults,
    "backlog": backlog,
    "latency": latency,
    "memory": memory,
    "idle": idle,
    "profile": profile,
}


def figures(folder: Path) -> Iterator[Figure]:
    """All of it."""
    for name, part in PARTS.items():
        place = folder / name
        place.mkdir()
        yield from part(place)


def addresses(grpc_address: str, rest_address: str) -> Mapping[str, str]:
    """Where a worker goes, in the words of each client."""
    return plain_environment(
        ZEEBE_ADDRESS=grpc_address,
        ZEEBE_GRPC_ADDRESS=f"http://{grpc_address}",
        ZEEBE_REST_ADDRESS=rest_address,
        CAMUNDA_REST_ADDRESS=rest_address,
    )


def job_type(entry: Entry) -> str:
    """Each has its own."""
    return f"{Path(entry.command[-1]).stem.replace('_', '-').lower()}-{entry.settings}"


def prepare(gateway: gateway_pb2_grpc.GatewayStub, entries: Mapping[str, Entry]) -> None:
    """Their processes on a broker, and the jobs that they warm up with."""
    for entry in entries.values():
        for type_ in (job_type(entry), f"warm-{job_type(entry)}"):
            deploy(gateway, type_)
        create(gateway, f"warm-{job_type(entry)}", entry.warm_up)


def rounds(
    folder: Path,
    entries: Mapping[str, Entry],
    environment: Mapping[str, str],
    *,
    count: int = ROUNDS,
    uncounted: int = 0,
    before: Callable[[Entry], None] | None = None,
    during: Mapping[str, Callable[[], None]] | None = None,
) -> dict[str, list[Cost]]:
    """What each round cost each, in turns; the first few may be for warming up."""
    costs: dict[str, list[Cost]] = {name: [] for name in entries}
    with ExitStack() as stack:
        stay = {
            name: stack.enter_context(_client(folder, entry, environment))
            for name, entry in entries.items()
            if entry.warm_up
        }
        turns = deque(entries.items())
        for _ in range(uncounted + count):
            turns.rotate(1)  # nobody has the best place in every round
            for name, entry in turns:
                ahead = partial(before, entry) if before is not None else None
                begin = Thread(target=during[name]) if during else None
                with ExitStack() as passing:
                    client = stay.get(name) or passing.enter_context(_client(folder, entry, environment))
                    costs[name].append(client.measure(before=ahead, meanwhile=begin.start if begin else None))
                if begin:
                    begin.join()
    return {name: found[uncounted:] for name, found in costs.items()}


def _client(folder: Path, entry: Entry, environment: Mapping[str, str]) -> Contestant:
    arguments = [job_type(entry), str(entry.jobs), entry.settings]
    warm_up = [str(entry.warm_up)] if entry.warm_up else []
    log = folder / f"{job_type(entry)}.err"
    return Contestant([*entry.command, *arguments, *warm_up], environment=environment, log=log)


def figures_of(
    costs: Mapping[str, Sequence[Cost]],
    entries: Mapping[str, Entry],
    what: str,
    *,
    against: Sequence[str],
    more: float | None = None,
    less: float | None = None,
    rates: bool = True,
) -> Iterator[Figure]:
    """Jobs a second and the client's CPU for each job."""
    rate = {name: [entries[name].jobs / cost.wall_s for cost in found] for name, found in costs.items()}
    cpu = {name: [cost.cpu_s / entries[name].jobs * 1e6 for cost in found] for name, found in costs.items()}
    for peer in against:
        name = f"{peer}, {entries[peer].settings}"
        if rates:
            yield compare(f"{what}: jobs/s", name, rate["ours"], rate[peer], better="more", target=more)
        yield compare(f"{what}: client CPU, us a job", name, cpu["ours"], cpu[peer], better="less", target=less)
