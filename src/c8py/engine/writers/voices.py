"""How processors speak. An event is applied the moment it is written; everything else waits for the commit."""

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from c8py.engine.records import (
    Answer,
    Command,
    Event,
    Intent,
    JobRecord,
    ProcessInstanceRecord,
    Record,
    Rejection,
    RejectionType,
    Response,
    Variables,
)
from c8py.engine.writers.streams import JobStream, JobStreams, Push

Apply = Callable[[Intent, int, Record], int]
"""Changes the state; gives the version of the applier that did."""


class ElementCommand(NamedTuple):
    """What is to happen to an element next, as part of the command that is being processed.

    `variables` are those that a job brought, for COMPLETE_ELEMENT.
    """

    intent: Intent
    key: int
    value: ProcessInstanceRecord
    variables: Variables | None


class Wait(NamedTuple):
    """Somebody waits for the result of an instance."""

    request: int
    fetch_variables: tuple[str, ...]


class Mark(NamedTuple):
    """How much had been said when a command began."""

    answers: int
    pushed: int
    waits: int
    last_key: int


class Writers:
    """The voices, and what they have said since the last commit.

    Args:
        apply: changes the state by an event.
        streams: who wants jobs pushed.
        last_key: the last key that was given out.
    """

    def __init__(self, apply: Apply, streams: JobStreams, last_key: int) -> None:
        self._apply = apply
        self._streams = streams
        self._waits: dict[int, Wait] = {}
        self._waits_journal: list[tuple[int, Wait | None]] = []
        self.last_key = last_key
        self.now_ms = 0
        self.events: list[Event] = []
        self.follow_ups: deque[ElementCommand] = deque()
        self.answers: list[Answer] = []
        self.pushed: list[Push] = []
        self.available: set[str] = set()

    # -- speaking

    def new_key(self) -> int:
        """A key that nothing has had before."""
        self.last_key += 1
        return self.last_key

    def event(self, intent: Intent, key: int, value: Record) -> None:
        """Something happens now, to the entity of this key."""
        self.events.append(Event(intent, key, value, self._apply(intent, key, value)))

    def element(
        self, intent: Intent, key: int, value: ProcessInstanceRecord, variables: Variables | None = None
    ) -> None:
        """Something is to happen to an element when all that was asked for earlier has happened."""
        self.follow_ups.append(ElementCommand(intent, key, value, variables))

    def respond(self, command: Command, intent: Intent, key: int, value: Record) -> None:
        """The command is done; tell its sender, if it asked."""
        if command.request:
            self.answers.append(Response(command.request, intent, key, value))

    def reject(self, command: Command, kind: RejectionType, reason: str) -> None:
        """The command is refused: "expected …, but …"."""
        if command.request:
            self.answers.append(Rejection(command.request, kind, reason, command.intent))

    # -- jobs

    def announce(self, job_type: str) -> None:
        """There may be jobs of this type for who polls."""
        self.available.add(job_type)

    def stream_for(self, job_type: str, tenant_id: str) -> tuple[int, JobStream] | None:
        """The stream whose turn it is to get a job of this type."""
        return self._streams.next_for(job_type, tenant_id)

    def push(self, stream_id: int, job_key: int, job: JobRecord) -> None:
        """Hand the job to the stream; it is activated already."""
        self.pushed.append(Push(stream_id, job_key, job))

    # -- results that somebody waits for

    def await_result(self, process_instance_key: int, request: int, fetch_variables: tuple[str, ...]) -> None:
        """Answer this request when the instance completes."""
        if request:
            self._waits_journal.append((process_instance_key, None))
            self._waits[process_instance_key] = Wait(request, fetch_variables)

    def take_wait(self, process_instance_key: int) -> Wait | None:
        """Who waits for this instance, which has ended."""
        wait = self._waits.pop(process_instance_key, None)
        if wait is not None:
            self._waits_journal.append((process_instance_key, wait))
        return wait

    def forget(self, request: int) -> None:
        """Nobody waits for this request any more."""
        for key, wait in self._waits.items():
            if wait.request == request:
                del self._waits[key]
                return

    # -- for the stream

    def mark(self) -> Mark:
        """A point to which `take_back` can return."""
        return Mark(len(self.answers), len(self.pushed), len(self._waits_journal), self.last_key)

    def take_back(self, mark: Mark) -> None:
        """Unsay everything since the mark."""
        self.follow_ups.clear()
        self.events = []
        del self.answers[mark.answers :]
        del self.pushed[mark.pushed :]
        while len(self._waits_journal) > mark.waits:
            key, wait = self._waits_journal.pop()
            if wait is None:
                del self._waits[key]
            else:
                self._waits[key] = wait
        self.last_key = mark.last_key

    def clear(self) -> None:
        """All is said and done."""
        self.events, self.answers, self.pushed, self.available = [], [], [], set()
        self._waits_journal.clear()
