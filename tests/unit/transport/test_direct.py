"""Rules of calls without the library's core, on real sockets, against peers that no library would be."""

import asyncio
import contextlib
import time
from concurrent import futures
from typing import NamedTuple

import grpc
import pytest

from c8py.base.clock import SystemClock
from c8py.errors import C8Error, ConnectionFailed, ResourceExhausted
from c8py.proto import gateway_pb2 as pb
from c8py.transport import direct, direct_line
from c8py.transport._async.grpc import AsyncGrpc
from c8py.transport._async.headers import AsyncFixedHeader
from c8py.transport.channel import async_channel
from c8py.transport.direct import DirectChannel
from harness.answering import Gateway
from harness.http2_frames import (
    CONTINUATION,
    END_STREAM,
    GO_AWAY,
    HEADERS,
    PING,
    PREFACE,
    RESET,
    SETTINGS,
    WINDOW,
    frame,
    frames,
)
from harness.raw_gateway import RawGateway

STARTED = pb.CreateProcessInstanceResponse(processInstanceKey=1)


def started(number, peer):
    return [peer.answer(number, STARTED.SerializeToString())]


async def start(client, timeout_s=10.0):
    """A call that must not take effect twice, and so is not made again unless it certainly had none."""
    request = pb.CreateProcessInstanceRequest(bpmnProcessId="p")
    return await client.unary("CreateProcessInstance", request, pb.CreateProcessInstanceResponse, timeout_s=timeout_s)


@pytest.mark.parametrize(
    ("arguments", "own"),
    [
        ({"grpc_transport": "asyncio"}, True),
        ({}, False),
        ({"grpc_transport": "grpcio"}, False),
        ({"grpc_transport": "asyncio", "grpc_compression": True}, False),
        ({"grpc_transport": "asyncio", "https_proxy": "http://proxy.example:3128", "http_proxy": "http://p:1"}, False),
    ],
)
async def test_what_only_the_library_can_do_is_left_to_it(settings, arguments, own):
    chosen = async_channel(settings(grpc_address="grpc://gateway.example:26500", **arguments), agent="c8py")
    assert isinstance(chosen, DirectChannel) == own
    await chosen.close()


@pytest.mark.parametrize("mutual", [False, True])
async def test_certificates_of_ones_own_are_no_reason_for_the_library(settings, pem, mutual):
    arguments = {"ca_certificate": pem.authority}
    if mutual:
        arguments |= {"client_certificate": pem.client, "client_key": pem.client_key}
    chosen = settings(grpc_address="grpcs://gateway.example:26500", grpc_transport="asyncio", **arguments)
    channel = async_channel(chosen, agent="c8py")
    assert isinstance(channel, DirectChannel)
    await channel.close()


@pytest.mark.parametrize("with_a_word", [True, False])
async def test_a_call_that_a_gateway_has_not_touched_is_made_again_whatever_it_does(client, with_a_word):
    def answer(called, number, peer):
        if called:
            return started(number, peer)
        return [frame(GO_AWAY, 0, 0, bytes(8))] if with_a_word else [frame(RESET, 0, number, (7).to_bytes(4))]

    async with RawGateway(answer) as gateway:
        assert await start(client(gateway.address)) == STARTED
        assert gateway.called == 2


async def test_a_gateway_that_never_takes_it_is_asked_a_few_times_only(client):
    async with RawGateway(lambda _, number, peer: [frame(RESET, 0, number, (7).to_bytes(4))]) as gateway:
        with pytest.raises(ConnectionFailed):
            await start(client(gateway.address))
        assert gateway.called == 3


async def test_what_may_have_taken_effect_is_not_made_again(client):
    async with RawGateway(lambda *_: None) as gateway:
        with pytest.raises(ConnectionFailed) as raised:
            await start(client(gateway.address))
        assert raised.value.sent
        assert gateway.called == 1


class Ungreeted(NamedTuple):
    """What somebody who never greets has seen: what each connection said, that there was one, that one is over."""

    heard: list[bytes]
    met: asyncio.Event
    left: asyncio.Event


@contextlib.asynccontextmanager
async def without_greeting(word=b"", stays_s=60.0):
    """Takes connections and all that they say, but never greets: says something else, or nothing, and hangs up."""
    seen = Ungreeted([], asyncio.Event(), asyncio.Event())

    async def serve(reader, writer):
        writer.write(word)
        seen.heard.append(b"")
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(stays_s):
                while part := await reader.read(65_536):
                    seen.heard[-1] += part
                    seen.met.set()
        seen.left.set()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], seen
    finally:
        server.close()


