"""The rules of the graph: what a process must have, where conditions may stand, and that no loop runs for ever.

Works on the compiled process, so that every rule sees what the engine will see. Only adds findings. Called by
`compiler`.
"""

from collections.abc import Mapping

from c8py.engine.bpmn.findings import Findings
from c8py.engine.bpmn.model import Element, ExecutableProcess
from c8py.engine.bpmn.vocabulary import FLOW_NODES
from c8py.engine.bpmn.xml_tree import Node
from c8py.engine.records import ElementType

_WAITING = frozenset(symbol.type for symbol in FLOW_NODES.values() if symbol.waits)


def check_graph(process: ExecutableProcess, node: Node, findings: Findings) -> None:
    """Apply all rules.

    Args:
        process: as far as it could be compiled.
        node: the `<process>` element it came from; findings carry its lines.
        findings: receives what is wrong.
    """
    nodes = {child.id: child for child in node.children}
    _check_starts(node, findings)
    for element in process.elements.values():
        if element.type is ElementType.START_EVENT and element.incoming:
            findings.add(nodes[element.id], "expected a start event without incoming flows, but it has some")
        if element.type is ElementType.END_EVENT and element.outgoing:
            findings.add(nodes[element.id], "expected an end event without outgoing flows, but it has some")
        _check_conditions(element, nodes, findings)
    _check_loops(process, nodes, findings)


def _check_starts(node: Node, findings: Findings) -> None:
    starts = node.all("startEvent")
    if not starts:
        findings.add(node, "expected a process with a start event, but it has none")
    plain = [start for start in starts if not any(child.tag.endswith("EventDefinition") for child in start.children)]
    for start in plain[1:]:
        findings.add(start, f"expected one none start event in a process, but '{plain[0].id}' is one already")


def _check_conditions(element: Element, nodes: Mapping[str, Node], findings: Findings) -> None:
    gateway = element.type is ElementType.EXCLUSIVE_GATEWAY
    for flow in element.outgoing:
        has_condition = bool(nodes[flow.id].all("conditionExpression"))
        if has_condition and not gateway:
            message = f"expected conditions only after an exclusive gateway, but this flow leaves '{element.id}'"
            findings.add(nodes[flow.id], message)
        if gateway and len(element.outgoing) > 1 and not has_condition and flow is not element.default_flow:
            findings.add(nodes[flow.id], "expected a condition, or to be the default flow, but it is neither")


def _check_loops(process: ExecutableProcess, nodes: Mapping[str, Node], findings: Findings) -> None:
    """No way leads round in a circle without a wait: a token on it would never come to rest."""
    passing = {element.id: element for element in process.elements.values() if element.type not in _WAITING}
    entries = {
        name: sum(process.flows[flow].source in passing for flow in element.incoming)
        for name, element in passing.items()
    }
    # What cannot be entered from within cannot be on a circle: peel it off until only circles and their tails are left.
    free = [name for name, count in entries.items() if count == 0]
    while free:
        name = free.pop()
        for flow in passing.pop(name).outgoing:
            if flow.target in entries:
                entries[flow.target] -= 1
                if entries[flow.target] == 0:
                    free.append(flow.target)
    if not passing:
        return
    circle = _circle(process, passing)
    way = " > ".join((*circle, circle[0]))
    findings.add(
        nodes[circle[0]], f"expected a wait (such as a service task) on every loop, but there is none on {way}"
    )


def _circle(process: ExecutableProcess, left: Mapping[str, Element]) -> list[str]:
    """One circle among elements of which each is entered from another one: found by walking against the flows."""
    walked: dict[str, int] = {}
    name = next(iter(left))
    while name not in walked:
        walked[name] = len(walked)
        name = next(source for flow in left[name].incoming if (source := process.flows[flow].source) in left)
    circle = list(walked)[walked[name] :]
    circle.reverse()
    first = min(range(len(circle)), key=lambda at: left[circle[at]].line)
    return circle[first:] + circle[:first]
