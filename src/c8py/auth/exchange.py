"""How a token is had: from the cache, or by one asker at a time, patiently, and never against a known no.

Flows only: pure, driven by `transport`. The manners are those that a token service limited to one request a second
per address makes necessary.
"""

from collections.abc import Callable
from itertools import count
from random import random
from secrets import token_urlsafe
from typing import Final

import msgspec

from c8py.auth.answers import read_token
from c8py.auth.cache import Held, Refusal, TokenCache
from c8py.auth.credentials import ClientCredentials, TokenKey
from c8py.auth.flow import Flow, Pause
from c8py.auth.token import Token, TokenState
from c8py.base.backoff import Backoff
from c8py.base.clock import Clock
from c8py.base.limits import (
    REQUEST_TIMEOUT_S,
    TOKEN_COOL_DOWN_S,
    TOKEN_COOL_DOWN_S_MAX,
    TOKEN_COOL_DOWN_S_MIN,
    TOKEN_COOL_DOWNS_FORGOTTEN_S,
    TOKEN_LOCK_POLL_S,
    TOKEN_REFUSAL_S,
    TOKEN_REFUSAL_S_MAX,
    TOKEN_SPACING_S,
    TOKEN_SPREAD_FACTOR,
    TOKEN_SPREAD_S,
    TOKEN_SPREAD_S_MAX,
)
from c8py.errors import AuthError, ConnectionFailed, TokenRateLimited, TokenRefused, TokenUnavailable


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How long and how often to try.

    Attributes:
        budget_s: for all attempts and pauses together.
        backoff: between attempts that failed for a reason that may pass.
        uniform: the jitter, as `random.random`.
        start_spread_s: the first request of this host waits for a random time within it, so that hosts that start
            together and share an address do not ask together.
        refresh_early_s: a token counts as ended so long before its end, at most in the second half of its life.
        fail_fast: one attempt, and no waiting for a service that wants to be left alone: somebody sits at a terminal.
    """

    uniform: Callable[[], float]
    budget_s: float = REQUEST_TIMEOUT_S
    start_spread_s: float = 0.0
    refresh_early_s: float = 0.0
    fail_fast: bool = False
    backoff: Backoff = Backoff(initial_s=1.0, factor=2.0, max_s=10.0, attempts_max=4)


_PATIENT: Final = Patience(uniform=random)
_DOUBLINGS_MAX: Final = 30


def fetch_token(
    credentials: ClientCredentials, *, clock: Clock, new_id: Callable[[], str] = token_urlsafe
) -> Flow[Token]:
    """One request for a token.

    Raises:
        AuthError: there is none, in one of the three ways.
    """
    request = yield from credentials.token_request(clock, new_id)
    asked_s = clock.monotonic_s()
    try:
        response = yield request
    except ConnectionFailed as error:
        raise TokenUnavailable(
            f"expected a token from {credentials.token_url}, but it cannot be reached ({error.message})",
            hint="check the token URL (CAMUNDA_OAUTH_URL) and the network",
        ) from error
    assert response is not None, "a request is answered or fails"
    return read_token(response, credentials, asked_s=asked_s, clock=clock)


def obtain(credentials: ClientCredentials, *, cache: TokenCache, clock: Clock, patience: Patience) -> Flow[Token]:
    """A token that is good now: the cached one, or a new one fetched by only one asker at a time.

    Raises:
        TokenRefused: the token service refuses these credentials, now or a short while ago.
        TokenRateLimited: it wants to be left alone for longer than the budget lasts.
        TokenUnavailable: it did not give a token within the budget.
    """
    key, deadline_s = credentials.key, clock.monotonic_s() + patience.budget_s
    while not cache.try_lock(key):
        token = _known(cache.read(key), clock)
        if token is not None:
            return token
        if clock.monotonic_s() >= deadline_s:
            raise TokenUnavailable(
                f"expected a token of {credentials.token_url}, but somebody else is still fetching it"
            )
        yield Pause(TOKEN_LOCK_POLL_S)
    try:
        token = _known(cache.read(key), clock)
        if token is None:
            token = yield from _fetch_patiently(credentials, cache, clock, patience, deadline_s)
        return token
    finally:
        cache.unlock(key)


def renew(
    credentials: ClientCredentials, *, cache: TokenCache, clock: Clock, patience: Patience = _PATIENT
) -> Flow[Token | None]:
    """The next token, ahead of time: one attempt, none at all where somebody is at it or the service cools down.

    Raises:
        AuthError: the attempt failed; the token there is goes on being used.
    """
    key = credentials.key
    if not cache.try_lock(key):
        return None
    try:
        held = cache.read(key)
        now_s = clock.monotonic_s()
        if held.token is not None and held.token.state(now_s) is TokenState.FRESH:
            return held.token
        if held.cool_until_s > now_s or (held.refusal is not None and held.refusal.until_s > now_s):
            return None
        wait_s = cache.reserve(key, now_s=now_s, spacing_s=TOKEN_SPACING_S)
        if wait_s > 0:
            yield Pause(wait_s)
            if cache.read(key).cool_until_s > clock.monotonic_s():
                return None
        return (yield from _fetch_and_remember(credentials, cache, clock, patience))
    finally:
        cache.unlock(key)


def _known(held: Held, clock: Clock) -> Token | None:
    now_s = clock.monotonic_s()
    if held.token is not None and held.token.usable(now_s):
        return held.token
    refusal = held.refusal
    if refusal is not None and refusal.until_s > now_s:
        raise TokenRefused(
            f"{refusal.message}; the same credentials are not tried again for {refusal.until_s - now_s:.0f} seconds "
            "(`c8 auth clear` forgets that)",
            status=refusal.status,
            error=refusal.error,
            hint=refusal.hint,
        )
    return None


def _fetch_patiently(
    credentials: ClientCredentials, cache: TokenCache, clock: Clock, patience: Patience, deadline_s: float
) -> Flow[Token]:
    _start_apart(credentials, cache, clock, patience)
    for attempt in count(1):
        yield from _own_turn(credentials, cache, clock, patience, deadline_s)
        try:
            return (yield from _fetch_and_remember(credentials, cache, clock, patience))
        except (TokenRateLimited, TokenUnavailable) as error:
            last = patience.fail_fast or attempt >= patience.backoff.attempts_max
            if last or clock.monotonic_s() + error.retry_after_s > deadline_s:
                raise
    raise AssertionError("counting has no end")


def _own_turn(
    credentials: ClientCredentials, cache: TokenCache, clock: Clock, patience: Patience, deadline_s: float
) -> Flow[None]:
    """Wait until the service may be asked: while it is left alone, and until others of this host have asked before.

    Raises:
        TokenRateLimited: it will not be before the deadline.
        TokenUnavailable: neither, for the service has been in trouble.
    """
    key = credentials.key
    while True:
        held, now_s = cache.read(key), clock.monotonic_s()
        cool_s = held.cool_until_s - now_s
        if cool_s > 0:
            # A little later than the others who wait for the same moment.
            pause_s = cool_s + patience.uniform()
            if patience.fail_fast or now_s + pause_s > deadline_s:
                raise _cooling_down(credentials, held, cool_s)
            yield Pause(pause_s)
        now_s = clock.monotonic_s()
        wait_s = cache.reserve(key, now_s=now_s, spacing_s=TOKEN_SPACING_S)
        if wait_s <= 0:
            return
        if now_s + wait_s > deadline_s:
            raise _cooling_down(credentials, held, wait_s)
        yield Pause(wait_s)
        if cache.read(key).cool_until_s <= clock.monotonic_s():
            return


def _start_apart(credentials: ClientCredentials, cache: TokenCache, clock: Clock, patience: Patience) -> None:
    """Let this host begin at a moment of its own: once, for all its processes, and not where a moment ago it waited."""
    held, now_s = cache.read(credentials.key), clock.monotonic_s()
    waited = held.cool_until_s and held.cool_until_s > now_s - patience.start_spread_s
    if patience.start_spread_s > 0 and not waited:
        cache.cool_down(credentials.key, now_s + patience.uniform() * patience.start_spread_s)


def _cool_down(key: TokenKey, wanted_s: float, cache: TokenCache, clock: Clock, uniform: Callable[[], float]) -> float:
    """Leave the service alone for as long as it wants, and for a part of a window that grows with each refusal.

    Hosts that share an address cannot see each other: those that were refused together must not return together.

    Returns:
        How long, in seconds.
    """
    held, now_s = cache.read(key), clock.monotonic_s()
    in_a_row = held.cool_downs if held.cool_until_s > now_s - TOKEN_COOL_DOWNS_FORGOTTEN_S else 0
    window_s = min(TOKEN_SPREAD_S * TOKEN_SPREAD_FACTOR**in_a_row, TOKEN_SPREAD_S_MAX)
    # A service that is back in a moment refused one request by chance; one that is not has shut out the address.
    shut_out = wanted_s >= TOKEN_COOL_DOWN_S
    wait_s = min(max(wanted_s, TOKEN_COOL_DOWN_S_MIN) + uniform() * window_s, TOKEN_COOL_DOWN_S_MAX)
    cache.cool_down(key, now_s + wait_s, in_a_row=in_a_row + shut_out)
    return wait_s


def _leave_alone(key: TokenKey, cache: TokenCache, clock: Clock, patience: Patience) -> float:
    """Let a service that is in trouble come to itself: all processes of this host together, longer each time.

    Returns:
        How long, in seconds.
    """
    held, now_s = cache.read(key), clock.monotonic_s()
    in_a_row = held.troubles if held.cool_until_s > now_s - TOKEN_COOL_DOWNS_FORGOTTEN_S else 0
    backoff = patience.backoff
    # The power is bounded before it is taken: an outage of a night has thousands of them.
    due_s = min(backoff.initial_s * backoff.factor ** min(in_a_row, _DOUBLINGS_MAX), backoff.max_s)
    wait_s = due_s * (0.5 + patience.uniform() / 2)
    cache.cool_down(key, now_s + wait_s, in_a_row=held.cool_downs, troubles=in_a_row + 1)
    return wait_s


def _fetch_and_remember(
    credentials: ClientCredentials, cache: TokenCache, clock: Clock, patience: Patience
) -> Flow[Token]:
    key = credentials.key
    try:
        token = yield from fetch_token(credentials, clock=clock)
    except TokenRefused as error:
        before = cache.read(key).refusal
        times = before.times + 1 if before else 1
        again_s = min(TOKEN_REFUSAL_S * 2 ** (times - 1), TOKEN_REFUSAL_S_MAX)
        cache.refuse(
            key,
            Refusal(
                message=error.message,
                status=error.status,
                error=error.error,
                hint=error.hint,
                times=times,
                until_s=clock.monotonic_s() + again_s,
            ),
        )
        raise
    except TokenRateLimited as error:
        error.retry_after_s = _cool_down(key, error.retry_after_s, cache, clock, patience.uniform)
        raise
    except TokenUnavailable as error:
        error.retry_after_s = _leave_alone(key, cache, clock, patience)
        raise
    if patience.refresh_early_s:
        early_s = min(patience.refresh_early_s, token.lifetime_s / 2)
        token = msgspec.structs.replace(token, lifetime_s=token.lifetime_s - early_s, ends_s=token.ends_s - early_s)
    cache.keep(key, token)
    held = cache.read(key)
    if held.cool_downs or held.troubles:
        # One that somebody else began meanwhile lasts as long as it was meant to; it only counts as the first again.
        cache.cool_down(key, clock.monotonic_s())
    return token


def _cooling_down(credentials: ClientCredentials, held: Held, wait_s: float) -> AuthError:
    if held.troubles:
        return TokenUnavailable(
            f"expected a token of {credentials.token_url}, but it did not give one a moment ago, "
            f"and is left alone for {wait_s:.0f} more seconds",
            retry_after_s=wait_s,
            hint="check the token URL (CAMUNDA_OAUTH_URL) and the network, or try again then",
        )
    return TokenRateLimited(
        f"expected a token of {credentials.token_url}, but it limits requests of this address, "
        f"and is left alone for {wait_s:.0f} more seconds",
        retry_after_s=wait_s,
        hint="wait, and have all processes of this host share their tokens",
    )
