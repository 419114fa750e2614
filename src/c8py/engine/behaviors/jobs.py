"""What workers see of a job, and how jobs reach them without being asked for."""

from msgspec.structs import replace

from c8py.engine.behaviors import variables
from c8py.engine.records import JobBatchIntent, JobBatchRecord, JobRecord
from c8py.engine.state.entities import Job
from c8py.engine.state.views import StateView
from c8py.engine.writers import Writers


def told(job: Job) -> JobRecord:
    """The job as it stands, for the value of an event about it."""
    return replace(
        job.record,
        retries=job.retries,
        worker=job.worker,
        deadline_ms=job.deadline_ms,
        error_code=job.error_code,
        error_message=job.error_message,
        recurs_at_ms=job.recurs_at_ms,
    )


def handed_out(job: Job, fetch_variables: tuple[str, ...], worker: str, deadline_ms: int, view: StateView) -> JobRecord:
    """The job as the worker gets it, with the variables that it wants."""
    seen = variables.fetched(job.record.element_instance_key, fetch_variables, view)
    return replace(job.record, retries=job.retries, worker=worker, deadline_ms=deadline_ms, variables=seen)


def offer(job_key: int, view: StateView, out: Writers) -> None:
    """The job has just become activatable: push it if somebody wants that, else tell who polls."""
    job = view.jobs[job_key]
    taker = out.stream_for(job.record.type, job.record.tenant_id)
    if taker is None:
        out.announce(job.record.type)
        return
    stream_id, stream = taker
    deadline_ms = out.now_ms + stream.timeout_ms
    record = handed_out(job, stream.fetch_variables, stream.worker, deadline_ms, view)
    batch = JobBatchRecord(
        type=stream.type,
        worker=stream.worker,
        timeout_ms=stream.timeout_ms,
        max_jobs=1,
        job_keys=(job_key,),
        deadline_ms=deadline_ms,
    )
    out.event(JobBatchIntent.ACTIVATED, out.new_key(), batch)
    out.push(stream_id, job_key, record)
