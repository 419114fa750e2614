"""The commands of the client, said over REST v2 by its nouns, which load the models of their tag with their first call.

Where a verb and an operation have the same words it is the operation: this module knows only how they differ.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

from msgspec import UNSET, UnsetType

from c8py.base.limits import LONG_POLL_GRACE_S, LONG_POLL_S
from c8py.client._async.nouns import AsyncNouns
from c8py.client.values import ActivationQuery, AnyKey, StartQuery, key_text, milliseconds
from c8py.errors import InvalidArgument
from c8py.models.keys import (
    BusinessId,
    DecisionDefinitionId,
    DecisionDefinitionKey,
    ElementInstanceKey,
    IncidentKey,
    JobKey,
    JobLeaseToken,
    ProcessDefinitionId,
    ProcessDefinitionKey,
    ProcessInstanceKey,
    Tag,
    TenantId,
)

if TYPE_CHECKING:
    from c8py.client._async.nouns.jobs import AsyncJobs
    from c8py.models.cluster import TopologyResponse
    from c8py.models.conditional import EvaluateConditionalResult
    from c8py.models.decision_definition import EvaluateDecisionResult
    from c8py.models.job import ActivatedJobResult
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

Value = TypeVar("Value")


class AsyncOverRest(AsyncNouns):
    """Says each command as an operation of REST v2."""

    async def topology(self) -> "TopologyResponse":
        """The cluster as the gateway sees it."""
        return await self.cluster.get_topology()

    async def deploy(self, files: list[tuple[str, bytes]], *, tenant_id: str) -> "DeploymentResult":
        """Deploy these files, all or none."""
        return await self.resources.create_deployment(*files, tenant_id=tenant_id)

    async def start(self, query: StartQuery) -> "CreateProcessInstanceResult":
        """Start an instance."""
        return await self._started(query)

    async def start_and_wait(
        self, query: StartQuery, *, timeout_s: float, fetch_variables: tuple[str, ...]
    ) -> "CreateProcessInstanceResult":
        """Start an instance, and wait until it has completed."""
        return await self._started(query, waits_s=timeout_s, fetch_variables=fetch_variables)

    async def cancel(self, key: AnyKey) -> None:
        """Cancel an instance."""
        await self.process_instances.cancel(ProcessInstanceKey(key_text(key)))

    async def activate_jobs(self, query: ActivationQuery) -> "list[ActivatedJobResult]":
        """Have jobs handed out."""
        waits_s = LONG_POLL_S if query.request_timeout_s is None else max(query.request_timeout_s, 0.0)
        answer = await self._jobs(retry=query.retry).activate(
            type=query.type,
            timeout=milliseconds(query.timeout_s),
            max_jobs_to_activate=query.max_jobs,
            worker=_given(query.worker),
            fetch_variable=_given(query.fetch_variables),
            request_timeout=0 if query.request_timeout_s is None else milliseconds(query.request_timeout_s),
            tenant_ids=_given([TenantId(one) for one in query.tenant_ids]),
            with_lease=_given(query.with_lease),
            timeout_s=waits_s + LONG_POLL_GRACE_S,
        )
        return answer.jobs

    async def complete_job(
        self, key: AnyKey, variables: dict[str, object], *, lease_token: str | None, retry: bool
    ) -> None:
        """Complete a job."""
        await self._jobs(retry=retry).complete(
            JobKey(key_text(key)), variables=_given(variables), job_lease_token=_given(JobLeaseToken(lease_token or ""))
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
        await self._jobs(retry=retry).fail(
            JobKey(key_text(key)),
            retries=retries,
            error_message=_given(message),
            retry_back_off=_given(milliseconds(backoff_s)),
            variables=_given(variables),
            job_lease_token=_given(JobLeaseToken(lease_token or "")),
        )

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
        await self._jobs(retry=retry).throw_error(
            JobKey(key_text(key)),
            error_code=error_code,
            error_message=_given(message),
            variables=_given(variables),
            job_lease_token=_given(JobLeaseToken(lease_token or "")),
        )

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
        """Change a job's retries and priority, then its deadline."""
        from c8py.models.job import JobChangeset  # noqa: PLC0415  with the tag's first call

        changes: list[JobChangeset] = []
        if retries is not None or priority is not None:
            changes.append(JobChangeset(retries=_known(retries), priority=_known(priority)))
        if timeout_s is not None:
            # By itself: Zeebe 8.6 forgets it beside the retries.
            changes.append(JobChangeset(timeout=milliseconds(timeout_s)))
        lease = _given(JobLeaseToken(lease_token or ""))
        for changeset in changes:
            await self._jobs(retry=retry).update(JobKey(key_text(key)), changeset=changeset, job_lease_token=lease)

    def _jobs(self, *, retry: bool) -> "AsyncJobs":
        from c8py.client._async.nouns.jobs import AsyncJobs  # noqa: PLC0415  with the tag's first call

        return AsyncJobs(self._connection, retry=retry)

    async def set_variables(self, scope_key: AnyKey, variables: dict[str, object], *, local: bool) -> None:
        """Set variables of a scope."""
        key = ElementInstanceKey(key_text(scope_key))
        await self.element_instances.create_variables(key, variables=variables, local=local)

    async def resolve_incident(self, key: AnyKey) -> None:
        """Resolve an incident."""
        await self.incidents.resolve(IncidentKey(key_text(key)))

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
    ) -> "MessagePublicationResult":
        """Publish a message."""
        return await self.messages.publish(
            name=name,
            correlation_key=_given(correlation_key),
            time_to_live=milliseconds(time_to_live_s),
            message_id=_given(message_id),
            variables=_given(variables),
            tenant_id=_given(TenantId(tenant_id)),
            business_id=_given(BusinessId(business_id)),
        )

    async def broadcast_signal(
        self, name: str, *, variables: dict[str, object], tenant_id: str
    ) -> "SignalBroadcastResult":
        """Broadcast a signal."""
        return await self.signals.broadcast(
            signal_name=name, variables=_given(variables), tenant_id=_given(TenantId(tenant_id))
        )

    async def evaluate_conditionals(
        self, variables: dict[str, object], *, process_definition_key: AnyKey | None, tenant_id: str
    ) -> "EvaluateConditionalResult":
        """Start what these variables fulfil the condition of."""
        key = None if process_definition_key is None else ProcessDefinitionKey(key_text(process_definition_key))
        return await self.conditionals.evaluate(
            variables=variables, process_definition_key=_known(key), tenant_id=_given(TenantId(tenant_id))
        )

    async def evaluate_decision(
        self, decision_id: str | None, decision_key: AnyKey | None, variables: dict[str, object], *, tenant_id: str
    ) -> "EvaluateDecisionResult":
        """Evaluate a decision.

        Raises:
            InvalidArgument: neither its id nor its key is named.
        """
        if decision_id is None and decision_key is None:
            raise InvalidArgument("expected the id or the key of a decision, but got neither")
        return await self.decision_definitions.evaluate_decision(
            decision_definition_id=UNSET if decision_id is None else DecisionDefinitionId(decision_id),
            decision_definition_key=UNSET if decision_key is None else DecisionDefinitionKey(key_text(decision_key)),
            variables=_given(variables),
            tenant_id=_given(TenantId(tenant_id)),
        )

    async def modify(
        self,
        key: AnyKey,
        *,
        activate: "Sequence[ProcessInstanceModificationActivateInstruction]",
        move: "Sequence[ProcessInstanceModificationMoveInstruction]",
        terminate: "Sequence[ProcessInstanceModificationTerminateInstruction]",
    ) -> None:
        """Change which elements of an instance are active."""
        await self.process_instances.modify(
            ProcessInstanceKey(key_text(key)),
            activate_instructions=_given(activate),
            move_instructions=_given(move),
            terminate_instructions=_given(terminate),
        )

    async def migrate(
        self, key: AnyKey, target: AnyKey, mappings: "Sequence[MigrateProcessInstanceMappingInstruction]"
    ) -> None:
        """Bring an instance to another definition."""
        await self.process_instances.migrate(
            ProcessInstanceKey(key_text(key)),
            target_process_definition_key=ProcessDefinitionKey(key_text(target)),
            mapping_instructions=mappings,
        )

    async def delete_resource(self, key: AnyKey, *, delete_history: bool) -> "DeleteResourceResponse":
        """Delete what was deployed."""
        return await self.resources.delete(ProcessDefinitionKey(key_text(key)), delete_history=_given(delete_history))

    async def _started(
        self, query: StartQuery, *, waits_s: float | None = None, fetch_variables: tuple[str, ...] = ()
    ) -> "CreateProcessInstanceResult":
        if query.process_id is None and query.process_definition_key is None:
            raise InvalidArgument("expected a process id or the key of a process definition, but got neither")
        by_id = query.process_id is not None
        key = None if by_id or query.process_definition_key is None else query.process_definition_key
        return await self.process_instances.create(
            process_definition_id=ProcessDefinitionId(query.process_id) if query.process_id is not None else UNSET,
            process_definition_version=query.version if by_id else UNSET,
            process_definition_key=UNSET if key is None else ProcessDefinitionKey(key),
            variables=_given(query.variables),
            tenant_id=_given(TenantId(query.tenant_id)),
            tags=_given([Tag(tag) for tag in query.tags]),
            business_id=_given(BusinessId(query.business_id)),
            await_completion=UNSET if waits_s is None else True,
            request_timeout=UNSET if waits_s is None else milliseconds(waits_s),
            fetch_variables=_given(fetch_variables),
            timeout_s=None if waits_s is None else waits_s + LONG_POLL_GRACE_S,
        )


def _given(value: Value) -> Value | UnsetType:
    """The value, where it says something."""
    return value or UNSET


def _known(value: Value | None) -> Value | UnsetType:
    return UNSET if value is None else value
