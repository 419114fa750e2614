"""Which proxy a connection takes, decided in one place for REST, gRPC and token requests alike. Pure.

The libraries below read the environment each in its own way; they are told instead.
"""

import base64
import ipaddress
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

import msgspec

from c8py.base.redact import Secret
from c8py.config import Settings
from c8py.errors import ConfigError

_PORTS: Final = {"http": 80, "https": 443, "grpc": 26500, "grpcs": 443}
_SECURE: Final = frozenset({"https", "grpcs"})


class Proxy(msgspec.Struct, frozen=True, kw_only=True):
    """One proxy.

    Attributes:
        url: with user and password, where there are any.
        target: host and port.
        authorization: of the Proxy-Authorization header; empty without user.
        secure: whether it is spoken to with TLS.
    """

    url: Secret
    target: str
    authorization: Secret
    secure: bool


class Proxies(msgspec.Struct, frozen=True, kw_only=True):
    """The proxies of settings, and the hosts that are reached without."""

    http: Proxy | None = None
    https: Proxy | None = None
    no_proxy: str = ""

    def __bool__(self) -> bool:
        return self.http is not None or self.https is not None

    def for_url(self, url: str) -> Proxy | None:
        """The proxy on the way to this address; None for straight there.

        Args:
            url: with the scheme http, https, grpc or grpcs.
        """
        parts = urlsplit(url)
        proxy = self.https if parts.scheme in _SECURE else self.http
        if proxy is None or _goes_straight(parts.hostname or "", parts.port or _PORTS[parts.scheme], self.no_proxy):
            return None
        return proxy


def proxies(settings: Settings) -> Proxies:
    """The proxies that settings name.

    Raises:
        ConfigError: one of them is no URL of a proxy; the URL is not shown, for it may hold a password.
    """
    return Proxies(
        http=_proxy(settings, "http_proxy", settings.http_proxy),
        https=_proxy(settings, "https_proxy", settings.https_proxy),
        no_proxy=settings.no_proxy,
    )


def way_to(settings: Settings, url: str) -> str:
    """The address, with the proxy on the way there if there is one: for a person who asks why nothing comes back.

    Raises:
        ConfigError: a proxy of the settings is none.
    """
    proxy = proxies(settings).for_url(url)
    return url if proxy is None else f"{url} by way of the proxy {proxy.target}"


def _proxy(settings: Settings, field: str, url: Secret | None) -> Proxy | None:
    if not url:
        return None
    text = url.reveal().strip()
    parts = _split(text if "://" in text else f"http://{text}")
    if parts is None:
        raise ConfigError(
            f"expected the URL of an HTTP proxy ({settings.source(field)}), but it is something else",
            hint="write http://host:port, or http://user:password@host:port with %40 for an @ in the password",
        )
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    pair = base64.b64encode(f"{user}:{password}".encode()).decode()
    return Proxy(
        url=Secret(parts.geturl()),
        target=f"{host}:{parts.port or _PORTS[parts.scheme]}",
        authorization=Secret(f"Basic {pair}" if user or password else ""),
        secure=parts.scheme == "https",
    )


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        return None
    return parts if usable and url.isprintable() and " " not in url else None


def _goes_straight(host: str, port: int, no_proxy: str) -> bool:
    """Whether a host is reached without proxy: this machine itself always is, as for Java and Go."""
    host = host.lower().rstrip(".")
    address = _address(host)
    if host == "localhost" or host.endswith(".localhost") or (address is not None and address.is_loopback):
        return True
    return any(_matches(entry, host, address, port) for entry in no_proxy.lower().replace(",", " ").split())


_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def _matches(entry: str, host: str, address: _Address | None, port: int) -> bool:
    """Whether an entry of NO_PROXY means this host: `*`, a name with all below it, an address or a range of them."""
    if entry == "*":
        return True
    if address is not None and "/" in entry:
        try:
            return address in ipaddress.ip_network(entry, strict=False)
        except ValueError:
            return False
    name, wanted_port = _name_and_port(entry)
    if wanted_port is not None and wanted_port != port:
        return False
    if address is not None:
        return _address(name) == address
    name = name.removeprefix("*").removeprefix(".").rstrip(".")
    return bool(name) and (host == name or host.endswith(f".{name}"))


def _name_and_port(entry: str) -> tuple[str, int | None]:
    if _address(entry.strip("[]")) is not None:
        return entry.strip("[]"), None
    name, colon, port = entry.rpartition(":")
    return (name.strip("[]"), int(port)) if colon and port.isascii() and port.isdigit() else (entry, None)


def _address(text: str) -> _Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
