"""The rows of the read model. Times are milliseconds since 1970; -1 as a key means none."""

import msgspec


class Row(msgspec.Struct, frozen=True):
    """Base of all rows; the field names are what filters and sorts name."""


class ProcessDefinitionRow(Row, frozen=True):
    """A deployed version of a process; `resource` comes only from `get_process_definition_xml`."""

    process_definition_key: int
    process_definition_id: str
    name: str
    version: int
    version_tag: str
    resource_name: str
    deployment_key: int
    tenant_id: str


class ProcessInstanceRow(Row, frozen=True):
    """state: ACTIVE, COMPLETED, TERMINATED."""

    process_instance_key: int
    process_definition_id: str
    process_definition_name: str
    process_definition_version: int
    process_definition_version_tag: str
    process_definition_key: int
    parent_process_instance_key: int
    parent_element_instance_key: int
    state: str
    start_ms: int
    end_ms: int | None
    has_incident: bool
    tenant_id: str
    tags: tuple[str, ...]
    business_id: str


class ElementInstanceRow(Row, frozen=True):
    """state: ACTIVE, COMPLETED, TERMINATED."""

    element_instance_key: int
    process_instance_key: int
    process_definition_key: int
    process_definition_id: str
    element_id: str
    element_name: str
    type: str
    state: str
    start_ms: int
    end_ms: int | None
    incident_key: int | None
    has_incident: bool
    tenant_id: str


class JobRow(Row, frozen=True):
    """state: CREATED, COMPLETED, CANCELED, FAILED, ERROR_THROWN, TIMED_OUT, RETRIES_UPDATED, TIMEOUT_UPDATED."""

    job_key: int
    type: str
    worker: str
    state: str
    kind: str
    listener_event_type: str
    retries: int
    has_failed_with_retries_left: bool
    error_code: str
    error_message: str
    custom_headers: dict[str, str]
    deadline_ms: int | None
    end_ms: int | None
    process_definition_id: str
    process_definition_key: int
    process_instance_key: int
    element_id: str
    element_instance_key: int
    tenant_id: str
    created_ms: int
    updated_ms: int


class IncidentRow(Row, frozen=True):
    """state: ACTIVE, RESOLVED."""

    incident_key: int
    process_definition_key: int
    process_definition_id: str
    process_instance_key: int
    error_type: str
    error_message: str
    element_id: str
    element_instance_key: int
    job_key: int
    created_ms: int
    resolved_ms: int | None
    state: str
    tenant_id: str


class VariableRow(Row, frozen=True):
    """`value` is JSON text."""

    variable_key: int
    name: str
    value: str
    scope_key: int
    process_instance_key: int
    tenant_id: str
