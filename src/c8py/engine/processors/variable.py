"""Variables set from outside."""

from c8py.engine.behaviors import variables
from c8py.engine.records import (
    Command,
    RejectionType,
    VariableDocumentIntent,
    VariableDocumentRecord,
)
from c8py.engine.state.views import StateView
from c8py.engine.writers import Writers


def update(command: Command, value: VariableDocumentRecord, view: StateView, out: Writers) -> None:
    """Set variables in a scope, or from there upward where they are already."""
    scope = view.elements.get(value.scope_key)
    if scope is None:
        reason = f"expected to set variables of element instance {value.scope_key}, but it does not exist (any more)"
        out.reject(command, RejectionType.NOT_FOUND, reason)
        return
    write = variables.set_local if value.local else variables.propagate
    write(value.scope_key, value.variables, scope.value, view, out)
    key = out.new_key()
    done = VariableDocumentRecord(scope_key=value.scope_key, local=value.local)
    out.event(VariableDocumentIntent.UPDATED, key, done)
    out.respond(command, VariableDocumentIntent.UPDATED, key, value)
