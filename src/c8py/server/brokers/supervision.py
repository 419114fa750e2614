"""When a broker is started, asked to end, killed, or left alone. Pure: it is told what was seen and when.

A broker that dies is started again after a pause that grows with each failure in a row; one that has run well for a
while has its failures forgiven. A broker that somebody else started (the platform before its restart) is adopted as it
is: nothing here ever ends a broker that is wanted, but for one that never became ready.
"""

from enum import StrEnum
from typing import Final, Literal

import msgspec

Action = Literal["nothing", "start", "terminate", "kill"]


class Phase(StrEnum):
    """Where a broker is in its life."""

    STOPPED = "stopped"
    STARTING = "starting"
    READY = "ready"
    STOPPING = "stopping"
    WAITING = "waiting"


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """How patient the supervision is, in seconds.

    Attributes:
        pause_s: before the first start after a failure; twice that before the second, and so on …
        pause_s_max: … up to this.
        stable_s: ready for so long, a broker's failures are forgiven.
        start_s_max: a broker that is not ready by then is started anew.
        stop_s_max: a broker that has not ended by then is killed.
        look_s: between two looks at the brokers …
        settled_look_s: … and when all of them are ready.
    """

    pause_s: float = 1.0
    pause_s_max: float = 60.0
    stable_s: float = 60.0
    start_s_max: float = 600.0
    stop_s_max: float = 60.0
    look_s: float = 0.5
    settled_look_s: float = 1.0


class Seen(msgspec.Struct, frozen=True):
    """What was seen of a broker just now.

    Attributes:
        alive: its process runs.
        ready: it says that it is ready.
    """

    alive: bool
    ready: bool


class Supervised(msgspec.Struct, frozen=True, kw_only=True):
    """What is remembered of a broker.

    Attributes:
        phase: where it is.
        since_s: since when, on the monotonic clock.
        failures: in a row.
        resume_s: when a waiting one is started.
    """

    phase: Phase = Phase.STOPPED
    since_s: float = 0.0
    failures: int = 0
    resume_s: float = 0.0


POLICY: Final = Policy()


def step(
    broker: Supervised, seen: Seen, *, wanted: bool, now_s: float, policy: Policy = POLICY
) -> tuple[Supervised, Action]:
    """What becomes of a broker, and what is to be done now.

    Args:
        broker: as it was.
        seen: as it is.
        wanted: whether it shall run.
        now_s: of the monotonic clock.
        policy: how patient to be.
    """
    if wanted:
        return _running(broker, now_s, policy, ready=seen.ready) if seen.alive else _absent(broker, now_s, policy)
    return _ending(broker, now_s, policy) if seen.alive else (_to(broker, Phase.STOPPED, now_s, failures=0), "nothing")


def _running(broker: Supervised, now_s: float, policy: Policy, *, ready: bool) -> tuple[Supervised, Action]:
    """It is wanted and it runs."""
    if broker.phase is Phase.READY:
        # A broker without a majority says that it is not ready; ending it would only make that worse.
        forgiven = ready and now_s - broker.since_s >= policy.stable_s
        return (msgspec.structs.replace(broker, failures=0) if forgiven else broker), "nothing"
    if ready:
        return _to(broker, Phase.READY, now_s), "nothing"
    if broker.phase is Phase.STARTING:
        late = now_s - broker.since_s >= policy.start_s_max
        return broker, "kill" if late else "nothing"
    # Found running: adopted, or wanted again while it was ending; in that case its end is seen and it is started anew.
    return _to(broker, Phase.STARTING, now_s), "nothing"


def _absent(broker: Supervised, now_s: float, policy: Policy) -> tuple[Supervised, Action]:
    """It is wanted and it does not run."""
    if broker.phase in {Phase.STARTING, Phase.READY}:
        stable = broker.phase is Phase.READY and now_s - broker.since_s >= policy.stable_s
        failures = 1 if stable else broker.failures + 1
        pause_s = min(policy.pause_s * 2.0 ** min(failures - 1, 30), policy.pause_s_max)
        waiting = _to(broker, Phase.WAITING, now_s, failures=failures)
        return msgspec.structs.replace(waiting, resume_s=now_s + pause_s), "nothing"
    if broker.phase is Phase.WAITING and now_s < broker.resume_s:
        return broker, "nothing"
    return _to(broker, Phase.STARTING, now_s), "start"


def _ending(broker: Supervised, now_s: float, policy: Policy) -> tuple[Supervised, Action]:
    """It is not wanted and it runs."""
    if broker.phase is not Phase.STOPPING:
        return _to(broker, Phase.STOPPING, now_s), "terminate"
    return broker, "kill" if now_s - broker.since_s >= policy.stop_s_max else "nothing"


def _to(broker: Supervised, phase: Phase, now_s: float, *, failures: int | None = None) -> Supervised:
    if broker.phase is phase and failures in {None, broker.failures}:
        return broker
    return Supervised(phase=phase, since_s=now_s, failures=broker.failures if failures is None else failures)
