"""The seam between Console and what runs clusters: one object per kind, in a table that app fills.

Console decides who may have which cluster, and keeps its record in the store; the kind makes it run, and says how it
is. A kind knows no members, no clients and no HTTP of Console; it is called on the event loop and answers at once:
what takes longer goes on beside, and `state` tells.
"""

from collections.abc import Mapping
from typing import Literal, Protocol

import msgspec

from c8py.server.store import Cluster, ClusterKind

# The words of the Administration API, all of them.
ClusterState = Literal[
    "Creating", "Healthy", "Unhealthy", "Updating", "Resuming", "Suspended", "WaitingForInput", "Maintenance"
]


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where programs reach a cluster.

    Attributes:
        grpc_address: host:port.
        rest_address: the base of its REST API, without /v2.
        tls: whether gRPC wants TLS.
    """

    grpc_address: str
    rest_address: str
    tls: bool = False

    @property
    def grpc_url(self) -> str:
        """The address of gRPC with its scheme; "" where there is none."""
        return f"{'grpcs' if self.tls else 'grpc'}://{self.grpc_address}" if self.grpc_address else ""


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """A version that a new cluster can have.

    Attributes:
        generation: as Console shows it, like "8.9 gen1".
        version: what the kind makes of it; "" where it has one only.
    """

    generation: str
    version: str = ""


class KindRefused(Exception):  # noqa: N818  an answer to a person, not a fault
    """The kind cannot do this now, or not at all; says why, and what to do.

    Args:
        detail: a sentence.
        conflict: whether it could be done at another moment.
    """

    def __init__(self, detail: str, *, conflict: bool = True) -> None:
        super().__init__(detail)
        self.detail = detail
        self.conflict = conflict


class RunsClusters(Protocol):
    """What runs clusters of one kind."""

    @property
    def releases(self) -> tuple[Release, ...]:
        """The versions that a new cluster can have, the preferred one first."""
        ...

    def fit(self, cluster: Cluster) -> Cluster:
        """The record of a new cluster as this kind would have it; here it adds ports and the like to its options.

        Raises:
            KindRefused: there can be no such cluster.
        """
        ...

    async def create(self, cluster: Cluster) -> None:
        """Begin to make it; from here on `state` says Creating, and Healthy when it is there. Its record is stored."""
        ...

    async def change(self, cluster: Cluster) -> None:
        """Begin to make it what its record has become: another version, another shape.

        Raises:
            KindRefused: not now, or not for this kind.
        """
        ...

    async def suspend(self, cluster: Cluster) -> None:
        """Begin to put it to rest; nothing of it is lost.

        Raises:
            KindRefused: not now, or not for this kind.
        """
        ...

    async def wake(self, cluster: Cluster) -> None:
        """Begin to have it work again.

        Raises:
            KindRefused: not now, or not for this kind.
        """
        ...

    async def delete(self, cluster: Cluster) -> None:
        """Stop it and remove all of it; its record goes before."""
        ...

    def state(self, cluster: Cluster) -> ClusterState:
        """How it is at this moment."""
        ...

    def trouble(self, cluster: Cluster) -> str:
        """What hinders it, as a sentence; "" for nothing."""
        ...

    def place(self, cluster: Cluster) -> Place:
        """Where it is reached."""
        ...

    def heeds_allowlist(self, cluster: Cluster) -> bool:
        """Whether its IP allowlist is asked before anybody gets in."""
        ...


class KeepsBackups(Protocol):
    """What a kind has in addition whose clusters can be backed up; it stands in a table of its own."""

    async def back_up(self, cluster: Cluster, backup_id: str) -> None:
        """Take a backup; returns when it is complete.

        Raises:
            KindRefused: it did not work.
        """
        ...

    async def restore(self, cluster: Cluster, backup_id: str) -> None:
        """Put a backup in the place of what the cluster holds; returns when the cluster works again.

        Raises:
            KindRefused: it did not work.
        """
        ...

    async def delete_backup(self, cluster: Cluster, backup_id: str) -> None:
        """Remove a backup."""
        ...


Kinds = Mapping[ClusterKind, RunsClusters]
Backups = Mapping[ClusterKind, KeepsBackups]
