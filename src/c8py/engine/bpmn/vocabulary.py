"""What of BPMN is supported, as tables. A new element is a row here, a way to compile it, and its processor.

Whatever stands in no table is refused at deployment; nothing that would change what happens is passed over.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from c8py.engine.records import ElementType


class Symbol(msgspec.Struct, frozen=True, kw_only=True):
    """What may stand on one kind of flow node.

    Attributes:
        type: what the engine calls it.
        extensions: the Zeebe extension elements that it may carry.
        inputs: what becomes of its input mappings: applied, ignored as the real engine does, or refused.
        outputs: whether output mappings are applied; refused where not.
        waits: whether a token stays here until something from outside happens.
    """

    type: ElementType
    extensions: frozenset[str] = frozenset(("zeebe:properties",))
    inputs: str = "refused"
    outputs: bool = False
    waits: bool = False


_EVENT_EXTENSIONS: Final = frozenset(("zeebe:properties", "zeebe:ioMapping"))
_JOB_EXTENSIONS: Final = _EVENT_EXTENSIONS | {"zeebe:taskDefinition", "zeebe:taskHeaders"}

FLOW_NODES: Final[Mapping[str, Symbol]] = {
    "startEvent": Symbol(type=ElementType.START_EVENT, extensions=_EVENT_EXTENSIONS, outputs=True),
    "endEvent": Symbol(type=ElementType.END_EVENT, extensions=_EVENT_EXTENSIONS, outputs=True),
    "intermediateThrowEvent": Symbol(
        type=ElementType.INTERMEDIATE_THROW_EVENT, extensions=_EVENT_EXTENSIONS, inputs="ignored", outputs=True
    ),
    "serviceTask": Symbol(
        type=ElementType.SERVICE_TASK, extensions=_JOB_EXTENSIONS, inputs="applied", outputs=True, waits=True
    ),
    "task": Symbol(type=ElementType.TASK),
    "manualTask": Symbol(type=ElementType.MANUAL_TASK),
    "exclusiveGateway": Symbol(type=ElementType.EXCLUSIVE_GATEWAY),
}

SUPPORTED: Final = ", ".join((*FLOW_NODES, "sequenceFlow"))

# Without effect on what happens, in the real engine too.
_DESCRIPTIONS: Final = frozenset(("documentation", "auditing", "monitoring", "property", "categoryValueRef"))
_PEOPLE: Final = frozenset(("resourceRole", "performer", "humanPerformer", "potentialOwner"))
WITHOUT_EFFECT_IN_DEFINITIONS: Final = frozenset(
    (
        "documentation",
        "extensionElements",
        "collaboration",
        "message",
        "error",
        "signal",
        "escalation",
        "itemDefinition",
        "category",
        "dataStore",
        "import",
        "extension",
        "relationship",
        "resource",
        "interface",
        "endPoint",
        "correlationProperty",
        "partnerEntity",
        "partnerRole",
    )
)
WITHOUT_EFFECT_IN_PROCESS: Final = (
    _DESCRIPTIONS
    | _PEOPLE
    | {
        "laneSet",
        "ioSpecification",
        "dataObject",
        "dataObjectReference",
        "dataStoreReference",
        "textAnnotation",
        "association",
        "group",
    }
)
WITHOUT_EFFECT_IN_FLOW_NODE: Final = (
    _DESCRIPTIONS
    | _PEOPLE
    | {
        "incoming",
        "outgoing",
        "ioSpecification",
        "dataInputAssociation",
        "dataOutputAssociation",
        "dataInput",
        "dataOutput",
        "inputSet",
        "outputSet",
    }
)
WITHOUT_EFFECT_IN_FLOW: Final = _DESCRIPTIONS | {"conditionExpression"}
PROCESS_EXTENSIONS: Final = frozenset(("zeebe:properties", "zeebe:versionTag", "zeebe:userTaskForm"))
FLOW_EXTENSIONS: Final = frozenset(("zeebe:properties",))
MODELER_ATTRIBUTES: Final = frozenset(
    ("zeebe:modelerTemplate", "zeebe:modelerTemplateVersion", "zeebe:modelerTemplateIcon")
)
