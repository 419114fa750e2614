"""Reads how long a service that answers 429 wants to be left alone. Pure; for token services and providers."""

from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime

from c8py.base.clock import Clock
from c8py.base.limits import TOKEN_COOL_DOWN_S, TOKEN_COOL_DOWN_S_MAX


def retry_after_s(headers: Mapping[str, str], clock: Clock) -> float:
    """Seconds that a Retry-After header asks for, as number or date (RFC 9110 10.2.3); our own guess without one."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text), TOKEN_COOL_DOWN_S_MAX)
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return TOKEN_COOL_DOWN_S
    date = date if date.tzinfo else date.replace(tzinfo=UTC)
    return min(max(date.timestamp() - clock.now_ms() / 1000, 0.0), TOKEN_COOL_DOWN_S_MAX)
