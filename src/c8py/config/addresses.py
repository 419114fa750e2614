"""Addresses in the many forms people write them, brought to one; and the form that SaaS gives its clusters.

Pure. Called by `load` for every address, whatever its source.
"""

import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

import msgspec

SAAS_DOMAIN: Final = "camunda.io"
SAAS_PORT: Final = 443
SAAS_OAUTH_URL: Final = "https://login.cloud.camunda.io/oauth/token"
SAAS_AUDIENCE: Final = "zeebe.camunda.io"
SAAS_CONSOLE_URL: Final = "https://api.cloud.camunda.io"
SAAS_CONSOLE_AUDIENCE: Final = "api.cloud.camunda.io"

_CLUSTER = r"(?P<cluster>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
_REGION = r"(?P<region>[a-z]+-\d+)"
_DOMAIN = r"(?P<domain>[a-z0-9-]+(?:\.[a-z0-9-]+)+)"
_SAAS_GRPC = re.compile(rf"{_CLUSTER}(?:\.{_REGION})?\.zeebe\.{_DOMAIN}")
_SAAS_REST = re.compile(rf"https://{_REGION}\.(?:zeebe|api)\.{_DOMAIN}/{_CLUSTER}")
_SAAS_PRIVATE = re.compile(rf"{_CLUSTER}\.{_REGION}\.privateconnectivity\.{_DOMAIN}")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_HTTPS_PORT: Final = 443
_GRPC_SCHEMES: Final = {"grpc": False, "http": False, "grpcs": True, "https": True}


class AddressError(ValueError):
    """What the text should have been; `load` adds whose text it is."""


class SaasCluster(msgspec.Struct, frozen=True):
    """A cluster of Camunda SaaS, and where it is reached."""

    cluster_id: str
    region: str
    domain: str = SAAS_DOMAIN
    port: int = SAAS_PORT

    @property
    def grpc_address(self) -> str:
        """Where its gRPC gateway listens."""
        return f"grpcs://{self.cluster_id}.{self.region}.zeebe.{self.domain}:{self.port}"

    @property
    def rest_address(self) -> str:
        """The root of its REST API, without `/v2`."""
        return f"https://{self.region}.zeebe.{self.domain}/{self.cluster_id}"

    def component_url(self, component: str) -> str:
        """The root of the API of Operate, Tasklist or Optimize."""
        return f"https://{self.region}.{component}.{self.domain}/{self.cluster_id}"


class SaasPlace(msgspec.Struct, frozen=True):
    """What an address of SaaS tells.

    Attributes:
        cluster_id: whose it is.
        region: "" in the addresses of 2020.
        private: whether it is one of AWS PrivateLink, whose owner means no other way.
    """

    cluster_id: str
    region: str
    private: bool = False


def saas_place(address: str, domain: str = SAAS_DOMAIN) -> SaasPlace | None:
    """What an address in normal form tells of a cluster of SaaS; None when it is somebody's own.

    Args:
        address: of gRPC or REST.
        domain: of the SaaS.
    """
    host = urlsplit(address).hostname or ""
    found = _SAAS_REST.fullmatch(address) or _SAAS_GRPC.fullmatch(host) or _SAAS_PRIVATE.fullmatch(host)
    if found is None or found["domain"] != domain:
        return None
    return SaasPlace(found["cluster"], found["region"] or "", found.re is _SAAS_PRIVATE)


def saas_cluster(address: str) -> SaasCluster | None:
    """The SaaS cluster behind a gRPC or REST address in normal form; None when it is somebody's own."""
    place = saas_place(address)
    return SaasCluster(place.cluster_id, place.region) if place is not None and place.region else None


