"""What the clock does to jobs. Commands of the engine to itself: nobody is answered."""

from c8py.engine.behaviors import jobs
from c8py.engine.records import Command, JobIntent, JobRecord
from c8py.engine.state.entities import JobState
from c8py.engine.state.views import StateView
from c8py.engine.writers import Writers


def time_out(command: Command, _value: JobRecord, view: StateView, out: Writers) -> None:
    """The worker's time is over: others may have the job."""
    job = view.jobs.get(command.key)
    if job is not None and job.state is JobState.ACTIVATED and job.deadline_ms <= out.now_ms:
        out.event(JobIntent.TIMED_OUT, command.key, jobs.told(job))
        jobs.offer(command.key, view, out)


def recur(command: Command, _value: JobRecord, view: StateView, out: Writers) -> None:
    """The back-off is over: the job may be tried again."""
    job = view.jobs.get(command.key)
    if job is not None and job.state is JobState.FAILED and 0 <= job.recurs_at_ms <= out.now_ms:
        out.event(JobIntent.RECURRED_AFTER_BACKOFF, command.key, jobs.told(job))
        jobs.offer(command.key, view, out)
