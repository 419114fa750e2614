"""The commands of the client, said over gRPC."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from c8py.base.limits import JOB_STREAM_S_MAX, LONG_POLL_GRACE_S, LONG_POLL_S
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
from c8py.models.job import ActivatedJobResult
from c8py.models.process_instance import CreateProcessInstanceResult
from c8py.models.resource import DeploymentResult
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

    async def update_job(self, key: AnyKey, *, retries: int | None, timeout_s: float | None) -> None:
        """Change a job's retries and deadline, one after the other."""
        number = key_number(key)
        if retries is not None:
            changed = pb.UpdateJobRetriesRequest(jobKey=number, retries=retries)
            await self._gateway.unary(
                "UpdateJobRetries", changed, pb.UpdateJobRetriesResponse, timeout_s=self._timeout_s
            )
        if timeout_s is not None:
            moved = pb.UpdateJobTimeoutRequest(jobKey=number, timeout=milliseconds(timeout_s))
            await self._gateway.unary("UpdateJobTimeout", moved, pb.UpdateJobTimeoutResponse, timeout_s=self._timeout_s)

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
