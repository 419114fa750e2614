"""The commands and questions of the client, said over REST v2."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from c8py.base.limits import LONG_POLL_GRACE_S, LONG_POLL_S
from c8py.client import rest_forms as forms
from c8py.client.lenient import decode
from c8py.client.values import ActivationQuery, AnyKey, StartQuery, key_text, milliseconds
from c8py.models.cluster import TopologyResponse
from c8py.models.conditional import EvaluateConditionalResult
from c8py.models.decision_definition import EvaluateDecisionResult
from c8py.models.job import ActivatedJobResult, JobActivationResult
from c8py.models.message import MessageCorrelationResult, MessagePublicationResult
from c8py.models.process_instance import (
    CreateProcessInstanceResult,
    MigrateProcessInstanceMappingInstruction,
    ProcessInstanceModificationActivateInstruction,
    ProcessInstanceModificationMoveInstruction,
    ProcessInstanceModificationTerminateInstruction,
)
from c8py.models.resource import DeleteResourceResponse, DeploymentResult
from c8py.models.signal import SignalBroadcastResult
from c8py.transport import AsyncRest, RestRequest

Answer = TypeVar("Answer")


class AsyncOverRest:
    """Says each command as a request of REST v2.

    Args:
        api: where it goes.
        timeout_s: of calls that name no other, in seconds.
    """

    def __init__(self, api: AsyncRest, timeout_s: float) -> None:
        self._api = api
        self._timeout_s = timeout_s

    async def ask(
        self,
        operation: str,
        answer: type[Answer],
        *,
        path: Mapping[str, str] | None = None,
        body: object = None,
        timeout_s: float | None = None,
    ) -> Answer:
        """The answer of any operation.

        Args:
            operation: its id in the table of operations.
            answer: the struct of the answer.
            path: values for the names in its path.
            body: what is said as JSON; None for no body.
            timeout_s: for all attempts together, in seconds; None is the client's own.
        """
        request = forms.request(operation, timeout_s=timeout_s or self._timeout_s, path=path, body=body)
        return decode(await self._api.send(request), answer, call=operation, address=self._api.address)

    async def command(self, operation: str, *, path: Mapping[str, str], body: object = None) -> None:
        """Any operation that answers with nothing."""
        await self._api.send(forms.request(operation, timeout_s=self._timeout_s, path=path, body=body))

    async def send(self, request: RestRequest) -> bytes:
        """The body of the answer to any request."""
        return await self._api.send(request)

    async def topology(self) -> TopologyResponse:
        """The cluster as the gateway sees it."""
        return await self.ask("getTopology", TopologyResponse)

    async def deploy(self, files: list[tuple[str, bytes]], *, tenant_id: str) -> DeploymentResult:
        """Deploy these files, all or none."""
        request = forms.deployment(files, tenant_id=tenant_id, timeout_s=self._timeout_s)
        body = await self._api.send(request)
        return decode(body, DeploymentResult, call=request.call, address=self._api.address)

    async def start(self, query: StartQuery) -> CreateProcessInstanceResult:
        """Start an instance."""
        return await self.ask("createProcessInstance", CreateProcessInstanceResult, body=forms.start(query))

    async def start_and_wait(
        self, query: StartQuery, *, timeout_s: float, fetch_variables: tuple[str, ...]
    ) -> CreateProcessInstanceResult:
        """Start an instance, and wait until it has completed."""
        body = forms.start(query) | {"awaitCompletion": True, "requestTimeout": milliseconds(timeout_s)}
        if fetch_variables:
            body["fetchVariables"] = fetch_variables
        return await self.ask(
            "createProcessInstance", CreateProcessInstanceResult, body=body, timeout_s=timeout_s + LONG_POLL_GRACE_S
        )

    async def cancel(self, key: AnyKey) -> None:
        """Cancel an instance."""
        await self.command("cancelProcessInstance", path={"processInstanceKey": key_text(key)}, body={})

    async def activate_jobs(self, query: ActivationQuery) -> list[ActivatedJobResult]:
        """Have jobs handed out."""
        waits_s = LONG_POLL_S if query.request_timeout_s is None else max(query.request_timeout_s, 0.0)
        answer = await self.ask(
            "activateJobs",
            JobActivationResult,
            body=forms.activation(query),
            timeout_s=waits_s + LONG_POLL_GRACE_S,
        )
        return answer.jobs

    async def complete_job(self, key: AnyKey, variables: dict[str, object]) -> None:
        """Complete a job."""
        await self.command("completeJob", path={"jobKey": key_text(key)}, body=forms.given(variables=variables or None))

    async def fail_job(
        self, key: AnyKey, *, retries: int, message: str, backoff_s: float, variables: dict[str, object]
    ) -> None:
        """Fail a job."""
        body = forms.given(
            retries=retries,
            errorMessage=message or None,
            retryBackOff=milliseconds(backoff_s) or None,
            variables=variables or None,
        )
        await self.command("failJob", path={"jobKey": key_text(key)}, body=body)

    async def throw_error(self, key: AnyKey, error_code: str, *, message: str, variables: dict[str, object]) -> None:
        """Throw an error of the model."""
        body = forms.given(errorCode=error_code, errorMessage=message or None, variables=variables or None)
        await self.command("throwJobError", path={"jobKey": key_text(key)}, body=body)

    async def update_job(
        self, key: AnyKey, *, retries: int | None, timeout_s: float | None, priority: int | None
    ) -> None:
        """Change a job's retries, deadline and priority, at once."""
        timeout = None if timeout_s is None else milliseconds(timeout_s)
        body = {"changeset": forms.given(retries=retries, timeout=timeout, priority=priority)}
        await self.command("updateJob", path={"jobKey": key_text(key)}, body=body)

    async def set_variables(self, scope_key: AnyKey, variables: dict[str, object], *, local: bool) -> None:
        """Set variables of a scope."""
        path = {"elementInstanceKey": key_text(scope_key)}
        await self.command("createElementInstanceVariables", path=path, body={"variables": variables, "local": local})

    async def resolve_incident(self, key: AnyKey) -> None:
        """Resolve an incident."""
        await self.command("resolveIncident", path={"incidentKey": key_text(key)}, body={})

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
        body = forms.given(
            name=name,
            correlationKey=correlation_key or None,
            timeToLive=milliseconds(time_to_live_s),
            messageId=message_id or None,
            variables=variables or None,
            tenantId=tenant_id or None,
        )
        return await self.ask("publishMessage", MessagePublicationResult, body=body)

    async def correlate_message(
        self, name: str, *, correlation_key: str, variables: dict[str, object], tenant_id: str
    ) -> MessageCorrelationResult:
        """Correlate a message, and wait until it has been."""
        body = forms.given(
            name=name,
            correlationKey=correlation_key or None,
            variables=variables or None,
            tenantId=tenant_id or None,
        )
        return await self.ask("correlateMessage", MessageCorrelationResult, body=body)

    async def broadcast_signal(
        self, name: str, *, variables: dict[str, object], tenant_id: str
    ) -> SignalBroadcastResult:
        """Broadcast a signal."""
        body = forms.given(signalName=name, variables=variables or None, tenantId=tenant_id or None)
        return await self.ask("broadcastSignal", SignalBroadcastResult, body=body)

    async def evaluate_conditionals(
        self, variables: dict[str, object], *, process_definition_key: AnyKey | None, tenant_id: str
    ) -> EvaluateConditionalResult:
        """Start what these variables fulfil the condition of."""
        key = None if process_definition_key is None else key_text(process_definition_key)
        body = forms.given(variables=variables, processDefinitionKey=key, tenantId=tenant_id or None)
        return await self.ask("evaluateConditionals", EvaluateConditionalResult, body=body)

    async def evaluate_decision(
        self, decision_id: str | None, decision_key: AnyKey | None, variables: dict[str, object], *, tenant_id: str
    ) -> EvaluateDecisionResult:
        """Evaluate a decision."""
        body = forms.evaluation(decision_id, decision_key, variables, tenant_id=tenant_id)
        return await self.ask("evaluateDecision", EvaluateDecisionResult, body=body)

    async def modify(
        self,
        key: AnyKey,
        *,
        activate: Sequence[ProcessInstanceModificationActivateInstruction],
        move: Sequence[ProcessInstanceModificationMoveInstruction],
        terminate: Sequence[ProcessInstanceModificationTerminateInstruction],
    ) -> None:
        """Change which elements of an instance are active."""
        body = forms.given(
            activateInstructions=activate or None,
            moveInstructions=move or None,
            terminateInstructions=terminate or None,
        )
        await self.command("modifyProcessInstance", path={"processInstanceKey": key_text(key)}, body=body)

    async def migrate(
        self, key: AnyKey, target: AnyKey, mappings: Sequence[MigrateProcessInstanceMappingInstruction]
    ) -> None:
        """Bring an instance to another definition."""
        body = {"targetProcessDefinitionKey": key_text(target), "mappingInstructions": mappings}
        await self.command("migrateProcessInstance", path={"processInstanceKey": key_text(key)}, body=body)

    async def delete_resource(self, key: AnyKey, *, delete_history: bool) -> DeleteResourceResponse:
        """Delete what was deployed."""
        request = forms.request(
            "deleteResource",
            timeout_s=self._timeout_s,
            path={"resourceKey": key_text(key)},
            body=forms.given(deleteHistory=delete_history or None),
        )
        # Before 8.9 the answer is empty.
        sent = await self._api.send(request) or b"{}"
        return decode(sent, DeleteResourceResponse, call="deleteResource", address=self._api.address)
