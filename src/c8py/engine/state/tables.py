"""The state, to be written by appliers; and its journal, by which the stream takes back what must not stay.

Tables are plain dicts of frozen entities. Every write goes through `_put` or `_drop`, which note the old value. What
can be derived from other tables (children, versions, queues, due times) is not in snapshots, only rebuilt.
"""

from collections.abc import Iterator, Mapping, Sequence
from heapq import heappop, heappush
from typing import Any, TypeVar

import msgspec

from c8py.engine.bpmn import ExecutableProcess
from c8py.engine.records import NO_KEY, IncidentRecord, ProcessRecord
from c8py.engine.state.definitions import Definitions
from c8py.engine.state.entities import ElementInstance, Job, JobState, Variable
from c8py.engine.state.queue import KeyQueue

K = TypeVar("K")
V = TypeVar("V")

_ABSENT = object()
_NO_VARIABLES: Mapping[str, Variable] = {}
_NO_CHILDREN: Mapping[int, None] = {}
_NO_JOBS = KeyQueue()
_DUE_SLACK = 1_000


class Image(msgspec.Struct, frozen=True, array_like=True):
    """All that a snapshot needs."""

    processes: dict[int, ProcessRecord]
    elements: dict[int, ElementInstance]
    variables: dict[int, dict[str, Variable]]
    jobs: dict[int, Job]
    incidents: dict[int, IncidentRecord]


