"""From the arguments of a call to the engine's command, one function for each operation, for both protocols alike.

Refuses what a gateway refuses before a broker is asked; everything else is the engine's to judge.
"""

from collections.abc import Iterable, Sequence

from c8py.base import limits
from c8py.engine.records import (
    DEFAULT_TENANT,
    Command,
    DeploymentIntent,
    DeploymentRecord,
    IncidentIntent,
    IncidentRecord,
    JobBatchIntent,
    JobBatchRecord,
    JobIntent,
    JobRecord,
    ProcessInstanceCreationIntent,
    ProcessInstanceCreationRecord,
    ProcessInstanceIntent,
    ProcessInstanceRecord,
    Resource,
    VariableDocumentIntent,
    VariableDocumentRecord,
    Variables,
)
from c8py.server.gateway.refusals import invalid


def tenant(tenant_id: str) -> str:
    """The tenant meant; without multi-tenancy there is one.

    Raises:
        Refusal: another tenant is named.
    """
    if tenant_id not in {"", DEFAULT_TENANT}:
        raise invalid(
            f"expected tenant '{DEFAULT_TENANT}' or none, for multi-tenancy is off, but it is '{tenant_id[:50]}'"
        )
    return DEFAULT_TENANT


def tenants(tenant_ids: Iterable[str]) -> tuple[str, ...]:
    """The tenants meant; none stands for the default one.

    Raises:
        Refusal: another tenant is named.
    """
    return tuple({tenant(tenant_id) for tenant_id in tenant_ids}) or (DEFAULT_TENANT,)


def deploy(resources: Sequence[Resource], tenant_id: str) -> Command:
    """Deploy files, all or none."""
    if not resources:
        raise invalid("expected at least one resource to deploy, but there is none")
    if len(resources) > limits.DEPLOYMENT_RESOURCES_MAX:
        raise invalid(
            f"expected at most {limits.DEPLOYMENT_RESOURCES_MAX} resources to deploy, but there are {len(resources)}"
        )
    record = DeploymentRecord(resources=tuple(resources), tenant_id=tenant(tenant_id))
    return Command(DeploymentIntent.CREATE, record)


def create_instance(value: ProcessInstanceCreationRecord, *, awaited: bool) -> Command:
    """Start an instance; an awaited one answers when it has completed."""
    intent = ProcessInstanceCreationIntent
    return Command(intent.CREATE_WITH_AWAITING_RESULT if awaited else intent.CREATE, value)


def cancel_instance(process_instance_key: int) -> Command:
    """Cancel a process instance."""
    return Command(ProcessInstanceIntent.CANCEL, ProcessInstanceRecord(), process_instance_key)


def activate_jobs(wanted: JobBatchRecord) -> Command:
    """Hand out jobs."""
    return Command(JobBatchIntent.ACTIVATE, wanted)


def complete_job(job_key: int, variables: Variables) -> Command:
    """Complete a job."""
    return Command(JobIntent.COMPLETE, JobRecord(variables=variables), job_key)


def fail_job(job_key: int, *, retries: int, error_message: str, retry_backoff_ms: int, variables: Variables) -> Command:
    """Fail a job."""
    value = JobRecord(
        retries=retries, error_message=error_message, retry_backoff_ms=retry_backoff_ms, variables=variables
    )
    return Command(JobIntent.FAIL, value, job_key)


def throw_error(job_key: int, *, error_code: str, error_message: str, variables: Variables) -> Command:
    """Throw a BPMN error from a job."""
    value = JobRecord(error_code=error_code, error_message=error_message, variables=variables)
    return Command(JobIntent.THROW_ERROR, value, job_key)


def update_retries(job_key: int, retries: int) -> Command:
    """Give a job retries."""
    return Command(JobIntent.UPDATE_RETRIES, JobRecord(retries=retries), job_key)


def update_timeout(job_key: int, timeout_ms: int) -> Command:
    """Set a job's deadline to so long from now."""
    return Command(JobIntent.UPDATE_TIMEOUT, JobRecord(timeout_ms=timeout_ms), job_key)


def hand_back(job_key: int) -> Command:
    """Give back a job that its worker never got; retries stay as they are."""
    return Command(JobIntent.YIELD, JobRecord(), job_key)


def set_variables(scope_key: int, variables: Variables, *, local: bool) -> Command:
    """Set variables in a scope, or from there upwards."""
    value = VariableDocumentRecord(scope_key=scope_key, variables=variables, local=local)
    return Command(VariableDocumentIntent.UPDATE, value, scope_key)


def resolve_incident(incident_key: int) -> Command:
    """Resolve an incident."""
    return Command(IncidentIntent.RESOLVE, IncidentRecord(), incident_key)
