"""Backups of clusters: by hand, by a schedule, and putting them back. A kind copies; this keeps the list.

Three complete ones are kept of each sort, by hand and by schedule; one by hand every quarter of an hour.
"""

import asyncio
import datetime as dt
from collections.abc import Coroutine
from typing import Final, Literal

import msgspec
from cronsim import CronSim, CronSimError

from c8py.base.clock import Clock
from c8py.server.console._ids import Ids
from c8py.server.console._journal import Journal
from c8py.server.console._kinds import Backups, KeepsBackups, KindRefused
from c8py.server.console._not_done import NotDone
from c8py.server.store import Cluster, Store

BACKUP_INTERVAL_MS: Final = 15 * 60 * 1000
_KEPT: Final = 3
_ONE: Final = "one"


class Backup(msgspec.Struct, frozen=True, kw_only=True):
    """A backup.

    Attributes:
        uuid: its id.
        name: shown.
        created_ms: when it was begun, in milliseconds since 1970.
        completed_ms: when it was complete or failed; 0 before.
        status: in the words of the Administration API.
        generation: of the cluster at that time.
        scheduled: whether the schedule made it.
        trouble: why it failed.
    """

    uuid: str
    name: str
    created_ms: int
    completed_ms: int = 0
    status: Literal["In progress", "Failed", "Complete"] = "In progress"
    generation: str = ""
    scheduled: bool = False
    trouble: str = ""


class Restore(msgspec.Struct, frozen=True, kw_only=True):
    """A backup being put back.

    Attributes:
        uuid: its id.
        backup_id: of which backup.
        state: in the words of the Administration API.
        started_ms: in milliseconds since 1970.
        completed_ms: 0 while it goes on.
    """

    uuid: str
    backup_id: str
    state: Literal["PENDING", "VALIDATING", "IN_PROGRESS", "COMPLETED", "FAILED", "ABORTED"]
    started_ms: int
    completed_ms: int = 0


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """When backups are made by themselves.

    Attributes:
        schedule: five fields of cron, in UTC.
        since_ms: when it was set or made the last one, in milliseconds since 1970.
    """

    schedule: str
    since_ms: int


