"""Settings of token requests and of what is kept of them; a part of the table in `fields`."""

from typing import Final

from c8py.base import limits
from c8py.config.fields import readers
from c8py.config.fields.field import Field

ROWS: Final = (
    Field(
        "token_timeout_s",
        (
            "CAMUNDA_OAUTH_TIMEOUT_MS",
            "CAMUNDA_AUTH_READ_TIMEOUT",
            "ZEEBE_AUTH_READ_TIMEOUT",
            "CAMUNDA_CLIENT_AUTH_READTIMEOUT",
            "ZEEBE_AUTH_REQUEST_TIMEOUT",
        ),
        readers.milliseconds,
        limits.TOKEN_TIMEOUT_S,
        read_argument=readers.seconds,
    ),
    Field(
        "token_connect_timeout_s",
        ("CAMUNDA_AUTH_CONNECT_TIMEOUT", "ZEEBE_AUTH_CONNECT_TIMEOUT", "CAMUNDA_CLIENT_AUTH_CONNECTTIMEOUT"),
        readers.milliseconds,
        read_argument=readers.seconds,
    ),
    Field("token_fail_fast", ("CAMUNDA_OAUTH_FAIL_ON_ERROR",), readers.truth, default=False),
    Field("token_attempts_max", ("CAMUNDA_OAUTH_RETRY_MAX",), readers.count, limits.TOKEN_ATTEMPTS_MAX),
    Field(
        "token_retry_delay_s",
        ("CAMUNDA_OAUTH_RETRY_BASE_DELAY_MS", "CAMUNDA_CLIENT_AUTH_TOKENFETCHINITIALBACKOFF"),
        readers.milliseconds,
        limits.TOKEN_RETRY_DELAY_S,
        read_argument=readers.seconds,
    ),
    Field(
        "token_refresh_early_s",
        ("CAMUNDA_OAUTH_TOKEN_REFRESH_THRESHOLD_MS", "CAMUNDA_CLIENT_AUTH_PROACTIVETOKENREFRESHTHRESHOLD"),
        readers.milliseconds_or_zero,
        read_argument=readers.seconds_or_zero,
    ),
    # No official client has it; the name is ours.
    Field("token_start_spread_s", ("CAMUNDA_TOKEN_START_SPREAD",), readers.seconds_or_zero, default=0.0),
    Field(
        "token_disk_cache",
        ("CAMUNDA_TOKEN_DISK_CACHE_DISABLE",),
        readers.untruth,
        default=True,
        read_argument=readers.truth,
    ),
    Field("token_cache_dir", ("CAMUNDA_TOKEN_CACHE_DIR", "CAMUNDA_OAUTH_CACHE_DIR"), readers.path),
)
