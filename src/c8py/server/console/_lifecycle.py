"""The life of clusters: which there can be, and making, changing, suspending, waking and deleting them.

Decides and keeps the records; the kind of a cluster does the work behind the seam of `_kinds`.
"""

from collections.abc import Callable, Coroutine
from typing import Final, TypeVar

import msgspec

from c8py.base import limits
from c8py.base.clock import Clock
from c8py.server.console._ids import Ids
from c8py.server.console._journal import Journal
from c8py.server.console._kinds import KindRefused, Kinds
from c8py.server.console._not_done import NotDone
from c8py.server.settings import Settings
from c8py.server.store import Cluster, ClusterKind, Organization, Store

T = TypeVar("T")

STAGES: Final = ("dev", "test", "stage", "prod")
ENCRYPTIONS: Final = ("Provider", "Software", "Hardware", "External")
CHANNEL: Final = "Stable"


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A type of cluster, as the Administration API and Console offer it.

    Attributes:
        name: shown.
        kind: what runs it.
        brokers: how many.
        partitions: how many.
        replication: brokers that hold each partition.
    """

    name: str
    kind: ClusterKind
    brokers: int = 1
    partitions: int = 1
    replication: int = 1


_PLANS: Final = (
    Plan(name="Local", kind="embedded"),
    Plan(name="Zeebe, 1 broker", kind="zeebe"),
    Plan(name="Zeebe, 3 brokers", kind="zeebe", brokers=3, partitions=3, replication=3),
    Plan(name="Remote", kind="remote"),
)


class ClusterWanted(msgspec.Struct, frozen=True, kw_only=True):
    """A cluster that somebody wants.

    Attributes:
        name: shown in Console.
        plan: the name of its plan.
        generation: one that the kind of the plan has; "" for the preferred one.
        brokers: how many; 0 as the plan has it.
        partitions: how many; 0 as the plan has it.
        replication: brokers that hold each partition; 0 as the plan has it.
        description: for people.
        stage: dev, test, stage or prod; "" for none.
        encryption: as it was asked for; the disk is encrypted as the machine does it.
        auto_update: whether it takes updates by itself.
        options: what its kind alone understands.
    """

    name: str
    plan: str = "Local"
    generation: str = ""
    brokers: int = 0
    partitions: int = 0
    replication: int = 0
    description: str = ""
    stage: str = ""
    encryption: str = "Provider"
    auto_update: bool = False
    options: dict[str, str] = msgspec.field(default_factory=dict[str, str])


class Lifecycle:
    """Makes clusters, and what comes after.

    Args:
        settings: how many there may be, and where.
        store: where their records are.
        journal: told of everything.
        organization: whose they are.
        clock: when it is.
        ids: their ids.
        kinds: what runs them.
    """

    def __init__(  # the parts, each by name
        self,
        settings: Settings,
        store: Store,
        *,
        journal: Journal,
        organization: Organization,
        clock: Clock,
        ids: Ids,
        kinds: Kinds,
    ) -> None:
        self._settings = settings
        self._store = store
        self._journal = journal
        self._organization = organization
        self._clock = clock
        self._ids = ids
        self._kinds = kinds

    def plans(self) -> tuple[Plan, ...]:
        """The plans that this platform can fulfil."""
        return tuple(plan for plan in _PLANS if plan.kind in self._kinds)

    def generations(self, kind: ClusterKind) -> tuple[str, ...]:
        """The generations of this kind, the preferred one first."""
        return tuple(release.generation for release in self._kinds[kind].releases)

    async def create(self, who: str, wanted: ClusterWanted) -> Cluster:
        """Begin to make a cluster.

        Raises:
            NotDone: there can be none like it.
        """
        named(wanted.name, "a name")
        described(wanted.description)
        chosen(wanted.stage, ("", *STAGES), "a stage")
        chosen(wanted.encryption, ENCRYPTIONS, "an encryption")
        plan = next((plan for plan in self.plans() if plan.name == wanted.plan), None)
        if plan is None:
            raise NotDone(400, f"expected a plan that this platform has, but got {wanted.plan[:50]!r}")
        kind = self._kinds[plan.kind]
        release = next((one for one in kind.releases if wanted.generation in {"", one.generation}), None)
        if release is None:
            raise NotDone(400, f"expected a generation of this plan, but got {wanted.generation[:50]!r}")
        if len(self._store.clusters()) >= self._settings.clusters_max:
            raise NotDone(
                400, f"expected fewer than {self._settings.clusters_max} clusters, but there are as many already"
            )
        cluster = Cluster(
            cluster_id=self._ids.uuid(),
            org_id=self._organization.org_id,
            name=wanted.name.strip(),
            region=self._settings.cluster.region,
            generation=release.generation,
            created_ms=self._clock.now_ms(),
            kind=plan.kind,
            version=release.version,
            brokers=wanted.brokers or plan.brokers,
            partitions=wanted.partitions or plan.partitions,
            replication=wanted.replication or plan.replication,
            plan=plan.name,
            channel=CHANNEL,
            description=wanted.description.strip(),
            stage=wanted.stage,
            auto_update=wanted.auto_update,
            encryption=wanted.encryption,
            options=wanted.options,
        )
        cluster = _asked(lambda: kind.fit(cluster), 400)
        self._store.add_cluster(cluster)
        self._journal.write(
            who, f"created the cluster {cluster.name}", verb="c", entity="cluster", entity_id=cluster.cluster_id
        )
        await kind.create(cluster)
        return cluster

    def update(
        self,
        who: str,
        cluster: Cluster,
        *,
        name: str | None = None,
        description: str | None = None,
        stage: str | None = None,
    ) -> None:
        """Change what is given.

        Raises:
            NotDone: a value does not fit.
        """
        if name is not None:
            named(name, "a name")
        described(description or "")
        chosen(stage or "", ("", *STAGES), "a stage")
        given = {"name": name, "description": description, "stage": stage}
        changes = {field: value.strip() for field, value in given.items() if value is not None}
        for field, value in changes.items():
            before: str = getattr(cluster, field)
            if before != value:
                self._journal.write(
                    who, f"changed the {field} of the cluster {cluster.name}", verb="u", entity="cluster",
                    entity_id=cluster.cluster_id, attribute=field, before=before, after=value,
                )  # fmt: skip
        self._store.change_cluster(msgspec.structs.replace(cluster, **changes))

    def heeds_allowlist(self, cluster: Cluster) -> bool:
        """Whether its IP allowlist is asked before anybody gets in."""
        return self._kinds[cluster.kind].heeds_allowlist(cluster)

    async def upgrade(self, who: str, cluster: Cluster) -> tuple[Cluster, Cluster]:
        """Begin to bring it to the newest generation; gives it as it was and as it becomes.

        Raises:
            NotDone: there is no newer one, or not now.
        """
        kind = self._kinds[cluster.kind]
        newest = next(iter(kind.releases), None)
        if newest is None or newest.generation == cluster.generation:
            raise NotDone(400, "expected a newer generation, but the cluster has the newest one")
        if kind.state(cluster) != "Healthy":
            raise NotDone(412, f"expected a healthy cluster, but it is {kind.state(cluster)}")
        becomes = msgspec.structs.replace(cluster, generation=newest.generation, version=newest.version)
        await _awaited(kind.change(becomes), 409)
        self._store.change_cluster(becomes)
        self._journal.write(
            who, f"updated the cluster {cluster.name}", verb="u", entity="cluster", entity_id=cluster.cluster_id,
            attribute="generation", before=cluster.generation, after=becomes.generation,
        )  # fmt: skip
        return cluster, becomes

    async def suspend(self, who: str, cluster: Cluster) -> None:
        """Begin to put it to rest.

        Raises:
            NotDone: it does not work now.
        """
        kind = self._kinds[cluster.kind]
        if cluster.suspended or kind.state(cluster) not in {"Healthy", "Unhealthy"}:
            raise NotDone(409, f"expected a cluster that works, but it is {kind.state(cluster)}")
        await self._intend(who, cluster, suspended=True, done="suspended", begin=kind.suspend)

    async def wake(self, who: str, cluster: Cluster) -> None:
        """Begin to have it work again.

        Raises:
            NotDone: it is not suspended.
        """
        kind = self._kinds[cluster.kind]
        if not cluster.suspended:
            raise NotDone(409, f"expected a suspended cluster, but it is {kind.state(cluster)}")
        await self._intend(who, cluster, suspended=False, done="resumed", begin=kind.wake)

    async def delete(self, who: str, cluster: Cluster) -> None:
        """Delete it with everything in it; the tokens of its clients stop at once."""
        self._store.remove_cluster(cluster.cluster_id)
        self._journal.write(
            who, f"deleted the cluster {cluster.name}", verb="d", entity="cluster", entity_id=cluster.cluster_id
        )
        await self._kinds[cluster.kind].delete(cluster)

    async def _intend(
        self,
        who: str,
        cluster: Cluster,
        *,
        suspended: bool,
        done: str,
        begin: Callable[[Cluster], Coroutine[object, object, None]],
    ) -> None:
        becomes = msgspec.structs.replace(cluster, suspended=suspended)
        await _awaited(begin(becomes), 409)
        self._store.change_cluster(becomes)
        self._journal.write(
            who, f"{done} the cluster {cluster.name}", verb="u", entity="cluster", entity_id=cluster.cluster_id,
            attribute="suspended", before=str(cluster.suspended).lower(), after=str(suspended).lower(),
        )  # fmt: skip


def named(text: str, what: str) -> None:
    """Refuse what is no name.

    Raises:
        NotDone: it is empty, too long or unprintable.
    """
    most = limits.SERVER_NAME_CHARS_MAX
    if not text.strip() or len(text.strip()) > most or not text.isprintable():
        raise NotDone(400, f"expected {what} of 1 to {most} printable characters, but it is not")


def described(text: str) -> None:
    """Refuse what is too long for a description.

    Raises:
        NotDone: it is, or has characters that nobody can see.
    """
    most = limits.SERVER_DESCRIPTION_CHARS_MAX
    if len(text) > most or not text.isprintable():
        raise NotDone(400, f"expected a description of at most {most} printable characters, but it is not")


def chosen(text: str, offered: tuple[str, ...], what: str) -> None:
    """Refuse what is not offered.

    Raises:
        NotDone: it is none of them.
    """
    if text not in offered:
        raise NotDone(400, f"expected {what} out of {', '.join(one for one in offered if one)}, but got {text[:50]!r}")


def _asked(ask: Callable[[], T], status: int) -> T:
    try:
        return ask()
    except KindRefused as refused:
        raise NotDone(status, refused.detail.rstrip(".")) from None


async def _awaited(work: Coroutine[object, object, T], status: int) -> T:
    try:
        return await work
    except KindRefused as refused:
        raise NotDone(status, refused.detail.rstrip(".")) from None
