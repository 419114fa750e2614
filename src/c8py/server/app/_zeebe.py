"""Clusters of real brokers, as Console sees them: implements `console.RunsClusters` and `console.KeepsBackups`.

Over the fleet, which knows brokers and no Console. What takes long is begun here and goes on beside; what became of it
is told by `state` and `trouble`.
"""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Final

import msgspec

from c8py.base import limits
from c8py.errors import C8Error, ConfigError, PlatformError
from c8py.server.brokers import VERSION_DEFAULT, Backup, Fleet, Shape, ZeebeCluster, check_java_options
from c8py.server.console import ClusterState, KindRefused, Place, Release
from c8py.server.settings import AuthMode
from c8py.server.store import Cluster

_log = logging.getLogger("c8py.server.app")
_GONE: Final = "expected the folder of its brokers, but it is gone"
# What stands in the record's options, each a text; the rest of a shape has fields of its own.
_OPTIONS: Final = ("home", "heap_mb", "partition_mb", "java_options")


def shape_of(cluster: Cluster) -> Shape:
    """The shape that a record wants.

    Raises:
        ConfigError: there can be no such cluster.
    """
    told: dict[str, object] = {name: cluster.options[name] for name in _OPTIONS if name in cluster.options}
    check_java_options(cluster.options.get("java_options", ""))
    told |= {"brokers": cluster.brokers, "partitions": cluster.partitions, "replication": cluster.replication}
    try:
        return msgspec.convert({**told, "version": cluster.version or VERSION_DEFAULT}, Shape, strict=False)
    except msgspec.ValidationError as error:
        if isinstance(error.__cause__, ConfigError):
            raise error.__cause__ from None
        raise ConfigError(f"expected options of a cluster of brokers, but {error}") from error


def record_of(cluster: Cluster, shape: Shape) -> Cluster:
    """The record with this shape in it."""
    options = {name: str(getattr(shape, name)) for name in _OPTIONS if getattr(shape, name)}
    return msgspec.structs.replace(
        cluster,
        kind="zeebe",
        version=shape.version,
        generation=f"{shape.version} brokers",
        brokers=shape.brokers,
        partitions=shape.partitions,
        replication=shape.replication,
        options={**cluster.options, **options},
    )


