"""The values of records: frozen structs, one for each family of intents.

A value serves commands and events of its family alike, as in Zeebe: a command fills what it asks for and leaves the
rest at its default. Stored as arrays: fields are only ever added, at the end, with a default.
"""

from enum import StrEnum
from typing import Final

import msgspec

NO_KEY: Final = -1
DEFAULT_TENANT: Final = "<default>"

Variables = dict[str, object]
"""A JSON object; treated as immutable once it is part of a record."""


class RejectionType(StrEnum):
    """Why a command was refused."""

    INVALID_ARGUMENT = "INVALID_ARGUMENT"
    NOT_FOUND = "NOT_FOUND"
    ALREADY_EXISTS = "ALREADY_EXISTS"
    INVALID_STATE = "INVALID_STATE"
    PROCESSING_ERROR = "PROCESSING_ERROR"
    EXCEEDED_BATCH_RECORD_SIZE = "EXCEEDED_BATCH_RECORD_SIZE"


class ElementType(StrEnum):
    """What kind of model element an element instance stands for."""

    PROCESS = "PROCESS"
    START_EVENT = "START_EVENT"
    END_EVENT = "END_EVENT"
    INTERMEDIATE_THROW_EVENT = "INTERMEDIATE_THROW_EVENT"
    SERVICE_TASK = "SERVICE_TASK"
    TASK = "TASK"
    MANUAL_TASK = "MANUAL_TASK"
    EXCLUSIVE_GATEWAY = "EXCLUSIVE_GATEWAY"
    SEQUENCE_FLOW = "SEQUENCE_FLOW"


class ErrorType(StrEnum):
    """What an incident is about."""

    UNKNOWN = "UNKNOWN"
    IO_MAPPING_ERROR = "IO_MAPPING_ERROR"
    JOB_NO_RETRIES = "JOB_NO_RETRIES"
    CONDITION_ERROR = "CONDITION_ERROR"
    EXTRACT_VALUE_ERROR = "EXTRACT_VALUE_ERROR"
    UNHANDLED_ERROR_EVENT = "UNHANDLED_ERROR_EVENT"
    MESSAGE_SIZE_EXCEEDED = "MESSAGE_SIZE_EXCEEDED"


class JobKind(StrEnum):
    """What made a job."""

    BPMN_ELEMENT = "BPMN_ELEMENT"


