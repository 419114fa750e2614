"""Who may ask a token service next: one at a time, so many seconds apart, known ones before strangers.

Knows an event loop and a clock, no HTTP. One for each token service; used by the desk before every request.
"""

import asyncio
from collections import deque
from collections.abc import Generator
from contextlib import contextmanager

from c8py.base.clock import Clock
from c8py.base.limits import TOKEN_PROXY_STRANGERS_MAX, TOKEN_SPACING_S


class TooMany(Exception):  # noqa: N818  a no, nothing broke
    """So many strangers are being tried that one more would wait too long; `wait_s` says when to come back."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(wait_s)
        self.wait_s = wait_s


class TooLate(Exception):  # noqa: N818  a no, nothing broke
    """The turn does not come in time; `wait_s` says when to come back."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(wait_s)
        self.wait_s = wait_s


class Pace:
    """The queue before one token service.

    Args:
        clock: the same time as the loop's.
        spacing_s: seconds between two requests.
        strangers_max: unknown credentials that may be waiting or under way.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        spacing_s: float = TOKEN_SPACING_S,
        strangers_max: int = TOKEN_PROXY_STRANGERS_MAX,
    ) -> None:
        self._clock = clock
        self._spacing_s = spacing_s
        self._strangers_max = strangers_max
        self._strangers = 0
        self._next_s = clock.monotonic_s()
        self._cool_until_s = 0.0
        self._known: deque[asyncio.Future[None]] = deque()
        self._others: deque[asyncio.Future[None]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def held_s(self) -> float:
        """Seconds until anybody may ask."""
        return max(0.0, self._next_s - self._clock.monotonic_s())

    @property
    def cooling_s(self) -> float:
        """Seconds that the token service still wants to be left alone."""
        return max(0.0, self._cool_until_s - self._clock.monotonic_s())

    @property
    def strangers(self) -> int:
        """How many unknown credentials are being tried."""
        return self._strangers

    def cool_down(self, until_s: float) -> None:
        """Let nobody ask before this moment of the monotonic clock."""
        self._cool_until_s = max(self._cool_until_s, until_s)
        self._next_s = max(self._next_s, until_s)

    @contextmanager
    def stranger(self) -> Generator[None]:
        """Count as one of the strangers meanwhile.

        Raises:
            TooMany: there are enough of them.
        """
        if self._strangers >= self._strangers_max:
            raise TooMany(self.held_s + self._strangers * self._spacing_s)
        self._strangers += 1
        try:
            yield
        finally:
            self._strangers -= 1

    async def turn(self, *, known: bool, deadline_s: float) -> None:
        """Wait until it is one's turn.

        Args:
            known: the token service has accepted these credentials before.
            deadline_s: of the monotonic clock.

        Raises:
            TooLate: it does not come before the deadline.
        """
        now_s = self._clock.monotonic_s()
        if now_s >= self._next_s and not self._known and (known or not self._others):
            self._next_s = now_s + self._spacing_s
            return
        if self._next_s > deadline_s:
            raise TooLate(self.held_s)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        (self._known if known else self._others).append(turn)
        self._wait()
        try:
            async with asyncio.timeout(deadline_s - now_s):
                await turn
        except TimeoutError:
            raise TooLate(self.held_s + self._spacing_s) from None

    def close(self) -> None:
        """Wake nobody any more."""
        if self._timer is not None:
            self._timer.cancel()

    def _wait(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self.held_s, self._let_in)

    def _let_in(self) -> None:
        self._timer = None
        # What the loop takes for the moment may be a little before it, and it may have been put off meanwhile.
        if self._clock.monotonic_s() >= self._next_s:
            turn = next((one for queue in (self._known, self._others) for one in _drawn(queue)), None)
            if turn is None:
                return
            turn.set_result(None)
            self._next_s = self._clock.monotonic_s() + self._spacing_s
        if self._known or self._others:
            self._wait()


def _drawn(queue: deque[asyncio.Future[None]]) -> Generator[asyncio.Future[None]]:
    """Those who still wait, each taken out of the queue."""
    while queue:
        turn = queue.popleft()
        if not turn.done():
            yield turn
