"""Resolving incidents: the step that failed is tried again."""

from c8py.engine.behaviors import jobs
from c8py.engine.records import (
    NO_KEY,
    Command,
    ErrorType,
    IncidentIntent,
    IncidentRecord,
    ProcessInstanceIntent,
    RejectionType,
)
from c8py.engine.state.views import StateView
from c8py.engine.writers import Writers


def resolve(command: Command, _value: IncidentRecord, view: StateView, out: Writers) -> None:
    """Close the incident and try again; a new one comes if the cause persists."""
    incident = view.incidents.get(command.key)
    if incident is None:
        reason = f"expected to resolve incident {command.key}, but it does not exist (any more)"
        out.reject(command, RejectionType.NOT_FOUND, reason)
        return
    job = view.jobs.get(incident.job_key)
    if incident.error_type is ErrorType.JOB_NO_RETRIES and job is not None and job.retries <= 0:
        reason = f"expected to resolve incident {command.key}, but its job {incident.job_key} has no retries left"
        out.reject(command, RejectionType.INVALID_STATE, f"{reason}; update the retries of the job first")
        return
    out.event(IncidentIntent.RESOLVED, command.key, incident)
    out.respond(command, IncidentIntent.RESOLVED, command.key, incident)
    if incident.job_key != NO_KEY:
        jobs.offer(incident.job_key, view, out)
        return
    element = view.elements[incident.element_instance_key]
    activating = element.state is ProcessInstanceIntent.ELEMENT_ACTIVATING
    again = ProcessInstanceIntent.ACTIVATE_ELEMENT if activating else ProcessInstanceIntent.COMPLETE_ELEMENT
    out.element(again, incident.element_instance_key, element.value)
