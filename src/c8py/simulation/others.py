"""Processes as most clients are: each has its own token, and tries again by a table of waits when it is refused."""

from collections.abc import Callable
from typing import Final

from c8py.simulation.scenario import Policy, Scenario
from c8py.simulation.service import TokenService
from c8py.simulation.timeline import Timeline

_EXPONENTIAL_MAX_S: Final = 32.0


def every_second(_attempt: int, _uniform: Callable[[], float]) -> float:
    """Again after a second, for ever."""
    return 1.0


def exponential(attempt: int, uniform: Callable[[], float]) -> float:
    """Somewhere between now and 1, 2, 4 … 32 seconds: what is recommended everywhere."""
    return uniform() * min(2.0 ** min(attempt, 10), _EXPONENTIAL_MAX_S)


WAITS: Final[dict[Policy, Callable[[int, Callable[[], float]], float]]] = {
    "every-second": every_second,
    "exponential": exponential,
}


class OwnToken:
    """One such process.

    Args:
        scenario: the life of a token, and the way to the service.
        timeline: virtual time.
        service: whom it asks.
        wait: seconds to the next attempt, by how many were refused in a row before this one.
        uniform: randomness.
        on_ready: called when it has its first token.
    """

    def __init__(
        self,
        scenario: Scenario,
        timeline: Timeline,
        service: TokenService,
        *,
        wait: Callable[[int, Callable[[], float]], float],
        uniform: Callable[[], float],
        on_ready: Callable[[], None],
    ) -> None:
        self._scenario = scenario
        self._timeline = timeline
        self._service = service
        self._wait = wait
        self._uniform = uniform
        self._on_ready: Callable[[], None] | None = on_ready
        self._refused = 0

    def start(self) -> None:
        """Ask for a token; again when it is refused, and when it has ended."""
        answered_s = self._timeline.monotonic_s() + self._scenario.answer_s
        if self._service.ask() > 0:
            self._timeline.at(self._next_s(answered_s), self.start)
            return
        self._refused = 0
        if self._on_ready is not None:
            self._timeline.at(answered_s, self._on_ready)
            self._on_ready = None
        self._timeline.at(answered_s + self._scenario.token_lifetime_s, self.start)

    def _next_s(self, answered_s: float) -> float:
        """When the next attempt is that could be granted; those before it are only noted."""
        while True:
            next_s = answered_s + self._wait(self._refused, self._uniform)
            self._refused += 1
            if next_s >= self._service.deaf_until_s:
                return next_s
            self._service.ask_in_vain(next_s)
            answered_s = next_s + self._scenario.answer_s
