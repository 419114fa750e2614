"""A cluster over real processes: only the program of the brokers is a small one of ours."""

import asyncio
import os
import socket
import threading

import pytest

from c8py.base.clock import SystemClock
from c8py.errors import ConfigError, PlatformError
from c8py.server.brokers import Doors, Fleet, Machine, Shape, Site
from c8py.server.brokers.plan import ports_of
from c8py.server.brokers.ports import Promised
from c8py.server.brokers.processes import BrokerProcess
from c8py.server.brokers.site import Programs
from c8py.server.brokers.supervision import Policy
from harness.processes import alive

THREE = Shape(brokers=3, partitions=3, replication=3)
DEADLINE_S = 20.0
IMPATIENT = Policy(pause_s=0.05, stop_s_max=5, look_s=0.02, settled_look_s=0.02)


@pytest.fixture
async def fleet(tmp_path, java):
    """Makes platforms' fleets over one folder; all brokers end with the test."""
    made = []

    def make(programs=None):
        def found(_shape, _progress):
            return Programs(java=java, home=tmp_path, main="Broker")

        site = Site(programs=programs or found, trust=lambda _id: None, policy=IMPATIENT)
        machine = Machine(bind="127.0.0.1", public_host="127.0.0.1", cache=tmp_path)
        made.append(Fleet(tmp_path / "clusters", tmp_path / "backups", machine, site, clock=SystemClock()))
        return made[-1]

    yield make
    for one in made:
        await one.stop(brokers_too=True)


async def until(condition):
    async with asyncio.timeout(DEADLINE_S):
        while not condition():  # noqa: ASYNC110  what it waits for is other processes
            await asyncio.sleep(0.02)


async def created(fleet, shape=THREE, cluster_id="c"):
    cluster = await fleet.create(cluster_id, shape)
    await until(lambda: cluster.status == "Healthy")
    return cluster


def pids(cluster):
    return [one.pid for one in cluster.members()]


def starts(tmp_path, cluster_id="c"):
    return [int(one.read_text()) for one in sorted((tmp_path / "clusters" / cluster_id).glob("broker-*/data/starts"))]


async def test_a_new_cluster_is_being_created_until_all_its_partitions_have_leaders(fleet):
    cluster = await fleet().create("c", THREE)
    assert cluster.status == "Creating"
    await until(lambda: cluster.status == "Healthy")
    assert [one.leads for one in cluster.members()] == [(1,), (2,), (3,)]
    assert len({one.grpc_address for one in cluster.members()}) == 3


async def test_a_broker_that_is_killed_comes_back_and_the_others_stay(fleet):
    cluster = await created(fleet())
    before = pids(cluster)
    os.kill(before[1], 9)
    await until(lambda: cluster.status == "Unhealthy")
    await until(lambda: cluster.status == "Healthy")
    after = pids(cluster)
    assert (after[0], after[2]) == (before[0], before[2])
    assert after[1] != before[1]


async def test_a_broker_that_is_just_being_started_does_not_outlive_its_cluster(fleet, monkeypatch):
    begun, go_on, launch, launched = threading.Event(), threading.Event(), BrokerProcess.start, []

    def slowly(process, *given):
        begun.set()
        go_on.wait(DEADLINE_S)
        launch(process, *given)
        launched.append(process.pid)

    monkeypatch.setattr(BrokerProcess, "start", slowly)
    one = fleet()
    await one.create("c", Shape())
    await until(begun.is_set)
    stopping = asyncio.create_task(one.stop(brokers_too=True))
    await asyncio.sleep(0.2)
    go_on.set()
    await stopping
    await until(lambda: launched)
    assert alive(launched) == []


async def test_no_broker_outlives_a_deletion_that_is_broken_off(fleet, monkeypatch):
    asked = asyncio.Event()
    monkeypatch.setattr(BrokerProcess, "terminate", lambda _: asked.set())  # it takes its time to end
    one = fleet()
    before = pids(await created(one))
    deleting = asyncio.create_task(one.delete("c"))
    await asked.wait()
    deleting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await deleting
    await one.stop(brokers_too=True)
    await until(lambda: not alive(before))


