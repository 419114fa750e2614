"""Raising and closing incidents."""

from c8py.engine.records import (
    NO_KEY,
    ErrorType,
    IncidentIntent,
    IncidentRecord,
    JobRecord,
    ProcessInstanceRecord,
)
from c8py.engine.state.views import StateView
from c8py.engine.writers import Writers


def raise_at_element(key: int, value: ProcessInstanceRecord, error_type: ErrorType, message: str, out: Writers) -> None:
    """The element cannot go on; resolving the incident has it try the failed step again."""
    incident = IncidentRecord(
        error_type=error_type,
        error_message=message,
        bpmn_process_id=value.bpmn_process_id,
        process_definition_key=value.process_definition_key,
        process_instance_key=value.process_instance_key,
        element_id=value.element_id,
        element_instance_key=key,
        tenant_id=value.tenant_id,
    )
    out.event(IncidentIntent.CREATED, out.new_key(), incident)


def raise_at_job(job_key: int, job: JobRecord, error_type: ErrorType, message: str, out: Writers) -> None:
    """The job cannot be handed out; resolving the incident makes it activatable."""
    incident = IncidentRecord(
        error_type=error_type,
        error_message=message,
        bpmn_process_id=job.bpmn_process_id,
        process_definition_key=job.process_definition_key,
        process_instance_key=job.process_instance_key,
        element_id=job.element_id,
        element_instance_key=job.element_instance_key,
        job_key=job_key,
        tenant_id=job.tenant_id,
    )
    out.event(IncidentIntent.CREATED, out.new_key(), incident)


def close_at_element(key: int, view: StateView, out: Writers) -> None:
    """What held the element holds it no longer, because it ends."""
    incident_key = view.elements[key].incident_key
    if incident_key != NO_KEY:
        out.event(IncidentIntent.RESOLVED, incident_key, view.incidents[incident_key])