class BackupDesk:
    """Makes backups, and puts them back.

    Args:
        store: where the list is.
        journal: told of what people do.
        clock: when it is.
        ids: ids of backups.
        backups: the kinds that can.
    """

    def __init__(self, store: Store, journal: Journal, *, clock: Clock, ids: Ids, backups: Backups) -> None:
        self._store = store
        self._journal = journal
        self._clock = clock
        self._ids = ids
        self._kinds = backups
        self._shelf = store.shelf("backups", Backup)
        self._restores = store.shelf("restores", Restore)
        self._schedules = store.shelf("backup_schedules", Schedule)
        self._tasks: set[asyncio.Task[None]] = set()

    async def stop(self) -> None:
        """Let what goes on come to an end."""
        await asyncio.gather(*self._tasks)

    def all(self, cluster: Cluster) -> tuple[Backup, ...]:
        """The backups of a cluster, the newest first."""
        return tuple(reversed(self._shelf.all(cluster.cluster_id).values()))

    def get(self, cluster: Cluster, backup_id: str) -> Backup | None:
        """This backup."""
        return self._shelf.get(cluster.cluster_id, backup_id)

    def create(self, who: str, cluster: Cluster, *, scheduled: bool = False) -> Backup:
        """Begin to make one.

        Raises:
            NotDone: the kind has none, or it is too early for another.
        """
        kind, now_ms = self._kind(cluster), self._clock.now_ms()
        mine = [one for one in self.all(cluster) if one.scheduled == scheduled and one.status != "Failed"]
        if mine and now_ms - mine[0].created_ms < BACKUP_INTERVAL_MS:
            raise NotDone(409, "expected 15 minutes since the last backup, but there are fewer")
        moment = dt.datetime.fromtimestamp(now_ms / 1000, dt.UTC).strftime("%Y-%m-%d %H:%M")
        backup = Backup(
            uuid=self._ids.uuid(),
            name=f"{cluster.name} {moment}",
            created_ms=now_ms,
            generation=cluster.generation,
            scheduled=scheduled,
        )
        self._shelf.put(cluster.cluster_id, backup.uuid, backup)
        self._journal.write(
            who, f"began the backup {backup.name}", verb="c", entity="backup", entity_id=backup.uuid,
            parent=cluster.cluster_id,
        )  # fmt: skip
        self._begin(self._make(kind, cluster, backup))
        return backup

    async def delete(self, who: str, cluster: Cluster, backup_id: str) -> Backup:
        """Remove one.

        Raises:
            NotDone: there is none, or it is being made.
        """
        backup = self._shelf.get(cluster.cluster_id, backup_id)
        if backup is None:
            raise NotDone(404, "expected a backup of this cluster, but there is none")
        if backup.status == "In progress":
            raise NotDone(409, "expected a backup that is complete, but it is in progress")
        await self._remove(cluster, backup)
        self._journal.write(
            who, f"deleted the backup {backup.name}", verb="d", entity="backup", entity_id=backup.uuid,
            parent=cluster.cluster_id,
        )  # fmt: skip
        return backup

    def restore(self, who: str, cluster: Cluster, backup_id: str) -> Restore:
        """Begin to put one back.

        Raises:
            NotDone: there is none, it is of another generation, or one is being put back.
        """
        kind, backup = self._kind(cluster), self._shelf.get(cluster.cluster_id, backup_id)
        if backup is None:
            raise NotDone(404, "expected a backup of this cluster, but there is none")
        if backup.status != "Complete" or backup.generation != cluster.generation:
            raise NotDone(409, "expected a complete backup of the cluster's generation, but it is not")
        going = self._restores.all(cluster.cluster_id).values()
        if any(one.state not in {"COMPLETED", "FAILED", "ABORTED"} for one in going):
            raise NotDone(409, "expected no restore to run, but one does")
        restore = Restore(
            uuid=self._ids.uuid(), backup_id=backup_id, state="IN_PROGRESS", started_ms=self._clock.now_ms()
        )
        self._restores.put(cluster.cluster_id, backup_id, restore)
        self._journal.write(
            who, f"restored the backup {backup.name}", verb="u", entity="backup", entity_id=backup.uuid,
            parent=cluster.cluster_id,
        )  # fmt: skip
        self._begin(self._put_back(kind, cluster, restore))
        return restore

    def restored(self, cluster: Cluster, backup_id: str) -> Restore | None:
        """How putting this one back went, or goes."""
        return self._restores.get(cluster.cluster_id, backup_id)

    def schedule(self, cluster: Cluster) -> Schedule | None:
        """When backups are made by themselves."""
        return self._schedules.get(cluster.cluster_id, _ONE)

    def set_schedule(self, who: str, cluster: Cluster, text: str) -> Schedule:
        """Make backups at these times.

        Raises:
            NotDone: the text is none that cron knows, or the kind has no backups.
        """
        self._kind(cluster)
        fields = text.split()
        try:
            if len(fields) != 5 or len(text) > 100:  # noqa: PLR2004  cron has five
                raise NotDone(400, "expected five fields of cron, like 0 3 * * *, but it is not that")
            CronSim(text, dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
        except CronSimError:
            raise NotDone(400, "expected five fields of cron, like 0 3 * * *, but it is not that") from None
        schedule = Schedule(schedule=" ".join(fields), since_ms=self._clock.now_ms())
        self._schedules.put(cluster.cluster_id, _ONE, schedule)
        self._journal.write(
            who, "set the schedule of backups", verb="u", entity="backup schedule", entity_id=cluster.cluster_id,
            parent=cluster.cluster_id, attribute="schedule", after=schedule.schedule,
        )  # fmt: skip
        return schedule

    def delete_schedule(self, who: str, cluster: Cluster) -> None:
        """Make no more by themselves."""
        if self._schedules.remove(cluster.cluster_id, _ONE):
            self._journal.write(
                who, "deleted the schedule of backups", verb="d", entity="backup schedule",
                entity_id=cluster.cluster_id, parent=cluster.cluster_id,
            )  # fmt: skip

    def look(self) -> None:
        """Begin those that are due; called now and then."""
        now_ms = self._clock.now_ms()
        for cluster in self._store.clusters():
            schedule = self.schedule(cluster)
            if schedule is None or cluster.suspended or cluster.kind not in self._kinds:
                continue
            since = dt.datetime.fromtimestamp(schedule.since_ms / 1000, dt.UTC)
            due = next(CronSim(schedule.schedule, since), None)
            if due is None or due.timestamp() * 1000 > now_ms:
                continue
            self._schedules.put(cluster.cluster_id, _ONE, msgspec.structs.replace(schedule, since_ms=now_ms))
            try:
                self.create("console", cluster, scheduled=True)
            except NotDone:
                continue  # The schedule is denser than SaaS allows: every quarter of an hour is what it gets.

    def _kind(self, cluster: Cluster) -> KeepsBackups:
        kind = self._kinds.get(cluster.kind)
        if kind is None:
            raise NotDone(403, f"expected a kind of cluster that has backups, but {cluster.kind} has none")
        return kind

    def _begin(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _make(self, kind: KeepsBackups, cluster: Cluster, backup: Backup) -> None:
        try:
            await kind.back_up(cluster, backup.uuid)
            done = msgspec.structs.replace(backup, status="Complete", completed_ms=self._clock.now_ms())
        except KindRefused as refused:
            now_ms = self._clock.now_ms()
            done = msgspec.structs.replace(backup, status="Failed", completed_ms=now_ms, trouble=refused.detail)
        if self._store.cluster(cluster.cluster_id) is None:
            return
        self._shelf.put(cluster.cluster_id, backup.uuid, done)
        complete = [one for one in self.all(cluster) if one.status == "Complete" and one.scheduled == backup.scheduled]
        for old in complete[_KEPT:]:
            await self._remove(cluster, old)

    async def _put_back(self, kind: KeepsBackups, cluster: Cluster, restore: Restore) -> None:
        try:
            await kind.restore(cluster, restore.backup_id)
            state: Literal["COMPLETED", "FAILED"] = "COMPLETED"
        except KindRefused:
            state = "FAILED"
        done = msgspec.structs.replace(restore, state=state, completed_ms=self._clock.now_ms())
        self._restores.put(cluster.cluster_id, restore.backup_id, done)

    async def _remove(self, cluster: Cluster, backup: Backup) -> None:
        await self._kind(cluster).delete_backup(cluster, backup.uuid)
        self._shelf.remove(cluster.cluster_id, backup.uuid)
        self._restores.remove(cluster.cluster_id, backup.uuid)
