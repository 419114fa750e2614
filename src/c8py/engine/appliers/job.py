"""Jobs: what may be handed out, to whom it is, and until when."""

from msgspec.structs import replace

from c8py.engine.records import NO_KEY, JobBatchRecord, JobRecord
from c8py.engine.state.entities import ElementInstance, Job, JobState
from c8py.engine.state.tables import Tables


def job_created(tables: Tables, key: int, value: JobRecord) -> None:
    """It can be handed out, and its element waits for it."""
    tables.put_job(key, Job(value, JobState.ACTIVATABLE, value.retries))
    element = tables.elements[value.element_instance_key]
    tables.put_element(value.element_instance_key, ElementInstance(element.value, element.state, key))


def job_batch_activated(tables: Tables, _key: int, value: JobBatchRecord) -> None:
    """They belong to the worker until the deadline."""
    for job_key in value.job_keys:
        job = tables.jobs[job_key]
        activated = Job(job.record, JobState.ACTIVATED, job.retries, value.worker, value.deadline_ms)
        tables.put_job(job_key, activated)


def job_completed(tables: Tables, key: int, value: JobRecord) -> None:
    """It is done with."""
    _leave(tables, key, value.element_instance_key)


def job_canceled(tables: Tables, key: int, value: JobRecord) -> None:
    """It is done with."""
    _leave(tables, key, value.element_instance_key)


def job_failed(tables: Tables, key: int, value: JobRecord) -> None:
    """It waits: for a worker, for the end of its back-off, or for somebody to give it retries."""
    again = value.retries > 0 and value.recurs_at_ms < 0
    failed = replace(
        tables.jobs[key],
        state=JobState.ACTIVATABLE if again else JobState.FAILED,
        retries=value.retries,
        error_message=value.error_message,
        deadline_ms=-1,
        recurs_at_ms=value.recurs_at_ms,
    )
    tables.put_job(key, failed)


def job_error_thrown(tables: Tables, key: int, value: JobRecord) -> None:
    """Its error was not caught: it waits for somebody to resolve that."""
    thrown = replace(
        tables.jobs[key],
        state=JobState.ERROR_THROWN,
        error_code=value.error_code,
        error_message=value.error_message,
        deadline_ms=-1,
        recurs_at_ms=-1,
    )
    tables.put_job(key, thrown)


def job_retries_updated(tables: Tables, key: int, value: JobRecord) -> None:
    """It has so many retries now; whether it may be handed out stays as it was."""
    tables.put_job(key, replace(tables.jobs[key], retries=value.retries))


def job_timeout_updated(tables: Tables, key: int, value: JobRecord) -> None:
    """It belongs to its worker until another time."""
    tables.put_job(key, replace(tables.jobs[key], deadline_ms=value.deadline_ms))


def job_timed_out(tables: Tables, key: int, _value: JobRecord) -> None:
    """It can be handed out again."""
    _activatable(tables, key)


def job_recurred_after_backoff(tables: Tables, key: int, _value: JobRecord) -> None:
    """It can be handed out again."""
    _activatable(tables, key)


def job_yielded(tables: Tables, key: int, _value: JobRecord) -> None:
    """It can be handed out again."""
    _activatable(tables, key)


def _activatable(tables: Tables, key: int) -> None:
    job = tables.jobs[key]
    tables.put_job(key, Job(job.record, JobState.ACTIVATABLE, job.retries, job.worker))


def _leave(tables: Tables, key: int, element_instance_key: int) -> None:
    tables.drop_job(key)
    element = tables.elements[element_instance_key]
    left = ElementInstance(element.value, element.state, NO_KEY, element.incident_key)
    tables.put_element(element_instance_key, left)
