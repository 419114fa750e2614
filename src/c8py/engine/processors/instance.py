"""Commands for whole process instances."""

from c8py.engine.records import Command, ElementType, ProcessInstanceIntent, ProcessInstanceRecord, RejectionType
from c8py.engine.state.views import StateView
from c8py.engine.writers import Writers


def cancel(command: Command, _value: ProcessInstanceRecord, view: StateView, out: Writers) -> None:
    """End the instance and everything in it."""
    found = view.elements.get(command.key)
    if found is None or found.value.element_type is not ElementType.PROCESS:
        reason = f"expected to cancel process instance {command.key}, but no instance of that key is active"
        out.reject(command, RejectionType.NOT_FOUND, reason)
        return
    out.element(ProcessInstanceIntent.TERMINATE_ELEMENT, command.key, found.value)
    out.respond(command, ProcessInstanceIntent.ELEMENT_TERMINATING, command.key, found.value)
