"""Where callers get their tokens: out of memory for a secret that the token service has accepted, else by asking it.

One request for all who want the same; the manners are those of `auth`. Knows no HTTP server and keeps no secret: only
its digest, and the secret itself while a request is under way.
"""

import asyncio
import logging
import random
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from typing import Final, TypeAlias

import msgspec

from c8py.auth import (
    ClientCredentials,
    HttpRequest,
    HttpResponse,
    Patience,
    Refusal,
    Token,
    TokenCache,
    TokenKey,
    TokenState,
    obtain,
    renew,
)
from c8py.base.backoff import Backoff
from c8py.base.clock import Clock
from c8py.base.limits import (
    TOKEN_PROXY_REFUSAL_BYTES_MAX,
    TOKEN_PROXY_REFUSALS_MAX,
    TOKEN_PROXY_TOKENS_MAX,
    TOKEN_PROXY_WAIT_S,
    TOKEN_RENEW_PAUSE_S,
    TOKEN_UNAUTHENTICATED_PAUSE_S,
)
from c8py.errors import AuthError, TokenRateLimited, TokenRefused
from c8py.token_proxy.callers import Callers, Who
from c8py.token_proxy.driving import Sender, drive
from c8py.token_proxy.figures import Figures, Sample
from c8py.token_proxy.pace import Pace, TooLate, TooMany
from c8py.token_proxy.shelf import Shelf
from c8py.token_proxy.upstreams import Upstream

_LOG: Final = logging.getLogger("c8py.token_proxy")
_ONCE: Final = Backoff(attempts_max=1)
_REFUSALS: Final = range(400, 500)
_UNAUTHORIZED: Final = 401
_LEAST_WAIT_S: Final = 1.0
_SHOWN_CHARS_MAX: Final = 80


class Refused(msgspec.Struct, frozen=True):
    """The token service says no; in its own words, as far as they are known."""

    response: HttpResponse


class Later(msgspec.Struct, frozen=True):
    """Not now.

    Attributes:
        wait_s: when it is worth another try.
        limited: whether there have been too many requests; else the token service is in trouble.
        reason: for the caller; says nothing that it may not know.
    """

    wait_s: float
    limited: bool
    reason: str


Outcome: TypeAlias = Token | Refused | Later


class _Held(msgspec.Struct):
    """A token in memory, and when it may be asked for anew."""

    token: Token
    anew_at_s: float  # by callers whose API refused it
    renew_at_s: float = 0.0  # ahead of its end


