"""Rules of token freshness."""

from hypothesis import given
from hypothesis import strategies as st

from c8py.auth import Token, TokenState
from c8py.base.redact import Secret

TIMES = st.floats(min_value=0, max_value=1e7)


def token(lifetime_s: float, ends_s: float) -> Token:
    return Token(value=Secret("x"), lifetime_s=lifetime_s, ends_s=ends_s)


def test_a_day_long_token_is_fresh_then_stale_in_its_last_twentieth_then_invalid():
    day = token(86_400, 86_400)
    assert day.state(0) is TokenState.FRESH
    assert day.state(86_400 * 0.949) is TokenState.FRESH
    assert day.state(86_400 * 0.951) is TokenState.STALE
    assert day.state(86_389) is TokenState.STALE
    assert day.state(86_391) is TokenState.INVALID


def test_a_five_minute_token_is_refreshed_a_minute_early():
    short = token(300, 300)
    assert short.state(239) is TokenState.FRESH
    assert short.state(241) is TokenState.STALE


def test_a_token_of_two_seconds_can_be_used_at_all():
    assert token(2, 2).state(0) is TokenState.FRESH
    assert token(2, 2).state(1.1) is TokenState.STALE
    assert token(2, 2).state(1.9) is TokenState.INVALID


@given(lifetime_s=TIMES, now_s=TIMES)
def test_a_token_that_has_ended_is_never_usable(lifetime_s, now_s):
    if now_s >= lifetime_s:
        assert not token(lifetime_s, lifetime_s).usable(now_s)


@given(lifetime_s=TIMES, times=st.lists(TIMES, min_size=2, max_size=2))
def test_a_token_only_ever_gets_worse(lifetime_s, times):
    order = [TokenState.FRESH, TokenState.STALE, TokenState.INVALID]
    earlier, later = sorted(times)
    aging = token(lifetime_s, lifetime_s)
    assert order.index(aging.state(earlier)) <= order.index(aging.state(later))


def test_a_token_does_not_show_itself():
    assert "eyJsecret" not in repr(Token(value=Secret("eyJsecret"), lifetime_s=1, ends_s=1))
