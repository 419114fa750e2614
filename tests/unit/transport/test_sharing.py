"""One client, many threads, forks and loops: they share its connections, and the one request for a token.

For both colours apart: what threads are to the one, loops are to the other.
"""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from c8py.auth import ClientCredentials
from c8py.base.clock import SystemClock
from c8py.base.redact import Secret
from c8py.errors import ConnectionFailed
from c8py.proto import gateway_pb2 as pb
from c8py.transport import AsyncRest, AsyncWire, Rest, RestRequest, Wire, async_headers, headers
from c8py.transport.grpc import AsyncGrpc, Grpc
from harness.answering import Reply
from harness.forks import forked
from harness.processes import wait_until

THREADS = 20
STATUS = RestRequest(call="getStatus", method="GET", path="/v2/status", safe=True, timeout_s=10)


class Hatch:
    """Makes what it wraps slowly enough that all others come meanwhile, and remembers how often it did."""

    def __init__(self, make):
        self.make = make
        self.made = []
        self.others = threading.Event()

    def __call__(self, *given, **named):
        self.others.wait(0.03)
        self.made.append(self.make(*given, **named))
        return self.made[-1]


@pytest.fixture
def hatch(monkeypatch):
    def wrap(name):
        module, _, attribute = name.rpartition(".")
        found = __import__(module, fromlist=[attribute])
        wrapped = Hatch(getattr(found, attribute))
        monkeypatch.setattr(name, wrapped)
        return wrapped

    return wrap


@pytest.fixture
def no_header(settings, cache):
    """Headers of clients without credentials, in both colours."""
    unused = settings(rest_address="http://unused")
    clock = SystemClock()
    return (
        headers(None, Wire(unused), unused, cache=cache, clock=clock),
        async_headers(None, AsyncWire(unused), unused, cache=cache, clock=clock),
    )


def at_once(work):
    """The outcomes of this work in many threads that begin at one moment."""
    start = threading.Barrier(THREADS)

    def one(_):
        start.wait(10)
        return work()

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(one, range(THREADS)))


def test_threads_that_call_for_the_first_time_at_once_share_one_channel(gateway, settings, no_header, hatch):
    server = gateway({"Topology": lambda *_: pb.TopologyResponse(gatewayVersion="8.6")})
    channels = hatch("c8py.transport._sync.grpc.channel")
    client = Grpc(settings(grpc_address=server.address), no_header[0], SystemClock())
    answers = at_once(lambda: client.unary("Topology", pb.TopologyRequest(), pb.TopologyResponse, timeout_s=10))
    assert [answer.gatewayVersion for answer in answers] == ["8.6"] * THREADS
    assert len(channels.made) == 1
    client.close()


def test_threads_that_call_for_the_first_time_at_once_share_one_http_client(http_server, settings, no_header, hatch):
    server = http_server(lambda _: Reply(204))
    made = hatch("c8py.transport.http.SyncClientBuilder")
    wire = Wire(settings(rest_address=server.url))
    api = Rest(server.url, wire, no_header[0], SystemClock())
    at_once(lambda: api.send(STATUS))
    assert len(server.received) == THREADS
    assert len(made.made) == 1
    wire.close()


def test_threads_that_want_a_token_at_once_make_one_request(http_server, settings, cache, clock):
    service = http_server(lambda _: Reply(200, b'{"access_token":"t0ken","expires_in":300}'))
    given = settings(rest_address="http://unused")
    who = ClientCredentials(token_url=f"{service.url}/token", client_id="id", client_secret=Secret("s3cr~t"))
    wire = Wire(given)
    tokens = headers(who, wire, given, cache=cache, clock=clock)
    assert at_once(tokens.header) == ["Bearer t0ken"] * THREADS
    assert len(service.received) == 1
    tokens.close()
    wire.close()


def test_loops_in_threads_share_a_client_and_the_one_request_for_a_token(gateway, http_server, settings, cache, hatch):
    """Each loop has its own connections, and none uses another's; the token is the same for all."""
    service = http_server(lambda _: Reply(200, b'{"access_token":"t0ken","expires_in":300}'))
    server = gateway({"Topology": lambda *_: pb.TopologyResponse(gatewayVersion="8.6")})
    channels = hatch("c8py.transport._async.grpc.async_channel")
    given = settings(grpc_address=server.address)
    who = ClientCredentials(token_url=f"{service.url}/token", client_id="id", client_secret=Secret("s3cr~t"))
    wire = AsyncWire(given)
    tokens = async_headers(who, wire, given, cache=cache, clock=SystemClock())
    client = AsyncGrpc(given, tokens, SystemClock())

    async def calls():
        for _ in range(20):
            await client.unary("Topology", pb.TopologyRequest(), pb.TopologyResponse, timeout_s=10)
        await client.aclose()
        await wire.aclose()

    at_once(lambda: asyncio.run(calls()))
    assert len(server.calls) == THREADS * 20
    assert len(channels.made) == THREADS
    assert {metadata["authorization"] for _, _, metadata in server.calls} == {"Bearer t0ken"}
    assert len(service.received) == 1


