"""Names that Camunda's own clients read and that mean nothing here, each with the reason or with what does it instead.

Data for `survey`, which names those that are set. A name that gets a meaning leaves this table.
"""

from collections.abc import Mapping
from typing import Final

_LOGGING: Final = "c8py logs over Python's logging, as `c8py`: set it up there"
_CACHE_FILE: Final = "it names a file; c8py keeps tokens in a folder, which CAMUNDA_TOKEN_CACHE_DIR names"
_COOKIE: Final = "the login of a web page; CAMUNDA_BASIC_AUTH_USERNAME and CAMUNDA_BASIC_AUTH_PASSWORD do the same"
_BACKPRESSURE: Final = "workers slow down by themselves, by what the cluster answers"
_RETRIES: Final = "calls that may be repeated are, within request_timeout_s"
_GRPC: Final = "c8py has its own times for this connection; CAMUNDA_KEEP_ALIVE sets how often it is tried"
_CONNECTING: Final = "a connection is opened by the first call, and its failure is said at once"
_FETCHING: Final = "c8py learns from the token service how long to wait; CAMUNDA_OAUTH_RETRY_MAX says how often"
_SPRING_APP: Final = "it is about a Spring application"
_IN_CODE: Final = "it is said in code, with the task or with the call"
_C8CTL: Final = "it is c8ctl's own"
_BY_THE_GATEWAY: Final = "the gateway says how large a message may be"
_WORKER_POLL: Final = "a worker asks again when it has room, and waits as long as CAMUNDA_WORKER_REQUEST_TIMEOUT says"

