"""Reading variables through their scopes, and writing them where they belong."""

from collections.abc import Mapping

import msgspec

from c8py.engine.records import NO_KEY, ProcessInstanceRecord, VariableIntent, VariableRecord, Variables
from c8py.engine.state.views import StateView
from c8py.engine.writers import Writers

_encode = msgspec.msgpack.Encoder().encode


def scopes(scope_key: int, view: StateView) -> list[int]:
    """This scope and those around it, the innermost first."""
    keys: list[int] = []
    while scope_key != NO_KEY:
        keys.append(scope_key)
        element = view.elements.get(scope_key)
        scope_key = NO_KEY if element is None else element.value.flow_scope_key
    return keys


def visible(scope_key: int, view: StateView) -> Variables:
    """All variables that can be seen from here; inner ones hide outer ones of the same name."""
    seen: Variables = {}
    for key in reversed(scopes(scope_key, view)):
        for name, variable in view.local_variables(key).items():
            seen[name] = variable.value
    return seen


def fetched(scope_key: int, names: tuple[str, ...], view: StateView) -> Variables:
    """The visible variables of these names, as far as they exist; all of them when no name is given."""
    seen = visible(scope_key, view)
    return {name: seen[name] for name in names if name in seen} if names else seen


def set_local(
    scope_key: int, variables: Mapping[str, object], owner: ProcessInstanceRecord, view: StateView, out: Writers
) -> None:
    """Set variables in this very scope. `owner` says to which instance they belong."""
    for variable in variables.items():
        _set(scope_key, variable, owner, view, out)


def propagate(
    scope_key: int, variables: Mapping[str, object], owner: ProcessInstanceRecord, view: StateView, out: Writers
) -> None:
    """Set each variable in the nearest scope from here upward that has it, else in the outermost one."""
    chain = scopes(scope_key, view)
    for variable in variables.items():
        target = next((key for key in chain if variable[0] in view.local_variables(key)), chain[-1])
        _set(target, variable, owner, view, out)


def _set(
    scope_key: int, variable: tuple[str, object], owner: ProcessInstanceRecord, view: StateView, out: Writers
) -> None:
    name, value = variable
    old = view.local_variables(scope_key).get(name)
    # Compared as they would be stored: for Python 1, 1.0 and True are equal.
    if old is not None and (old.value is value or _encode(old.value) == _encode(value)):
        return
    record = VariableRecord(
        name=name,
        value=value,
        scope_key=scope_key,
        process_instance_key=owner.process_instance_key,
        process_definition_key=owner.process_definition_key,
        bpmn_process_id=owner.bpmn_process_id,
        tenant_id=owner.tenant_id,
    )
    if old is None:
        out.event(VariableIntent.CREATED, out.new_key(), record)
    else:
        out.event(VariableIntent.UPDATED, old.key, record)
