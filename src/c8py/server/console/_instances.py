"""What goes on in a cluster, as Console's pages show it. Shapes, and the seam to whoever knows; app fills it."""

from collections.abc import Mapping
from typing import Final, Generic, Literal, Protocol, TypeVar

import msgspec

T = TypeVar("T")
PAGE_ROWS: Final = 25
InstanceState = Literal["ACTIVE", "INCIDENT", "COMPLETED", "TERMINATED"]


class Definition(msgspec.Struct, frozen=True, kw_only=True):
    """A deployed version of a process.

    Attributes:
        key: its key.
        process_id: the id in the model.
        name: in the model; "" for none.
        version: counted from 1.
        resource: the file that it came in.
        version_tag: in the model; "" for none.
    """

    key: int
    process_id: str
    name: str
    version: int
    resource: str
    version_tag: str = ""


class Instance(msgspec.Struct, frozen=True, kw_only=True):
    """A process instance.

    Attributes:
        key: its key.
        process_id: the id in the model.
        version: of its definition.
        definition_key: of its definition.
        state: ACTIVE, COMPLETED or TERMINATED.
        started_ms: in milliseconds since 1970.
        ended_ms: 0 while it goes on.
        incident: whether something hinders it.
    """

    key: int
    process_id: str
    version: int
    definition_key: int
    state: str
    started_ms: int
    ended_ms: int
    incident: bool


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """Something that hinders an instance.

    Attributes:
        key: its key.
        instance_key: of the instance.
        definition_key: of the definition.
        process_id: the id in the model.
        element_id: where.
        kind: as JOB_NO_RETRIES.
        message: in words, from a worker or the engine.
        job_key: of the job that has no retries left; 0 for none.
        created_ms: in milliseconds since 1970.
    """

    key: int
    instance_key: int
    definition_key: int
    process_id: str
    element_id: str
    kind: str
    message: str
    job_key: int
    created_ms: int


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which instances, and which page of them.

    Attributes:
        state: "" for all; INCIDENT for those that something hinders.
        process_id: of their definition, in the model; "" for all.
        definition_key: of their definition; 0 for all.
        key: of the one instance; 0 for all.
        page: counted from 1.
    """

    state: InstanceState | Literal[""] = ""
    process_id: str = ""
    definition_key: int = 0
    key: int = 0
    page: int = 1


class Listing(msgspec.Struct, Generic[T], frozen=True):
    """One page of a list.

    Attributes:
        items: what is on it.
        total: how many there are on all pages.
        page: counted from 1.
    """

    items: tuple[T, ...]
    total: int
    page: int = 1

    @property
    def pages(self) -> int:
        """How many there are; 1 for an empty list."""
        return max(1, -(-self.total // PAGE_ROWS))

    @property
    def first(self) -> int:
        """The number of the first row on this page, counted from 1."""
        return (self.page - 1) * PAGE_ROWS + 1


class Tokens(msgspec.Struct, frozen=True):
    """Where instances stand: ids of elements, and how often.

    Attributes:
        active: elements that are active.
        troubled: elements that something hinders.
    """

    active: Mapping[str, int]
    troubled: Mapping[str, int]


class Detail(msgspec.Struct, frozen=True, kw_only=True):
    """One instance in full.

    Attributes:
        instance: itself.
        incidents: what hinders it.
        tokens: where it stands.
        variables: name and JSON text.
    """

    instance: Instance
    incidents: tuple[Incident, ...]
    tokens: Tokens
    variables: tuple[tuple[str, str], ...]


class ShowsInstances(Protocol):
    """Knows what goes on. What cannot be told raises `NotDone`."""

    def shows(self, cluster_id: str) -> bool:
        """Whether it can tell of this cluster at this moment."""
        ...

    async def definitions(self, cluster_id: str, page: int = 1) -> Listing[Definition]:
        """The definitions, the newest first."""
        ...

    async def processes(self, cluster_id: str) -> tuple[str, ...]:
        """The ids of all processes, in order of their letters, as many as a choice can offer."""
        ...

    async def definition(self, cluster_id: str, key: int) -> tuple[Definition, bytes]:
        """One definition, and its model."""
        ...

    async def tokens(self, cluster_id: str, definition_key: int) -> Tokens:
        """Where the instances of a definition stand."""
        ...

    async def instances(self, cluster_id: str, wanted: Wanted) -> Listing[Instance]:
        """The instances that are wanted, the newest first."""
        ...

    async def instance(self, cluster_id: str, key: int) -> Detail:
        """One instance in full."""
        ...

    async def incidents(self, cluster_id: str, page: int = 1) -> Listing[Incident]:
        """What hinders instances now, the newest first."""
        ...

    async def incidents_after(self, cluster_id: str, key: int, most: int) -> tuple[Incident, ...]:
        """The incidents that have arisen since the one of this key, resolved ones too, the oldest first."""
        ...

    async def newest_incident(self, cluster_id: str) -> int:
        """The key of the newest incident; 0 where there was none."""
        ...

    async def counts(self, cluster_id: str) -> dict[str, int]:
        """What there is now, by a name that can stand in a metric."""
        ...

    async def retry(self, cluster_id: str, incident_key: int) -> int:
        """Give the incident's job another try, if it has one, and resolve the incident; the key of its instance."""
        ...
