"""What a token proxy is told, once, when it starts."""

from pathlib import Path

import msgspec

from c8py.auth import Seal
from c8py.base import limits
from c8py.errors import ConfigError
from c8py.token_proxy.upstreams import Upstream, paths_of


class ProxySettings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings of a proxy.

    Attributes:
        upstreams: the token services that it stands in for.
        host: the address to listen on.
        port: 0 takes a free one.
        certificate: PEM file of its own certificate and those above it; None speaks plain HTTP.
        key: PEM file of the certificate's key.
        state: folder in which tokens outlive the process; None keeps them in memory.
        seal: what they are closed with there; None stores them as they are.
        headers_wait_s: seconds in which the headers of a request must have arrived.
        body_wait_s: seconds in which its body must have.
        body_bytes_max: and how large that may be.
    """

    upstreams: tuple[Upstream, ...]
    host: str = "127.0.0.1"
    port: int = 8090
    certificate: Path | None = None
    key: Path | None = None
    state: Path | None = None
    seal: Seal | None = None
    headers_wait_s: float = limits.SERVER_HEADERS_WAIT_S_MAX
    body_wait_s: float = limits.OAUTH_BODY_WAIT_S_MAX
    body_bytes_max: int = limits.OAUTH_BODY_BYTES_MAX

    def __post_init__(self) -> None:
        """Refuse what cannot go together."""
        paths_of(self.upstreams)
        if (self.certificate is None) != (self.key is None):
            raise ConfigError("expected a certificate and its key, but got one without the other")


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """A proxy that answers.

    Attributes:
        pid: of its process.
        address: its URL, without a path.
        token_urls: name of a token service to where the proxy stands in for it.
        state: the folder in which tokens outlive it; empty for none.
        exposed: whether other machines can reach it, and secrets travel in plain text.
    """

    pid: int
    address: str
    token_urls: dict[str, str]
    state: str
    exposed: bool
