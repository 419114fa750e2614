"""Handing out jobs to who polls: oldest first, as many as fit."""

from itertools import islice

import msgspec

from c8py.base.limits import JOB_BATCH_BYTES_MAX, JOBS_PER_ACTIVATION_MAX
from c8py.engine.behaviors import incidents, jobs
from c8py.engine.records import (
    Command,
    ErrorType,
    JobBatchIntent,
    JobBatchRecord,
    JobRecord,
    RejectionType,
)
from c8py.engine.state.views import StateView
from c8py.engine.writers import Writers

_encode = msgspec.json.Encoder().encode


def activate(command: Command, value: JobBatchRecord, view: StateView, out: Writers) -> None:
    """Lock the oldest jobs of the type for the worker; none is a good answer too."""
    wrong = _fault(value)
    if wrong:
        out.reject(command, RejectionType.INVALID_ARGUMENT, wrong)
        return
    deadline_ms = out.now_ms + value.timeout_ms
    picked, truncated = _pick(value, deadline_ms, view, out)
    done = msgspec.structs.replace(value, job_keys=tuple(picked), deadline_ms=deadline_ms, truncated=truncated)
    key = out.new_key() if picked else command.key
    if picked:
        out.event(JobBatchIntent.ACTIVATED, key, done)
    if truncated:
        out.announce(value.type)
    answer = msgspec.structs.replace(done, jobs=tuple(picked.values()))
    out.respond(command, JobBatchIntent.ACTIVATED, key, answer)


def _fault(value: JobBatchRecord) -> str:
    if not value.type.strip():
        return "expected to activate jobs of a type, but the type is blank"
    if value.timeout_ms < 1:
        return f"expected to activate jobs for at least 1 ms, but the timeout is {value.timeout_ms} ms"
    if value.max_jobs < 1:
        return f"expected to activate at least 1 job, but the maximum is {value.max_jobs}"
    return ""


def _pick(value: JobBatchRecord, deadline_ms: int, view: StateView, out: Writers) -> tuple[dict[int, JobRecord], bool]:
    bytes_left = value.bytes_max or JOB_BATCH_BYTES_MAX
    picked: dict[int, JobRecord] = {}
    too_large: list[int] = []
    truncated = False
    for job_key in islice(view.activatable(value.type), min(value.max_jobs, JOBS_PER_ACTIVATION_MAX)):
        job = view.jobs[job_key]
        if job.record.tenant_id not in value.tenant_ids:
            continue
        record = jobs.handed_out(job, value.fetch_variables, value.worker, deadline_ms, view)
        size = len(_encode(record))
        if size > bytes_left:
            if picked:
                truncated = True
                break
            too_large.append(job_key)
            continue
        bytes_left -= size
        picked[job_key] = record
    for job_key in too_large:
        message = f"expected the variables of job {job_key} to fit into one answer, but they are too large"
        incidents.raise_at_job(job_key, view.jobs[job_key].record, ErrorType.MESSAGE_SIZE_EXCEEDED, message, out)
    return picked, truncated
