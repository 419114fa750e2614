"""The rate limit: about one request a second from one address, failures counted, then nothing for a while."""

import heapq
import math
import tracemalloc

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from c8py.base.clock import ManualClock
from c8py.serving.rate_limit import Limit, RateLimit, source_of


def limit(**settings):
    clock = ManualClock()
    usual = Limit(rate_per_s=1, burst=3, block_s=30, sources_max=1000)
    return RateLimit(msgspec.structs.replace(usual, **settings), clock=clock), clock


def test_a_burst_is_heard_and_the_next_is_refused_for_the_whole_block():
    limited, _ = limit()
    assert [limited.refused_for_s("a") for _ in range(5)] == [0, 0, 0, 30, 30]


def test_the_block_ends_and_is_not_made_longer_by_asking():
    limited, clock = limit()
    for _ in range(4):
        limited.refused_for_s("a")
    clock.advance(29)
    assert limited.refused_for_s("a") == 1
    clock.advance(1)
    assert limited.refused_for_s("a") == 0


def test_a_limit_may_begin_the_block_anew_with_each_request():
    limited, clock = limit(block_extends=True)
    for _ in range(4):
        limited.refused_for_s("a")
    clock.advance(29)
    assert limited.refused_for_s("a") == 30
    clock.advance(30)
    assert limited.refused_for_s("a") == 0


def test_one_a_second_is_heard_for_ever():
    limited, clock = limit(burst=1)
    for _ in range(100):
        assert limited.refused_for_s("a") == 0
        clock.advance(1)


def test_addresses_do_not_pay_for_each_other():
    limited, _ = limit(burst=1)
    assert [limited.refused_for_s(source) for source in "aab"] == [0, 30, 0]


def test_without_a_block_the_rate_alone_counts():
    limited, clock = limit(burst=1, block_s=0)
    assert limited.refused_for_s("a") == 0
    assert limited.refused_for_s("a") == 1
    clock.advance(1)
    assert limited.refused_for_s("a") == 0


def test_a_rate_of_zero_switches_it_off():
    limited, _ = limit(rate_per_s=0)
    assert {limited.refused_for_s("a") for _ in range(1000)} == {0}


def test_the_wall_clock_is_not_asked():
    limited, clock = limit()
    for _ in range(4):
        limited.refused_for_s("a")
    clock.skew(86_400)
    assert limited.refused_for_s("a") == 30


def test_no_more_addresses_are_remembered_than_may_be():
    limited, _ = limit(burst=1, sources_max=2)
    for source in "aab":
        limited.refused_for_s(source)
    assert limited.refused_for_s("a") == 30
    limited.refused_for_s("c")
    # "b" was unheard of for longest, and begins anew.
    assert limited.refused_for_s("b") == 0


@given(
    waits_s=st.lists(st.floats(0, 10), max_size=60),
    rate=st.floats(0.1, 10),
    burst=st.integers(1, 10),
    block_s=st.floats(0, 20),
)
def test_nobody_ever_gets_more_than_burst_and_rate_allow(waits_s, rate, burst, block_s):
    limited, clock = limit(rate_per_s=rate, burst=burst, block_s=block_s)
    began_s = clock.monotonic_s()
    heard = 0
    for wait_s in waits_s:
        clock.advance(wait_s)
        refused_for_s = limited.refused_for_s("a")
        heard += refused_for_s == 0
        assert 0 <= refused_for_s <= max(block_s, 1 / rate) + 1e-6
        assert heard <= burst + (clock.monotonic_s() - began_s) * rate + 1e-6


@pytest.mark.parametrize(
    ("host", "source"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
    ],
)
def test_a_household_counts_as_one(host, source):
    assert source_of(host) == source


def test_a_patient_limit_blocks_only_who_goes_on_being_too_fast():
    limited, clock = limit(burst=1, block_after=3)
    assert [limited.refused_for_s("a") for _ in range(3)] == [0, 1, 1]
    assert limited.refused_for_s("a") == 30
    assert limited.blocks == 1
    clock.advance(30)
    assert limited.refused_for_s("a") == 0


def test_refusals_of_an_earlier_minute_do_not_count():
    limited, clock = limit(burst=1, block_after=2)
    assert [limited.refused_for_s("a") for _ in range(2)] == [0, 1]
    clock.advance(61)
    assert [limited.refused_for_s("a") for _ in range(2)] == [0, 1]


def allowed_of_a_steady_caller(limit, every_s, for_s):
    """How many are heard who asks once in so many seconds, by arithmetic alone.

    A burst is used up at the rate at which it is not filled again; then there is a block, which fills it.
    """
    if every_s * limit.rate_per_s >= 1:
        return math.floor(for_s / every_s)
    if limit.block_s == 0:
        return limit.burst + for_s * limit.rate_per_s
    run = math.floor((limit.burst - every_s * limit.rate_per_s) / (1 - every_s * limit.rate_per_s))
    cycle_s = math.ceil(round((run * every_s + limit.block_s) / every_s, 6)) * every_s
    return for_s / cycle_s * run


@pytest.mark.parametrize("block_s", [0, 30])
@pytest.mark.parametrize("rate", [1, 5])
def test_fifty_sources_at_once_are_each_heard_as_often_as_the_limit_says(rate, block_s):
    """Within five in a hundred, for those far below the limit, just above it, and far beyond it."""
    limited, clock = limit(rate_per_s=rate, burst=10, block_s=block_s)
    numbers = Limit(rate_per_s=rate, burst=10, block_s=block_s, sources_max=1000)
    for_s = 3600.0 / rate
    every_s = {f"10.0.0.{number}": 1 / (rate * (0.3 + number * 0.15)) for number in range(50)}
    heard = dict.fromkeys(every_s, 0)
    due = [(0.0, source) for source in every_s]
    now_s = 0.0
    while due[0][0] < for_s:
        at_s, source = heapq.heappop(due)
        clock.advance(at_s - now_s)
        now_s = at_s
        heard[source] += limited.refused_for_s(source) == 0
        heapq.heappush(due, (at_s + every_s[source], source))
    for source, step_s in every_s.items():
        allowed = allowed_of_a_steady_caller(numbers, step_s, for_s)
        assert heard[source] == pytest.approx(allowed, rel=0.05), (source, step_s)


def test_a_hundred_thousand_sources_are_told_apart_and_more_cost_no_more():
    limited, _ = limit(burst=1, sources_max=100_000)
    tracemalloc.start()
    try:
        for number in range(100_000):
            limited.refused_for_s(f"10.0.{number}")
        full_bytes = tracemalloc.get_traced_memory()[0]
        assert full_bytes < 40_000_000
        assert all(limited.refused_for_s(f"10.0.{number}") == 30 for number in range(0, 100_000, 99))
        for number in range(50_000):
            limited.refused_for_s(f"10.1.{number}")
        assert tracemalloc.get_traced_memory()[0] < full_bytes * 1.1
    finally:
        tracemalloc.stop()
