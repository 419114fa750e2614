"""Time as something that is handed in: the only module that asks the system for it."""

import time
from typing import Protocol


class Clock(Protocol):
    """Tells the time: the wall's for what crosses a restart or the wire, the monotonic one for ageing."""

    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01T00:00:00Z."""
        ...

    def monotonic_s(self) -> float:
        """Seconds that never go back; only differences mean something."""
        ...


class SystemClock:
    """The machine's own time."""

    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01T00:00:00Z."""
        return time.time_ns() // 1_000_000

    def monotonic_s(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()


class ManualClock:
    """Stands still until somebody moves it: tests jump through hours without a sleep.

    Args:
        start_ms: where the wall clock begins, in milliseconds since 1970.
    """

    def __init__(self, start_ms: int = 1_773_570_600_000) -> None:
        self._wall_ms = start_ms
        # A large offset, so that mixing it up with the machine's own monotonic clock shows at once.
        self._monotonic_s = 1_000_000_000.0

    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01T00:00:00Z."""
        return self._wall_ms

    def monotonic_s(self) -> float:
        """Seconds that never go back."""
        return self._monotonic_s

    def advance(self, seconds: float) -> None:
        """Move both clocks forward by so many seconds."""
        self._wall_ms += round(seconds * 1000)
        self._monotonic_s += seconds

    def skew(self, seconds: float) -> None:
        """Move the wall clock alone, as a correction by NTP or a suspended laptop does."""
        self._wall_ms += round(seconds * 1000)
