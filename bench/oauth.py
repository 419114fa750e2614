"""The platform's token service with its limit off: answers a second; and what 100,000 addresses cost its limit.

Against limits that we set ourselves. The callers are a process of their own, as for the token proxy, and share the
machine with the service; so a CPU second of the service counts as well.
"""

import tracemalloc
from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import Path
from urllib.parse import urlencode

from bench.figures import Figure, compare
from bench.token_proxy import Server
from c8py.base.clock import ManualClock
from c8py.base.limits import OAUTH_SOURCES_TRACKED_MAX
from c8py.serving.rate_limit import Limit, RateLimit
from harness.platform import UNLIMITED_TOKENS, Platform

ROUNDS = 5
CALLERS = 32
TOKENS_PER_S = 1000.0
AUDIENCES = ("zeebe.camunda.io", "operate.camunda.io")
SOURCES = 100_000
SOURCES_MB_MAX = 30.0


def figures(folder: Path) -> Iterator[Figure]:
    """Speed, when tokens are handed out again and when each is signed anew; then memory."""
    yield from speed("limit off", folder / "again")
    # Two tokens in turns, of which one is kept: never the one that is asked for.
    yield from speed("limit off, each signed anew", folder / "anew", "--set", "oauth.tokens_cached_max=1")
    name = f"MB of the limit, {SOURCES} addresses"
    yield compare(name, "limit", [sources_mb()], [SOURCES_MB_MAX], better="less", target=1.0)


def speed(name: str, folder: Path, *arguments: str) -> Iterator[Figure]:
    """Tokens by the clock, and by the CPU time that they cost the platform."""
    folder.mkdir()
    platform = Platform(folder, *UNLIMITED_TOKENS, *arguments)
    try:
        known = platform.credentials()
        body = {
            "grant_type": "client_credentials",
            "client_id": known["ZEEBE_CLIENT_ID"],
            "client_secret": known["ZEEBE_CLIENT_SECRET"],
        }
        bodies = folder / "bodies"
        bodies.write_text("\n".join(urlencode({**body, "audience": audience}) for audience in AUDIENCES))
        server = Server(platform.program, platform.ready["http_address"].removeprefix("http://"))
        rounds = [server.course("rush", bodies, CALLERS) for _ in range(ROUNDS)]
    finally:
        platform.stop()
    limits = [TOKENS_PER_S] * ROUNDS
    by_the_clock = [one.answers / one.seconds for one in rounds]
    yield compare(f"tokens/s, {name}", "limit", by_the_clock, limits, better="more", target=1.0)
    cores = [one.answers / one.cpu_s for one in rounds]
    yield compare(f"tokens per CPU second, {name}", "limit", cores, limits, better="more", target=1.0)


def sources_mb() -> float:
    """What the limit keeps in memory after so many addresses have asked."""
    tracemalloc.start()
    try:
        numbers = Limit(rate_per_s=1.0, burst=10, block_s=30.0, sources_max=OAUTH_SOURCES_TRACKED_MAX)
        limit = RateLimit(numbers, clock=ManualClock())
        for number in range(SOURCES):
            limit.refused_for_s(str(IPv4Address(0x0A000000 + number)))
        return tracemalloc.get_traced_memory()[0] / 1024 / 1024
    finally:
        tracemalloc.stop()
