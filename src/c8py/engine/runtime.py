"""The engine as outsiders see it: the only class the server builds.

Synchronous, single-threaded, deterministic. One thread calls it; `queries` alone may be used from others.
"""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from c8py.base.clock import Clock
from c8py.base.limits import COMMANDS_PER_RUN_MAX, DUE_PER_RUN_MAX, LOG_RECORDS_PER_SNAPSHOT
from c8py.engine.log import Database, Journal
from c8py.engine.readmodel import Queries
from c8py.engine.readmodel.projector import Projector
from c8py.engine.records import Answer, Command, Event
from c8py.engine.stream import Partition
from c8py.engine.stream.replay import digest
from c8py.engine.writers import JobStream, Push

__all__ = ["Engine", "JobStream", "Outcome", "Push"]

_PARTITION_SHIFT = 51

Export = Callable[[int, Sequence[Event]], None]
"""Told after each commit what happened: when (milliseconds since 1970), and the events in their order."""


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
    """One partition: its log, its state, its read model. Use `open`.

    Attributes:
        queries: the read model, as of the last commit; usable from any thread.
        partition_id: the upper bits of every key that this engine gives out.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        partition_id: int,
        *,
        records_per_snapshot: int,
        export: Export | None,
    ) -> None:
        self._export = export
        self._to_export: list[tuple[int, Sequence[Event]]] = []
        self.partition_id = partition_id
        self._database = database
        with database.transaction() as connection:
            self._projector = Projector(connection)
            journal = Journal(database)
        self._partition = Partition(
            journal,
            transaction=self._transaction,
            project=self._project,
            clock=clock,
            first_key=(partition_id << _PARTITION_SHIFT) + 1,
            records_per_snapshot=records_per_snapshot,
        )
        self.queries = Queries(database.readers())

    @classmethod
    def open(
        cls,
        path: Path | None,
        *,
        clock: Clock,
        partition_id: int = 1,
        durable: bool = True,
        records_per_snapshot: int = LOG_RECORDS_PER_SNAPSHOT,
        export: Export | None = None,
    ) -> "Engine":
        """Open the folder's engine, making it if there is none; `None` keeps nothing beyond its life.

        Args:
            path: a folder of its own.
            clock: the only source of time.
            partition_id: the upper 13 bits of every key.
            durable: False trades the fsync of each commit for speed; a crash of the machine may lose the last commits.
            export: told of everything that happens from now on; not of what was before.
            records_per_snapshot: after how many events the state is written as a whole and the log begins anew.

        Raises:
            PlatformError: the folder cannot be used, is in use, or is not ours.
        """
        database = Database.open(path, durable=durable)
        try:
            with database.problems():
                return cls(database, clock, partition_id, records_per_snapshot=records_per_snapshot, export=export)
        except BaseException:
            database.close()
            raise

    def run(self, commands: Sequence[Command]) -> Outcome:
        """Process the commands, in order, and everything that follows of them, in one durable commit.

        Raises:
            ValueError: there are more commands than COMMANDS_PER_RUN_MAX.
            PlatformError: the commit failed (a full disk); it is as if the run had never been.
        """
        if len(commands) > COMMANDS_PER_RUN_MAX:
            raise ValueError(f"expected at most {COMMANDS_PER_RUN_MAX} commands in a run, but got {len(commands)}")
        return Outcome(*self._partition.run(commands))

    def run_due(self) -> Outcome:
        """Do what is due now: job timeouts and ended back-offs, at most DUE_PER_RUN_MAX of them.

        Raises:
            PlatformError: the commit failed; it is as if the run had never been.
        """
        return Outcome(*self._partition.run_due(DUE_PER_RUN_MAX))

    def due_at_ms(self) -> int | None:
        """When `run_due` has something to do next, in milliseconds since 1970; None if nothing waits for time."""
        return self._partition.tables.due_at_ms()

    def open_stream(self, stream: JobStream) -> int:
        """Push jobs that become activatable from now on; gives the id of the stream."""
        return self._partition.streams.open(stream)

    def close_stream(self, stream_id: int) -> None:
        """Push no more; an unknown id is ignored. Jobs pushed and not delivered are given back by `JobIntent.YIELD`."""
        self._partition.streams.close(stream_id)

    def forget(self, request: int) -> None:
        """Nobody waits any more for the result of the instance that this request created."""
        self._partition.forget(request)

    def digest(self) -> str:
        """Equal for equal states, whatever the way that led there; for tests and support."""
        return digest(self._partition.tables, self._partition.last_key)

    @property
    def position(self) -> int:
        """How many events there have been."""
        return self._partition.position

    def close(self) -> None:
        """Close the files. Everything acknowledged is in them already."""
        self.queries.close()
        self._database.close()

    def _project(self, now_ms: int, events: Sequence[Event]) -> None:
        self._projector.project(now_ms, events)
        if self._export is not None:
            self._to_export.append((now_ms, events))

    @contextmanager
    def _transaction(self) -> Generator[None]:
        try:
            with self._database.transaction():
                yield
                self._projector.flush()
        except BaseException:
            self._to_export.clear()
            raise
        finally:
            self._projector.clear()
        if self._export is not None:
            committed, self._to_export = self._to_export, []
            for now_ms, events in committed:
                self._export(now_ms, events)
