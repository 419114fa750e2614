"""Commands as messages of the gateway, and its answers as structs of the models. Pure; importing it loads protobuf."""

from collections.abc import Callable, Sequence
from typing import Final, Literal, cast

import msgspec
from msgspec import UNSET

from c8py.client.values import ActivationQuery, StartQuery, UnreadableVariables, json_text, key_number, milliseconds
from c8py.errors import InvalidArgument, ServerFault
from c8py.models import keys
from c8py.models.cluster import BrokerInfo, Partition, TopologyResponse
from c8py.models.job import ActivatedJobResult, UserTaskProperties
from c8py.models.process_instance import CreateProcessInstanceResult
from c8py.models.resource import (
    DeploymentDecisionRequirementsResult,
    DeploymentDecisionResult,
    DeploymentFormResult,
    DeploymentMetadataResult,
    DeploymentProcessResult,
    DeploymentResult,
)
from c8py.proto import gateway_pb2 as pb

_OBJECT: Final = msgspec.json.Decoder(dict[str, object])
_KINDS: Final = {number: name for name, number in pb.ActivatedJob.JobKind.items()}
_EVENTS: Final = {number: name for name, number in pb.ActivatedJob.ListenerEventType.items()}
_ROLES: Final = {number: name.lower() for name, number in pb.Partition.PartitionBrokerRole.items()}
_HEALTHS: Final = {number: name.lower() for name, number in pb.Partition.PartitionBrokerHealth.items()}


def start(query: StartQuery) -> pb.CreateProcessInstanceRequest:
    """Start an instance.

    Raises:
        InvalidArgument: neither process nor definition is named.
    """
    if query.process_id is None and query.process_definition_key is None:
        raise InvalidArgument("expected a process id or the key of a process definition, but got neither")
    return pb.CreateProcessInstanceRequest(
        bpmnProcessId=query.process_id or "",
        version=query.version,
        processDefinitionKey=0 if query.process_definition_key is None else key_number(query.process_definition_key),
        variables=json_text(query.variables),
        tenantId=query.tenant_id,
        tags=query.tags or None,
        businessId=query.business_id or None,
    )


def started(
    answer: pb.CreateProcessInstanceResponse | pb.CreateProcessInstanceWithResultResponse,
) -> CreateProcessInstanceResult:
    """What came of a start, with the instance's variables where it was waited for."""
    variables = answer.variables if isinstance(answer, pb.CreateProcessInstanceWithResultResponse) else ""
    return CreateProcessInstanceResult(
        process_definition_id=answer.bpmnProcessId,
        process_definition_version=answer.version,
        tenant_id=answer.tenantId,
        variables=_object(variables),
        process_definition_key=keys.ProcessDefinitionKey(str(answer.processDefinitionKey)),
        process_instance_key=keys.ProcessInstanceKey(str(answer.processInstanceKey)),
        tags=list(answer.tags),
        business_id=answer.businessId if answer.HasField("businessId") else None,
    )


def activation(query: ActivationQuery) -> pb.ActivateJobsRequest:
    """Hand out jobs."""
    return pb.ActivateJobsRequest(
        type=query.type,
        worker=query.worker,
        timeout=milliseconds(query.timeout_s),
        maxJobsToActivate=query.max_jobs,
        fetchVariable=query.fetch_variables,
        requestTimeout=0 if query.request_timeout_s is None else milliseconds(query.request_timeout_s),
        tenantIds=query.tenant_ids,
        withLease=query.with_lease,
    )


def job_stream(query: ActivationQuery) -> pb.StreamActivatedJobsRequest:
    """Push jobs as they come up."""
    return pb.StreamActivatedJobsRequest(
        type=query.type,
        worker=query.worker,
        timeout=milliseconds(query.timeout_s),
        fetchVariable=query.fetch_variables,
        tenantIds=query.tenant_ids,
        withLease=query.with_lease,
    )


def job(answer: pb.ActivatedJob) -> ActivatedJobResult:
    """A job that was handed out."""
    return ActivatedJobResult(
        type=answer.type,
        process_definition_id=answer.bpmnProcessId,
        process_definition_version=answer.processDefinitionVersion,
        element_id=answer.elementId,
        custom_headers=_object(answer.customHeaders) if answer.customHeaders != "{}" else {},
        worker=answer.worker,
        retries=answer.retries,
        deadline=answer.deadline,
        variables=_variables(answer.variables),
        tenant_id=answer.tenantId,
        job_key=keys.JobKey(str(answer.key)),
        process_instance_key=keys.ProcessInstanceKey(str(answer.processInstanceKey)),
        process_definition_key=keys.ProcessDefinitionKey(str(answer.processDefinitionKey)),
        element_instance_key=keys.ElementInstanceKey(str(answer.elementInstanceKey)),
        kind=_KINDS.get(answer.kind) or str(answer.kind),
        listener_event_type=_EVENTS.get(answer.listenerEventType) or str(answer.listenerEventType),
        user_task=_user_task(answer.userTask) if answer.HasField("userTask") else None,
        tags=list(answer.tags),
        priority=answer.priority or UNSET,
        job_lease_token=keys.JobLeaseToken(answer.jobLeaseToken) if answer.HasField("jobLeaseToken") else None,
    )


