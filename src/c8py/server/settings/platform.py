"""All settings of a platform, and what must fit together among them."""

import ipaddress
import re
from pathlib import Path
from typing import Final, Literal, get_args
from urllib.parse import urlsplit

import msgspec

from c8py.base import limits
from c8py.base.redact import Secret
from c8py.errors import ConfigError
from c8py.server.settings.bounds import named, within
from c8py.server.settings.clusters import BrokersSettings, ClusterSettings
from c8py.server.settings.gateway import GatewaySettings
from c8py.server.settings.oauth import OAuthSettings
from c8py.server.settings.people import BasicUser, MailSettings, ProviderSettings

AuthMode = Literal["oauth", "basic", "none"]
SignIn = Literal["once_owned", "always"]

HTTP_PORT_DEFAULT: Final = 8080
GRPC_PORT_DEFAULT: Final = 26500

_HOST_NAME: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")
_HEADER: Final = re.compile(r"[A-Za-z0-9-]{1,64}")
_PUBLIC_URL: Final = re.compile(r"https?://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")


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
        named("organization", self.organization)
        within(
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
