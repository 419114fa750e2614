"""Rules of what a call says and hears in the words of gRPC."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from c8py.transport.direct_call import time_left

SECONDS = {"m": 0.001, "S": 1, "M": 60, "H": 3600}


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-1, "1m"),
        (0, "1m"),
        (0.0001, "1m"),
        (10, "10000m"),
        (99_999.9985, "100000S"),
        (100_000, "100000S"),
        (200_000_000, "3333334M"),
        (7_000_000_000, "1944445H"),
        (math.inf, "99999999H"),
    ],
)
def test_the_time_of_a_call_has_a_unit_that_its_digits_are_enough_for(seconds, said):
    assert time_left(seconds) == said


@given(st.floats(min_value=0.001, max_value=99_999_998 * 3600.0))
def test_a_gateway_is_given_the_time_that_there_is_and_little_more(seconds):
    said = time_left(seconds)
    count, unit_s = int(said[:-1]), SECONDS[said[-1]]
    assert len(said) <= 9
    assert seconds * 0.999999 <= count * unit_s <= seconds + unit_s * 1.000001
