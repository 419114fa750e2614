"""The gRPC channel in its two colours, made of settings. The only module that knows how grpcio is built and fails."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, TypeAlias, cast
from urllib.parse import urlsplit

import grpc
import grpc.aio
from google.protobuf.message import Message

from c8py.base.limits import GRPC_MESSAGE_BYTES_MAX, GRPC_PING_S
from c8py.config import Settings
from c8py.errors import C8Error, ConfigError, ConnectionFailed
from c8py.transport.direct_call import CLOSED
from c8py.transport.proxy import proxies
from c8py.transport.status import grpc_error
from c8py.transport.tls import read_certificates, tls_context

AsyncChannel: TypeAlias = grpc.aio.Channel
Channel: TypeAlias = grpc.Channel
GrpcFailure: TypeAlias = grpc.RpcError
# A channel that is closed cancels its calls, and grpc.aio tells their callers as if their own task were cancelled.
AsyncGrpcFailure: Final = (grpc.RpcError, asyncio.CancelledError)

if TYPE_CHECKING:
    AsyncUnary: TypeAlias = grpc.aio.UnaryUnaryMultiCallable[Message, Message]
    AsyncStream: TypeAlias = grpc.aio.UnaryStreamMultiCallable[Message, Message]
    Unary: TypeAlias = grpc.UnaryUnaryMultiCallable[Message, Message]
    Stream: TypeAlias = grpc.UnaryStreamMultiCallable[Message, Message]
else:  # generic in the stubs only
    AsyncUnary = grpc.aio.UnaryUnaryMultiCallable
    AsyncStream = grpc.aio.UnaryStreamMultiCallable
    Unary = grpc.UnaryUnaryMultiCallable
    Stream = grpc.UnaryStreamMultiCallable

_Options: TypeAlias = Sequence[tuple[str, str | int]]


def async_channel(settings: Settings, *, agent: str) -> AsyncChannel:
    """A channel of the running loop; it connects with the first call.

    Raises:
        ConfigError: there is no address, or a certificate or proxy cannot be used.
    """
    address = grpc_address(settings)
    own = _direct(settings, address, agent) if settings.grpc_transport == "asyncio" else None
    if own is not None:
        return own
    target, options = _route(settings, address)
    options = [*options, *_options(settings, agent)]
    credentials = _credentials(settings, address)
    if credentials is None:
        return grpc.aio.insecure_channel(target, options=options, compression=_compression(settings))
    return grpc.aio.secure_channel(target, credentials, options=options, compression=_compression(settings))


def channel(settings: Settings, *, agent: str) -> Channel:
    """A channel for threads; it connects with the first call.

    Raises:
        ConfigError: there is no address, or a certificate or proxy cannot be used.
    """
    address = grpc_address(settings)
    target, options = _route(settings, address)
    options = [*options, *_options(settings, agent)]
    credentials = _credentials(settings, address)
    if credentials is None:
        return grpc.insecure_channel(target, options=options, compression=_compression(settings))
    return grpc.secure_channel(target, credentials, options=options, compression=_compression(settings))


def grpc_address(settings: Settings) -> str:
    """The address of the gateway.

    Raises:
        ConfigError: the settings have none.
    """
    if settings.grpc_address is None:
        raise ConfigError(
            "expected the address of a gRPC gateway, but there is none",
            hint="set ZEEBE_GRPC_ADDRESS, or use the REST API where it offers the same",
        )
    return settings.grpc_address


def channel_error(error: GrpcFailure | asyncio.CancelledError, *, call: str, address: str) -> C8Error:
    """The error for a call that failed.

    Raises:
        asyncio.CancelledError: nothing failed: the caller's own task is being cancelled.
    """
    if isinstance(error, asyncio.CancelledError):
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise error
        return ConnectionFailed(_closed(call, address))
    if isinstance(error, grpc.aio.AioRpcError | grpc.Call):
        details = str(error.details() or "")
        if error.code() is grpc.StatusCode.CANCELLED and CLOSED in details:
            return ConnectionFailed(_closed(call, address))
        return grpc_error(error.code().name, details, call=call, address=address)
    return grpc_error("UNKNOWN", str(error), call=call, address=address)


def _closed(call: str, address: str) -> str:
    return f"expected an answer to {call}, but the connection to {address} was closed meanwhile"


def _direct(settings: Settings, address: str, agent: str) -> AsyncChannel | None:
    """A channel without the library's core; None where only that knows the way."""
    # Loaded by those who want it: it costs milliseconds.
    from c8py.transport.direct import DirectChannel  # noqa: PLC0415
    from c8py.transport.direct_line import Where  # noqa: PLC0415

    parts = urlsplit(address)
    if settings.grpc_compression or proxies(settings).for_url(address) is not None or parts.port is None:
        return None
    context = None
    if parts.scheme == "grpcs":
        context = tls_context(read_certificates(settings))
        if context is None:
            return None
        context.set_alpn_protocols(["h2"])
    where = Where(
        host=parts.hostname or "",
        port=parts.port,
        authority=settings.override_authority or parts.netloc,
        tls=context,
        server_name=settings.override_authority or parts.hostname or "",
        connect_s=settings.connect_timeout_s,
        keep_alive_s=settings.keep_alive_s,
        agent=agent,
    )
    return cast("AsyncChannel", DirectChannel(where))