class Record(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """Base of all values."""


class Resource(Record, frozen=True, kw_only=True):
    """One file of a deployment."""

    name: str
    content: bytes


class ProcessMetadata(Record, frozen=True, kw_only=True):
    """What a deployment made of one process.

    Attributes:
        is_duplicate: the latest version had the same checksum, so it stands for this one too.
    """

    bpmn_process_id: str
    version: int
    process_definition_key: int
    resource_name: str
    checksum: bytes = b""
    is_duplicate: bool = False
    deployment_key: int = NO_KEY
    version_tag: str = ""
    tenant_id: str = DEFAULT_TENANT


class DeploymentRecord(Record, frozen=True, kw_only=True):
    """CREATE takes `resources` and `tenant_id`; the answer has `processes`, and the deployment's key as its key."""

    resources: tuple[Resource, ...] = ()
    tenant_id: str = DEFAULT_TENANT
    processes: tuple[ProcessMetadata, ...] = ()


class ProcessRecord(Record, frozen=True, kw_only=True):
    """A process definition; key: the process definition key."""

    bpmn_process_id: str
    version: int
    version_tag: str
    resource_name: str
    checksum: bytes
    resource: bytes
    deployment_key: int
    process_name: str = ""
    tenant_id: str = DEFAULT_TENANT


class ProcessInstanceCreationRecord(Record, frozen=True, kw_only=True):
    """CREATE and CREATE_WITH_AWAITING_RESULT; the answer to CREATE has all keys and the version filled.

    Attributes:
        bpmn_process_id: wins over `process_definition_key` when both are given.
        version: -1 is the latest; 0 is looked up like any other.
        start_instructions: element ids to start before; empty is the none start event.
        runtime_instructions: element ids after which the instance is to be terminated.
        fetch_variables: names wanted in the result; empty means all of the root scope.
    """

    bpmn_process_id: str = ""
    process_definition_key: int = NO_KEY
    version: int = -1
    process_instance_key: int = NO_KEY
    variables: Variables = {}
    tenant_id: str = DEFAULT_TENANT
    start_instructions: tuple[str, ...] = ()
    runtime_instructions: tuple[str, ...] = ()
    fetch_variables: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    business_id: str = ""


class ProcessInstanceResultRecord(Record, frozen=True, kw_only=True):
    """The answer to CREATE_WITH_AWAITING_RESULT, when the instance has completed."""

    bpmn_process_id: str
    process_definition_key: int
    version: int
    process_instance_key: int
    variables: Variables
    tenant_id: str = DEFAULT_TENANT
    tags: tuple[str, ...] = ()
    business_id: str = ""


class ProcessInstanceRecord(Record, frozen=True, kw_only=True):
    """An element instance or a taken sequence flow; key: the element instance key. CANCEL needs the key only.

    Attributes:
        flow_scope_key: the element instance around this one; -1 for a process instance.
    """

    bpmn_process_id: str = ""
    version: int = -1
    process_definition_key: int = NO_KEY
    process_instance_key: int = NO_KEY
    element_id: str = ""
    element_type: ElementType = ElementType.PROCESS
    flow_scope_key: int = NO_KEY
    tenant_id: str = DEFAULT_TENANT
    tags: tuple[str, ...] = ()
    business_id: str = ""
    parent_process_instance_key: int = NO_KEY
    parent_element_instance_key: int = NO_KEY
    element_name: str = ""


class JobRecord(Record, frozen=True, kw_only=True):
    """A job; key: the job key.

    COMPLETE takes `variables`; FAIL `retries`, `retry_backoff_ms`, `error_message`, `variables`; THROW_ERROR
    `error_code`, `error_message`, `variables`; UPDATE_RETRIES `retries`; UPDATE_TIMEOUT `timeout_ms`; YIELD nothing.

    Attributes:
        deadline_ms: when an activated job falls back, in milliseconds since 1970; -1 while not activated.
        timeout_ms: how long from now, in UPDATE_TIMEOUT.
        recurs_at_ms: when a failed job with back-off becomes activatable again; -1 without back-off.
        variables: in a handed out job what the worker sees; in a stored one what the command brought.
    """

    type: str = ""
    retries: int = 0
    worker: str = ""
    deadline_ms: int = -1
    custom_headers: dict[str, str] = {}
    variables: Variables = {}
    error_message: str = ""
    error_code: str = ""
    retry_backoff_ms: int = 0
    recurs_at_ms: int = -1
    timeout_ms: int = -1
    kind: JobKind = JobKind.BPMN_ELEMENT
    element_id: str = ""
    element_instance_key: int = NO_KEY
    bpmn_process_id: str = ""
    process_definition_version: int = -1
    process_definition_key: int = NO_KEY
    process_instance_key: int = NO_KEY
    tenant_id: str = DEFAULT_TENANT
    tags: tuple[str, ...] = ()


class JobBatchRecord(Record, frozen=True, kw_only=True):
    """ACTIVATE takes what to hand out; ACTIVATED and the answer have `job_keys` and `jobs`, one for one.

    Attributes:
        truncated: more jobs wait that did not fit into the size of one answer; ask again.
        bytes_max: how large the answer may be; 0 is the engine's own limit.
    """

    type: str = ""
    worker: str = ""
    timeout_ms: int = 0
    max_jobs: int = 0
    fetch_variables: tuple[str, ...] = ()
    tenant_ids: tuple[str, ...] = (DEFAULT_TENANT,)
    bytes_max: int = 0
    job_keys: tuple[int, ...] = ()
    jobs: tuple[JobRecord, ...] = ()
    deadline_ms: int = -1
    truncated: bool = False


class VariableRecord(Record, frozen=True, kw_only=True):
    """One variable in one scope; key: the variable key."""

    name: str
    value: object
    scope_key: int
    process_instance_key: int
    process_definition_key: int = NO_KEY
    bpmn_process_id: str = ""
    tenant_id: str = DEFAULT_TENANT


class VariableDocumentRecord(Record, frozen=True, kw_only=True):
    """UPDATE takes the scope (a process or element instance key), the variables, and whether they are local to it."""

    scope_key: int = NO_KEY
    variables: Variables = {}
    local: bool = False


class IncidentRecord(Record, frozen=True, kw_only=True):
    """An incident; key: the incident key. RESOLVE needs the key only."""

    error_type: ErrorType = ErrorType.UNKNOWN
    error_message: str = ""
    bpmn_process_id: str = ""
    process_definition_key: int = NO_KEY
    process_instance_key: int = NO_KEY
    element_id: str = ""
    element_instance_key: int = NO_KEY
    job_key: int = NO_KEY
    tenant_id: str = DEFAULT_TENANT
