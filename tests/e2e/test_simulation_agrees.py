"""The simulation against real life: processes and threads on real sockets, and the local token service with its limit.

What it is told of the crowd is measured: how long the last of them took to begin.
"""

import json
import statistics
import sys
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from urllib.parse import urlencode

import pytest

from bench.contestant import Contestant
from c8py.simulation import Policy, Scenario, simulate
from harness.platform import plain_environment
from harness.processes import ROOT
from harness.relays import TokenRelay

CROWD = 20
PATIENCE_S = 100.0
SEEDS = range(20)

pytestmark = pytest.mark.slow


class TimedRelay(TokenRelay):
    """Notes when each request came."""

    def __init__(self, target: str) -> None:
        self.came_s: list[float] = []
        super().__init__(target)

    def _relayed(self, received):
        self.came_s.append(time.monotonic())
        return super()._relayed(received)

    def counts(self) -> tuple[int, int]:
        return len(self.statuses), self.statuses.count(429)

    def window_s(self) -> float:
        """How long it took until all had begun."""
        return self.came_s[CROWD - 1] - self.came_s[0]


@pytest.fixture
def limited(start_platform):
    """A platform with this limit, and a relay in front of its token service."""
    with ExitStack() as stack:

        def start(**limit: float):
            options = [word for name, value in limit.items() for word in ("--set", f"oauth.{name}={value:g}")]
            platform = start_platform(*options)
            relay = TimedRelay(platform.ready["oauth_url"])
            stack.callback(relay.close)
            return platform, relay

        yield start


def simulated(policy: Policy, relay: TimedRelay, **limit: float) -> tuple[float, float]:
    """Requests and refusals of such a crowd, in the mean over some seeds."""
    numbers = {"hosts": CROWD, "start_window_s": relay.window_s(), "answer_s": 0.02, **limit}
    outcomes = [simulate(Scenario(seed=seed, **numbers), policy).outcome for seed in SEEDS]  # pyright: ignore[reportArgumentType]
    return (
        statistics.mean(outcome.requests for outcome in outcomes),
        statistics.mean(outcome.refusals for outcome in outcomes),
    )


@pytest.mark.parametrize(
    "limit",
    [
        {"rate_per_s": 1, "burst": 10, "block_after": 1, "block_s": 10},
        {"rate_per_s": 1, "burst": 5, "block_after": 20, "block_s": 60},
    ],
    ids=["blocked", "refused"],
)
def test_twenty_processes_that_share_nothing_ask_as_often_as_simulated_ones(limited, tmp_path, limit):
    platform, relay = limited(**limit)
    command = [sys.executable, ROOT / "bench" / "scripts" / "token_ours.py", "coroutines", "1", str(PATIENCE_S)]
    environment = plain_environment(**platform.credentials())
    environment["CAMUNDA_OAUTH_URL"] = environment["ZEEBE_AUTHORIZATION_SERVER_URL"] = relay.token_url
    with ExitStack() as stack, ThreadPoolExecutor(CROWD) as pool:
        crowd = [
            stack.enter_context(
                Contestant(
                    command,
                    environment=environment | {"XDG_CACHE_HOME": str(tmp_path / f"cache-{number}")},
                    log=tmp_path / "crowd.err",
                )
            )
            for number in range(CROWD)
        ]
        for one in crowd:
            one.ready()
        for one in crowd:
            one.go()
        waits = [wait for said in pool.map(Contestant.finish, crowd) for wait in json.loads(said)]
    assert min(waits) > 0, waits
    assert simulated("c8py", relay, **limit) == pytest.approx(relay.counts(), rel=0.1)


def test_twenty_callers_who_ask_every_second_do_so_in_the_simulation(limited):
    limit = {"rate_per_s": 2, "burst": 5, "block_after": 10, "block_s": 10}
    platform, relay = limited(**limit)
    begin = threading.Barrier(CROWD)
    credentials = platform.credentials()
    body = urlencode(
        {
            "grant_type": "client_credentials",
            "client_id": credentials["ZEEBE_CLIENT_ID"],
            "client_secret": credentials["ZEEBE_CLIENT_SECRET"],
            "audience": credentials["ZEEBE_TOKEN_AUDIENCE"],
        }
    ).encode()

    def ask_until_granted(_number: int) -> None:
        begin.wait()
        deadline_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline_s:
            try:
                with urllib.request.urlopen(relay.token_url, data=body, timeout=30):
                    return
            except urllib.error.HTTPError as refusal:
                refusal.close()
                time.sleep(1)
        pytest.fail("no token within the patience")

    with ThreadPoolExecutor(CROWD) as pool:
        list(pool.map(ask_until_granted, range(CROWD)))
    assert simulated("every-second", relay, **limit) == pytest.approx(relay.counts(), rel=0.1)