def _user_task(answer: pb.UserTaskProperties) -> UserTaskProperties:
    def optional(name: Literal["assignee", "dueDate", "followUpDate"]) -> str | None:
        return cast("str", getattr(answer, name)) if answer.HasField(name) else None

    return UserTaskProperties(
        action=answer.action,
        assignee=optional("assignee"),
        candidate_groups=list(answer.candidateGroups),
        candidate_users=list(answer.candidateUsers),
        changed_attributes=list(answer.changedAttributes),
        due_date=optional("dueDate"),
        follow_up_date=optional("followUpDate"),
        form_key=keys.FormKey(str(answer.formKey)) if answer.HasField("formKey") else None,
        priority=answer.priority if answer.HasField("priority") else None,
        user_task_key=keys.UserTaskKey(str(answer.userTaskKey)) if answer.HasField("userTaskKey") else None,
    )


def deployment(files: Sequence[tuple[str, bytes]], *, tenant_id: str) -> pb.DeployResourceRequest:
    """Deploy these files, all or none."""
    return pb.DeployResourceRequest(
        resources=[pb.Resource(name=name, content=content) for name, content in files], tenantId=tenant_id
    )


def deployed(answer: pb.DeployResourceResponse) -> DeploymentResult:
    """What was deployed."""
    return DeploymentResult(
        deployment_key=keys.DeploymentKey(str(answer.key)),
        tenant_id=answer.tenantId,
        deployments=[_deployed(item) for item in answer.deployments],
    )


def _deployed(item: pb.Deployment) -> DeploymentMetadataResult:
    kind = item.WhichOneof("Metadata")
    return _DEPLOYED[kind](item) if kind in _DEPLOYED else DeploymentMetadataResult()


def _process(item: pb.Deployment) -> DeploymentMetadataResult:
    process = item.process
    return DeploymentMetadataResult(
        process_definition=DeploymentProcessResult(
            process_definition_id=process.bpmnProcessId,
            process_definition_version=process.version,
            resource_name=process.resourceName,
            tenant_id=process.tenantId,
            process_definition_key=keys.ProcessDefinitionKey(str(process.processDefinitionKey)),
        )
    )


def _decision(item: pb.Deployment) -> DeploymentMetadataResult:
    decision = item.decision
    return DeploymentMetadataResult(
        decision_definition=DeploymentDecisionResult(
            decision_definition_id=decision.dmnDecisionId,
            version=decision.version,
            name=decision.dmnDecisionName,
            tenant_id=decision.tenantId,
            decision_requirements_id=decision.dmnDecisionRequirementsId,
            decision_definition_key=keys.DecisionDefinitionKey(str(decision.decisionKey)),
            decision_requirements_key=keys.DecisionRequirementsKey(str(decision.decisionRequirementsKey)),
        )
    )


def _requirements(item: pb.Deployment) -> DeploymentMetadataResult:
    requirements = item.decisionRequirements
    return DeploymentMetadataResult(
        decision_requirements=DeploymentDecisionRequirementsResult(
            decision_requirements_id=requirements.dmnDecisionRequirementsId,
            decision_requirements_name=requirements.dmnDecisionRequirementsName,
            version=requirements.version,
            resource_name=requirements.resourceName,
            tenant_id=requirements.tenantId,
            decision_requirements_key=keys.DecisionRequirementsKey(str(requirements.decisionRequirementsKey)),
        )
    )


def _form(item: pb.Deployment) -> DeploymentMetadataResult:
    form = item.form
    return DeploymentMetadataResult(
        form=DeploymentFormResult(
            form_id=form.formId,
            version=form.version,
            resource_name=form.resourceName,
            tenant_id=form.tenantId,
            form_key=keys.FormKey(str(form.formKey)),
        )
    )


_DEPLOYED: Final[dict[str | None, Callable[[pb.Deployment], DeploymentMetadataResult]]] = {
    "process": _process,
    "decision": _decision,
    "decisionRequirements": _requirements,
    "form": _form,
}


def topology(answer: pb.TopologyResponse) -> TopologyResponse:
    """The cluster as the gateway sees it."""
    return TopologyResponse(
        brokers=[
            BrokerInfo(
                node_id=broker.nodeId,
                host=broker.host,
                port=broker.port,
                version=broker.version,
                partitions=[
                    Partition(
                        partition_id=partition.partitionId,
                        role=_ROLES.get(partition.role) or str(partition.role),
                        health=_HEALTHS.get(partition.health) or str(partition.health),
                    )
                    for partition in broker.partitions
                ],
            )
            for broker in answer.brokers
        ],
        cluster_id=answer.clusterId or None,
        cluster_size=answer.clusterSize,
        partitions_count=answer.partitionsCount,
        replication_factor=answer.replicationFactor,
        gateway_version=answer.gatewayVersion,
    )


def _variables(text: str) -> dict[str, object]:
    """Those of a job; one with a number that nobody can hold must not take the others of its answer with it."""
    try:
        return _OBJECT.decode(text) if text else {}
    except (msgspec.MsgspecError, RecursionError) as error:
        return UnreadableVariables(ServerFault(f"expected variables that can be read, but {error}"))


def _object(text: str) -> dict[str, object]:
    try:
        return _OBJECT.decode(text) if text else {}
    except msgspec.MsgspecError as error:
        raise ServerFault("expected a JSON object from the gateway, but it is something else") from error
