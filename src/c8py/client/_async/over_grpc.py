"""The commands of the client, said over gRPC."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, TypeVar

from google.protobuf.message import Message

from c8py.base.limits import JOB_STREAM_S_MAX, LONG_POLL_GRACE_S, LONG_POLL_S
from c8py.client import grpc_changes as changes
from c8py.client import grpc_events as events
from c8py.client import grpc_forms as forms
from c8py.client._async.calls import AsyncCalls
from c8py.client.values import (
    PHYSICAL_TENANTS_SINCE,
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

if TYPE_CHECKING:
    from c8py.client._async.connection import AsyncConnection

Answer = TypeVar("Answer", bound=Message)


class AsyncOverGrpc(AsyncCalls):
    """Says each command as a message of the gateway.

    Args:
        connection: of the client.
    """

    def __init__(self, connection: "AsyncConnection") -> None:
        super().__init__(connection)
        self._timeout_s = connection.settings.request_timeout_s
        self._physical_tenant = bool(connection.settings.physical_tenant_id)

    async def topology(self) -> TopologyResponse:
        """The cluster as the gateway sees it."""
        # Not by `_ask`, which may want to know the version that this tells.
        answer = await self._connection.gateway().unary(
            "Topology", pb.TopologyRequest(), pb.TopologyResponse, timeout_s=self._timeout_s
        )
        return forms.topology(answer)

    async def deploy(self, files: list[tuple[str, bytes]], *, tenant_id: str) -> DeploymentResult:
        """Deploy these files, all or none."""
        request = forms.deployment(files, tenant_id=tenant_id)
        answer = await self._ask(
            "DeployResource",
            request,
            pb.DeployResourceResponse,
        )
        return forms.deployed(answer)

    async def start(self, query: StartQuery) -> CreateProcessInstanceResult:
        """Start an instance."""
        request = forms.start(query)
        answer = await self._ask(
            "CreateProcessInstance",
            request,
            pb.CreateProcessInstanceResponse,
        )
        return forms.started(answer)

    async def start_and_wait(
        self, query: StartQuery, *, timeout_s: float, fetch_variables: tuple[str, ...]
    ) -> CreateProcessInstanceResult:
        """Start an instance, and wait until it has completed."""
        request = pb.CreateProcessInstanceWithResultRequest(
            request=forms.start(query), requestTimeout=milliseconds(timeout_s), fetchVariables=fetch_variables
        )
        answer = await self._ask(
            "CreateProcessInstanceWithResult",
            request,
            pb.CreateProcessInstanceWithResultResponse,
            timeout_s=timeout_s + LONG_POLL_GRACE_S,
        )
        return forms.started(answer)

    async def cancel(self, key: AnyKey) -> None:
        """Cancel an instance."""
        request = pb.CancelProcessInstanceRequest(processInstanceKey=key_number(key))
        await self._ask(
            "CancelProcessInstance",
            request,
            pb.CancelProcessInstanceResponse,
        )

    async def activate_jobs(self, query: ActivationQuery) -> list[ActivatedJobResult]:
        """Have jobs handed out."""
        waits_s = LONG_POLL_S if query.request_timeout_s is None else max(query.request_timeout_s, 0.0)
        await self._may_ask()
        batches = await self._connection.gateway().gathered(
            "ActivateJobs",
            forms.activation(query),
            pb.ActivateJobsResponse,
            timeout_s=waits_s + LONG_POLL_GRACE_S,
            retry=query.retry,
        )
        return [forms.job(job) for batch in batches for job in batch.jobs]

    async def stream_jobs(self, query: ActivationQuery) -> AsyncGenerator[ActivatedJobResult, None]:
        """Have jobs pushed as they come up."""
        await self._may_ask()
        stream = self._connection.gateway().stream(
            "StreamActivatedJobs", forms.job_stream(query), pb.ActivatedJob, timeout_s=JOB_STREAM_S_MAX
        )
        async with aclosing(stream) as jobs:
            async for job in jobs:
                yield forms.job(job)

    async def complete_job(
        self, key: AnyKey, variables: dict[str, object], *, lease_token: str | None, retry: bool
    ) -> None:
        """Complete a job."""
        request = pb.CompleteJobRequest(
            jobKey=key_number(key), variables=json_text(variables), jobLeaseToken=lease_token
        )
        if self._physical_tenant:
            await self._may_ask()
        # Not by `_ask`: of all commands this is the one that is said most often.
        await self._connection.gateway().unary(
            "CompleteJob", request, pb.CompleteJobResponse, timeout_s=self._timeout_s, retry=retry
        )

    async def fail_job(
        self,
        key: AnyKey,
        *,
        retries: int,
        message: str,
        backoff_s: float,
        variables: dict[str, object],
        lease_token: str | None,
        retry: bool,
    ) -> None:
        """Fail a job."""
        request = pb.FailJobRequest(
            jobKey=key_number(key),
            retries=retries,
            errorMessage=message,
            retryBackOff=milliseconds(backoff_s),
            variables=json_text(variables),
            jobLeaseToken=lease_token,
        )
        await self._ask("FailJob", request, pb.FailJobResponse, retry=retry)

    async def throw_error(
        self,
        key: AnyKey,
        error_code: str,
        *,
        message: str,
        variables: dict[str, object],
        lease_token: str | None,
        retry: bool,
    ) -> None:
        """Throw an error of the model."""
        request = pb.ThrowErrorRequest(
            jobKey=key_number(key),
            errorCode=error_code,
            errorMessage=message,
            variables=json_text(variables),
            jobLeaseToken=lease_token,
        )
        await self._ask("ThrowError", request, pb.ThrowErrorResponse, retry=retry)

    async def update_job(
        self,
        key: AnyKey,
        *,
        retries: int | None,
        timeout_s: float | None,
        priority: int | None,
        lease_token: str | None,
        retry: bool,
    ) -> None:
        """Change a job's retries, deadline and priority, one after the other."""
        number, lease = key_number(key), lease_token
        if retries is not None:
            changed = pb.UpdateJobRetriesRequest(jobKey=number, retries=retries, jobLeaseToken=lease)
            await self._ask("UpdateJobRetries", changed, pb.UpdateJobRetriesResponse, retry=retry)
        if timeout_s is not None:
            moved = pb.UpdateJobTimeoutRequest(jobKey=number, timeout=milliseconds(timeout_s), jobLeaseToken=lease)
            await self._ask("UpdateJobTimeout", moved, pb.UpdateJobTimeoutResponse, retry=retry)
        if priority is not None:
            ranked = pb.UpdateJobPriorityRequest(jobKey=number, priority=priority, jobLeaseToken=lease)
            await self._ask("UpdateJobPriority", ranked, pb.UpdateJobPriorityResponse, retry=retry)

    async def set_variables(self, scope_key: AnyKey, variables: dict[str, object], *, local: bool) -> None:
        """Set variables of a scope."""
        request = pb.SetVariablesRequest(
            elementInstanceKey=key_number(scope_key), variables=json_text(variables), local=local
        )
        await self._ask("SetVariables", request, pb.SetVariablesResponse)

    async def resolve_incident(self, key: AnyKey) -> None:
        """Resolve an incident."""
        request = pb.ResolveIncidentRequest(incidentKey=key_number(key))
        await self._ask("ResolveIncident", request, pb.ResolveIncidentResponse)

    async def publish_message(
        self,
        name: str,
        *,
        correlation_key: str,
        time_to_live_s: float,
        message_id: str,
        business_id: str,
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
            businessId=business_id or None,
        )
        answer = await self._ask(
            "PublishMessage",
            request,
            pb.PublishMessageResponse,
        )
        return MessagePublicationResult(tenant_id=answer.tenantId, message_key=MessageKey(str(answer.key)))

    async def broadcast_signal(
        self, name: str, *, variables: dict[str, object], tenant_id: str
    ) -> SignalBroadcastResult:
        """Broadcast a signal."""
        request = pb.BroadcastSignalRequest(signalName=name, variables=json_text(variables), tenantId=tenant_id)
        answer = await self._ask(
            "BroadcastSignal",
            request,
            pb.BroadcastSignalResponse,
        )
        return SignalBroadcastResult(tenant_id=answer.tenantId, signal_key=SignalKey(str(answer.key)))

    async def evaluate_conditionals(
        self, variables: dict[str, object], *, process_definition_key: AnyKey | None, tenant_id: str
    ) -> EvaluateConditionalResult:
        """Start what these variables fulfil the condition of."""
        request = events.conditions(variables, process_definition_key=process_definition_key, tenant_id=tenant_id)
        answer = await self._ask(
            "EvaluateConditional",
            request,
            pb.EvaluateConditionalResponse,
        )
        return events.fulfilled(answer)

    async def evaluate_decision(
        self, decision_id: str | None, decision_key: AnyKey | None, variables: dict[str, object], *, tenant_id: str
    ) -> EvaluateDecisionResult:
        """Evaluate a decision."""
        request = events.evaluation(decision_id, decision_key, variables, tenant_id=tenant_id)
        answer = await self._ask(
            "EvaluateDecision",
            request,
            pb.EvaluateDecisionResponse,
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
        await self._ask(
            "ModifyProcessInstance",
            request,
            pb.ModifyProcessInstanceResponse,
        )

    async def migrate(
        self, key: AnyKey, target: AnyKey, mappings: Sequence[MigrateProcessInstanceMappingInstruction]
    ) -> None:
        """Bring an instance to another definition."""
        request = changes.migration(key, target, mappings)
        await self._ask(
            "MigrateProcessInstance",
            request,
            pb.MigrateProcessInstanceResponse,
        )

    async def delete_resource(self, key: AnyKey, *, delete_history: bool) -> DeleteResourceResponse:
        """Delete what was deployed."""
        request = changes.deletion(key, delete_history=delete_history)
        answer = await self._ask(
            "DeleteResource",
            request,
            pb.DeleteResourceResponse,
        )
        return changes.deleted(answer)

    async def _ask(
        self, name: str, request: Message, answer: type[Answer], *, timeout_s: float | None = None, retry: bool = True
    ) -> Answer:
        if self._physical_tenant:
            await self._may_ask()
        return await self._connection.gateway().unary(
            name, request, answer, timeout_s=timeout_s or self._timeout_s, retry=retry
        )

    async def _may_ask(self) -> None:
        # An older gateway would do it for the only tenant that it knows.
        await self._since(PHYSICAL_TENANTS_SINCE, **{"a physical tenant": self._physical_tenant})
