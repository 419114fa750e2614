"""The engine as outsiders see it: the only class the server builds.

Synchronous, single-threaded, deterministic. One thread calls it; `queries` alone may be used from others.
"""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from c8py.base.clock import Clock
from c8py.engine.readmodel import Queries
from c8py.engine.records import DEFAULT_TENANT, Answer, Command, JobRecord

__all__ = ["Engine", "JobStream", "Outcome", "Push"]


class JobStream(msgspec.Struct, frozen=True, kw_only=True):
    """Who wants jobs of a type pushed as they become activatable.

    Attributes:
        timeout_ms: how long a pushed job is locked.
        fetch_variables: names wanted; empty means all visible ones.
    """

    type: str
    worker: str
    timeout_ms: int
    fetch_variables: tuple[str, ...] = ()
    tenant_ids: tuple[str, ...] = (DEFAULT_TENANT,)


class Push(msgspec.Struct, frozen=True):
    """A job that is activated already and belongs to this stream; give it back with `JobIntent.YIELD` if it is gone."""

    stream_id: int
    job_key: int
    job: JobRecord


class Outcome(msgspec.Struct, frozen=True):
    """What is to be done after the commit.

    Attributes:
        answers: to commands of this run, or of earlier ones that waited for their result.
        available: job types of which jobs became activatable that no stream took.
        pushed: jobs for streams.
    """

    answers: tuple[Answer, ...] = ()
    available: frozenset[str] = frozenset()
    pushed: tuple[Push, ...] = ()


class Engine:
    """One partition: its log, its state, its read model."""

    queries: Queries

    @classmethod
    def open(cls, path: Path | None, *, clock: Clock, partition_id: int = 1, durable: bool = True) -> "Engine":
        """Open the folder's engine, making it if there is none; `None` keeps everything in memory.

        Args:
            path: a folder of its own.
            clock: the only source of time.
            partition_id: the upper 13 bits of every key.
            durable: False trades the fsync of each commit for speed; a crash of the machine may lose the last commits.

        Raises:
            PlatformError: the folder cannot be used, is in use, or is not ours.
        """
        raise NotImplementedError

    def run(self, commands: Sequence[Command]) -> Outcome:
        """Process the commands, in order, and everything that follows of them, in one durable commit."""
        raise NotImplementedError

    def run_due(self) -> Outcome:
        """Do everything that is due now: job timeouts and ended back-offs."""
        raise NotImplementedError

    def due_at_ms(self) -> int | None:
        """When `run_due` has something to do next, in milliseconds since 1970; None if nothing waits for time."""
        raise NotImplementedError

    def open_stream(self, stream: JobStream) -> int:
        """Push jobs that become activatable from now on; gives the id of the stream."""
        raise NotImplementedError

    def close_stream(self, stream_id: int) -> None:
        """Push no more; an unknown id is ignored. Jobs pushed and not delivered are given back by `JobIntent.YIELD`."""
        raise NotImplementedError

    def forget(self, request: int) -> None:
        """Nobody waits any more for the result of the instance that this request created."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the files. Everything acknowledged is in them already."""
        raise NotImplementedError