class Tables:
    """The state of one partition."""

    def __init__(self) -> None:
        self._journal: list[tuple[Any, Any, Any]] = []
        self._definitions = Definitions()
        self.processes: dict[int, ProcessRecord] = {}
        self.elements: dict[int, ElementInstance] = {}
        self.jobs: dict[int, Job] = {}
        self.incidents: dict[int, IncidentRecord] = {}
        self._variables: dict[int, dict[str, Variable]] = {}
        self._children: dict[int, dict[int, None]] = {}
        self._versions: dict[tuple[str, int], int] = {}
        self._latest: dict[str, int] = {}
        self._activatable: dict[str, KeyQueue] = {}
        self._due: list[tuple[int, int]] = []
        self._due_stale = False

    # -- reading: see StateView

    def latest_version(self, process_id: str) -> int:
        """The highest version of this process id; 0 when there is none."""
        return self._latest.get(process_id, 0)

    def process_key(self, process_id: str, version: int) -> int | None:
        """The key of this version of this process id."""
        return self._versions.get((process_id, version))

    def executable(self, process_definition_key: int) -> ExecutableProcess:
        """The compiled process of a definition that exists."""
        return self._definitions.of(self.processes[process_definition_key])

    def children(self, scope_key: int) -> Sequence[int]:
        """The element instances directly inside this one, oldest first."""
        return sorted(self._children.get(scope_key, _NO_CHILDREN))

    def has_children(self, scope_key: int) -> bool:
        """Whether anything lives directly inside this element instance."""
        return bool(self._children.get(scope_key))

    def local_variables(self, scope_key: int) -> Mapping[str, Variable]:
        """The variables of this very scope."""
        return self._variables.get(scope_key, _NO_VARIABLES)

    def activatable(self, job_type: str) -> KeyQueue:
        """The jobs of this type that may be handed out, oldest first."""
        return self._activatable.get(job_type, _NO_JOBS)

    # -- writing: for appliers

    def put_process(self, key: int, process: ProcessRecord) -> None:
        """Add a definition; it is the latest of its id."""
        self._put(self.processes, key, process)
        self._put(self._versions, (process.bpmn_process_id, process.version), key)
        self._put(self._latest, process.bpmn_process_id, process.version)

    def put_element(self, key: int, element: ElementInstance) -> None:
        """Add or replace an element instance."""
        if key not in self.elements:
            scope = self._children.get(element.value.flow_scope_key)
            if scope is None:
                scope = dict[int, None]()
                self._put(self._children, element.value.flow_scope_key, scope)
            self._put(scope, key, None)
        self._put(self.elements, key, element)

    def drop_element(self, key: int) -> None:
        """Remove an element instance that has ended, with its variables."""
        scope_key = self.elements[key].value.flow_scope_key
        scope = self._children[scope_key]
        self._drop(scope, key)
        if not scope:
            self._drop(self._children, scope_key)
        self._drop(self.elements, key)
        if key in self._variables:
            self._drop(self._variables, key)

    def put_variable(self, scope_key: int, name: str, variable: Variable) -> None:
        """Set a variable in this very scope."""
        scope = self._variables.get(scope_key)
        if scope is None:
            scope = dict[str, Variable]()
            self._put(self._variables, scope_key, scope)
        self._put(scope, name, variable)

    def put_job(self, key: int, job: Job) -> None:
        """Add or replace a job; it can be handed out when it is activatable and no incident holds it."""
        old = self.jobs.get(key)
        self._put(self.jobs, key, job)
        self._queue(key, old, job)
        if job.state is JobState.ACTIVATED:
            heappush(self._due, (job.deadline_ms, key))
        elif job.state is JobState.FAILED and job.recurs_at_ms >= 0:
            heappush(self._due, (job.recurs_at_ms, key))

    def drop_job(self, key: int) -> None:
        """Remove a job that is done with."""
        self._queue(key, self.jobs[key], None)
        self._drop(self.jobs, key)

    def put_incident(self, key: int, incident: IncidentRecord) -> None:
        """Add an incident, and mark what it is about."""
        self._put(self.incidents, key, incident)
        self._mark(incident, key)

    def drop_incident(self, key: int) -> None:
        """Remove an incident, and its marks."""
        incident = self.incidents[key]
        self._drop(self.incidents, key)
        self._mark(incident, NO_KEY)

    def _mark(self, incident: IncidentRecord, incident_key: int) -> None:
        element = self.elements.get(incident.element_instance_key)
        if element is not None:
            marked = ElementInstance(element.value, element.state, element.job_key, incident_key)
            self.put_element(incident.element_instance_key, marked)
        job = self.jobs.get(incident.job_key)
        if job is not None:
            self.put_job(incident.job_key, msgspec.structs.replace(job, incident_key=incident_key))

    def _queue(self, key: int, old: Job | None, new: Job | None) -> None:
        was, is_now = _can_be_handed_out(old), _can_be_handed_out(new)
        if was == is_now:
            return
        record = (new or old).record  # pyright: ignore[reportOptionalMemberAccess]  one of them differs from None
        queue = self._activatable.get(record.type)
        if queue is None:
            queue = self._activatable[record.type] = KeyQueue()
        if is_now:
            self._journal.append((queue, key, _ABSENT))
            queue[key] = None
        else:
            self._journal.append((queue, key, None))
            del queue[key]

    # -- taking back: for the stream

    def mark(self) -> int:
        """A point to which `take_back` can return."""
        return len(self._journal)

    def take_back(self, mark: int) -> None:
        """Undo every write since the mark, the last one first."""
        journal = self._journal
        self._due_stale = self._due_stale or len(journal) > mark
        while len(journal) > mark:
            table, key, old = journal.pop()
            if old is _ABSENT:
                del table[key]
            else:
                table[key] = old

    def keep(self) -> None:
        """What is written is durable: forget how to undo it."""
        self._journal.clear()

    def _put(self, table: dict[K, V], key: K, value: V) -> None:
        self._journal.append((table, key, table.get(key, _ABSENT)))
        table[key] = value

    def _drop(self, table: dict[K, V], key: K) -> None:
        self._journal.append((table, key, table.pop(key)))

    # -- time

    def due_at_ms(self) -> int | None:
        """When the first job times out or ends its back-off."""
        # Entries of jobs that were done in time stay until their time comes; too many of them are swept at once.
        if self._due_stale or len(self._due) > 2 * len(self.jobs) + _DUE_SLACK:
            self._due = sorted((at_ms, key) for key, job in self.jobs.items() if (at_ms := _due_ms(job)) >= 0)
            self._due_stale = False
        while self._due:
            at_ms, key = self._due[0]
            if _due_ms(self.jobs.get(key)) == at_ms:
                return at_ms
            heappop(self._due)
        return None

    def take_due(self, now_ms: int) -> Iterator[int]:
        """The jobs whose time has come, each once; what is not done about them now is due again after a restart."""
        while (at_ms := self.due_at_ms()) is not None and at_ms <= now_ms:
            yield heappop(self._due)[1]

    # -- snapshots

    def image(self) -> Image:
        """The state as it is; shares everything with it, so encode it at once."""
        return Image(self.processes, self.elements, self._variables, self.jobs, self.incidents)

    @property
    def size(self) -> int:
        """How many things there are, as a measure of what a snapshot costs."""
        return len(self.elements) + len(self.jobs) + len(self._variables)

    @classmethod
    def of(cls, image: Image) -> "Tables":
        """The state of which this image was taken."""
        tables = cls()
        for key, process in sorted(image.processes.items()):
            tables.put_process(key, process)
        for key, element in image.elements.items():
            tables.put_element(key, element)
        tables._variables = image.variables
        tables.incidents = image.incidents
        for key, job in sorted(image.jobs.items()):
            tables.put_job(key, job)
        tables.keep()
        return tables


def _can_be_handed_out(job: Job | None) -> bool:
    return job is not None and job.state is JobState.ACTIVATABLE and job.incident_key == NO_KEY


def _due_ms(job: Job | None) -> int:
    if job is None:
        return -1
    if job.state is JobState.ACTIVATED:
        return job.deadline_ms
    return job.recurs_at_ms if job.state is JobState.FAILED else -1
