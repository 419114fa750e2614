"""A cluster whose brokers are on two hosts: both are this machine, under two of its addresses."""

import asyncio
import contextlib
import os
import shutil

import msgspec
import pytest
from msgspec.structs import replace

from c8py.base import limits
from c8py.base.clock import ManualClock, SystemClock
from c8py.errors import ConfigError, PlatformError
from c8py.server.brokers import Fleet, Guest, Hearsay, Machine, Report, ServerTls, Shape, Site, Trust, Word
from c8py.server.brokers.site import Programs
from c8py.server.brokers.supervision import Policy
from harness.processes import alive, living_in

THREE = Shape(brokers=3, partitions=3, replication=3)
IMPATIENT = Policy(pause_s=0.05, stop_s_max=5, look_s=0.02, settled_look_s=0.02)
OTHER = "127.0.0.2"


class House:
    """A fleet and a guest of it, which talk to each other without any network."""

    def __init__(self, folder, site):
        self.folder, self.site = folder, site
        self.fleet, self.guest = self._fleet(), self._guest()
        self._talking = None

    def _fleet(self):
        machine = Machine(bind="127.0.0.1", public_host="127.0.0.1", cache=self.folder)
        folder = self.folder / "first"
        made = Fleet(folder / "clusters", folder / "backups", machine, self.site, clock=SystemClock())
        made.hearsay.know("h2", "second")
        return made

    def _guest(self, *, java_options=False, home=False, **site):
        allowed = {"java_options": java_options, "home": home}
        return Guest(self.folder / "second", OTHER, replace(self.site, **site), clock=SystemClock(), **allowed)

    def begin_anew(self):
        """A platform in the place of the one that ended; it has not started."""
        self.fleet = self._fleet()

    async def open(self):
        self.fleet = self._fleet()
        await self.fleet.start([])

    async def join(self, **site):
        await self.guest.stop(brokers_too=False)
        self.guest = self._guest(**site)
        await self.guest.start()
        await self.exchange()
        self._talking = asyncio.create_task(self._talk())

    async def part(self):
        """The guest's program ends; its brokers do not."""
        if self._talking is not None:
            self._talking.cancel()
            await asyncio.wait((self._talking,))
        await self.guest.stop(brokers_too=False)

    async def exchange(self):
        work = self.fleet.heard("h2", await self.guest.report())
        if work is not None:
            await self.guest.told(work)

    async def _talk(self):
        while True:
            await self.guest.care()
            await self.exchange()
            await asyncio.sleep(0.02)

    async def close(self):
        with contextlib.suppress(PlatformError):
            await self.fleet.stop(brokers_too=True)
        if self._talking is not None:
            self._talking.cancel()
        await self.guest.stop(brokers_too=True)
        # Those that a test has let go on, as a platform does.
        for pid in living_in(self.folder):
            os.kill(pid, 9)


@pytest.fixture
async def house(tmp_path, java):
    def found(_shape, _progress):
        return Programs(java=java, home=tmp_path, main="Broker")

    one = House(tmp_path, Site(programs=found, trust=lambda _id: None, policy=IMPATIENT))
    yield one
    await one.close()


@pytest.fixture
async def spread(house, until):
    """A cluster of three, the second of which is on the other host."""
    await house.open()
    await house.join()
    cluster = await house.fleet.create("c", THREE)
    try:
        await until(lambda: cluster.status == "Healthy")
    except TimeoutError:
        pytest.fail(f"expected a cluster that works, but it has {cluster.members()}")
    return cluster


def pids(cluster):
    return [one.pid for one in cluster.members()]


async def test_brokers_are_dealt_out_and_shown_in_one_place(spread, tmp_path):
    assert [one.host for one in spread.members()] == ["", "second", ""]
    assert [one.grpc_address.partition(":")[0] for one in spread.members()] == ["127.0.0.1", OTHER, "127.0.0.1"]
    assert [one.leads for one in spread.members()] == [(1,), (2,), (3,)]
    assert len(alive(pids(spread))) == 3
    assert (tmp_path / "second" / "c" / "broker-1" / "data").is_dir()
    assert not (tmp_path / "first" / "clusters" / "c" / "broker-1").exists()


async def test_a_broker_that_dies_on_the_other_host_is_started_there(spread, until):
    before = pids(spread)
    os.kill(before[1], 9)
    await until(lambda: spread.status == "Healthy" and pids(spread)[1] not in {None, before[1]})
    assert (pids(spread)[0], pids(spread)[2]) == (before[0], before[2])


