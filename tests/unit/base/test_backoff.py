"""Waits between attempts grow, are jittered, and end."""

from hypothesis import given
from hypothesis import strategies as st

from c8py.base.backoff import Backoff


def test_waits_grow_by_the_factor_up_to_the_longest():
    policy = Backoff(initial_s=0.1, factor=3, max_s=1.0, attempts_max=5)
    assert [round(wait, 3) for wait in policy.waits(lambda: 1.0)] == [0.1, 0.3, 0.9, 1.0]


def test_one_attempt_has_no_wait():
    assert list(Backoff(attempts_max=1).waits(lambda: 1.0)) == []


@given(
    st.floats(0.001, 10), st.floats(1, 10), st.floats(0.001, 60), st.integers(1, 30), st.floats(0, 1, allow_nan=False)
)
def test_every_wait_lies_between_half_and_the_whole_of_its_length(initial_s, factor, max_s, attempts, uniform):
    policy = Backoff(initial_s=initial_s, factor=factor, max_s=max_s, attempts_max=attempts)
    whole = list(policy.waits(lambda: 1.0))
    drawn = list(policy.waits(lambda: uniform))
    assert len(drawn) == attempts - 1
    assert all(full / 2 <= wait <= full <= max_s for wait, full in zip(drawn, whole, strict=True))
