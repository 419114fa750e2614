"""The functions of the store, typed; SQL stays in here.

Clients are kept in memory as well: every call through the gateway asks whether its client still exists.
Writes belong to one thread at a time; a lock sees to it. Reads of clients need none.
"""

import sqlite3
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from c8py.errors import PlatformError
from c8py.server.store._database import open_database
from c8py.server.store._rows import Client, Cluster, Level, Organization, SigningKey

_CLIENT_COLUMNS = "client_id, uuid, org_id, cluster_id, name, permissions, secret_sha256, created_ms"


class NameTaken(Exception):  # noqa: N818  an answer to a person, not a fault
    """A client of this name is there already, in this cluster or in the organization."""


class Store:
    """Everything that outlives the process.

    Args:
        connection: from `open_database`; the store closes it.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._clients = {client.client_id: client for client in self._read_clients()}

    @classmethod
    def open(cls, folder: Path, *, durable: bool = True) -> "Store":
        """The store of this folder, made on first use.

        Args:
            folder: exists after this, readable by its owner only.
            durable: whether a write waits for the disk; False is for folders that nobody will look at again.

        Raises:
            PlatformError: the folder cannot be used, is in use, or holds what we cannot read.
        """
        return cls(open_database(folder, durable=durable))

    def close(self) -> None:
        """Let go of the file; another process may take it."""
        with self._lock:
            self._connection.close()

    # -- organization and clusters

    def organization(self) -> Organization | None:
        """The organization; None before the first start has made it."""
        rows = self._rows("SELECT org_id, name, created_ms FROM organizations")
        return next((Organization(org_id=r[0], name=r[1], created_ms=r[2]) for r in rows), None)

    def add_organization(self, organization: Organization) -> None:
        """Remember it; there is one."""
        with self._writing() as connection:
            connection.execute("INSERT INTO organizations VALUES (?, ?, ?)", msgspec.structs.astuple(organization))

    def clusters(self) -> tuple[Cluster, ...]:
        """All clusters, the oldest first."""
        rows = self._rows(
            "SELECT cluster_id, org_id, name, region, generation, created_ms FROM clusters ORDER BY rowid"
        )
        return tuple(
            Cluster(cluster_id=r[0], org_id=r[1], name=r[2], region=r[3], generation=r[4], created_ms=r[5])
            for r in rows
        )

    def cluster(self, cluster_id: str) -> Cluster | None:
        """The cluster of this id."""
        return next((cluster for cluster in self.clusters() if cluster.cluster_id == cluster_id), None)

    def add_cluster(self, cluster: Cluster) -> None:
        """Remember it."""
        with self._writing() as connection:
            connection.execute("INSERT INTO clusters VALUES (?, ?, ?, ?, ?, ?)", msgspec.structs.astuple(cluster))

    # -- clients

    def client(self, client_id: str) -> Client | None:
        """The client of this id; cheap, for every call asks."""
        return self._clients.get(client_id)

    def clients(self, cluster_id: str | None) -> tuple[Client, ...]:
        """The clients of this cluster, or those of the organization, the oldest first."""
        return tuple(client for client in self._clients.values() if client.cluster_id == cluster_id)

    def add_client(self, client: Client) -> None:
        """Remember it.

        Raises:
            NameTaken: the cluster, or the organization, has a client of this name.
        """
        if any(other.name == client.name for other in self.clients(client.cluster_id)):
            raise NameTaken(client.name)
        with self._writing() as connection:
            connection.execute(
                f"INSERT INTO clients ({_CLIENT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608  a constant
                (
                    client.client_id,
                    client.uuid,
                    client.org_id,
                    client.cluster_id,
                    client.name,
                    ",".join(client.permissions),
                    client.secret_sha256,
                    client.created_ms,
                ),
            )
        self._clients[client.client_id] = client

    def remove_client(self, client_id: str) -> bool:
        """Forget it; its tokens stop at once.

        Returns:
            Whether there was one.
        """
        # First from memory: when the disk fails now, the client is refused rather than kept.
        found = self._clients.pop(client_id, None) is not None
        with self._writing() as connection:
            connection.execute("DELETE FROM clients WHERE client_id = ?", (client_id,))
            connection.execute("DELETE FROM ready_made WHERE client_id = ?", (client_id,))
        return found

    def ready_made(self, level: Level) -> Client | None:
        """The client that the platform made by itself, if it is still there."""
        rows = self._rows("SELECT client_id FROM ready_made WHERE level = ?", (level,))
        return next((self._clients.get(r[0]) for r in rows), None)

    def set_ready_made(self, client: Client) -> None:
        """Remember that the platform made this client by itself."""
        with self._writing() as connection:
            connection.execute("INSERT OR REPLACE INTO ready_made VALUES (?, ?)", (client.level, client.client_id))

    # -- signing keys

    def signing_keys(self) -> tuple[SigningKey, ...]:
        """All keys, the newest first: that one signs, the others are still believed."""
        rows = self._rows("SELECT kid, private_pem, created_ms FROM signing_keys ORDER BY rowid DESC")
        return tuple(SigningKey(kid=r[0], private_pem=r[1], created_ms=r[2]) for r in rows)

    def add_signing_key(self, key: SigningKey) -> None:
        """Remember it; from the next start on it signs."""
        with self._writing() as connection:
            connection.execute("INSERT INTO signing_keys VALUES (?, ?, ?)", msgspec.structs.astuple(key))

    # -- inside

    def _read_clients(self) -> Iterator[Client]:
        for r in self._rows(f"SELECT {_CLIENT_COLUMNS} FROM clients ORDER BY rowid"):  # noqa: S608  a constant
            yield Client(
                client_id=r[0],
                uuid=r[1],
                level="organization" if r[3] is None else "cluster",
                org_id=r[2],
                cluster_id=r[3],
                name=r[4],
                permissions=tuple(r[5].split(",")) if r[5] else (),
                secret_sha256=r[6],
                created_ms=r[7],
            )

    def _rows(self, statement: str, values: tuple[str, ...] = ()) -> list[tuple[Any, ...]]:
        with self._lock:
            try:
                return self._connection.execute(statement, values).fetchall()
            except sqlite3.Error as error:
                raise PlatformError(f"expected to read the platform's database, but: {error}") from error

    @contextmanager
    def _writing(self) -> Generator[sqlite3.Connection]:
        """One transaction, durable when it ends.

        Raises:
            PlatformError: the disk is full or gone.
        """
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                yield self._connection
                self._connection.execute("COMMIT")
            except sqlite3.Error as error:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise PlatformError(
                    f"expected to write the platform's database, but: {error}", hint="check the space on the disk"
                ) from error
