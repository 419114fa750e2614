"""What all kinds of elements do alike around their own step."""

from c8py.engine.behaviors import incidents, mappings, transitions, variables
from c8py.engine.bpmn import Element
from c8py.engine.feel import EvaluationFailure
from c8py.engine.records import ErrorType, ProcessInstanceIntent
from c8py.engine.state.views import StateView
from c8py.engine.writers import ElementCommand, Writers


def element_of(command: ElementCommand, view: StateView) -> Element:
    """The model of the element that is meant."""
    value = command.value
    return view.executable(value.process_definition_key).elements[value.element_id]


def begin(command: ElementCommand, element: Element, view: StateView, out: Writers) -> bool:
    """ACTIVATING and the input mappings; False when these failed and an incident stands."""
    key, value = command.key, command.value
    if key not in view.elements:
        out.event(ProcessInstanceIntent.ELEMENT_ACTIVATING, key, value)
    if not element.inputs:
        return True
    try:
        made = mappings.map_inputs(element.inputs, variables.visible(key, view))
    except EvaluationFailure as failure:
        incidents.raise_at_element(key, value, ErrorType.IO_MAPPING_ERROR, failure.message, out)
        return False
    variables.set_local(key, made, value, view, out)
    return True


def end(command: ElementCommand, element: Element, view: StateView, out: Writers) -> bool:
    """COMPLETING, the variables that came with the command, and the output mappings; False when these failed."""
    key, value, brought = command.key, command.value, command.variables
    if view.elements[key].state is not ProcessInstanceIntent.ELEMENT_COMPLETING:
        out.event(ProcessInstanceIntent.ELEMENT_COMPLETING, key, value)
    if not element.outputs:
        if brought:
            variables.propagate(key, brought, value, view, out)
        return True
    # Local first: after an incident the mappings are tried again, and the command's variables are gone by then.
    variables.set_local(key, brought or {}, value, view, out)
    try:
        made = mappings.map_outputs(element.outputs, variables.visible(key, view))
    except EvaluationFailure as failure:
        incidents.raise_at_element(key, value, ErrorType.IO_MAPPING_ERROR, failure.message, out)
        return False
    variables.propagate(value.flow_scope_key, made, value, view, out)
    return True


def terminate(command: ElementCommand, view: StateView, out: Writers) -> None:
    """TERMINATING and TERMINATED, with what hung on the element."""
    out.event(ProcessInstanceIntent.ELEMENT_TERMINATING, command.key, command.value)
    incidents.close_at_element(command.key, view, out)
    transitions.terminated(command.key, command.value, view, out)
