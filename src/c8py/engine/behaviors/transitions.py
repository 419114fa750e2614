"""How tokens move: along flows, out of elements, up to the scope around them."""

from msgspec.structs import replace

from c8py.engine.behaviors import incidents
from c8py.engine.bpmn import Element, SequenceFlow
from c8py.engine.records import NO_KEY, ElementType, ProcessInstanceIntent, ProcessInstanceRecord
from c8py.engine.state.views import StateView
from c8py.engine.writers import Writers


def enter(element: Element, value: ProcessInstanceRecord, scope_key: int, out: Writers) -> None:
    """A token comes to the element, in this scope. `value` is of any element of the same instance."""
    inner = replace(
        value,
        element_id=element.id,
        element_type=element.type,
        element_name=element.name,
        flow_scope_key=scope_key,
    )
    out.element(ProcessInstanceIntent.ACTIVATE_ELEMENT, out.new_key(), inner)


def take(flow: SequenceFlow, value: ProcessInstanceRecord, view: StateView, out: Writers) -> None:
    """A token goes along the flow."""
    taken = replace(value, element_id=flow.id, element_type=ElementType.SEQUENCE_FLOW, element_name="")
    out.event(ProcessInstanceIntent.SEQUENCE_FLOW_TAKEN, out.new_key(), taken)
    target = view.executable(value.process_definition_key).elements[flow.target]
    enter(target, value, value.flow_scope_key, out)


def complete(
    key: int, value: ProcessInstanceRecord, flows: tuple[SequenceFlow, ...], view: StateView, out: Writers
) -> None:
    """The element is done; its token goes along all of the flows, or ends here."""
    incidents.close_at_element(key, view, out)
    out.event(ProcessInstanceIntent.ELEMENT_COMPLETED, key, value)
    for flow in flows:
        take(flow, value, view, out)
    if not flows:
        # Processed after everything that is under way already, so a scope never completes over a token in motion.
        scope = view.elements[value.flow_scope_key]
        out.element(ProcessInstanceIntent.COMPLETE_ELEMENT, value.flow_scope_key, scope.value)


def terminated(key: int, value: ProcessInstanceRecord, view: StateView, out: Writers) -> None:
    """The element is gone; so is the scope around it, if it was the last of a scope that is to end."""
    out.event(ProcessInstanceIntent.ELEMENT_TERMINATED, key, value)
    if value.flow_scope_key == NO_KEY:
        out.take_wait(key)
        return
    scope = view.elements[value.flow_scope_key]
    if scope.state is ProcessInstanceIntent.ELEMENT_TERMINATING and not view.has_children(value.flow_scope_key):
        terminated(value.flow_scope_key, scope.value, view, out)
