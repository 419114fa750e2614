"""The executable process: what the engine runs, apart from the XML it came from.

Made by `c8py.engine.bpmn.read`, frozen, safe to share. Elements refer to each other by id.
"""

from collections.abc import Mapping

import msgspec

from c8py.engine.feel import Expression
from c8py.engine.records import ElementType


class SequenceFlow(msgspec.Struct, frozen=True, kw_only=True):
    """An arrow from one element to another.

    Attributes:
        source: id of the element it leaves.
        target: id of the element it enters.
        condition: evaluate with `condition.boolean(context)`; None means always. A default flow never has one.
        line: where it stands in the file, from 1.
    """

    id: str
    source: str
    target: str
    condition: Expression | None = None
    line: int = 0


class IoMapping(msgspec.Struct, frozen=True, kw_only=True):
    """One input or output mapping.

    Attributes:
        source: FEEL, or static text (then `evaluate` gives that text).
        target: the path of the variable: `("order", "price")` for `order.price`; never empty.
    """

    source: Expression
    target: tuple[str, ...]


class JobDefinition(msgspec.Struct, frozen=True, kw_only=True):
    """The job that a service task creates.

    Attributes:
        type: evaluate with `type.string(context)`.
        retries: evaluate with `retries.integer(context)`; 3 where the model says nothing.
        headers: become the job's custom headers as they stand, never evaluated.
    """

    type: Expression
    retries: Expression
    headers: Mapping[str, str]


class Element(msgspec.Struct, frozen=True, kw_only=True):
    """A flow node of a process.

    Attributes:
        line: where it stands in the file, from 1.
        incoming: ids of the sequence flows that enter it, in the order of the file.
        outgoing: the flows that leave it, in the order in which the engine tests and takes them: the one that stands
            last in the file first, as the real engine does. No flow: the path ends here.
        default_flow: taken by an exclusive gateway when no condition holds; it is among `outgoing` too.
        inputs: applied before the element is active, in this order, later ones see earlier ones.
        outputs: applied when it completes, in this order.
        job: set for service tasks, None for everything else.
    """

    id: str
    type: ElementType
    name: str = ""
    line: int = 0
    incoming: tuple[str, ...] = ()
    outgoing: tuple[SequenceFlow, ...] = ()
    default_flow: SequenceFlow | None = None
    inputs: tuple[IoMapping, ...] = ()
    outputs: tuple[IoMapping, ...] = ()
    job: JobDefinition | None = None


class ExecutableProcess(msgspec.Struct, frozen=True, kw_only=True):
    """A process that can be started.

    Attributes:
        id: the process id of the model (`bpmnProcessId`).
        name: "" where the model has none.
        version_tag: "" where the model has none.
        start: id of the none start event, where new instances begin.
        elements: every flow node by its id.
        flows: every sequence flow by its id.
    """

    id: str
    name: str
    version_tag: str
    start: str
    elements: Mapping[str, Element]
    flows: Mapping[str, SequenceFlow]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing in a file that keeps it from being deployed.

    Attributes:
        element_id: the element it is about, or the nearest one around it that has an id; "" for the file itself.
        line: where in the file, from 1; 0 when it is about the file as a whole.
        message: what was expected, and what stands there.
    """

    element_id: str
    line: int
    message: str


class ModelRejected(ValueError):  # noqa: N818  a rejection of the user's model, not an error of ours
    """A file cannot be deployed.

    Args:
        name: of the file.
        findings: everything wrong with it, in the order of the file; at least one.
    """

    def __init__(self, name: str, findings: tuple[Finding, ...]) -> None:
        self.name = name
        self.findings = findings
        super().__init__("\n".join(f"'{name}', {_where(finding)}: {finding.message}" for finding in findings))


def _where(finding: Finding) -> str:
    place = f"line {finding.line}" if finding.line else "the file"
    return f"{place}, element '{finding.element_id}'" if finding.element_id else place
