"""A sorted set of keys that is cheap at both ends: jobs are created with growing keys and handed out in that order."""

from bisect import bisect_left
from collections.abc import Iterator
from itertools import islice

_COMPACT_FROM = 512  # a shorter list is not worth cutting


class KeyQueue:
    """Keys in ascending order. Writes look like those of a dict, so that the tables' journal can undo them alike."""

    __slots__ = ("_head", "_keys")

    def __init__(self) -> None:
        self._keys: list[int] = []
        self._head = 0

    def __len__(self) -> int:
        return len(self._keys) - self._head

    def __iter__(self) -> Iterator[int]:
        return islice(self._keys, self._head, None)

    def __contains__(self, key: int) -> bool:
        at = bisect_left(self._keys, key, self._head)
        return at < len(self._keys) and self._keys[at] == key

    def __setitem__(self, key: int, _member: object) -> None:
        keys = self._keys
        if not keys or key > keys[-1]:
            keys.append(key)
        elif key not in self:
            keys.insert(bisect_left(keys, key, self._head), key)

    def __delitem__(self, key: int) -> None:
        keys, head = self._keys, self._head
        if head < len(keys) and keys[head] == key:
            self._head = head + 1
            if self._head >= _COMPACT_FROM and self._head * 2 >= len(keys):
                del keys[: self._head]
                self._head = 0
            return
        at = bisect_left(keys, key, head)
        if at == len(keys) or keys[at] != key:
            raise KeyError(key)
        del keys[at]
