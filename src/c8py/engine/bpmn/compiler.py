"""From the tree of one process to what the engine runs: elements, flows, mappings, jobs, their expressions compiled.

Whatever cannot be compiled becomes a finding and is left out; the caller throws the process away then. Called by
`reader`.
"""

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

import msgspec

from c8py.engine.bpmn.findings import Findings
from c8py.engine.bpmn.model import Element, ExecutableProcess, IoMapping, JobDefinition, SequenceFlow
from c8py.engine.bpmn.rules import check_graph
from c8py.engine.bpmn.validator import check_children, check_extensions, check_id_present, extensions
from c8py.engine.bpmn.vocabulary import (
    FLOW_EXTENSIONS,
    FLOW_NODES,
    PROCESS_EXTENSIONS,
    SUPPORTED,
    WITHOUT_EFFECT_IN_FLOW,
    WITHOUT_EFFECT_IN_FLOW_NODE,
    WITHOUT_EFFECT_IN_PROCESS,
    Symbol,
)
from c8py.engine.bpmn.xml_tree import Node
from c8py.engine.feel import Expression, ParseFailure, compile_value
from c8py.engine.records import ElementType

_RETRIES: Final = "3"
_PATH: Final = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")


def compile_process(process: Node, findings: Findings) -> ExecutableProcess:
    """The executable form of a process.

    Args:
        process: the `<process>` element.
        findings: receives everything that is wrong; if it has grown, the result is not fit to run.
    """
    check_id_present(process, "", findings)
    allowed = WITHOUT_EFFECT_IN_PROCESS | FLOW_NODES.keys() | {"sequenceFlow"}
    check_children(process, allowed, findings, supported=SUPPORTED)
    check_extensions(process, PROCESS_EXTENSIONS, findings)
    flows = _flows(process, findings)
    elements = {
        node.id: _element(node, FLOW_NODES[node.tag], flows, findings)
        for node in process.children
        if node.tag in FLOW_NODES and _has_id(node, process, findings)
    }
    starts = [element.id for element in elements.values() if element.type is ElementType.START_EVENT]
    compiled = ExecutableProcess(
        id=process.id,
        name=process.attributes.get("name", ""),
        version_tag=_version_tag(process),
        start=starts[0] if starts else "",
        elements=elements,
        flows=flows.by_id,
    )
    check_graph(compiled, process, findings)
    return compiled


def _has_id(node: Node, process: Node, findings: Findings) -> bool:
    check_id_present(node, process.id, findings)
    return bool(node.id)


def _version_tag(process: Node) -> str:
    for extension in extensions(process):
        if extension.tag == "zeebe:versionTag":
            return extension.attributes.get("value", "")
    return ""


# -- sequence flows


class _Flows(msgspec.Struct, frozen=True):
    """The sequence flows of a process, found by id and by the elements at their ends, in the order of the file."""

    by_id: dict[str, SequenceFlow] = msgspec.field(default_factory=dict[str, SequenceFlow])
    entering: dict[str, list[SequenceFlow]] = msgspec.field(default_factory=dict[str, list[SequenceFlow]])
    leaving: dict[str, list[SequenceFlow]] = msgspec.field(default_factory=dict[str, list[SequenceFlow]])


def _flows(process: Node, findings: Findings) -> _Flows:
    # Ids of elements that are not supported count as known: one finding for each cause.
    known = {child.id for child in process.children if child.tag != "sequenceFlow"}
    defaults = {node.id: node.attributes.get("default") for node in process.all("exclusiveGateway")}
    flows = _Flows()
    for node in process.all("sequenceFlow"):
        check_id_present(node, process.id, findings)
        flow = _flow(node, known, defaults, findings)
        flows.by_id[flow.id] = flow
        flows.entering.setdefault(flow.target, []).append(flow)
        flows.leaving.setdefault(flow.source, []).append(flow)
    return flows


def _flow(node: Node, known: AbstractSet[str], defaults: Mapping[str, str | None], findings: Findings) -> SequenceFlow:
    check_children(node, WITHOUT_EFFECT_IN_FLOW, findings)
    check_extensions(node, FLOW_EXTENSIONS, findings)
    source, target = node.attributes.get("sourceRef", ""), node.attributes.get("targetRef", "")
    for attribute, end in (("sourceRef", source), ("targetRef", target)):
        if end not in known or not end:
            findings.add(node, f"expected {attribute} to name an element of the process, but found '{end}'")
    condition = _condition(node, findings)
    if defaults.get(source) == node.id:
        condition = None  # of a default flow it is never asked, in the real engine too
    return SequenceFlow(id=node.id, source=source, target=target, condition=condition, line=node.line)


