"""The gateway: the clusters that it serves, each with its engine, its door and its edges. They come and go."""

from collections.abc import Callable
from pathlib import Path

from starlette.routing import Mount

from c8py.base.clock import Clock
from c8py.engine.runtime import Engine
from c8py.server.access import Access
from c8py.server.gateway.cluster import ServedCluster
from c8py.server.gateway.door import Door
from c8py.server.gateway.grpc_edge import GrpcEdge
from c8py.server.gateway.host import Runs
from c8py.server.gateway.rest_edge import RestEdge, Served
from c8py.server.gateway.topology import Place
from c8py.server.settings import GatewaySettings
from c8py.serving.http import Tls

OpenEngine = Callable[[Path | None], Runs]


class Gateway:
    """gRPC and REST v2 for clusters of the embedded engine.

    Args:
        settings: waits and limits.
        access: who may call what.
        clock: handed to the engines.
        default: the cluster that REST without a cluster in the path means.
        open_engine: opens an engine in its folder; tests hand in ones that break.
        tls: what gRPC shows to clients; None talks in the clear.
    """

    def __init__(
        self,
        settings: GatewaySettings,
        access: Access,
        clock: Clock,
        default: str,
        *,
        open_engine: OpenEngine | None = None,
        tls: Tls | None = None,
    ) -> None:
        def open_real(path: Path | None) -> Runs:
            return Engine.open(path, clock=clock)

        self._settings = settings
        self._tls = tls
        self._access = access
        self._clock = clock
        self._default = default
        self._open_engine = open_engine or open_real
        self._served: dict[str, Served] = {}
        self._edges: dict[str, GrpcEdge] = {}
        self._resting: set[str] = set()
        self._rest = RestEdge(self._served, self._resting, default=default)

    async def open(self, cluster_id: str, folder: Path | None, *, host: str, port: int) -> int:
        """Serve a cluster from here on.

        Args:
            cluster_id: its UUID.
            folder: of its engine; None for one in memory.
            host: where to listen for gRPC.
            port: 0 takes a free one.

        Returns:
            The port for gRPC.

        Raises:
            PlatformError: the folder or the port cannot be used; nothing is left behind.
        """
        cluster = ServedCluster(
            cluster_id, lambda: self._open_engine(folder), clock=self._clock, settings=self._settings
        )
        await cluster.start()
        door = Door(self._access, cluster_id)
        edge = GrpcEdge(cluster, door, tls=self._tls)
        try:
            bound = await edge.start(host, port)
        except BaseException:
            await cluster.stop()
            raise
        self._served[cluster_id], self._edges[cluster_id] = Served(cluster, door, Place(host, bound)), edge
        self._resting.discard(cluster_id)
        return bound

    async def close(self, cluster_id: str, *, resting: bool = False) -> None:
        """Serve a cluster no longer; what was accepted is finished, and streams end.

        Args:
            cluster_id: which one; nothing happens when it is not served.
            resting: whether callers are told that it is suspended, or that there is none.
        """
        (self._resting.add if resting else self._resting.discard)(cluster_id)
        served = self._served.pop(cluster_id, None)
        if served is None:
            return
        served.cluster.wind_down()
        await self._edges.pop(cluster_id).stop()
        await served.cluster.stop()

    def rest_routes(self) -> list[Mount]:
        """The REST API: /v2 of the default cluster, and /{cluster_id}/v2 of each."""
        return [Mount("/v2", app=self._rest), Mount("/{cluster_id}/v2", app=self._rest)]

    def serves(self, cluster_id: str) -> bool:
        """Whether calls to this cluster get through."""
        return cluster_id in self._served

    def cluster(self, cluster_id: str | None = None) -> ServedCluster:
        """A cluster by its id, or the default one.

        Raises:
            KeyError: it is not served.
        """
        return self._served[cluster_id or self._default].cluster

    async def wind_down(self) -> None:
        """Let go of everybody who waits for jobs; call it before the HTTP server is stopped, which waits for them."""
        for served in self._served.values():
            served.cluster.wind_down()

    async def stop(self) -> None:
        """Refuse new calls, finish what was accepted, close the engines."""
        await self.wind_down()
        for edge in self._edges.values():
            await edge.stop()
        for served in self._served.values():
            await served.cluster.stop()
