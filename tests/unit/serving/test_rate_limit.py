"""The rate limit: about one request a second from one address, failures counted, then nothing for a while."""

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
