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
from c8py.base.limits import SERVER_SOURCES_TRACKED_MAX
from c8py.serving.rate_limit import Limit, RateLimit
from harness.platform import UNLIMITED_TOKENS, Platform

ROUNDS = 5
CALLERS = 32
TOKENS_PER_S = 1000.0
SOURCES = 100_000
SOURCES_MB_MAX = 5.0


def figures(folder: Path) -> Iterator[Figure]:
    """Speed, then memory."""
    platform = Platform(folder, *UNLIMITED_TOKENS)
    try:
        known = platform.credentials()
        body = {
            "grant_type": "client_credentials",
            "audience": known["ZEEBE_TOKEN_AUDIENCE"],
            "client_id": known["ZEEBE_CLIENT_ID"],
            "client_secret": known["ZEEBE_CLIENT_SECRET"],
        }
        bodies = folder / "bodies"
        bodies.write_text(urlencode(body))
        server = Server(platform.program, platform.ready["http_address"].removeprefix("http://"))
        rounds = [server.course("rush", bodies, CALLERS) for _ in range(ROUNDS)]
        limits = [TOKENS_PER_S] * ROUNDS
        yield compare(
            "tokens/s, limit off", "limit", [one.answers / one.seconds for one in rounds], limits, better="more"
        )
        cores = [one.answers / one.cpu_s for one in rounds]
        yield compare("tokens per CPU second, limit off", "limit", cores, limits, better="more")
    finally:
        platform.stop()
    yield compare(f"MB of the limit, {SOURCES} addresses", "limit", [sources_mb()], [SOURCES_MB_MAX], better="less")


def sources_mb() -> float:
    """What the limit keeps in memory after so many addresses have asked."""
    tracemalloc.start()
    try:
        numbers = Limit(rate_per_s=1.0, burst=10, block_s=30.0, sources_max=SERVER_SOURCES_TRACKED_MAX)
        limit = RateLimit(numbers, clock=ManualClock())
        for number in range(SOURCES):
            limit.refused_for_s(str(IPv4Address(0x0A000000 + number)))
        return tracemalloc.get_traced_memory()[0] / 1024 / 1024
    finally:
        tracemalloc.stop()
