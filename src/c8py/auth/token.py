"""Token freshness. Pure: knows times, not sockets. Ages by the monotonic clock only."""

from enum import Enum

import msgspec

from c8py.base.limits import (
    TOKEN_INVALID_MARGIN_RATIO,
    TOKEN_INVALID_MARGIN_S,
    TOKEN_STALE_MARGIN_RATIO,
    TOKEN_STALE_MARGIN_RATIO_MAX,
    TOKEN_STALE_MARGIN_S,
)
from c8py.base.redact import Secret


class TokenState(Enum):
    """How a token may be used."""

    FRESH = "fresh"  # use it
    STALE = "stale"  # use it, and fetch the next one in the background
    INVALID = "invalid"  # do not use it


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """An access token.

    Attributes:
        value: what goes into the Authorization header.
        lifetime_s: how long it was good for when it was handed out, in seconds.
        ends_s: when it ends, in seconds of the monotonic clock.
        scope: what the token service says that it is good for; None where it says nothing.
    """

    value: Secret
    lifetime_s: float
    ends_s: float
    scope: str | None = None

    def state(self, now_s: float) -> TokenState:
        """How it may be used now.

        Args:
            now_s: of the monotonic clock.
        """
        if now_s >= self.invalid_s:
            return TokenState.INVALID
        return TokenState.STALE if now_s >= self.stale_s else TokenState.FRESH

    @property
    def invalid_s(self) -> float:
        """From when on it may not be used, in seconds of the monotonic clock."""
        # Short-lived tokens (tests, some companies) keep their margins in proportion.
        return self.ends_s - min(TOKEN_INVALID_MARGIN_S, self.lifetime_s * TOKEN_INVALID_MARGIN_RATIO)

    @property
    def stale_s(self) -> float:
        """From when on the next one is fetched, in seconds of the monotonic clock."""
        early_s = max(TOKEN_STALE_MARGIN_S, self.lifetime_s * TOKEN_STALE_MARGIN_RATIO)
        return self.ends_s - min(early_s, self.lifetime_s * TOKEN_STALE_MARGIN_RATIO_MAX)

    def usable(self, now_s: float) -> bool:
        """Whether a call may carry it now."""
        return self.state(now_s) is not TokenState.INVALID
