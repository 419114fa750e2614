"""The gateway: the clusters of the store, each with its engine, its door and its edges."""

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
from c8py.server.gateway.rest_edge import RestEdge
from c8py.server.settings import GatewaySettings

OpenEngine = Callable[[Path | None], Runs]


class Gateway:
    """gRPC and REST v2 for clusters of the embedded engine.

    Args:
        settings: waits and limits.
        access: who may call what.
        clock: handed to the engines.
        engines: for each cluster the folder of its engine, None for one in memory; the first is the default cluster,
            which gRPC and REST without a cluster in the path mean.
        open_engine: opens an engine in its folder; tests hand in ones that break.
    """

    def __init__(
        self,
        settings: GatewaySettings,
        access: Access,
        clock: Clock,
        engines: dict[str, Path | None],
        *,
        open_engine: OpenEngine | None = None,
    ) -> None:
        def open_real(path: Path | None) -> Runs:
            return Engine.open(path, clock=clock)

        opened = open_engine or open_real
        self._clusters = {
            cluster_id: ServedCluster(cluster_id, lambda path=path: opened(path), clock=clock, settings=settings)
            for cluster_id, path in engines.items()
        }
        self._doors = {cluster_id: Door(access, cluster_id) for cluster_id in engines}
        self._default = next(iter(engines))
        self._grpc: list[GrpcEdge] = []
        self._rest = RestEdge(self._clusters, self._doors, default=self._default)

    async def start(self) -> None:
        """Open the engines.

        Raises:
            PlatformError: a folder cannot be used.
        """
        for cluster in self._clusters.values():
            await cluster.start()

    async def start_grpc(self, host: str, port: int, *, cluster_id: str | None = None) -> int:
        """Listen for gRPC calls to one cluster, by default the first; gives the port.

        Raises:
            PlatformError: the port is in use.
        """
        chosen = cluster_id or self._default
        edge = GrpcEdge(self._clusters[chosen], self._doors[chosen])
        self._grpc.append(edge)
        bound = await edge.start(host, port)
        if chosen == self._default:
            self._rest.tell_grpc_place(host, bound)
        return bound

    def rest_routes(self) -> list[Mount]:
        """The REST API: /v2 of the default cluster, and /{cluster_id}/v2 of each."""
        return [Mount("/v2", app=self._rest), Mount("/{cluster_id}/v2", app=self._rest)]

    def cluster(self, cluster_id: str | None = None) -> ServedCluster:
        """A cluster by its id, or the default one.

        Raises:
            KeyError: there is none.
        """
        return self._clusters[cluster_id or self._default]

    async def wind_down(self) -> None:
        """Let go of everybody who waits for jobs; call it before the HTTP server is stopped, which waits for them."""
        for cluster in self._clusters.values():
            cluster.wind_down()

    async def stop(self) -> None:
        """Refuse new calls, finish what was accepted, close the engines."""
        await self.wind_down()
        for edge in self._grpc:
            await edge.stop()
        for cluster in self._clusters.values():
            await cluster.stop()
