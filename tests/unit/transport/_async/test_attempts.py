"""Rules of attempts: what is said when the time is over."""

import pytest

from c8py.base.clock import ManualClock
from c8py.errors import DeadlineExceeded, Unavailable
from c8py.transport._async.attempts import attempts
from c8py.transport._async.headers import AsyncCalledHeader


def slow_tokens(clock, *durations_s):
    """Getting a token takes so many seconds, each time."""
    left = list(durations_s)

    def token():
        clock.advance(left.pop(0))
        return "t"

    return AsyncCalledHeader(token)


async def unavailable(header, left_s):
    raise Unavailable("the gateway is not there")


async def outcome(clock, *durations_s):
    headers = slow_tokens(clock, *durations_s)
    await attempts(unavailable, headers, clock, safe=True, timeout_s=10, still_open=lambda: True)


async def test_when_the_first_token_takes_all_the_time_that_is_said():
    with pytest.raises(DeadlineExceeded, match="getting a token took all of them"):
        await outcome(ManualClock(), 11)


async def test_when_the_time_ends_before_another_attempt_the_last_error_is_said():
    with pytest.raises(Unavailable, match="the gateway is not there"):
        await outcome(ManualClock(), 1, 11)
