"""The books of a worker: what each job type has seen, how it stands now, and why no jobs come.

Written on the hot path by `reception`, `execution` and `delivery` as plain numbers; read as frozen snapshots by
whoever reports on the worker: statistics, health, metrics, status, the live view.
"""

from typing import Final

import msgspec

from c8py.base.clock import Clock
from c8py.base.redact import redact
from c8py.worker.events import Phase

_ERROR_CHARS: Final = 400
_PHASES: Final[dict[Phase, str]] = {
    "new": "not started yet",
    "working": "",
    "draining": "told to stop",
    "stopped": "stopped",
}


class TypeState(msgspec.Struct, frozen=True, kw_only=True):
    """How one job type stands.

    Attributes:
        type: of the jobs.
        capacity: how many of its jobs may be held at once.
        open: how many are held now: waiting for a thread, being worked on, being reported.
        running: how many handlers are running now.
        received: jobs that came, in all; the same holds for the numbers below.
        completed: reported as done.
        failed: reported as failed.
        thrown: reported as the model's own error.
        handed_back: never started, given back.
        gone: finished, but no longer ours.
        unreported: finished, but nobody could be told: refused, or the deadline passed.
        abandoned: still running when the worker left.
        retried: attempts to report that failed and were made again.
        streaming: whether a stream of jobs is open.
        reached: whether the last poll or stream was answered.
        last_job_at_ms: when the last job came, in milliseconds since 1970; None for never.
        last_poll_at_ms: when the last poll was answered.
        last_error: what went wrong last, of whatever kind, without secrets; empty for nothing.
        last_error_at_ms: when.
        idle: why no jobs come, in words; empty while jobs are being worked on.
    """

    type: str
    capacity: int
    open: int = 0
    running: int = 0
    received: int = 0
    completed: int = 0
    failed: int = 0
    thrown: int = 0
    handed_back: int = 0
    gone: int = 0
    unreported: int = 0
    abandoned: int = 0
    retried: int = 0
    streaming: bool = False
    reached: bool = False
    last_job_at_ms: int | None = None
    last_poll_at_ms: int | None = None
    last_error: str = ""
    last_error_at_ms: int | None = None
    idle: str = ""


class WorkerState(msgspec.Struct, frozen=True, kw_only=True):
    """How a worker stands.

    Attributes:
        name: shown in Operate.
        phase: new, working, draining or stopped.
        ready: it works, and the cluster answers for at least one of its types. For readiness probes.
        capacity: how many jobs it holds at most.
        taken: slots that are taken now: by jobs, and by polls that wait for some.
        types: each by itself.
    """

    name: str
    phase: Phase
    ready: bool
    capacity: int
    taken: int
    types: tuple[TypeState, ...]


class Statistics(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker has done so far, all its types together.

    Attributes:
        received: jobs that came.
        completed: reported as done.
        failed: reported as failed.
        thrown: reported as the model's own error.
        handed_back: never started, given back.
        gone: finished, but no longer ours.
        unreported: finished, but nobody could be told: refused, or the deadline passed.
        abandoned: still running when the worker left.
        open: held at the moment.
    """

    received: int = 0
    completed: int = 0
    failed: int = 0
    thrown: int = 0
    handed_back: int = 0
    gone: int = 0
    unreported: int = 0
    abandoned: int = 0
    open: int = 0


class Ledger:
    """The books of one job type. Its numbers are attributes, for the hot path adds one to them and does no more.

    Args:
        type_: of the jobs.
        capacity: how many may be held at once.
        clock: tells when things happened.
    """

    __slots__ = (
        *("_clock", "abandoned", "capacity", "completed", "error", "error_at_ms", "failed", "gone", "handed_back"),
        *("job_at_ms", "open", "poll_at_ms", "reached", "received", "retried", "streaming", "thrown"),
        *("trouble", "type", "unreported"),
    )

    def __init__(self, type_: str, capacity: int, clock: Clock) -> None:
        self._clock = clock
        self.type = type_
        self.capacity = capacity
        self.open = 0
        self.received = self.completed = self.failed = self.thrown = self.handed_back = 0
        self.gone = self.unreported = self.abandoned = self.retried = 0
        self.streaming = self.reached = False
        self.job_at_ms: int | None = None
        self.poll_at_ms: int | None = None
        self.error = ""
        self.error_at_ms: int | None = None
        self.trouble = ""

    def came(self) -> None:
        """A job came."""
        self.received += 1
        self.open += 1
        self.job_at_ms = self._clock.now_ms()

    def answered(self) -> None:
        """A poll was answered."""
        self.reached, self.trouble = True, ""
        self.poll_at_ms = self._clock.now_ms()

    def unanswered(self, error: BaseException) -> None:
        """A poll failed, so no jobs come."""
        self.reached = False
        self.went_wrong(error)
        self.trouble = self.error

    def went_wrong(self, error: BaseException | str) -> None:
        """Something did; it stays in the books until something else does."""
        text = redact(str(error) or type(error).__name__)
        self.error = text if len(text) <= _ERROR_CHARS else text[: _ERROR_CHARS - 1] + "…"
        self.error_at_ms = self._clock.now_ms()

    def snapshot(self, phase: Phase, *, running: int, free: int) -> TypeState:
        """How it stands.

        Args:
            phase: of the worker.
            running: how many handlers of this type are running.
            free: slots of the whole worker that are free.
        """
        return TypeState(
            type=self.type,
            capacity=self.capacity,
            open=self.open,
            running=running,
            received=self.received,
            completed=self.completed,
            failed=self.failed,
            thrown=self.thrown,
            handed_back=self.handed_back,
            gone=self.gone,
            unreported=self.unreported,
            abandoned=self.abandoned,
            retried=self.retried,
            streaming=self.streaming,
            reached=self.reached,
            last_job_at_ms=self.job_at_ms,
            last_poll_at_ms=self.poll_at_ms,
            last_error=self.error,
            last_error_at_ms=self.error_at_ms,
            idle=self._idle(phase, free),
        )

    def _idle(self, phase: Phase, free: int) -> str:
        nothing_there = "the cluster has no jobs of this type" + (" (a stream is open)" if self.streaming else "")
        reasons = (
            (phase != "working", _PHASES[phase]),
            (bool(self.trouble), f"the cluster cannot be asked: {self.trouble}"),
            (self.open >= self.capacity, f"full: all {self.capacity} slots of this type are taken"),
            (self.open > 0, ""),
            (free < 1, "full: jobs of other types, or polls for them, have taken all slots"),
            (self.poll_at_ms is None, "no poll has been answered yet"),
        )
        return next((words for holds, words in reasons if holds), nothing_there)


def totals(ledgers: tuple[Ledger, ...]) -> Statistics:
    """All types together."""
    names = Statistics.__struct_fields__
    return Statistics(**{name: sum(int(getattr(ledger, name)) for ledger in ledgers) for name in names})