async def test_a_platform_that_starts_again_finds_the_brokers_and_leaves_them_untouched(fleet, tmp_path):
    first = fleet()
    before = pids(await created(first))
    await first.stop(brokers_too=False)
    assert alive(before) == before
    second = fleet()
    await second.start(["c", "no-such-cluster"])
    cluster = second.get("c")
    await until(lambda: cluster.status == "Healthy")
    assert pids(cluster) == before
    assert starts(tmp_path) == [1, 1, 1]
    assert second.get("no-such-cluster") is None


async def test_a_platform_starts_although_a_door_of_a_cluster_cannot_open(tmp_path, java):
    def made():
        site = Site(
            programs=lambda _shape, _progress: Programs(java=java, home=tmp_path, main="Broker"),
            trust=lambda _id: None,
            policy=IMPATIENT,
        )
        machine = Machine(bind="127.0.0.1", public_host="127.0.0.1", cache=tmp_path, guarded=True)
        doors = Doors(lambda _id, _source: True, look_again_s=0.02)
        folders = (tmp_path / "clusters", tmp_path / "backups")
        return Fleet(*folders, machine, site, clock=SystemClock(), doors=doors)

    first, second = made(), made()
    try:
        ports = (await created(first, Shape())).plan.brokers[0].ports
        await first.stop(brokers_too=True)
        with socket.create_server(("127.0.0.1", ports.grpc)):
            await second.start(["c"])
            cluster = second.get("c")
            assert cluster is not None
            await until(lambda: all(one.leads for one in cluster.members()))
            assert (cluster.status, str(ports.grpc) in cluster.trouble) == ("Unhealthy", True)
        await until(lambda: cluster.status == "Healthy")
        assert cluster.trouble == ""
    finally:
        await second.delete("c")
        await second.stop(brokers_too=True)


async def test_a_platform_that_lost_its_note_of_a_broker_finds_it_by_its_folder(fleet, tmp_path):
    first = fleet()
    before = pids(await created(first))
    await first.stop(brokers_too=False)
    for note in tmp_path.glob("clusters/c/broker-*/run.json"):
        note.unlink()
    second = fleet()
    await second.start(["c"])
    assert pids(second.get("c")) == before


async def test_a_process_that_has_the_number_of_a_broker_is_not_taken_for_it(fleet, tmp_path):
    first = fleet()
    cluster = await created(first, Shape())
    await first.stop(brokers_too=True)
    (tmp_path / "clusters" / "c" / "broker-0" / "run.json").write_text(f'{{"pid":{os.getpid()}}}')
    second = fleet()
    await second.start(["c"])
    cluster = second.get("c")
    await until(lambda: cluster.status == "Healthy")
    assert pids(cluster) != [os.getpid()]


async def test_a_suspended_cluster_rests_over_a_restart_and_wakes(fleet, tmp_path):
    first = fleet()
    cluster = await created(first)
    await cluster.suspend()
    assert (cluster.status, pids(cluster)) == ("Suspended", [None, None, None])
    await first.stop(brokers_too=False)
    second = fleet()
    await second.start(["c"])
    cluster = second.get("c")
    assert cluster.status == "Suspended"
    waking = asyncio.create_task(cluster.resume())
    await asyncio.sleep(0)
    assert cluster.status == "Resuming"
    await waking
    assert cluster.status == "Healthy"
    assert starts(tmp_path) == [2, 2, 2]


async def test_a_rolling_restart_ends_one_broker_at_a_time(fleet, tmp_path):
    cluster = await created(fleet())
    before = pids(cluster)
    least = 3
    restarting = asyncio.create_task(cluster.restart())
    await asyncio.sleep(0)
    while not restarting.done():
        least = min(least, sum(pid is not None for pid in pids(cluster)))
        assert restarting.done() or cluster.status == "Updating"
        await asyncio.sleep(0.01)
    await restarting
    assert least >= 2
    assert set(pids(cluster)).isdisjoint(before)
    assert cluster.status == "Healthy"


