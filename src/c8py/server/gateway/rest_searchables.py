"""What each search of the REST API can be asked, and by which fields of the rows it is answered. Tables only."""

from typing import Final, get_args

from c8py.models import common, job
from c8py.server.gateway.rest_search import Field, Of, Searchable


def _one_of(row: str, words: object) -> Field:
    return Field(row, words=get_args(words))


_DEFINITION: Final = {
    "processDefinitionId": Field("process_definition_id"),
    "processDefinitionKey": Field("process_definition_key", Of.KEY),
    "tenantId": Field("tenant_id"),
}

PROCESS_DEFINITIONS: Final = Searchable(
    filters={
        **_DEFINITION,
        "name": Field("name"),
        "resourceName": Field("resource_name"),
        "version": Field("version", Of.NUMBER),
        "versionTag": Field("version_tag"),
    },
    sorts={
        "processDefinitionKey": "process_definition_key",
        "name": "name",
        "resourceName": "resource_name",
        "version": "version",
        "versionTag": "version_tag",
        "processDefinitionId": "process_definition_id",
        "tenantId": "tenant_id",
    },
    unknown_here=frozenset({"isLatestVersion", "hasStartForm", "state"}),
)

PROCESS_INSTANCES: Final = Searchable(
    filters={
        **_DEFINITION,
        "processDefinitionName": Field("process_definition_name"),
        "processDefinitionVersion": Field("process_definition_version", Of.NUMBER),
        "processDefinitionVersionTag": Field("process_definition_version_tag"),
        "startDate": Field("start_ms", Of.MOMENT),
        "endDate": Field("end_ms", Of.MOMENT),
        "state": _one_of("state", common.ProcessInstanceStateEnum),
        "hasIncident": Field("has_incident", Of.FLAG),
        "processInstanceKey": Field("process_instance_key", Of.KEY),
        "parentProcessInstanceKey": Field("parent_process_instance_key", Of.KEY),
        "parentElementInstanceKey": Field("parent_element_instance_key", Of.KEY),
        "businessId": Field("business_id"),
    },
    sorts={
        "processInstanceKey": "process_instance_key",
        "processDefinitionId": "process_definition_id",
        "processDefinitionName": "process_definition_name",
        "processDefinitionVersion": "process_definition_version",
        "processDefinitionVersionTag": "process_definition_version_tag",
        "processDefinitionKey": "process_definition_key",
        "parentProcessInstanceKey": "parent_process_instance_key",
        "parentElementInstanceKey": "parent_element_instance_key",
        "startDate": "start_ms",
        "endDate": "end_ms",
        "state": "state",
        "hasIncident": "has_incident",
        "tenantId": "tenant_id",
        "businessId": "business_id",
    },
    unknown_here=frozenset(
        {
            "suspendedDate",
            "batchOperationId",
            "batchOperationKey",
            "errorMessage",
            "hasRetriesLeft",
            "elementInstanceState",
            "elementId",
            "hasElementInstanceIncident",
            "incidentErrorHashCode",
            "tags",
        }
    ),
    branches=True,
    by_variables=True,
)

ELEMENT_INSTANCES: Final = Searchable(
    filters={
        **_DEFINITION,
        "state": _one_of("state", common.ElementInstanceStateEnum),
        "type": Field("type"),
        "elementId": Field("element_id"),
        "elementName": Field("element_name"),
        "hasIncident": Field("has_incident", Of.FLAG),
        "elementInstanceKey": Field("element_instance_key", Of.KEY),
        "processInstanceKey": Field("process_instance_key", Of.KEY),
        "incidentKey": Field("incident_key", Of.KEY),
        "startDate": Field("start_ms", Of.MOMENT),
        "endDate": Field("end_ms", Of.MOMENT),
    },
    sorts={
        "elementInstanceKey": "element_instance_key",
        "processInstanceKey": "process_instance_key",
        "processDefinitionKey": "process_definition_key",
        "processDefinitionId": "process_definition_id",
        "startDate": "start_ms",
        "endDate": "end_ms",
        "elementId": "element_id",
        "elementName": "element_name",
        "type": "type",
        "state": "state",
        "incidentKey": "incident_key",
        "tenantId": "tenant_id",
    },
    unknown_here=frozenset({"elementInstanceScopeKey"}),
    branches=True,
)

