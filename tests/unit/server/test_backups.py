"""When backups are made, and which are kept; by a kind that copies nothing and says so."""

import asyncio

import pytest

from c8py.base.clock import ManualClock
from c8py.server.console import BackupDesk, Journal, KindRefused, NotDone, RandomIds
from c8py.server.store import Cluster, Organization, Store

CLUSTER = Cluster(cluster_id="c", org_id="o", name="n", region="r", generation="g", created_ms=0)
QUARTER_S = 15 * 60


class Copies:
    """Keeps the names of what was copied; fails when told to."""

    def __init__(self) -> None:
        self.there: list[str] = []
        self.broken = False

    async def back_up(self, cluster, backup_id):
        if self.broken:
            raise KindRefused("the disk is full")
        self.there.append(backup_id)

    async def restore(self, cluster, backup_id):
        assert backup_id in self.there

    async def delete_backup(self, cluster, backup_id):
        self.there.remove(backup_id)


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def copies():
    return Copies()


@pytest.fixture
def desk(tmp_path, clock, copies):
    store = Store.open(tmp_path)
    store.add_organization(Organization(org_id="o", name="O", created_ms=0))
    store.add_cluster(CLUSTER)
    yield BackupDesk(
        store, Journal(store, "o", clock=clock), clock=clock, ids=RandomIds(), backups={"embedded": copies}
    )
    store.close()


async def make(desk, **more):
    made = desk.create("ada", CLUSTER, **more)
    await desk.stop()
    return desk.get(CLUSTER, made.uuid)


async def test_one_by_hand_every_quarter_of_an_hour(desk, clock):
    assert (await make(desk)).status == "Complete"
    with pytest.raises(NotDone, match="15 minutes"):
        desk.create("ada", CLUSTER)
    clock.advance(QUARTER_S)
    assert (await make(desk)).status == "Complete"


async def test_three_of_each_sort_are_kept(desk, clock, copies):
    for _ in range(5):
        await make(desk)
        await make(desk, scheduled=True)
        clock.advance(QUARTER_S)
    kept = desk.all(CLUSTER)
    assert [one.scheduled for one in kept].count(True) == 3
    assert len(kept) == len(copies.there) == 6


async def test_one_that_failed_says_why_and_does_not_hold_up_the_next(desk, copies):
    copies.broken = True
    failed = await make(desk)
    assert (failed.status, failed.trouble) == ("Failed", "the disk is full")
    copies.broken = False
    assert (await make(desk)).status == "Complete"


async def test_the_schedule_makes_them_when_they_are_due_and_once_each(desk, clock):
    desk.set_schedule("ada", CLUSTER, "0 * * * *")
    desk.look()
    assert desk.all(CLUSTER) == ()
    for due in (1, 2):
        clock.advance(3600)
        desk.look()
        desk.look()
        await desk.stop()
        assert [one.scheduled for one in desk.all(CLUSTER)] == [True] * due


async def test_no_second_restore_begins_while_one_runs(desk):
    made = await make(desk)
    first = desk.restore("ada", CLUSTER, made.uuid)
    with pytest.raises(NotDone, match="no restore to run"):
        desk.restore("ada", CLUSTER, made.uuid)
    await desk.stop()
    await asyncio.sleep(0)
    assert first.state == "IN_PROGRESS"
    done = desk.restored(CLUSTER, made.uuid)
    assert done is not None
    assert done.state == "COMPLETED"