async def test_only_one_thing_is_done_at_a_time(fleet):
    cluster = await created(fleet(), Shape())
    suspending = asyncio.create_task(cluster.suspend())
    await asyncio.sleep(0)
    with pytest.raises(PlatformError, match="another operation runs"):
        await cluster.restart()
    await suspending


async def test_a_platform_may_end_in_the_midst_of_an_operation(fleet, tmp_path):
    first = fleet()
    cluster = await created(first)
    restarting = asyncio.create_task(cluster.restart())
    await until(lambda: None in pids(cluster))
    await first.stop(brokers_too=False)
    assert restarting.cancelled()
    second = fleet()
    await second.start(["c"])
    cluster = second.get("c")
    await until(lambda: cluster.status == "Healthy" and None not in pids(cluster))


async def test_what_was_backed_up_comes_back(fleet, tmp_path):
    cluster = await created(fleet(), Shape())
    kept = tmp_path / "clusters" / "c" / "broker-0" / "data" / "work"
    kept.write_text("before")
    backup = await cluster.backup("b1")
    assert cluster.status == "Healthy"
    kept.write_text("after")
    assert cluster.backups() == (backup,)
    await cluster.restore(backup)
    assert cluster.status == "Healthy"
    assert kept.read_text() == "before"
    cluster.delete_backup("b1")
    assert cluster.backups() == ()


async def test_a_backup_of_another_shape_is_refused(fleet):
    running = fleet()
    one = await created(running, Shape())
    three = await created(running, THREE, "d")
    with pytest.raises(PlatformError, match="as many brokers"):
        await three.restore(await one.backup("b1"))
    assert three.status == "Healthy"


async def test_backups_outlive_their_cluster_whose_brokers_and_data_go(fleet, tmp_path):
    running = fleet()
    cluster = await created(running, Shape())
    await cluster.backup("b1")
    pid = pids(cluster)[0]
    await running.delete("c")
    assert alive([pid]) == []
    assert not (tmp_path / "clusters" / "c").exists()
    assert (tmp_path / "backups" / "c" / "b1").is_dir()
    assert running.get("c") is None


async def test_a_platform_that_starts_again_ends_what_was_being_deleted(fleet, tmp_path):
    first = fleet()
    left = pids(await created(first))
    await first.stop(brokers_too=False)
    await fleet().start([])
    await until(lambda: alive(left) == [])
    assert not (tmp_path / "clusters" / "c").exists()


async def test_a_broker_that_cannot_start_says_why(fleet, tmp_path):
    running = fleet()
    cluster = await created(running, Shape())
    folder = tmp_path / "clusters" / "c" / "broker-0"
    (folder / "refuse").touch()
    os.kill(pids(cluster)[0], 9)
    await until(lambda: cluster.members()[0].failures > 2)
    assert "the port is taken" in cluster.members()[0].trouble
    (folder / "refuse").unlink()
    await until(lambda: cluster.status == "Healthy")


async def test_a_machine_without_java_makes_a_cluster_that_says_so(fleet):
    def none(_shape, _progress):
        raise ConfigError("expected Java, but found none")

    cluster = await fleet(none).create("c", Shape())
    await until(lambda: cluster.status == "Unhealthy")
    assert cluster.trouble == "expected Java, but found none"


async def test_the_ports_of_a_cluster_that_rests_are_kept_from_others(fleet, tmp_path):
    first = fleet()
    cluster = await created(first, Shape())
    await cluster.suspend()
    ports = ports_of(cluster.plan)
    stranger = Promised("127.0.0.1")
    assert not any(stranger.take(port) for port in ports)
    await first.stop(brokers_too=False)
    second = fleet()
    await second.start(["c"])
    assert not any(stranger.take(port) for port in ports)
    await second.get("c").resume()
    await second.delete("c")
    assert stranger.take(cluster.plan.brokers[0].ports.internal)  # where nobody has ever connected
    stranger.release()
