"""Settings of job workers that are given none in code; a part of the table in `fields`."""

from typing import Final

from c8py.config.fields import readers
from c8py.config.fields.field import Field

ROWS: Final = (
    Field("worker_name", ("CAMUNDA_WORKER_NAME", "CAMUNDA_CLIENT_WORKER_DEFAULTS_NAME")),
    Field(
        "worker_timeout_s",
        ("CAMUNDA_WORKER_TIMEOUT", "CAMUNDA_CLIENT_WORKER_DEFAULTS_TIMEOUT"),
        readers.milliseconds,
        read_argument=readers.seconds,
    ),
    Field(
        "worker_max_jobs",
        ("CAMUNDA_WORKER_MAX_CONCURRENT_JOBS", "CAMUNDA_CLIENT_WORKER_DEFAULTS_MAXJOBSACTIVE"),
        readers.count,
    ),
    Field(
        "worker_request_timeout_s",
        ("CAMUNDA_WORKER_REQUEST_TIMEOUT", "CAMUNDA_CLIENT_WORKER_DEFAULTS_REQUESTTIMEOUT"),
        readers.milliseconds_or_zero,
        read_argument=readers.seconds_or_zero,
    ),
    Field(
        "worker_startup_jitter_s", ("CAMUNDA_WORKER_STARTUP_JITTER_MAX_SECONDS",), readers.seconds_or_zero, default=0.0
    ),
    Field(
        "worker_stream",
        (
            "CAMUNDA_CLIENT_WORKER_STREAM_ENABLED",
            "ZEEBE_CLIENT_WORKER_STREAM_ENABLED",
            "CAMUNDA_CLIENT_WORKER_DEFAULTS_STREAMENABLED",
        ),
        readers.truth,
    ),
    Field(
        "tenant_ids",
        (
            "CAMUNDA_DEFAULT_JOB_WORKER_TENANT_IDS",
            "ZEEBE_DEFAULT_JOB_WORKER_TENANT_IDS",
            "CAMUNDA_TENANT_IDS",
            "CAMUNDA_CLIENT_WORKER_DEFAULTS_TENANTIDS",
        ),
        readers.texts,
        default=(),
    ),
)
