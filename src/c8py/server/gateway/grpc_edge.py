"""The gRPC edge: grpc.aio around the translations of `grpc_messages`.

Owns the server, its limits and its statuses; every call is authorized before a byte of it is parsed. Reflection and
health are open: they tell nothing but the public protocol.
"""

import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, NoReturn
from urllib.parse import unquote

import grpc
import grpc.aio
import msgspec
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from c8py.errors import ConfigError, PlatformError
from c8py.proto import gateway_pb2 as pb
from c8py.proto.gateway_pb2_grpc import RPCS, SERVICE
from c8py.server.access import Caller
from c8py.server.gateway import grpc_messages as messages
from c8py.server.gateway.cluster import ServedCluster
from c8py.server.gateway.door import Door
from c8py.server.gateway.refusals import WIRE, Kind, Refusal
from c8py.server.gateway.topology import Place, grpc_topology
from c8py.serving.http import Tls

_log = logging.getLogger("c8py.server.gateway")

_STATUS: Final[Mapping[Kind, grpc.StatusCode]] = {kind: grpc.StatusCode[wire.grpc] for kind, wire in WIRE.items()}
_OUR_BUG: Final = Refusal(Kind.INTERNAL, "the gateway failed; its log says why, please report it")
# What one message needs besides the jobs in it.
_ENVELOPE_BYTES: Final = 16 * 1024
_STOP_GRACE_S: Final = 2.0

SERVED: Final = frozenset(
    ("Topology", "CreateProcessInstanceWithResult", "ActivateJobs", "StreamActivatedJobs", *messages.UNARY)
)
"""The rpcs that the embedded engine has; all others answer UNIMPLEMENTED."""

_Context = grpc.aio.ServicerContext[bytes, bytes]
_Unary = Callable[[bytes, _Context], Awaitable[bytes]]
_Stream = Callable[[bytes, _Context], Awaitable[None]]


def _options(message_bytes_max: int) -> list[tuple[str, int]]:
    return [
        ("grpc.max_receive_message_length", message_bytes_max),
        ("grpc.max_send_message_length", -1),
        # Two processes must not share a port by accident: who comes second is told.
        ("grpc.so_reuseport", 0),
        # Java and Python clients ping idle connections every 45 s, some every 10 s; they must not be cut off for it.
        ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
        ("grpc.http2.max_ping_strikes", 0),
        ("grpc.keepalive_permit_without_calls", 1),
        # Finds clients that vanished without a word, so that their streams do not swallow jobs.
        ("grpc.keepalive_time_ms", 30_000),
        ("grpc.keepalive_timeout_ms", 20_000),
    ]


def _shown(tls: Tls) -> grpc.ServerCredentials:
    try:
        return grpc.ssl_server_credentials([(tls.key.read_bytes(), tls.certificate.read_bytes())])
    except OSError as error:
        raise ConfigError(
            f"expected a certificate in {tls.certificate} and its key in {tls.key}, but: {error}"
        ) from error


