"""An engine for tests: commands in, records out. Says in a word what takes a Command to say."""

from pathlib import Path
from typing import Any

from c8py.base.clock import ManualClock
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
    Rejection,
    Resource,
    VariableDocumentIntent,
    VariableDocumentRecord,
)
from c8py.engine.runtime import Engine, Outcome

MINUTE_MS = 60_000


class Rig:
    """An engine, its clock, and everything that it said.

    Attributes:
        events: of this and all earlier lives.
        outcome: of the latest run.
    """

    def __init__(self, path: Path | None = None, **options: Any) -> None:
        self.clock = ManualClock()
        self.path = path
        self.options = options
        self.events: list[Any] = []  # of Event; what value an intent has is known to who looks
        self.outcome = Outcome()
        self.requests = 0
        self.engine = self._open()

    def _open(self) -> Engine:
        def export(_now_ms: int, events: Any) -> None:
            self.events.extend(events)

        return Engine.open(self.path, clock=self.clock, export=export, **self.options)

    def restart(self) -> None:
        """Close, and open again from the files."""
        self.engine.close()
        self.engine = self._open()

    def command(self, intent: Intent, value: Record, key: int = -1) -> Command:
        """A command that asks for an answer."""
        self.requests += 1
        return Command(intent, value, key, self.requests)

    def send(self, intent: Intent, value: Record, key: int = -1) -> Any:
        """Run one command; gives its answer, None if there is none yet."""
        command = self.command(intent, value, key)
        self.outcome = self.engine.run([command])
        return next((answer for answer in self.outcome.answers if answer.request == command.request), None)

    def deploy(self, *contents: bytes) -> Any:
        resources = tuple(Resource(name=f"{at}.bpmn", content=content) for at, content in enumerate(contents))
        return self.send(DeploymentIntent.CREATE, DeploymentRecord(resources=resources))

    def create(self, process_id: str = "p", **more: Any) -> Any:
        value = ProcessInstanceCreationRecord(bpmn_process_id=process_id, **more)
        return self.send(ProcessInstanceCreationIntent.CREATE, value)

    def create_and_wait(self, process_id: str = "p", **more: Any) -> Any:
        value = ProcessInstanceCreationRecord(bpmn_process_id=process_id, **more)
        return self.send(ProcessInstanceCreationIntent.CREATE_WITH_AWAITING_RESULT, value)

    def cancel(self, key: int) -> Any:
        return self.send(ProcessInstanceIntent.CANCEL, ProcessInstanceRecord(), key)

    def activate(self, job_type: str = "work", *, most: int = 1, timeout_ms: int = MINUTE_MS, **more: Any) -> Any:
        value = JobBatchRecord(type=job_type, worker="w", max_jobs=most, timeout_ms=timeout_ms, **more)
        return self.send(JobBatchIntent.ACTIVATE, value)

    def job(self, job_type: str = "work", **more: Any) -> int:
        """The key of a job of this type, activated now."""
        return self.activate(job_type, **more).value.job_keys[0]

    def complete(self, key: int, **variables: object) -> Any:
        return self.send(JobIntent.COMPLETE, JobRecord(variables=variables), key)

    def fail(self, key: int, retries: int, **more: Any) -> Any:
        return self.send(JobIntent.FAIL, JobRecord(retries=retries, **more), key)

    def throw(self, key: int, code: str, **more: Any) -> Any:
        return self.send(JobIntent.THROW_ERROR, JobRecord(error_code=code, **more), key)

    def update_retries(self, key: int, retries: int) -> Any:
        return self.send(JobIntent.UPDATE_RETRIES, JobRecord(retries=retries), key)

    def update_timeout(self, key: int, timeout_ms: int) -> Any:
        return self.send(JobIntent.UPDATE_TIMEOUT, JobRecord(timeout_ms=timeout_ms), key)

    def hand_back(self, key: int) -> Any:
        return self.send(JobIntent.YIELD, JobRecord(), key)

    def resolve(self, key: int) -> Any:
        return self.send(IncidentIntent.RESOLVE, IncidentRecord(), key)

    def set_variables(self, key: int, *, local: bool = False, **variables: object) -> Any:
        value = VariableDocumentRecord(scope_key=key, variables=variables, local=local)
        return self.send(VariableDocumentIntent.UPDATE, value)

    def advance(self, seconds: float) -> None:
        """Move the clock, and let everything due happen."""
        self.clock.advance(seconds)
        while (due_ms := self.engine.due_at_ms()) is not None and due_ms <= self.clock.now_ms():
            self.outcome = self.engine.run_due()

    def told(self, intent: Intent) -> list[Any]:
        """The events of this intent."""
        return [event for event in self.events if event.intent is intent]

    def incident(self) -> Any:
        """The newest incident event."""
        return self.told(IncidentIntent.CREATED)[-1]

    def done(self, element_id: str) -> bool:
        """Whether the element has completed."""
        return any(event.value.element_id == element_id for event in self.told(ProcessInstanceIntent.ELEMENT_COMPLETED))

    def key_of(self, element_id: str) -> int:
        """The key of the newest instance of the element."""
        begun = self.told(ProcessInstanceIntent.ELEMENT_ACTIVATING)
        return [event.key for event in begun if event.value.element_id == element_id][-1]


def refusal(answer: object) -> str:
    """The type of the rejection; the text of anything else."""
    return answer.type.value if isinstance(answer, Rejection) else f"no rejection: {answer}"
