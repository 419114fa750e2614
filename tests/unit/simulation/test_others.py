"""Clients that share nothing, and what the arithmetic of a limiter says about them."""

import pytest

from c8py.simulation import Scenario, simulate
from c8py.simulation.others import exponential


def test_within_the_burst_everybody_is_served_at_once(outcome):
    seen = outcome("every-second", hosts=5, burst=5)
    assert (seen.requests, seen.refusals, seen.blocks) == (5, 0, 0)
    assert seen.ready_s is not None
    assert seen.ready_s < 1.2


def test_without_a_block_asking_every_second_takes_as_long_as_the_rate_says(outcome):
    seen = outcome("every-second", hosts=60, burst=1, block_s=0.0, start_window_s=0.0)
    assert seen.ready == 60
    assert seen.ready_s == pytest.approx(60, abs=10)
    assert seen.blocks == 0


def test_requests_during_a_block_are_counted_though_they_are_not_simulated(outcome):
    """Those who ask each 1.15 s during a block of 60 s ask 52 times: with or without each of them being an event."""
    numbers = {"hosts": 50, "answer_s": 0.15}
    skipping = outcome("every-second", **numbers)
    # A block that could be extended has to be simulated request by request; by nothing it is not extended.
    waited = (skipping.ready_s or 0) - skipping.blocks * 60
    assert skipping.refusals == pytest.approx(skipping.blocks * 52 * 25, rel=0.15)
    assert waited < 60


def test_a_block_that_requests_extend_never_ends_for_those_who_ask_every_second(outcome):
    seen = outcome("every-second", hosts=50, block_extends=True, horizon_s=1800.0)
    assert seen.ready_s is None
    assert seen.requests_per_day is None
    assert seen.blocks == 1


def test_waits_grow_up_to_half_a_minute():
    assert [exponential(attempt, lambda: 1.0) for attempt in (0, 1, 2, 5, 6, 99)] == [1, 2, 4, 32, 32, 32]
    assert exponential(5, lambda: 0.25) == 8


def test_everybody_fetches_one_token_per_lifetime(outcome):
    seen = outcome("exponential", hosts=20, processes=2, burst=50, token_lifetime_s=3600.0)
    assert seen.requests_per_day == pytest.approx(40 * 24, rel=0.02)
    assert seen.refusals_per_day == 0


def test_the_diary_holds_what_the_outcome_counts():
    one = simulate(Scenario(hosts=40, token_lifetime_s=86_400.0), "every-second")
    end_s = one.outcome.curve[-1][0]
    refused = [when_s for when_s in one.diary.refused_s if when_s <= end_s]
    assert len(refused) == pytest.approx(one.outcome.refusals, rel=0.02)
