"""Starting process instances."""

import re

from msgspec.structs import replace

from c8py.base.limits import BUSINESS_ID_CHARS_MAX, TAGS_MAX
from c8py.engine.behaviors import transitions, variables
from c8py.engine.bpmn import ExecutableProcess
from c8py.engine.records import (
    Command,
    ElementType,
    ProcessInstanceCreationIntent,
    ProcessInstanceCreationRecord,
    ProcessInstanceIntent,
    ProcessInstanceRecord,
    RejectionType,
)
from c8py.engine.state.views import StateView
from c8py.engine.writers import Writers

_TAG = re.compile(r"[A-Za-z][A-Za-z0-9_\-:.]{0,99}")


def create(command: Command, value: ProcessInstanceCreationRecord, view: StateView, out: Writers) -> None:
    """Create an instance and set its first tokens; with an awaited result the answer comes when it has completed."""
    definition_key = _definition(value, view)
    if isinstance(definition_key, str):
        nameless = not value.bpmn_process_id and value.process_definition_key < 0
        kind = RejectionType.INVALID_ARGUMENT if nameless else RejectionType.NOT_FOUND
        out.reject(command, kind, definition_key)
        return
    process = view.executable(definition_key)
    wrong = _fault(value, process)
    if wrong:
        out.reject(command, RejectionType.INVALID_ARGUMENT, wrong)
        return
    definition = view.processes[definition_key]
    key = out.new_key()
    created = replace(
        value,
        bpmn_process_id=definition.bpmn_process_id,
        process_definition_key=definition_key,
        version=definition.version,
        process_instance_key=key,
    )
    instance = ProcessInstanceRecord(
        bpmn_process_id=definition.bpmn_process_id,
        version=definition.version,
        process_definition_key=definition_key,
        process_instance_key=key,
        element_id=definition.bpmn_process_id,
        element_type=ElementType.PROCESS,
        tenant_id=definition.tenant_id,
        tags=value.tags,
        business_id=value.business_id,
    )
    variables.set_local(key, value.variables, instance, view, out)
    out.element(ProcessInstanceIntent.ACTIVATE_ELEMENT, key, instance)
    for element_id in value.start_instructions or (process.start,):
        transitions.enter(process.elements[element_id], instance, key, out)
    # The variables have events of their own.
    out.event(ProcessInstanceCreationIntent.CREATED, key, replace(created, variables={}))
    if command.intent is ProcessInstanceCreationIntent.CREATE_WITH_AWAITING_RESULT:
        out.await_result(key, command.request, value.fetch_variables)
    else:
        out.respond(command, ProcessInstanceCreationIntent.CREATED, key, created)


def _definition(value: ProcessInstanceCreationRecord, view: StateView) -> int | str:
    """The key of the definition that is meant, or why there is none."""
    process_id = value.bpmn_process_id
    if process_id:
        version = value.version if value.version >= 0 else view.latest_version(process_id)
        key = view.process_key(process_id, version)
        if key is not None:
            return key
        wanted = f" and version {value.version}" if value.version >= 0 else ""
        return f"expected to find a process definition with process id '{process_id}'{wanted}, but there is none"
    if value.process_definition_key < 0:
        return "expected a bpmnProcessId or a processDefinitionKey, but neither was given"
    if value.process_definition_key in view.processes:
        return value.process_definition_key
    return f"expected to find a process definition with key {value.process_definition_key}, but there is none"


def _fault(value: ProcessInstanceCreationRecord, process: ExecutableProcess) -> str:
    # One for an unknown element is taken and does nothing, in the real engine too.
    if any(element_id in process.elements for element_id in value.runtime_instructions):
        return "expected no runtime instructions, but they are not supported yet; cancel the instance instead"
    for element_id in value.start_instructions:
        element = process.elements.get(element_id)
        if element is None:
            return f"expected to start at element '{element_id}', but the process '{process.id}' has none of that id"
        if element.type is ElementType.START_EVENT:
            return f"expected to start at an element of another kind, but '{element_id}' is a start event"
    return _label_fault(value)


def _label_fault(value: ProcessInstanceCreationRecord) -> str:
    if len(value.tags) > TAGS_MAX:
        return f"expected at most {TAGS_MAX} tags, but got {len(value.tags)}"
    for tag in value.tags:
        if not _TAG.fullmatch(tag):
            return f"expected a tag of 1 to 100 letters, digits or _-:. that begins with a letter, but got '{tag}'"
    if len(value.business_id) > BUSINESS_ID_CHARS_MAX:
        return f"expected a businessId of at most {BUSINESS_ID_CHARS_MAX} characters, but got {len(value.business_id)}"
    return ""
