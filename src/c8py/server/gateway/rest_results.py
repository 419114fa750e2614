"""From the engine's answers and rows to the models of the REST API. Every field that 8.10 requires is set."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

from c8py.engine.readmodel import (
    ElementInstanceRow,
    IncidentRow,
    JobRow,
    ProcessDefinitionRow,
    ProcessInstanceRow,
    Result,
    VariableRow,
)
from c8py.engine.records import (
    NO_KEY,
    DeploymentRecord,
    JobRecord,
    ProcessInstanceCreationRecord,
    ProcessInstanceResultRecord,
    ProcessMetadata,
)
from c8py.models import keys
from c8py.models.cluster import BrokerInfo, Partition, TopologyResponse
from c8py.models.common import IncidentResult, SearchQueryPageResponse, VariableSearchResult
from c8py.models.element_instance import ElementInstanceResult
from c8py.models.job import ActivatedJobResult, JobSearchResult
from c8py.models.process_definition import ProcessDefinitionResult
from c8py.models.process_instance import CreateProcessInstanceResult, ProcessInstanceResult
from c8py.models.resource import DeploymentMetadataResult, DeploymentProcessResult, DeploymentResult
from c8py.models.variable import VariableResult
from c8py.server.gateway.cluster import PARTITION_ID, ServedCluster
from c8py.server.gateway.topology import PROTOCOL_VERSION, Place

R = TypeVar("R")
M = TypeVar("M")
K = TypeVar("K", bound=str)

PHYSICAL_TENANT: Final = "default"
# Real clusters cut the values of a search there; the whole value is had by key.
VARIABLE_SHOWN_CHARS: Final = 8191
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def moment(ms: int) -> str:
    """A point in time as Camunda writes it, in UTC with milliseconds."""
    return (_EPOCH + timedelta(milliseconds=ms)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _moment(ms: int | None) -> str | None:
    return None if ms is None else moment(ms)


def _key(kind: Callable[[str], K], key: int | None) -> K | None:
    return None if key is None or key == NO_KEY else kind(str(key))


def topology(cluster: ServedCluster, place: Place) -> TopologyResponse:
    """The answer of getTopology."""
    partition = Partition(
        partition_id=PARTITION_ID,
        role="leader",
        health="healthy" if cluster.healthy else "unhealthy",
        state="active",
    )
    broker = BrokerInfo(
        node_id=0,
        broker_id="0",
        host=place.host,
        port=place.port,
        partitions=[partition],
        version=PROTOCOL_VERSION,
    )
    return TopologyResponse(
        brokers=[broker],
        cluster_id=cluster.cluster_id,
        cluster_size=1,
        partitions_count=1,
        replication_factor=1,
        gateway_version=PROTOCOL_VERSION,
        last_completed_change_id="-1",
    )


def deployed(key: int, value: DeploymentRecord) -> DeploymentResult:
    """The answer of createDeployment."""
    return DeploymentResult(
        deployment_key=keys.DeploymentKey(str(key)),
        tenant_id=value.tenant_id,
        deployments=[DeploymentMetadataResult(process_definition=_process(each)) for each in value.processes],
    )


def _process(value: ProcessMetadata) -> DeploymentProcessResult:
    return DeploymentProcessResult(
        process_definition_id=value.bpmn_process_id,
        process_definition_version=value.version,
        resource_name=value.resource_name,
        tenant_id=value.tenant_id,
        process_definition_key=keys.ProcessDefinitionKey(str(value.process_definition_key)),
    )


def created(value: ProcessInstanceCreationRecord | ProcessInstanceResultRecord) -> CreateProcessInstanceResult:
    """The answer of createProcessInstance; variables only when completion was awaited."""
    return CreateProcessInstanceResult(
        process_definition_id=value.bpmn_process_id,
        process_definition_version=value.version,
        tenant_id=value.tenant_id,
        variables=value.variables if isinstance(value, ProcessInstanceResultRecord) else {},
        process_definition_key=keys.ProcessDefinitionKey(str(value.process_definition_key)),
        process_instance_key=keys.ProcessInstanceKey(str(value.process_instance_key)),
        tags=list(value.tags),
        business_id=value.business_id or None,
    )


def activated_job(key: int, job: JobRecord) -> ActivatedJobResult:
    """A job for a worker."""
    instance = keys.ProcessInstanceKey(str(job.process_instance_key))
    return ActivatedJobResult(
        type=job.type,
        process_definition_id=job.bpmn_process_id,
        process_definition_version=job.process_definition_version,
        element_id=job.element_id,
        custom_headers=dict[str, object](job.custom_headers),
        worker=job.worker,
        retries=job.retries,
        deadline=job.deadline_ms,
        variables=job.variables,
        tenant_id=job.tenant_id,
        physical_tenant_id=PHYSICAL_TENANT,
        job_key=keys.JobKey(str(key)),
        process_instance_key=instance,
        process_definition_key=keys.ProcessDefinitionKey(str(job.process_definition_key)),
        element_instance_key=keys.ElementInstanceKey(str(job.element_instance_key)),
        kind=job.kind.value,
        listener_event_type="UNSPECIFIED",
        user_task=None,
        tags=list(job.tags),
        root_process_instance_key=instance,
        business_id=None,
        priority=0,
        job_lease_token=None,
    )


def process_definition(row: ProcessDefinitionRow) -> ProcessDefinitionResult:
    """A process definition."""
    return ProcessDefinitionResult(
        name=row.name or None,
        resource_name=row.resource_name,
        version=row.version,
        version_tag=row.version_tag or None,
        process_definition_id=row.process_definition_id,
        tenant_id=row.tenant_id,
        process_definition_key=keys.ProcessDefinitionKey(str(row.process_definition_key)),
        has_start_form=False,
        state="ACTIVE",
    )


def process_instance(row: ProcessInstanceRow) -> ProcessInstanceResult:
    """A process instance; without call activities each is its own root."""
    instance = keys.ProcessInstanceKey(str(row.process_instance_key))
    return ProcessInstanceResult(
        process_definition_id=row.process_definition_id,
        process_definition_name=row.process_definition_name or None,
        process_definition_version=row.process_definition_version,
        process_definition_version_tag=row.process_definition_version_tag or None,
        start_date=moment(row.start_ms),
        end_date=_moment(row.end_ms),
        state=row.state,
        suspended_date=None,
        has_incident=row.has_incident,
        tenant_id=row.tenant_id,
        process_instance_key=instance,
        process_definition_key=keys.ProcessDefinitionKey(str(row.process_definition_key)),
        parent_process_instance_key=_key(keys.ProcessInstanceKey, row.parent_process_instance_key),
        parent_element_instance_key=_key(keys.ElementInstanceKey, row.parent_element_instance_key),
        root_process_instance_key=instance,
        tags=list(row.tags),
        business_id=row.business_id or None,
    )


def element_instance(row: ElementInstanceRow) -> ElementInstanceResult:
    """An element instance."""
    instance = keys.ProcessInstanceKey(str(row.process_instance_key))
    return ElementInstanceResult(
        process_definition_id=row.process_definition_id,
        start_date=moment(row.start_ms),
        end_date=_moment(row.end_ms),
        element_id=row.element_id,
        # The API has no null here: an element without a name is known by its id.
        element_name=row.element_name or row.element_id,
        type=row.type,
        state=row.state,
        has_incident=row.has_incident,
        tenant_id=row.tenant_id,
        element_instance_key=keys.ElementInstanceKey(str(row.element_instance_key)),
        process_instance_key=instance,
        root_process_instance_key=instance,
        process_definition_key=keys.ProcessDefinitionKey(str(row.process_definition_key)),
        incident_key=_key(keys.IncidentKey, row.incident_key),
    )


def job(row: JobRow) -> JobSearchResult:
    """A job as searches show it."""
    instance = keys.ProcessInstanceKey(str(row.process_instance_key))
    return JobSearchResult(
        custom_headers=row.custom_headers,
        deadline=_moment(row.deadline_ms),
        denied_reason=None,
        element_id=row.element_id,
        element_instance_key=keys.ElementInstanceKey(str(row.element_instance_key)),
        end_time=_moment(row.end_ms),
        error_code=row.error_code or None,
        error_message=row.error_message or None,
        has_failed_with_retries_left=row.has_failed_with_retries_left,
        is_denied=None,
        job_key=keys.JobKey(str(row.job_key)),
        kind=row.kind,
        listener_event_type=row.listener_event_type,
        process_definition_id=row.process_definition_id,
        process_definition_key=keys.ProcessDefinitionKey(str(row.process_definition_key)),
        process_instance_key=instance,
        root_process_instance_key=instance,
        business_id=None,
        retries=row.retries,
        state=row.state,
        tenant_id=row.tenant_id,
        type=row.type,
        worker=row.worker,
        creation_time=moment(row.created_ms),
        last_update_time=moment(row.updated_ms),
        priority=0,
    )


def incident(row: IncidentRow) -> IncidentResult:
    """An incident."""
    instance = keys.ProcessInstanceKey(str(row.process_instance_key))
    return IncidentResult(
        process_definition_id=row.process_definition_id,
        error_type=row.error_type,
        error_message=row.error_message,
        element_id=row.element_id,
        creation_time=moment(row.created_ms),
        state=row.state,
        tenant_id=row.tenant_id,
        incident_key=keys.IncidentKey(str(row.incident_key)),
        process_definition_key=keys.ProcessDefinitionKey(str(row.process_definition_key)),
        process_instance_key=instance,
        root_process_instance_key=instance,
        element_instance_key=keys.ElementInstanceKey(str(row.element_instance_key)),
        job_key=_key(keys.JobKey, row.job_key),
    )


def variable(row: VariableRow) -> VariableResult:
    """A variable with its whole value."""
    instance = keys.ProcessInstanceKey(str(row.process_instance_key))
    return VariableResult(
        value=row.value,
        name=row.name,
        tenant_id=row.tenant_id,
        variable_key=keys.VariableKey(str(row.variable_key)),
        scope_key=keys.ElementInstanceKey(str(row.scope_key)),
        process_instance_key=instance,
        root_process_instance_key=instance,
    )


def found_variable(row: VariableRow, *, whole: bool) -> VariableSearchResult:
    """A variable as searches show it: long values are cut unless the whole is asked for."""
    instance = keys.ProcessInstanceKey(str(row.process_instance_key))
    cut = not whole and len(row.value) > VARIABLE_SHOWN_CHARS
    return VariableSearchResult(
        value=row.value[:VARIABLE_SHOWN_CHARS] if cut else row.value,
        is_truncated=cut,
        name=row.name,
        tenant_id=row.tenant_id,
        variable_key=keys.VariableKey(str(row.variable_key)),
        scope_key=keys.ElementInstanceKey(str(row.scope_key)),
        process_instance_key=instance,
        root_process_instance_key=instance,
    )


def page(result: Result[R], show: Callable[[R], M]) -> dict[str, object]:
    """The answer of any search."""
    return {
        "items": [show(row) for row in result.items],
        "page": SearchQueryPageResponse(
            total_items=result.total,
            has_more_total_items=False,
            start_cursor=None if result.start_cursor is None else keys.StartCursor(result.start_cursor),
            end_cursor=None if result.end_cursor is None else keys.EndCursor(result.end_cursor),
        ),
    }
