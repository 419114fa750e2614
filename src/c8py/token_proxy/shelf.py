"""What a proxy remembers for the flows of `auth`: tokens and cool-downs in one cache, refusals in a memory of its own.

Strangers can make the token service refuse anything, so what it refuses never gets as far as the disk. Given to
`obtain` and `renew` as their cache.
"""

import zlib
from collections import OrderedDict

import msgspec

from c8py.auth import Held, Refusal, Token, TokenCache, TokenKey
from c8py.base.limits import TOKEN_PROXY_LOCKS_MAX, TOKEN_PROXY_REFUSALS_MAX


class Shelf:
    """A cache whose refusals are gone with the process.

    Args:
        tokens: remembers everything else, perhaps on a disk that other proxies share.
    """

    def __init__(self, tokens: TokenCache) -> None:
        self._tokens = tokens
        self._refusals: OrderedDict[TokenKey, Refusal] = OrderedDict()

    def read(self, key: TokenKey) -> Held:
        """What is remembered of this key."""
        return msgspec.structs.replace(self._tokens.read(key), refusal=self._refusals.get(key))

    def keep(self, key: TokenKey, token: Token) -> None:
        """Remember a token, and forget the refusals before it."""
        self._refusals.pop(key, None)
        self._tokens.keep(key, token)

    def refuse(self, key: TokenKey, refusal: Refusal) -> None:
        """Remember a refusal, here alone."""
        self._refusals[key] = refusal
        self._refusals.move_to_end(key)
        while len(self._refusals) > TOKEN_PROXY_REFUSALS_MAX:
            self._refusals.popitem(last=False)

    def cool_down(self, key: TokenKey, until_s: float, *, in_a_row: int = 0, troubles: int = 0) -> None:
        """Remember that the token service of this key wants to be left alone."""
        self._tokens.cool_down(key, until_s, in_a_row=in_a_row, troubles=troubles)

    def reserve(self, key: TokenKey, *, now_s: float, spacing_s: float) -> float:
        """Take the next turn to ask the token service of this key."""
        return self._tokens.reserve(key, now_s=now_s, spacing_s=spacing_s)

    def drop(self, key: TokenKey, token: Token) -> None:
        """Forget this token, unless another one has taken its place."""
        self._tokens.drop(key, token)

    def clear(self) -> None:
        """Forget everything."""
        self._refusals.clear()
        self._tokens.clear()

    def try_lock(self, key: TokenKey) -> bool:
        """Become the one who fetches for this key, if nobody is."""
        return self._tokens.try_lock(_lock_of(key))

    def unlock(self, key: TokenKey) -> None:
        """Let the next one fetch."""
        self._tokens.unlock(_lock_of(key))


def _lock_of(key: TokenKey) -> TokenKey:
    """One of a number of locks: each of them may leave a file behind, and strangers bring any number of keys."""
    number = zlib.crc32("\0".join(msgspec.structs.astuple(key)).encode()) % TOKEN_PROXY_LOCKS_MAX
    return TokenKey(f"lock {number}", "", "", "", "", "")