class Desk:
    """Gives tokens.

    Args:
        upstreams: the token services that it may ask.
        send: makes a request.
        tokens: remembers tokens and cool-downs, perhaps beyond this process.
        clock: the same time as the loop's.
        figures: counts what is asked.
        uniform: the jitter.
    """

    def __init__(
        self,
        upstreams: Iterable[Upstream],
        send: Sender,
        *,
        tokens: TokenCache,
        clock: Clock,
        figures: Figures,
        uniform: Callable[[], float] = random.random,
    ) -> None:
        self._send = send
        self._clock = clock
        self._figures = figures
        self._uniform = uniform
        self._shelf = Shelf(tokens)
        self._callers = Callers(clock)
        self._paces = {upstream.name: Pace(clock) for upstream in upstreams}
        self._held: OrderedDict[TokenKey, _Held] = OrderedDict()
        self._words: OrderedDict[TokenKey, HttpResponse] = OrderedDict()
        self._limited: dict[str, bool] = {}  # whether the last trouble with a token service was too many requests
        self._flights: dict[TokenKey, asyncio.Task[Outcome]] = {}
        self._renewals: dict[TokenKey, asyncio.Task[None]] = {}

    async def ask(self, upstream: Upstream, credentials: ClientCredentials, *, anew: bool = False) -> Outcome:
        """A token for these credentials, or why there is none.

        Args:
            upstream: whose token.
            credentials: of the caller.
            anew: an API has refused the last one.
        """
        key = credentials.key
        who = Who(key.token_url, key.client_id)
        known = self._callers.accepted(who, key.secret_digest)
        held = self._held.get(key) if known else None
        if held is not None:
            self._held.move_to_end(key)
            now_s = self._clock.monotonic_s()
            state = held.token.state(now_s)
            if anew and (now_s >= held.anew_at_s or key in self._flights):
                # Everybody else goes on with the one there is: it may well be good, and another may not be to be had.
                held.anew_at_s = now_s + TOKEN_UNAUTHENTICATED_PAUSE_S
                self._shelf.drop(key, held.token)
            elif state is not TokenState.INVALID:
                if state is TokenState.STALE and now_s >= held.renew_at_s:
                    held.renew_at_s = now_s + TOKEN_RENEW_PAUSE_S
                    self._begin_renewal(upstream, credentials)
                return held.token
        return await self._asked(upstream, credentials, known=known)

    def gauges(self) -> Iterator[Sample]:
        """How things are, for the figures."""
        now_s = self._clock.monotonic_s()
        for name, pace in self._paces.items():
            labels = (("upstream", name),)
            yield Sample("cool_down_seconds", pace.cooling_s, labels)
            yield Sample("strangers", pace.strangers, labels)
        tokens = [held.token for held in self._held.values() if held.token.usable(now_s)]
        yield Sample("tokens", len(tokens))
        yield Sample("token_age_seconds_max", max((now_s - _had_s(token) for token in tokens), default=0.0))
        yield Sample("token_left_seconds_min", min((token.ends_s - now_s for token in tokens), default=0.0))

    async def aclose(self) -> None:
        """Stop asking; who waits is told to come back."""
        for pace in self._paces.values():
            pace.close()
        going = [*self._flights.values(), *self._renewals.values()]
        for task in going:
            task.cancel()
        if going:
            await asyncio.wait(going)

    # -- asking

    async def _asked(self, upstream: Upstream, credentials: ClientCredentials, *, known: bool) -> Outcome:
        """What is remembered elsewhere, else what the token service says: to all who want the same at once."""
        key = credentials.key
        remembered = self._remembered(upstream.name, key, known=known)
        if remembered is not None:
            return remembered
        flight = self._flights.get(key)
        if flight is None:
            who = Who(key.token_url, key.client_id)
            if not known:
                paused_s = self._callers.paused_s(who, key.secret_digest)
                if paused_s > 0:
                    return Later(paused_s, limited=True, reason="another secret of this client was tried just now")
                self._callers.knock(who)
            flight = self._flights[key] = asyncio.create_task(self._errand(upstream, credentials, known=known))
            flight.add_done_callback(lambda _ended: self._flights.pop(key, None))
        done, _ = await asyncio.wait([flight], timeout=TOKEN_PROXY_WAIT_S)
        if flight.cancelled():
            return Later(_LEAST_WAIT_S, limited=False, reason="the token proxy is being stopped")
        # It goes on: who comes back finds what it brought.
        return flight.result() if done else Later(_LEAST_WAIT_S, limited=False, reason="it is slow to answer")

    def _remembered(self, name: str, key: TokenKey, *, known: bool) -> Outcome | None:
        now_s = self._clock.monotonic_s()
        held = self._shelf.read(key)
        if held.token is not None and held.token.usable(now_s):
            # After a restart, or had by another proxy that shares the folder: a token proves its secret.
            if known or self._callers.may_prove(Who(key.token_url, key.client_id), _had_s(held.token)):
                self._admit(key, held.token)
                return held.token
            self._shelf.drop(key, held.token)
        if held.refusal is not None and held.refusal.until_s > now_s:
            return self._refused(name, key, held.refusal)
        return None

    async def _errand(self, upstream: Upstream, credentials: ClientCredentials, *, known: bool) -> Outcome:
        """Wait for a turn and ask, again and again as long as a caller would wait for it."""
        pace, key = self._paces[upstream.name], credentials.key
        deadline_s = self._clock.monotonic_s() + TOKEN_PROXY_WAIT_S
        try:
            with nullcontext() if known else pace.stranger():
                while True:
                    pace.cool_down(self._shelf.read(key).cool_until_s)
                    await pace.turn(known=known, deadline_s=deadline_s)
                    outcome = await self._attempt(upstream, credentials, deadline_s)
                    if not isinstance(outcome, Later) or self._clock.monotonic_s() + outcome.wait_s > deadline_s:
                        return outcome
        except TooMany as crowd:
            return Later(crowd.wait_s, limited=True, reason="many unknown credentials are being tried")
        except TooLate as late:
            return self._later(upstream.name, late.wait_s)

    async def _attempt(self, upstream: Upstream, credentials: ClientCredentials, deadline_s: float) -> Outcome:
        answers: list[HttpResponse] = []
        budget_s = max(0.0, deadline_s - self._clock.monotonic_s())
        patience = Patience(uniform=self._uniform, budget_s=budget_s, backoff=_ONCE)
        flow = obtain(credentials, cache=self._shelf, clock=self._clock, patience=patience)
        try:
            token = await drive(flow, self._noting(upstream, answers))
        except AuthError as error:
            return self._failed(upstream, credentials, error, answers)
        if answers:
            self._succeeded(upstream, credentials, token)
        self._admit(credentials.key, token)
        return token

    def _begin_renewal(self, upstream: Upstream, credentials: ClientCredentials) -> None:
        key = credentials.key
        if key not in self._renewals:
            task = self._renewals[key] = asyncio.create_task(self._renewed(upstream, credentials))
            task.add_done_callback(lambda _ended: self._renewals.pop(key, None))

    async def _renewed(self, upstream: Upstream, credentials: ClientCredentials) -> None:
        """The next token, ahead of time; whatever goes wrong, there still is the present one."""
        answers: list[HttpResponse] = []
        pace, key = self._paces[upstream.name], credentials.key
        pace.cool_down(self._shelf.read(key).cool_until_s)
        try:
            await pace.turn(known=True, deadline_s=self._clock.monotonic_s() + TOKEN_RENEW_PAUSE_S)
            flow = renew(credentials, cache=self._shelf, clock=self._clock)
            token = await drive(flow, self._noting(upstream, answers))
        except TooLate:
            return
        except AuthError as error:
            self._failed(upstream, credentials, error, answers)
            return
        if token is not None:
            if answers:
                self._succeeded(upstream, credentials, token)
            self._admit(key, token)

    def _noting(self, upstream: Upstream, answers: list[HttpResponse]) -> Sender:
        """Sends, and notes what came back."""

        async def send(request: HttpRequest) -> HttpResponse:
            try:
                response = await self._send(request)
            except BaseException:
                self._figures.asked(upstream.name, "failed")
                raise
            answers.append(response)
            return response

        return send

    # -- what came of it

    def _admit(self, key: TokenKey, token: Token) -> None:
        """From now on this secret is served from memory."""
        who = Who(key.token_url, key.client_id)
        forgotten = self._callers.accept(who, key.secret_digest, _had_s(token))
        if forgotten:
            _LOG.info("another secret of client %s has taken over", _shown(key.client_id))
            for other in [
                one for one in self._held if Who(one.token_url, one.client_id) == who and one.secret_digest in forgotten
            ]:
                self._shelf.drop(other, self._held.pop(other).token)
        anew_at_s = self._clock.monotonic_s() + TOKEN_UNAUTHENTICATED_PAUSE_S
        self._words.pop(key, None)
        self._held[key] = _Held(token, anew_at_s)
        self._held.move_to_end(key)
        while len(self._held) > TOKEN_PROXY_TOKENS_MAX:
            self._held.popitem(last=False)

    def _succeeded(self, upstream: Upstream, credentials: ClientCredentials, token: Token) -> None:
        self._figures.asked(upstream.name, "token")
        _LOG.info(
            "%s gave a token to client %s for %s, good for %.0f s",
            upstream.name,
            _shown(credentials.client_id),
            _shown(credentials.audience),
            token.lifetime_s,
        )

    def _failed(
        self, upstream: Upstream, credentials: ClientCredentials, error: AuthError, answers: list[HttpResponse]
    ) -> Outcome:
        key, name = credentials.key, upstream.name
        client = _shown(credentials.client_id)
        if isinstance(error, TokenRefused):
            if answers:
                self._figures.asked(name, "refused")
                _LOG.warning("%s refused client %s: %d %s", name, client, error.status, _shown(error.error))
                self._note(key, answers[-1])
            if error.status == _UNAUTHORIZED or error.error == "invalid_client":
                self._callers.refuse(Who(key.token_url, key.client_id), key.secret_digest)
            return self._refused(name, key, self._shelf.read(key).refusal)
        limited = isinstance(error, TokenRateLimited)
        now_s = self._clock.monotonic_s()
        cool_s = self._shelf.read(key).cool_until_s - now_s
        if answers:
            self._figures.asked(name, "limited" if limited else "failed")
        wait_s = max(cool_s, _LEAST_WAIT_S)
        _LOG.warning("%s gave no token to client %s; next try in %.0f s: %s", name, client, wait_s, error.code)
        if cool_s > 0:
            self._figures.cooled_down(name)
            self._paces[name].cool_down(now_s + cool_s)
        self._limited[name] = limited
        return self._later(name, wait_s)

    def _later(self, name: str, wait_s: float) -> Later:
        limited = self._limited.get(name, True)
        reason = "it wants to be left alone" if limited else "it is in trouble"
        return Later(max(wait_s, _LEAST_WAIT_S), limited=limited, reason=reason)

    def _note(self, key: TokenKey, response: HttpResponse) -> None:
        """Keep the token service's no for the next one who asks with the same credentials."""
        body = response.body[:TOKEN_PROXY_REFUSAL_BYTES_MAX]
        self._words[key] = msgspec.structs.replace(response, body=body)
        self._words.move_to_end(key)
        while len(self._words) > TOKEN_PROXY_REFUSALS_MAX:
            self._words.popitem(last=False)

    def _refused(self, name: str, key: TokenKey, refusal: Refusal | None) -> Refused | Later:
        """The no that is remembered."""
        words = self._words.get(key)
        status = refusal.status if refusal else words.status if words else _UNAUTHORIZED
        if status not in _REFUSALS:
            # A redirect is no word about credentials, and nobody is sent elsewhere with a secret.
            self._limited[name] = False
            return self._later(name, refusal.until_s - self._clock.monotonic_s() if refusal else _LEAST_WAIT_S)
        if words is None:
            body = msgspec.json.encode({"error": (refusal.error if refusal else "") or "invalid_client"})
            words = HttpResponse(status=status, headers={"content-type": "application/json"}, body=body)
        return Refused(words)


def _had_s(token: Token) -> float:
    """When the token service gave it."""
    return token.ends_s - token.lifetime_s


def _shown(text: str) -> str:
    """What a stranger sent, as it may stand in a log: one short line."""
    return repr(text[:_SHOWN_CHARS_MAX])
