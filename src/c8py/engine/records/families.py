"""Which type of value belongs to which family of intents: what a decoder of stored events needs to know."""

from collections.abc import Mapping
from typing import Final

from c8py.engine.records import intents
from c8py.engine.records.values import (
    DeploymentRecord,
    IncidentRecord,
    JobBatchRecord,
    JobRecord,
    ProcessInstanceCreationRecord,
    ProcessInstanceRecord,
    ProcessInstanceResultRecord,
    ProcessRecord,
    Record,
    VariableDocumentRecord,
    VariableRecord,
)

FAMILIES: Final[Mapping[type[intents.Intent], type[Record]]] = {
    intents.DeploymentIntent: DeploymentRecord,
    intents.ProcessIntent: ProcessRecord,
    intents.ProcessInstanceCreationIntent: ProcessInstanceCreationRecord,
    intents.ProcessInstanceIntent: ProcessInstanceRecord,
    intents.ProcessInstanceResultIntent: ProcessInstanceResultRecord,
    intents.JobIntent: JobRecord,
    intents.JobBatchIntent: JobBatchRecord,
    intents.VariableIntent: VariableRecord,
    intents.VariableDocumentIntent: VariableDocumentRecord,
    intents.IncidentIntent: IncidentRecord,
}

_BY_NUMBER: Final[Mapping[int, intents.Intent]] = {intent.value: intent for family in FAMILIES for intent in family}


def intent_of(number: int) -> intents.Intent:
    """The intent that is stored as this number; KeyError for a number of no intent."""
    return _BY_NUMBER[number]


def value_type(intent: intents.Intent) -> type[Record]:
    """The type of the value that goes with the intent."""
    return FAMILIES[type(intent)]
