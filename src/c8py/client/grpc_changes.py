"""Changes of running instances and of what is deployed, as messages of the gateway.

Pure; importing it loads protobuf.
"""

from collections.abc import Iterable

from msgspec import UNSET, UnsetType

from c8py.client.values import AnyKey, json_text, key_number
from c8py.errors import InvalidArgument
from c8py.models import keys
from c8py.models.common import BatchOperationCreatedResult
from c8py.models.process_instance import (
    MigrateProcessInstanceMappingInstruction,
    ModifyProcessInstanceVariableInstruction,
    ProcessInstanceModificationActivateInstruction,
    ProcessInstanceModificationMoveInstruction,
    ProcessInstanceModificationTerminateInstruction,
)
from c8py.models.resource import DeleteResourceResponse
from c8py.proto import gateway_pb2 as pb

_Message = pb.ModifyProcessInstanceRequest


def modification(
    key: AnyKey,
    *,
    activate: Iterable[ProcessInstanceModificationActivateInstruction],
    move: Iterable[ProcessInstanceModificationMoveInstruction],
    terminate: Iterable[ProcessInstanceModificationTerminateInstruction],
) -> pb.ModifyProcessInstanceRequest:
    """Change which elements of an instance are active."""
    return pb.ModifyProcessInstanceRequest(
        processInstanceKey=key_number(key),
        activateInstructions=[_activated(one) for one in activate],
        moveInstructions=[_moved(one) for one in move],
        terminateInstructions=[
            _Message.TerminateInstruction(
                elementInstanceKey=_number(one.element_instance_key), elementId=_text(one.element_id)
            )
            for one in terminate
        ],
    )


def migration(
    key: AnyKey, target: AnyKey, mappings: Iterable[MigrateProcessInstanceMappingInstruction]
) -> pb.MigrateProcessInstanceRequest:
    """Bring an instance to another version or another process."""
    return pb.MigrateProcessInstanceRequest(
        processInstanceKey=key_number(key),
        migrationPlan=pb.MigrateProcessInstanceRequest.MigrationPlan(
            targetProcessDefinitionKey=key_number(target),
            mappingInstructions=[
                pb.MigrateProcessInstanceRequest.MappingInstruction(
                    sourceElementId=one.source_element_id, targetElementId=one.target_element_id
                )
                for one in mappings
            ],
        ),
    )


def deletion(key: AnyKey, *, delete_history: bool) -> pb.DeleteResourceRequest:
    """Delete what was deployed; the field that 8.9 brought is sent only when it is wanted."""
    number = key_number(key)
    if not delete_history:
        return pb.DeleteResourceRequest(resourceKey=number)
    return pb.DeleteResourceRequest(resourceKey=number, deleteHistory=True)


def deleted(answer: pb.DeleteResourceResponse) -> DeleteResourceResponse:
    """What came of a deletion; older gateways say nothing."""
    operation = None
    if answer.HasField("batchOperation"):
        batch = answer.batchOperation
        kinds = pb.BatchOperationCreatedResult.BatchOperationTypeEnum
        operation = BatchOperationCreatedResult(
            batch_operation_key=keys.BatchOperationKey(batch.batchOperationKey),
            batch_operation_type=kinds.Name(batch.batchOperationType)
            if batch.batchOperationType in kinds.values()
            else str(batch.batchOperationType),
        )
    key = keys.ProcessDefinitionKey(answer.resourceKey) if answer.resourceKey else UNSET
    return DeleteResourceResponse(resource_key=key, batch_operation=operation)


def _activated(
    one: ProcessInstanceModificationActivateInstruction,
) -> pb.ModifyProcessInstanceRequest.ActivateInstruction:
    return _Message.ActivateInstruction(
        elementId=one.element_id,
        ancestorElementInstanceKey=_number(one.ancestor_element_instance_key),
        variableInstructions=_variables(one.variable_instructions),
    )


def _moved(one: ProcessInstanceModificationMoveInstruction) -> pb.ModifyProcessInstanceRequest.MoveInstruction:
    source, scope = one.source_element_instruction, one.ancestor_scope_instruction
    kind = "" if scope is UNSET else scope.ancestor_scope_type
    if kind not in {"", "direct", "inferred", "sourceParent"}:
        raise InvalidArgument(
            f"expected direct, inferred or sourceParent as the type of an ancestor scope, but got {kind!r}"
        )
    return _Message.MoveInstruction(
        sourceElementInstanceKey=_number(source.source_element_instance_key),
        sourceElementId=_text(source.source_element_id),
        targetElementId=one.target_element_id,
        variableInstructions=_variables(one.variable_instructions),
        ancestorElementInstanceKey=0 if scope is UNSET else _number(scope.ancestor_element_instance_key),
        inferAncestorScopeFromSourceHierarchy=kind == "inferred",
        useSourceParentKeyAsAncestorScopeKey=kind == "sourceParent",
    )


def _variables(
    instructions: Iterable[ModifyProcessInstanceVariableInstruction] | UnsetType,
) -> list[pb.ModifyProcessInstanceRequest.VariableInstruction]:
    if instructions is UNSET:
        return []
    return [
        _Message.VariableInstruction(variables=json_text(one.variables), scopeId=_text(one.scope_id))
        for one in instructions
    ]


def _number(key: AnyKey | UnsetType) -> int:
    return 0 if key is UNSET else key_number(key)


def _text(text: str | UnsetType) -> str:
    return "" if text is UNSET else text
