"""The HTTP client in its two colours, made of settings. The only module that knows how pyreqwest is built and fails."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final, TypeAlias, TypeVar

from pyreqwest.client import BaseClientBuilder, Client, ClientBuilder, SyncClient, SyncClientBuilder
from pyreqwest.exceptions import (
    BuilderError,
    DetailedPyreqwestError,
    PoolTimeoutError,
    PyreqwestError,
    RequestTimeoutError,
)
from pyreqwest.http import Url
from pyreqwest.proxy import ProxyBuilder
from pyreqwest.request import RequestBuilder, SyncRequestBuilder
from pyreqwest.response import ResponseBodyReader, SyncResponseBodyReader

from c8py.base.limits import HTTP_IDLE_S
from c8py.config import Settings
from c8py.errors import C8Error, ConfigError, ConnectionFailed, DeadlineExceeded
from c8py.transport.proxy import Proxies, proxies
from c8py.transport.tls import read_certificates, read_token_certificates

AsyncHttp: TypeAlias = Client
AsyncHttpRequest: TypeAlias = RequestBuilder
AsyncBody: TypeAlias = ResponseBodyReader
Http: TypeAlias = SyncClient
HttpRequest: TypeAlias = SyncRequestBuilder
Body: TypeAlias = SyncResponseBodyReader
HttpFailure: TypeAlias = PyreqwestError

# pyreqwest calls whatever fails before the response a ConnectError, a request that was sent and never answered too.
# Only this cause says that the connection was never made; should its words change, we err towards "may have been sent".
_CONNECTING: Final = "client error (Connect)"
_TUNNEL: Final = "tunnel error"
_Builder = TypeVar("_Builder", bound=BaseClientBuilder)


def async_http(settings: Settings, *, agent: str, for_tokens: bool = False) -> AsyncHttp:
    """A client for asyncio, that keeps connections alive.

    Args:
        settings: timeouts, certificates and proxies.
        agent: what it calls itself.
        for_tokens: whether it goes to the token service, by the settings that are for that alone.

    Raises:
        ConfigError: a certificate or a proxy cannot be used, or this process was forked from one that had a client.
    """
    try:
        return _configured(ClientBuilder(), settings, agent, for_tokens=for_tokens).build()
    except BuilderError as error:
        raise _unusable(error) from error
    except RuntimeError as error:
        raise _forked(error) from error


def http(settings: Settings, *, agent: str, for_tokens: bool = False) -> Http:
    """A client that blocks, and keeps connections alive; threads may share it.

    Args:
        settings: timeouts, certificates and proxies.
        agent: what it calls itself.
        for_tokens: whether it goes to the token service, by the settings that are for that alone.

    Raises:
        ConfigError: a certificate or a proxy cannot be used, or this process was forked from one that had a client.
    """
    try:
        return _configured(SyncClientBuilder(), settings, agent, for_tokens=for_tokens).build()
    except BuilderError as error:
        raise _unusable(error) from error
    except RuntimeError as error:
        raise _forked(error) from error


def http_error(error: PyreqwestError, *, call: str, address: str) -> C8Error:
    """The error for a request that had no response."""
    reason = _reason(error)
    if reason.startswith(_TUNNEL):
        return ConnectionFailed(
            f"expected a proxy that lets through to {address}, but it refuses ({reason})",
            sent=False,
            hint="check HTTPS_PROXY with its user and password, or name the host in NO_PROXY",
        )
    if isinstance(error, PoolTimeoutError) or _CONNECTING in _causes(error):
        return ConnectionFailed(
            f"expected a server at {address}, but it cannot be reached ({reason})",
            sent=False,
            hint="check the address and that the cluster runs; `c8 config explain` shows where it comes from",
        )
    if isinstance(error, RequestTimeoutError):
        return DeadlineExceeded(f"expected an answer to {call} of {address}, but none came in time")
    if isinstance(error, BuilderError):
        return ConfigError(f"expected a request that can be made for {call}, but it cannot ({reason})")
    return ConnectionFailed(f"expected an answer to {call}, but the connection to {address} broke off ({reason})")


def has_own_token_connections(settings: Settings) -> bool:
    """Whether token requests need connections of their own: other certificates, or another patience."""
    return (
        settings.oauth_keystore is not None
        or settings.oauth_truststore is not None
        or _connect_timeout_s(settings, for_tokens=True) != settings.connect_timeout_s
    )


def _configured(builder: _Builder, settings: Settings, agent: str, *, for_tokens: bool) -> _Builder:
    certificates = read_token_certificates(settings) if for_tokens else read_certificates(settings)
    # A redirect would carry token or secret to somewhere else.
    builder = (
        builder.follow_redirects(enable=False)
        .user_agent(agent)
        .connect_timeout(timedelta(seconds=_connect_timeout_s(settings, for_tokens=for_tokens)))
        .pool_idle_timeout(timedelta(seconds=HTTP_IDLE_S))
        .referer(enable=False)
        .no_proxy()  # none of the environment's
    )
    chosen = proxies(settings)
    if chosen:
        builder = builder.proxy(ProxyBuilder.custom(_choice(chosen)))
    if settings.max_http_connections is not None:
        builder = builder.max_connections(settings.max_http_connections)
    if certificates.roots is not None:
        builder = builder.add_root_certificate_pem(certificates.roots)
    if certificates.chain is not None and certificates.key is not None:
        builder = builder.identity_pem(certificates.key + b"\n" + certificates.chain)
    return builder


def _connect_timeout_s(settings: Settings, *, for_tokens: bool) -> float:
    return (settings.token_connect_timeout_s if for_tokens else None) or settings.connect_timeout_s


def _choice(chosen: Proxies) -> Callable[[Url], str | None]:
    def choice(url: Url) -> str | None:
        proxy = chosen.for_url(str(url))
        return None if proxy is None else proxy.url.reveal()

    return choice


def _causes(error: PyreqwestError) -> list[str]:
    causes = error.details["causes"] if isinstance(error, DetailedPyreqwestError) else None
    return [cause["message"] for cause in causes or []]


def _reason(error: PyreqwestError) -> str:
    return (_causes(error) or [error.message])[-1]


def _forked(error: RuntimeError) -> ConfigError:
    return ConfigError(
        f"expected a process that can open connections, but it was forked from one that had opened some ({error})",
        hint="make the first call after the fork, or start processes with `spawn`",
    )


def _unusable(error: BuilderError) -> ConfigError:
    return ConfigError(
        f"expected certificates that can be used, but they cannot ({_reason(error)})",
        hint="check ca_certificate, client_certificate and client_key: PEM, the key one of the certificate",
    )
