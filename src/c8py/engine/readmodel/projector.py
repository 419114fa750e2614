"""From events to rows. Gathers what a commit changes, so that a row that comes and goes in it is written once."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

from c8py.engine.readmodel.buffer import Buffer
from c8py.engine.readmodel.schema import INDEXES, TABLES, VIEWS
from c8py.engine.records import (
    ElementType,
    Event,
    IncidentIntent,
    IncidentRecord,
    Intent,
    JobBatchIntent,
    JobBatchRecord,
    JobIntent,
    JobRecord,
    ProcessInstanceIntent,
    ProcessInstanceRecord,
    ProcessIntent,
    ProcessRecord,
    VariableIntent,
    VariableRecord,
)

_encode = msgspec.json.Encoder().encode
_NO_TAGS = "[]"
_NO_HEADERS = "{}"


class Projector:
    """Writes the read model, through the connection and within the transaction of who calls it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        for statement in (*TABLES, *INDEXES, *VIEWS):
            connection.execute(statement)
        self._connection = connection
        self.definitions = Buffer(connection, "process_definition")
        self.instances = Buffer(connection, "process_instance")
        self.elements = Buffer(connection, "element_instance")
        self.jobs = Buffer(connection, "job")
        self.incidents = Buffer(connection, "incident")
        self.variables = Buffer(connection, "variable")
        self._buffers = (
            self.definitions, self.instances, self.elements, self.jobs, self.incidents, self.variables,
        )  # fmt: skip

    def project(self, now_ms: int, events: Sequence[Event]) -> None:
        """Note what the events change."""
        for event in events:
            projection = PROJECTIONS.get(event.intent)
            if projection is not None:
                projection(self, event.key, event.value, now_ms)

    def flush(self) -> None:
        """Write what was noted."""
        for buffer in self._buffers:
            buffer.flush()

    def clear(self) -> None:
        """Forget what was noted."""
        for buffer in self._buffers:
            buffer.clear()


def _process_created(to: Projector, key: int, value: ProcessRecord, _now_ms: int) -> None:
    row = (
        key, value.bpmn_process_id, value.process_name, value.version, value.version_tag, value.resource_name,
        value.deployment_key, value.tenant_id, value.resource,
    )  # fmt: skip
    to.definitions.insert(key, row)


def _element_activating(to: Projector, key: int, value: ProcessInstanceRecord, now_ms: int) -> None:
    if value.element_type is ElementType.PROCESS:
        tags = _encode(value.tags).decode() if value.tags else _NO_TAGS
        to.instances.insert(key, (
            key, value.process_definition_key, value.parent_process_instance_key, value.parent_element_instance_key,
            "ACTIVE", now_ms, None, value.tenant_id, tags, value.business_id,
        ))  # fmt: skip
        return
    to.elements.insert(key, (
        key, value.process_instance_key, value.process_definition_key, value.bpmn_process_id, value.element_id,
        value.element_name, value.element_type.value, "ACTIVE", now_ms, None, value.tenant_id,
    ))  # fmt: skip


def _element_completed(to: Projector, key: int, value: ProcessInstanceRecord, now_ms: int) -> None:
    _end_element(to, key, value, "COMPLETED", now_ms)


def _element_terminated(to: Projector, key: int, value: ProcessInstanceRecord, now_ms: int) -> None:
    _end_element(to, key, value, "TERMINATED", now_ms)


def _end_element(to: Projector, key: int, value: ProcessInstanceRecord, state: str, now_ms: int) -> None:
    buffer = to.instances if value.element_type is ElementType.PROCESS else to.elements
    buffer.update(key, state=state, end_ms=now_ms)


def _job_created(to: Projector, key: int, value: JobRecord, now_ms: int) -> None:
    headers = _encode(value.custom_headers).decode() if value.custom_headers else _NO_HEADERS
    to.jobs.insert(key, (
        key, value.type, "", "CREATED", value.kind.value, "UNSPECIFIED", value.retries, 0, "", "", headers, None, None,
        value.bpmn_process_id, value.process_definition_key, value.process_instance_key, value.element_id,
        value.element_instance_key, value.tenant_id, now_ms, now_ms,
    ))  # fmt: skip


