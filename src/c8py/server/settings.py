"""What the local platform can be told, as frozen values that are right once they exist.

Pure: reads no environment and no file; `c8 up` and tests build it. Every number has its default here or in base.limits.
"""

import ipaddress
import re
from pathlib import Path
from typing import Final, Literal, get_args
from urllib.parse import urlsplit

import msgspec

from c8py.base import limits
from c8py.base.redact import Secret
from c8py.errors import ConfigError
from c8py.serving.rate_limit import Limit

AuthMode = Literal["oauth", "basic", "none"]
SignIn = Literal["once_owned", "always"]

HTTP_PORT_DEFAULT: Final = 8080
GRPC_PORT_DEFAULT: Final = 26500

_HOST_NAME: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")
_HEADER: Final = re.compile(r"[A-Za-z0-9-]{1,64}")
_PUBLIC_URL: Final = re.compile(r"https?://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_REGION: Final = re.compile(r"[A-Za-z0-9-]{1,50}")


def _within(owner: str, value: object, names: dict[str, tuple[float, float]]) -> None:
    """Refuse numbers out of their bounds, naming the field.

    Raises:
        ConfigError: one of the named fields is below its least or above its greatest value.
    """
    for name, (least, greatest) in names.items():
        number = getattr(value, name)
        if not least <= number <= greatest:
            message = f"expected {owner}{name} between {least:g} and {greatest:g}, but it is {number:g}"
            raise ConfigError(message, hint="leave it out to get the default")


def _named(field: str, text: str) -> None:
    if not text.strip() or len(text) > limits.SERVER_NAME_CHARS_MAX or not text.isprintable():
        raise ConfigError(
            f"expected {field} of 1 to {limits.SERVER_NAME_CHARS_MAX} printable characters, but it is {text[:80]!r}"
        )


class OAuthSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The token service.

    Attributes:
        rate_per_s: token requests a second that one source address may make for ever; 0 switches the limit off.
        burst: requests that an address may make at once before the rate counts.
        block_s: seconds for which an address is refused everything once it was too fast too often.
        block_after: refusals within a minute that lead to that; 1 blocks at the first.
        sources_max: addresses that are remembered; beyond that the one longest unheard of is forgotten.
        token_lifetime_s: of tokens from /oauth/token, as SaaS has it.
        brokers_token_lifetime_s: of tokens from /oauth/token for clusters of real brokers, which take the token of a
            deleted client until it ends.
        keycloak_token_lifetime_s: of tokens from the Keycloak path, as its realm has it.
        reuse_left_s: a token that lives longer than this is handed out again instead of a new one.
        tokens_cached_max: tokens kept for handing out again.
        body_bytes_max: size of a token request.
        body_wait_s: seconds in which a token request must have arrived.
    """

    rate_per_s: float = 1.0
    burst: int = 10
    block_s: float = 30.0
    block_after: int = 1
    sources_max: int = limits.OAUTH_SOURCES_TRACKED_MAX
    token_lifetime_s: int = 86_400
    brokers_token_lifetime_s: int = 3_600
    keycloak_token_lifetime_s: int = 300
    reuse_left_s: int = 60
    tokens_cached_max: int = limits.SERVER_TOKENS_CACHED_MAX
    body_bytes_max: int = limits.OAUTH_BODY_BYTES_MAX
    body_wait_s: float = limits.OAUTH_BODY_WAIT_S_MAX

    def __post_init__(self) -> None:
        """Refuse what cannot work.

        Raises:
            ConfigError: a number is out of its bounds.
        """
        _within(
            "oauth.",
            self,
            {
                "rate_per_s": (0, 10_000),
                "burst": (1, 100_000),
                "block_s": (0, 86_400),
                "block_after": (1, 100_000),
                "sources_max": (1, 1_000_000),
                "token_lifetime_s": (1, 31_536_000),
                "brokers_token_lifetime_s": (1, 31_536_000),
                "keycloak_token_lifetime_s": (1, 31_536_000),
                "reuse_left_s": (0, 86_400),
                "tokens_cached_max": (1, 1_000_000),
                "body_bytes_max": (256, 1_048_576),
                "body_wait_s": (0.05, 600),
            },
        )

    @property
    def limit(self) -> Limit:
        """What the rate limit counts by."""
        return Limit(
            rate_per_s=self.rate_per_s,
            burst=self.burst,
            block_s=self.block_s,
            block_after=self.block_after,
            sources_max=self.sources_max,
        )


class GatewaySettings(msgspec.Struct, frozen=True, kw_only=True):
    """The edges of the clusters, gRPC and REST.

    Attributes:
        long_polling_s: how long a request for jobs without a timeout of its own waits for one.
        request_timeout_s: how long any other request may take.
        message_bytes_max: size of one request or answer.
        requests_waiting_max: commands that wait for the engine; beyond that callers get RESOURCE_EXHAUSTED.
        polls_waiting_max: long polls and job streams that may be open at once on one cluster.
    """

    long_polling_s: float = 10.0
    request_timeout_s: float = 15.0
    message_bytes_max: int = limits.VARIABLES_BYTES_MAX
    requests_waiting_max: int = 10_000
    polls_waiting_max: int = 10_000

    def __post_init__(self) -> None:
        """Refuse what cannot work.

        Raises:
            ConfigError: a number is out of its bounds.
        """
        _within(
            "gateway.",
            self,
            {
                "long_polling_s": (0, 3_600),
                "request_timeout_s": (0.05, 3_600),
                "message_bytes_max": (1_024, 64 * 1024 * 1024),
                "requests_waiting_max": (1, 1_000_000),
                "polls_waiting_max": (1, 1_000_000),
            },
        )


class ClusterSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The cluster that the first start makes; a folder that has one already keeps it as it is.

    Attributes:
        name: shown in Console.
        region: shown in Console and written to credentials files.
        generation: the version that Console shows.
    """

    name: str = "local"
    region: str = "local-1"
    generation: str = "8.9 gen1"

    def __post_init__(self) -> None:
        """Refuse empty and unprintable names.

        Raises:
            ConfigError: one of them is.
        """
        _named("cluster.name", self.name)
        # The region stands in files that shells read: no quote may get there.
        if not _REGION.fullmatch(self.region):
            raise ConfigError(f"expected cluster.region like 'local-1', but it is {self.region[:80]!r}")
        _named("cluster.generation", self.generation)


class BrokersSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Clusters of real brokers.

    Attributes:
        cache_dir: where fetched distributions are kept; "" is below the data folder.
        java_home: the Java that brokers run on; "" looks for one.
        zeebe_home: an unpacked distribution in the place of a fetched one; "" fetches what a cluster asks for.
        maven_repository: base URL of the repository that distributions are fetched from; "" is Maven Central.
        backups_dir: where backups of clusters go; "" is below the data folder.
        guarded: whether clients of clusters that are made from now on come in by the platform, which heeds their IP
            allowlists then; nobody gets in while it is away.
        outlive: whether brokers go on when the platform stops, so that its restart leaves them untouched; those of a
            temporary folder never do.
    """

    cache_dir: str = ""
    java_home: str = ""
    zeebe_home: str = ""
    maven_repository: str = ""
    backups_dir: str = ""
    guarded: bool = False
    outlive: bool = True


class ProviderSettings(msgspec.Struct, frozen=True, kw_only=True):
    """An outside OIDC provider whose tokens count here.

    Attributes:
        issuer: as its tokens and its discovery document say it; "" for none.
        only: whether tokens of the built-in service count no longer.
        ca_certificate: PEM file of the authority of its certificate; "" where the system knows it.
        audiences: of tokens that call clusters; the first is also that of real brokers.
        console_audiences: of tokens that call the Administration API.
        roles_claim: where in a token its roles are, steps parted by dots.
        cluster_roles: one of them is needed to call clusters; empty asks for the audience alone, as Camunda does.
        admin_roles: one of them gives every permission of the organization.
        reader_roles: one of them gives those to read.
        client_id: of Console at the provider: people sign in there, by authorization code and PKCE; "" for none.
        client_secret_file: file with the secret of that client; "" for a public client.
        scopes: what Console asks for; the first is openid.
        member_roles: roles that the provider gives and what they are in Console, as theirs=developer; beside
            admin_roles, which are admin, and reader_roles, which are visitor.
        label: where people sign in, as the button has it.
    """

    issuer: str = ""
    only: bool = False
    ca_certificate: str = ""
    audiences: tuple[str, ...] = ("zeebe-api", "orchestration-api")
    console_audiences: tuple[str, ...] = ("console-api",)
    roles_claim: str = "realm_access.roles"
    cluster_roles: tuple[str, ...] = ()
    admin_roles: tuple[str, ...] = ("c8-admin",)
    reader_roles: tuple[str, ...] = ("c8-reader",)
    client_id: str = ""
    client_secret_file: str = ""
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    member_roles: tuple[str, ...] = ()
    label: str = "your organization's account"

    def __post_init__(self) -> None:
        """Refuse what cannot work.

        Raises:
            ConfigError: the issuer is no address, or there is none although nothing else counts; or what sign-in
                needs is incomplete.
        """
        if self.client_id and not self.issuer:
            raise ConfigError("expected provider.issuer with provider.client_id, but there is none")
        if self.client_secret_file and not self.client_id:
            raise ConfigError("expected provider.client_id with provider.client_secret_file, but there is none")
        if "openid" not in self.scopes:
            raise ConfigError("expected openid among provider.scopes, but it is missing")
        wrong = next((one for one in self.member_roles if not all(one.partition("="))), None)
        if wrong is not None:
            raise ConfigError(f"expected provider.member_roles as theirs=ours, but got {wrong[:80]!r}")
        if self.issuer and not self.issuer.startswith(("https://", "http://")):
            raise ConfigError(f"expected provider.issuer to be an https address, but it is {self.issuer[:80]!r}")
        if self.only and not self.issuer:
            raise ConfigError("expected provider.issuer with provider.only, but there is none")
        if self.issuer and not self.audiences:
            raise ConfigError("expected at least one of provider.audiences, but there is none")


class MailSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The mail server that alerts by e-mail go to.

    Attributes:
        host: its name; "" where no mail can be sent.
        port: 587 for starttls, 465 for tls, 25 for none, as a rule.
        security: starttls, tls, or none, which is for a server on this machine alone.
        user: who signs in there; "" for nobody.
        password_file: file with the password of the user.
        sender: whom the mail is from.
    """

    host: str = ""
    port: int = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password_file: str = ""
    sender: str = "c8py@localhost"

    def __post_init__(self) -> None:
        """Refuse what cannot work.

        Raises:
            ConfigError: user and password are not both there, or the sender is no address.
        """
        _within("mail.", self, {"port": (1, 65_535)})
        if bool(self.user) != bool(self.password_file):
            raise ConfigError("expected mail.user and mail.password_file together, but one of them is missing")
        if "@" not in self.sender or not self.sender.isprintable():
            raise ConfigError(f"expected mail.sender to be an e-mail address, but it is {self.sender[:80]!r}")


class BasicUser(msgspec.Struct, frozen=True, kw_only=True):
    """Who may call the clusters in the mode `basic`.

    Attributes:
        name: the user name; it has no colon, for the header has one.
        password: in the clear, as the header carries it.
    """

    name: str
    password: Secret

    def __post_init__(self) -> None:
        """Refuse a name that the header cannot carry.

        Raises:
            ConfigError: the name is empty or has a colon, or the password is empty.
        """
        _named("users.name", self.name)
        if ":" in self.name:
            raise ConfigError(f"expected a user name without a colon, but it is {self.name!r}")
        if not self.password:
            raise ConfigError(f"expected a password for the user {self.name!r}, but it is empty")


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the platform can be told.

    Attributes:
        host: the address to listen on.
        http_port: for tokens, Console and REST; 0 takes a free one.
        grpc_port: for gRPC; 0 takes a free one.
        data_dir: where everything is kept; None for a temporary folder that goes when the platform stops.
        auth: how the clusters ask who is calling; Console's API always wants its token.
        allowed_hosts: names under which browsers may reach it, besides those of this machine and `host`.
        organization: its name at the first start.
        cluster: the cluster of the first start.
        oauth: the token service.
        gateway: the edges of the clusters.
        brokers: clusters of real brokers.
        provider: an outside OIDC provider.
        mail: the mail server that alerts go to.
        webhooks_private: whether alerts may call webhooks in private networks and on this machine.
        tls_certificate: PEM file of the certificate, with those above it, that HTTP and gRPC show; "" for plain text.
        tls_key: PEM file of its key.
        public_url: how others reach the HTTP side, where that is another address than the one listened on: behind a
            reverse proxy, or by the name in the certificate. Tokens are issued in its name.
        users: who may call in the mode `basic`.
        clients_max: API clients that one cluster may have.
        clusters_max: clusters that the organization may have.
        trusted_proxies: addresses and networks of proxies whose word about callers counts.
        proxy_header: the header in which they say it, like x-forwarded-for; "" for none.
        secrets_key_file: the key of the connector secrets; "" is a file in the data folder, beside the database.
        sign_in: when pages want somebody signed in: once there is an owner (until then they are open to this machine
            alone), or always.
        session_s: seconds after which who is signed in has to sign in again.
        headers_wait_s: seconds in which the headers of a request must have arrived.
    """

    host: str = "127.0.0.1"
    http_port: int = HTTP_PORT_DEFAULT
    grpc_port: int = GRPC_PORT_DEFAULT
    data_dir: Path | None = None
    auth: AuthMode = "oauth"
    allowed_hosts: tuple[str, ...] = ()
    organization: str = "Local organization"
    cluster: ClusterSettings = ClusterSettings()
    oauth: OAuthSettings = OAuthSettings()
    gateway: GatewaySettings = GatewaySettings()
    brokers: BrokersSettings = BrokersSettings()
    provider: ProviderSettings = ProviderSettings()
    mail: MailSettings = MailSettings()
    webhooks_private: bool = False
    tls_certificate: str = ""
    tls_key: str = ""
    public_url: str = ""
    users: tuple[BasicUser, ...] = (BasicUser(name="demo", password=Secret("demo")),)
    clients_max: int = limits.SERVER_CLIENTS_MAX
    clusters_max: int = limits.SERVER_CLUSTERS_MAX
    trusted_proxies: tuple[str, ...] = ()
    proxy_header: str = ""
    secrets_key_file: str = ""
    sign_in: SignIn = "once_owned"
    session_s: int = 12 * 3600
    headers_wait_s: float = limits.SERVER_HEADERS_WAIT_S_MAX

    def __post_init__(self) -> None:
        """Refuse what cannot work.

        Raises:
            ConfigError: a field is out of its bounds, or two contradict each other.
        """
        # The host stands in files that shells read: nothing but names and addresses may get there.
        if len(self.host) > limits.SERVER_ADDRESS_CHARS_MAX or not _HOST_NAME.fullmatch(self.host):
            _ip_or_refuse(self.host)
        if self.auth not in get_args(AuthMode):
            raise ConfigError(f"expected auth to be oauth, basic or none, but it is {self.auth!r}")
        if self.sign_in not in get_args(SignIn):
            raise ConfigError(f"expected sign_in to be once_owned or always, but it is {self.sign_in!r}")
        _proxies_or_refuse(self.trusted_proxies, self.proxy_header)
        if self.auth == "basic" and not self.users:
            raise ConfigError("expected at least one user for auth basic, but there is none")
        if self.http_port == self.grpc_port != 0:
            raise ConfigError(f"expected two ports, but http_port and grpc_port are both {self.http_port}")
        if bool(self.tls_certificate) != bool(self.tls_key):
            raise ConfigError("expected tls_certificate and tls_key together, but one of them is missing")
        if self.public_url and not _PUBLIC_URL.fullmatch(self.public_url):
            raise ConfigError(
                f"expected public_url like https://c8.example.com, but it is {self.public_url[:80]!r}",
                hint="scheme, host and, if any, port; no path",
            )
        _named("organization", self.organization)
        _within(
            "",
            self,
            {
                "http_port": (0, 65_535),
                "grpc_port": (0, 65_535),
                "clients_max": (1, 1_000_000),
                "clusters_max": (1, 1_000),
                "session_s": (60, 30 * 86_400),
                "headers_wait_s": (0.05, 600),
            },
        )

    @property
    def loopback_only(self) -> bool:
        """Whether nobody outside this machine can connect."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def public_host(self) -> str:
        """The host for addresses that are handed to clients, with brackets where IPv6 wants them."""
        if self.public_url:
            host = urlsplit(self.public_url).hostname or ""
            return f"[{host}]" if ":" in host else host
        if self.host in {"0.0.0.0", "::"}:  # noqa: S104  a comparison, nothing is bound here
            return "127.0.0.1"
        return f"[{self.host}]" if ":" in self.host else self.host


def _proxies_or_refuse(trusted: tuple[str, ...], header: str) -> None:
    if bool(trusted) != bool(header):
        raise ConfigError(
            "expected trusted_proxies and proxy_header together, but one of them is missing",
            hint="for example trusted_proxies=10.0.0.0/8 and proxy_header=x-forwarded-for",
        )
    if header and not _HEADER.fullmatch(header):
        raise ConfigError(f"expected proxy_header to be the name of a header, but it is {header[:80]!r}")
    for text in trusted:
        try:
            ipaddress.ip_network(text, strict=False)
        except ValueError as error:
            raise ConfigError(f"expected trusted_proxies of addresses and networks, but got {text[:80]!r}") from error


def _ip_or_refuse(host: str) -> None:
    try:
        if ipaddress.IPv6Address(host).scope_id is None:
            return
        raise ConfigError(f"expected host to be an address without a zone, but it is {host[:80]!r}")
    except ValueError as error:
        message = f"expected host to be a name or an IP address, but it is {host[:80]!r}"
        raise ConfigError(message, hint="127.0.0.1 is this machine alone, 0.0.0.0 every network") from error


class Addresses(msgspec.Struct, frozen=True, kw_only=True):
    """Where a running platform is, and what it made for you; printed by `c8 up --json` field by field.

    Attributes:
        pid: its process.
        http_address: base of everything that speaks HTTP.
        grpc_address: host:port of the gateway.
        rest_address: base of the cluster's REST API, without /v2.
        oauth_url: where tokens are asked for.
        console_url: the web pages.
        console_api_url: base of the Administration API.
        cluster_id: of the first cluster.
        region: of the first cluster.
        org_id: of the organization.
        credentials_file: a ready-made client of the cluster with all scopes.
        console_credentials_file: a ready-made client of the organization with all permissions.
        owner_url: where the owner is made, once; "" when there is one.
    """

    pid: int
    http_address: str
    grpc_address: str
    rest_address: str
    oauth_url: str
    console_url: str
    console_api_url: str
    cluster_id: str
    region: str
    org_id: str
    credentials_file: str
    console_credentials_file: str
    owner_url: str = ""
