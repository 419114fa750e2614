"""Where tokens, refusals and cool-downs are remembered. A shared file can take the place of memory: `TokenCache`.

Pure but for locks. Used by `exchange.obtain`, which knows the manners; a cache only remembers.
"""

import os
import threading
from collections import OrderedDict
from typing import Protocol

import msgspec

from c8py.auth.credentials import TokenKey
from c8py.auth.token import Token
from c8py.base.limits import TOKEN_KEYS_MAX


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """The token service's no to these very credentials; asking before `until_s` is pointless.

    Attributes:
        message: what the service said, without secrets.
        status: of HTTP.
        error: the OAuth error code.
        hint: the next step.
        times: how often in a row.
        until_s: of the monotonic clock.
    """

    message: str
    status: int
    error: str
    hint: str
    times: int
    until_s: float


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """All that is remembered of one key."""

    token: Token | None = None
    refusal: Refusal | None = None
    # Of the token service as a whole: it counts requests by address, not by client.
    cool_until_s: float = 0.0
    cool_downs: int = 0  # in a row, without a token between them
    troubles: int = 0  # answers that did not come or made no sense, in a row


class TokenCache(Protocol):
    """Remembers across calls, clients and perhaps processes. Every method returns at once."""

    def read(self, key: TokenKey) -> Held:
        """What is remembered of this key."""
        ...

    def keep(self, key: TokenKey, token: Token) -> None:
        """Remember a token, and forget the refusals before it."""
        ...

    def refuse(self, key: TokenKey, refusal: Refusal) -> None:
        """Remember a refusal."""
        ...

    def cool_down(self, key: TokenKey, until_s: float, *, in_a_row: int = 0, troubles: int = 0) -> None:
        """Remember that the token service of this key is to be left alone, at least until then.

        Args:
            key: of the token service, whichever client.
            until_s: of the monotonic clock.
            in_a_row: how often it refused the address by now, without a token between.
            troubles: how often it was in trouble by now, without a token between.
        """
        ...

    def reserve(self, key: TokenKey, *, now_s: float, spacing_s: float) -> float:
        """Take the next turn to ask the token service of this key, whichever client; others come later.

        Args:
            key: of the token service.
            now_s: of the monotonic clock.
            spacing_s: between two turns.

        Returns:
            How long it is until this turn, in seconds.
        """
        ...

    def drop(self, key: TokenKey, token: Token) -> None:
        """Forget this token, unless another one has taken its place."""
        ...

    def clear(self) -> None:
        """Forget everything."""
        ...

    def try_lock(self, key: TokenKey) -> bool:
        """Become the one who fetches for this key, if nobody is."""
        ...

    def unlock(self, key: TokenKey) -> None:
        """Let the next one fetch."""
        ...


class MemoryCache:
    """A cache of this process, for any number of clients, loops and threads.

    Args:
        keys_max: how many keys are remembered; beyond that the one longest unchanged goes.
    """

    def __init__(self, keys_max: int = TOKEN_KEYS_MAX) -> None:
        self._keys_max = keys_max
        self._guard = threading.Lock()
        self._held: OrderedDict[TokenKey, Held] = OrderedDict()
        self._cool: OrderedDict[str, tuple[float, int, int]] = OrderedDict()
        self._turns: OrderedDict[str, float] = OrderedDict()
        self._fetching: set[TokenKey] = set()
        self._process = os.getpid()

    def read(self, key: TokenKey) -> Held:
        """What is remembered of this key."""
        with self._guard:
            held = self._held.get(key, Held())
            cool = self._cool.get(key.token_url)
        if cool is None:
            return held
        return msgspec.structs.replace(held, cool_until_s=cool[0], cool_downs=cool[1], troubles=cool[2])

    def keep(self, key: TokenKey, token: Token) -> None:
        """Remember a token, and forget the refusals before it."""
        self._put(key, Held(token=token))

    def refuse(self, key: TokenKey, refusal: Refusal) -> None:
        """Remember a refusal; a token that is there stays, it may still be good."""
        self._put(key, Held(token=self.read(key).token, refusal=refusal))

    def cool_down(self, key: TokenKey, until_s: float, *, in_a_row: int = 0, troubles: int = 0) -> None:
        """Remember that the token service of this key is to be left alone, at least until then."""
        with self._guard:
            before_s, *_ = self._cool.pop(key.token_url, (until_s, 0, 0))
            self._cool[key.token_url] = (max(until_s, before_s), in_a_row, troubles)
            while len(self._cool) > TOKEN_KEYS_MAX:
                self._cool.popitem(last=False)

    def reserve(self, key: TokenKey, *, now_s: float, spacing_s: float) -> float:
        """Take the next turn to ask the token service of this key, whichever client; others come later."""
        with self._guard:
            turn_s = max(now_s, self._turns.pop(key.token_url, now_s))
            self._turns[key.token_url] = turn_s + spacing_s
            while len(self._turns) > TOKEN_KEYS_MAX:
                self._turns.popitem(last=False)
        return turn_s - now_s

    def drop(self, key: TokenKey, token: Token) -> None:
        """Forget this token, unless another one has taken its place."""
        with self._guard:
            held = self._held.get(key)
            # By its value: read from a file, the same token ends a fraction of a millisecond sooner or later.
            if held is not None and held.token is not None and held.token.value == token.value:
                self._held[key] = msgspec.structs.replace(held, token=None)

    def clear(self) -> None:
        """Forget everything."""
        with self._guard:
            self._held.clear()
            self._cool.clear()
            self._turns.clear()

    def try_lock(self, key: TokenKey) -> bool:
        """Become the one who fetches for this key, if nobody is."""
        with self._guard:
            if self._process != os.getpid():
                # Forked while somebody was fetching: whoever it was is not in this process.
                self._process = os.getpid()
                self._fetching.clear()
            if key in self._fetching:
                return False
            self._fetching.add(key)
            return True

    def unlock(self, key: TokenKey) -> None:
        """Let the next one fetch."""
        with self._guard:
            self._fetching.discard(key)

    def _put(self, key: TokenKey, held: Held) -> None:
        with self._guard:
            self._held[key] = held
            self._held.move_to_end(key)
            while len(self._held) > self._keys_max:
                self._held.popitem(last=False)