@pytest.mark.parametrize(
    "manner",
    [{"stays_s": 0.1}, {}, {"word": b"HTTP/1.1 400 Bad Request\r\n\r\n"}],
    ids=["hangs up", "silent", "HTTP/1.1"],
)
async def test_who_never_greets_is_not_reached_and_has_not_been_told_the_call(client, manner):
    async with without_greeting(**manner) as (port, seen):
        one = client(f"grpc://127.0.0.1:{port}", connect_timeout_s=0.3)
        request = pb.CreateProcessInstanceRequest(bpmnProcessId="p")
        begun_s = time.monotonic()
        with pytest.raises(ConnectionFailed) as raised:
            await one.unary(
                "CreateProcessInstance", request, pb.CreateProcessInstanceResponse, timeout_s=5, retry=False
            )
        assert not raised.value.sent
        assert time.monotonic() - begun_s < 4
        assert {kind for sent in seen.heard for kind, *_ in frames(sent.removeprefix(PREFACE))} == {SETTINGS, WINDOW}


async def test_an_address_that_never_greets_leaves_the_calls_to_the_next(settings, gateway, monkeypatch):
    server = gateway({"CreateProcessInstance": lambda *_: STARTED})
    async with without_greeting() as (silent, _):
        port = int(server.address.rsplit(":", 1)[1])
        found = asyncio.get_running_loop().create_connection

        async def connect(factory, host, _port, **more):  # the name's first address is the silent one
            return await found(factory, "127.0.0.1", silent if host == "127.0.0.2" else port, **more)

        monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", connect)
        monkeypatch.setattr(direct, "_BOTH_LOCAL", ("127.0.0.2", "127.0.0.1"))
        chosen = settings(grpc_address=f"grpc://localhost:{port}", grpc_transport="asyncio", connect_timeout_s=0.3)
        one = AsyncGrpc(chosen, AsyncFixedHeader(None), SystemClock())
        try:
            assert [await start(one, 3) for _ in range(4)] == [STARTED] * 4
        finally:
            await one.aclose()


async def test_a_gateway_is_not_given_the_time_that_connecting_took(client):
    async with RawGateway(lambda _, number, peer: started(number, peer), greets_after_s=0.3) as gateway:
        assert await start(client(gateway.address), 10) == STARTED
        assert 5000 < int(gateway.headers[0]["grpc-timeout"].removesuffix("m")) <= 9700


async def test_a_call_may_take_days(client):
    async with RawGateway(lambda _, number, peer: started(number, peer)) as gateway:
        assert await start(client(gateway.address), 200_000) == STARTED
        assert gateway.headers[0]["grpc-timeout"] == "200000S"


class Renewable:
    """Headers t1, t2 …: a new one after each refusal."""

    def __init__(self):
        self.given = 1

    async def header(self):
        return f"t{self.given}"

    async def header_after_refusal(self, _refused):
        self.given += 1
        return await self.header()

    async def aclose(self):
        pass


@pytest.mark.parametrize(("http", "tokens"), [("503", 1), ("401", 2)])
async def test_a_page_of_a_proxy_is_a_reason_to_try_again(client, http, tokens):
    def answer(called, number, peer):
        if called:
            return [peer.answer(number, pb.TopologyResponse(clusterSize=3).SerializeToString())]
        head = peer.encoder.encode([(":status", http), ("content-type", "text/html")])
        return [frame(HEADERS, 4, number, head), frame(0, END_STREAM, number, b"<html>not now</html>")]

    async with RawGateway(answer) as proxy:
        headers = Renewable()
        one = client(proxy.address, headers)
        found = await one.unary("Topology", pb.TopologyRequest(), pb.TopologyResponse, timeout_s=10)
        assert (found.clusterSize, proxy.called, headers.given) == (3, 2, tokens)


