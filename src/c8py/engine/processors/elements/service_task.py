"""Elements with a job, as service tasks are: a job for workers, and the wait until it is done."""

from c8py.engine.behaviors import incidents, jobs, transitions, variables
from c8py.engine.bpmn import JobDefinition
from c8py.engine.feel import EvaluationFailure
from c8py.engine.processors.elements import moves
from c8py.engine.records import (
    NO_KEY,
    ErrorType,
    JobIntent,
    JobRecord,
    ProcessInstanceIntent,
    ProcessInstanceRecord,
)
from c8py.engine.state.views import StateView
from c8py.engine.writers import ElementCommand, Writers


def activate(command: ElementCommand, view: StateView, out: Writers) -> None:
    """Create the job and wait for it."""
    key, value = command.key, command.value
    element = moves.element_of(command, view)
    if not moves.begin(command, element, view, out):
        return
    definition = element.job
    if definition is None:
        raise AssertionError(f"expected task {element.id} to define a job, but it does not")
    context = variables.visible(key, view)
    try:
        job_type = definition.type.string(context)
        retries = definition.retries.integer(context)
    except EvaluationFailure as failure:
        incidents.raise_at_element(key, value, ErrorType.EXTRACT_VALUE_ERROR, failure.message, out)
        return
    job_key = out.new_key()
    out.event(JobIntent.CREATED, job_key, _job(key, value, definition, job_type, retries))
    out.event(ProcessInstanceIntent.ELEMENT_ACTIVATED, key, value)
    jobs.offer(job_key, view, out)


def complete(command: ElementCommand, view: StateView, out: Writers) -> None:
    """The job is done: go on."""
    element = moves.element_of(command, view)
    if moves.end(command, element, view, out):
        transitions.complete(command.key, command.value, element.outgoing, view, out)


def terminate(command: ElementCommand, view: StateView, out: Writers) -> None:
    """Cancel the job; workers that hold it learn when they try to complete it."""
    out.event(ProcessInstanceIntent.ELEMENT_TERMINATING, command.key, command.value)
    job_key = view.elements[command.key].job_key
    if job_key != NO_KEY:
        out.event(JobIntent.CANCELED, job_key, jobs.told(view.jobs[job_key]))
    incidents.close_at_element(command.key, view, out)
    transitions.terminated(command.key, command.value, view, out)


def _job(key: int, value: ProcessInstanceRecord, definition: JobDefinition, job_type: str, retries: int) -> JobRecord:
    return JobRecord(
        type=job_type,
        retries=retries,
        custom_headers=dict(definition.headers),
        element_id=value.element_id,
        element_instance_key=key,
        bpmn_process_id=value.bpmn_process_id,
        process_definition_version=value.version,
        process_definition_key=value.process_definition_key,
        process_instance_key=value.process_instance_key,
        tenant_id=value.tenant_id,
        tags=value.tags,
    )
