"""The figures of docs/tokens-at-scale.md are those that the simulation gives today."""

import functools
import re
from pathlib import Path

import pytest

from c8py.simulation import POLICIES, Outcome, Policy, Scenario, Simulated, draw, duration, simulate

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "tokens-at-scale.md").read_text()
HOSTS = 200


@functools.cache
def simulated(policy: Policy, hosts: int = HOSTS) -> Simulated:
    return simulate(Scenario(hosts=hosts), policy)


def ready_after(outcome: Outcome) -> str:
    return "never" if outcome.ready_s is None else duration(outcome.ready_s)


def cost(policy: Policy) -> str:
    one = simulated(policy).outcome
    assert one.half_ready_s is not None
    counts = " | ".join(f"{number:,}" for number in (one.requests, one.refusals, one.blocks))
    return f"| `{policy}` | {counts} | {duration(one.half_ready_s)} | {ready_after(one)} |"


@pytest.mark.parametrize("policy", POLICIES)
def test_each_way_costs_what_the_page_says(policy):
    assert cost(policy) in PAGE.splitlines()


@pytest.mark.slow
def test_more_hosts_take_as_long_as_the_page_says():
    policies: tuple[Policy, ...] = ("exponential", "c8py", "c8py-spread", "proxy")
    rows = re.findall(r"^\| (\d+) \|.*$", PAGE, re.MULTILINE)
    assert len(rows) == 5
    for hosts in map(int, rows):
        cells = [ready_after(simulated(policy, hosts).outcome) for policy in policies]
        assert f"| {hosts} | {' | '.join(cells)} |" in PAGE.splitlines()


def test_the_picture_is_the_one_that_is_drawn_today():
    """`./dev c8 auth simulate --plot docs/tokens-at-scale.svg` draws it anew."""
    drawn = draw(Scenario(hosts=HOSTS), [simulated(policy) for policy in POLICIES])
    assert (DOCS / "tokens-at-scale.svg").read_text() == drawn


def test_the_start_spread_of_the_page_is_that_of_the_simulation():
    assert f"{Scenario(hosts=1).spread_s:g} seconds a host" in PAGE