HOSTILE = {
    "pings": [frame(PING, 0, 0, b"12345678") * 5000],
    "settings": [frame(SETTINGS, 0, 0) * 5000],
    "a frame without end": [(2**24 - 1).to_bytes(3) + bytes((0, 0)) + (1).to_bytes(4)],
    "headers without end": [frame(HEADERS, 0, 1, b"x" * 16_000), *[frame(CONTINUATION, 0, 1, b"x" * 16_000)] * 20],
    "no HTTP/2 at all": [b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n"],
}


@pytest.mark.parametrize("sent", HOSTILE.values(), ids=HOSTILE)
async def test_a_peer_without_manners_is_left_and_the_next_call_begins_anew(client, sent):
    def answer(called, number, peer):
        return started(number, peer) if called else sent

    async with RawGateway(answer) as gateway:
        one = client(gateway.address)
        with pytest.raises(ConnectionFailed) as raised:
            await start(one)
        assert raised.value.sent  # nobody knows what became of it
        assert await start(one) == STARTED
        assert gateway.connections == 2


@pytest.mark.parametrize(
    "answer",
    [
        b"\x01\x00\x00\x00\x00",
        b"\x00\x00\x00\x00\x09cut",
        b"\x00\x00\x00\x00\x02\xff\xff",
        b"",
        b"\0\0\0\0\0\0\0\0\0\0",
    ],
    ids=["compressed", "cut off", "no message", "none", "two"],
)
async def test_an_answer_of_no_sense_is_an_error_of_ours(client, answer):
    def answers(_, number, peer):
        block = peer.encoder.encode([(":status", "200")])
        trailers = peer.encoder.encode([("grpc-status", "0")])
        return [frame(HEADERS, 4, number, block), frame(0, 0, number, answer), frame(HEADERS, 5, number, trailers)]

    async with RawGateway(answers) as gateway:
        with pytest.raises(C8Error):
            await start(client(gateway.address))


async def test_a_gateway_that_falls_silent_is_found_out(client, monkeypatch):
    monkeypatch.setattr(direct_line, "GRPC_PING_S", 0.3)
    async with RawGateway(lambda *_: []) as gateway:
        begun_s = time.monotonic()
        with pytest.raises(ConnectionFailed, match="ping timeout"):
            await start(client(gateway.address, keep_alive_s=0.3), timeout_s=60)
        assert time.monotonic() - begun_s < 30
        assert gateway.heard_pings


async def test_a_gateway_that_is_there_may_think_for_as_long_as_it_likes(client, gateway, monkeypatch):
    monkeypatch.setattr(direct_line, "GRPC_PING_S", 0.2)

    def slowly(*_):
        time.sleep(1)  # longer than keep-alive and patience together
        return STARTED

    server = gateway({"CreateProcessInstance": slowly})
    assert await start(client(server.address, keep_alive_s=0.2)) == STARTED


async def test_a_message_that_is_too_large_is_not_sent(client, gateway, monkeypatch):
    monkeypatch.setattr(direct, "GRPC_MESSAGE_BYTES_MAX", 1000)
    server = gateway({"SetVariables": lambda *_: pb.SetVariablesResponse(key=1)})
    request = pb.SetVariablesRequest(variables="x" * 1001)
    with pytest.raises(ResourceExhausted, match="larger than max"):
        await client(server.address).unary("SetVariables", request, pb.SetVariablesResponse, timeout_s=10)
    assert not server.calls


async def test_large_messages_pass_both_ways_in_parts(client, gateway):
    text = "0123456789abcdef" * 200_000  # 3.2 MB: fifty times the room that a connection begins with

    def back(request, _metadata):
        yield pb.ActivateJobsResponse(jobs=[pb.ActivatedJob(key=1, variables=request.type)])
        yield pb.ActivateJobsResponse(jobs=[pb.ActivatedJob(key=2, variables=request.type)])

    server = gateway({"ActivateJobs": back})
    one = client(server.address)

    async def ask():
        request = pb.ActivateJobsRequest(type=text)
        answers = await one.gathered("ActivateJobs", request, pb.ActivateJobsResponse, timeout_s=60)
        return [(job.key, job.variables == text) for answer in answers for job in answer.jobs]

    assert await asyncio.gather(ask(), ask(), ask()) == [[(1, True), (2, True)]] * 3


async def test_a_gateway_that_comes_back_is_found_again(client):
    first = Gateway({"CreateProcessInstance": lambda *_: STARTED})
    one = client(first.address)
    at = first.address.removeprefix("grpc://").replace("localhost", "127.0.0.1")
    try:
        assert await start(one) == STARTED
    finally:
        first.close()
    with pytest.raises(ConnectionFailed):
        await one.unary("Topology", pb.TopologyRequest(), pb.TopologyResponse, timeout_s=0.3, retry=False)
    second = Gateway({"CreateProcessInstance": lambda *_: STARTED}, at=at)
    try:
        assert await start(one) == STARTED
    finally:
        second.close()


async def test_a_thousand_calls_at_once_are_all_answered(client):
    server = Gateway({"CreateProcessInstance": lambda *_: STARTED})
    one = client(server.address)
    try:
        assert await asyncio.gather(*(start(one, 60) for _ in range(1000))) == [STARTED] * 1000
    finally:
        server.close()


async def test_a_call_that_is_given_up_ends_at_the_gateway_too(client):
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()

    class Watching(grpc.GenericRpcHandler):
        def service(self, handler_call_details):
            del handler_call_details

            def wait(_request, context):
                context.add_callback(lambda: loop.call_soon_threadsafe(ended.set))
                while context.is_active():
                    time.sleep(0.01)
                return b""

            return grpc.unary_unary_rpc_method_handler(wait)

    server = grpc.server(futures.ThreadPoolExecutor(1), handlers=[Watching()])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        calling = asyncio.create_task(start(client(f"grpc://127.0.0.1:{port}")))
        await asyncio.sleep(0)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(calling, 0.5)
        async with asyncio.timeout(10):
            await ended.wait()
    finally:
        server.stop(0).wait()


async def test_a_client_that_is_closed_leaves_who_has_not_greeted_too(client):
    async with without_greeting() as (port, seen):
        one = client(f"grpc://127.0.0.1:{port}")
        calling = asyncio.create_task(start(one))
        async with asyncio.timeout(10):
            await seen.met.wait()
            await one.aclose()
            with pytest.raises(C8Error):
                await calling
            await seen.left.wait()
