"""Things of one type, each with an owner and an id: kept in memory for reading, and as JSON on the disk.

For everything that is looked up by its owner and never searched: secrets, allowlists, members, sessions, backups. Made
by the store alone.
"""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from sqlite3 import Connection
from typing import Any, Generic, TypeVar

import msgspec

T = TypeVar("T", bound=msgspec.Struct)


class Shelf(Generic[T]):
    """One shelf.

    Args:
        name: unique in the store.
        kind: the type of everything on it.
        rows: owner, id and body of what lies there.
        writing: one durable transaction.
    """

    def __init__(
        self,
        name: str,
        kind: type[T],
        rows: Iterable[tuple[Any, ...]],
        writing: Callable[[], AbstractContextManager[Connection]],
    ) -> None:
        self._name = name
        self._writing = writing
        self._owners: dict[str, dict[str, T]] = {}
        decode = msgspec.json.Decoder(kind).decode
        for owner, one, body in rows:
            self._owners.setdefault(owner, {})[one] = decode(body)

    def all(self, owner: str) -> dict[str, T]:
        """What this owner has, by id, the oldest first."""
        return dict(self._owners.get(owner, {}))

    def get(self, owner: str, one: str) -> T | None:
        """This thing of this owner."""
        return self._owners.get(owner, {}).get(one)

    def put(self, owner: str, one: str, value: T) -> None:
        """Keep it, in the place of what had this id."""
        with self._writing() as connection:
            connection.execute(
                "INSERT INTO shelves VALUES (?, ?, ?, ?) "
                "ON CONFLICT (shelf, owner, id) DO UPDATE SET body = excluded.body",
                (self._name, owner, one, msgspec.json.encode(value)),
            )
        self._owners.setdefault(owner, {})[one] = value

    def remove(self, owner: str, one: str) -> bool:
        """Throw it away; whether there was one."""
        # First from memory: what grants something is gone even when the disk fails now.
        found = self._owners.get(owner, {}).pop(one, None) is not None
        if found:
            with self._writing() as connection:
                connection.execute(
                    "DELETE FROM shelves WHERE shelf = ? AND owner = ? AND id = ?", (self._name, owner, one)
                )
        return found

    def forget_owner(self, owner: str) -> None:
        """Forget what the store has deleted with its owner."""
        self._owners.pop(owner, None)
