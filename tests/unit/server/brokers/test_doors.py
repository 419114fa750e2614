"""Doors over real sockets: what is behind one answers whatever it is sent."""

import asyncio
import contextlib
import os
import socket

import psutil
import pytest

from c8py.base import limits
from c8py.errors import PlatformError
from c8py.server.brokers.doors import Doors
from c8py.server.brokers.plan import BrokerPlan, Plan, Ports, Shape
from harness.processes import free_ports

HERE = "127.0.0.1"


def plan_with(shown, behind, cluster_id="c"):
    ports = Ports(grpc=shown, rest=0, management=0, command=0, internal=0, behind_grpc=behind)
    return Plan(cluster_id=cluster_id, shape=Shape(), brokers=(BrokerPlan(node_id=0, host=HERE, ports=ports),))


class Hall:
    """Doors, a list of who may come in, and an echo behind them."""

    def __init__(self):
        self.banned = set()
        self.doors = Doors(lambda _id, source: source not in self.banned, look_again_s=0.02)
        self.port, behind = free_ports(2)
        self.plan = plan_with(self.port, behind)
        self._behind = behind
        self._echo = None
        self._came = []

    async def echo(self):
        async def answer(reader, writer):
            with contextlib.suppress(ConnectionError):
                while piece := await reader.read(65_536):
                    writer.write(piece)
                    await writer.drain()
            writer.close()

        self._echo = await asyncio.start_server(answer, HERE, self._behind)

    async def come(self, source=HERE):
        reader, writer = await asyncio.open_connection(HERE, self.port, local_addr=(source, 0))
        self._came.append(writer)
        return reader, writer

    async def close(self):
        for writer in self._came:
            writer.transport.abort()
        await self.doors.stop()
        if self._echo is not None:
            self._echo.close()


@pytest.fixture
async def hall():
    one = Hall()
    await one.echo()
    await one.doors.open(one.plan)
    yield one
    await one.close()


async def said(reader, writer, text=b"hello"):
    """What comes back; nothing where the connection is ended."""
    try:
        async with asyncio.timeout(20):
            writer.write(text)
            return await reader.readexactly(len(text))
    except (ConnectionError, asyncio.IncompleteReadError):
        return b""


async def test_bytes_pass_through_in_both_directions(hall):
    reader, writer = await hall.come()
    large = bytes(range(256)) * 4096
    assert await said(reader, writer, large) == large
    writer.write_eof()
    assert await reader.read() == b""
    writer.close()


async def test_who_is_not_on_the_list_gets_nothing(hall):
    hall.banned.add("127.0.0.2")
    assert await said(*await hall.come("127.0.0.2")) == b""
    assert await said(*await hall.come()) == b"hello"


async def test_one_address_does_not_fill_the_doors_alone(hall, monkeypatch):
    monkeypatch.setattr(limits, "DOOR_CONNECTIONS_OF_ONE_MAX", 2)
    first, second = await hall.come(), await hall.come()
    assert [await said(*first), await said(*second)] == [b"hello", b"hello"]
    assert await said(*await hall.come()) == b""
    assert await said(*await hall.come("127.0.0.2")) == b"hello"
    first[1].transport.abort()
    async with asyncio.timeout(20):
        while await said(*await hall.come()) != b"hello":  # noqa: ASYNC110  what it waits for is a socket
            await asyncio.sleep(0.02)


async def test_the_kernel_looks_after_who_is_inside(hall):
    visit = await hall.come()
    assert await said(*visit) == b"hello"
    to_client, to_broker = visit[1].get_extra_info("sockname"), (HERE, hall.plan.brokers[0].ports.behind_grpc)
    assert kept_alive(to_client) == [True]
    assert kept_alive(to_broker) == [True]


def kept_alive(peer):
    """Of each socket of this process that is connected to this peer."""
    found = []
    for connection in psutil.Process().net_connections("tcp"):
        if connection.raddr == peer:
            with socket.socket(fileno=os.dup(connection.fd)) as one:
                found.append(bool(one.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)))
    return found


async def test_who_may_come_in_no_longer_is_put_out(hall):
    mine, other = await hall.come(), await hall.come("127.0.0.2")
    assert [await said(*mine), await said(*other)] == [b"hello", b"hello"]
    hall.banned.add("127.0.0.2")
    async with asyncio.timeout(20):
        with contextlib.suppress(ConnectionError):
            assert await other[0].read() == b""
    assert await said(*mine) == b"hello"


async def test_a_closed_door_ends_its_connections_and_opens_again(hall):
    visit = await hall.come()
    assert await said(*visit) == b"hello"
    hall.doors.close("c")
    assert await said(*visit) == b""
    with pytest.raises(OSError, match=str(hall.port)):
        await hall.come()
    await hall.doors.open(hall.plan)
    assert await said(*await hall.come()) == b"hello"


async def test_a_broker_that_does_not_run_looks_as_without_a_door(hall):
    hall.doors.close("c")
    nobody = free_ports(1)[0]
    await hall.doors.open(plan_with(hall.port, nobody))
    assert await said(*await hall.come()) == b""


async def test_a_port_that_somebody_else_has_is_said(hall):
    with pytest.raises(PlatformError, match="on port"):
        await hall.doors.open(plan_with(hall.port, 1, "d"))


@contextlib.asynccontextmanager
async def in_the_way(port):
    server = await asyncio.start_server(lambda _reader, _writer: None, HERE, port)
    yield
    server.close()
    await server.wait_closed()


async def opened(hall, cluster_id):
    async with asyncio.timeout(20):
        while hall.doors.trouble(cluster_id):  # noqa: ASYNC110  what it waits for is a socket
            await asyncio.sleep(0.02)


async def test_a_door_that_cannot_open_opens_later_and_the_others_do_meanwhile(hall):
    port, behind = free_ports(2)
    async with in_the_way(port):
        await hall.doors.open_or_later(plan_with(port, behind, "d"))
        assert f"on port {port}" in hall.doors.trouble("d")
        assert hall.doors.trouble("c") == ""
        assert await said(*await hall.come()) == b"hello"
    await opened(hall, "d")
    _, writer = await asyncio.open_connection(HERE, port)
    writer.close()


async def test_a_door_that_was_shut_and_is_closed_does_not_open_later(hall):
    closed, other, behind = free_ports(3)
    async with in_the_way(closed), in_the_way(other):
        for port in (closed, other):
            await hall.doors.open_or_later(plan_with(port, behind, str(port)))
        hall.doors.close(str(closed))
        assert hall.doors.trouble(str(closed)) == ""
    await opened(hall, str(other))
    with pytest.raises(OSError, match=str(closed)):
        await asyncio.open_connection(HERE, closed)


async def test_brokers_without_a_door_have_none(hall):
    port = free_ports(1)[0]
    await hall.doors.open(plan_with(port, 0, "d"))
    with pytest.raises(OSError, match=str(port)):
        await asyncio.open_connection(HERE, port)
