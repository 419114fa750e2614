"""What goes on in clusters of the embedded engine, out of its read model. Implements `console.ShowsInstances`."""

from collections import Counter
from collections.abc import Awaitable
from typing import Final, TypeVar

from c8py.engine.readmodel import (
    Condition,
    Filter,
    IncidentRow,
    Operator,
    Page,
    ProcessDefinitionRow,
    ProcessInstanceRow,
    Search,
    Sort,
)
from c8py.server.console import (
    PAGE_ROWS,
    Definition,
    Detail,
    Incident,
    Instance,
    Listing,
    NotDone,
    Tokens,
    Wanted,
)
from c8py.server.gateway import Gateway, Refusal, ServedCluster, resolve_incident, update_retries

T = TypeVar("T")
_CHOICES_MAX: Final = 500
_DETAIL_ROWS_MAX: Final = 200
_TOKENS_MAX: Final = 10_000


class GatewayInstances:
    """Asks the clusters that the gateway serves.

    Args:
        gateway: has them.
    """

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def shows(self, cluster_id: str) -> bool:
        """Whether the cluster is served here."""
        return self._gateway.serves(cluster_id)

    async def definitions(self, cluster_id: str, page: int = 1) -> Listing[Definition]:
        """The newest first."""
        search = _newest("process_definition_key", page=page)
        found = await _told(self._cluster(cluster_id).query(lambda queries: queries.search_process_definitions(search)))
        return Listing(tuple(_definition(row) for row in found.items), found.total, page)

    async def processes(self, cluster_id: str) -> tuple[str, ...]:
        """In order of their letters."""
        # Each process was in version 1 once.
        search = _newest("process_definition_key", Condition("version", Operator.EQ, 1), limit=_CHOICES_MAX)
        found = await _told(self._cluster(cluster_id).query(lambda queries: queries.search_process_definitions(search)))
        return tuple(sorted({row.process_definition_id for row in found.items}))

    async def definition(self, cluster_id: str, key: int) -> tuple[Definition, bytes]:
        """One, and its model."""
        cluster = self._cluster(cluster_id)
        row = await _told(cluster.query(lambda queries: queries.get_process_definition(key)))
        xml = await _told(cluster.query(lambda queries: queries.get_process_definition_xml(key)))
        if row is None or xml is None:
            raise NotDone(404, "expected the key of a process definition, but there is none")
        return _definition(row), xml

    async def tokens(self, cluster_id: str, definition_key: int) -> Tokens:
        """Of all instances of a definition that go on."""
        return await self._tokens(cluster_id, Condition("process_definition_key", Operator.EQ, definition_key))

    async def instances(self, cluster_id: str, wanted: Wanted) -> Listing[Instance]:
        """The newest first."""
        search = _newest("process_instance_key", *_conditions(wanted), page=wanted.page)
        found = await _told(self._cluster(cluster_id).query(lambda queries: queries.search_process_instances(search)))
        return Listing(tuple(_instance(row) for row in found.items), found.total, wanted.page)

    async def instance(self, cluster_id: str, key: int) -> Detail:
        """One in full."""
        cluster, of_it = self._cluster(cluster_id), Condition("process_instance_key", Operator.EQ, key)
        row = await _told(cluster.query(lambda queries: queries.get_process_instance(key)))
        if row is None:
            raise NotDone(404, "expected the key of a process instance, but there is none")
        hindering = _newest("incident_key", of_it, Condition("state", Operator.EQ, "ACTIVE"), limit=_DETAIL_ROWS_MAX)
        incidents = await _told(cluster.query(lambda queries: queries.search_incidents(hindering)))
        variables = _newest("variable_key", of_it, limit=_DETAIL_ROWS_MAX)
        found = await _told(cluster.query(lambda queries: queries.search_variables(variables)))
        return Detail(
            instance=_instance(row),
            incidents=tuple(_incident(one) for one in incidents.items),
            tokens=await self._tokens(cluster_id, of_it),
            variables=tuple(sorted((one.name, one.value) for one in found.items)),
        )

    async def incidents(self, cluster_id: str, page: int = 1) -> Listing[Incident]:
        """Those that are not resolved, the newest first."""
        search = _newest("incident_key", Condition("state", Operator.EQ, "ACTIVE"), page=page)
        found = await _told(self._cluster(cluster_id).query(lambda queries: queries.search_incidents(search)))
        return Listing(tuple(_incident(row) for row in found.items), found.total, page)

    async def incidents_after(self, cluster_id: str, key: int, most: int) -> tuple[Incident, ...]:
        """Resolved ones too, the oldest first."""
        newer = Filter((Condition("incident_key", Operator.GT, key),))
        search = Search(filter=newer, sort=(Sort("incident_key"),), page=Page(limit=most))
        found = await _told(self._cluster(cluster_id).query(lambda queries: queries.search_incidents(search)))
        return tuple(_incident(row) for row in found.items)

    async def newest_incident(self, cluster_id: str) -> int:
        """0 where there was none."""
        search = _newest("incident_key", limit=1)
        found = await _told(self._cluster(cluster_id).query(lambda queries: queries.search_incidents(search)))
        return found.items[0].incident_key if found.items else 0

    async def _tokens(self, cluster_id: str, whose: Condition) -> Tokens:
        # A process is active too, and stands nowhere.
        standing = (whose, Condition("state", Operator.EQ, "ACTIVE"), Condition("type", Operator.NEQ, "PROCESS"))
        search = _newest("element_instance_key", *standing, limit=_TOKENS_MAX)
        found = await _told(self._cluster(cluster_id).query(lambda queries: queries.search_element_instances(search)))
        hindered = [row.element_id for row in found.items if row.has_incident]
        return Tokens(Counter(row.element_id for row in found.items), Counter(hindered))

    async def counts(self, cluster_id: str) -> dict[str, int]:
        """Instances that go on, and incidents that are not resolved."""
        cluster, active = self._cluster(cluster_id), Condition("state", Operator.EQ, "ACTIVE")
        search = Search(filter=Filter((active,)), page=Page(limit=1))
        instances = await _told(cluster.query(lambda queries: queries.search_process_instances(search)))
        incidents = await _told(cluster.query(lambda queries: queries.search_incidents(search)))
        return {"process_instances_active": instances.total, "incidents_active": incidents.total}

    async def retry(self, cluster_id: str, incident_key: int) -> int:
        """One more try for the job, and the incident resolved."""
        cluster = self._cluster(cluster_id)
        row = await _told(cluster.query(lambda queries: queries.get_incident(incident_key)))
        if row is None or row.state != "ACTIVE":
            raise NotDone(404, "expected an incident that is not resolved, but there is none")
        if row.job_key > 0:
            await _told(cluster.run(update_retries(row.job_key, 1)))
        await _told(cluster.run(resolve_incident(incident_key)))
        return row.process_instance_key

    def _cluster(self, cluster_id: str) -> ServedCluster:
        if not self._gateway.serves(cluster_id):
            raise NotDone(409, "expected a cluster of the embedded engine that works, but this one does not")
        return self._gateway.cluster(cluster_id)


