"""How the processes of a worker stand, each by itself: what `/status` of all of them says, and the live view shows."""

from typing import Literal

import msgspec

from c8py.worker.ledger import WorkerState

FleetPhase = Literal["working", "draining"]


class ProcessState(msgspec.Struct, frozen=True, kw_only=True):
    """How one process stands.

    Attributes:
        process: its place, from 1 on.
        pid: of the process that has the place now; None while another one is about to start, or where nobody asked.
        starts: how many had the place so far, the present one included.
        answers: whether it says how it is: its event loop turns.
        state: what it says; None where it says nothing.
    """

    process: int
    pid: int | None
    starts: int
    answers: bool
    state: WorkerState | None


class FleetState(msgspec.Struct, frozen=True, kw_only=True):
    """How all of them stand.

    Attributes:
        phase: whether they work, or were told to stop.
        ready: each of them is there, works, and is answered by the cluster.
        processes: in the order of their places.
    """

    phase: FleetPhase
    ready: bool
    processes: tuple[ProcessState, ...]

    @property
    def silent(self) -> list[int]:
        """Places whose process is there and does not answer."""
        return [one.process for one in self.processes if one.pid is not None and not one.answers]


def alone(state: WorkerState) -> FleetState:
    """One worker in the form of many."""
    process = ProcessState(process=1, pid=None, starts=1, answers=True, state=state)
    phase: FleetPhase = "working" if state.phase in {"new", "working"} else "draining"
    return FleetState(phase=phase, ready=state.ready, processes=(process,))
