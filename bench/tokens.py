"""Crowds behind one address, each member in want of a token: how many requests does that make, and who is served?

A relay before our token service counts them. The service allows one request a second and blocks the address at the
first one too many, as that of SaaS may. Every member asks for a topology until it gets one, with a second between, or
gives up. And what a call costs that has its token already, in microseconds, against the limit that we set ourselves.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import msgspec

from bench.contestant import Contestant
from bench.figures import Figure, compare
from harness.peers import peers
from harness.platform import Platform, plain_environment
from harness.processes import ROOT
from harness.relays import TokenRelay

PATIENCE_S = 15.0
ONE_A_SECOND = ("--set", "oauth.rate_per_s=1", "--set", "oauth.burst=1")
WARM_CALLS = 20_000
WARM_US_MAX = 2.0
SCRIPTS = ROOT / "bench" / "scripts"
OURS = "ours"
ORCHESTRATION = "camunda-orchestration-sdk"
CACHED = f"{ORCHESTRATION}, cache folder"
PYZEEBE = "pyzeebe"
WRONG_SECRET = "somebody-deleted-it"  # noqa: S105  of nobody


class Crowd(msgspec.Struct, frozen=True):
    """So many processes of so many callers each; the first `wrong` of them come with a secret that was deleted."""

    name: str
    kind: str = "coroutines"
    processes: int = 1
    callers: int = 1
    wrong: int = 0
    peers: tuple[str, ...] = (CACHED, ORCHESTRATION, PYZEEBE)


class Run(msgspec.Struct, frozen=True):
    """Token requests in all, those answered with 429, callers that were served, and when the last one was."""

    requests: int
    limited: int
    served: int
    last_served_s: float


CROWDS = (
    Crowd("20 processes", processes=20),
    Crowd("200 coroutines", callers=200),
    Crowd("50 threads", kind="threads", callers=50, peers=(CACHED, ORCHESTRATION)),
    Crowd("9 of 10, one secret wrong", processes=10, wrong=1),
)


def figures(folder: Path) -> Iterator[Figure]:
    """Ours against camunda-orchestration-sdk with and without its cache folder, and against pyzeebe."""
    for number, crowd in enumerate(CROWDS):
        ours = run(folder / f"{number}-ours", OURS, crowd)
        for peer in crowd.peers:
            its = run(folder / f"{number}-{crowd.peers.index(peer)}", peer, crowd)
            yield from compared(crowd.name, peer, ours, its)
    yield from warm(folder / "warm")


def compared(what: str, peer: str, ours: Run, its: Run) -> Iterator[Figure]:
    """The figures of one crowd."""
    yield compare(f"{what}: token requests", peer, [ours.requests], [its.requests], better="less")
    yield compare(f"{what}: answered 429", peer, [ours.limited], [its.limited], better="less")
    yield compare(f"{what}: served within {PATIENCE_S:.0f} s", peer, [ours.served], [its.served], better="more")
    last_s = ([ours.last_served_s], [its.last_served_s])
    yield compare(f"{what}: s until the last one served", peer, *last_s, better="less")


def run(folder: Path, who: str, crowd: Crowd) -> Run:
    """One crowd on a platform of its own, so that nobody inherits another's block."""
    platform = Platform(folder, *ONE_A_SECOND)
    relay = TokenRelay(platform.ready["oauth_url"])
    right = environment(folder, who, platform, relay)
    wrong = {name: WRONG_SECRET if name.endswith("SECRET") else value for name, value in right.items()}
    words = [crowd.kind, str(crowd.callers), str(PATIENCE_S)]
    try:
        with ExitStack() as stack, ThreadPoolExecutor(crowd.processes) as pool:
            started = [
                stack.enter_context(
                    Contestant(
                        [*command(who), *words],
                        environment=wrong if number < crowd.wrong else right,
                        log=folder / "crowd.err",
                    )
                )
                for number in range(crowd.processes)
            ]
            for one in started:
                one.ready()
            for one in started:
                one.go()
            said = list(pool.map(Contestant.finish, started))
    finally:
        relay.close()
        platform.stop()
    waits = [wait_s for line in said[crowd.wrong :] for wait_s in json.loads(line)]
    served = [wait_s for wait_s in waits if wait_s >= 0]
    last_s = max(served) if len(served) == len(waits) else PATIENCE_S
    return Run(len(relay.statuses), relay.statuses.count(429), len(served), last_s)


def warm(folder: Path) -> Iterator[Figure]:
    """What a call costs that has its token already, in asyncio and in a thread."""
    platform = Platform(folder)
    relay = TokenRelay(platform.ready["oauth_url"])
    try:
        for kind, name, others in (
            ("warm", "a call with a warm token, asyncio: us", (ORCHESTRATION, PYZEEBE)),
            ("warm-threads", "a call with a warm token, threads: us", (ORCHESTRATION,)),
        ):
            ours_us, opened = measured(folder, OURS, platform, relay, kind)
            yield compare(name, "limit", [ours_us], [WARM_US_MAX], better="less")
            yield compare(f"{name.partition(':')[0]}: files opened", "limit", [opened], [0], better="less")
            for peer in others:
                yield compare(name, peer, [ours_us], measured(folder, peer, platform, relay, kind), better="less")
    finally:
        relay.close()
        platform.stop()


def measured(folder: Path, who: str, platform: Platform, relay: TokenRelay, kind: str) -> list[float]:
    """What the program says that it measured."""
    words = [*command(who), kind, str(WARM_CALLS), "0"]
    given = environment(folder, who, platform, relay)
    with Contestant(words, environment=given, log=folder / "warm.err") as contestant:
        contestant.ready()
        contestant.go()
        return json.loads(contestant.finish())


def command(who: str) -> list[str | Path]:
    """The program of a contestant."""
    if who == OURS:
        return [sys.executable, SCRIPTS / "token_ours.py"]
    script = "token_pyzeebe.py" if who == PYZEEBE else "token_orchestration.py"
    return [peers().python, "-W", "ignore", SCRIPTS / script]


def environment(folder: Path, who: str, platform: Platform, relay: TokenRelay) -> dict[str, str]:
    """The platform's credentials, the relay as token service, and a home of its own.

    What a client keeps there by itself is shared by its processes, as in life.
    """
    home = folder / "home" / who
    cache = home / "tokens"
    cache.mkdir(parents=True, exist_ok=True)
    more: Mapping[str, Mapping[str, str]] = {
        CACHED: {"CAMUNDA_TOKEN_CACHE_DIR": str(cache)},
        PYZEEBE: {"OAUTHLIB_INSECURE_TRANSPORT": "1"},
    }
    return plain_environment(**platform.credentials()) | {
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "CAMUNDA_OAUTH_URL": relay.token_url,
        "ZEEBE_AUTHORIZATION_SERVER_URL": relay.token_url,
        **more.get(who, {}),
    }
