"""Looks after brokers that a platform on another machine has planned for this one.

What it is told stands in `work.json`: the platform may be away, and this program may start anew; its brokers go on
meanwhile as they were wanted last. Who may tell it anything is settled by app, which does the talking.
"""

import asyncio
import contextlib
import logging
import re
import shutil
import zlib
from pathlib import Path
from typing import Final

import msgspec

from c8py.base import limits
from c8py.base.clock import Clock
from c8py.errors import C8Error, ConfigError, PlatformError
from c8py.server.brokers.hearsay import Report, Word, Work
from c8py.server.brokers.member import Here
from c8py.server.brokers.options import check_java_options
from c8py.server.brokers.plan import PORT_FIRST, PORT_LAST, Plan, Shape, Trust, ports_of_broker
from c8py.server.brokers.ports import Offer
from c8py.server.brokers.site import Programs, Site

_log = logging.getLogger("c8py.server.brokers")
_FILE: Final = "work.json"
_ID: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{0,63}")
_LOST: Final = "lost-"
_PORTS_OFFERED: Final = 40  # for eight brokers more
_AGAIN_S: Final = 30.0  # after a fetch that failed


class Guest:
    """The brokers of others on this machine.

    Args:
        folder: theirs, and what they are for.
        host: what they listen on, and how the other hosts reach them.
        site: what they are given; whose tokens they take is told with the work.
        clock: for pauses.
        java_options: whether it takes options of Java from afar.
        home: whether it takes from afar which folder a distribution is in.
    """

    def __init__(  # the last two are what its owner allows
        self, folder: Path, host: str, site: Site, *, clock: Clock, java_options: bool = False, home: bool = False
    ) -> None:
        self._takes_java_options = java_options
        self._takes_home = home
        self._folder = folder
        self._host = host
        self._site = msgspec.structs.replace(site, trust=self._trust)
        self._clock = clock
        self._work: tuple[Work, ...] = ()
        self._brokers: dict[tuple[str, int], Here] = {}
        self._plans: dict[str, Plan] = {}
        self._trusts: dict[str, Trust | None] = {}
        self._programs: dict[tuple[str, str], Programs] = {}
        self._fetching: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._trouble: dict[tuple[str, str], tuple[float, str]] = {}
        every = range(PORT_FIRST, PORT_LAST + 1)
        # Each host of one machine begins at another place: it may be asked for many, and keeps but a few.
        first = zlib.crc32(str(folder).encode()) % len(every)
        self._offer = Offer(host, (*every[first:], *every[:first]), _PORTS_OFFERED)

    async def start(self) -> None:
        """Go on where an earlier one left off.

        Raises:
            PlatformError: its file cannot be read.
        """
        file = self._folder / _FILE
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            work = msgspec.json.decode(file.read_bytes(), type=tuple[Work, ...]) if file.exists() else ()
        except (OSError, msgspec.MsgspecError) as error:
            raise PlatformError(f"expected to read {file}, but: {error}", hint="check the folder") from error
        await self._take_on(work)

    async def told(self, work: tuple[Work, ...]) -> None:
        """Look after these brokers, and no others.

        What is said to be deleted is ended, and its data go. What is not among them any longer is ended, and its
        folder is put aside: a platform that came out of an old backup does not know what it had yesterday.

        Raises:
            PlatformError: it cannot be written down.
        """
        if work != self._work:
            for one in work:
                if not _ID.fullmatch(one.plan.cluster_id):  # it becomes a folder, which is removed one day
                    raise PlatformError("expected the id of a cluster, but it is none", hint="is that our platform?")
            await asyncio.to_thread(self._write_down, work)
            await self._take_on(work)

    async def care(self) -> None:
        """Look at all brokers once, and do what is due."""
        await asyncio.to_thread(self._look)
        for key, broker in list(self._brokers.items()):
            plan = self._plans[key[0]]
            programs = self._programs_for(plan.shape) if broker.wanted and not broker.alive else None
            if programs is not None:
                self._offer.let_broker_in(ports_of_broker(broker.plan))
            await broker.care(plan, programs, self._site, clock=self._clock)
        await self._let_go()

    async def report(self) -> Report:
        """What there is to say."""
        free = await asyncio.to_thread(self._free_ports)
        words = tuple(self._word(cluster_id, broker) for (cluster_id, _), broker in self._brokers.items())
        return Report(host=self._host, free_ports=free, brokers=words)

    async def stop(self, *, brokers_too: bool) -> None:
        """Look after them no longer.

        Args:
            brokers_too: end them; otherwise they run on, and the next start finds them.
        """
        for task in self._fetching.values():
            task.cancel()
        self._offer.close()
        if not brokers_too:
            return
        for broker in self._brokers.values():
            broker.wanted = False
        while any(broker.alive for broker in self._brokers.values()):
            await self.care()
            await asyncio.sleep(self._site.policy.look_s)

    # -- inside

    async def _take_on(self, work: tuple[Work, ...]) -> None:
        self._work = work
        told = {(one.plan.cluster_id, one.node_id): one for one in work}
        for key, one in told.items():
            self._plans[key[0]], self._trusts[key[0]] = one.plan, one.trust
            if key not in self._brokers:
                planned = next(broker for broker in one.plan.brokers if broker.node_id == one.node_id)
                folder = self._folder / key[0] / f"broker-{one.node_id}"
                self._brokers[key] = await asyncio.to_thread(Here, planned, folder)
                self._offer.keep(ports_of_broker(planned))
            self._brokers[key].wanted = one.wanted and not one.deleted
            if (one.secured and self._site.tls is None) or self._refusal(one.plan.shape):
                self._brokers[key].wanted = False
        for key, broker in self._brokers.items():
            broker.wanted = broker.wanted and key in told

    def _write_down(self, work: tuple[Work, ...]) -> None:
        beside = self._folder / (_FILE + ".new")
        try:
            beside.write_bytes(msgspec.json.encode(work))
            beside.replace(self._folder / _FILE)
        except OSError as error:
            raise PlatformError(
                f"expected to write {self._folder / _FILE}, but: {error}", hint="check the disk"
            ) from error

    def _look(self) -> None:
        for broker in self._brokers.values():
            broker.look(self._site)

    async def _let_go(self) -> None:
        """Forget brokers that have ended and are deleted, with their data, or that nobody told us of, without."""
        told = {(one.plan.cluster_id, one.node_id): one.deleted for one in self._work}
        for key, broker in list(self._brokers.items()):
            if told.get(key, True) and not broker.alive:
                if key in told:
                    await asyncio.to_thread(shutil.rmtree, broker.process.folder, True)
                else:
                    await asyncio.to_thread(self._put_aside, key, broker.process.folder)
                with contextlib.suppress(OSError):  # another broker of the cluster may be there
                    broker.process.folder.parent.rmdir()
                del self._brokers[key]

    def _put_aside(self, key: tuple[str, int], folder: Path) -> None:
        aside = self._folder / f"{_LOST}{key[0]}-{folder.name}-{self._clock.now_ms()}"
        if folder.exists():
            try:
                folder.rename(aside)
            except OSError as error:
                raise PlatformError(f"expected to put {folder} aside, but: {error}", hint="check the disk") from error
            _log.warning("the platform knows nothing of %s any longer; its data are kept in %s", folder, aside)

    def _refusal(self, shape: Shape) -> str:
        """Why brokers of this shape are not run here, whatever the platform says; "" where they are."""
        if (shape.java_options and not self._takes_java_options) or (shape.home and not self._takes_home):
            return (
                "expected a cluster without Java options and a home of its own, as its host was not started with "
                "--allow-java-options"
            )
        try:
            check_java_options(shape.java_options)
        except ConfigError as error:
            return str(error)
        return ""

    def _programs_for(self, shape: Shape) -> Programs | None:
        """What brokers of this shape are run with; begins to fetch it where it is not there."""
        key = (shape.version, shape.home)
        failed_s = self._trouble.get(key, (-_AGAIN_S, ""))[0]
        fetching = self._fetching.get(key)
        due = self._clock.monotonic_s() - failed_s >= _AGAIN_S
        if key not in self._programs and due and (fetching is None or fetching.done()):
            self._fetching[key] = asyncio.create_task(self._fetch(key, shape))
        return self._programs.get(key)

    async def _fetch(self, key: tuple[str, str], shape: Shape) -> None:
        try:
            self._programs[key] = await asyncio.to_thread(self._site.programs, shape, _nobody)
            self._trouble.pop(key, None)
        except C8Error as error:
            self._trouble[key] = (self._clock.monotonic_s(), str(error))

    def _word(self, cluster_id: str, broker: Here) -> Word:
        member, shape = broker.member(None), self._plans[cluster_id].shape
        hindered = self._trouble.get((shape.version, shape.home), (0.0, ""))[1]
        bare = any(
            one.secured and (one.plan.cluster_id, one.node_id) == (cluster_id, member.node_id) for one in self._work
        )
        if bare and self._site.tls is None:
            hindered = "expected a certificate, as the platform has one, but this host has none: --tls-certificate"
        hindered = self._refusal(shape) or hindered
        return Word(
            cluster_id=cluster_id,
            node_id=member.node_id,
            phase=member.phase,
            pid=member.pid,
            ready=broker.sight.ready,
            leads=member.leads,
            follows=member.follows,
            failures=member.failures,
            trouble=(member.trouble or hindered)[: limits.BROKER_TROUBLE_CHARS_MAX],
        )

    def _free_ports(self) -> tuple[int, ...]:
        """Ports that nobody has, and that no broker here will have when it starts."""
        brokers = tuple(self._brokers.values())
        return self._offer.ports(frozenset[int]().union(*(ports_of_broker(broker.plan) for broker in brokers)))

    def _trust(self, cluster_id: str) -> Trust | None:
        return self._trusts.get(cluster_id)


def _nobody(_come: int, _whole: int) -> None:
    """Nobody watches how far a fetch is."""