async def _told(question: Awaitable[T]) -> T:
    try:
        return await question
    except Refusal as refusal:
        raise NotDone(409, refusal.detail.rstrip(".")) from None


def _newest(key: str, *wanted: Condition, page: int = 1, limit: int = PAGE_ROWS) -> Search:
    rows = Page(limit=limit, offset=(page - 1) * limit)
    return Search(filter=Filter(wanted), sort=(Sort(key, descending=True),), page=rows)


def _conditions(wanted: Wanted) -> tuple[Condition, ...]:
    hindered = wanted.state == "INCIDENT"
    return (
        *((Condition("state", Operator.EQ, "ACTIVE" if hindered else wanted.state),) if wanted.state else ()),
        *((Condition("has_incident", Operator.EQ, value=True),) if hindered else ()),
        *((Condition("process_definition_id", Operator.EQ, wanted.process_id),) if wanted.process_id else ()),
        *((Condition("process_definition_key", Operator.EQ, wanted.definition_key),) if wanted.definition_key else ()),
        *((Condition("process_instance_key", Operator.EQ, wanted.key),) if wanted.key else ()),
    )


def _definition(row: ProcessDefinitionRow) -> Definition:
    return Definition(
        key=row.process_definition_key,
        process_id=row.process_definition_id,
        name=row.name,
        version=row.version,
        resource=row.resource_name,
        version_tag=row.version_tag,
    )


def _instance(row: ProcessInstanceRow) -> Instance:
    return Instance(
        key=row.process_instance_key,
        process_id=row.process_definition_id,
        version=row.process_definition_version,
        definition_key=row.process_definition_key,
        state=row.state,
        started_ms=row.start_ms,
        ended_ms=row.end_ms or 0,
        incident=row.has_incident,
    )


def _incident(row: IncidentRow) -> Incident:
    return Incident(
        key=row.incident_key,
        instance_key=row.process_instance_key,
        definition_key=row.process_definition_key,
        process_id=row.process_definition_id,
        element_id=row.element_id,
        kind=row.error_type,
        message=row.error_message,
        job_key=max(row.job_key, 0),
        created_ms=row.created_ms,
    )
