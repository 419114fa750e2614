"""Rules of answers without end on sockets of our own: jobs come when they are pushed, as fast as they are read."""

import asyncio

import pytest

from c8py.errors import ConnectionFailed, DeadlineExceeded, InvalidArgument, ServerFault, Unauthenticated
from c8py.proto import gateway_pb2 as pb
from c8py.transport import direct_line
from c8py.transport.direct import PUSH_WINDOW
from harness.http2_frames import DATA, END_HEADERS, END_STREAM, HEADERS, RESET, frame
from harness.raw_gateway import RawGateway

FRAME_BYTES = 16_384
REQUEST = pb.StreamActivatedJobsRequest(type="t", worker="w", timeout=1000)


def pushes(client, timeout_s=60.0):
    return client.stream("StreamActivatedJobs", REQUEST, pb.ActivatedJob, timeout_s=timeout_s)


def pushed(*keys, variables=""):
    messages = (pb.ActivatedJob(key=key, variables=variables).SerializeToString() for key in keys)
    return b"".join(b"\0" + len(message).to_bytes(4) + message for message in messages)


def beginning(peer, number, content=b""):
    """The headers of an answer, and so much of it in frames."""
    parts = [content[at : at + FRAME_BYTES] for at in range(0, len(content), FRAME_BYTES)]
    head = frame(HEADERS, END_HEADERS, number, peer.encoder.encode([(":status", "200")]))
    return [head, *(frame(DATA, 0, number, part) for part in parts)]


def ended(number, peer, status):
    return frame(HEADERS, END_HEADERS | END_STREAM, number, peer.encoder.encode([("grpc-status", status)]))


async def seen(condition):
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  what it waits for is a socket
            await asyncio.sleep(0.01)


async def test_what_is_pushed_is_read_while_the_answer_goes_on(client):
    async with RawGateway(lambda _, number, peer: beginning(peer, number, pushed(1, 2))) as gateway:
        stream = pushes(client(gateway.address))
        assert [(await anext(stream)).key for _ in range(2)] == [1, 2]
        await stream.aclose()
        await seen(lambda: gateway.resets)
    assert gateway.called == 1


async def test_who_stops_reading_gives_a_gateway_no_more_room(client):
    count = PUSH_WINDOW // 1000  # as many of a thousand bytes and some as fill the room
    content = pushed(*range(count), variables="x" * 1000)[:PUSH_WINDOW]
    async with RawGateway(lambda _, number, peer: beginning(peer, number, content)) as gateway:
        stream = pushes(client(gateway.address))
        await anext(stream)
        await asyncio.sleep(0.2)
        given = gateway.windows[1]
        assert given < 2000, "room for what is cut off at the most, so that the rest of it can come"
        for _ in range(count // 2 + 5):
            await anext(stream)
        await seen(lambda: gateway.windows[1] > PUSH_WINDOW // 2)
        await stream.aclose()


async def test_a_job_may_be_larger_than_the_room_for_jobs(client, gateway):
    large = "x" * (PUSH_WINDOW * 40)

    def back(_request, _metadata):
        for key in range(3):
            yield pb.ActivatedJob(key=key, variables=large)

    server = gateway({"StreamActivatedJobs": back})
    found = [(job.key, job.variables == large) async for job in pushes(client(server.address))]
    assert found == [(0, True), (1, True), (2, True)]


async def test_pushes_and_calls_have_connections_of_their_own(client):
    def answer(called, number, peer):
        return beginning(peer, number, pushed(1)) if called == 0 else [peer.answer(number)]

    async with RawGateway(answer) as gateway:
        one = client(gateway.address)
        stream = pushes(one)
        await anext(stream)
        await one.unary("Topology", pb.TopologyRequest(), pb.TopologyResponse, timeout_s=10)
        assert gateway.connections == 2
        await stream.aclose()


async def test_it_ends_where_the_gateway_ends_it(client):
    async with RawGateway(
        lambda _, number, peer: [peer.answer(number, pb.ActivatedJob(key=1).SerializeToString())]
    ) as gateway:
        assert [job.key async for job in pushes(client(gateway.address))] == [1]


@pytest.mark.parametrize(
    ("end", "error"),
    [
        (lambda number, peer: ended(number, peer, "3"), InvalidArgument),
        (lambda number, _: frame(RESET, 0, number, (7).to_bytes(4)), ConnectionFailed),
        (lambda number, _: b"\xff" * 40, ConnectionFailed),
        (lambda number, _: frame(DATA, END_STREAM, number), ServerFault),
        (lambda number, peer: frame(DATA, 0, number, b"\0\0\0\0\5ab") + ended(number, peer, "0"), ServerFault),
        (lambda number, _: frame(DATA, 0, number, b"\1\0\0\0\0"), ServerFault),
    ],
    ids=["refused", "reset", "no sense", "no status", "cut off", "compressed"],
)
async def test_it_breaks_off_with_a_typed_error_after_what_had_come(client, end, error):
    def answer(_, number, peer):
        return [*beginning(peer, number, pushed(1)), end(number, peer)]

    async with RawGateway(answer) as gateway:
        stream = pushes(client(gateway.address))
        assert (await anext(stream)).key == 1
        with pytest.raises(error):
            await anext(stream)


async def test_a_gateway_that_is_gone_without_a_word_is_found_out_although_no_job_comes(client, monkeypatch):
    monkeypatch.setattr(direct_line, "GRPC_PING_S", 0.3)
    async with RawGateway(lambda _, number, peer: beginning(peer, number)) as gateway:
        with pytest.raises(ConnectionFailed, match="ping timeout"):
            await anext(pushes(client(gateway.address, keep_alive_s=0.3)))
        assert gateway.heard_pings


async def test_a_page_without_end_of_a_proxy_ends_it_at_once(client):
    """A stream may last for hours; who waits so long for the rest of a refusal looks healthy, and gets no jobs."""

    def refused(called, number, peer):
        if called:
            return beginning(peer, number, pushed(7))
        return [frame(HEADERS, END_HEADERS, number, peer.encoder.encode([(":status", "401")]))]

    async with RawGateway(refused) as gateway:
        async with asyncio.timeout(10):
            with pytest.raises(Unauthenticated):
                await anext(pushes(client(gateway.address)))
            await seen(lambda: gateway.resets == [1])
            assert (await anext(pushes(client(gateway.address)))).key == 7


async def test_it_lasts_no_longer_than_it_may(client):
    async with RawGateway(lambda _, number, peer: beginning(peer, number)) as gateway:
        with pytest.raises(DeadlineExceeded):
            await anext(pushes(client(gateway.address), timeout_s=0.3))
        await seen(lambda: gateway.resets)


async def test_a_client_that_is_closed_ends_it(client):
    async with RawGateway(lambda _, number, peer: beginning(peer, number)) as gateway:
        one = client(gateway.address)
        waiting = asyncio.create_task(anext(pushes(one)))
        await seen(lambda: gateway.called)
        await one.aclose()
        with pytest.raises(ConnectionFailed, match="closed meanwhile"):
            await waiting


async def test_a_client_that_is_closed_by_who_does_not_wait_for_that_ends_it_too(client):
    async with RawGateway(lambda _, number, peer: beginning(peer, number)) as gateway:
        one = client(gateway.address)
        waiting = asyncio.create_task(anext(pushes(one)))
        await seen(lambda: gateway.called)
        closing = asyncio.create_task(one.aclose())
        await asyncio.sleep(0)
        closing.cancel()
        with pytest.raises(ConnectionFailed, match="closed meanwhile"):
            await asyncio.wait_for(waiting, 10)
