"""All clusters of real brokers of a platform: makes them, finds them again, and hands them out by id.

Called by app, which puts it behind Console. Owns the choice of ports, of Java and of the distribution.
"""

import functools
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from c8py.base.clock import Clock
from c8py.errors import PlatformError
from c8py.server.brokers.buried import Buried
from c8py.server.brokers.cluster import ZeebeCluster
from c8py.server.brokers.distribution import Progress, distribution, fetch_by_coordinates, main_class
from c8py.server.brokers.doors import Doors
from c8py.server.brokers.hearsay import Hearsay, Report, Work
from c8py.server.brokers.java import java_program
from c8py.server.brokers.plan import Shape, new_plan, ports_of
from c8py.server.brokers.ports import Promised
from c8py.server.brokers.site import FILE_NAME, Kept, Programs, Site


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """What this machine is to its brokers.

    Attributes:
        bind: the address that they listen on.
        public_host: how the machine is reached.
        cache: where distributions are kept.
        java_home: the Java to run them on; None looks for one.
        zeebe_home: an unpacked distribution for clusters that name none; None fetches their version.
        own_home_wins: whether `zeebe_home` is also for clusters that name another one.
        repository: base URL of the Maven repository that they are fetched from; "" is Maven Central.
        guarded: whether brokers of new clusters are behind doors of the platform.
    """

    bind: str
    public_host: str
    cache: Path
    java_home: Path | None = None
    zeebe_home: Path | None = None
    own_home_wins: bool = False
    repository: str = ""
    guarded: bool = False

    def programs(self, shape: Shape, progress: Progress) -> Programs:
        """What brokers of this shape are run with; fetches what is not there.

        Raises:
            ConfigError: there is no Java that is new enough.
            PlatformError: the distribution cannot be had.
        """
        java = java_program(self.java_home)
        ours = self.zeebe_home if self.own_home_wins or not shape.home else None
        told = ours or (Path(shape.home) if shape.home else None)
        fetch = functools.partial(fetch_by_coordinates, repository=self.repository)
        home = told or distribution(shape.version, cache=self.cache, progress=progress, fetch=fetch)
        return Programs(java=java, home=home, main=main_class(home))


class Fleet:
    """The clusters of real brokers.

    Attributes:
        hearsay: what joined hosts say.

    Args:
        folder: each has a folder of its id in it.
        backups: each has a folder of its id in it, which outlives the cluster.
        machine: where they run.
        site: what they are given.
        clock: theirs.
        doors: in front of brokers that are behind some; by default they let everybody in.
    """

    def __init__(  # the parts of a fleet
        self, folder: Path, backups: Path, machine: Machine, site: Site, *, clock: Clock, doors: Doors | None = None
    ) -> None:
        self._folder = folder
        self._backups = backups
        self._machine = machine
        self.hearsay: Final = Hearsay(clock)
        self._doors = doors or Doors(lambda _cluster_id, _source: True)
        self._site = msgspec.structs.replace(site, hearsay=self.hearsay, shut=self._doors.trouble)
        self._clock = clock
        self._clusters: dict[str, ZeebeCluster] = {}
        self._buried = Buried(folder)
        self._planning = threading.Lock()
        self._started = False

    def get(self, cluster_id: str) -> ZeebeCluster | None:
        """The cluster of this id, if it is one of real brokers."""
        return self._clusters.get(cluster_id)

    def all(self) -> tuple[ZeebeCluster, ...]:
        """All of them."""
        return tuple(self._clusters.values())

    def heard(self, machine: str, report: Report) -> tuple[Work, ...] | None:
        """Take down what a joined host says.

        Returns:
            What it is to do; None where that is not known yet: "nothing" would end its brokers.

        Raises:
            PlatformError: what it has done cannot be written down.
        """
        if not self._started:
            return None
        self.hearsay.heard(machine, report)
        work: list[Work] = []
        for cluster in self._clusters.values():
            told = cluster.work_of(machine)
            work += told
            if told:
                cluster.heard()
        return (*work, *self._buried.work_of(machine, report))

    def forget(self, machine: str) -> None:
        """Know a joined host no longer.

        Raises:
            PlatformError: that cannot be written down.
        """
        self._buried.forget(machine)
        self.hearsay.forget(machine)

    def runs_on(self, machine: str) -> tuple[str, ...]:
        """The clusters that have brokers on a joined host, by their ids."""
        return tuple(one for one, cluster in self._clusters.items() if cluster.work_of(machine))

    async def start(self, cluster_ids: Iterable[str]) -> None:
        """Take care of these clusters again, and end others that a platform left in the midst of their deletion.

        Args:
            cluster_ids: those that shall be; one whose folder is gone is passed over.

        Raises:
            PlatformError: the file of one cannot be read.
        """
        wanted = frozenset(cluster_ids)
        self._buried.load(wanted)
        for folder in sorted(file.parent for file in self._folder.glob(f"*/{FILE_NAME}")):
            cluster = ZeebeCluster.load(folder, self._backups / folder.name, self._site, clock=self._clock)
            if folder.name in wanted:
                self._clusters[folder.name] = cluster
                await self._doors.open_or_later(cluster.plan)
                await cluster.start()
            else:
                self._buried.bury(cluster.plan)
                cluster.abandon()
        self._started = True

    async def create(self, cluster_id: str, shape: Shape) -> ZeebeCluster:
        """Make a cluster; it is being created when this returns, and tells itself how far it is.

        Raises:
            ConfigError: the shape is none, or there are no ports for it.
            PlatformError: its folder cannot be made.
        """
        with self._planning:
            taken = frozenset(port for one in self._clusters.values() for port in ports_of(one.plan))
            promised = Promised(self._machine.bind)
            try:
                plan = new_plan(
                    cluster_id,
                    shape,
                    bind=self._machine.bind,
                    public_host=self._machine.public_host,
                    taken=taken,
                    is_free=promised.take,
                    joined=self.hearsay.present(),
                    guarded=self._machine.guarded,
                )
            except BaseException:
                promised.release()
                raise
            folder, backups = self._folder / cluster_id, self._backups / cluster_id
            cluster = ZeebeCluster(folder, backups, Kept(plan=plan), self._site, clock=self._clock, promised=promised)
            self._clusters[cluster_id] = cluster
        try:
            promised.let_broker_in()  # or a door
            await self._doors.open(plan)
            await cluster.start()
        except BaseException:
            self._doors.close(cluster_id)
            promised.release()
            del self._clusters[cluster_id]
            raise
        return cluster

    async def delete(self, cluster_id: str) -> None:
        """End a cluster and remove its data.

        Raises:
            PlatformError: there is none of this id.
        """
        cluster = self._clusters.get(cluster_id)
        if cluster is None:
            raise PlatformError("expected a cluster of real brokers, but there is none of this id")
        await cluster.stop(brokers_too=True)
        self._buried.bury(cluster.plan)  # before the last that is known of it is gone
        await cluster.delete()
        self._doors.close(cluster_id)
        del self._clusters[cluster_id]

    async def stop(self, *, brokers_too: bool) -> None:
        """Take care of none of them any longer.

        Args:
            brokers_too: end the brokers; otherwise they run on, and the next platform finds them.
        """
        for cluster in self._clusters.values():
            await cluster.stop(brokers_too=brokers_too)
        await self._doors.stop()

    def is_guarded(self, cluster_id: str) -> bool:
        """Whether clients reach this cluster through doors of the platform only."""
        found = self._clusters.get(cluster_id)
        return found is not None and all(one.ports.behind_grpc for one in found.plan.brokers)