def _condition(flow: Node, findings: Findings) -> Expression | None:
    for node in flow.all("conditionExpression"):
        text = node.text.strip()
        if text.startswith("="):
            return _compiled(node, "the condition", text, findings, flow.id)
        findings.add(node, f"expected a condition that begins with '=', but found '{text}'", inside=flow.id)
    return None


# -- flow nodes


def _element(node: Node, symbol: Symbol, flows: _Flows, findings: Findings) -> Element:
    check_children(node, WITHOUT_EFFECT_IN_FLOW_NODE, findings)
    check_extensions(node, symbol.extensions, findings)
    inputs, outputs = _mappings(node, symbol, findings)
    return Element(
        id=node.id,
        type=symbol.type,
        name=node.attributes.get("name", ""),
        line=node.line,
        incoming=tuple(flow.id for flow in flows.entering.get(node.id, ())),
        # The real engine tests and takes the flow that stands last in the file first; <outgoing> plays no part.
        outgoing=tuple(reversed(flows.leaving.get(node.id, ()))),
        default_flow=_default(node, flows, findings) if symbol.type is ElementType.EXCLUSIVE_GATEWAY else None,
        inputs=inputs,
        outputs=outputs,
        job=_job(node, findings) if symbol.type is ElementType.SERVICE_TASK else None,
    )


def _default(node: Node, flows: _Flows, findings: Findings) -> SequenceFlow | None:
    name = node.attributes.get("default")
    if name is None:
        return None
    flow = flows.by_id.get(name)
    if flow is None or flow.source != node.id:
        findings.add(node, f"expected the default flow to leave this gateway, but '{name}' does not")
        return None
    return flow


def _job(node: Node, findings: Findings) -> JobDefinition | None:
    definition = next((item for item in extensions(node) if item.tag == "zeebe:taskDefinition"), None)
    if definition is None or not definition.attributes.get("type", "").strip():
        findings.add(
            definition or node, "expected a zeebe:taskDefinition with a type, but there is none", inside=node.id
        )
        return None
    kind = _compiled(definition, "the job type", definition.attributes["type"], findings, node.id)
    text = definition.attributes.get("retries", _RETRIES)
    retries = _compiled(definition, "the retries", text, findings, node.id)
    if retries is not None and retries.is_static and not re.fullmatch(r"-?\d{1,9}", text.strip(), re.ASCII):
        findings.add(definition, f"expected a whole number of retries, but found '{text}'", inside=node.id)
    if kind is None or retries is None:
        return None
    return JobDefinition(type=kind, retries=retries, headers=_headers(node, findings))


def _headers(node: Node, findings: Findings) -> Mapping[str, str]:
    headers: dict[str, str] = {}
    for holder in extensions(node):
        for header in holder.all("zeebe:header") if holder.tag == "zeebe:taskHeaders" else ():
            key, value = header.attributes.get("key", ""), header.attributes.get("value", "")
            if key in headers:
                findings.add(header, f"expected each header once, but '{key}' stands twice", inside=node.id)
            elif key and value:  # the real engine leaves the others out
                headers[key] = value
    return headers


# -- mappings


def _mappings(node: Node, symbol: Symbol, findings: Findings) -> tuple[tuple[IoMapping, ...], tuple[IoMapping, ...]]:
    inputs: list[IoMapping] = []
    outputs: list[IoMapping] = []
    for holder in extensions(node):
        for mapping in holder.children if holder.tag == "zeebe:ioMapping" else ():
            if mapping.tag == "zeebe:input" and symbol.inputs != "refused":
                inputs += _mapping(mapping, node, findings)
            elif mapping.tag == "zeebe:output" and symbol.outputs:
                outputs += _mapping(mapping, node, findings)
            else:
                findings.add(mapping, f"<{mapping.tag}> on <{node.tag}> is not supported yet", inside=node.id)
    return tuple(inputs) if symbol.inputs == "applied" else (), tuple(outputs)


def _mapping(mapping: Node, node: Node, findings: Findings) -> Sequence[IoMapping]:
    source, target = mapping.attributes.get("source", ""), mapping.attributes.get("target", "")
    if not _PATH.fullmatch(target):
        message = f"expected the target of a mapping to be a variable like 'a' or 'a.b', but found '{target}'"
        findings.add(mapping, message, inside=node.id)
    if not source:
        findings.add(mapping, "expected a mapping with a source, but it has none", inside=node.id)
        return ()
    compiled = _compiled(mapping, f"the source of '{target}'", source, findings, node.id)
    return () if compiled is None else (IoMapping(source=compiled, target=tuple(target.split("."))),)


def _compiled(node: Node, what: str, text: str, findings: Findings, inside: str) -> Expression | None:
    try:
        return compile_value(text)
    except ParseFailure as failure:
        findings.add(node, f"{what} '{text}' is no valid expression: {failure.message}", inside=inside)
        return None
