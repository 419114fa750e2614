"""From the command to the first answer: our platform against the real broker, and what each keeps in memory."""

import time
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figure, compare
from harness.platform import Platform
from harness.zeebe import Broker, distribution

ROUNDS = 3
PEER = "Zeebe 8.6.0 broker"


def figures(folder: Path) -> Iterator[Figure]:
    """Time until ready, resident memory then."""
    distribution()
    ours_s: list[float] = []
    ours_mb: list[float] = []
    peer_s: list[float] = []
    peer_mb: list[float] = []
    for number in range(ROUNDS):
        platform = Platform(folder / f"platform-{number}")
        ours_s.append(platform.ready_after_s)
        ours_mb.append(platform.program.resident_mb())
        platform.stop()
        started_s = time.monotonic()
        broker = Broker(folder / f"zeebe-{number}")
        peer_s.append(time.monotonic() - started_s)
        peer_mb.append(broker.program.resident_mb())
        broker.stop()
    yield compare("seconds until ready", PEER, ours_s, peer_s, better="less")
    yield compare("resident MB when ready", PEER, ours_mb, peer_mb, better="less")
