"""What a worker says about itself while it works: one small struct for each thing that can happen, and who hears them.

Emitted by `reception`, `execution`, `delivery` and `shift`, on the event loop, in the order in which things happen. The
hot path builds no event where nobody listens. Metrics, traces and views hook in here, with `Worker.observe`.
"""

import logging
from collections.abc import Callable
from typing import Final, Literal, TypeAlias

import msgspec

from c8py.errors import C8Error
from c8py.models.job import ActivatedJobResult

_log: Final = logging.getLogger("c8py.worker")

Way = Literal["poll", "stream"]
"""How a job came."""

Outcome = Literal["completed", "failed", "thrown", "handed_back"]
"""What the cluster was told of a job, and took."""

Loss = Literal["gone", "late", "refused", "abandoned"]
"""Why it was not: somebody else has it; its deadline passed; the cluster never will; the worker left before its end."""

Phase = Literal["new", "working", "draining", "stopped"]
"""Where a worker is in its life."""


class PhaseChanged(msgspec.Struct, frozen=True):
    """The worker began, was told to stop, or has stopped."""

    phase: Phase


class Polled(msgspec.Struct, frozen=True):
    """A poll came back.

    Attributes:
        type: of the jobs.
        asked: how many jobs it asked for.
        got: how many it brought.
        seconds: that it took.
    """

    type: str
    asked: int
    got: int
    seconds: float


class PollFailed(msgspec.Struct, frozen=True):
    """A poll failed; another one follows.

    Attributes:
        type: of the jobs.
        error: why.
        wait_s: seconds until the next one.
    """

    type: str
    error: C8Error
    wait_s: float


class StreamOpened(msgspec.Struct, frozen=True):
    """A stream of jobs was asked for."""

    type: str


class StreamClosed(msgspec.Struct, frozen=True):
    """A stream of jobs is over; it is opened again where the cluster offers streams.

    Attributes:
        type: of the jobs.
        error: why; None where it ended by itself.
        wait_s: seconds until it is opened again.
    """

    type: str
    error: C8Error | None
    wait_s: float


class Activated(msgspec.Struct, frozen=True):
    """A job came, and has its slot."""

    job: ActivatedJobResult
    way: Way


class HandlerStarted(msgspec.Struct, frozen=True):
    """The handler was called."""

    job: ActivatedJobResult


class HandlerEnded(msgspec.Struct, frozen=True):
    """The handler is through.

    Attributes:
        job: what it worked on.
        seconds: that it took, waiting for a thread or process included.
        error: what it raised; None where it returned.
    """

    job: ActivatedJobResult
    seconds: float
    error: BaseException | None


class Overdue(msgspec.Struct, frozen=True):
    """A handler is still running although its job may have been given to somebody else."""

    job: ActivatedJobResult


class Extended(msgspec.Struct, frozen=True):
    """The deadline of a job whose handler still runs was moved, or could not be.

    Attributes:
        job: of the handler.
        error: why it could not.
    """

    job: ActivatedJobResult
    error: C8Error | None


class ReportRetried(msgspec.Struct, frozen=True):
    """A job could not be reported this time; it is tried again.

    Attributes:
        job: that is done.
        error: why not.
        wait_s: seconds until the next attempt.
    """

    job: ActivatedJobResult
    error: C8Error
    wait_s: float


class Reported(msgspec.Struct, frozen=True):
    """The cluster was told, and took it.

    Attributes:
        job: that is done.
        outcome: what the cluster was told.
        seconds: of telling, retries included.
        attempts: how often it was tried.
    """

    job: ActivatedJobResult
    outcome: Outcome
    seconds: float
    attempts: int


class Lost(msgspec.Struct, frozen=True):
    """A job ended without the cluster taking its outcome from us.

    Attributes:
        job: that is lost to this worker.
        reason: in one word.
        error: the last one, if there was one.
    """

    job: ActivatedJobResult
    reason: Loss
    error: C8Error | None


class TokenTrouble(msgspec.Struct, frozen=True):
    """No token is to be had, so nothing can be asked or reported. Comes beside the event of what failed for it."""

    error: C8Error


Event: TypeAlias = (
    PhaseChanged
    | Polled
    | PollFailed
    | StreamOpened
    | StreamClosed
    | Activated
    | HandlerStarted
    | HandlerEnded
    | Overdue
    | Extended
    | ReportRetried
    | Reported
    | Lost
    | TokenTrouble
)
Observer: TypeAlias = Callable[[Event], None]
"""Hears every event, on the event loop: it must be quick, and must not block. What it raises is logged once."""


class Telling:
    """Tells events to whoever listens.

    Attributes:
        heard: whether anybody does; where not, the hot path need not build any event.
    """

    def __init__(self) -> None:
        self.heard = False
        self._observers: list[Observer] = []
        self._failed: set[int] = set()

    def add(self, observer: Observer) -> None:
        """One more who listens."""
        self._observers.append(observer)
        self.heard = True

    def remove(self, observer: Observer) -> None:
        """One less; unknown ones are passed over."""
        if observer in self._observers:
            self._observers.remove(observer)
        self.heard = bool(self._observers)

    def __call__(self, event: Event) -> None:
        """Tell everybody."""
        for observer in tuple(self._observers):
            try:
                observer(event)
            except Exception:  # noqa: BLE001  who watches must not stop who works
                if id(observer) not in self._failed:
                    self._failed.add(id(observer))
                    _log.exception("an observer of the worker failed; it is called on, and its errors not told again")