class GrpcEdge:
    """The gRPC face of one cluster.

    Args:
        cluster: what is served.
        door: who may come in.
        tls: what it shows to clients; None talks in the clear.
    """

    def __init__(self, cluster: ServedCluster, door: Door, *, tls: Tls | None = None) -> None:
        self._cluster = cluster
        self._tls = tls
        self._door = door
        self._server: grpc.aio.Server | None = None
        self._health: health.aio.HealthServicer | None = None
        self._place = Place("", 0)

    async def start(self, host: str, port: int) -> int:
        """Listen; gives the port, which the system chooses when 0 is asked for.

        Raises:
            PlatformError: the port is in use or may not be used.
            ConfigError: the certificate or its key cannot be read.
        """
        self._server = grpc.aio.server(options=_options(self._cluster.settings.message_bytes_max))
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, self._handlers()),))
        self._health = health.aio.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        reflection.enable_server_reflection((SERVICE, reflection.SERVICE_NAME), self._server, pool=pb.DESCRIPTOR.pool)
        address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        try:
            if self._tls is None:
                bound = self._server.add_insecure_port(address)
            else:
                bound = self._server.add_secure_port(address, _shown(self._tls))
        except RuntimeError as error:
            raise PlatformError(
                f"expected to listen for gRPC on {address}, but the port is in use or not allowed",
                hint="stop what listens there, or take a free one with --grpc-port 0",
            ) from error
        self._place = Place(host, bound)
        await self._server.start()
        for service in ("", SERVICE):
            await self._health.set(service, health_pb2.HealthCheckResponse.SERVING)
        return bound

    async def stop(self) -> None:
        """Refuse new calls, give running ones a moment, and close."""
        if self._health is not None:
            await self._health.enter_graceful_shutdown()
        if self._server is not None:
            await self._server.stop(_STOP_GRACE_S)

    def _handlers(self) -> dict[str, "grpc.RpcMethodHandler[bytes, bytes]"]:
        special: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {
            "Topology": grpc.unary_unary_rpc_method_handler(self._unary(self._topology)),
            "CreateProcessInstanceWithResult": grpc.unary_unary_rpc_method_handler(
                self._unary(self._create_and_await, long=True)
            ),
            "ActivateJobs": grpc.unary_stream_rpc_method_handler(self._stream(self._activate_jobs)),
            "StreamActivatedJobs": grpc.unary_stream_rpc_method_handler(self._stream(self._stream_activated_jobs)),
        }
        for name, translation in messages.UNARY.items():
            special[name] = grpc.unary_unary_rpc_method_handler(self._unary(self._translated(translation)))
        for name in RPCS.keys() - SERVED:
            special[name] = grpc.unary_unary_rpc_method_handler(self._unary(_unimplemented(name)))
        return special

    # -- around every call

    def _enter(self, context: _Context) -> Caller:
        authorization = forwarded = None
        for key, value in context.invocation_metadata() or ():
            if key == "authorization":
                authorization = value if isinstance(value, str) else value.decode("ascii", "replace")
            elif key == self._door.sources.header and isinstance(value, str):
                forwarded = value
        source = self._door.sources.of(_host_of(context.peer()), forwarded)
        return self._door.enter_grpc(authorization, source)

    def _unary(self, handle: _Unary, *, long: bool = False) -> _Unary:
        async def serve(data: bytes, context: _Context) -> bytes:
            try:
                caller = self._enter(context)
                # Most calls are over before anybody could delete their client.
                with self._door.while_allowed(caller) if long else contextlib.nullcontext():
                    return await handle(data, context)
            except Exception as error:  # noqa: BLE001  whatever it is, the caller gets a status
                await _fail(context, error)

        return serve

    def _stream(self, handle: _Stream) -> _Stream:
        async def serve(data: bytes, context: _Context) -> None:
            try:
                caller = self._enter(context)
                with self._door.while_allowed(caller):
                    await handle(data, context)
            except Exception as error:  # noqa: BLE001  whatever it is, the caller gets a status
                await _fail(context, error)

        return serve

    def _translated(self, translation: messages.Translation) -> _Unary:
        read, write = translation
        run = self._cluster.run

        async def handle(data: bytes, _context: _Context) -> bytes:
            return write(await run(read(data)))

        return handle

    # -- the calls that are more than one command and one answer

    async def _topology(self, data: bytes, _context: _Context) -> bytes:
        messages.message(pb.TopologyRequest, data)
        return grpc_topology(self._cluster, self._place).SerializeToString()

    async def _create_and_await(self, data: bytes, _context: _Context) -> bytes:
        request = messages.message(pb.CreateProcessInstanceWithResultRequest, data)
        creation = messages.creation(request.request, tuple(request.fetchVariables))
        return messages.completed(
            await self._cluster.create_and_await(creation, request.requestTimeout)
        ).SerializeToString()

    async def _activate_jobs(self, data: bytes, context: _Context) -> None:
        request = messages.message(pb.ActivateJobsRequest, data)
        wanted = messages.activation(request, self._cluster.settings.message_bytes_max - _ENVELOPE_BYTES)
        wait_ms = request.requestTimeout
        while True:
            batch = await self._cluster.activate(wanted, wait_ms)
            if batch.jobs:
                await self._deliver(context, messages.activated_jobs(batch), batch.job_keys)
            left = wanted.max_jobs - len(batch.jobs)
            if not batch.truncated or left < 1:
                return
            # The answer was cut for its size: the rest comes in the next message, without waiting for more.
            wanted, wait_ms = msgspec.structs.replace(wanted, max_jobs=left), -1

    async def _stream_activated_jobs(self, data: bytes, context: _Context) -> None:
        wanted = messages.job_stream(messages.message(pb.StreamActivatedJobsRequest, data))
        stream = await self._cluster.open_stream(wanted)
        try:
            # Headers at once: clients take them as the sign that the stream stands.
            await context.send_initial_metadata(())
            async for push in stream:
                await self._deliver(
                    context, messages.activated_job(push.job_key, push.job).SerializeToString(), (push.job_key,)
                )
        finally:
            self._cluster.close_stream(stream)

    async def _deliver(self, context: _Context, data: bytes, job_keys: tuple[int, ...]) -> None:
        try:
            await context.write(data)
        except BaseException:
            for job_key in job_keys:
                self._cluster.hand_back(job_key)
            raise


def _host_of(peer: str) -> str:
    """The address in what gRPC calls a peer: ipv4:192.0.2.1:1234, ipv6:[::1]:1234 or ipv6:%5B::1%5D:1234."""
    _, _, rest = peer.partition(":")
    return unquote(rest.rpartition(":")[0]).strip("[]")


def _unimplemented(name: str) -> _Unary:
    refusal = Refusal(
        Kind.NOT_SUPPORTED,
        f"expected an rpc that the embedded engine serves, but {name} is not among them yet; a real cluster has it",
    )

    async def handle(_data: bytes, _context: _Context) -> bytes:
        raise refusal

    return handle


async def _fail(context: _Context, error: Exception) -> NoReturn:
    """End a call with the status of a refusal, or with INTERNAL for anything else."""
    if not isinstance(error, Refusal):
        _log.error("a call failed in a way that is a bug of the gateway", exc_info=error)
        error = _OUR_BUG
    await context.abort(_STATUS[error.kind], error.detail)
