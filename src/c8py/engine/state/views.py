"""How processors and behaviors see the state: everything, read only."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from c8py.engine.bpmn import ExecutableProcess
from c8py.engine.records import IncidentRecord, ProcessRecord
from c8py.engine.state.entities import ElementInstance, Job, Variable
from c8py.engine.state.queue import KeyQueue


class StateView(Protocol):
    """The state of a partition, by key; what does not exist (any more) is not in the mappings."""

    @property
    def processes(self) -> Mapping[int, ProcessRecord]:
        """Process definitions."""
        ...

    @property
    def elements(self) -> Mapping[int, ElementInstance]:
        """Element instances that have not ended, process instances among them."""
        ...

    @property
    def jobs(self) -> Mapping[int, Job]:
        """Jobs that are not done with."""
        ...

    @property
    def incidents(self) -> Mapping[int, IncidentRecord]:
        """Incidents that are not resolved."""
        ...

    def latest_version(self, process_id: str) -> int:
        """The highest version of this process id; 0 when there is none."""
        ...

    def process_key(self, process_id: str, version: int) -> int | None:
        """The key of this version of this process id."""
        ...

    def executable(self, process_definition_key: int) -> ExecutableProcess:
        """The compiled process of a definition that exists."""
        ...

    def children(self, scope_key: int) -> Sequence[int]:
        """The element instances directly inside this one, oldest first."""
        ...

    def has_children(self, scope_key: int) -> bool:
        """Whether anything lives directly inside this element instance."""
        ...

    def local_variables(self, scope_key: int) -> Mapping[str, Variable]:
        """The variables of this very scope."""
        ...

    def activatable(self, job_type: str) -> KeyQueue:
        """The jobs of this type that may be handed out, oldest first."""
        ...
