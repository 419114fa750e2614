"""When to ask for jobs, and how: polls while there is a backlog, a stream while jobs trickle.

Pure: hears what polls and streams brought, says how long to wait and what to ask next. One of these per job type.

A pushed job costs the client almost three times what a job of a full poll costs, and at low rates it is the other way
round. So a worker polls until a poll comes back with room to spare; from then on a stream carries the trickle, and
short polls catch what was not pushed: at once whenever the worker had been full (the gateway gave up pushing
meanwhile), and now and then. Long polls are for clusters without streams.
"""

import sys
from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from c8py.base.backoff import Backoff
from c8py.base.limits import WORKER_IDLE_POLL_S, WORKER_POLL_S, WORKER_RECOVERY_POLL_S
from c8py.errors import (
    AuthError,
    C8Error,
    ConfigError,
    InvalidArgument,
    NotSupported,
    PermissionDenied,
    ResourceExhausted,
    Unauthenticated,
)

AT_ONCE_S: Final = -1.0  # a poll that does not wait for jobs
_TROUBLE: Final = Backoff(initial_s=0.2, factor=2.0, max_s=15.0, attempts_max=sys.maxsize)
_PRESSURE: Final = Backoff(initial_s=0.05, factor=1.5, max_s=1.0, attempts_max=sys.maxsize)
_QUIET: Final = Backoff(initial_s=0.05, factor=2.0, max_s=1.0, attempts_max=sys.maxsize)
_PRESSURE_IS_NORMAL: Final = 4


class Pause(msgspec.Struct, frozen=True):
    """What to do before the next poll.

    Attributes:
        least_s: wait so long in any case.
        most_s: then wait up to so long in all, but poll as soon as a full worker has room again.
    """

    least_s: float = 0.0
    most_s: float = 0.0


GO_ON: Final = Pause()


class Intake:
    """The decisions of one job type.

    Args:
        uniform: gives numbers from 0.0 to 1.0, for jitter.
        streams: whether streams are wanted at all.
        poll_s: how long a poll waits for jobs where there is no stream; None is our own measure.
    """

    def __init__(self, uniform: Callable[[], float], *, streams: bool = True, poll_s: float | None = None) -> None:
        self._uniform = uniform
        self._streams = streams
        self._poll_s = WORKER_POLL_S if poll_s is None else poll_s
        self._away = False
        self._backlog = True
        self._since_open = False
        self._reached = False
        self._poll_failures = 0
        self._stream_failures = 0
        self._trouble: Iterator[float] = iter(())
        self._stream_trouble: Iterator[float] = iter(())
        self._quiet: Iterator[float] = _QUIET.waits(uniform)

    @property
    def offers_streams(self) -> bool:
        """Whether the cluster has not said that it knows no streams."""
        return self._streams

    @property
    def wants_stream(self) -> bool:
        """Whether jobs trickle, so that a stream should be open."""
        return self._streams and not self._backlog

    @property
    def long_polls(self) -> bool:
        """Whether the next poll waits for jobs, and so holds its slots for a while."""
        return self.poll_wait_s > 0

    @property
    def poll_wait_s(self) -> float:
        """How long the next poll waits for jobs, in seconds; negative: not at all."""
        if self._backlog or (self._streams and not self._away):
            return AT_ONCE_S
        return WORKER_RECOVERY_POLL_S if self._streams else self._poll_s

    def polled(self, asked: int, got: int) -> Pause:
        """A poll came back.

        Args:
            asked: how many jobs it asked for.
            got: how many it brought.
        """
        self._reached = True
        self._poll_failures = 0
        self._backlog = got >= asked
        if got:
            self._quiet = _QUIET.waits(self._uniform)
        if self._backlog or not self._streams or self._away:
            return GO_ON
        if self._since_open:
            # Jobs that came between the last poll and the stream's registration are pushed to nobody.
            self._since_open = False
            return Pause(0.05, 0.05)
        return Pause(0.0 if got else next(self._quiet), WORKER_IDLE_POLL_S * (0.75 + self._uniform() / 2))

    def poll_failed(self, error: C8Error) -> tuple[Pause, bool]:
        """A poll failed.

        Returns:
            What to do next, and whether to tell the person: once per row of failures.
        """
        pressure = isinstance(error, ResourceExhausted)
        if self._poll_failures == 0:
            self._trouble = (_PRESSURE if pressure else _TROUBLE).waits(self._uniform)
        self._poll_failures += 1
        wait_s = max(next(self._trouble), getattr(error, "retry_after_s", 0.0))
        # A cluster under load refuses polls now and then; only a row of refusals is news.
        tell_at = _PRESSURE_IS_NORMAL if pressure else 1
        return Pause(wait_s, wait_s), self._poll_failures == tell_at

    @property
    def has_reached(self) -> bool:
        """Whether anything has ever been answered."""
        return self._reached

    @property
    def in_trouble(self) -> bool:
        """Whether the last poll failed."""
        return self._poll_failures > 0

    def is_hopeless(self, error: C8Error) -> bool:
        """Whether a refusal means that this worker was set up wrongly: nothing has ever worked, and this never will."""
        refused = (PermissionDenied, Unauthenticated, InvalidArgument, NotSupported, ConfigError)
        return not self._reached and (
            isinstance(error, refused) or (isinstance(error, AuthError) and not error.retryable)
        )

    def stream_opened(self) -> None:
        """A stream was asked for."""
        self._away = False
        self._since_open = True

    def stream_pushed(self) -> None:
        """A job came over the stream."""
        self._reached = True
        self._stream_failures = 0
        self._quiet = _QUIET.waits(self._uniform)

    def stream_ended(self, error: C8Error | None) -> tuple[float, bool]:
        """The stream is over.

        Returns:
            Seconds until it is opened again, and whether to tell the person.
        """
        self._away = True
        # No gRPC at this cluster, no address of it in the settings, or no such call: all the same.
        if isinstance(error, (NotSupported, ConfigError)):
            self._streams = False
            return 0.0, True
        if self._stream_failures == 0:
            self._stream_trouble = _TROUBLE.waits(self._uniform)
        self._stream_failures += 1
        return next(self._stream_trouble), error is not None and self._stream_failures == 1
