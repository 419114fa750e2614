"""Virtual time: what is due next happens next, and the clock jumps there. Pure; nobody sleeps.

Knows no tokens. Whoever takes part schedules what it does next and is called when it is due.
"""

import heapq
from collections.abc import Callable
from typing import Final

# Virtual time has no date; any will do that a token could have been handed out on.
_START_MS: Final = 1_773_570_600_000


class Timeline:
    """A heap of what is due, and the clock that goes with it; it keeps to `base.clock.Clock`."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._scheduled = 0
        self._now_s = 0.0

    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01T00:00:00Z."""
        return _START_MS + round(self._now_s * 1000)

    def monotonic_s(self) -> float:
        """Seconds since the begin of the simulation."""
        return self._now_s

    def at(self, when_s: float, action: Callable[[], None]) -> None:
        """Call it then; what is due at the same moment is called in the order in which it was scheduled."""
        self._scheduled += 1
        heapq.heappush(self._due, (max(when_s, self._now_s), self._scheduled, action))

    def after(self, wait_s: float, action: Callable[[], None]) -> None:
        """Call it so many seconds from now."""
        self.at(self._now_s + wait_s, action)

    def run(self, until_s: float, *, enough: Callable[[], bool]) -> None:
        """Let everything happen that is due, in order.

        Args:
            until_s: what is due later stays due, and the clock stops here.
            enough: asked after each event; ends the run early, with the clock at that event.
        """
        while self._due and self._due[0][0] <= until_s:
            self._now_s, _, action = heapq.heappop(self._due)
            action()
            if enough():
                return
        self._now_s = max(self._now_s, until_s)
