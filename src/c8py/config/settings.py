"""What a client needs to know, as one frozen value; each field remembers where it came from.

Made by `load`, read by auth, transport, client, console and worker. Decides nothing and reads nothing by itself.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from c8py.base.limits import TOKEN_ATTEMPTS_MAX, TOKEN_RETRY_DELAY_S
from c8py.base.redact import Secret

Level: TypeAlias = Literal["argument", "environment", ".env file", "credentials file", "profile", "derived", "default"]
AuthStrategy: TypeAlias = Literal["oauth", "basic", "bearer", "none"]
ClientAuthentication: TypeAlias = Literal[
    "client_secret_post", "client_secret_basic", "private_key_jwt", "tls_client_auth"
]
TokenBody: TypeAlias = Literal["form", "json"]
Mode: TypeAlias = Literal["saas", "self-managed"]
Protocol: TypeAlias = Literal["grpc", "rest"]
GrpcTransport: TypeAlias = Literal["grpcio", "asyncio"]


class Source(msgspec.Struct, frozen=True):
    """Where the value of a field came from.

    Attributes:
        level: which of the kinds of source.
        name: the name it had there: a variable, a parameter, or for a derived value the fields it was made of.
        place: the file and line of a file, the name of a profile; empty otherwise.
    """

    level: Level
    name: str = ""
    place: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (self.level, self.place, self.name) if part)


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Addresses, credentials and times of one cluster and of the Administration API.

    Attributes:
        mode: Camunda's SaaS or somebody's own platform.
        grpc_address: `grpc://host:port` or `grpcs://host:port`, or None where the cluster offers none.
        rest_address: `http(s)://host[:port][/path]` without `/v2`, or None.
        cluster_id: the cluster's UUID.
        region: Camunda's code of the region, as in addresses.
        cluster_domain: of the SaaS, for addresses made of cluster id and region.
        cluster_port: of gRPC on SaaS, for addresses made of cluster id and region.
        prefer: the protocol of calls that both offer; None is gRPC where its address is known.
        tenant_id: sent with commands that name none themselves; "" sends none.
        physical_tenant_id: whose engine is called, since 8.10; "" is the default one's.
        request_timeout_s: how long a call may take in all, retries included.
        connect_timeout_s: how long opening a connection may take.
        keep_alive_s: how often an idle gRPC connection is tried.
        grpc_compression: whether calls over gRPC are sent compressed (gzip); answers are taken either way.
        grpc_transport: what carries the gRPC calls of async clients and workers: grpcio, or asyncio at half the CPU.
        max_http_connections: open at once to one host; None sets no bound.
        user_agent: put behind our own name in the User-Agent header.
        auth: how calls prove who makes them.
        oauth_disabled: whether calls go without credentials, whatever else is said.
        oauth_url: the token endpoint; beats the two below.
        well_known_url: the discovery document that names the token endpoint; beats the issuer.
        issuer_url: the issuer, below which the discovery document stands.
        client_id: of the API client.
        client_secret: of the API client.
        audience: of tokens for the cluster; "" sends none.
        scope: sent with token requests when not empty.
        resource: sent with token requests when not empty (RFC 8707).
        token: a bearer token had from elsewhere, sent as it is.
        basic_username: for Basic authentication.
        basic_password: for Basic authentication.
        client_authentication: how the client proves itself to the token service (OIDC Core 9, RFC 8705).
        token_body: how token requests are written.
        assertion_keystore: PKCS#12 or PEM file of the key that signs token requests.
        assertion_keystore_password: of that file.
        assertion_key_alias: the key's name in it; None is the first.
        assertion_key_password: of the key; None is the file's.
        assertion_key_id: what the provider calls the key (`kid`), sent when not empty.
        oauth_keystore: PKCS#12 or PEM file of the certificate shown to the token service.
        oauth_keystore_password: of that file.
        oauth_key_password: of the key in it; None is the file's.
        oauth_truststore: PKCS#12 or PEM file of roots to trust at the token service.
        oauth_truststore_password: of that file.
        token_timeout_s: how long one token request may take.
        token_connect_timeout_s: how long its connection may take to open; None is `connect_timeout_s`.
        token_fail_fast: whether a failed token request is an error at once, without another attempt.
        token_attempts_max: token requests for one token, the first included.
        token_retry_delay_s: before the second of them; doubles with each one more.
        token_refresh_early_s: a token counts as ended so long before its end; None leaves it to its lifetime.
        token_start_spread_s: a process that finds no token waits a random part of this before it asks for one.
        token_disk_cache: whether tokens are shared with other processes of this person on this host.
        token_cache_dir: the folder in which they are.
        ca_certificate: PEM file of roots to trust, besides the system's for REST and instead of them for gRPC.
        ca_certificate_pem: the same as text; beats the file.
        client_certificate: PEM file for mutual TLS, together with the key.
        client_certificate_pem: the same as text; beats the file.
        client_key: PEM file of the private key.
        client_key_pem: the same as text; beats the file.
        client_key_passphrase: of the private key.
        override_authority: the name that the gRPC server's certificate must carry, when it is not the address's.
        http_proxy: the proxy for plain connections; may hold a password.
        https_proxy: the proxy for TLS connections; may hold a password.
        no_proxy: hosts reached without it, separated by commas.
        console_base_url: of the Administration API.
        console_client_id: of the organization's client.
        console_client_secret: of the organization's client.
        console_audience: of tokens for the Administration API.
        operate_base_url: of Operate's API, without `/v1`.
        operate_audience: of tokens for it.
        tasklist_base_url: of Tasklist's API, without `/v1`.
        tasklist_audience: of tokens for it.
        optimize_base_url: of Optimize, without `/api`.
        optimize_audience: of tokens for it.
        modeler_base_url: of Web Modeler's API, with `/api` and without `/v1`.
        modeler_audience: of tokens for it; "" sends none.
        secrets_audience: of tokens for the secrets of connectors.
        worker_name: of workers that have none in code.
        worker_timeout_s: until a job is given to somebody else, for tasks that say nothing of it.
        worker_max_jobs: that a worker holds at most.
        worker_request_timeout_s: how long a request for jobs waits for some; 0 leaves it to the gateway.
        worker_startup_jitter_s: workers begin at a random moment within so long.
        worker_stream: whether jobs are streamed; None leaves it to the worker.
        tenant_ids: whose jobs workers ask for.
        sources: field name to where it came from.
        looked_at: the files that were read.
        profile: the profile in force, or None.
    """

    mode: Mode = "self-managed"
    grpc_address: str | None = None
    rest_address: str | None = None
    cluster_id: str | None = None
    region: str | None = None
    cluster_domain: str = "camunda.io"
    cluster_port: int = 443
    prefer: Protocol | None = None
    tenant_id: str = ""
    physical_tenant_id: str = ""
    request_timeout_s: float
    connect_timeout_s: float
    keep_alive_s: float
    grpc_compression: bool = False
    grpc_transport: GrpcTransport = "grpcio"
    max_http_connections: int | None = None
    user_agent: str = ""
    auth: AuthStrategy = "none"
    oauth_disabled: bool = False
    oauth_url: str | None = None
    well_known_url: str | None = None
    issuer_url: str | None = None
    client_id: str | None = None
    client_secret: Secret | None = None
    audience: str = ""
    scope: str = ""
    resource: str = ""
    token: Secret | None = None
    basic_username: str | None = None
    basic_password: Secret | None = None
    client_authentication: ClientAuthentication = "client_secret_post"
    token_body: TokenBody = "form"  # noqa: S105  no password
    assertion_keystore: Path | None = None
    assertion_keystore_password: Secret | None = None
    assertion_key_alias: str | None = None
    assertion_key_password: Secret | None = None
    assertion_key_id: str = ""
    oauth_keystore: Path | None = None
    oauth_keystore_password: Secret | None = None
    oauth_key_password: Secret | None = None
    oauth_truststore: Path | None = None
    oauth_truststore_password: Secret | None = None
    token_timeout_s: float
    token_connect_timeout_s: float | None = None
    token_fail_fast: bool = False
    token_attempts_max: int = TOKEN_ATTEMPTS_MAX
    token_retry_delay_s: float = TOKEN_RETRY_DELAY_S
    token_refresh_early_s: float | None = None
    token_start_spread_s: float = 0.0
    token_disk_cache: bool = True
    token_cache_dir: Path | None = None
    ca_certificate: Path | None = None
    ca_certificate_pem: str | None = None
    client_certificate: Path | None = None
    client_certificate_pem: str | None = None
    client_key: Path | None = None
    client_key_pem: Secret | None = None
    client_key_passphrase: Secret | None = None
    override_authority: str | None = None
    http_proxy: Secret | None = None
    https_proxy: Secret | None = None
    no_proxy: str = ""
    console_base_url: str | None = None
    console_client_id: str | None = None
    console_client_secret: Secret | None = None
    console_audience: str = ""
    operate_base_url: str | None = None
    operate_audience: str = ""
    tasklist_base_url: str | None = None
    tasklist_audience: str = ""
    optimize_base_url: str | None = None
    optimize_audience: str = ""
    modeler_base_url: str | None = None
    modeler_audience: str = ""
    secrets_audience: str = ""
    worker_name: str | None = None
    worker_timeout_s: float | None = None
    worker_max_jobs: int | None = None
    worker_request_timeout_s: float | None = None
    worker_startup_jitter_s: float = 0.0
    worker_stream: bool | None = None
    tenant_ids: tuple[str, ...] = ()
    sources: Mapping[str, Source]
    looked_at: tuple[Path, ...] = ()
    profile: str | None = None

    def source(self, field: str) -> Source:
        """Where this field's value came from."""
        return self.sources.get(field, Source("default"))