def _credentials(settings: Settings, address: str) -> grpc.ChannelCredentials | None:
    if not address.startswith("grpcs://"):
        return None
    certificates = read_certificates(settings)
    return grpc.ssl_channel_credentials(certificates.roots, certificates.key, certificates.chain)


def _route(settings: Settings, address: str) -> tuple[str, _Options]:
    """Where the connection goes, and what it says there: to the gateway, or to a proxy that leads to it."""
    target = urlsplit(address).netloc
    straight = [("grpc.enable_http_proxy", 0)]  # none of the environment's
    proxy = proxies(settings).for_url(address)
    if proxy is None:
        return target, straight
    if proxy.secure:
        raise ConfigError(
            "expected a proxy with http://, but it has https://, which gRPC cannot speak to",
            hint="give the proxy's address with http://, or use the REST API (CAMUNDA_PREFER_REST=true)",
        )
    # What grpcio would do by itself, were it told of the proxy; but then it would read NO_PROXY in its own way.
    through: list[tuple[str, str | int]] = [
        ("grpc.http_connect_server", target),
        ("grpc.default_authority", settings.override_authority or target),
    ]
    if proxy.authorization:
        through.append(("grpc.http_connect_headers", f"Proxy-Authorization:{proxy.authorization.reveal()}"))
    return proxy.target, [*straight, *through]


def _compression(settings: Settings) -> grpc.Compression | None:
    return grpc.Compression.Gzip if settings.grpc_compression else None


def _options(settings: Settings, agent: str) -> _Options:
    options: list[tuple[str, str | int]] = [
        ("grpc.primary_user_agent", agent),
        ("grpc.keepalive_time_ms", round(settings.keep_alive_s * 1000)),
        ("grpc.keepalive_timeout_ms", round(GRPC_PING_S * 1000)),
        # The core has a measure of its own (60 s) for pings that had to wait, and stops pinging after two without data:
        # a stream without jobs would never find out that its gateway is gone.
        ("grpc.http2.ping_timeout_ms", round(GRPC_PING_S * 1000)),
        ("grpc.http2.max_pings_without_data", 0),
        ("grpc.max_receive_message_length", GRPC_MESSAGE_BYTES_MAX),
        ("grpc.max_send_message_length", GRPC_MESSAGE_BYTES_MAX),
        # Calls are tried again in one place, by `retry`: here nobody knows which of them may take effect twice.
        ("grpc.enable_retries", 0),
        # After an outage workers come back as soon as the gateway does, not two minutes later.
        ("grpc.max_reconnect_backoff_ms", 5000),
        ("grpc.initial_reconnect_backoff_ms", 100),
        # In spite of its name the least that an attempt to connect may take: through TLS and a proxy it takes a while.
        ("grpc.min_reconnect_backoff_ms", round(settings.connect_timeout_s * 1000)),
        # A name with several addresses is several gateways, as that of a headless service: they share the calls, and
        # where one goes away the others go on. Of a name with one address it is what it was.
        ("grpc.lb_policy_name", "round_robin"),
        # Two clients of one process are two connections: one that is closed must not take the other along.
        ("grpc.use_local_subchannel_pool", 1),
    ]
    if settings.override_authority:
        options.append(("grpc.ssl_target_name_override", settings.override_authority))
    return options
