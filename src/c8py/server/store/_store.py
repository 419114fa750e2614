"""The functions of the store, typed; SQL stays in here.

Clients and clusters are kept in memory as well: every call through the gateway asks whether its client still exists.
Writes belong to one thread at a time; a lock sees to it. Reads of clients need none.
"""

import sqlite3
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar, cast

import msgspec

from c8py.base import limits
from c8py.errors import PlatformError
from c8py.server.store._database import FILE_NAME, open_database
from c8py.server.store._rows import Activity, Client, Cluster, Level, Organization, SigningKey
from c8py.server.store._shelf import Shelf

T = TypeVar("T", bound=msgspec.Struct)

_CLIENT_COLUMNS = "client_id, uuid, org_id, cluster_id, name, permissions, secret_sha256, created_ms"

_ACTIVITY = msgspec.json.Decoder(Activity)
_CLUSTER_COLUMNS = ("cluster_id", "org_id", "name", "region", "generation", "created_ms")


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
        self._shelves: dict[str, Shelf[Any]] = {}
        self._on_client_removed: list[Callable[[str], None]] = []
        self._clients = {client.client_id: client for client in self._read_clients()}
        self._clusters = {cluster.cluster_id: cluster for cluster in self._read_clusters()}

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

    def copy_to(self, folder: Path) -> None:
        """Copy everything into a database of this folder, as of this moment; writers wait.

        Raises:
            sqlite3.Error: it cannot be written.
        """
        copy = sqlite3.connect(folder / FILE_NAME)
        with closing(copy), self._lock:
            self._connection.backup(copy)
        (folder / FILE_NAME).chmod(0o600)

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
        return tuple(self._clusters.values())

    def cluster(self, cluster_id: str) -> Cluster | None:
        """The cluster of this id."""
        return self._clusters.get(cluster_id)

    def add_cluster(self, cluster: Cluster) -> None:
        """Remember it."""
        with self._writing() as connection:
            connection.execute(
                "INSERT INTO clusters (cluster_id, org_id, name, region, generation, created_ms, details) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                _cluster_row(cluster),
            )
        self._clusters[cluster.cluster_id] = cluster

    def change_cluster(self, cluster: Cluster) -> None:
        """Remember what it has become; a cluster that is gone stays gone."""
        with self._writing() as connection:
            connection.execute(
                "UPDATE clusters SET cluster_id = ?, org_id = ?, name = ?, region = ?, generation = ?, created_ms = ?, "
                "details = ? WHERE cluster_id = ?",
                (*_cluster_row(cluster), cluster.cluster_id),
            )
        if cluster.cluster_id in self._clusters:
            self._clusters[cluster.cluster_id] = cluster

    def remove_cluster(self, cluster_id: str) -> None:
        """Forget it with everything that belongs to it; the tokens of its clients stop at once."""
        for client in self.clients(cluster_id):
            self.remove_client(client.client_id)
        with self._writing() as connection:
            connection.execute("DELETE FROM shelves WHERE owner = ?", (cluster_id,))
            connection.execute("DELETE FROM clusters WHERE cluster_id = ?", (cluster_id,))
        self._clusters.pop(cluster_id, None)
        for shelf in self._shelves.values():
            shelf.forget_owner(cluster_id)

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
        for tell in self._on_client_removed:
            tell(client_id)
        with self._writing() as connection:
            connection.execute("DELETE FROM clients WHERE client_id = ?", (client_id,))
            connection.execute("DELETE FROM ready_made WHERE client_id = ?", (client_id,))
        return found

    def on_client_removed(self, tell: Callable[[str], None]) -> None:
        """Have somebody told of the id of each client that is removed, on the thread that removes it."""
        self._on_client_removed.append(tell)

    def ready_made(self, level: Level) -> Client | None:
        """The client that the platform made by itself, if it is still there."""
        rows = self._rows("SELECT client_id FROM ready_made WHERE level = ?", (level,))
        return next((self._clients.get(r[0]) for r in rows), None)

    def set_ready_made(self, client: Client) -> None:
        """Remember that the platform made this client by itself."""
        with self._writing() as connection:
            connection.execute("INSERT OR REPLACE INTO ready_made VALUES (?, ?)", (client.level, client.client_id))

    # -- everything else

    def shelf(self, name: str, kind: type[T]) -> Shelf[T]:
        """The shelf of this name, the same one each time; what lies on it outlives the process.

        Args:
            name: unique in the store.
            kind: the type of all that lies there; None of its fields may lose its default once it was released.
        """
        found = self._shelves.get(name)
        if found is None:
            rows = self._rows("SELECT owner, id, body FROM shelves WHERE shelf = ? ORDER BY rowid", (name,))
            found = self._shelves[name] = Shelf(name, kind, rows, self._writing)
        return cast("Shelf[T]", found)

    def record(self, entry: Activity) -> None:
        """Remember that somebody did something; the oldest goes where there are too many."""
        with self._writing() as connection:
            connection.execute("INSERT INTO activity (body) VALUES (?)", (msgspec.json.encode(entry),))
            connection.execute(
                "DELETE FROM activity WHERE position <= (SELECT max(position) FROM activity) - ?",
                (limits.SERVER_ACTIVITY_MAX,),
            )

    def activity(self) -> tuple[Activity, ...]:
        """What was done, the newest first."""
        rows = self._rows("SELECT body FROM activity ORDER BY position DESC")
        return tuple(_ACTIVITY.decode(r[0]) for r in rows)

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

    def _read_clusters(self) -> Iterator[Cluster]:
        columns = "cluster_id, org_id, name, region, generation, created_ms, details"
        for r in self._rows(f"SELECT {columns} FROM clusters ORDER BY rowid"):  # noqa: S608  a constant
            named = dict(zip(_CLUSTER_COLUMNS, r[: len(_CLUSTER_COLUMNS)], strict=True))
            yield msgspec.convert({**msgspec.json.decode(r[6]), **named}, Cluster)

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


def _cluster_row(cluster: Cluster) -> tuple[object, ...]:
    """Its columns, and everything else as JSON."""
    fields: dict[str, object] = msgspec.to_builtins(cluster)
    named = [fields.pop(name) for name in _CLUSTER_COLUMNS]
    return (*named, msgspec.json.encode(fields).decode())
