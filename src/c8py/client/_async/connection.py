"""The connections of one client, made when they are first needed, and what they have in common."""

import threading
from typing import TYPE_CHECKING

import msgspec

from c8py.auth import TokenCache, credentials_for
from c8py.base.clock import Clock
from c8py.client import rest_forms
from c8py.client._async.version import AsyncClusterVersion
from c8py.client.lenient import decode
from c8py.config import Settings
from c8py.errors import ConfigError
from c8py.transport import AsyncRest, AsyncTokenSource, AsyncWire, async_headers

if TYPE_CHECKING:
    from c8py.transport.grpc import AsyncGrpc


class _Topology(msgspec.Struct, rename="camel"):
    """What is wanted of a topology here; the whole of it would load the models of its tag."""

    gateway_version: str = ""


class AsyncConnection:
    """The two ways to one cluster.

    Args:
        settings: of the cluster.
        cache: remembers tokens.
        clock: tells the time.
        token: gives tokens in place of the settings' credentials.
    """

    def __init__(
        self, settings: Settings, *, cache: TokenCache, clock: Clock, token: AsyncTokenSource | None = None
    ) -> None:
        self.settings = settings
        self._clock = clock
        self._wire = AsyncWire(settings)
        credentials = credentials_for(settings, "cluster") if token is None else token
        self._headers = async_headers(credentials, self._wire, settings, cache=cache, clock=clock)
        self._guard = threading.Lock()  # threads that call for the first time at once share one gateway
        self._gateway: AsyncGrpc | None = None
        self._rest: AsyncRest | None = None
        self.version = AsyncClusterVersion(self._version, clock)

    def gateway(self) -> "AsyncGrpc":
        """The gateway over gRPC.

        Raises:
            ConfigError: its address is not known.
        """
        return self._gateway or self._open_gateway()

    def rest(self) -> AsyncRest:
        """The REST API itself.

        Raises:
            ConfigError: its address is not known.
        """
        if self._rest is None:
            address = self.settings.rest_address
            if address is None:
                raise ConfigError(
                    "expected the address of the REST API, but there is none",
                    hint="set ZEEBE_REST_ADDRESS (or CAMUNDA_REST_ADDRESS)",
                )
            self._rest = AsyncRest(address, self._wire, self._headers, self._clock)
        return self._rest

    def _open_gateway(self) -> "AsyncGrpc":
        # grpcio and protobuf cost 50 ms and 15 MB that users of REST need not pay.
        from c8py.transport.grpc import AsyncGrpc  # noqa: PLC0415

        with self._guard:
            if self._gateway is None:
                self._gateway = AsyncGrpc(self.settings, self._headers, self._clock)
            return self._gateway

    async def header(self) -> str:
        """The Authorization header that calls carry now; empty where they need none.

        Raises:
            AuthError: there is no token to be had.
        """
        return await self._headers.header()

    async def _version(self) -> str:
        # Over REST where that is known, for it costs no gRPC channel; and of no physical tenant, which it may not know.
        if self.settings.rest_address is None:
            from c8py.proto import gateway_pb2 as pb  # noqa: PLC0415

            topology = await self.gateway().unary(
                "Topology", pb.TopologyRequest(), pb.TopologyResponse, timeout_s=self.settings.request_timeout_s
            )
            return topology.gatewayVersion
        request = rest_forms.request("getTopology", timeout_s=self.settings.request_timeout_s)
        answer = await self.rest().send(request)
        return decode(answer, _Topology, call=request.call, address=self.settings.rest_address).gateway_version

    async def aclose(self) -> None:
        """Close all connections."""
        gateway, self._gateway = self._gateway, None
        self._rest = None
        await self._headers.aclose()
        if gateway is not None:
            await gateway.aclose()
        await self._wire.aclose()
