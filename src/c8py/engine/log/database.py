"""The SQLite file of an engine: opened by one process at a time, recognised as ours, readable while it is written."""

import shutil
import sqlite3
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from c8py.base.limits import DATABASE_BUSY_S, QUERIES_AT_ONCE_MAX, WAL_BYTES_MAX
from c8py.errors import PlatformError

FILE_NAME: Final = "engine.db"
_LOCK_NAME: Final = "engine.lock"
_APPLICATION_ID: Final = 0x43385059  # "C8PY"
_SCHEMA_VERSION: Final = 1
_SQLITE_OLDEST: Final = (3, 37, 0)


class Database:
    """One writing connection, and reading ones for who asks.

    Use `open`. Everything that goes wrong with the file is a PlatformError that names it.
    """

    def __init__(self, folder: Path, lock: FileLock | None, *, durable: bool) -> None:
        self._folder = folder
        self._lock = lock
        self.name = str(folder / FILE_NAME) if lock else "a temporary database"
        self.connection = self._connect()
        self._durable = durable

    @classmethod
    def open(cls, folder: Path | None, *, durable: bool) -> "Database":
        """Open or make the database in this folder; None is a temporary one.

        Raises:
            PlatformError: the folder or file cannot be used, is in use, is not ours, or is of a newer c8py.
        """
        if sqlite3.sqlite_version_info < _SQLITE_OLDEST:
            raise PlatformError(
                f"expected SQLite 3.37 or newer, but Python has {sqlite3.sqlite_version}", hint="use a newer Python"
            )
        lock = None if folder is None else _locked(folder)
        used = _temporary() if folder is None else folder
        try:
            with _problems(used / FILE_NAME):
                database = cls(used, lock, durable=durable and folder is not None)
        except BaseException:
            if lock is not None:
                lock.release()
            raise
        try:
            with database.problems():
                database.prepare()
        except BaseException:
            database.close()
            raise
        return database

    def prepare(self) -> None:
        """Recognise the file, or make it ours when it is empty."""
        # Readers see whole commits and never hold up the writer.
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute(f"PRAGMA synchronous = {'FULL' if self._durable else 'OFF'}")
        self.connection.execute(f"PRAGMA journal_size_limit = {WAL_BYTES_MAX}")
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

    def readers(self) -> list[sqlite3.Connection]:
        """Connections that only read, each for one thread at a time. To be asked for once.

        A temporary database has lost its name after that: open files are all that is left of it, so that nothing
        stays behind, however the process ends. (Windows keeps names of open files: there `close` removes it.)
        """
        connections = [self._connect() for _ in range(QUERIES_AT_ONCE_MAX)]
        for connection in connections:
            connection.execute("PRAGMA query_only = ON")
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchall()  # opens the files of the WAL
        self._forget_folder()
        return connections

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
        self._forget_folder()

    def _forget_folder(self) -> None:
        if self._lock is None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(
            self._folder / FILE_NAME, isolation_level=None, check_same_thread=False, timeout=DATABASE_BUSY_S
        )

    def _pragma(self, name: str) -> int:
        return int(self.connection.execute(f"PRAGMA {name}").fetchone()[0])


def _temporary() -> Path:
    try:
        return Path(tempfile.mkdtemp(prefix="c8py-"))
    except OSError as error:
        raise PlatformError(
            f"expected to make a temporary folder, but {error.strerror or error}",
            hint="check the space and the permissions of the system's folder for temporary files",
        ) from error


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
