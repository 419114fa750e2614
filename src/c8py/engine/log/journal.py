"""Rows of events, and the latest snapshot, which makes older rows unnecessary."""

from collections.abc import Iterator
from typing import NamedTuple
from zlib import crc32

from c8py.engine.log.database import Database
from c8py.errors import PlatformError

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS log (position INTEGER PRIMARY KEY, payload BLOB NOT NULL, crc INTEGER NOT NULL) STRICT",
    """CREATE TABLE IF NOT EXISTS snapshot (
        id INTEGER PRIMARY KEY CHECK (id = 1), position INTEGER NOT NULL, last_key INTEGER NOT NULL,
        payload BLOB NOT NULL, crc INTEGER NOT NULL) STRICT""",
)


class Snapshot(NamedTuple):
    """The whole state as of a position."""

    position: int
    last_key: int
    payload: bytes


class Journal:
    """The log. A position is the number of events up to and with the last of a row."""

    def __init__(self, database: Database) -> None:
        self._name = database.name
        self._connection = database.connection
        for statement in _SCHEMA:
            self._connection.execute(statement)

    def append(self, position: int, payload: bytes) -> None:
        """Add a row, whose last event has this position; within a transaction."""
        self._connection.execute("INSERT INTO log VALUES (?, ?, ?)", (position, payload, crc32(payload)))

    def snapshot(self) -> Snapshot | None:
        """The latest snapshot.

        Raises:
            PlatformError: it is damaged.
        """
        row = self._connection.execute("SELECT position, last_key, payload, crc FROM snapshot").fetchone()
        if row is None:
            return None
        position, last_key, payload, crc = row
        self._check(payload, crc, "snapshot", position)
        return Snapshot(position, last_key, payload)

    def rows(self, after: int) -> Iterator[tuple[int, bytes]]:
        """The rows after a position, in order.

        Raises:
            PlatformError: a row is damaged.
        """
        query = "SELECT position, payload, crc FROM log WHERE position > ? ORDER BY position"
        for position, payload, crc in self._connection.execute(query, (after,)):
            self._check(payload, crc, "row", position)
            yield position, payload

    def replace(self, snapshot: Snapshot) -> None:
        """Keep this snapshot, and no row that it makes unnecessary; within a transaction."""
        self._connection.execute(
            "INSERT OR REPLACE INTO snapshot VALUES (1, ?, ?, ?, ?)", (*snapshot, crc32(snapshot.payload))
        )
        self._connection.execute("DELETE FROM log WHERE position <= ?", (snapshot.position,))

    def _check(self, payload: bytes, crc: int, what: str, position: int) -> None:
        if crc32(payload) != crc:
            raise PlatformError(
                f"expected {what} {position} of the log in {self._name} to be whole, but it is damaged",
                hint="restore the data folder from a backup, or begin with an empty one",
            )
