"""The token proxy when it has what it is asked for: answers a second, how long they take, and memory.

Against limits that we set ourselves, for nobody else offers one. The callers are a process of their own; what a core
gives counts by the proxy's own CPU time as well, for on a small machine callers and proxy stand in each other's way.
How long an answer takes is compared with the least that any server on uvicorn could do, too: so much is the machine's.
"""

import json
import sys
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import msgspec

from bench.contestant import Contestant
from bench.figures import Figure, compare
from c8py.auth import ClientCredentials, FileCache, Token
from c8py.base.clock import SystemClock
from c8py.base.limits import TOKEN_PROXY_TOKENS_MAX
from c8py.base.redact import Secret
from harness.platform import C8, plain_environment
from harness.processes import ROOT, Program

ROUNDS = 5
SECONDS = "3"  # of a round
CALLERS = 32
RATE_PER_S = 2000.0
P99_MS_MAX = 5.0
MB_MAX = 60.0
PAIR_KB_MAX = 2.0
TOKEN_CHARS = 1064  # as long as one of SaaS
AUDIENCES = 4  # of each client
LIFETIME_S = 86_400.0
# Nobody is there, and nobody is asked: every token lies in the folder already.
UPSTREAM = "http://localhost:9/oauth/token"
SCRIPTS = ROOT / "bench" / "scripts"


class Said(msgspec.Struct, frozen=True):
    """What the callers say, see the script; and the CPU seconds of the proxy meanwhile."""

    answers: int
    others: int
    seconds: float
    p50_ms: float
    p99_ms: float
    cpu_s: float = 0.0


class Server:
    """A program that answers token requests, and what it costs.

    Args:
        program: running.
        place: its host and port.
    """

    def __init__(self, program: Program, place: str) -> None:
        self.program = program
        self._place = place

    def course(self, kind: str, bodies: Path, number: float) -> Said:
        """One round of callers; each of them must be given its token."""
        words = [sys.executable, SCRIPTS / "token_callers.py", kind, self._place, bodies, str(round(number)), SECONDS]
        with Contestant(words, environment=plain_environment(), log=bodies.with_name("callers.err")) as callers:
            before_s = self.program.cpu_s()
            said = msgspec.json.decode(callers.measure().said, type=Said)
            used_s = self.program.cpu_s() - before_s
        if said.others or not said.answers:
            message = f"expected a token for everybody, but {said.others} of {said.answers + said.others} got none"
            raise RuntimeError(message)
        return msgspec.structs.replace(said, cpu_s=used_s)


def proxy_over(folder: Path) -> Server:
    """The proxy, over a folder that holds its tokens already."""
    words = [C8, "auth", "serve", "--json", "--port", "0", "--upstream", UPSTREAM, "--state", folder]
    environment = plain_environment()
    program = Program([*words, "--state-unsealed"], folder=folder.parent, name="proxy", environment=environment)
    return Server(program, json.loads(program.first_line(deadline_s=30))["address"].removeprefix("http://"))


def bare(folder: Path) -> Server:
    """The least that answers."""
    words = [sys.executable, SCRIPTS / "bare_answer.py"]
    program = Program(words, folder=folder, name="bare", environment=plain_environment())
    return Server(program, program.first_line(deadline_s=30).strip())


def figures(folder: Path) -> Iterator[Figure]:
    """Speed and memory with one token, then with as many as are held at once."""
    one, everybody = folder / "one", folder / "everybody"
    bodies = list(_stored(folder / "state"))
    one.write_text(bodies[0])
    everybody.write_text("\n".join(bodies))
    proxy, least = proxy_over(folder / "state"), bare(folder)
    try:
        yield from speed("a connection a caller", [proxy.course("rush", one, CALLERS) for _ in range(ROUNDS)])
        yield from speed("a connection a call", [proxy.course("strangers", one, CALLERS) for _ in range(ROUNDS)])
        yield from waits(proxy, least, one)
        yield compare("MB, warm", "limit", [proxy.program.resident_mb()], [MB_MAX], better="less")
        while proxy.course("rush", everybody, CALLERS).answers < TOKEN_PROXY_TOKENS_MAX:
            continue
        held = f"{TOKEN_PROXY_TOKENS_MAX} tokens"
        most_mb = MB_MAX + TOKEN_PROXY_TOKENS_MAX * PAIR_KB_MAX / 1024
        yield compare(f"{held}: MB", "limit", [proxy.program.resident_mb()], [most_mb], better="less")
        yield from speed(held, [proxy.course("rush", everybody, CALLERS) for _ in range(ROUNDS)])
    finally:
        least.program.stop()
        proxy.program.stop()


def waits(proxy: Server, least: Server, bodies: Path) -> Iterator[Figure]:
    """How long an answer takes at half of the rate that is asked of a core; in turns with the least there can be."""
    rounds = [[server.course("steady", bodies, RATE_PER_S / 2) for server in (proxy, least)] for _ in range(ROUNDS)]
    what = f"{RATE_PER_S / 2:.0f} a second: ms"
    ours_ms, least_ms = [ours.p99_ms for ours, _ in rounds], [its.p99_ms for _, its in rounds]
    yield compare(f"{what}, p99", "limit", ours_ms, [P99_MS_MAX] * ROUNDS, better="less")
    yield compare(f"{what}, p99", "uvicorn, the same bytes", ours_ms, least_ms, better="less")
    halves = ([ours.p50_ms for ours, _ in rounds], [its.p50_ms for _, its in rounds])
    yield compare(f"{what}, p50", "uvicorn, the same bytes", *halves, better="less")


def speed(what: str, rounds: list[Said]) -> Iterator[Figure]:
    """What one kind of callers gets."""
    walls = [round_.answers / round_.seconds for round_ in rounds]
    cores = [round_.answers / round_.cpu_s for round_ in rounds]
    yield compare(f"{what}: answers/s", "limit", walls, [RATE_PER_S] * len(walls), better="more")
    yield compare(f"{what}: answers per CPU second", "limit", cores, [RATE_PER_S] * len(cores), better="more")


def _stored(state: Path) -> Iterator[str]:
    """Puts a token into the folder for every pair of client and audience; the requests that will be given them."""
    clock = SystemClock()
    cache = FileCache(state, clock, keys_max=1)
    ends_s = clock.monotonic_s() + LIFETIME_S
    for number in range(TOKEN_PROXY_TOKENS_MAX):
        client = f"{number // AUDIENCES:032d}"
        wish = {"client_id": client, "client_secret": f"{client}~secret", "audience": f"audience-{number % AUDIENCES}"}
        credentials = ClientCredentials(
            token_url=UPSTREAM,
            client_id=wish["client_id"],
            client_secret=Secret(wish["client_secret"]),
            audience=wish["audience"],
        )
        token = Token(value=Secret(f"{number:0{TOKEN_CHARS}d}"), lifetime_s=LIFETIME_S, ends_s=ends_s)
        cache.keep(credentials.key, token)
        yield urllib.parse.urlencode({"grant_type": "client_credentials", **wish})
