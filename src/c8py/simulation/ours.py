"""Processes of c8py: the product's own flows and cache, driven in virtual time.

Nothing is decided here that `auth` decides: this module only does what `transport` does with sockets and sleeps.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

import msgspec

from c8py.auth import (
    ClientCredentials,
    Flow,
    HttpResponse,
    MemoryCache,
    Patience,
    Pause,
    Token,
    TokenKey,
    TokenState,
    obtain,
    renew,
)
from c8py.base.limits import TOKEN_LOCK_POLL_S, TOKEN_RENEW_PAUSE_S
from c8py.errors import AuthError
from c8py.simulation.scenario import Scenario
from c8py.simulation.service import TokenService
from c8py.simulation.timeline import Timeline

# A process that works makes calls all the time; each looks at its token.
_CALLS_EVERY_S: Final = 1.0
# Whoever is told no asks again when the error says, but not at once.
_AGAIN_S: Final = 1.0
_PRECISION_S: Final = 0.01


class HostCache(MemoryCache):
    """The cache of a host, which wakes those who wait for a lock instead of being looked at twenty times a second."""

    def __init__(self) -> None:
        super().__init__()
        self.contended: TokenKey | None = None
        self._waiting: dict[TokenKey, list[Callable[[], None]]] = {}

    def try_lock(self, key: TokenKey) -> bool:
        """Become the one who fetches; a no is remembered for whoever parks next."""
        got = super().try_lock(key)
        self.contended = None if got else key
        return got

    def unlock(self, key: TokenKey) -> None:
        """Let the next one fetch, and wake all who wait for that."""
        super().unlock(key)
        for wake in self._waiting.pop(key, ()):
            wake()

    def park(self, key: TokenKey, wake: Callable[[], None]) -> None:
        """Call it when the lock is free."""
        self._waiting.setdefault(key, []).append(wake)


class Process:
    """One process.

    Args:
        timeline: virtual time.
        service: whom it asks.
        cache: of its host.
        credentials: whose token it wants.
        scenario: the way to the service.
        patience: how long it waits, and its randomness.
        on_ready: called when it has its first token.
    """

    def __init__(
        self,
        scenario: Scenario,
        timeline: Timeline,
        service: TokenService,
        *,
        cache: HostCache,
        credentials: ClientCredentials,
        patience: Patience,
        on_ready: Callable[[], None],
    ) -> None:
        self._scenario = scenario
        self._timeline = timeline
        self._service = service
        self._cache = cache
        self._credentials = credentials
        self._patience = patience
        self._uniform = patience.uniform
        self._on_ready: Callable[[], None] | None = on_ready
        self._token: Token | None = None
        self._flow: Flow[Token | None] | None = None
        self._steps = 0
        self._deadline_s = 0.0

    def start(self) -> None:
        """Make calls from here on, each with a token that is good then."""
        now_s = self._timeline.monotonic_s()
        state = TokenState.INVALID if self._token is None else self._token.state(now_s)
        if state is TokenState.INVALID:
            self._deadline_s = now_s + self._patience.budget_s
            self._begin(obtain(self._credentials, cache=self._cache, clock=self._timeline, patience=self._patience))
        else:
            self._begin(renew(self._credentials, cache=self._cache, clock=self._timeline, patience=self._patience))

    def _begin(self, flow: Flow[Token | None]) -> None:
        self._flow = flow
        self._go_on(None)

    def _go_on(self, response: HttpResponse | None) -> None:
        assert self._flow is not None
        self._steps += 1
        self._cache.contended = None
        try:
            step = self._flow.send(response)
        except StopIteration as ended:
            self._ended(ended.value)
        except AuthError as error:
            self._failed(error)
        else:
            if not isinstance(step, Pause):
                answer = self._service.respond()
                self._timeline.after(self._scenario.answer_s, partial(self._go_on, answer))
            elif self._cache.contended is not None:
                self._park(self._cache.contended)
            else:
                self._timeline.after(step.seconds, partial(self._go_on, None))

    def _park(self, key: TokenKey) -> None:
        """Wait for a lock or for the end of this process's time, whichever comes first."""
        step = self._steps

        def wake() -> None:
            if self._steps == step:
                self._go_on(None)

        # Nobody looks at the same moment as the others.
        self._cache.park(key, lambda: self._timeline.after(self._uniform() * TOKEN_LOCK_POLL_S, wake))
        self._timeline.at(self._deadline_s, wake)

    def _ended(self, token: Token | None) -> None:
        if token is None:
            self._timeline.after(TOKEN_RENEW_PAUSE_S, self.start)
            return
        self._token = token
        if self._on_ready is not None:
            self._on_ready()
            self._on_ready = None
            self._patience = msgspec.structs.replace(self._patience, start_spread_s=0.0)
        stale_s = _until(token, self._timeline.monotonic_s())
        self._timeline.at(stale_s + self._uniform() * _CALLS_EVERY_S, self.start)

    def _failed(self, error: AuthError) -> None:
        if self._token is not None and self._token.usable(self._timeline.monotonic_s()):
            self._timeline.after(TOKEN_RENEW_PAUSE_S, self.start)
            return
        told_s = getattr(error, "retry_after_s", 0.0)
        self._timeline.after(max(told_s, _AGAIN_S) + self._uniform() * _AGAIN_S, self.start)


def _until(token: Token, now_s: float) -> float:
    """When it stops being fresh, precisely enough."""
    low, high = now_s, token.ends_s
    while high - low > _PRECISION_S:
        middle = (low + high) / 2
        if token.state(middle) is TokenState.FRESH:
            low = middle
        else:
            high = middle
    return high
