"""One function for each command that comes from outside or from the clock: read, decide, speak. One table over all.

A business failure is a value (rejection, incident); an exception here is a bug, and the stream takes the command back.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TypeVar

from c8py.engine.processors import creation, deployment, incident, instance, job, job_batch, job_time, variable
from c8py.engine.processors.elements import step as step
from c8py.engine.records import (
    Command,
    DeploymentIntent,
    DeploymentRecord,
    IncidentIntent,
    IncidentRecord,
    Intent,
    JobBatchIntent,
    JobBatchRecord,
    JobIntent,
    JobRecord,
    ProcessInstanceCreationIntent,
    ProcessInstanceCreationRecord,
    ProcessInstanceIntent,
    ProcessInstanceRecord,
    Record,
    VariableDocumentIntent,
    VariableDocumentRecord,
)
from c8py.engine.state.views import StateView
from c8py.engine.writers import Writers

__all__ = ["PROCESSORS", "process", "step"]

V = TypeVar("V", bound=Record)


class Processor(NamedTuple):
    """A function, and the type of value that it takes."""

    value_type: type[Record]
    process: Callable[[Command, Any, StateView, Writers], None]


def _on(value: type[V], process: Callable[[Command, V, StateView, Writers], None]) -> Processor:
    return Processor(value, process)


PROCESSORS: Final[Mapping[Intent, Processor]] = {
    DeploymentIntent.CREATE: _on(DeploymentRecord, deployment.create),
    ProcessInstanceCreationIntent.CREATE: _on(ProcessInstanceCreationRecord, creation.create),
    ProcessInstanceCreationIntent.CREATE_WITH_AWAITING_RESULT: _on(ProcessInstanceCreationRecord, creation.create),
    ProcessInstanceIntent.CANCEL: _on(ProcessInstanceRecord, instance.cancel),
    JobBatchIntent.ACTIVATE: _on(JobBatchRecord, job_batch.activate),
    JobIntent.COMPLETE: _on(JobRecord, job.complete),
    JobIntent.FAIL: _on(JobRecord, job.fail),
    JobIntent.THROW_ERROR: _on(JobRecord, job.throw_error),
    JobIntent.UPDATE_RETRIES: _on(JobRecord, job.update_retries),
    JobIntent.UPDATE_TIMEOUT: _on(JobRecord, job.update_timeout),
    JobIntent.YIELD: _on(JobRecord, job.hand_back),
    JobIntent.TIME_OUT: _on(JobRecord, job_time.time_out),
    JobIntent.RECUR_AFTER_BACKOFF: _on(JobRecord, job_time.recur),
    VariableDocumentIntent.UPDATE: _on(VariableDocumentRecord, variable.update),
    IncidentIntent.RESOLVE: _on(IncidentRecord, incident.resolve),
}


def process(command: Command, view: StateView, out: Writers) -> None:
    """Decide about the command.

    Raises:
        TypeError: it is no command of this table, or its value is not of the type that its intent has.
    """
    processor = PROCESSORS.get(command.intent)
    if processor is None:
        raise TypeError(f"expected a command, but {command.intent!r} is none")
    if not isinstance(command.value, processor.value_type):
        raise TypeError(f"expected {processor.value_type.__name__} with {command.intent!r}, but got {command.value!r}")
    processor.process(command, command.value, view, out)
