"""What goes on in a cluster, as Console's pages show it. Shapes, and the seam to whoever knows; app fills it."""

from typing import Protocol

import msgspec


class Definition(msgspec.Struct, frozen=True, kw_only=True):
    """A deployed version of a process.

    Attributes:
        key: its key.
        process_id: the id in the model.
        name: in the model; "" for none.
        version: counted from 1.
        resource: the file that it came in.
    """

    key: int
    process_id: str
    name: str
    version: int
    resource: str


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


class Detail(msgspec.Struct, frozen=True, kw_only=True):
    """One instance in full.

    Attributes:
        instance: itself.
        incidents: what hinders it.
        active: ids of the elements that are active.
        variables: name and JSON text.
    """

    instance: Instance
    incidents: tuple[Incident, ...]
    active: tuple[str, ...]
    variables: tuple[tuple[str, str], ...]


class ShowsInstances(Protocol):
    """Knows what goes on. What cannot be told raises `NotDone`."""

    def shows(self, cluster_id: str) -> bool:
        """Whether it can tell of this cluster at this moment."""
        ...

    async def definitions(self, cluster_id: str) -> tuple[Definition, ...]:
        """The definitions, the newest first, as many as fit on a page."""
        ...

    async def definition(self, cluster_id: str, key: int) -> tuple[Definition, bytes]:
        """One definition, and its model."""
        ...

    async def instances(self, cluster_id: str, definition_key: int | None = None) -> tuple[Instance, ...]:
        """The instances, the newest first, as many as fit on a page."""
        ...

    async def instance(self, cluster_id: str, key: int) -> Detail:
        """One instance in full."""
        ...

    async def incidents(self, cluster_id: str) -> tuple[Incident, ...]:
        """What hinders instances now, the newest first, as many as fit on a page."""
        ...

    async def counts(self, cluster_id: str) -> dict[str, int]:
        """What there is now, by a name that can stand in a metric."""
        ...

    async def retry(self, cluster_id: str, incident_key: int) -> None:
        """Give the incident's job another try, if it has one, and resolve the incident."""
        ...
