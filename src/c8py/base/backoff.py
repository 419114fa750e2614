"""How long to wait before trying again: exponential, with jitter, within a budget. Pure: nobody sleeps here."""

from collections.abc import Callable, Iterator

import msgspec


class Backoff(msgspec.Struct, frozen=True, kw_only=True):
    """A policy of waiting between attempts.

    Attributes:
        initial_s: the first wait, in seconds.
        factor: each wait is this many times the one before.
        max_s: no wait is longer, in seconds.
        attempts_max: how often the thing is tried in all, the first time included.
    """

    initial_s: float = 0.1
    factor: float = 3.0
    max_s: float = 5.0
    attempts_max: int = 5

    def waits(self, uniform: Callable[[], float]) -> Iterator[float]:
        """The waits between the attempts, in seconds, each between half and the whole of its due length.

        Args:
            uniform: gives numbers from 0.0 to 1.0, as `random.random` does.
        """
        wait_s = self.initial_s
        for _ in range(self.attempts_max - 1):
            yield min(wait_s, self.max_s) * (0.5 + uniform() / 2)
            wait_s = min(wait_s * self.factor, self.max_s)