def test_threads_that_were_refused_with_one_token_are_all_given_the_next(http_server, settings, cache, clock):
    """The first of them drops it; who comes while the next one is being fetched must not give up for that."""
    numbers = iter(range(1, 100))
    service = http_server(lambda _: Reply(200, b'{"access_token":"t%d","expires_in":300}' % next(numbers)))
    given = settings(rest_address="http://unused")
    who = ClientCredentials(token_url=f"{service.url}/token", client_id="id", client_secret=Secret("s3cr~t"))
    wire = Wire(given)
    tokens = headers(who, wire, given, cache=cache, clock=clock)
    refused = tokens.header()
    assert at_once(lambda: tokens.header_after_refusal(refused)) == ["Bearer t2"] * THREADS
    assert len(service.received) == 2
    tokens.close()
    wire.close()


def test_calls_that_were_refused_with_one_token_are_all_given_the_next(http_server, settings, cache, clock):
    gate = threading.Event()
    numbers = iter(range(1, 100))

    def answer(_):
        gate.wait(10)
        return Reply(200, b'{"access_token":"t%d","expires_in":300}' % next(numbers))

    service = http_server(answer)
    given = settings(rest_address="http://unused")
    who = ClientCredentials(token_url=f"{service.url}/token", client_id="id", client_secret=Secret("s3cr~t"))

    async def refused():
        wire = AsyncWire(given)
        tokens = async_headers(who, wire, given, cache=cache, clock=clock)
        gate.set()
        first = await tokens.header()
        gate.clear()
        calls = [asyncio.create_task(tokens.header_after_refusal(first)) for _ in range(20)]
        await asyncio.to_thread(wait_until, "the request", lambda: len(service.received) == 2, deadline_s=5)
        calls.append(asyncio.create_task(tokens.header_after_refusal(first)))
        await asyncio.sleep(0)
        gate.set()
        renewed = await asyncio.gather(*calls)
        await tokens.aclose()
        await wire.aclose()
        return renewed

    assert asyncio.run(refused()) == ["Bearer t2"] * 21
    assert len(service.received) == 2


@pytest.mark.parametrize("safe", [True, False])
def test_a_call_whose_client_another_thread_closes_ends_and_opens_nothing(gateway, settings, no_header, hatch, safe):
    asked, over = threading.Event(), threading.Event()

    def answer(*_):
        asked.set()
        over.wait(10)
        return pb.TopologyResponse()

    server = gateway({"Topology": answer, "PublishMessage": answer})
    channels = hatch("c8py.transport._sync.grpc.channel")
    client = Grpc(settings(grpc_address=server.address), no_header[0], SystemClock())
    call = ("Topology", pb.TopologyRequest(), pb.TopologyResponse)
    unsafe = ("PublishMessage", pb.PublishMessageRequest(), pb.PublishMessageResponse)
    with ThreadPoolExecutor(1) as pool:
        outcome = pool.submit(client.unary, *(call if safe else unsafe), timeout_s=8)
        assert asked.wait(5)
        client.close()
        assert isinstance(outcome.exception(5), ConnectionFailed)
    assert "was closed meanwhile" in str(outcome.exception())
    assert len(channels.made) == 1
    over.set()


def test_loops_in_threads_share_a_client_of_the_rest_api(http_server, settings, no_header):
    server = http_server(lambda _: Reply(204))
    wire = AsyncWire(settings(rest_address=server.url))
    api = AsyncRest(server.url, wire, no_header[1], SystemClock())

    async def calls():
        for _ in range(5):
            await api.send(STATUS)
        await wire.aclose()

    at_once(lambda: asyncio.run(calls()))
    assert len(server.received) == THREADS * 5


def test_a_fork_that_comes_before_the_first_call_has_connections_of_its_own(http_server):
    server = http_server(lambda _: Reply(200, b'{"gatewayVersion":"8.8","brokers":[]}'))
    said = forked(
        imports="from c8py.client import Camunda; from c8py.config import load",
        before=f"camunda = Camunda(load({{'rest_address': {server.url!r}}}, environ={{}}))",
        child="print(camunda.topology().gateway_version)",
        after="camunda.topology(); camunda.close()",
    )
    assert said == "8.8"
    assert len({received.connection for received in server.received}) == 2


def test_a_fork_that_comes_too_late_for_the_http_library_is_told_so(http_server):
    server = http_server(lambda _: Reply(200, b'{"gatewayVersion":"8.8","brokers":[]}'))
    said = forked(
        imports="from c8py.client import Camunda; from c8py.config import load; from c8py.errors import ConfigError",
        before=f"camunda = Camunda(load({{'rest_address': {server.url!r}}}, environ={{}})); camunda.topology()",
        child="""
            try:
                camunda.topology()
            except ConfigError as error:
                print(error)
        """,
        after="camunda.close()",
    )
    assert "it was forked from one that had opened some" in said
    assert "make the first call after the fork" in said
