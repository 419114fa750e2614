"""Rules of Retry-After: a number, a date, and whatever else a server may write."""

import pytest

from c8py.auth.retry_after import retry_after_s
from c8py.base.clock import ManualClock
from c8py.base.limits import TOKEN_COOL_DOWN_S


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7.0),
        ("99999999", 3600.0),
        ("", TOKEN_COOL_DOWN_S),
        ("soon", TOKEN_COOL_DOWN_S),
        ("-5", TOKEN_COOL_DOWN_S),
        ("1.5", TOKEN_COOL_DOWN_S),
        ("²", TOKEN_COOL_DOWN_S),
    ],
)
def test_retry_after_as_a_number(text, seconds, clock):
    assert retry_after_s({"retry-after": text}, clock) == seconds


def test_retry_after_as_a_date():
    clock = ManualClock(start_ms=0)
    assert retry_after_s({"retry-after": "Thu, 01 Jan 1970 00:01:00 GMT"}, clock) == 60
    assert retry_after_s({"retry-after": "Thu, 01 Jan 1970 00:00:00 GMT"}, ManualClock()) == 0
    assert retry_after_s({}, clock) == TOKEN_COOL_DOWN_S