def _jobs_activated(to: Projector, _key: int, value: JobBatchRecord, now_ms: int) -> None:
    # The API has no state for a job in work: the last other event stays, as in Camunda.
    for key in value.job_keys:
        to.jobs.update(key, worker=value.worker, deadline_ms=value.deadline_ms, updated_ms=now_ms)


def _job_ended(state: str) -> "Projection":
    def ended(to: Projector, key: int, _value: JobRecord, now_ms: int) -> None:
        to.jobs.update(key, state=state, deadline_ms=None, end_ms=now_ms, updated_ms=now_ms)

    return ended


def _job_changed(state: str) -> "Projection":
    def changed(to: Projector, key: int, value: JobRecord, now_ms: int) -> None:
        deadline_ms = value.deadline_ms if value.deadline_ms >= 0 else None
        to.jobs.update(key, state=state, retries=value.retries, deadline_ms=deadline_ms, updated_ms=now_ms)

    return changed


def _job_failed(to: Projector, key: int, value: JobRecord, now_ms: int) -> None:
    to.jobs.update(
        key,
        state="FAILED",
        retries=value.retries,
        retries_left=int(value.retries > 0),
        error_message=value.error_message,
        deadline_ms=None,
        updated_ms=now_ms,
    )


def _job_error_thrown(to: Projector, key: int, value: JobRecord, now_ms: int) -> None:
    to.jobs.update(
        key,
        state="ERROR_THROWN",
        error_code=value.error_code,
        error_message=value.error_message,
        deadline_ms=None,
        updated_ms=now_ms,
    )


def _job_released(to: Projector, key: int, _value: JobRecord, now_ms: int) -> None:
    to.jobs.update(key, state="CREATED", deadline_ms=None, updated_ms=now_ms)


def _incident_created(to: Projector, key: int, value: IncidentRecord, now_ms: int) -> None:
    to.incidents.insert(key, (
        key, value.process_definition_key, value.bpmn_process_id, value.process_instance_key, value.error_type.value,
        value.error_message, value.element_id, value.element_instance_key, value.job_key, now_ms, None, "ACTIVE",
        value.tenant_id,
    ))  # fmt: skip


def _incident_resolved(to: Projector, key: int, _value: IncidentRecord, now_ms: int) -> None:
    to.incidents.update(key, state="RESOLVED", resolved_ms=now_ms)


def _variable_created(to: Projector, key: int, value: VariableRecord, _now_ms: int) -> None:
    text = _encode(value.value).decode()
    to.variables.insert(key, (
        key, value.name, text, value.scope_key, value.process_instance_key, value.tenant_id,
    ))  # fmt: skip


def _variable_updated(to: Projector, key: int, value: VariableRecord, _now_ms: int) -> None:
    to.variables.update(key, value=_encode(value.value).decode())


Projection = Callable[[Projector, int, Any, int], None]

PROJECTIONS: Final[Mapping[Intent, Projection]] = {
    ProcessIntent.CREATED: _process_created,
    ProcessInstanceIntent.ELEMENT_ACTIVATING: _element_activating,
    ProcessInstanceIntent.ELEMENT_COMPLETED: _element_completed,
    ProcessInstanceIntent.ELEMENT_TERMINATED: _element_terminated,
    JobIntent.CREATED: _job_created,
    JobBatchIntent.ACTIVATED: _jobs_activated,
    JobIntent.COMPLETED: _job_ended("COMPLETED"),
    JobIntent.CANCELED: _job_ended("CANCELED"),
    JobIntent.FAILED: _job_failed,
    JobIntent.ERROR_THROWN: _job_error_thrown,
    JobIntent.TIMED_OUT: _job_changed("TIMED_OUT"),
    JobIntent.RETRIES_UPDATED: _job_changed("RETRIES_UPDATED"),
    JobIntent.TIMEOUT_UPDATED: _job_changed("TIMEOUT_UPDATED"),
    JobIntent.RECURRED_AFTER_BACKOFF: _job_released,
    JobIntent.YIELDED: _job_released,
    IncidentIntent.CREATED: _incident_created,
    IncidentIntent.RESOLVED: _incident_resolved,
    VariableIntent.CREATED: _variable_created,
    VariableIntent.UPDATED: _variable_updated,
}
