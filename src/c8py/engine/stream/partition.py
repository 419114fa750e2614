"""One partition at work. The only place where events reach the log and the state, and where they are taken back.

A command and all that follows of it is a unit: it happens as a whole or not at all. The units of a run are committed
together; only then does anybody hear of them.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple

import msgspec

from c8py.base.clock import Clock
from c8py.base.limits import FOLLOW_UPS_PER_COMMAND_MAX, LOG_RECORDS_PER_SNAPSHOT, UNIT_BYTES_MAX
from c8py.engine.appliers import LATEST
from c8py.engine.log import Journal, Snapshot, Unit, encode_batch, encode_unit
from c8py.engine.processors import process, step
from c8py.engine.records import Answer, Command, Event, Intent, JobIntent, JobRecord, Record, RejectionType
from c8py.engine.state.entities import JobState
from c8py.engine.state.tables import Image
from c8py.engine.stream.replay import restored
from c8py.engine.writers import JobStreams, Push, Writers

_logger = logging.getLogger("c8py.engine")
_images = msgspec.msgpack.Encoder()

Project = Callable[[int, Sequence[Event]], None]
"""Told of each committed unit (when, and its events), within the transaction of the log."""


class Said(NamedTuple):
    """What a run leaves to be told."""

    answers: tuple[Answer, ...]
    available: frozenset[str]
    pushed: tuple[Push, ...]


class _Done(NamedTuple):
    now_ms: int
    events: Sequence[Event]
    payload: msgspec.Raw


class Partition:
    """State, log and voices of one partition.

    Args:
        journal: where the events go; what it holds already is replayed.
        transaction: makes what happens inside durable as a whole.
        project: told of each unit before its commit.
        clock: gives the time of each run.
        first_key: keys grow from here.
        records_per_snapshot: how many events make a new snapshot worth its price.
    """

    def __init__(
        self,
        journal: Journal,
        *,
        transaction: Callable[[], AbstractContextManager[object]],
        project: Project,
        clock: Clock,
        first_key: int,
        records_per_snapshot: int = LOG_RECORDS_PER_SNAPSHOT,
    ) -> None:
        self._journal = journal
        self._transaction = transaction
        self._project = project
        self._clock = clock
        self._records_per_snapshot = records_per_snapshot
        self.streams = JobStreams()
        self.tables, self._position, last_key, self._since_snapshot = restored(journal, first_key - 1)
        self._out = Writers(self._apply, self.streams, last_key)

    @property
    def position(self) -> int:
        """How many events there have been."""
        return self._position

    @property
    def last_key(self) -> int:
        """The last key that was given out."""
        return self._out.last_key

    def run(self, commands: Iterable[Command]) -> Said:
        """Process the commands in order, and commit.

        Raises:
            PlatformError: the commit failed; it is as if the run had never been.
        """
        return self._run(commands, self._clock.now_ms())

    def run_due(self, limit: int) -> Said:
        """Do what is due now, at most so much of it, and commit.

        Raises:
            PlatformError: the commit failed; it is as if the run had never been.
        """
        # One reading of the clock: were it set back in between, what was taken as due would not be and get lost.
        now_ms = self._clock.now_ms()
        return self._run(self._due_commands(now_ms, limit), now_ms)

    def _run(self, commands: Iterable[Command], now_ms: int) -> Said:
        out, tables = self._out, self.tables
        out.now_ms = now_ms
        mark, said = tables.mark(), out.mark()
        try:
            done = [unit for unit in map(self._process, commands) if unit is not None]
            if done:
                self._commit(done)
        except BaseException:
            tables.take_back(mark)
            out.take_back(said)
            out.clear()
            raise
        tables.keep()
        available = frozenset(job_type for job_type in out.available if len(tables.activatable(job_type)))
        result = Said(tuple(out.answers), available, tuple(out.pushed))
        out.clear()
        return result

    def _due_commands(self, now_ms: int, limit: int) -> list[Command]:
        commands: list[Command] = []
        for job_key in self.tables.take_due(now_ms):
            timed_out = self.tables.jobs[job_key].state is JobState.ACTIVATED
            intent = JobIntent.TIME_OUT if timed_out else JobIntent.RECUR_AFTER_BACKOFF
            commands.append(Command(intent, JobRecord(), job_key))
            if len(commands) >= limit:
                break
        return commands

    def forget(self, request: int) -> None:
        """Nobody waits for this request any more."""
        self._out.forget(request)

    def _apply(self, intent: Intent, key: int, value: Record) -> int:
        version, applier = LATEST[intent]
        applier(self.tables, key, value)
        return version

    def _process(self, command: Command) -> _Done | None:
        out, tables = self._out, self.tables
        mark, said = tables.mark(), out.mark()
        out.events = []
        try:
            process(command, tables, out)
            self._follow_up()
            if not out.events:
                return None
            payload = encode_unit(Unit(out.now_ms, out.last_key, out.events))
        except Exception as error:  # noqa: BLE001  a bug in one command must not stop the partition
            tables.take_back(mark)
            out.take_back(said)
            self._refuse(command, error)
            return None
        if len(bytes(payload)) > UNIT_BYTES_MAX:
            tables.take_back(mark)
            out.take_back(said)
            reason = f"expected the events of a command to fit into {UNIT_BYTES_MAX} bytes, but they are larger"
            out.reject(command, RejectionType.EXCEEDED_BATCH_RECORD_SIZE, reason)
            return None
        return _Done(out.now_ms, out.events, payload)

    def _follow_up(self) -> None:
        out, left = self._out, FOLLOW_UPS_PER_COMMAND_MAX
        while out.follow_ups:
            if not left:
                raise RuntimeError(f"expected a command to come to rest, but after {FOLLOW_UPS_PER_COMMAND_MAX} steps")
            left -= 1
            step(out.follow_ups.popleft(), self.tables, out)

    def _refuse(self, command: Command, error: Exception) -> None:
        # Numbers beyond 64 bits and broken text reach us as variables; they are the sender's fault, all else is ours.
        if isinstance(error, OverflowError | UnicodeError):
            reason = f"expected variables that can be stored, but {error}"
            self._out.reject(command, RejectionType.INVALID_ARGUMENT, reason)
            return
        _logger.error("command %r failed and was taken back", command.intent, exc_info=error)
        reason = f"expected to process the command, but the engine failed: {error!r}; please report this"
        self._out.reject(command, RejectionType.PROCESSING_ERROR, reason)

    def _commit(self, done: Sequence[_Done]) -> None:
        count = sum(len(unit.events) for unit in done)
        position = self._position + count
        with self._transaction():
            self._journal.append(position, encode_batch([unit.payload for unit in done]))
            for unit in done:
                self._project(unit.now_ms, unit.events)
            since = self._since_snapshot + count
            if since >= max(self._records_per_snapshot, 2 * self.tables.size):
                self._journal.replace(Snapshot(position, self.last_key, encode_image(self.tables.image())))
                since = 0
        self._position, self._since_snapshot = position, since


def encode_image(image: Image) -> bytes:
    """A snapshot's payload."""
    return _images.encode(image)
