"""Runs a scenario: makes the crowd, lets virtual time pass, and says what came of it."""

from array import array
from collections.abc import Callable, Sequence
from random import Random
from typing import Final

import msgspec

from c8py.auth import ClientCredentials, Patience
from c8py.base.limits import SIMULATION_REQUESTS_MAX
from c8py.base.redact import Secret
from c8py.simulation.others import WAITS, OwnToken
from c8py.simulation.ours import HostCache, Process
from c8py.simulation.scenario import Outcome, Policy, Scenario
from c8py.simulation.service import Diary, TokenService
from c8py.simulation.timeline import Timeline

_DAY_S: Final = 86_400.0
_CURVE_POINTS: Final = 100
# Generations of tokens that make a steady state: many for a small crowd, at least two for a large one.
_GENERATIONS: Final = (2, 20)
_RENEWALS: Final = 60_000


class Simulated(msgspec.Struct, frozen=True):
    """An outcome, and what it was counted from."""

    outcome: Outcome
    diary: Diary


def simulate(scenario: Scenario, policy: Policy) -> Simulated:
    """Let a crowd start, and live on until the rate of its requests is known."""
    timeline = Timeline()
    service = TokenService(scenario, clock=timeline)
    ready_s = array("d")
    crowd = _crowd(scenario, policy, timeline, service, on_ready=lambda: ready_s.append(timeline.monotonic_s()))
    count = len(crowd)
    random = Random(scenario.seed)  # noqa: S311  a simulation is repeatable
    for start in crowd:
        timeline.at(random.random() * scenario.start_window_s, start)
    diary = service.diary
    timeline.run(scenario.horizon_s, enough=lambda: len(ready_s) == count or diary.requests >= SIMULATION_REQUESTS_MAX)
    end_s = timeline.monotonic_s()
    everybody = len(ready_s) == count
    requests, refusals, blocks = diary.requests, len(diary.refused_s), len(diary.blocks_s)
    per_day = _steady(scenario, timeline, diary, count) if everybody else (None, None)
    return Simulated(
        Outcome(
            policy=policy,
            processes=count,
            requests=requests,
            refusals=refusals,
            blocks=blocks,
            ready=len(ready_s),
            ready_s=end_s if everybody else None,
            half_ready_s=ready_s[(count - 1) // 2] if len(ready_s) * 2 >= count else None,
            requests_per_day=per_day[0],
            refusals_per_day=per_day[1],
            curve=_curve(ready_s, end_s),
        ),
        diary,
    )


def _crowd(
    scenario: Scenario, policy: Policy, timeline: Timeline, service: TokenService, *, on_ready: Callable[[], None]
) -> list[Callable[[], None]]:
    random = Random(scenario.seed + 1)  # noqa: S311  as above
    places = [(host, number) for host in range(scenario.hosts) for number in range(scenario.processes)]
    if policy in WAITS:
        wait = WAITS[policy]
        return [
            OwnToken(scenario, timeline, service, wait=wait, uniform=random.random, on_ready=on_ready).start
            for _ in places
        ]
    caches = [HostCache() for _ in range(1 if policy == "proxy" else scenario.hosts)]
    clients = [_client(number) for number in range(scenario.credentials)]
    spread_s = scenario.spread_s if policy == "c8py-spread" else 0.0
    patience = Patience(uniform=random.random, start_spread_s=spread_s)
    return [
        Process(
            scenario,
            timeline,
            service,
            cache=caches[host % len(caches)],
            credentials=clients[number % len(clients)],
            patience=patience,
            on_ready=on_ready,
        ).start
        for host, number in places
    ]


def _client(number: int) -> ClientCredentials:
    return ClientCredentials(
        token_url="https://login.example/oauth/token",  # noqa: S106  an address
        client_id=f"client-{number}",
        client_secret=Secret("simulated"),
    )


def _steady(scenario: Scenario, timeline: Timeline, diary: Diary, count: int) -> tuple[float, float]:
    """Requests and refusals a day once everybody is ready."""
    low, high = _GENERATIONS
    # From the middle of a token's life, so that no generation is cut in two at either end.
    timeline.run(timeline.monotonic_s() + scenario.token_lifetime_s / 2, enough=lambda: False)
    begin_s, requests, refusals = timeline.monotonic_s(), diary.requests, len(diary.refused_s)
    end_s = begin_s + scenario.token_lifetime_s * min(max(_RENEWALS // count, low), high)
    timeline.run(end_s, enough=lambda: diary.requests - requests >= SIMULATION_REQUESTS_MAX)
    days = (timeline.monotonic_s() - begin_s) / _DAY_S
    return (diary.requests - requests) / days, (len(diary.refused_s) - refusals) / days


def _curve(ready_s: Sequence[float], end_s: float) -> tuple[tuple[float, int], ...]:
    """At most a hundred points of a line that rises with each process that is ready."""
    count = len(ready_s)
    step = max(1, count // _CURVE_POINTS)
    points = [(ready_s[place], place + 1) for place in range(0, count, step)]
    return (*points, (end_s, count))
