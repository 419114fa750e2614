"""Models as texts, for tests of the engine: said in a line, readable in a failure."""

from itertools import pairwise
from xml.sax.saxutils import quoteattr

_HEAD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="definitions" targetNamespace="http://test">'
)


class Model:
    """A process with a start event `start`; every method adds and gives back the model."""

    def __init__(self, process_id: str = "p", name: str = "") -> None:
        self._process = f"<bpmn:process id={quoteattr(process_id)} name={quoteattr(name)} isExecutable='true'>"
        self._parts = ['<bpmn:startEvent id="start"/>']

    def task(
        self,
        element_id: str,
        *,
        job_type: str = "",
        retries: str = "",
        inputs: dict[str, str] | None = None,
        outputs: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> "Model":
        """A service task; its job type is its id, unless said otherwise. Mappings are target to source."""
        more = f" retries={quoteattr(retries)}" if retries else ""
        extension = f"<zeebe:taskDefinition type={quoteattr(job_type or element_id)}{more}/>"
        mappings = [_mapping("input", pair) for pair in (inputs or {}).items()]
        mappings += [_mapping("output", pair) for pair in (outputs or {}).items()]
        if mappings:
            extension += f"<zeebe:ioMapping>{''.join(mappings)}</zeebe:ioMapping>"
        if headers:
            rows = (f"<zeebe:header key={quoteattr(key)} value={quoteattr(text)}/>" for key, text in headers.items())
            extension += f"<zeebe:taskHeaders>{''.join(rows)}</zeebe:taskHeaders>"
        extensions = f"<bpmn:extensionElements>{extension}</bpmn:extensionElements>"
        self._parts.append(f"<bpmn:serviceTask id={quoteattr(element_id)}>{extensions}</bpmn:serviceTask>")
        return self

    def gateway(self, element_id: str, *, default: str = "") -> "Model":
        """An exclusive gateway."""
        more = f" default={quoteattr(default)}" if default else ""
        self._parts.append(f"<bpmn:exclusiveGateway id={quoteattr(element_id)}{more}/>")
        return self

    def end(self, element_id: str = "end") -> "Model":
        """A none end event."""
        self._parts.append(f"<bpmn:endEvent id={quoteattr(element_id)}/>")
        return self

    def flow(self, source: str, target: str, *, condition: str = "", flow_id: str = "") -> "Model":
        """A sequence flow, `source_target` unless named."""
        inner = f"<bpmn:conditionExpression>{_text(condition)}</bpmn:conditionExpression>" if condition else ""
        identity = quoteattr(flow_id or f"{source}_{target}")
        ends = f"sourceRef={quoteattr(source)} targetRef={quoteattr(target)}"
        self._parts.append(f"<bpmn:sequenceFlow id={identity} {ends}>{inner}</bpmn:sequenceFlow>")
        return self

    def path(self, *element_ids: str) -> "Model":
        """Flows from each to the next."""
        for source, target in pairwise(element_ids):
            self.flow(source, target)
        return self

    @property
    def content(self) -> bytes:
        """The file."""
        return f"{_HEAD}{self._process}{''.join(self._parts)}</bpmn:process></bpmn:definitions>".encode()


def one_task(process_id: str = "p", element_id: str = "work", **task: object) -> bytes:
    """start, one service task, end."""
    model = Model(process_id).task(element_id, **task)  # pyright: ignore[reportArgumentType]  handed on as it is
    return model.end().path("start", element_id, "end").content


def _mapping(kind: str, pair: tuple[str, str]) -> str:
    target, source = pair
    return f"<zeebe:{kind} source={quoteattr(source)} target={quoteattr(target)}/>"


def _text(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
