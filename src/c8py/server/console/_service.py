"""What Console can do with API clients, whoever asks: the Administration API, a page, or the first start.

Over the store, pure but for clock and ids. A refusal is a value with the status of the Administration API.
"""

import hashlib
from collections.abc import Sequence

import msgspec

from c8py.base import limits
from c8py.base.clock import Clock
from c8py.base.redact import Secret
from c8py.server.access import CLUSTER_SCOPES, organization_permissions
from c8py.server.console._ids import Ids
from c8py.server.console._kinds import ClusterState, Kinds, Place
from c8py.server.settings import Settings
from c8py.server.store import Client, Cluster, NameTaken, Store


class Created(msgspec.Struct, frozen=True):
    """A new client, and its secret for the only time.

    Attributes:
        client: as the store has it.
        secret: known from here on to whoever asked, and to nobody else.
    """

    client: Client
    secret: Secret


class Refused(msgspec.Struct, frozen=True):
    """It was not done.

    Attributes:
        status: of the Administration API.
        detail: why, as a sentence.
    """

    status: int
    detail: str


class ConsoleService:
    """Makes, finds and deletes API clients.

    Args:
        settings: how many clients there may be.
        store: where they are kept.
        clock: when they were made.
        ids: their ids and secrets.
        kinds: what runs clusters.
    """

    def __init__(self, settings: Settings, store: Store, *, clock: Clock, ids: Ids, kinds: Kinds) -> None:
        self._clients_max = settings.clients_max
        self._store = store
        self._clock = clock
        self._ids = ids
        self._kinds = kinds

    def clusters(self) -> tuple[Cluster, ...]:
        """All clusters, the oldest first."""
        return self._store.clusters()

    def cluster(self, cluster_id: str) -> Cluster | None:
        """The cluster of this id."""
        return self._store.cluster(cluster_id)

    def status(self, cluster: Cluster) -> ClusterState:
        """How the cluster is."""
        kind = self._kinds.get(cluster.kind)
        return "Unhealthy" if kind is None else kind.state(cluster)

    def trouble(self, cluster: Cluster) -> str:
        """What hinders the cluster; "" for nothing."""
        kind = self._kinds.get(cluster.kind)
        return (
            f"expected the kind {cluster.kind}, but this platform has none" if kind is None else kind.trouble(cluster)
        )

    def place(self, cluster: Cluster) -> Place:
        """Where programs reach the cluster; empty addresses where nothing runs it."""
        kind = self._kinds.get(cluster.kind)
        return Place(grpc_address="", rest_address="") if kind is None else kind.place(cluster)

    def clients(self, cluster: Cluster) -> tuple[Client, ...]:
        """The clients of this cluster, the oldest first."""
        return self._store.clients(cluster.cluster_id)

    def client(self, cluster: Cluster, client_id: str) -> Client | None:
        """This client of this cluster."""
        client = self._store.client(client_id)
        return client if client is not None and client.cluster_id == cluster.cluster_id else None

    def organization_clients(self) -> tuple[Client, ...]:
        """The clients of the organization, the oldest first."""
        return self._store.clients(None)

    def organization_client(self, client_id: str) -> Client | None:
        """This client of the organization."""
        client = self._store.client(client_id)
        return client if client is not None and client.cluster_id is None else None

    def create(self, cluster: Cluster, name: str, permissions: Sequence[str] | None = None) -> Created | Refused:
        """A new client of this cluster.

        Args:
            cluster: whose client it becomes.
            name: unique there; space around it is taken off.
            permissions: scopes; None for all of them.
        """
        return self._create(cluster.org_id, cluster, name, CLUSTER_SCOPES, permissions)

    def create_for_organization(
        self, org_id: str, name: str, permissions: Sequence[str] | None = None
    ) -> Created | Refused:
        """A new client of the organization.

        Args:
            org_id: the organization.
            name: unique among its clients.
            permissions: as "read:cluster"; None for all of them.
        """
        return self._create(org_id, None, name, organization_permissions(), permissions)

    def delete(self, client: Client) -> None:
        """Delete it; its tokens stop at once."""
        self._store.remove_client(client.client_id)

    def knows(self, client: Client, secret: Secret) -> bool:
        """Whether this is the client's secret; for pages that were shown it and hand it back."""
        return _digest(secret) == client.secret_sha256

    def _create(
        self,
        org_id: str,
        cluster: Cluster | None,
        name: str,
        offered: tuple[str, ...],
        wanted: Sequence[str] | None,
    ) -> Created | Refused:
        name = name.strip()
        refused = self._refused(None if cluster is None else cluster.cluster_id, name, offered, wanted)
        if refused is not None:
            return refused
        secret = Secret(self._ids.secret())
        client = Client(
            client_id=self._ids.client_id(),
            uuid=self._ids.uuid(),
            level="organization" if cluster is None else "cluster",
            org_id=org_id,
            cluster_id=None if cluster is None else cluster.cluster_id,
            name=name,
            permissions=tuple(one for one in offered if wanted is None or one in wanted),
            secret_sha256=_digest(secret),
            created_ms=self._clock.now_ms(),
        )
        try:
            self._store.add_client(client)
        except NameTaken:
            return Refused(400, f"expected a name that is not taken, but there is a client named {name!r}")
        return Created(client, secret)

    def _refused(
        self, cluster_id: str | None, name: str, offered: tuple[str, ...], wanted: Sequence[str] | None
    ) -> Refused | None:
        """Why there can be no such client, if so."""
        if not name or len(name) > limits.SERVER_NAME_CHARS_MAX or not name.isprintable():
            most = limits.SERVER_NAME_CHARS_MAX
            return Refused(400, f"expected a name of 1 to {most} printable characters, but it is not")
        if wanted is not None and not wanted:
            return Refused(400, "expected at least one permission, but none is chosen")
        unknown = sorted(set(wanted or ()) - set(offered))
        if unknown:
            return Refused(400, f"expected permissions out of {', '.join(offered)}, but got {unknown[0][:50]!r}")
        if len(self._store.clients(cluster_id)) >= self._clients_max:
            return Refused(403, f"expected fewer than {self._clients_max} clients, but there are as many already")
        return None


def _digest(secret: Secret) -> bytes:
    return hashlib.sha256(secret.reveal().encode(errors="surrogatepass")).digest()
