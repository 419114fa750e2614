"""Doors in front of brokers: the platform listens where clients connect, and lets in whom the cluster lets in.

Bytes pass through as they are, TLS too; so a door knows addresses, and neither tokens nor calls. What is open is looked
at again every second: whoever may come in no longer is put out. Behind a closed platform nobody gets in.
"""

import asyncio
import collections
import contextlib
import socket
from collections.abc import Callable
from typing import Final

from c8py.base import limits
from c8py.errors import PlatformError
from c8py.server.brokers.plan import Plan

_LOOPBACK: Final = "127.0.0.1"
_PIECE_BYTES: Final = 64 * 1024
_LOOK_AGAIN_S: Final = 1.0
_CONNECT_S: Final = 5.0
# A minute of silence, then four questions; the kernel's own is two hours. Not each system knows all of them.
_KEEP_ALIVE: Final = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 15, "TCP_KEEPCNT": 4}


class Doors:
    """All doors of a platform.

    Args:
        allow: whether a cluster, by its id, takes calls from an address.
        look_again_s: between two looks at the connections that are open.
    """

    def __init__(self, allow: Callable[[str, str], bool], *, look_again_s: float = _LOOK_AGAIN_S) -> None:
        self._allow = allow
        self._look_again_s = look_again_s
        self._servers: dict[str, list[asyncio.Server]] = {}
        self._inside: dict[asyncio.Task[None], tuple[str, str]] = {}
        self._of_one: collections.Counter[str] = collections.Counter()
        self._shut: dict[str, tuple[Plan, str]] = {}
        self._looking: asyncio.Task[None] | None = None

    async def open(self, plan: Plan) -> None:
        """Listen for the brokers of a cluster that are behind a door.

        Raises:
            PlatformError: somebody else has one of the ports; none is open then.
        """
        self._begin()
        self._servers[plan.cluster_id] = await self._listen_for(plan)

    async def open_or_later(self, plan: Plan) -> None:
        """Open now, or as soon as it goes: one cluster that cannot be reached is no reason to stop all the others."""
        self._begin()
        try:
            self._servers[plan.cluster_id] = await self._listen_for(plan)
        except PlatformError as error:
            self._shut[plan.cluster_id] = (plan, str(error))

    def trouble(self, cluster_id: str) -> str:
        """Why the doors of a cluster are shut; "" where they are not."""
        return self._shut[cluster_id][1] if cluster_id in self._shut else ""

    def close(self, cluster_id: str) -> None:
        """Listen for a cluster no longer, and end its connections."""
        self._shut.pop(cluster_id, None)
        _close(self._servers.pop(cluster_id, []))
        self._put_out(lambda cluster, _source: cluster == cluster_id)

    async def stop(self) -> None:
        """Close all of them."""
        for cluster_id in [*self._servers, *self._shut]:
            self.close(cluster_id)
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.wait((self._looking, *self._inside))
            self._looking = None

    # -- inside

    def _begin(self) -> None:
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())

    async def _listen_for(self, plan: Plan) -> list[asyncio.Server]:
        servers: list[asyncio.Server] = []
        for broker in plan.brokers:
            ports = broker.ports
            for shown, behind in ((ports.grpc, ports.behind_grpc), (ports.rest, ports.behind_rest)):
                if behind:
                    try:
                        servers.append(await self._listen(plan, shown, behind))
                    except OSError as error:
                        _close(servers)
                        raise PlatformError(
                            f"expected to listen for brokers on port {shown}, but: {error}",
                            hint="end the program that has the port",
                        ) from error
        return servers

    async def _open_again(self) -> None:
        """Open what was shut, unless it was closed meanwhile."""
        for cluster_id, (plan, _) in list(self._shut.items()):
            try:
                servers = await self._listen_for(plan)
            except PlatformError as error:
                if cluster_id in self._shut:
                    self._shut[cluster_id] = (plan, str(error))
                continue
            if self._shut.pop(cluster_id, None) is None:
                _close(servers)
            else:
                self._servers[cluster_id] = servers

    async def _listen(self, plan: Plan, shown: int, behind: int) -> asyncio.Server:
        async def come(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._visit(plan.cluster_id, behind, reader, writer)

        return await asyncio.start_server(come, plan.bind, shown, limit=_PIECE_BYTES)

    async def _visit(
        self, cluster_id: str, behind: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        source = str(writer.get_extra_info("peername", ("",))[0])
        task = asyncio.current_task()
        if task is None or self._is_full_for(source) or not self._allow(cluster_id, source):
            writer.transport.abort()
            return
        self._inside[task] = (cluster_id, source)
        self._of_one[source] += 1
        try:
            async with asyncio.timeout(_CONNECT_S):
                inner_reader, inner_writer = await asyncio.open_connection(_LOOPBACK, behind, limit=_PIECE_BYTES)
        except (OSError, TimeoutError, asyncio.CancelledError):
            writer.transport.abort()  # as a broker that does not run
            self._leave(task)
            return
        for one in (writer, inner_writer):
            _keep_alive(one)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(_pass_on(reader, inner_writer))
                both.create_task(_pass_on(inner_reader, writer))
        except* OSError:
            pass  # one of them is gone
        except* asyncio.CancelledError:
            pass  # put out: this task is nobody's but ours
        finally:
            self._leave(task)
            for one in (writer, inner_writer):
                one.transport.abort()

    def _is_full_for(self, source: str) -> bool:
        of_one = self._of_one.get(source, 0)
        return len(self._inside) >= limits.DOOR_CONNECTIONS_MAX or of_one >= limits.DOOR_CONNECTIONS_OF_ONE_MAX

    def _leave(self, task: asyncio.Task[None]) -> None:
        _, source = self._inside.pop(task)
        self._of_one[source] -= 1
        if not self._of_one[source]:
            del self._of_one[source]

    def _put_out(self, whom: Callable[[str, str], bool]) -> None:
        for task, (cluster_id, source) in list(self._inside.items()):
            if whom(cluster_id, source):
                task.cancel()

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(self._look_again_s)
            self._put_out(lambda cluster_id, source: not self._allow(cluster_id, source))
            await self._open_again()


def _close(servers: list[asyncio.Server]) -> None:
    for server in servers:
        server.close()


def _keep_alive(writer: asyncio.StreamWriter) -> None:
    """Have the kernel ask whether somebody is still there: who vanished without a word would be inside for ever."""
    one: socket.socket = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):  # gone already
        one.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _KEEP_ALIVE.items():
            if hasattr(socket, name):
                one.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on what comes, no faster than it is taken, up to the end of one direction."""
    while piece := await reader.read(_PIECE_BYTES):
        writer.write(piece)
        await writer.drain()
    with contextlib.suppress(OSError):
        if writer.can_write_eof():
            writer.write_eof()
