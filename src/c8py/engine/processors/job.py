"""What workers and operators tell about jobs."""

from msgspec.structs import replace

from c8py.base.limits import ERROR_MESSAGE_CHARS_MAX
from c8py.engine.behaviors import incidents, jobs, variables
from c8py.engine.records import (
    Command,
    ErrorType,
    Intent,
    JobIntent,
    JobRecord,
    ProcessInstanceIntent,
    RejectionType,
)
from c8py.engine.state.entities import Job, JobState
from c8py.engine.state.views import StateView
from c8py.engine.writers import Writers

# A job that timed out is activatable again, yet its first worker may still finish it: whoever comes first wins.
_WORKABLE = frozenset({JobState.ACTIVATABLE, JobState.ACTIVATED})


def complete(command: Command, value: JobRecord, view: StateView, out: Writers) -> None:
    """The work is done; its element goes on with these variables."""
    job = _workable(command, "complete", view, out)
    if job is None:
        return
    key = job.record.element_instance_key
    done = replace(jobs.told(job), variables=value.variables)
    incidents.close_at_element(key, view, out)
    out.event(JobIntent.COMPLETED, command.key, done)
    out.element(ProcessInstanceIntent.COMPLETE_ELEMENT, key, view.elements[key].value, value.variables)
    out.respond(command, JobIntent.COMPLETED, command.key, done)


def fail(command: Command, value: JobRecord, view: StateView, out: Writers) -> None:
    """The work failed: try again, at once or later, or stop in an incident when no retries are left."""
    job = _workable(command, "fail", view, out)
    if job is None:
        return
    waits = value.retries > 0 and value.retry_backoff_ms > 0
    failed = replace(
        jobs.told(job),
        retries=value.retries,
        retry_backoff_ms=value.retry_backoff_ms,
        recurs_at_ms=out.now_ms + value.retry_backoff_ms if waits else -1,
        deadline_ms=-1,
        error_message=value.error_message[:ERROR_MESSAGE_CHARS_MAX],
        variables=value.variables,
    )
    element = view.elements[job.record.element_instance_key]
    out.event(JobIntent.FAILED, command.key, failed)
    variables.set_local(job.record.element_instance_key, value.variables, element.value, view, out)
    if value.retries <= 0:
        message = (
            failed.error_message or f"expected job {command.key} to succeed, but it failed and has no retries left"
        )
        incidents.raise_at_job(command.key, job.record, ErrorType.JOB_NO_RETRIES, message, out)
    elif not waits:
        jobs.offer(command.key, view, out)
    out.respond(command, JobIntent.FAILED, command.key, failed)


def throw_error(command: Command, value: JobRecord, view: StateView, out: Writers) -> None:
    """The work met a business error. Nothing catches errors in the models supported so far: an incident."""
    job = _workable(command, "throw an error for", view, out)
    if job is None:
        return
    thrown = replace(
        jobs.told(job),
        deadline_ms=-1,
        error_code=value.error_code,
        error_message=value.error_message[:ERROR_MESSAGE_CHARS_MAX],
        variables=value.variables,
    )
    out.event(JobIntent.ERROR_THROWN, command.key, thrown)
    said = f" with message '{thrown.error_message}'" if thrown.error_message else ""
    message = f"expected the error with code '{value.error_code}'{said} to be caught, but nothing in the process does"
    incidents.raise_at_job(command.key, job.record, ErrorType.UNHANDLED_ERROR_EVENT, message, out)
    out.respond(command, JobIntent.ERROR_THROWN, command.key, thrown)


def update_retries(command: Command, value: JobRecord, view: StateView, out: Writers) -> None:
    """Give the job retries; an incident that stands needs resolving of its own."""
    if value.retries < 1:
        reason = f"expected to give job {command.key} at least 1 retry, but got {value.retries}"
        out.reject(command, RejectionType.INVALID_ARGUMENT, reason)
        return
    job = _existing(command, "update retries of", view, out)
    if job is not None:
        _tell(command, JobIntent.RETRIES_UPDATED, replace(jobs.told(job), retries=value.retries), out)


def update_timeout(command: Command, value: JobRecord, view: StateView, out: Writers) -> None:
    """Lock the job for so long from now."""
    job = _existing(command, "update the timeout of", view, out)
    if job is None:
        return
    if job.state is not JobState.ACTIVATED:
        reason = f"expected to update the timeout of job {command.key}, but it is not handed out to a worker"
        out.reject(command, RejectionType.INVALID_STATE, reason)
        return
    deadline_ms = out.now_ms + value.timeout_ms
    updated = replace(jobs.told(job), deadline_ms=deadline_ms, timeout_ms=value.timeout_ms)
    _tell(command, JobIntent.TIMEOUT_UPDATED, updated, out)


def hand_back(command: Command, _value: JobRecord, view: StateView, out: Writers) -> None:
    """A pushed job could not be delivered. Who polls may have it; pushing it again could go round in circles."""
    job = _existing(command, "hand back", view, out)
    if job is None:
        return
    if job.state is not JobState.ACTIVATED:
        reason = f"expected to hand back job {command.key}, but it is in state {job.state.name}"
        out.reject(command, RejectionType.INVALID_STATE, reason)
        return
    _tell(command, JobIntent.YIELDED, jobs.told(job), out)
    out.announce(job.record.type)


def _tell(command: Command, intent: Intent, value: JobRecord, out: Writers) -> None:
    out.event(intent, command.key, value)
    out.respond(command, intent, command.key, value)


def _existing(command: Command, wish: str, view: StateView, out: Writers) -> Job | None:
    job = view.jobs.get(command.key)
    if job is None:
        reason = f"expected to {wish} job {command.key}, but it does not exist (any more)"
        out.reject(command, RejectionType.NOT_FOUND, reason)
    return job


def _workable(command: Command, wish: str, view: StateView, out: Writers) -> Job | None:
    job = _existing(command, wish, view, out)
    if job is not None and job.state not in _WORKABLE:
        reason = f"expected to {wish} job {command.key}, but it is in state {job.state.name}"
        out.reject(command, RejectionType.INVALID_STATE, reason)
        return None
    return job
