"""How events change the state: one function for each (intent, version), in one table.

A released applier never changes: old logs must give the same state for ever. A new meaning is a new function with the
next version beside the old one. `appliers.lock` holds the hash of each; `tools/applier_lock.py` writes and checks it.
Appliers write and nothing else: no clock, no decision, no key of their own.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeVar, cast

from c8py.engine.appliers import element, incident, job, process, variable
from c8py.engine.records import (
    DeploymentIntent,
    IncidentIntent,
    Intent,
    JobBatchIntent,
    JobIntent,
    ProcessInstanceCreationIntent,
    ProcessInstanceIntent,
    ProcessIntent,
    Record,
    VariableDocumentIntent,
    VariableIntent,
    is_event,
)
from c8py.engine.state.tables import Tables

V = TypeVar("V", bound=Record)
Applier = Callable[[Tables, int, Record], None]


def _on(applier: Callable[[Tables, int, V], None]) -> Applier:
    # Which value type belongs to an intent is said once, in records.families; a test holds the signatures against it.
    return cast("Applier", applier)


APPLIERS: Final[Mapping[tuple[Intent, int], Applier]] = {
    (DeploymentIntent.CREATED, 1): _on(process.deployment_created),
    (ProcessIntent.CREATED, 1): _on(process.process_created),
    (ProcessInstanceCreationIntent.CREATED, 1): _on(process.process_instance_created),
    (ProcessInstanceIntent.ELEMENT_ACTIVATING, 1): _on(element.element_activating),
    (ProcessInstanceIntent.ELEMENT_ACTIVATED, 1): _on(element.element_activated),
    (ProcessInstanceIntent.ELEMENT_COMPLETING, 1): _on(element.element_completing),
    (ProcessInstanceIntent.ELEMENT_COMPLETED, 1): _on(element.element_completed),
    (ProcessInstanceIntent.ELEMENT_TERMINATING, 1): _on(element.element_terminating),
    (ProcessInstanceIntent.ELEMENT_TERMINATED, 1): _on(element.element_terminated),
    (ProcessInstanceIntent.SEQUENCE_FLOW_TAKEN, 1): _on(element.sequence_flow_taken),
    (JobIntent.CREATED, 1): _on(job.job_created),
    (JobIntent.COMPLETED, 1): _on(job.job_completed),
    (JobIntent.FAILED, 1): _on(job.job_failed),
    (JobIntent.ERROR_THROWN, 1): _on(job.job_error_thrown),
    (JobIntent.RETRIES_UPDATED, 1): _on(job.job_retries_updated),
    (JobIntent.TIMEOUT_UPDATED, 1): _on(job.job_timeout_updated),
    (JobIntent.TIMED_OUT, 1): _on(job.job_timed_out),
    (JobIntent.RECURRED_AFTER_BACKOFF, 1): _on(job.job_recurred_after_backoff),
    (JobIntent.YIELDED, 1): _on(job.job_yielded),
    (JobIntent.CANCELED, 1): _on(job.job_canceled),
    (JobBatchIntent.ACTIVATED, 1): _on(job.job_batch_activated),
    (VariableIntent.CREATED, 1): _on(variable.variable_created),
    (VariableIntent.UPDATED, 1): _on(variable.variable_updated),
    (VariableDocumentIntent.UPDATED, 1): _on(variable.variable_document_updated),
    (IncidentIntent.CREATED, 1): _on(incident.incident_created),
    (IncidentIntent.RESOLVED, 1): _on(incident.incident_resolved),
}


def latest_of(table: Mapping[tuple[Intent, int], Applier]) -> dict[Intent, tuple[int, Applier]]:
    """For each intent the applier that new events use, with its version.

    Raises:
        ValueError: a command has an applier, or a version is below 1 or skips one.
    """
    latest: dict[Intent, tuple[int, Applier]] = {}
    for (intent, version), applier in sorted(table.items(), key=lambda entry: entry[0]):
        if not is_event(intent):
            raise ValueError(f"expected appliers of events only, but {intent!r} is a command")
        expected = latest[intent][0] + 1 if intent in latest else 1
        if version != expected:
            raise ValueError(f"expected version {expected} of the applier of {intent!r}, but found {version}")
        latest[intent] = (version, applier)
    return latest


LATEST: Final = latest_of(APPLIERS)
