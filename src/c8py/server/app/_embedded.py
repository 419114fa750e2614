"""Clusters of the embedded engine, as Console sees them: one engine, one folder and one gRPC port each.

Implements `console.RunsClusters` and `console.KeepsBackups` over the gateway. What takes longer runs as one task per
cluster; a second one is refused until the first has ended.
"""

import asyncio
import contextlib
import logging
import shutil
import sqlite3
from collections.abc import Coroutine
from pathlib import Path
from typing import Final

import msgspec

from c8py.errors import C8Error, PlatformError
from c8py.server.console import ClusterState, KindRefused, Place, Release
from c8py.server.gateway import Gateway
from c8py.server.settings import Settings
from c8py.server.store import Cluster, Store

_log = logging.getLogger("c8py.server.app")
_PORT: Final = "grpc_port"


class EmbeddedClusters:
    """Runs them.

    Args:
        settings: where to listen.
        gateway: serves them.
        store: remembers the ports that they were given.
        folder: of the platform; each has a folder of its own in there.
        http_address: of the platform.
    """

    def __init__(self, settings: Settings, gateway: Gateway, store: Store, folder: Path, http_address: str) -> None:
        self._settings = settings
        self._gateway = gateway
        self._store = store
        self._folder = folder
        self._http_address = http_address
        self._default = ""
        self._default_port = 0
        self._doing: dict[str, ClusterState] = {}
        self._trouble: dict[str, str] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    # -- for app

    async def start(self, default: Cluster) -> int:
        """Serve the default cluster on the port of the settings, and the others on theirs; gives the first port.

        Raises:
            PlatformError: the default cluster cannot be served.
        """
        self._default = default.cluster_id
        self._default_port = self._settings.grpc_port
        if not default.suspended:
            await self._open(default)
        else:
            await self._gateway.close(default.cluster_id, resting=True)
        for cluster in self._store.clusters():
            if cluster.kind != "embedded" or cluster.cluster_id == default.cluster_id:
                continue
            if cluster.suspended:
                await self._gateway.close(cluster.cluster_id, resting=True)
            else:
                self._begin(cluster, "Resuming", self._open(cluster))
        return self._default_port

    async def stop(self) -> None:
        """Let what was begun come to an end; the gateway itself is stopped by app."""
        for task in tuple(self._tasks.values()):
            with contextlib.suppress(asyncio.CancelledError):
                await task

    # -- for Console

    @property
    def releases(self) -> tuple[Release, ...]:
        """The one that this engine has."""
        return (Release(generation=self._settings.cluster.generation),)

    def fit(self, cluster: Cluster) -> Cluster:
        """As it is: this engine is one broker with one partition."""
        if (cluster.brokers, cluster.partitions, cluster.replication) != (1, 1, 1):
            raise KindRefused(
                "expected one broker with one partition, for the embedded engine has no more; "
                "choose the kind zeebe for several",
                conflict=False,
            )
        return msgspec.structs.replace(cluster, version="")

    async def create(self, cluster: Cluster) -> None:
        """Begin to make it."""
        self._begin(cluster, "Creating", self._open(cluster))

    async def change(self, cluster: Cluster) -> None:  # noqa: ARG002  as the seam has it
        """It has one version and one shape."""
        raise KindRefused("expected another generation to change to, but the embedded engine has one", conflict=False)

    async def suspend(self, cluster: Cluster) -> None:
        """Close its engine; its folder stays."""
        if self._engine_folder(cluster.cluster_id) is None:
            raise KindRefused(
                "expected a cluster that keeps its data, but the first one of an ephemeral platform keeps them in "
                "memory; create another cluster, or start the platform with a data folder",
                conflict=False,
            )
        self._begin(cluster, "Updating", self._gateway.close(cluster.cluster_id, resting=True))

    async def wake(self, cluster: Cluster) -> None:
        """Open its engine again."""
        self._begin(cluster, "Resuming", self._open(cluster))

    async def delete(self, cluster: Cluster) -> None:
        """Close its engine and remove its folder."""
        await self._idle(cluster.cluster_id)
        self._begin(cluster, "Updating", self._remove(cluster))

    def state(self, cluster: Cluster) -> ClusterState:
        """How it is."""
        one = cluster.cluster_id
        if one in self._doing:
            return self._doing[one]
        if not self._gateway.serves(one):
            return "Suspended" if cluster.suspended and one not in self._trouble else "Unhealthy"
        return "Healthy" if self._gateway.cluster(one).healthy else "Unhealthy"

    def trouble(self, cluster: Cluster) -> str:
        """Why it is not there."""
        return self._trouble.get(cluster.cluster_id, "")

    def place(self, cluster: Cluster) -> Place:
        """Its own port; the default cluster is also what REST means without a cluster in the path."""
        host, tls = self._settings.public_host, bool(self._settings.tls_certificate)
        if cluster.cluster_id == self._default:
            return Place(grpc_address=f"{host}:{self._default_port}", rest_address=self._http_address, tls=tls)
        port = cluster.options.get(_PORT, "0")
        rest_address = f"{self._http_address}/{cluster.cluster_id}"
        return Place(grpc_address=f"{host}:{port}", rest_address=rest_address, tls=tls)

    def heeds_allowlist(self, cluster: Cluster) -> bool:  # noqa: ARG002  as the seam has it
        """Our gateway asks it on every call."""
        return True

    async def back_up(self, cluster: Cluster, backup_id: str) -> None:
        """Copy its database while it works."""
        folder = self._engine_folder(cluster.cluster_id)
        if folder is None:
            raise KindRefused("expected a cluster that keeps its data, but this one keeps them in memory")
        try:
            await asyncio.to_thread(_copy, folder, self._backup_folder(cluster, backup_id))
        except (OSError, sqlite3.Error) as error:
            raise KindRefused(f"expected to copy the data of the cluster, but: {error}") from error

    async def restore(self, cluster: Cluster, backup_id: str) -> None:
        """Close it, put the copy in place of its data, and open it."""
        folder, kept = self._engine_folder(cluster.cluster_id), self._backup_folder(cluster, backup_id)
        if folder is None or not kept.is_dir():
            raise KindRefused("expected the files of the backup, but they are gone", conflict=False)
        await self._idle(cluster.cluster_id)
        self._doing[cluster.cluster_id] = "Maintenance"
        try:
            await self._gateway.close(cluster.cluster_id, resting=True)
            await asyncio.to_thread(_put_back, kept, folder)
            await self._open(cluster)
        except (OSError, C8Error) as error:
            self._trouble[cluster.cluster_id] = str(error)
            raise KindRefused(f"expected to put the backup in place, but: {error}") from error
        finally:
            self._doing.pop(cluster.cluster_id, None)

    async def delete_backup(self, cluster: Cluster, backup_id: str) -> None:
        """Remove the copy."""
        await asyncio.to_thread(shutil.rmtree, self._backup_folder(cluster, backup_id), ignore_errors=True)

    # -- inside

    def _begin(self, cluster: Cluster, state: ClusterState, work: Coroutine[object, object, object]) -> None:
        one = cluster.cluster_id
        if one in self._tasks:
            work.close()
            raise KindRefused("expected a cluster at rest, but something is going on with it; wait until it has ended")
        self._doing[one] = state

        async def run() -> None:
            try:
                await work
                self._trouble.pop(one, None)
            except (C8Error, OSError) as error:
                self._trouble[one] = str(error)
                _log.warning("the cluster %s: %s", one, error)
            finally:
                self._doing.pop(one, None)
                self._tasks.pop(one, None)

        self._tasks[one] = asyncio.create_task(run())

    async def _idle(self, cluster_id: str) -> None:
        task = self._tasks.get(cluster_id)
        if task is not None:
            await task

    async def _open(self, cluster: Cluster) -> None:
        one, host = cluster.cluster_id, self._settings.host
        folder = self._engine_folder(one)
        if folder is not None:
            _make_private(folder)
        if one == self._default:
            self._default_port = await self._gateway.open(one, folder, host=host, port=self._default_port)
            return
        wanted = int(cluster.options.get(_PORT, "0"))
        try:
            port = await self._gateway.open(one, folder, host=host, port=wanted)
        except PlatformError:
            if not wanted:
                raise
            # Somebody else has its port now; Console shows the new one.
            port = await self._gateway.open(one, folder, host=host, port=0)
        found = self._store.cluster(one)
        if found is not None and port != wanted:
            options = {**found.options, _PORT: str(port)}
            self._store.change_cluster(msgspec.structs.replace(found, options=options))

    async def _remove(self, cluster: Cluster) -> None:
        await self._gateway.close(cluster.cluster_id)
        folder = self._engine_folder(cluster.cluster_id)
        if folder is not None:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    def _engine_folder(self, cluster_id: str) -> Path | None:
        """Where its engine keeps its data; the first cluster of an ephemeral platform has it all in memory."""
        if self._settings.data_dir is None and cluster_id == self._default:
            return None
        return self._folder / "clusters" / cluster_id

    def _backup_folder(self, cluster: Cluster, backup_id: str) -> Path:
        return self._folder / "backups" / cluster.cluster_id / backup_id


def _make_private(folder: Path) -> None:
    """A folder for the owner alone, whatever the one above it allows."""
    try:
        folder.parent.mkdir(mode=0o700, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise PlatformError(
            f"expected to make {folder}, but: {error.strerror or error}", hint="check its mode"
        ) from error


def _copy(folder: Path, kept: Path) -> None:
    kept.mkdir(mode=0o700, parents=True)
    for file in sorted(folder.glob("*.db")):
        source, target = sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True), sqlite3.connect(kept / file.name)
        with contextlib.closing(source), contextlib.closing(target):
            source.backup(target)


def _put_back(kept: Path, folder: Path) -> None:
    beside = folder.with_name(folder.name + ".new")
    shutil.rmtree(beside, ignore_errors=True)
    shutil.copytree(kept, beside)
    beside.chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)
    beside.rename(folder)
