"""Inserts and updates of one table, gathered by key and written in bulk."""

import sqlite3
from collections.abc import Sequence

SqlValue = str | int | bytes | None


class Buffer:
    """The table's first column is its key. Updates of rows that are not written yet change these instead."""

    def __init__(self, connection: sqlite3.Connection, table: str) -> None:
        self._connection = connection
        self._table = table
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        self._at = {name: at for at, name in enumerate(columns)}
        self._insert = f"INSERT OR REPLACE INTO {table} VALUES ({', '.join('?' * len(columns))})"  # noqa: S608  names
        self._inserts: dict[int, Sequence[SqlValue]] = {}
        self._updates: dict[int, dict[str, SqlValue]] = {}

    def insert(self, key: int, row: Sequence[SqlValue]) -> None:
        """A new row."""
        self._inserts[key] = row

    def update(self, key: int, **changes: SqlValue) -> None:
        """New values in some columns of a row."""
        row = self._inserts.get(key)
        if row is not None:
            changed = list(row)
            for name, value in changes.items():
                changed[self._at[name]] = value
            self._inserts[key] = changed
        elif key in self._updates:
            self._updates[key].update(changes)
        else:
            self._updates[key] = changes

    def flush(self) -> None:
        """Write everything."""
        if self._inserts:
            self._connection.executemany(self._insert, self._inserts.values())
        if self._updates:
            by_columns: dict[tuple[str, ...], list[tuple[SqlValue, ...]]] = {}
            for key, changes in self._updates.items():
                by_columns.setdefault(tuple(changes), []).append((*changes.values(), key))
            for columns, rows in by_columns.items():
                assignments = ", ".join(f"{name} = ?" for name in columns)
                statement = f"UPDATE {self._table} SET {assignments} WHERE key = ?"  # noqa: S608  names of columns
                self._connection.executemany(statement, rows)
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self._inserts.clear()
        self._updates.clear()
