"""The commands of the client, said over gRPC."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from c8py.base.limits import JOB_STREAM_S_MAX, LONG_POLL_GRACE_S, LONG_POLL_S
from c8py.client import grpc_changes as changes
from c8py.client import grpc_events as events
from c8py.client import grpc_forms as forms
from c8py.client.values import (
    ActivationQuery,
    AnyKey,
    StartQuery,
    json_text,
    key_number,
    milliseconds,
)
from c8py.models.cluster import TopologyResponse
from c8py.models.conditional import EvaluateConditionalResult
from c8py.models.decision_definition import EvaluateDecisionResult
from c8py.models.job import ActivatedJobResult
from c8py.models.keys import MessageKey, SignalKey
from c8py.models.message import MessagePublicationResult
from c8py.models.process_instance import (
    CreateProcessInstanceResult,
    MigrateProcessInstanceMappingInstruction,
    ProcessInstanceModificationActivateInstruction,
    ProcessInstanceModificationMoveInstruction,
    ProcessInstanceModificationTerminateInstruction,
)
from c8py.models.resource import DeleteResourceResponse, DeploymentResult
from c8py.models.signal import SignalBroadcastResult
from c8py.proto import gateway_pb2 as pb
from c8py.transport.grpc import AsyncGrpc


class AsyncOverGrpc:
    """Says each command as a message of the gateway.

    Args:
        gateway: where it goes.
        timeout_s: of calls that name no other, in seconds.
    """

    def __init__(self, gateway: AsyncGrpc, timeout_s: float) -> None:
        self._gateway = gateway
        self._timeout_s = timeout_s

    async def topology(self) -> TopologyResponse:
        """The cluster as the gateway sees it."""
        answer = await self._gateway.unary(
            "Topology", pb.TopologyRequest(), pb.TopologyResponse, timeout_s=self._timeout_s
        )
        return forms.topology(answer)

    async def deploy(self, files: list[tuple[str, bytes]], *, tenant_id: str) -> DeploymentResult:
        """Deploy these files, all or none."""
        request = forms.deployment(files, tenant_id=tenant_id)
        answer = await self._gateway.unary(
            "DeployResource", request, pb.DeployResourceResponse, timeout_s=self._timeout_s
        )
        return forms.deployed(answer)

    async def start(self, query: StartQuery) -> CreateProcessInstanceResult:
        """Start an instance."""
        request = forms.start(query)
        answer = await self._gateway.unary(
            "CreateProcessInstance", request, pb.CreateProcessInstanceResponse, timeout_s=self._timeout_s
        )
        return forms.started(answer)

    async def start_and_wait(
        self, query: StartQuery, *, timeout_s: float, fetch_variables: tuple[str, ...]
    ) -> CreateProcessInstanceResult:
        """Start an instance, and wait until it has completed."""
        request = pb.CreateProcessInstanceWithResultRequest(
            request=forms.start(query), requestTimeout=milliseconds(timeout_s), fetchVariables=fetch_variables
        )
        answer = await self._gateway.unary(
            "CreateProcessInstanceWithResult",
            request,
            pb.CreateProcessInstanceWithResultResponse,
            timeout_s=timeout_s + LONG_POLL_GRACE_S,
        )
        return forms.started(answer)

    async def cancel(self, key: AnyKey) -> None:
        """Cancel an instance."""
        request = pb.CancelProcessInstanceRequest(processInstanceKey=key_number(key))
        await self._gateway.unary(
            "CancelProcessInstance", request, pb.CancelProcessInstanceResponse, timeout_s=self._timeout_s
        )

    async def activate_jobs(self, query: ActivationQuery) -> list[ActivatedJobResult]:
        """Have jobs handed out."""
        waits_s = LONG_POLL_S if query.request_timeout_s is None else max(query.request_timeout_s, 0.0)
        batches = await self._gateway.gathered(
            "ActivateJobs", forms.activation(query), pb.ActivateJobsResponse, timeout_s=waits_s + LONG_POLL_GRACE_S
        )
        return [forms.job(job) for batch in batches for job in batch.jobs]

    async def stream_jobs(self, query: ActivationQuery) -> AsyncGenerator[ActivatedJobResult, None]:
        """Have jobs pushed as they come up."""
        stream = self._gateway.stream(
            "StreamActivatedJobs", forms.job_stream(query), pb.ActivatedJob, timeout_s=JOB_STREAM_S_MAX
        )
        async with aclosing(stream) as jobs:
            async for job in jobs:
                yield forms.job(job)

    async def complete_job(self, key: AnyKey, variables: dict[str, object]) -> None:
        """Complete a job."""
        request = pb.CompleteJobRequest(jobKey=key_number(key), variables=json_text(variables))
        await self._gateway.unary("CompleteJob", request, pb.CompleteJobResponse, timeout_s=self._timeout_s)

    async def fail_job(
        self, key: AnyKey, *, retries: int, message: str, backoff_s: float, variables: dict[str, object]
    ) -> None:
        """Fail a job."""
        request = forms.failure(key, retries=retries, message=message, backoff_s=backoff_s, variables=variables)
        await self._gateway.unary("FailJob", request, pb.FailJobResponse, timeout_s=self._timeout_s)

    async def throw_error(self, key: AnyKey, error_code: str, *, message: str, variables: dict[str, object]) -> None:
        """Throw an error of the model."""
        request = pb.ThrowErrorRequest(
            jobKey=key_number(key), errorCode=error_code, errorMessage=message, variables=json_text(variables)
        )
        await self._gateway.unary("ThrowError", request, pb.ThrowErrorResponse, timeout_s=self._timeout_s)

    async def update_job(
        self, key: AnyKey, *, retries: int | None, timeout_s: float | None, priority: int | None
    ) -> None:
        """Change a job's retries, deadline and priority, one after the other."""
        number = key_number(key)
        if retries is not None:
            changed = pb.UpdateJobRetriesRequest(jobKey=number, retries=retries)
            await self._gateway.unary(
                "UpdateJobRetries", changed, pb.UpdateJobRetriesResponse, timeout_s=self._timeout_s
            )
        if timeout_s is not None:
            moved = pb.UpdateJobTimeoutRequest(jobKey=number, timeout=milliseconds(timeout_s))
            await self._gateway.unary("UpdateJobTimeout", moved, pb.UpdateJobTimeoutResponse, timeout_s=self._timeout_s)
        if priority is not None:
            raised = pb.UpdateJobPriorityRequest(jobKey=number, priority=priority)
            await self._gateway.unary(
                "UpdateJobPriority", raised, pb.UpdateJobPriorityResponse, timeout_s=self._timeout_s
            )

    async def set_variables(self, scope_key: AnyKey, variables: dict[str, object], *, local: bool) -> None:
        """Set variables of a scope."""
        request = pb.SetVariablesRequest(
            elementInstanceKey=key_number(scope_key), variables=json_text(variables), local=local
        )
        await self._gateway.unary("SetVariables", request, pb.SetVariablesResponse, timeout_s=self._timeout_s)

    async def resolve_incident(self, key: AnyKey) -> None:
        """Resolve an incident."""
        request = pb.ResolveIncidentRequest(incidentKey=key_number(key))
        await self._gateway.unary("ResolveIncident", request, pb.ResolveIncidentResponse, timeout_s=self._timeout_s)

    async def publish_message(
        self,
        name: str,
        *,
        correlation_key: str,
        time_to_live_s: float,
        message_id: str,
        variables: dict[str, object],
        tenant_id: str,
    ) -> MessagePublicationResult:
        """Publish a message."""
        request = pb.PublishMessageRequest(
            name=name,
            correlationKey=correlation_key,
            timeToLive=milliseconds(time_to_live_s),
            messageId=message_id,
            variables=json_text(variables),
            tenantId=tenant_id,
        )
        answer = await self._gateway.unary(
            "PublishMessage", request, pb.PublishMessageResponse, timeout_s=self._timeout_s
        )
        return MessagePublicationResult(tenant_id=answer.tenantId, message_key=MessageKey(str(answer.key)))

    async def broadcast_signal(
        self, name: str, *, variables: dict[str, object], tenant_id: str
    ) -> SignalBroadcastResult:
        """Broadcast a signal."""
        request = pb.BroadcastSignalRequest(signalName=name, variables=json_text(variables), tenantId=tenant_id)
        answer = await self._gateway.unary(
            "BroadcastSignal", request, pb.BroadcastSignalResponse, timeout_s=self._timeout_s
        )
        return SignalBroadcastResult(tenant_id=answer.tenantId, signal_key=SignalKey(str(answer.key)))

    async def evaluate_conditionals(
        self, variables: dict[str, object], *, process_definition_key: AnyKey | None, tenant_id: str
    ) -> EvaluateConditionalResult:
        """Start what these variables fulfil the condition of."""
        request = events.conditions(variables, process_definition_key=process_definition_key, tenant_id=tenant_id)
        answer = await self._gateway.unary(
            "EvaluateConditional", request, pb.EvaluateConditionalResponse, timeout_s=self._timeout_s
        )
        return events.fulfilled(answer)

    async def evaluate_decision(
        self, decision_id: str | None, decision_key: AnyKey | None, variables: dict[str, object], *, tenant_id: str
    ) -> EvaluateDecisionResult:
        """Evaluate a decision."""
        request = events.evaluation(decision_id, decision_key, variables, tenant_id=tenant_id)
        answer = await self._gateway.unary(
            "EvaluateDecision", request, pb.EvaluateDecisionResponse, timeout_s=self._timeout_s
        )
        return events.evaluated(answer)

    async def modify(
        self,
        key: AnyKey,
        *,
        activate: Sequence[ProcessInstanceModificationActivateInstruction],
        move: Sequence[ProcessInstanceModificationMoveInstruction],
        terminate: Sequence[ProcessInstanceModificationTerminateInstruction],
    ) -> None:
        """Change which elements of an instance are active."""
        request = changes.modification(key, activate=activate, move=move, terminate=terminate)
        await self._gateway.unary(
            "ModifyProcessInstance", request, pb.ModifyProcessInstanceResponse, timeout_s=self._timeout_s
        )

    async def migrate(
        self, key: AnyKey, target: AnyKey, mappings: Sequence[MigrateProcessInstanceMappingInstruction]
    ) -> None:
        """Bring an instance to another definition."""
        request = changes.migration(key, target, mappings)
        await self._gateway.unary(
            "MigrateProcessInstance", request, pb.MigrateProcessInstanceResponse, timeout_s=self._timeout_s
        )

    async def delete_resource(self, key: AnyKey, *, delete_history: bool) -> DeleteResourceResponse:
        """Delete what was deployed."""
        request = changes.deletion(key, delete_history=delete_history)
        answer = await self._gateway.unary(
            "DeleteResource", request, pb.DeleteResourceResponse, timeout_s=self._timeout_s
        )
        return changes.deleted(answer)
