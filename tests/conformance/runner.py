"""Runs a scenario (see README.md) on the engine and tells what happened in the form of expected.json."""

import datetime as dt
import json
import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from c8py.base.clock import ManualClock
from c8py.engine.records import (
    Command,
    DeploymentIntent,
    DeploymentRecord,
    ElementType,
    Event,
    IncidentIntent,
    IncidentRecord,
    JobBatchIntent,
    JobBatchRecord,
    JobIntent,
    JobRecord,
    ProcessInstanceCreationIntent,
    ProcessInstanceCreationRecord,
    ProcessInstanceIntent,
    ProcessInstanceRecord,
    ProcessInstanceResultRecord,
    Rejection,
    RejectionType,
    Resource,
    VariableDocumentIntent,
    VariableDocumentRecord,
    VariableRecord,
)
from c8py.engine.runtime import Engine, Outcome

BEGIN = dt.datetime(2026, 3, 15, 10, 30, tzinfo=dt.UTC)
STATUSES = {
    RejectionType.INVALID_ARGUMENT: "INVALID_ARGUMENT",
    RejectionType.NOT_FOUND: "NOT_FOUND",
    RejectionType.INVALID_STATE: "FAILED_PRECONDITION",
}
DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?)?")
DAY = "P1D"
UNKNOWN_KEY = 99


