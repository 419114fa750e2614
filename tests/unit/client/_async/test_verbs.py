"""Every verb of the client with the least and with all that it takes, over both protocols, on sockets."""

import inspect
from collections.abc import AsyncIterator

import pytest

from c8py.client import AsyncCamunda
from c8py.errors import NotSupported
from c8py.proto.gateway_pb2_grpc import RPCS
from harness.contract import Contract
from harness.grpc_samples import answers
from harness.rest_calls import API
from harness.verbs import NO_VERB, OTHERS, VERBS

TOKEN = "a-token-for-the-verbs"


@pytest.fixture(scope="module")
def contract():
    server = Contract(API, token=TOKEN)
    yield server
    server.close()


async def called(client, name, which, **more):
    """What a verb answers."""
    positional, named = getattr(VERBS[name], which)
    answer = getattr(client, name)(*positional, **named, **more)
    if isinstance(answer, AsyncIterator):
        return [message async for message in answer]  # sync: return list(answer)
    return await answer


def test_every_verb_is_known():
    verbs = {name for name, _ in inspect.getmembers(AsyncCamunda, inspect.isfunction) if name[0] != "_"}
    assert verbs - OTHERS == VERBS.keys()


def test_every_rpc_has_a_verb():
    assert RPCS.keys() - {rpc for verb in VERBS.values() for rpc in verb.rpcs} == NO_VERB


@pytest.mark.parametrize("which", ["least", "all"])
@pytest.mark.parametrize("name", [name for name, verb in VERBS.items() if verb.operation])
async def test_a_verb_says_over_rest_what_the_api_wants(contract, camunda, name, which):
    client = camunda(rest=contract.url, token=TOKEN)
    await called(client, name, which)
    assert contract.operation == VERBS[name].operation


@pytest.mark.parametrize("which", ["least", "all"])
@pytest.mark.parametrize("name", [name for name, verb in VERBS.items() if verb.rpcs])
async def test_a_verb_becomes_its_rpcs(gateway, camunda, name, which):
    server = gateway(answers())
    client = camunda(server.address, token=TOKEN)
    answer = await called(client, name, which)
    said = [rpc for rpc, *_ in server.calls if rpc != "Topology" or name == "topology"]
    assert said == list(VERBS[name].rpcs)[: len(said)]
    assert which == "least" or len(said) == len(VERBS[name].rpcs)
    assert all(metadata["authorization"] == f"Bearer {TOKEN}" for *_, metadata in server.calls)
    assert answer is None or answer


async def test_a_priority_is_not_sent_to_a_cluster_that_is_too_old(gateway, camunda):
    server = gateway(answers())
    known = server.answers["Topology"](None, {})
    known.gatewayVersion = "8.9.1"
    client = camunda(server.address)
    with pytest.raises(NotSupported, match=r"8\.10 or newer for priority, but it is 8\.9\.1"):
        await client.update_job(7, priority=1)
    assert [rpc for rpc, *_ in server.calls] == ["Topology"]