async def test_brokers_there_outlive_the_program_that_looks_after_them(house, spread, until):
    before = pids(spread)
    await house.part()
    assert alive(before) == before
    await house.join()
    await until(lambda: spread.status == "Healthy")
    assert pids(spread) == before


async def test_a_host_goes_on_with_what_it_was_told_while_the_platform_is_away(house, spread, until, tmp_path):
    before = pids(spread)
    await house.part()
    await house.fleet.stop(brokers_too=False)
    os.kill(before[1], 9)
    alone = Guest(tmp_path / "second", OTHER, house.site, clock=SystemClock())
    await alone.start()

    async def there():
        await alone.care()
        return (await alone.report()).brokers[0]

    async with asyncio.timeout(20):
        while (word := await there()).pid in {None, before[1]}:  # noqa: ASYNC110  what it waits for is a process
            await asyncio.sleep(0.02)
    assert word.node_id == 1
    await alone.stop(brokers_too=False)


async def test_a_platform_that_has_not_started_yet_tells_a_host_nothing_rather_than_to_end_its_brokers(
    house, spread, until
):
    before = pids(spread)
    await house.fleet.stop(brokers_too=False)
    house.begin_anew()
    assert house.fleet.heard("h2", await house.guest.report()) is None
    await house.fleet.start(["c"])
    await until(lambda: house.fleet.get("c").status == "Healthy")
    assert pids(house.fleet.get("c")) == before


async def test_a_rolling_restart_and_a_rest_reach_the_other_host(spread, until):
    before = pids(spread)
    await spread.restart()
    assert set(pids(spread)).isdisjoint(before)
    await spread.suspend()
    assert (spread.status, pids(spread)) == ("Suspended", [None, None, None])
    await spread.resume()
    assert spread.status == "Healthy"


async def test_data_of_a_deleted_cluster_go_on_the_other_host_too(house, spread, until, tmp_path):
    left = pids(spread)
    assert house.fleet.runs_on("h2") == ("c",)
    await house.fleet.delete("c")
    await until(lambda: not (tmp_path / "second" / "c").exists())
    assert alive(left) == []
    assert house.fleet.runs_on("h2") == ()


async def test_a_host_that_was_away_hears_of_a_deletion_later_also_from_the_next_platform(
    house, spread, until, tmp_path
):
    left = pids(spread)
    await house.part()
    os.kill(left[1], 9)
    await house.fleet.delete("c")
    house.begin_anew()
    await house.fleet.start([])
    await house.join()
    await until(lambda: not (tmp_path / "second" / "c").exists())
    deleted = tmp_path / "first" / "clusters" / "deleted.json"
    await until(lambda: deleted.read_text() == "[]")
    assert list((tmp_path / "second").glob("lost-*")) == []


async def test_what_a_platform_forgot_is_ended_and_kept(house, spread, until, tmp_path, caplog):
    left = pids(spread)
    await house.fleet.stop(brokers_too=True)
    shutil.rmtree(tmp_path / "first" / "clusters")  # its folder came out of an older backup
    house.begin_anew()
    await house.fleet.start([])
    await until(lambda: list((tmp_path / "second").glob("lost-*")))
    (kept,) = (tmp_path / "second").glob("lost-c-broker-1-*")
    assert (kept / "data" / "starts").read_text() == "1"
    assert alive(left) == []
    assert not (tmp_path / "second" / "c").exists()
    assert "its data are kept" in caplog.text


async def test_a_cluster_that_lives_is_never_said_to_be_deleted(house, spread, until, tmp_path):
    before = pids(spread)
    await house.fleet.stop(brokers_too=False)
    (tmp_path / "first" / "clusters" / "deleted.json").write_bytes(msgspec.json.encode((spread.plan,)))
    house.begin_anew()
    await house.fleet.start(["c"])
    work = house.fleet.heard("h2", await house.guest.report())
    assert [one.deleted for one in work] == [False]
    await until(lambda: house.fleet.get("c").status == "Healthy")
    assert pids(house.fleet.get("c")) == before


async def test_a_host_that_is_known_no_longer_is_waited_for_no_longer(house, spread, tmp_path):
    await house.part()
    await house.fleet.delete("c")
    house.fleet.forget("h2")
    assert (tmp_path / "first" / "clusters" / "deleted.json").read_text() == "[]"