_BY_REASON: Final[Mapping[str, tuple[str, ...]]] = {
    _LOGGING: (
        "CAMUNDA_LOG_LEVEL",
        "CAMUNDA_SDK_LOG_LEVEL",
        "CAMUNDA_SDK_TELEMETRY_LOG",
        "CAMUNDA_SDK_TELEMETRY_CORRELATION",
        "CAMUNDA_SUPPORT_LOGGER",
        "CAMUNDA_SUPPORT_LOG_ENABLED",
        "CAMUNDA_SUPPORT_LOG_FILE_PATH",
        "ZEEBE_CLIENT_LOG_LEVEL",
        "ZEEBE_CLIENT_LOG_TYPE",
        "ZEEBE_NODE_LOG_LEVEL",
        "DEBUG",
    ),
    _CACHE_FILE: (
        "CAMUNDA_CLIENT_CONFIG_PATH",
        "ZEEBE_CLIENT_CONFIG_PATH",
        "CAMUNDA_CLIENT_AUTH_CREDENTIALSCACHEPATH",
        "ZEEBE_CLIENT_CLOUD_CREDENTIALSCACHEPATH",
    ),
    _COOKIE: ("CAMUNDA_COOKIE_AUTH_URL", "CAMUNDA_COOKIE_AUTH_USERNAME", "CAMUNDA_COOKIE_AUTH_PASSWORD"),
    _BACKPRESSURE: (
        "CAMUNDA_SDK_BACKPRESSURE_PROFILE",
        "CAMUNDA_SDK_BACKPRESSURE_INITIAL_MAX",
        "CAMUNDA_SDK_BACKPRESSURE_SOFT_FACTOR",
        "CAMUNDA_SDK_BACKPRESSURE_SEVERE_FACTOR",
        "CAMUNDA_SDK_BACKPRESSURE_RECOVERY_INTERVAL_MS",
        "CAMUNDA_SDK_BACKPRESSURE_RECOVERY_STEP",
        "CAMUNDA_SDK_BACKPRESSURE_DECAY_QUIET_MS",
        "CAMUNDA_SDK_BACKPRESSURE_FLOOR",
        "CAMUNDA_SDK_BACKPRESSURE_SEVERE_THRESHOLD",
        "CAMUNDA_SDK_BACKPRESSURE_MAX_WAITERS",
        "CAMUNDA_SDK_BACKPRESSURE_HEALTHY_RECOVERY_MULTIPLIER",
        "CAMUNDA_SDK_BACKPRESSURE_UNLIMITED_AFTER_HEALTHY_MS",
        "CAMUNDA_JOB_WORKER_MAX_BACKOFF_MS",
    ),
    _RETRIES: (
        "CAMUNDA_CLIENT_USE_DEFAULT_RETRY_POLICY",
        "ZEEBE_CLIENT_USE_DEFAULT_RETRY_POLICY",
        "CAMUNDA_SDK_HTTP_RETRY_MAX_ATTEMPTS",
        "CAMUNDA_SDK_HTTP_RETRY_BASE_DELAY_MS",
        "CAMUNDA_SDK_HTTP_RETRY_MAX_DELAY_MS",
        "ZEEBE_GRPC_CLIENT_RETRY",
        "ZEEBE_GRPC_CLIENT_MAX_RETRIES",
        "ZEEBE_GRPC_CLIENT_MAX_RETRY_TIMEOUT_SECONDS",
        "ZEEBE_CLIENT_RETRY",
        "ZEEBE_CLIENT_MAX_RETRIES",
        "ZEEBE_CLIENT_MAX_RETRY_TIMEOUT",
    ),
    _GRPC: (
        "GRPC_KEEPALIVE_TIME_MS",
        "GRPC_KEEPALIVE_TIMEOUT_MS",
        "GRPC_KEEPALIVE_PERMIT_WITHOUT_CALLS",
        "GRPC_INITIAL_RECONNECT_BACKOFF_MS",
        "GRPC_MIN_RECONNECT_BACKOFF_MS",
        "GRPC_MAX_RECONNECT_BACKOFF_MS",
        "GRPC_HTTP2_MIN_TIME_BETWEEN_PINGS_MS",
        "GRPC_HTTP2_MIN_PING_INTERVAL_WITHOUT_DATA_MS",
        "GRPC_HTTP2_MAX_PINGS_WITHOUT_DATA",
    ),
    _CONNECTING: (
        "ZEEBE_GRPC_CLIENT_EAGER_CONNECT",
        "ZEEBE_NODE_EAGER_CONNECT",
        "ZEEBE_GRPC_CLIENT_INITIAL_CONNECTION_TOLERANCE_MS",
        "ZEEBE_GRPC_CLIENT_CONNECTION_TOLERANCE_MS",
    ),
    _FETCHING: (
        "CAMUNDA_CLIENT_AUTH_TOKENFETCHMAXRETRIES",
        "CAMUNDA_CLIENT_AUTH_TOKENFETCHBACKOFFMULTIPLIER",
        "CAMUNDA_CLIENT_AUTH_TOKENFETCHRETRYABLESTATUSCODES",
        "CAMUNDA_CLIENT_AUTH_TOKENFETCHNONRETRYABLECOOLDOWN",
    ),
    _SPRING_APP: (
        "CAMUNDA_CLIENT_EXECUTIONTHREADS",
        "CAMUNDA_CLIENT_DEPLOYMENT_ENABLED",
        "CAMUNDA_CLIENT_DEPLOYMENT_OWNJARONLY",
        "CAMUNDA_CLIENT_WORKER_DEFAULTS_ENABLED",
        "CAMUNDA_CLIENT_USECLIENTSIDELOADBALANCING",
        "CAMUNDA_CLIENT_ZEEBE_EXECUTIONTHREADS",
        "CAMUNDA_CLIENT_ZEEBE_DEPLOYMENT_ENABLED",
        "CAMUNDA_CLIENT_ZEEBE_DEFAULTS_ENABLED",
        "ZEEBE_CLIENT_WORKER_THREADS",
        "ZEEBE_CLIENT_APPLYENVIRONMENTVARIABLEOVERRIDES",
    ),
    _IN_CODE: (
        "CAMUNDA_CLIENT_MESSAGETIMETOLIVE",
        "CAMUNDA_CLIENT_WORKER_DEFAULTS_TYPE",
        "CAMUNDA_CLIENT_WORKER_DEFAULTS_FETCHVARIABLES",
        "CAMUNDA_CLIENT_WORKER_DEFAULTS_FORCEFETCHALLVARIABLES",
        "CAMUNDA_CLIENT_WORKER_DEFAULTS_AUTOCOMPLETE",
        "CAMUNDA_CLIENT_WORKER_DEFAULTS_MAXRETRIES",
        "CAMUNDA_CLIENT_WORKER_DEFAULTS_RETRYBACKOFF",
        "CAMUNDA_CLIENT_ZEEBE_MESSAGETIMETOLIVE",
        "CAMUNDA_CLIENT_ZEEBE_DEFAULTS_TYPE",
        "CAMUNDA_CLIENT_ZEEBE_DEFAULTS_FETCHVARIABLES",
        "CAMUNDA_CLIENT_ZEEBE_DEFAULTS_FORCEFETCHALLVARIABLES",
        "CAMUNDA_CLIENT_ZEEBE_DEFAULTS_AUTOCOMPLETE",
        "CAMUNDA_CLIENT_ZEEBE_DEFAULTS_MAXRETRIES",
        "ZEEBE_CLIENT_MESSAGE_TIMETOLIVE",
        "ZEEBE_CLIENT_WORKER_DEFAULTTYPE",
        "CAMUNDA_SDK_EVENTUAL_POLL_DEFAULT_MS",
    ),
    _WORKER_POLL: (
        "ZEEBE_GRPC_WORKER_LONGPOLL_SECONDS",
        "ZEEBE_GRPC_WORKER_POLL_INTERVAL_MS",
        "CAMUNDA_CLIENT_WORKER_DEFAULTS_POLLINTERVAL",
        "CAMUNDA_CLIENT_WORKER_DEFAULTS_STREAMTIMEOUT",
        "CAMUNDA_CLIENT_ZEEBE_DEFAULTS_POLLINTERVAL",
        "CAMUNDA_CLIENT_ZEEBE_DEFAULTS_STREAMTIMEOUT",
        "ZEEBE_CLIENT_JOB_POLLINTERVAL",
        "CAMUNDA_CLIENT_REQUESTTIMEOUTOFFSET",
    ),
    _BY_THE_GATEWAY: (
        "CAMUNDA_CLIENT_MAXMESSAGESIZE",
        "CAMUNDA_CLIENT_MAXMETADATASIZE",
        "CAMUNDA_CLIENT_ZEEBE_MAXMESSAGESIZE",
        "CAMUNDA_CLIENT_ZEEBE_MAXMETADATASIZE",
        "ZEEBE_CLIENT_MESSAGE_MAXMESSAGESIZE",
    ),
    "Identity is not called by clients of a cluster": (
        "CAMUNDA_CLIENT_IDENTITY_AUDIENCE",
        "CAMUNDA_CLIENT_IDENTITY_BASEURL",
        "CAMUNDA_CLIENT_IDENTITY_ENABLED",
        "CAMUNDA_CLIENT_IDENTITY_SCOPE",
    ),
    "the address says it; CAMUNDA_CLIENT_MODE where there is none": ("ZEEBE_CLIENT_CONNECTIONMODE",),
    "the name is too common to be Camunda's for certain; CAMUNDA_CLUSTER_ID is": ("CLUSTER_ID",),
    "the name is too common to be Camunda's for certain; its newer name in Spring, camunda.client.…, is": (
        "COMMON_AUTHURL",
        "COMMON_BASEURL",
        "COMMON_CLIENTID",
        "COMMON_CLIENTSECRET",
        "COMMON_ENABLED",
        "COMMON_PASSWORD",
        "COMMON_URL",
        "COMMON_USERNAME",
        "COMMON_KEYCLOAK_REALM",
        "COMMON_KEYCLOAK_TOKENURL",
        "COMMON_KEYCLOAK_URL",
    ),
    "answers are always checked against the types they have, requests by the cluster": ("CAMUNDA_SDK_VALIDATION",),
    "workers ask for the tenants of tenant_ids; those that are assigned to a client cannot be asked for": (
        "CAMUNDA_DEFAULT_JOB_WORKER_TENANT_FILTER_MODE",
        "CAMUNDA_CLIENT_WORKER_DEFAULTS_TENANTFILTER",
    ),
    "it tells a person what the client may do; the token service decides": ("CAMUNDA_CREDENTIALS_SCOPES",),
    _C8CTL: (
        "C8CTL_DATA_DIR",
        "C8CTL_MODELER_DIR",
        "C8CTL_OUTPUT_MODE",
        "C8CTL_INTERACTIVE",
        "C8CTL_NON_INTERACTIVE",
        "C8CTL_DEBUG",
    ),
    "c8 looks at the terminal to see whether a person is there": ("CI",),
}
WITHOUT_EFFECT: Final[Mapping[str, str]] = {name: why for why, names in _BY_REASON.items() for name in names}
