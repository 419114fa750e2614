"""The SQLite file of an engine: opened by one process at a time, recognised as ours, readable while it is written."""

import itertools
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from c8py.base.limits import DATABASE_BUSY_S, WAL_BYTES_MAX
from c8py.errors import PlatformError

FILE_NAME: Final = "engine.db"
_LOCK_NAME: Final = "engine.lock"
_APPLICATION_ID: Final = 0x43385059  # "C8PY"
_SCHEMA_VERSION: Final = 1
_SQLITE_OLDEST: Final = (3, 37, 0)
_in_memory = itertools.count(1)


class Database:
    """One writing connection, and reading ones for who asks.

    Use `open`. Everything that goes wrong with the file is a PlatformError that names it.
    """

    def __init__(self, uri: str, name: str, lock: FileLock | None, *, durable: bool) -> None:
        self._uri = uri
        self._lock = lock
        self.name = name
        self.connection = self._connect()
        if lock is None:
            self.connection.execute("PRAGMA journal_mode = MEMORY")
        else:
            self.connection.execute("PRAGMA journal_mode = WAL")
            self.connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'OFF'}")
            self.connection.execute(f"PRAGMA journal_size_limit = {WAL_BYTES_MAX}")

    @classmethod
    def open(cls, folder: Path | None, *, durable: bool) -> "Database":
        """Open or make the database in this folder; None is one in memory.

        Raises:
            PlatformError: the folder or file cannot be used, is in use, is not ours, or is of a newer c8py.
        """
        if sqlite3.sqlite_version_info < _SQLITE_OLDEST:
            raise PlatformError(
                f"expected SQLite 3.37 or newer, but Python has {sqlite3.sqlite_version}", hint="use a newer Python"
            )
        if folder is None:
            # A named memory database: unlike a shared cache it locks like a file, so readers see whole commits.
            number = next(_in_memory)
            database = cls(f"file:/c8py-{number}?vfs=memdb", f"memory {number}", None, durable=False)
            with database.problems():
                database.prepare()
            return database
        lock = _locked(folder)
        path = folder / FILE_NAME
        try:
            with _problems(path):
                database = cls(path.absolute().as_uri(), str(path), lock, durable=durable)
                database.prepare()
        except BaseException:
            lock.release()
            raise
        return database

    def prepare(self) -> None:
        """Recognise the file, or make it ours when it is empty."""
        found, version = self._pragma("application_id"), self._pragma("user_version")
        tables = self.connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        if found == 0 and version == 0 and tables == 0:
            self.connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            self.connection.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")
        elif found != _APPLICATION_ID:
            raise PlatformError(
                f"expected {self.name} to be a database of c8py, but it belongs to something else",
                hint="choose another data folder",
            )
        elif version > _SCHEMA_VERSION:
            raise PlatformError(
                f"expected {self.name} in format {_SCHEMA_VERSION} or older, but it has format {version}",
                hint="it was written by a newer c8py: use that one, or another data folder",
            )

    def reader(self) -> sqlite3.Connection:
        """A connection that only reads, for any thread."""
        connection = self._connect()
        connection.execute("PRAGMA query_only = ON")
        return connection

    @contextmanager
    def transaction(self) -> Generator[sqlite3.Connection]:
        """All or nothing, and durable when it ends.

        Raises:
            PlatformError: it could not be written; nothing of it is.
        """
        with self.problems():
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise

    @contextmanager
    def problems(self) -> Generator[None]:
        """Errors of SQLite inside are told as PlatformError."""
        with _problems(self.name):
            yield

    def close(self) -> None:
        """Close the writing connection and let others have the folder."""
        self.connection.close()
        if self._lock is not None:
            self._lock.release()

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(
            self._uri, uri=True, isolation_level=None, check_same_thread=False, timeout=DATABASE_BUSY_S
        )

    def _pragma(self, name: str) -> int:
        return int(self.connection.execute(f"PRAGMA {name}").fetchone()[0])


def _locked(folder: Path) -> FileLock:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / _LOCK_NAME, timeout=0)
        lock.acquire()
    except Timeout:
        raise PlatformError(
            f"expected {folder} to be free, but another process uses it",
            hint="stop that one, or choose another data folder",
        ) from None
    except OSError as error:
        raise PlatformError(
            f"expected to use the folder {folder}, but {error.strerror or error}",
            hint="check its permissions, or choose another data folder",
        ) from error
    return lock


@contextmanager
def _problems(name: object) -> Generator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise PlatformError(
            f"expected to read and write {name}, but SQLite says: {error}",
            hint="check the disk and the permissions; a damaged file can only be replaced by a backup",
        ) from error
