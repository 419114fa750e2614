"""Settings that say which cluster, and how it is reached; a part of the table in `fields`."""

from collections.abc import Mapping
from typing import Final

from c8py.base import limits
from c8py.config import addresses
from c8py.config.fields import readers
from c8py.config.fields.field import Field

_MODES: Final[Mapping[str, str]] = {
    "saas": "saas",
    "self-managed": "self-managed",
    "selfmanaged": "self-managed",
    "self_managed": "self-managed",
    # The two Self-Managed modes that the Spring starter had before 8.8.
    "simple": "self-managed",
    "oidc": "self-managed",
}


def _prefer(text: str) -> str:
    lowered = text.strip().lower()
    if lowered in {"grpc", "rest"}:
        return lowered
    return "rest" if readers.truth(text) else "grpc"


ROWS: Final = (
    Field("mode", ("CAMUNDA_CLIENT_MODE",), readers.choice(_MODES, said="saas or self-managed")),
    Field(
        "grpc_address",
        (
            "CAMUNDA_GRPC_ADDRESS",
            "ZEEBE_GRPC_ADDRESS",
            "CAMUNDA_CLIENT_GRPCADDRESS",
            "ZEEBE_ADDRESS",
            "ZEEBE_GATEWAY_ADDRESS",
        ),
        addresses.grpc_address,
        same=addresses.same_place,
    ),
    Field(
        "rest_address",
        ("CAMUNDA_REST_ADDRESS", "ZEEBE_REST_ADDRESS", "CAMUNDA_CLIENT_RESTADDRESS", "CAMUNDA_BASE_URL"),
        addresses.rest_address,
        same=addresses.same_place,
    ),
    Field("cluster_id", ("CAMUNDA_CLUSTER_ID", "CAMUNDA_CLIENT_CLOUD_CLUSTERID", "ZEEBE_CAMUNDA_CLOUD_CLUSTER_ID")),
    Field("region", ("CAMUNDA_CLUSTER_REGION", "CAMUNDA_CLIENT_CLOUD_REGION")),
    Field("cluster_domain", ("CAMUNDA_CLIENT_CLOUD_DOMAIN",), addresses.domain, addresses.SAAS_DOMAIN),
    Field("cluster_port", ("CAMUNDA_CLIENT_CLOUD_PORT",), readers.port, addresses.SAAS_PORT),
    Field("prefer", ("CAMUNDA_PREFER_REST", "ZEEBE_PREFER_REST", "CAMUNDA_CLIENT_PREFERRESTOVERGRPC"), _prefer),
    Field(
        "tenant_id",
        (
            "CAMUNDA_DEFAULT_TENANT_ID",
            "ZEEBE_DEFAULT_TENANT_ID",
            "CAMUNDA_TENANT_ID",
            "CAMUNDA_CLIENT_TENANTID",
            "ZEEBE_TENANT_ID",
        ),
        default="",
    ),
    Field("physical_tenant_id", ("CAMUNDA_PHYSICAL_TENANT_ID",), default=""),
    Field(
        "request_timeout_s",
        ("CAMUNDA_CLIENT_REQUESTTIMEOUT",),
        readers.milliseconds,
        limits.REQUEST_TIMEOUT_S,
        read_argument=readers.seconds,
    ),
    Field("connect_timeout_s", (), readers.seconds, limits.CONNECT_TIMEOUT_S),
    Field(
        "keep_alive_s",
        ("CAMUNDA_KEEP_ALIVE", "ZEEBE_KEEP_ALIVE", "CAMUNDA_CLIENT_KEEPALIVE"),
        readers.milliseconds,
        limits.KEEP_ALIVE_S,
        read_argument=readers.seconds,
    ),
    Field("grpc_compression", (), readers.truth, default=False),
    Field(
        "grpc_transport",
        ("CAMUNDA_GRPC_TRANSPORT",),
        readers.choice({"grpcio": "grpcio", "asyncio": "asyncio"}, said="grpcio or asyncio"),
        "grpcio",
    ),
    Field(
        "max_http_connections",
        ("CAMUNDA_MAX_HTTP_CONNECTIONS", "ZEEBE_MAX_HTTP_CONNECTIONS", "CAMUNDA_CLIENT_MAXHTTPCONNECTIONS"),
        readers.count,
    ),
    Field("user_agent", ("CAMUNDA_CUSTOM_USER_AGENT_STRING",), readers.header_text, ""),
)
