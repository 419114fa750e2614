"""The process itself: begins at its start event, ends when nothing is left inside."""

from c8py.engine.behaviors import transitions, variables
from c8py.engine.records import (
    ProcessInstanceIntent,
    ProcessInstanceRecord,
    ProcessInstanceResultIntent,
    ProcessInstanceResultRecord,
    Response,
    Variables,
)
from c8py.engine.state.views import StateView
from c8py.engine.writers import ElementCommand, Wait, Writers


def activate(command: ElementCommand, _view: StateView, out: Writers) -> None:
    """Begin; where to begin was said by who created the instance."""
    out.event(ProcessInstanceIntent.ELEMENT_ACTIVATING, command.key, command.value)
    out.event(ProcessInstanceIntent.ELEMENT_ACTIVATED, command.key, command.value)


def complete(command: ElementCommand, view: StateView, out: Writers) -> None:
    """End, if the token that ended was the last one; answer who waits for the result."""
    key, value = command.key, command.value
    if view.has_children(key):
        return
    out.event(ProcessInstanceIntent.ELEMENT_COMPLETING, key, value)
    wait = out.take_wait(key)
    if wait is not None:
        result = variables.fetched(key, wait.fetch_variables, view)
        out.answers.append(_answer(wait, value, result))
    out.event(ProcessInstanceIntent.ELEMENT_COMPLETED, key, value)


def terminate(command: ElementCommand, view: StateView, out: Writers) -> None:
    """End everything inside, then the instance."""
    key, value = command.key, command.value
    out.event(ProcessInstanceIntent.ELEMENT_TERMINATING, key, value)
    for child in view.children(key):
        out.element(ProcessInstanceIntent.TERMINATE_ELEMENT, child, view.elements[child].value)
    if not view.has_children(key):
        transitions.terminated(key, value, view, out)


def _answer(wait: Wait, value: ProcessInstanceRecord, result: Variables) -> Response:
    record = ProcessInstanceResultRecord(
        bpmn_process_id=value.bpmn_process_id,
        process_definition_key=value.process_definition_key,
        version=value.version,
        process_instance_key=value.process_instance_key,
        variables=result,
        tenant_id=value.tenant_id,
        tags=value.tags,
        business_id=value.business_id,
    )
    return Response(wait.request, ProcessInstanceResultIntent.COMPLETED, value.process_instance_key, record)
