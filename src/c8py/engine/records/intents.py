"""What a record wants or tells: commands in the imperative, events in the past.

The numbers are stored in logs and never change. Each family owns a hundred: 0..49 are commands, 50..99 events, so that
an intent alone names its family, its tense and the type of its value.
"""

from enum import IntEnum
from typing import Final

FAMILY: Final = 100
_FIRST_EVENT: Final = 50


class Intent(IntEnum):
    """Base of all intents. Numbers are unique over all families, so intents of any family can key one table."""


class DeploymentIntent(Intent):
    """Deployments: value `DeploymentRecord`."""

    CREATE = 100
    CREATED = 150


class ProcessIntent(Intent):
    """Process definitions: value `ProcessRecord`."""

    CREATED = 250


class ProcessInstanceCreationIntent(Intent):
    """Starting instances: value `ProcessInstanceCreationRecord`."""

    CREATE = 300
    CREATE_WITH_AWAITING_RESULT = 301
    CREATED = 350


class ProcessInstanceIntent(Intent):
    """The life of instances and their elements: value `ProcessInstanceRecord`."""

    CANCEL = 400
    ACTIVATE_ELEMENT = 401
    COMPLETE_ELEMENT = 402
    TERMINATE_ELEMENT = 403
    ELEMENT_ACTIVATING = 450
    ELEMENT_ACTIVATED = 451
    ELEMENT_COMPLETING = 452
    ELEMENT_COMPLETED = 453
    ELEMENT_TERMINATING = 454
    ELEMENT_TERMINATED = 455
    SEQUENCE_FLOW_TAKEN = 456


class ProcessInstanceResultIntent(Intent):
    """The late answer to CREATE_WITH_AWAITING_RESULT: value `ProcessInstanceResultRecord`; never stored."""

    COMPLETED = 550


class JobIntent(Intent):
    """Jobs: value `JobRecord`."""

    COMPLETE = 600
    FAIL = 601
    THROW_ERROR = 602
    UPDATE_RETRIES = 603
    UPDATE_TIMEOUT = 604
    TIME_OUT = 605
    RECUR_AFTER_BACKOFF = 606
    YIELD = 607
    CREATED = 650
    COMPLETED = 651
    FAILED = 652
    ERROR_THROWN = 653
    RETRIES_UPDATED = 654
    TIMEOUT_UPDATED = 655
    TIMED_OUT = 656
    RECURRED_AFTER_BACKOFF = 657
    YIELDED = 658
    CANCELED = 659


class JobBatchIntent(Intent):
    """Handing out jobs: value `JobBatchRecord`."""

    ACTIVATE = 700
    ACTIVATED = 750


class VariableIntent(Intent):
    """Single variables: value `VariableRecord`."""

    CREATED = 850
    UPDATED = 851


class VariableDocumentIntent(Intent):
    """Several variables set from outside: value `VariableDocumentRecord`."""

    UPDATE = 900
    UPDATED = 950


class IncidentIntent(Intent):
    """Incidents: value `IncidentRecord`."""

    RESOLVE = 1000
    CREATED = 1050
    RESOLVED = 1051


def is_event(intent: int) -> bool:
    """Whether the intent tells of something that has happened (and so is stored and applied)."""
    return intent % FAMILY >= _FIRST_EVENT
