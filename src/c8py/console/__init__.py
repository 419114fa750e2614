"""The Administration API (Console's own), for asyncio and for threads: clusters and their API clients, so far."""

from c8py.console._async.facade import AsyncConsole
from c8py.console._sync.facade import Console
from c8py.console.models import (
    ClientConnection,
    Cluster,
    ClusterClient,
    ClusterStatus,
    CreatedClusterClient,
    Links,
    Named,
    Permission,
)

__all__ = [
    "AsyncConsole",
    "ClientConnection",
    "Cluster",
    "ClusterClient",
    "ClusterStatus",
    "Console",
    "CreatedClusterClient",
    "Links",
    "Named",
    "Permission",
]
