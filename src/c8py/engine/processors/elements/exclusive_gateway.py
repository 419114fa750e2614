"""Exclusive gateways: the first flow whose condition holds, else the default, else an incident."""

from c8py.engine.behaviors import incidents, transitions, variables
from c8py.engine.bpmn import Element, SequenceFlow
from c8py.engine.feel import EvaluationFailure
from c8py.engine.processors.elements import moves
from c8py.engine.records import ErrorType, ProcessInstanceIntent
from c8py.engine.state.views import StateView
from c8py.engine.writers import ElementCommand, Writers


def activate(command: ElementCommand, view: StateView, out: Writers) -> None:
    """Choose, then pass through: an incident leaves the gateway ACTIVATING, so that resolving chooses anew."""
    key, value = command.key, command.value
    element = moves.element_of(command, view)
    if not moves.begin(command, element, view, out):
        return
    try:
        flows = _chosen(element, key, view)
    except EvaluationFailure as failure:
        incidents.raise_at_element(key, value, ErrorType.EXTRACT_VALUE_ERROR, failure.message, out)
        return
    if flows is None:
        reason = f"expected a condition of gateway '{element.id}' to hold or a default flow, but there is neither"
        incidents.raise_at_element(key, value, ErrorType.CONDITION_ERROR, reason, out)
        return
    out.event(ProcessInstanceIntent.ELEMENT_ACTIVATED, key, value)
    out.event(ProcessInstanceIntent.ELEMENT_COMPLETING, key, value)
    transitions.complete(key, value, flows, view, out)


def complete(command: ElementCommand, _view: StateView, _out: Writers) -> None:
    """Never asked for: a gateway is never left ACTIVATED or COMPLETING."""
    raise AssertionError(f"expected gateway {command.value.element_id} to complete by itself, but it was told to")


def terminate(command: ElementCommand, view: StateView, out: Writers) -> None:
    """Only an incident can have kept it here."""
    moves.terminate(command, view, out)


def _chosen(element: Element, key: int, view: StateView) -> tuple[SequenceFlow, ...] | None:
    if not element.outgoing:
        return ()
    context = variables.visible(key, view)
    default = element.default_flow
    for flow in element.outgoing:
        if default is not None and flow.id == default.id:
            continue
        if flow.condition is None or flow.condition.boolean(context):
            return (flow,)
    return None if default is None else (default,)
