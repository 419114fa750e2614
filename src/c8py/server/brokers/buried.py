"""Clusters that are deleted: what joined hosts are told so, until each has let go of its brokers.

A host removes data by such a word alone. That a platform does not name a cluster says nothing: it may know it no longer
because its own folder came out of a backup of yesterday. Called by fleet.
"""

from collections.abc import Container
from pathlib import Path
from typing import Final

import msgspec

from c8py.base import limits
from c8py.errors import PlatformError
from c8py.server.brokers.hearsay import Report, Work
from c8py.server.brokers.plan import Plan

_FILE: Final = "deleted.json"


class Buried:
    """Their plans, kept in a file.

    Args:
        folder: of all clusters; the file is in it.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / _FILE
        self._plans: tuple[Plan, ...] = ()
        self._told: set[tuple[str, str]] = set()

    def load(self, living: Container[str]) -> None:
        """Go on where an earlier platform left off.

        Args:
            living: the ids of clusters that there are: of these nobody is told that they are deleted.

        Raises:
            PlatformError: the file cannot be read.
        """
        try:
            raw = self._file.read_bytes() if self._file.exists() else b"[]"
            found = msgspec.json.decode(raw, type=tuple[Plan, ...])
        except (OSError, msgspec.MsgspecError) as error:
            raise PlatformError(f"expected to read {self._file}, but: {error}", hint="check the folder") from error
        self._plans = tuple(one for one in found if one.cluster_id not in living)

    def bury(self, plan: Plan) -> None:
        """A cluster is deleted; one without brokers on joined hosts is nobody's concern.

        Raises:
            PlatformError: it cannot be written down.
        """
        if any(one.machine for one in plan.brokers):
            others = tuple(one for one in self._plans if one.cluster_id != plan.cluster_id)
            self._keep((*others, plan)[-limits.CLUSTERS_BURIED_MAX :])

    def work_of(self, machine: str, report: Report) -> tuple[Work, ...]:
        """What a joined host is to remove; what it was told of and no longer speaks of is done.

        Raises:
            PlatformError: that cannot be written down.
        """
        there = {word.cluster_id for word in report.brokers}
        done = {
            one.cluster_id
            for one in self._plans
            if (machine, one.cluster_id) in self._told and one.cluster_id not in there
        }
        self._forget(machine, done)
        work = tuple(
            Work(plan=plan, node_id=broker.node_id, wanted=False, deleted=True)
            for plan in self._plans
            for broker in plan.brokers
            if broker.machine == machine
        )
        self._told |= {(machine, one.plan.cluster_id) for one in work}
        return work

    def forget(self, machine: str) -> None:
        """A host is known no longer: nobody tells it anything.

        Raises:
            PlatformError: that cannot be written down.
        """
        self._forget(machine, {one.cluster_id for one in self._plans})

    def _forget(self, machine: str, cluster_ids: set[str]) -> None:
        """A host has nothing more to do with these clusters; whom no host has anything to do with is forgotten."""
        left: list[Plan] = []
        for plan in self._plans:
            brokers = tuple(one for one in plan.brokers if plan.cluster_id not in cluster_ids or one.machine != machine)
            if any(one.machine for one in brokers):
                left.append(msgspec.structs.replace(plan, brokers=brokers))
        if tuple(left) != self._plans:
            self._keep(tuple(left))

    def _keep(self, plans: tuple[Plan, ...]) -> None:
        beside = self._file.with_name(_FILE + ".new")
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            beside.write_bytes(msgspec.json.encode(plans))
            beside.replace(self._file)
        except OSError as error:
            raise PlatformError(f"expected to write {self._file}, but: {error}", hint="check the disk") from error
        self._plans = plans