JOBS: Final = Searchable(
    filters={
        **_DEFINITION,
        "deadline": Field("deadline_ms", Of.MOMENT),
        "elementId": Field("element_id"),
        "elementInstanceKey": Field("element_instance_key", Of.KEY),
        "endTime": Field("end_ms", Of.MOMENT),
        "errorCode": Field("error_code"),
        "errorMessage": Field("error_message"),
        "hasFailedWithRetriesLeft": Field("has_failed_with_retries_left", Of.FLAG),
        "jobKey": Field("job_key", Of.KEY),
        "kind": _one_of("kind", common.JobKindEnum),
        "listenerEventType": _one_of("listener_event_type", common.JobListenerEventTypeEnum),
        "processInstanceKey": Field("process_instance_key", Of.KEY),
        "retries": Field("retries", Of.NUMBER),
        "state": _one_of("state", job.JobStateEnum),
        "type": Field("type"),
        "worker": Field("worker"),
        "creationTime": Field("created_ms", Of.MOMENT),
        "lastUpdateTime": Field("updated_ms", Of.MOMENT),
    },
    sorts={
        "creationTime": "created_ms",
        "deadline": "deadline_ms",
        "elementId": "element_id",
        "elementInstanceKey": "element_instance_key",
        "endTime": "end_ms",
        "errorCode": "error_code",
        "errorMessage": "error_message",
        "hasFailedWithRetriesLeft": "has_failed_with_retries_left",
        "jobKey": "job_key",
        "kind": "kind",
        "listenerEventType": "listener_event_type",
        "processDefinitionId": "process_definition_id",
        "processDefinitionKey": "process_definition_key",
        "processInstanceKey": "process_instance_key",
        "retries": "retries",
        "state": "state",
        "tenantId": "tenant_id",
        "type": "type",
        "worker": "worker",
    },
    unknown_here=frozenset({"deniedReason", "isDenied", "priority"}),
)

INCIDENTS: Final = Searchable(
    filters={
        **_DEFINITION,
        "errorType": _one_of("error_type", common.IncidentErrorTypeEnum),
        "errorMessage": Field("error_message"),
        "elementId": Field("element_id"),
        "creationTime": Field("created_ms", Of.MOMENT),
        "state": _one_of("state", common.IncidentStateEnum),
        "incidentKey": Field("incident_key", Of.KEY),
        "processInstanceKey": Field("process_instance_key", Of.KEY),
        "elementInstanceKey": Field("element_instance_key", Of.KEY),
        "jobKey": Field("job_key", Of.KEY),
    },
    sorts={
        "incidentKey": "incident_key",
        "processDefinitionKey": "process_definition_key",
        "processDefinitionId": "process_definition_id",
        "processInstanceKey": "process_instance_key",
        "errorType": "error_type",
        "elementId": "element_id",
        "elementInstanceKey": "element_instance_key",
        "creationTime": "created_ms",
        "state": "state",
        "jobKey": "job_key",
        "tenantId": "tenant_id",
    },
)

VARIABLES: Final = Searchable(
    filters={
        "name": Field("name"),
        "value": Field("value"),
        "tenantId": Field("tenant_id"),
        "variableKey": Field("variable_key", Of.KEY),
        "scopeKey": Field("scope_key", Of.KEY),
        "processInstanceKey": Field("process_instance_key", Of.KEY),
    },
    sorts={
        "value": "value",
        "name": "name",
        "tenantId": "tenant_id",
        "variableKey": "variable_key",
        "scopeKey": "scope_key",
        "processInstanceKey": "process_instance_key",
    },
    unknown_here=frozenset({"isTruncated"}),
)
