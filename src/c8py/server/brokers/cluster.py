"""One cluster of real brokers: keeps them running, and does to them what Console asks for, one thing at a time.

Lives in the platform's event loop; whatever blocks runs in threads. The brokers outlive it: a platform that ends lets
them run, and the next one finds them. What must outlive it stands in `cluster.json` beside the brokers' folders.
"""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Final, Literal

import msgspec

from c8py.base.clock import Clock
from c8py.errors import C8Error, PlatformError
from c8py.server.brokers import copies
from c8py.server.brokers.copies import Backup
from c8py.server.brokers.hearsay import Hearsay, Work
from c8py.server.brokers.member import Afar, Here, Member
from c8py.server.brokers.plan import Plan, Shape, ports_of_broker
from c8py.server.brokers.ports import Promised
from c8py.server.brokers.site import FILE_NAME, Kept, Programs, Site

# The words of the Administration API.
Status = Literal["Creating", "Healthy", "Unhealthy", "Updating", "Resuming", "Suspended"]

_SETTLE_S_MAX: Final = 600.0
_WAIT_S: Final = 5.0  # between two looks at the time, should the supervision stand still


class ZeebeCluster:
    """A cluster of real brokers.

    Args:
        folder: its own; brokers and `cluster.json` are in it.
        backups: where its backups are; they outlive it.
        kept: what is known of it.
        site: machine and platform.
        clock: for pauses, and for when backups were taken.
        promised: its ports, kept from others also while a broker does not run.
    """

    def __init__(  # what a cluster is, and what it needs
        self, folder: Path, backups: Path, kept: Kept, site: Site, *, clock: Clock, promised: Promised | None = None
    ) -> None:
        self._folder = folder
        self._backups = backups
        self._kept = kept
        self._site = site
        self._clock = clock
        self._here: list[Here] = []
        self._brokers: list[Here | Afar] = []
        hearsay = site.hearsay or Hearsay(clock)
        for one in kept.plan.brokers:
            if one.machine:
                self._brokers.append(Afar(one, kept.plan.cluster_id, hearsay))
            else:
                self._here.append(Here(one, folder / f"broker-{one.node_id}"))
                self._brokers.append(self._here[-1])
        self._programs: Programs | None = None
        self._operation: Status | None = None
        self._operating = asyncio.Lock()
        self._ticked = asyncio.Event()
        self._hurry = asyncio.Event()
        self._supervising: asyncio.Task[None] | None = None
        self._preparing: asyncio.Task[None] | None = None
        self._operator: asyncio.Task[object] | None = None
        self._trouble = ""
        self._promised = promised
        self.fetched: tuple[int, int] | None = None

    @classmethod
    def load(cls, folder: Path, backups: Path, site: Site, *, clock: Clock) -> "ZeebeCluster":
        """The cluster that an earlier platform left here; of its ports it has those that nobody has taken meanwhile.

        Raises:
            PlatformError: its file cannot be read.
        """
        try:
            kept = msgspec.json.decode((folder / FILE_NAME).read_bytes(), type=Kept)
        except (OSError, msgspec.MsgspecError) as error:
            raise PlatformError(f"expected to read the cluster in {folder}, but: {error}") from error
        promised = Promised(kept.plan.bind)
        for broker in kept.plan.brokers:
            for port in () if broker.machine else ports_of_broker(broker):
                promised.take(port)  # where a broker runs on, it has its ports itself
        return cls(folder, backups, kept, site, clock=clock, promised=promised)

    @property
    def plan(self) -> Plan:
        """Its shape and addresses."""
        return self._kept.plan

    @property
    def trouble(self) -> str:
        """Why it cannot start, if that is known."""
        shut = self._site.shut(self.plan.cluster_id)
        return self._trouble or shut or next((one.failed for one in self._brokers if one.failed), "")

    @property
    def status(self) -> Status:
        """How it is, in the words of the Administration API."""
        if self._operation is not None:
            return self._operation
        if self._kept.suspended:
            return "Suspended"
        if not self._kept.has_been_ready:
            return "Unhealthy" if self._trouble else "Creating"
        shut = self._site.shut(self.plan.cluster_id)
        return "Healthy" if self._works() and not shut else "Unhealthy"

    @property
    def busy(self) -> bool:
        """Whether something is being done to it: another thing would have to wait."""
        return self._operating.locked()

    def members(self) -> tuple[Member, ...]:
        """Its brokers, in the order of their numbers."""
        return tuple(broker.member(self._site.tls) for broker in self._brokers)

    def work_of(self, machine: str) -> tuple[Work, ...]:
        """What a joined host is to do for it."""
        trust = self._site.trust_afar or self._site.trust
        return tuple(
            Work(
                plan=self.plan,
                node_id=broker.plan.node_id,
                wanted=broker.wanted,
                trust=trust(self.plan.cluster_id),
                secured=self._site.tls is not None,
            )
            for broker in self._brokers
            if broker.plan.machine == machine
        )

    def heard(self) -> None:
        """A joined host has said something: look at once."""
        self._hurry.set()

    async def start(self) -> None:
        """Take care of its brokers from here on: those that run are left as they are, the others are started."""
        await asyncio.to_thread(self._keep)
        for broker in self._brokers:
            broker.wanted = not self._kept.suspended
        self._supervising = asyncio.create_task(self._supervise())
        if not all(broker.alive for broker in self._here) and not self._kept.suspended:
            if not any(broker.alive for broker in self._here):
                await asyncio.to_thread(copies.finish, self._folders())
            self._preparing = asyncio.create_task(self._prepare_quietly())

    async def stop(self, *, brokers_too: bool) -> None:
        """Take care no longer.

        Args:
            brokers_too: end the brokers; otherwise they run on, and the next platform finds them.
        """
        if self._supervising is None:
            return
        rested = not brokers_too
        try:
            await _cancelled(self._preparing)
            # Whoever waits for the end of an operation waits no longer: its brokers go where it left them.
            await _cancelled(self._operator)
            if brokers_too:
                await self._rest()
                rested = True
        finally:
            await _cancelled(self._supervising)
            self._supervising = None
            if not rested:  # the platform ends in the midst of it: nobody looks after them any longer
                for broker in self._here:
                    broker.process.kill()
            if self._promised is not None:
                self._promised.release()

    # -- what Console asks for

    async def suspend(self) -> None:
        """Let its brokers rest; their data stay.

        Raises:
            PlatformError: they do not end.
        """
        async with self._alone("Updating"):
            self._remember(suspended=True)
            await self._rest()

    async def resume(self) -> None:
        """Start its brokers, and wait until they work.

        Raises:
            PlatformError: they do not come.
        """
        async with self._alone("Resuming"):
            await self._prepare()
            self._remember(suspended=False)
            await self._work()

    async def restart(self, shape: Shape | None = None) -> None:
        """Restart one broker after the other, each once all partitions have leaders again.

        Args:
            shape: another version, memory or Java options from here on; None leaves them.

        Raises:
            PlatformError: the brokers cannot be had, do not end or do not come.
        """
        async with self._alone("Updating"):
            if shape is not None:
                self._programs = None
                await self._prepare(shape)
                self._remember(plan=msgspec.structs.replace(self.plan, shape=shape))
            await self._prepare()
            for broker in self._brokers:
                if self._kept.suspended:
                    return
                await self._until(self._works, what="all partitions to have leaders")
                broker.wanted = False
                self._hurry.set()
                await self._until(lambda broker=broker: not broker.alive, what="a broker to end")
                broker.wanted = True
                self._hurry.set()
                await self._until(lambda broker=broker: broker.sight.ready, what="a broker to be ready")
            await self._until(self._works, what="all partitions to have leaders")

    async def backup(self, backup_id: str) -> Backup:
        """Copy its data, while its brokers rest.

        Args:
            backup_id: of the new backup, a UUID.

        Raises:
            PlatformError: the copy cannot be written, or brokers do not end or come.
        """
        self._must_be_here("a backup")
        async with self._alone("Updating"):
            begun_ms = self._clock.now_ms()
            try:
                await self._rest()
                size = await asyncio.to_thread(copies.take, self._folders(), self._backups, backup_id)
                backup = Backup(
                    backup_id=backup_id,
                    cluster_id=self.plan.cluster_id,
                    version=self.plan.shape.version,
                    brokers=len(self.plan.brokers),
                    partitions=self.plan.shape.partitions,
                    replication=self.plan.shape.replication,
                    created_ms=begun_ms,
                    completed_ms=self._clock.now_ms(),
                    size_bytes=size,
                )
                await asyncio.to_thread(copies.seal, self._backups, backup)
            finally:
                await self._back_to_work()
            return backup

    async def restore(self, backup: Backup) -> None:
        """Put a backup in the place of its data.

        Args:
            backup: of this cluster, or of another one of the same shape.

        Raises:
            PlatformError: the backup is of another shape, or cannot be read.
        """
        self._must_be_here("a restore")
        shape = self.plan.shape
        there = (backup.brokers, backup.partitions, backup.replication)
        here = (shape.brokers, shape.partitions, shape.replication)
        if there != here:
            raise PlatformError(
                "expected a backup of a cluster with as many brokers, partitions and copies "
                f"({here[0]}, {here[1]}, {here[2]}), but it has {there[0]}, {there[1]}, {there[2]}"
            )
        async with self._alone("Updating"):
            try:
                await self._rest()
                await asyncio.to_thread(copies.put_back, self._folders(), self._backups, backup.backup_id)
            finally:
                await self._back_to_work()

    def backups(self) -> tuple[Backup, ...]:
        """Its whole backups, the oldest first."""
        return copies.backups_in(self._backups)

    def delete_backup(self, backup_id: str) -> None:
        """Remove a backup; a name that is none is let be."""
        if any(one.backup_id == backup_id for one in self.backups()):
            shutil.rmtree(self._backups / backup_id, ignore_errors=True)

    async def delete(self) -> None:
        """End its brokers and remove their data; backups stay."""
        await self.stop(brokers_too=True)
        await asyncio.to_thread(shutil.rmtree, self._folder, True)

    def abandon(self) -> None:
        """End what an earlier platform left running of a cluster that was deleted, and remove its data. Blocks."""
        for broker in self._here:
            broker.process.kill()
        if self._promised is not None:
            self._promised.release()
        shutil.rmtree(self._folder, ignore_errors=True)

    # -- inside

    @contextlib.asynccontextmanager
    async def _alone(self, status: Status) -> AsyncGenerator[None]:
        """One thing at a time.

        Raises:
            PlatformError: something else is being done.
        """
        if self._operating.locked():
            raise PlatformError(
                "expected a cluster with nothing else going on, but another operation runs", hint="wait for its end"
            )
        async with self._operating:
            self._operation, self._operator = status, asyncio.current_task()
            try:
                yield
            finally:
                self._operation = self._operator = None

    def _must_be_here(self, what: str) -> None:
        """Refuse what is done to folders where some of them are on other hosts.

        Raises:
            PlatformError: some are.
        """
        if len(self._here) < len(self._brokers):
            raise PlatformError(
                f"expected all brokers on this machine for {what}, but some are on joined hosts",
                hint="copy the folders of its brokers while it is suspended",
            )

    async def _rest(self) -> None:
        for broker in self._brokers:
            broker.wanted = False
        self._hurry.set()
        # A round that began before may be starting one just now, which nobody sees alive yet.
        await _wait(self._ticked, _SETTLE_S_MAX)
        await self._until(lambda: not self._any_alive(), what="the brokers to end")

    async def _work(self) -> None:
        for broker in self._brokers:
            broker.wanted = True
        self._hurry.set()
        await self._until(self._works, what="all partitions to have leaders")

    async def _back_to_work(self) -> None:
        if not self._kept.suspended:
            await self._prepare()
            await self._work()

    def _works(self) -> bool:
        led = frozenset[int]().union(*(broker.sight.leads for broker in self._brokers))
        return led.issuperset(range(1, self.plan.shape.partitions + 1))

    def _any_alive(self) -> bool:
        return any(broker.alive for broker in self._brokers)

    def _folders(self) -> tuple[Path, ...]:
        return tuple(broker.process.folder for broker in self._here)

    async def _prepare_quietly(self) -> None:
        """Prepare, and keep what hinders it for whoever looks."""
        try:
            await self._prepare()
        except C8Error as error:
            self._trouble = str(error)
        self._hurry.set()

    async def _prepare(self, shape: Shape | None = None) -> None:
        """Have Java and the distribution at hand."""
        if self._programs is not None or not self._here:
            return

        def told(come: int, whole: int) -> None:
            self.fetched = (come, whole)

        try:
            self._programs = await asyncio.to_thread(self._site.programs, shape or self.plan.shape, told)
            self._trouble = ""
        finally:
            self.fetched = None

    async def _supervise(self) -> None:
        while True:
            self._hurry.clear()
            try:
                await asyncio.to_thread(self._look)
                for broker in self._here:
                    await broker.care(self.plan, self._programs, self._site, clock=self._clock, promised=self._promised)
                if not self._kept.has_been_ready and self._works() and all(one.sight.ready for one in self._brokers):
                    self._remember(has_been_ready=True)
            except C8Error as error:
                # A full disk is no reason to look after brokers no longer.
                self._trouble = str(error)
            self._ticked.set()
            self._ticked = asyncio.Event()
            settled = self._operation is None and all(one.settled for one in self._brokers)
            policy = self._site.policy
            await _wait(self._hurry, policy.settled_look_s if settled else policy.look_s)

    def _look(self) -> None:
        for broker in self._here:
            broker.look(self._site)

    async def _until(self, condition: Callable[[], bool], *, what: str = "it to happen") -> None:
        end_s = self._clock.monotonic_s() + _SETTLE_S_MAX
        while not condition():
            if self._clock.monotonic_s() > end_s:
                raise PlatformError(
                    f"expected {what} within {_SETTLE_S_MAX:g} s, but waited in vain",
                    hint=f"see the logs in {self._folder}",
                )
            await _wait(self._ticked, _WAIT_S)

    def _remember(
        self, *, plan: Plan | None = None, suspended: bool | None = None, has_been_ready: bool | None = None
    ) -> None:
        kept = self._kept
        self._kept = Kept(
            plan=plan or kept.plan,
            suspended=kept.suspended if suspended is None else suspended,
            has_been_ready=kept.has_been_ready if has_been_ready is None else has_been_ready,
        )
        self._keep()

    def _keep(self) -> None:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            beside = self._folder / (FILE_NAME + ".new")
            beside.write_bytes(msgspec.json.encode(self._kept))
            beside.replace(self._folder / FILE_NAME)
        except OSError as error:
            raise PlatformError(
                f"expected to write {self._folder / FILE_NAME}, but: {error}", hint="check the folder and the disk"
            ) from error


async def _wait(event: asyncio.Event, seconds: float) -> None:
    # Not wait_for: in Python 3.11 it swallows a cancellation that comes together with the event.
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


async def _cancelled(task: asyncio.Task[object] | asyncio.Task[None] | None) -> None:
    if task is not None and task is not asyncio.current_task():
        task.cancel()
        await asyncio.wait((task,))
