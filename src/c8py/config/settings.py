"""What a client needs to know, as one frozen value; each field remembers where it came from.

Made by `load`, read by auth, transport, client, console and worker. Decides nothing and reads nothing by itself.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from c8py.base.redact import Secret

Level: TypeAlias = Literal["argument", "environment", "credentials file", "derived", "default"]
AuthStrategy: TypeAlias = Literal["oauth", "basic", "none"]
Protocol: TypeAlias = Literal["grpc", "rest"]


class Source(msgspec.Struct, frozen=True):
    """Where the value of a field came from.

    Attributes:
        level: which of the five kinds of source.
        name: the name it had there: a variable, a parameter, or for a derived value the fields it was made of.
        place: the file and line of a credentials file; empty otherwise.
    """

    level: Level
    name: str = ""
    place: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (self.level, self.place, self.name) if part)


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Addresses, credentials and times of one cluster and of the Administration API.

    Attributes:
        grpc_address: `grpc://host:port` or `grpcs://host:port`, or None where the cluster offers none.
        rest_address: `http(s)://host[:port][/path]` without `/v2`, or None.
        auth: how calls prove who makes them.
        oauth_url: the token endpoint.
        client_id: of the API client.
        client_secret: of the API client.
        audience: of tokens for the cluster; "" sends none.
        scope: sent with token requests when not empty.
        resource: sent with token requests when not empty (RFC 8707).
        basic_username: for Basic authentication.
        basic_password: for Basic authentication.
        cluster_id: the cluster's UUID.
        region: Camunda's code of the region, as in addresses.
        tenant_id: sent with commands that name none themselves; "" sends none.
        ca_certificate: PEM file of roots to trust, besides the system's for REST and instead of them for gRPC.
        client_certificate: PEM file for mutual TLS, together with `client_key`.
        client_key: PEM file of the private key.
        override_authority: the name that the gRPC server's certificate must carry, when it is not the address's.
        prefer: the protocol of calls that both offer; None is gRPC where its address is known.
        request_timeout_s: how long a call may take in all, retries included.
        connect_timeout_s: how long opening a connection may take.
        token_timeout_s: how long one token request may take.
        keep_alive_s: how often an idle gRPC connection is tried.
        token_disk_cache: whether tokens are shared with other processes of this person on this host.
        token_cache_dir: the folder in which they are.
        console_base_url: of the Administration API.
        console_client_id: of the organization's client.
        console_client_secret: of the organization's client.
        console_audience: of tokens for the Administration API.
        sources: field name to where it came from.
        looked_at: the credentials files that were read.
    """

    grpc_address: str | None = None
    rest_address: str | None = None
    auth: AuthStrategy = "none"
    oauth_url: str | None = None
    client_id: str | None = None
    client_secret: Secret | None = None
    audience: str = ""
    scope: str = ""
    resource: str = ""
    basic_username: str | None = None
    basic_password: Secret | None = None
    cluster_id: str | None = None
    region: str | None = None
    tenant_id: str = ""
    ca_certificate: Path | None = None
    client_certificate: Path | None = None
    client_key: Path | None = None
    override_authority: str | None = None
    prefer: Protocol | None = None
    request_timeout_s: float
    connect_timeout_s: float
    token_timeout_s: float
    keep_alive_s: float
    token_disk_cache: bool = True
    token_cache_dir: Path | None = None
    console_base_url: str | None = None
    console_client_id: str | None = None
    console_client_secret: Secret | None = None
    console_audience: str = ""
    sources: Mapping[str, Source]
    looked_at: tuple[Path, ...] = ()

    def source(self, field: str) -> Source:
        """Where this field's value came from."""
        return self.sources.get(field, Source("default"))
