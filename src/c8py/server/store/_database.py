"""Opens platform.db: modes, schema, the lock against a second process, and what is wrong in words.

Every failure of SQLite or of the file system at this point becomes a PlatformError that names the path.
"""

import os
import sqlite3
from pathlib import Path
from typing import Final

from c8py.errors import PlatformError

FILE_NAME: Final = "platform.db"
SCHEMA_VERSION: Final = 2
APPLICATION_ID: Final = 0x63387079  # "c8py", so that `file` and we can tell it from other people's databases

_SCHEMA: Final = (
    """CREATE TABLE organizations (
        org_id TEXT PRIMARY KEY, name TEXT NOT NULL, created_ms INTEGER NOT NULL
    ) STRICT""",
    """CREATE TABLE clusters (
        cluster_id TEXT PRIMARY KEY, org_id TEXT NOT NULL REFERENCES organizations, name TEXT NOT NULL,
        region TEXT NOT NULL, generation TEXT NOT NULL, created_ms INTEGER NOT NULL
    ) STRICT""",
    """CREATE TABLE clients (
        client_id TEXT PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, org_id TEXT NOT NULL REFERENCES organizations,
        cluster_id TEXT REFERENCES clusters, name TEXT NOT NULL, permissions TEXT NOT NULL,
        secret_sha256 BLOB NOT NULL, created_ms INTEGER NOT NULL
    ) STRICT""",
    # COALESCE because NULLs are all different to an index; no cluster has an empty id.
    "CREATE UNIQUE INDEX clients_by_name ON clients (COALESCE(cluster_id, ''), name)",
    """CREATE TABLE signing_keys (
        kid TEXT PRIMARY KEY, private_pem BLOB NOT NULL, created_ms INTEGER NOT NULL
    ) STRICT""",
    """CREATE TABLE ready_made (
        level TEXT PRIMARY KEY, client_id TEXT NOT NULL
    ) STRICT""",
)

# What each version added; a new file goes through all of them, so that old and new ones cannot differ.
_ADDED: Final[dict[int, tuple[str, ...]]] = {
    1: _SCHEMA,
    2: (
        # What a cluster is besides its name, as JSON: a new field needs no new column.
        "ALTER TABLE clusters ADD COLUMN details TEXT NOT NULL DEFAULT '{}'",
        """CREATE TABLE shelves (
            shelf TEXT NOT NULL, owner TEXT NOT NULL, id TEXT NOT NULL, body BLOB NOT NULL,
            PRIMARY KEY (shelf, owner, id)
        ) STRICT""",
        "CREATE TABLE activity (position INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT",
    ),
}


def open_database(folder: Path, *, durable: bool) -> sqlite3.Connection:
    """The database of this folder, made on first use, and locked until it is closed.

    Args:
        folder: exists after this, readable by its owner only.
        durable: whether a commit waits for the disk.

    Raises:
        PlatformError: the folder or the file cannot be used; the message says why.
    """
    path = folder / FILE_NAME
    _prepare(folder, path)
    connection = None
    try:
        connection = sqlite3.connect(path, timeout=0.2, isolation_level=None, check_same_thread=False)
        # EXCLUSIVE holds the file for as long as the process lives and no longer, kill -9 included.
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'OFF'}")
        connection.execute("PRAGMA foreign_keys = ON")
        _migrate(connection, path)
    except BaseException as error:
        if connection is not None:
            connection.close()
        if isinstance(error, sqlite3.Error):
            raise _explained(error, path) from error
        raise
    return connection


def _prepare(folder: Path, path: Path) -> None:
    """Make folder and file with the modes of things that hold keys.

    The file is made before SQLite opens it, because SQLite would make it by the umask.

    Raises:
        PlatformError: one of them cannot be made or written.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # A folder with other people's things in it is not ours to close; our files in it are closed anyway.
        if folder.stat().st_mode & 0o077 and (path.exists() or not any(folder.iterdir())):
            folder.chmod(0o700)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
    except OSError as error:
        message = f"expected to read and write the data folder {folder}, but: {error.strerror or error}"
        raise PlatformError(message, hint="name another one with --data-dir, or use --ephemeral") from error


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Lay out a new file, bring an older one up to date, or refuse one that is not ours or newer than we are.

    Raises:
        PlatformError: the file is not ours, or newer.
    """
    connection.execute("BEGIN IMMEDIATE")
    application: int = connection.execute("PRAGMA application_id").fetchone()[0]
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    tables: int = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if application == 0 and version == 0 and tables == 0:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    elif application != APPLICATION_ID:
        raise PlatformError(f"expected {path} to be a database of c8py, but another program made it")
    elif version > SCHEMA_VERSION:
        raise PlatformError(
            f"expected {path} in format {SCHEMA_VERSION} or older, but it is in format {version}",
            hint="a newer c8py made it: upgrade c8py, or name another --data-dir",
        )
    for number in range(version + 1, SCHEMA_VERSION + 1):
        for statement in _ADDED[number]:
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {number}")
    connection.execute("COMMIT")


def _explained(error: sqlite3.Error, path: Path) -> PlatformError:
    name: str = getattr(error, "sqlite_errorname", "")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return PlatformError(
            f"expected to be the only one to use {path.parent}, but another platform runs on it",
            hint="stop that one, name another --data-dir, or use --ephemeral",
        )
    if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return PlatformError(
            f"expected {path} to be a database, but it is damaged ({error})",
            hint="restore it from a copy, or move the folder away to begin anew",
        )
    return PlatformError(
        f"expected to open {path}, but: {error}", hint="check its owner, its mode and the space on the disk"
    )
