"""The product's own manners in a crowd: what issue 9 promises of them."""

import time

import pytest

from c8py.auth import ClientCredentials
from c8py.base.redact import Secret
from c8py.simulation import Scenario, simulate
from c8py.simulation.ours import HostCache

SEEDS = range(1, 6)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("processes", [1, 4])
def test_two_hundred_hosts_are_ready_within_ten_minutes_with_at_most_two_blocks(outcome, seed, processes):
    seen = outcome("c8py", hosts=200, processes=processes, seed=seed)
    assert seen.ready == 200 * processes
    assert seen.ready_s <= 600
    assert seen.blocks <= 2
    assert seen.requests < 700


@pytest.mark.parametrize("seed", SEEDS)
def test_nor_do_they_need_longer_where_refusals_say_nothing(outcome, seed):
    seen = outcome("c8py", hosts=200, retry_after=False, seed=seed)
    assert seen.ready_s <= 600
    assert seen.blocks <= 2


@pytest.mark.parametrize("seed", SEEDS)
def test_with_a_start_spread_they_take_as_long_as_they_are_many_and_there_is_no_block(outcome, seed):
    seen = outcome("c8py-spread", hosts=200, processes=4, seed=seed)
    assert seen.ready_s <= 1.4 * 200
    assert seen.blocks == 0
    assert seen.requests < 240


def test_processes_of_a_host_make_one_request(outcome):
    seen = outcome("c8py", hosts=1, processes=200, burst=1)
    assert (seen.requests, seen.refusals, seen.ready) == (1, 0, 200)
    assert seen.ready_s < 2


def test_behind_a_proxy_all_hosts_make_one_request_a_credential(outcome):
    assert outcome("proxy", hosts=200, processes=4).requests == 1
    assert outcome("proxy", hosts=200, processes=4, credentials=3).requests == 3


def test_a_day_of_a_host_costs_one_request_a_token(outcome):
    seen = outcome("c8py", hosts=5, processes=3, token_lifetime_s=3600.0)
    # Renewed in the last twentieth of its life.
    assert seen.requests_per_day == pytest.approx(5 * 24 / 0.95, rel=0.05)
    assert seen.refusals_per_day == 0


def test_a_few_hosts_hardly_notice_the_limit(outcome):
    seen = outcome("c8py", hosts=20)
    assert seen.blocks == 0
    assert seen.ready_s < 60


def test_the_same_seed_is_the_same_simulation():
    one, other = (simulate(Scenario(hosts=30, seed=7), "c8py").outcome for _ in range(2))
    assert one == other
    assert simulate(Scenario(hosts=30, seed=8), "c8py").outcome != one


def test_who_waits_for_a_lock_is_woken_by_its_end(outcome):
    """A thousand who look twenty times a second would be what takes the time."""
    began_s = time.process_time()
    assert outcome("c8py", hosts=1, processes=1000, burst=1, answer_s=30.0).ready == 1000
    assert time.process_time() - began_s < 5


def test_a_wake_is_for_those_of_the_same_lock():
    cache, woken = HostCache(), []
    one, other = (
        ClientCredentials(token_url="https://login.example/token", client_id=name, client_secret=Secret("s")).key
        for name in ("one", "other")
    )
    assert cache.try_lock(one)
    assert cache.try_lock(other)
    assert not cache.try_lock(one)
    assert cache.contended == one
    cache.park(one, lambda: woken.append("one"))
    cache.unlock(other)
    assert woken == []
    cache.unlock(one)
    assert woken == ["one"]


@pytest.mark.slow
def test_ten_thousand_processes_on_five_hundred_hosts_are_simulated_in_seconds(outcome):
    began_s = time.process_time()
    assert outcome("c8py", hosts=500, processes=20).ready == 10_000
    assert outcome("c8py-spread", hosts=500, processes=20).blocks == 0
    assert outcome("proxy", hosts=500, processes=20).requests == 1
    for policy in ("every-second", "exponential"):
        assert outcome(policy, hosts=500, processes=20).ready_s is None
    assert time.process_time() - began_s < 60
