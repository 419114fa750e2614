"""The things that the state holds. Frozen: a change puts a new one in place, so undoing is putting the old one back."""

from enum import IntEnum

import msgspec

from c8py.engine.records import NO_KEY, JobRecord, ProcessInstanceIntent, ProcessInstanceRecord


class Entity(msgspec.Struct, frozen=True, array_like=True):
    """Base of all entities; stored in snapshots as arrays, so fields are only added at the end, with a default."""


class JobState(IntEnum):
    """What may be done with a job. A job that is done with is not in the state at all."""

    ACTIVATABLE = 1
    ACTIVATED = 2
    FAILED = 3
    ERROR_THROWN = 4


class ElementInstance(Entity, frozen=True):
    """One run of one element; `state` is the last event of its life."""

    value: ProcessInstanceRecord
    state: ProcessInstanceIntent
    job_key: int = NO_KEY
    incident_key: int = NO_KEY


class Variable(Entity, frozen=True):
    """A value in a scope, which is known by its name there."""

    key: int
    value: object


class Job(Entity, frozen=True):
    """A job as it was created, and what has become of it.

    Attributes:
        recurs_at_ms: when a failed job with back-off becomes activatable again; -1 without one.
        incident_key: of the incident that keeps it from being handed out; -1 without one.
    """

    record: JobRecord
    state: JobState
    retries: int
    worker: str = ""
    deadline_ms: int = -1
    recurs_at_ms: int = -1
    error_code: str = ""
    error_message: str = ""
    incident_key: int = NO_KEY
