"""One broker of a cluster: a process of this machine that is watched here, or one of a joined host that tells of it.

Owns what is known of a broker and what is done to it; which broker shall run is said by cluster and guest.
"""

import asyncio
from pathlib import Path

import msgspec

from c8py.base.clock import Clock
from c8py.errors import PlatformError
from c8py.server.brokers.hearsay import Hearsay, Word
from c8py.server.brokers.plan import BrokerPlan, Plan, ServerTls, command_of, environment_of
from c8py.server.brokers.ports import Promised
from c8py.server.brokers.probes import NOTHING, Sight
from c8py.server.brokers.processes import BrokerProcess
from c8py.server.brokers.site import Programs, Site
from c8py.server.brokers.supervision import Phase, Seen, Supervised, step


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """One broker as it is now.

    Attributes:
        node_id: its number.
        phase: where it is in its life.
        grpc_address: host:port for clients.
        rest_address: base URL for clients.
        pid: its process; None where it does not run.
        leads: the partitions that it leads.
        follows: the partitions that it copies.
        failures: deaths in a row.
        trouble: what it said last that sounds like it.
        host: the joined host that it runs on; "" is this machine.
    """

    node_id: int
    phase: str
    grpc_address: str
    rest_address: str
    pid: int | None
    leads: tuple[int, ...] = ()
    follows: tuple[int, ...] = ()
    failures: int = 0
    trouble: str = ""
    host: str = ""


class Here:
    """A broker that is a process of this machine.

    Args:
        plan: which it is.
        folder: its own.
    """

    def __init__(self, plan: BrokerPlan, folder: Path) -> None:
        self.plan = plan
        self.process = BrokerProcess(folder)
        self.state = Supervised()
        self.wanted = False
        self.failed = ""
        self._seen = NOTHING

    @property
    def alive(self) -> bool:
        """Whether its process runs."""
        return self.process.alive

    @property
    def pid(self) -> int | None:
        """Its process; None where it does not run."""
        return self.process.pid

    @property
    def settled(self) -> bool:
        """Whether nothing is about to happen to it."""
        return self.state.phase is Phase.READY

    @property
    def sight(self) -> Sight:
        """What it said when it was last asked; what one said that has ended says nothing of the one that begins."""
        return self._seen if self.process.alive else NOTHING

    @property
    def trouble(self) -> str:
        """What hinders it, or what it said last when it died."""
        return self.failed or (self.process.last_words() if self.state.failures else "")

    def look(self, site: Site) -> None:
        """Ask it how it is. Blocks."""
        self._seen = site.look(self.plan) if self.process.alive else NOTHING

    async def care(
        self, whole: Plan, programs: Programs | None, site: Site, *, clock: Clock, promised: Promised | None = None
    ) -> None:
        """Start it, ask it to end, kill it, or leave it alone.

        Args:
            whole: its cluster.
            programs: what it is run with; without them none is started.
            site: what it is given.
            clock: for pauses.
            promised: its ports, where they are kept for it.
        """
        seen = Seen(alive=self.process.alive, ready=self.sight.ready)
        if self.wanted and not seen.alive and programs is None:
            return
        self.state, action = step(self.state, seen, wanted=self.wanted, now_s=clock.monotonic_s(), policy=site.policy)
        if action == "start" and programs is not None:
            if promised is not None:
                promised.let_broker_in()
            launching = asyncio.ensure_future(asyncio.to_thread(self._launch, whole, programs, site))
            try:
                await asyncio.shield(launching)
            except asyncio.CancelledError:
                await asyncio.wait((launching,))  # it is started all the same: nobody may overlook that
                raise
        elif action == "terminate":
            self.process.terminate()
        elif action == "kill":
            self.process.kill()

    def _launch(self, whole: Plan, programs: Programs, site: Site) -> None:
        folder, self._seen = self.process.folder, NOTHING
        trust = site.trust(whole.cluster_id)
        command = command_of(
            whole, home=programs.home, java=programs.java, folder=folder, trust=trust, main=programs.main
        )
        try:
            self.process.start(command, environment_of(whole, self.plan, folder, trust=trust, tls=site.tls))
            self.failed = ""
        except PlatformError as error:
            self.failed = str(error)

    def member(self, tls: ServerTls | None) -> Member:
        """As it is now."""
        return Member(
            node_id=self.plan.node_id,
            phase=self.state.phase.value,
            grpc_address=self.plan.grpc_address,
            rest_address=self.plan.rest_address(secured=tls is not None),
            pid=self.pid,
            leads=tuple(sorted(self.sight.leads)),
            follows=tuple(sorted(self.sight.follows)),
            failures=self.state.failures,
            trouble=self.trouble,
        )


class Afar:
    """A broker that a joined host runs: what is wanted is asked of the host, which says what became of it.

    Args:
        plan: which it is.
        cluster_id: whose it is.
        hearsay: what hosts say.
    """

    def __init__(self, plan: BrokerPlan, cluster_id: str, hearsay: Hearsay) -> None:
        self.plan = plan
        self.wanted = False
        self._cluster_id = cluster_id
        self._hearsay = hearsay

    @property
    def alive(self) -> bool:
        """Whether its host says that it runs: of a silent host nobody waits for anything."""
        return self.pid is not None

    @property
    def pid(self) -> int | None:
        """Its process there."""
        word = self._word()
        return None if word is None else word.pid

    @property
    def settled(self) -> bool:
        """Whether nothing is about to happen to it."""
        return self._phase() == Phase.READY.value

    @property
    def sight(self) -> Sight:
        """What it said of itself to its host."""
        word = self._word()
        if word is None or word.pid is None:
            return NOTHING
        return Sight(ready=word.ready, leads=frozenset(word.leads), follows=frozenset(word.follows))

    @property
    def failed(self) -> str:
        """Why nothing is known of it."""
        if not self.wanted or self._hearsay.report(self.plan.machine) is not None:
            return ""
        return f"expected word from the host {self._hearsay.name(self.plan.machine)}, but it is silent"

    def member(self, tls: ServerTls | None) -> Member:
        """As its host says."""
        word = self._word()
        return Member(
            node_id=self.plan.node_id,
            phase=self._phase(),
            grpc_address=self.plan.grpc_address,
            rest_address=self.plan.rest_address(secured=tls is not None),
            pid=self.pid,
            leads=tuple(sorted(self.sight.leads)),
            follows=tuple(sorted(self.sight.follows)),
            failures=0 if word is None else word.failures,
            trouble=self.failed if word is None else word.trouble,
            host=self._hearsay.name(self.plan.machine),
        )

    def _phase(self) -> str:
        word = self._word()
        if word is None and self._hearsay.report(self.plan.machine) is None:
            return "unknown"
        return Phase.STOPPED.value if word is None else word.phase

    def _word(self) -> Word | None:
        return self._hearsay.word(self.plan.machine, self._cluster_id, self.plan.node_id)