def seconds(duration: str) -> float:
    found = DURATION.fullmatch(duration)
    assert found, duration
    days, hours, minutes, rest = (float(part or 0) for part in found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + rest


def milliseconds(duration: str) -> int:
    return round(seconds(duration) * 1000)


def moment(at_ms: int) -> str:
    return (dt.datetime.fromtimestamp(at_ms / 1000, dt.UTC)).isoformat().replace("+00:00", "Z")


class Runner:
    """One scenario on an engine of its own; `path` and `restarts` make it forget everything but its files."""

    def __init__(self, folder: Path, *, path: Path | None = None, restarts: bool = False) -> None:
        self.folder = folder
        self.scenario = json.loads((folder / "scenario.json").read_text())
        self.clock = ManualClock(round(BEGIN.timestamp() * 1000))
        self.path = path
        self.restarts = restarts
        self.events: list[Any] = []  # of Event: what value an intent has is known to who looks
        self.engine = self._open()
        self.requests = 0
        self.awaited = 0
        self.results: dict[int, dict[str, object]] = {}
        self.kept: dict[str, list[tuple[int, JobRecord]]] = defaultdict(list)
        self.last_job = UNKNOWN_KEY

    def _open(self) -> Engine:
        return Engine.open(self.path, clock=self.clock, export=lambda _now_ms, events: self.events.extend(events))

    def run(self) -> dict[str, object]:
        steps = []
        for step in self.scenario["steps"]:
            before = len(element_lines(self.events))
            done = {"do": step["do"], "status": "OK"}
            done.update(getattr(self, f"do_{step['do']}")(step))
            steps.append({**done, "elements": len(element_lines(self.events)) - before})
            if self.restarts:
                digest = self.engine.digest()
                self.engine.close()
                self.engine = self._open()
                assert self.engine.digest() == digest
        self.engine.close()
        return {"steps": steps, **outcome(self.events)}

    def send(self, intent, value, key=-1) -> Any:
        self.requests += 1
        answers = self.told(self.engine.run([Command(intent, value, key, self.requests)]))
        found = [answer for answer in answers if answer.request == self.requests]
        return found[0] if found else None

    def told(self, made: Outcome):
        for answer in made.answers:
            value = getattr(answer, "value", None)
            if isinstance(value, ProcessInstanceResultRecord):
                self.results[answer.request] = value.variables
        return made.answers

    def status(self, answer) -> dict[str, object]:
        return {"status": STATUSES[answer.type]} if isinstance(answer, Rejection) else {}

    def do_deploy(self, step):
        resources = tuple(Resource(name=name, content=(self.folder / name).read_bytes()) for name in step["files"])
        answer = self.send(DeploymentIntent.CREATE, DeploymentRecord(resources=resources))
        if isinstance(answer, Rejection):
            return self.status(answer)
        return {"deployed": [f"{process.bpmn_process_id} v{process.version}" for process in answer.value.processes]}

    def creation(self, step):
        return ProcessInstanceCreationRecord(
            bpmn_process_id=step["process"],
            version=step.get("version", -1),
            variables=step.get("variables", {}),
            start_instructions=tuple(step.get("startAt", ())),
            runtime_instructions=tuple(step.get("terminateAfter", ())),
            fetch_variables=tuple(step.get("fetchVariables", ())),
        )

    def do_create(self, step):
        answer = self.send(ProcessInstanceCreationIntent.CREATE, self.creation(step))
        if isinstance(answer, Rejection):
            return self.status(answer)
        return {"process": answer.value.bpmn_process_id, "version": answer.value.version}

    def do_createWithResult(self, step):  # noqa: N802  named like the step
        self.awaited = self.requests + 1
        answer = self.send(ProcessInstanceCreationIntent.CREATE_WITH_AWAITING_RESULT, self.creation(step))
        return self.status(answer) if answer is not None else {"status": "PENDING"}

    def do_await(self, _step):
        if self.awaited not in self.results:
            return {"status": "PENDING"}
        return {"variables": self.results[self.awaited]}

    def activated(self, job_type, *, most=1, timeout=DAY, fetch=()):
        value = JobBatchRecord(
            type=job_type, worker="w", max_jobs=most, timeout_ms=milliseconds(timeout), fetch_variables=tuple(fetch)
        )
        answer = self.send(JobBatchIntent.ACTIVATE, value)
        return list(zip(answer.value.job_keys, answer.value.jobs, strict=True))

    def do_activate(self, step):
        found = self.activated(
            step["type"],
            most=step.get("max", 1),
            timeout=step.get("timeout", DAY),
            fetch=step.get("fetchVariables", ()),
        )
        self.kept[step["type"]] += found
        if found:
            self.last_job = found[-1][0]
        return {"jobs": [seen(job) for _key, job in found]}

    def with_job(self, step, intent, value):
        told = {}
        if "key" in step:
            key = UNKNOWN_KEY
        elif step.get("last"):
            key = self.last_job
        else:
            kept = self.kept[step["type"]]
            if kept:
                key, _job = kept.pop(0)
            else:
                found = self.activated(step["type"])
                if not found:
                    return {"status": "NO_JOB"}
                key, job = found[0]
                told = {"job": seen(job)}
            self.last_job = key
        return {**told, **self.status(self.send(intent, value, key))}

    def do_complete(self, step):
        return self.with_job(step, JobIntent.COMPLETE, JobRecord(variables=step.get("variables", {})))

    def do_fail(self, step):
        value = JobRecord(
            retries=step.get("retries", 0),
            error_message=step.get("message", ""),
            retry_backoff_ms=milliseconds(step.get("backoff", "PT0S")),
            variables=step.get("variables", {}),
        )
        return self.with_job(step, JobIntent.FAIL, value)

    def do_throwError(self, step):  # noqa: N802  named like the step
        value = JobRecord(
            error_code=step["code"], error_message=step.get("message", ""), variables=step.get("variables", {})
        )
        return self.with_job(step, JobIntent.THROW_ERROR, value)

    def do_updateRetries(self, step):  # noqa: N802  named like the step
        open_jobs = [value.job_key for _key, value in self.open_incidents() if value.job_key > 0]
        key = UNKNOWN_KEY if "key" in step else (open_jobs or [self.last_job])[-1]
        return self.status(self.send(JobIntent.UPDATE_RETRIES, JobRecord(retries=step["retries"]), key))

    def do_updateTimeout(self, step):  # noqa: N802  named like the step
        key = UNKNOWN_KEY if "key" in step else self.last_job
        value = JobRecord(timeout_ms=milliseconds(step["timeout"]))
        return self.status(self.send(JobIntent.UPDATE_TIMEOUT, value, key))

    def open_incidents(self):
        made = {event.key: event.value for event in self.events if event.intent is IncidentIntent.CREATED}
        for event in self.events:
            if event.intent is IncidentIntent.RESOLVED:
                del made[event.key]
        return list(made.items())

    def do_resolve(self, step):
        key = UNKNOWN_KEY if "key" in step else self.open_incidents()[-1][0]
        return self.status(self.send(IncidentIntent.RESOLVE, IncidentRecord(), key))

    def do_advance(self, step):
        self.clock.advance(seconds(step["by"]))
        while (due_ms := self.engine.due_at_ms()) is not None and due_ms <= self.clock.now_ms():
            self.told(self.engine.run_due())
        return {}

    def do_cancel(self, step):
        key = UNKNOWN_KEY if "key" in step else self.instance(step)
        return self.status(self.send(ProcessInstanceIntent.CANCEL, ProcessInstanceRecord(), key))

    def instance(self, step):
        begun = [event.key for event in self.events if is_begin(event) and is_process(event)]
        return begun[step.get("instance", 1) - 1]

    def do_setVariables(self, step):  # noqa: N802  named like the step
        key = self.instance(step)
        if "element" in step:
            key = next(
                event.key for event in self.events if is_begin(event) and event.value.element_id == step["element"]
            )
        value = VariableDocumentRecord(scope_key=key, variables=step["variables"], local=step.get("local", False))
        return self.status(self.send(VariableDocumentIntent.UPDATE, value))


def seen(job: JobRecord) -> dict[str, object]:
    return {
        "type": job.type,
        "elementId": job.element_id,
        "process": job.bpmn_process_id,
        "version": job.process_definition_version,
        "retries": job.retries,
        "deadline": moment(job.deadline_ms),
        "customHeaders": job.custom_headers,
        "variables": job.variables,
    }


def is_begin(event: Event) -> bool:
    return event.intent is ProcessInstanceIntent.ELEMENT_ACTIVATING


def is_process(event: Event) -> bool:
    return isinstance(event.value, ProcessInstanceRecord) and event.value.element_type is ElementType.PROCESS


def element_lines(events: Sequence[Event]) -> list[str]:
    numbers = instance_numbers(events)
    return [
        f"{numbers[value.process_instance_key]} {value.element_id} {value.element_type} {event.intent.name}"
        for event in events
        if isinstance(value := event.value, ProcessInstanceRecord)
    ]


def instance_numbers(events: Sequence[Event]) -> dict[int, int]:
    begun = (event.key for event in events if is_begin(event) and is_process(event))
    return {key: number for number, key in enumerate(begun, start=1)}


def outcome(events: Sequence[Event]) -> dict[str, object]:
    numbers = instance_numbers(events)
    return {
        "instances": instances(events, numbers),
        "elements": element_lines(events),
        "variables": variables(events, numbers),
        "incidents": incidents(events, numbers),
        "jobs": jobs(events, numbers),
        "openSubscriptions": [],
        "openTimers": [],
    }


def instances(events, numbers):
    states = {
        ProcessInstanceIntent.ELEMENT_COMPLETED: "COMPLETED",
        ProcessInstanceIntent.ELEMENT_TERMINATED: "TERMINATED",
    }
    rows = {}
    for event in events:
        if is_process(event):
            rows[event.key] = {
                "instance": numbers[event.key],
                "process": event.value.bpmn_process_id,
                "version": event.value.version,
                "state": states.get(event.intent, "ACTIVE"),
            }
    return list(rows.values())


def variables(events, numbers):
    scopes, counts, found = {}, defaultdict(int), {}
    for event in events:
        if is_begin(event):
            element = (event.value.process_instance_key, event.value.element_id)
            counts[element] += 1
            scopes[event.key] = f"{event.value.element_id}#{counts[element]}"
    for event in events:
        value = event.value
        if isinstance(value, VariableRecord):
            scope = found.setdefault(str(numbers[value.process_instance_key]), {}).setdefault(
                scopes[value.scope_key], {}
            )
            scope[value.name] = value.value
    return found


def incidents(events, numbers):
    rows = {}
    for event in events:
        value = event.value
        if isinstance(value, IncidentRecord):
            rows[event.key] = {
                "instance": numbers[value.process_instance_key],
                "elementId": value.element_id,
                "errorType": value.error_type.value,
                "state": event.intent.name,
            }
    return list(rows.values())


def jobs(events, numbers):
    rows = {}
    for event in events:
        value = event.value
        if not isinstance(value, JobRecord):
            continue
        row = rows.setdefault(
            event.key,
            {
                "instance": numbers[value.process_instance_key],
                "elementId": value.element_id,
                "type": value.type,
                "kind": value.kind.value,
                "retries": value.retries,
                "customHeaders": value.custom_headers,
                "events": [],
            },
        )
        more = {
            JobIntent.FAILED: f" ({value.retries})",
            JobIntent.RETRIES_UPDATED: f" ({value.retries})",
            JobIntent.ERROR_THROWN: f" ({value.error_code})",
        }
        row["events"].append(event.intent.name + more.get(event.intent, ""))
    return list(rows.values())
