"""gRPC messages to commands, and answers to messages: plain functions without I/O, for any gRPC server to host.

`UNARY` lists the calls that are one command and one answer; the edge serves the others by the functions below it.
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, TypeVar

import msgspec
from google.protobuf.message import DecodeError, Message

from c8py.engine.records import (
    Command,
    DeploymentRecord,
    JobBatchRecord,
    JobRecord,
    ProcessInstanceCreationRecord,
    ProcessInstanceResultRecord,
    Resource,
    Response,
)
from c8py.engine.runtime import JobStream
from c8py.proto import gateway_pb2 as pb
from c8py.server.gateway import commands
from c8py.server.gateway.refusals import invalid
from c8py.server.gateway.variables import variables_from_text

M = TypeVar("M", bound=Message)

_json = msgspec.json.Encoder().encode


class Translation(NamedTuple):
    """One call: from the bytes of its request to a command, from the answer to the bytes of its response."""

    read: Callable[[bytes], Command]
    write: Callable[[Response], bytes]


def message(kind: type[M], data: bytes) -> M:
    """Parse a request.

    Raises:
        Refusal: these bytes are no such message.
    """
    try:
        return kind.FromString(data)
    except DecodeError:
        raise invalid(f"expected a {kind.DESCRIPTOR.full_name}, but the message is malformed") from None


def _translation(
    kind: type[M], to_command: Callable[[M], Command], to_message: Callable[[Response], Message]
) -> Translation:
    def read(data: bytes) -> Command:
        return to_command(message(kind, data))

    def write(response: Response) -> bytes:
        return to_message(response).SerializeToString()

    return Translation(read, write)


def _command(kind: type[M], to_command: Callable[[M], Command], answer: Message) -> Translation:
    """A call whose answer says nothing but that it went well."""
    return _translation(kind, to_command, lambda _response: answer)


# -- requests


def deploy(request: pb.DeployResourceRequest) -> Command:
    """DeployResource."""
    resources = [Resource(name=each.name, content=each.content) for each in request.resources]
    return commands.deploy(resources, request.tenantId)


def creation(
    request: pb.CreateProcessInstanceRequest, fetch_variables: tuple[str, ...] = ()
) -> ProcessInstanceCreationRecord:
    """What CreateProcessInstance and its sister with a result ask for."""
    return ProcessInstanceCreationRecord(
        bpmn_process_id=request.bpmnProcessId,
        process_definition_key=request.processDefinitionKey,
        version=request.version,
        variables=variables_from_text(request.variables),
        tenant_id=commands.tenant(request.tenantId),
        start_instructions=tuple(each.elementId for each in request.startInstructions),
        runtime_instructions=tuple(each.terminate.afterElementId for each in request.runtimeInstructions),
        fetch_variables=fetch_variables,
        tags=tuple(request.tags),
        business_id=request.businessId,
    )


def activation(request: pb.ActivateJobsRequest, bytes_max: int) -> JobBatchRecord:
    """What ActivateJobs asks for."""
    return JobBatchRecord(
        type=request.type,
        worker=request.worker,
        timeout_ms=request.timeout,
        max_jobs=request.maxJobsToActivate,
        fetch_variables=tuple(request.fetchVariable),
        tenant_ids=_tenants(request),
        bytes_max=bytes_max,
    )


def job_stream(request: pb.StreamActivatedJobsRequest) -> JobStream:
    """What StreamActivatedJobs asks for.

    Raises:
        Refusal: blank type, no timeout, or a foreign tenant.
    """
    if not request.type.strip():
        raise invalid("expected a job type, but it is blank")
    if request.timeout < 1:
        raise invalid(f"expected a timeout of at least 1 ms, but it is {request.timeout}")
    return JobStream(
        type=request.type,
        worker=request.worker,
        timeout_ms=request.timeout,
        fetch_variables=tuple(request.fetchVariable),
        tenant_ids=_tenants(request),
    )


def _tenants(request: pb.ActivateJobsRequest | pb.StreamActivatedJobsRequest) -> tuple[str, ...]:
    if request.tenantFilter == pb.TenantFilter.ASSIGNED:
        return commands.tenants(())
    return commands.tenants(request.tenantIds)


def _complete_job(request: pb.CompleteJobRequest) -> Command:
    return commands.complete_job(request.jobKey, variables_from_text(request.variables))


def _fail_job(request: pb.FailJobRequest) -> Command:
    return commands.fail_job(
        request.jobKey,
        retries=request.retries,
        error_message=request.errorMessage,
        retry_backoff_ms=request.retryBackOff,
        variables=variables_from_text(request.variables),
    )


def _throw_error(request: pb.ThrowErrorRequest) -> Command:
    return commands.throw_error(
        request.jobKey,
        error_code=request.errorCode,
        error_message=request.errorMessage,
        variables=variables_from_text(request.variables),
    )


def _set_variables(request: pb.SetVariablesRequest) -> Command:
    return commands.set_variables(
        request.elementInstanceKey, variables_from_text(request.variables), local=request.local
    )


# -- answers


def deployed(response: Response) -> pb.DeployResourceResponse:
    """The answer of DeployResource."""
    value = response.value
    assert isinstance(value, DeploymentRecord)
    return pb.DeployResourceResponse(
        key=response.key,
        tenantId=value.tenant_id,
        deployments=[
            pb.Deployment(
                process=pb.ProcessMetadata(
                    bpmnProcessId=each.bpmn_process_id,
                    version=each.version,
                    processDefinitionKey=each.process_definition_key,
                    resourceName=each.resource_name,
                    tenantId=each.tenant_id,
                )
            )
            for each in value.processes
        ],
    )


def created(response: Response) -> pb.CreateProcessInstanceResponse:
    """The answer of CreateProcessInstance."""
    value = response.value
    assert isinstance(value, ProcessInstanceCreationRecord)
    return pb.CreateProcessInstanceResponse(
        processDefinitionKey=value.process_definition_key,
        bpmnProcessId=value.bpmn_process_id,
        version=value.version,
        processInstanceKey=value.process_instance_key,
        tenantId=value.tenant_id,
        tags=value.tags,
        businessId=value.business_id or None,
    )


def completed(response: Response) -> pb.CreateProcessInstanceWithResultResponse:
    """The answer of CreateProcessInstanceWithResult."""
    value = response.value
    assert isinstance(value, ProcessInstanceResultRecord)
    return pb.CreateProcessInstanceWithResultResponse(
        processDefinitionKey=value.process_definition_key,
        bpmnProcessId=value.bpmn_process_id,
        version=value.version,
        processInstanceKey=value.process_instance_key,
        variables=_json(value.variables).decode(),
        tenantId=value.tenant_id,
        tags=value.tags,
        businessId=value.business_id or None,
    )


def activated_job(key: int, job: JobRecord) -> pb.ActivatedJob:
    """A job for a worker."""
    return pb.ActivatedJob(
        key=key,
        type=job.type,
        processInstanceKey=job.process_instance_key,
        bpmnProcessId=job.bpmn_process_id,
        processDefinitionVersion=job.process_definition_version,
        processDefinitionKey=job.process_definition_key,
        elementId=job.element_id,
        elementInstanceKey=job.element_instance_key,
        customHeaders=_json(job.custom_headers).decode(),
        worker=job.worker,
        retries=job.retries,
        deadline=job.deadline_ms,
        variables=_json(job.variables).decode(),
        tenantId=job.tenant_id,
        kind=pb.ActivatedJob.JobKind.BPMN_ELEMENT,
        listenerEventType=pb.ActivatedJob.ListenerEventType.UNSPECIFIED,
        tags=job.tags,
    )


def activated_jobs(batch: JobBatchRecord) -> bytes:
    """One message of ActivateJobs."""
    jobs = [activated_job(key, job) for key, job in zip(batch.job_keys, batch.jobs, strict=True)]
    return pb.ActivateJobsResponse(jobs=jobs).SerializeToString()


UNARY: Final[Mapping[str, Translation]] = {
    "DeployResource": _translation(pb.DeployResourceRequest, deploy, deployed),
    "CreateProcessInstance": _translation(
        pb.CreateProcessInstanceRequest, lambda each: commands.create_instance(creation(each), awaited=False), created
    ),
    "CancelProcessInstance": _command(
        pb.CancelProcessInstanceRequest,
        lambda each: commands.cancel_instance(each.processInstanceKey),
        pb.CancelProcessInstanceResponse(),
    ),
    "CompleteJob": _command(pb.CompleteJobRequest, _complete_job, pb.CompleteJobResponse()),
    "FailJob": _command(pb.FailJobRequest, _fail_job, pb.FailJobResponse()),
    "ThrowError": _command(pb.ThrowErrorRequest, _throw_error, pb.ThrowErrorResponse()),
    "UpdateJobRetries": _command(
        pb.UpdateJobRetriesRequest,
        lambda each: commands.update_retries(each.jobKey, each.retries),
        pb.UpdateJobRetriesResponse(),
    ),
    "UpdateJobTimeout": _command(
        pb.UpdateJobTimeoutRequest,
        lambda each: commands.update_timeout(each.jobKey, each.timeout),
        pb.UpdateJobTimeoutResponse(),
    ),
    "SetVariables": _translation(
        pb.SetVariablesRequest, _set_variables, lambda response: pb.SetVariablesResponse(key=response.key)
    ),
    "ResolveIncident": _command(
        pb.ResolveIncidentRequest,
        lambda each: commands.resolve_incident(each.incidentKey),
        pb.ResolveIncidentResponse(),
    ),
}