class ZeebeClusters:
    """Runs them.

    Args:
        fleet: of brokers.
        auth: how callers are asked who they are.
    """

    def __init__(self, fleet: Fleet, auth: AuthMode) -> None:
        self._fleet = fleet
        self._auth = auth
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._deleting: set[asyncio.Task[None]] = set()
        self._trouble: dict[str, str] = {}

    async def stop(self) -> None:
        """Let deletions come to an end; everything else is ended by the fleet, and goes on with the next platform."""
        if self._deleting:
            await asyncio.wait(self._deleting, timeout=limits.BROKERS_STOP_S_MAX)

    @property
    def releases(self) -> tuple[Release, ...]:
        """The one that is known by its digest; others can be named."""
        return (Release(generation=f"{VERSION_DEFAULT} brokers", version=VERSION_DEFAULT),)

    def fit(self, cluster: Cluster) -> Cluster:
        """The record with its whole shape."""
        if self._auth == "basic":
            raise KindRefused(
                "expected auth oauth or none for real brokers, but it is basic, which Zeebe's gateway does not know",
                conflict=False,
            )
        try:
            return record_of(cluster, shape_of(cluster))
        except ConfigError as error:
            raise KindRefused(str(error), conflict=False) from error

    async def create(self, cluster: Cluster) -> None:
        """Begin to make it."""
        try:
            await self._fleet.create(cluster.cluster_id, shape_of(cluster))
        except C8Error as error:
            raise KindRefused(str(error)) from error

    async def change(self, cluster: Cluster) -> None:
        """Restart one broker after the other with the version and the memory of the record."""
        found = self._found(cluster)
        try:
            shape = shape_of(cluster)
        except ConfigError as error:
            raise KindRefused(str(error), conflict=False) from error
        had = found.plan.shape
        if (shape.brokers, shape.partitions, shape.replication) != (had.brokers, had.partitions, had.replication):
            raise KindRefused(
                "expected as many brokers, partitions and copies as the cluster was made with", conflict=False
            )
        self._begin(cluster, found.restart(shape if shape != had else None))

    async def suspend(self, cluster: Cluster) -> None:
        """Let its brokers rest."""
        self._begin(cluster, self._found(cluster).suspend())

    async def wake(self, cluster: Cluster) -> None:
        """Start its brokers again."""
        self._begin(cluster, self._found(cluster).resume())

    async def delete(self, cluster: Cluster) -> None:
        """End its brokers, whatever is going on with them, and remove its data."""
        if self._fleet.get(cluster.cluster_id) is not None:
            self._begin(cluster, self._fleet.delete(cluster.cluster_id), anyway=True)
            task = self._tasks[cluster.cluster_id]
            self._deleting.add(task)
            task.add_done_callback(self._deleting.discard)

    def state(self, cluster: Cluster) -> ClusterState:
        """How it is."""
        found = self._fleet.get(cluster.cluster_id)
        return "Unhealthy" if found is None else found.status

    def trouble(self, cluster: Cluster) -> str:
        """What hinders it, or what the last operation failed of."""
        found = self._fleet.get(cluster.cluster_id)
        return _GONE if found is None else found.trouble or self._trouble.get(cluster.cluster_id, "")

    def place(self, cluster: Cluster) -> Place:
        """The gateway of its first broker: nothing of ours stands between."""
        found = self._fleet.get(cluster.cluster_id)
        if found is None:
            return Place(grpc_address="", rest_address="")
        first = found.members()[0]
        return Place(
            grpc_address=first.grpc_address,
            rest_address=first.rest_address,
            tls=first.rest_address.startswith("https:"),
        )

    def heeds_allowlist(self, cluster: Cluster) -> bool:
        """Where clients come in by doors of the platform."""
        return self._fleet.is_guarded(cluster.cluster_id)

    async def back_up(self, cluster: Cluster, backup_id: str) -> None:
        """Copy its data, while its brokers rest."""
        try:
            await self._found(cluster).backup(backup_id)
        except PlatformError as error:
            raise KindRefused(str(error)) from error

    async def restore(self, cluster: Cluster, backup_id: str) -> None:
        """Put a backup in the place of its data."""
        found = self._found(cluster)
        kept = next((one for one in await asyncio.to_thread(found.backups) if one.backup_id == backup_id), None)
        if kept is None:
            raise KindRefused("expected the files of the backup, but they are gone", conflict=False)
        try:
            await found.restore(kept)
        except PlatformError as error:
            raise KindRefused(str(error)) from error

    async def delete_backup(self, cluster: Cluster, backup_id: str) -> None:
        """Remove the copy."""
        found = self._fleet.get(cluster.cluster_id)
        if found is not None:
            await asyncio.to_thread(found.delete_backup, backup_id)

    def begin_backup(self, cluster: Cluster, backup_id: str) -> None:
        """Begin a backup, and tell of it by `state`.

        Raises:
            KindRefused: something else is going on.
        """
        self._begin(cluster, self.back_up(cluster, backup_id))

    def begin_restore(self, cluster: Cluster, backup: Backup) -> None:
        """Begin to put a backup in place, and tell of it by `state`: from the next look on.

        Raises:
            KindRefused: something else is going on.
        """
        # At its first step already the cluster is "Updating"; whoever waits for "Healthy" must not see the one before.
        self._begin(cluster, self._found(cluster).restore(backup))

    def _found(self, cluster: Cluster) -> ZeebeCluster:
        found = self._fleet.get(cluster.cluster_id)
        if found is None:
            raise KindRefused(_GONE, conflict=False)
        return found

    def _begin(self, cluster: Cluster, work: Coroutine[object, object, None], *, anyway: bool = False) -> None:
        """Begin what takes long, unless something else is going on."""
        one, found = cluster.cluster_id, self._fleet.get(cluster.cluster_id)
        if found is not None and found.busy and not anyway:
            work.close()
            raise KindRefused("expected a cluster with nothing else going on, but another operation runs; wait for it")
        self._trouble.pop(one, None)

        async def run() -> None:
            try:
                await work
            except (C8Error, KindRefused) as error:
                self._trouble[one] = str(error)
                _log.warning("the cluster %s: %s", one, error)

        # Kept, so that it is not collected while it runs.
        self._tasks[one] = asyncio.create_task(run())
