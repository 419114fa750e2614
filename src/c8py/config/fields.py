"""The table of settings: which names each has in the environment and in files, and how its text is read.

A new name is a new entry in a row. Pure; read by `load` and `explain`.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from c8py.base import limits
from c8py.base.redact import Secret
from c8py.config import addresses


class TextError(ValueError):
    """What the text should have been; `load` adds whose text it is."""


class Field(msgspec.Struct, frozen=True):
    """One setting.

    Attributes:
        name: of the field in `Settings`, and of the argument.
        names: in the environment and in files, the most telling first; all of them mean the same.
        read: makes the value of the text.
        default: where no source says anything; None is "not set".
        secret: whether it is masked when shown.
        same: whether two texts say the same; None compares the values that were read.
        read_argument: for the argument's text, where its unit differs from the variable's.
    """

    name: str
    names: tuple[str, ...] = ()
    read: Callable[[str], object] = str
    default: object = None
    secret: bool = False
    same: Callable[[str, str], bool] | None = None
    read_argument: Callable[[str], object] | None = None


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        raise TextError("expected a number of seconds, but it is none") from None
    if not 0 < seconds < limits.SETTING_S_MAX:
        raise TextError(f"expected more than 0 and less than {limits.SETTING_S_MAX:g} seconds, but it is not")
    return seconds


def _milliseconds(text: str) -> float:
    try:
        return _seconds(str(float(text) / 1000))
    except ValueError as error:
        if isinstance(error, TextError):
            raise
        raise TextError("expected a number of milliseconds, but it is none") from None


def _path(text: str) -> Path:
    return Path(text).expanduser()


_STRATEGIES: Final[Mapping[str, str]] = {"oauth": "oauth", "oidc": "oauth", "basic": "basic", "none": "none"}
_TRUTHS: Final[Mapping[str, bool]] = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def _strategy(text: str) -> str:
    strategy = _STRATEGIES.get(text.strip().lower())
    if strategy is None:
        raise TextError("expected oauth (or oidc), basic or none, but it is something else")
    return strategy


def truth(text: str) -> bool:
    """Yes or no, as clients in all languages write it.

    Raises:
        TextError: it is neither.
    """
    value = _TRUTHS.get(text.strip().lower())
    if value is None:
        raise TextError("expected true or false, but it is something else")
    return value


def _not_disabled(text: str) -> bool:
    return not truth(text)


def _prefer(text: str) -> str:
    lowered = text.strip().lower()
    if lowered in {"grpc", "rest"}:
        return lowered
    return "rest" if truth(text) else "grpc"


def _same_url(left: str, right: str) -> bool:
    return left.rstrip("/") == right.rstrip("/")


# Read here, applied to addresses without a scheme; any "insecure" wins, as in Camunda's own JavaScript client.
INSECURE_NAMES: Final = ("CAMUNDA_INSECURE_CONNECTION", "ZEEBE_INSECURE_CONNECTION")
SECURE_NAMES: Final = ("CAMUNDA_SECURE_CONNECTION", "ZEEBE_SECURE_CONNECTION")
HOST_NAME: Final = "ZEEBE_HOST"
PORT_NAME: Final = "ZEEBE_PORT"
FILE_NAME: Final = "C8_CREDENTIALS"

FIELDS: Final = (
    Field(
        "grpc_address",
        ("CAMUNDA_GRPC_ADDRESS", "ZEEBE_GRPC_ADDRESS", "CAMUNDA_CLIENT_GRPCADDRESS", "ZEEBE_ADDRESS"),
        addresses.grpc_address,
        same=addresses.same_place,
    ),
    Field(
        "rest_address",
        ("CAMUNDA_REST_ADDRESS", "ZEEBE_REST_ADDRESS", "CAMUNDA_CLIENT_RESTADDRESS", "CAMUNDA_BASE_URL"),
        addresses.rest_address,
        same=addresses.same_place,
    ),
    Field("auth", ("CAMUNDA_AUTH_STRATEGY", "CAMUNDA_CLIENT_AUTH_METHOD"), _strategy),
    Field(
        "oauth_url",
        (
            "CAMUNDA_OAUTH_URL",
            "CAMUNDA_AUTHORIZATION_SERVER_URL",
            "ZEEBE_AUTHORIZATION_SERVER_URL",
            "CAMUNDA_CLIENT_AUTH_TOKENURL",
        ),
        addresses.web_url,
        same=_same_url,
    ),
    Field("client_id", ("CAMUNDA_CLIENT_ID", "ZEEBE_CLIENT_ID", "CAMUNDA_CLIENT_AUTH_CLIENTID")),
    Field(
        "client_secret",
        ("CAMUNDA_CLIENT_SECRET", "ZEEBE_CLIENT_SECRET", "CAMUNDA_CLIENT_AUTH_CLIENTSECRET"),
        Secret,
        secret=True,
    ),
    Field(
        "audience",
        (
            "CAMUNDA_TOKEN_AUDIENCE",
            "ZEEBE_TOKEN_AUDIENCE",
            "CAMUNDA_ZEEBE_OAUTH_AUDIENCE",
            "CAMUNDA_CLIENT_AUTH_AUDIENCE",
        ),
        default=addresses.SAAS_AUDIENCE,
    ),
    Field(
        "scope",
        ("CAMUNDA_TOKEN_SCOPE", "ZEEBE_TOKEN_SCOPE", "CAMUNDA_OAUTH_SCOPE", "CAMUNDA_CLIENT_AUTH_SCOPE"),
        default="",
    ),
    Field("resource", ("CAMUNDA_TOKEN_RESOURCE", "ZEEBE_TOKEN_RESOURCE", "CAMUNDA_CLIENT_AUTH_RESOURCE"), default=""),
    Field("basic_username", ("CAMUNDA_BASIC_AUTH_USERNAME", "CAMUNDA_CLIENT_AUTH_USERNAME", "CAMUNDA_USERNAME")),
    Field(
        "basic_password",
        ("CAMUNDA_BASIC_AUTH_PASSWORD", "CAMUNDA_CLIENT_AUTH_PASSWORD", "CAMUNDA_PASSWORD"),
        Secret,
        secret=True,
    ),
    Field("cluster_id", ("CAMUNDA_CLUSTER_ID", "CAMUNDA_CLIENT_CLOUD_CLUSTERID")),
    Field("region", ("CAMUNDA_CLUSTER_REGION", "CAMUNDA_CLIENT_CLOUD_REGION")),
    Field(
        "tenant_id",
        ("CAMUNDA_DEFAULT_TENANT_ID", "ZEEBE_DEFAULT_TENANT_ID", "CAMUNDA_TENANT_ID", "CAMUNDA_CLIENT_TENANTID"),
        default="",
    ),
    Field(
        "ca_certificate",
        (
            "CAMUNDA_CA_CERTIFICATE_PATH",
            "ZEEBE_CA_CERTIFICATE_PATH",
            "CAMUNDA_MTLS_CA_PATH",
            "CAMUNDA_CUSTOM_ROOT_CERT_PATH",
            "CAMUNDA_CLIENT_CACERTIFICATEPATH",
        ),
        _path,
    ),
    Field("client_certificate", ("CAMUNDA_MTLS_CERT_PATH", "CAMUNDA_CUSTOM_CERT_CHAIN_PATH"), _path),
    Field("client_key", ("CAMUNDA_MTLS_KEY_PATH", "CAMUNDA_CUSTOM_PRIVATE_KEY_PATH"), _path),
    Field(
        "override_authority",
        ("CAMUNDA_OVERRIDE_AUTHORITY", "ZEEBE_OVERRIDE_AUTHORITY", "CAMUNDA_CLIENT_OVERRIDEAUTHORITY"),
    ),
    Field("prefer", ("CAMUNDA_PREFER_REST", "ZEEBE_PREFER_REST", "CAMUNDA_CLIENT_PREFERRESTOVERGRPC"), _prefer),
    Field("request_timeout_s", (), _seconds, limits.REQUEST_TIMEOUT_S),
    Field("connect_timeout_s", (), _seconds, limits.CONNECT_TIMEOUT_S),
    Field(
        "token_timeout_s",
        ("CAMUNDA_OAUTH_TIMEOUT_MS", "ZEEBE_AUTH_REQUEST_TIMEOUT"),
        _milliseconds,
        limits.TOKEN_TIMEOUT_S,
        read_argument=_seconds,
    ),
    Field(
        "keep_alive_s",
        ("CAMUNDA_KEEP_ALIVE", "ZEEBE_KEEP_ALIVE"),
        _milliseconds,
        limits.KEEP_ALIVE_S,
        read_argument=_seconds,
    ),
    Field(
        "token_disk_cache",
        ("CAMUNDA_TOKEN_DISK_CACHE_DISABLE",),
        _not_disabled,
        default=True,
        read_argument=truth,
    ),
    Field("token_cache_dir", ("CAMUNDA_TOKEN_CACHE_DIR", "CAMUNDA_OAUTH_CACHE_DIR"), _path),
    Field(
        "console_base_url",
        ("CAMUNDA_CONSOLE_BASE_URL", "CAMUNDA_MANAGEMENT_API_BASE_URL", "ADMINISTRATION_API_URL"),
        addresses.web_url,
        same=_same_url,
    ),
    Field(
        "console_client_id",
        ("CAMUNDA_CONSOLE_CLIENT_ID", "CAMUNDA_MANAGEMENT_API_CLIENT_ID", "ADMINISTRATION_CLIENT_ID"),
    ),
    Field(
        "console_client_secret",
        ("CAMUNDA_CONSOLE_CLIENT_SECRET", "CAMUNDA_MANAGEMENT_API_CLIENT_SECRET", "ADMINISTRATION_CLIENT_SECRET"),
        Secret,
        secret=True,
    ),
    Field(
        "console_audience",
        (
            "CAMUNDA_CONSOLE_OAUTH_AUDIENCE",
            "CAMUNDA_MANAGEMENT_API_OAUTH_AUDIENCE",
            "ADMINISTRATION_AUDIENCE",
        ),
        default=addresses.SAAS_CONSOLE_AUDIENCE,
    ),
)
BY_NAME: Final[Mapping[str, Field]] = {field.name: field for field in FIELDS}
