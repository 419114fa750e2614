"""What joined hosts say of themselves and of the brokers that they run, and what they are told to run. No sockets.

A host that has said nothing for a while is silent: nothing is known of its brokers then, and none of them counts.
"""

from typing import Final

import msgspec

from c8py.base.clock import Clock
from c8py.server.brokers.plan import Machinery, Plan, Trust

_SILENT_AFTER_S: Final = 10.0


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """What a joined host says of one of its brokers.

    Attributes:
        cluster_id: whose it is.
        node_id: its number there.
        phase: where it is in its life.
        pid: its process; None where it does not run.
        ready: it has all its partitions.
        leads: the partitions that it leads.
        follows: the partitions that it copies.
        failures: deaths in a row.
        trouble: what hinders it, if that is known.
    """

    cluster_id: str
    node_id: int
    phase: str
    pid: int | None = None
    ready: bool = False
    leads: tuple[int, ...] = ()
    follows: tuple[int, ...] = ()
    failures: int = 0
    trouble: str = ""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a joined host says.

    Attributes:
        host: how the other hosts reach it.
        free_ports: where nobody listens there.
        brokers: those that it runs.
    """

    host: str
    free_ports: tuple[int, ...]
    brokers: tuple[Word, ...] = ()


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """One broker that a joined host is to look after.

    Attributes:
        plan: its cluster.
        node_id: which of its brokers.
        wanted: whether it shall run.
        trust: whose tokens it takes; None lets everybody in.
        secured: whether it shows a certificate to clients.
        deleted: its cluster is: it is ended, and its data are removed. By no other word are data ever removed.
    """

    plan: Plan
    node_id: int
    wanted: bool
    trust: Trust | None = None
    secured: bool = False
    deleted: bool = False


class Hearsay:
    """What has been heard.

    Args:
        clock: tells how long a host has been silent.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._names: dict[str, str] = {}
        self._heard: dict[str, tuple[float, Report]] = {}
        self._words: dict[tuple[str, str, int], Word] = {}

    def know(self, machine: str, name: str) -> None:
        """Learn what people call a host."""
        self._names[machine] = name

    def heard(self, machine: str, report: Report) -> None:
        """Take down what a host says."""
        self._heard[machine] = (self._clock.monotonic_s(), report)
        for known in [key for key in self._words if key[0] == machine]:
            del self._words[known]
        for word in report.brokers:
            self._words[machine, word.cluster_id, word.node_id] = word

    def forget(self, machine: str) -> None:
        """Know nothing of a host any longer."""
        self._names.pop(machine, None)
        if self._heard.pop(machine, None) is not None:
            self._words = {key: word for key, word in self._words.items() if key[0] != machine}

    def name(self, machine: str) -> str:
        """What people call a host."""
        return self._names.get(machine, machine)

    def report(self, machine: str) -> Report | None:
        """What a host said last; None where it is silent."""
        moment, report = self._heard.get(machine, (0.0, None))
        return None if report is None or self._clock.monotonic_s() - moment > _SILENT_AFTER_S else report

    def word(self, machine: str, cluster_id: str, node_id: int) -> Word | None:
        """The last word on a broker; None where its host is silent, or has not spoken of it."""
        return None if self.report(machine) is None else self._words.get((machine, cluster_id, node_id))

    def present(self) -> tuple[Machinery, ...]:
        """The hosts that brokers can be put on, in the order in which they joined."""
        found = ((machine, self.report(machine)) for machine in self._names)
        return tuple(
            Machinery(machine=machine, host=report.host, free_ports=report.free_ports)
            for machine, report in found
            if report is not None
        )