async def test_backups_of_a_cluster_that_is_spread_are_refused(spread):
    with pytest.raises(PlatformError, match="all brokers on this machine"):
        await spread.backup("b1")
    assert spread.status == "Healthy"


async def test_a_host_without_a_certificate_says_so_where_the_platform_has_one(house, until, tmp_path):
    house.site = replace(house.site, tls=ServerTls(certificate="c.pem", key="k.pem"))
    await house.open()
    await house.join(tls=None)
    cluster = await house.fleet.create("c", Shape(brokers=2))
    await until(lambda: "--tls-certificate" in cluster.members()[1].trouble)
    assert cluster.members()[1].pid is None


async def test_a_host_that_cannot_have_its_programs_says_why(house, until):
    def none(_shape, _progress):
        raise ConfigError("expected Java, but found none")

    await house.open()
    await house.join(programs=none)
    cluster = await house.fleet.create("c", Shape(brokers=2))
    await until(lambda: "expected Java" in cluster.members()[1].trouble)


async def test_what_a_broker_there_says_at_length_is_cut(house, until, tmp_path):
    await house.open()
    await house.join()
    folder = tmp_path / "second" / "c" / "broker-1"
    folder.mkdir(parents=True)
    (folder / "refuse").write_text("x" * 5_000)
    cluster = await house.fleet.create("c", Shape(brokers=2))
    await until(lambda: "ERROR" in cluster.members()[1].trouble)
    assert len(cluster.members()[1].trouble) == limits.BROKER_TROUBLE_CHARS_MAX


@pytest.mark.parametrize("chosen", [{"java_options": "-Xss1m"}, {"home": "/elsewhere"}])
async def test_a_host_runs_no_program_of_the_platforms_choice_unless_it_was_told_to(house, until, chosen):
    await house.open()
    await house.join()
    cluster = await house.fleet.create("c", Shape(brokers=2, **chosen))
    await until(lambda: "--allow-java-options" in cluster.members()[1].trouble)
    assert cluster.members()[1].pid is None
    await house.part()
    await house.join(java_options=True, home=True)
    await until(lambda: cluster.members()[1].pid is not None and not cluster.members()[1].trouble)


async def test_a_host_that_takes_java_options_refuses_those_that_run_something_else(house, until):
    await house.open()
    await house.join(java_options=True)
    cluster = await house.fleet.create("c", Shape(brokers=2, java_options="-javaagent:x.jar"))
    await until(lambda: "leave the program" in cluster.members()[1].trouble)
    assert cluster.members()[1].pid is None


async def test_a_host_takes_no_folder_of_its_own_for_a_cluster(house, spread):
    work = house.fleet.heard("h2", await house.guest.report())
    outside = replace(work[0], plan=replace(work[0].plan, cluster_id="../first"))
    with pytest.raises(PlatformError, match="id of a cluster"):
        await house.guest.told((outside,))


async def test_what_brokers_there_are_told_holds_there(house):
    here, there = (
        Trust(issuer="http://platform/realm", keys_base=base, audience="a")
        for base in ("http://127.0.0.1/realm", "http://platform/realm")
    )
    house.site = replace(house.site, trust=lambda _id: here, trust_afar=lambda _id: there)
    await house.open()
    await house.join()
    await house.fleet.create("c", Shape(brokers=2))
    work = house.fleet.heard("h2", await house.guest.report())
    assert [one.trust for one in work] == [there]


def test_a_silent_host_is_not_counted_with(clock_and_hearsay):
    clock, hearsay, report = clock_and_hearsay
    hearsay.know("h2", "second")
    hearsay.heard("h2", report)
    assert hearsay.word("h2", "c", 1) == report.brokers[0]
    assert [one.machine for one in hearsay.present()] == ["h2"]
    clock.advance(11)
    assert hearsay.word("h2", "c", 1) is None
    assert hearsay.present() == ()
    hearsay.forget("h2")
    assert hearsay.name("h2") == "h2"


@pytest.fixture
def clock_and_hearsay():
    clock = ManualClock()
    word = Word(cluster_id="c", node_id=1, phase="ready", pid=1)
    return clock, Hearsay(clock), Report(host=OTHER, free_ports=(26600,), brokers=(word,))