def grpc_address(text: str, *, secure: bool | None = None) -> str:
    """`grpc://host:port` or `grpcs://host:port` of any form in use.

    Args:
        text: `grpc://`, `grpcs://`, `http://`, `https://` or plain `host`, `host:port`.
        secure: decides about TLS where the text has no scheme; None lets port 443 decide.

    Raises:
        AddressError: it is none of these.
    """
    scheme, rest = _split_scheme(text)
    if scheme and scheme not in _GRPC_SCHEMES:
        raise AddressError(f"expected grpc://, grpcs://, http://, https:// or host:port, but got {scheme}://")
    parts = _split(rest)
    if parts.path.strip("/") or parts.query:
        raise AddressError("expected a gRPC address without a path, but it has one")
    port = _port(parts)
    undecided = port == _HTTPS_PORT if secure is None else secure
    tls = _GRPC_SCHEMES[scheme] if scheme else undecided
    default = {"https": 443, "http": 80}.get(scheme or "", 443 if tls else 26500)
    return f"{'grpcs' if tls else 'grpc'}://{_host(parts)}:{port or default}"


def rest_address(text: str) -> str:
    """`http(s)://host[:port][/path]` of any form in use; a trailing `/v2` or `/` is dropped.

    Raises:
        AddressError: it is no such address.
    """
    scheme, rest = _split_scheme(text)
    if scheme not in {None, "http", "https"}:
        raise AddressError(f"expected http://, https:// or host:port, but got {scheme}://")
    parts = _split(rest)
    if parts.query or parts.fragment or "@" in parts.netloc:
        raise AddressError("expected an address without user, query and fragment, but it has one")
    port = _port(parts)
    scheme = scheme or ("https" if port == _HTTPS_PORT else "http")
    path = parts.path.rstrip("/").removesuffix("/v2").rstrip("/")
    shown = "" if port in {None, {"http": 80, "https": 443}[scheme]} else f":{port}"
    return f"{scheme}://{_host(parts)}{shown}{path}"


def same_place(left: str, right: str) -> bool:
    """Whether two texts as given name one host, port and path, where at least one of them has no scheme."""
    if _split_scheme(left)[0] and _split_scheme(right)[0]:
        return False
    return _split_scheme(left)[1].rstrip("/").lower() == _split_scheme(right)[1].rstrip("/").lower()


def web_url(text: str) -> str:
    """An http(s) URL as given, checked.

    Raises:
        AddressError: it is none.
    """
    scheme, rest = _split_scheme(text)
    if scheme not in {"http", "https"}:
        raise AddressError("expected a URL that begins with https:// or http://")
    parts = _split(rest)
    if "@" in parts.netloc:
        raise AddressError("expected a URL without user and password, but it has them")
    _host(parts)
    _port(parts)
    return text.strip()


def component_url(text: str) -> str:
    """The root of a component's API as `web_url`; a trailing `/` and the version of the API are dropped.

    Raises:
        AddressError: it is none.
    """
    return re.sub(r"/v\d+$", "", web_url(text).rstrip("/")).rstrip("/")


def domain(text: str) -> str:
    """The domain under which a Camunda SaaS keeps its clusters; before 8.8 it was written `zeebe.camunda.io`.

    Raises:
        AddressError: it is none.
    """
    if not re.fullmatch(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+", text.lower()):
        raise AddressError("expected a domain such as camunda.io, but it is something else")
    return text.lower().removeprefix("zeebe.")


def _split_scheme(text: str) -> tuple[str | None, str]:
    text = text.strip()
    found = _SCHEME.match(text)
    return (found[1].lower(), text[found.end() :]) if found else (None, text)


def _split(rest: str) -> SplitResult:
    if not rest or re.search(r"[\s\x00-\x1f]", rest):
        raise AddressError("expected a host and a port, but it is empty or has blanks in it")
    try:
        return urlsplit(f"//{rest}")
    except ValueError as error:
        raise AddressError(f"expected a host and a port, but it cannot be read ({error})") from None


def _host(parts: SplitResult) -> str:
    host = parts.hostname
    if not host:
        raise AddressError("expected a host, but there is none")
    return f"[{host}]" if ":" in host else host


def _port(parts: SplitResult) -> int | None:
    try:
        return parts.port
    except ValueError:
        raise AddressError("expected a port from 0 to 65535 after the colon") from None
