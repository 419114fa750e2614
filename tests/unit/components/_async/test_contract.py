"""Every operation of the APIs beside the cluster, held to an OpenAPI document on a socket.

Those of the Administration API and of Web Modeler are the APIs' own; the others have none, or none that is whole, and
are made from our facts.
"""

import inspect
from typing import Any, get_type_hints

import msgspec
import pytest

from c8py import AsyncConsole, AsyncModeler, AsyncOperate, AsyncOptimize, AsyncTasklist
from c8py.auth import MemoryCache
from harness.component_facts import FACTS, SORTS
from harness.contract import Contract
from harness.json_samples import JsonSamples
from harness.openapi import document
from harness.processes import ROOT

CLIENTS = {
    "console": AsyncConsole,
    "modeler": AsyncModeler,
    "optimize": AsyncOptimize,
    "operate": AsyncOperate,
    "tasklist": AsyncTasklist,
}
OWN = ("console", "modeler")
ROOTS = {"console": "", "modeler": "/api/v1", "optimize": "/api", "operate": "/v1", "tasklist": "/v1"}
DOCUMENTS = {
    name: document(str(ROOT / "tests" / "contracts" / f"{name}.jsonl"), root="", beside="")
    if name in OWN
    else FACTS[name].document(ROOTS[name])
    for name in CLIENTS
}
OPERATIONS = {
    f"{api}-{described['operationId']}": (api, described)
    for api, said in DOCUMENTS.items()
    for methods in said["paths"].values()
    for described in methods.values()
}
TURNS = 3


@pytest.fixture(scope="module")
def contracts():
    servers = {name: Contract(said) for name, said in DOCUMENTS.items()}
    yield servers
    for server in servers.values():
        server.close()


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("turn", range(TURNS + 1))
async def test_an_operation_says_what_the_api_wants_and_reads_what_it_answers(contracts, api, name, turn):
    where, described = OPERATIONS[name]
    contract = contracts[where]
    amount = "all" if turn else "least"
    # Web Modeler's document requires nothing of an answer; one with nothing in it is nobody's.
    contract.turn, contract.amount = turn, "all" if where == "modeler" else amount
    _, settings = api(None, **{f"{where}_base_url": contract.url, "token": "t", "auth": "bearer"})
    row = next(one.row for one in FACTS[where].operations if one.row["id"] == described["operationId"])
    async with CLIENTS[where](settings, cache=MemoryCache()) as client:
        method = getattr(client, row["name"])
        samples = JsonSamples(DOCUMENTS[where], pick=lambda count: turn % count, amount=amount)
        answer = await method(**arguments(row, described, method, samples))
    assert contract.operation == described["operationId"]
    if isinstance(answer, str):
        assert answer == (contract.last.decode() if isinstance(contract.last, bytes) else contract.last)
    else:
        assert_says(msgspec.json.decode(msgspec.json.encode(answer, enc_hook=lambda one: one.reveal())), contract.last)


def arguments(row, described, method, samples: JsonSamples) -> dict[str, Any]:
    """What the method is given, made from the schemas of the document."""
    names = [one for one in inspect.signature(method).parameters if one != "self"]
    hints = get_type_hints(method)
    places = [one for one in described["parameters"] if one["in"] == "path"]
    given: dict[str, Any] = {name: str(samples.value(one["schema"])) for name, one in zip(names, places, strict=False)}
    wanted = (row.get("body") or {}) | row.get("query", {})
    members = {one["name"]: samples.value(one["schema"]) for one in described["parameters"] if one["in"] == "query"}
    if "requestBody" in described:
        body = samples.value(described["requestBody"]["content"]["application/json"]["schema"])
        members |= {next(iter(row["body"])): body} if row.get("whole") else body
    ordered = sorted(wanted, key=lambda one: not wanted[one].endswith("!"))
    for name, wire in zip(names[len(places) :], ordered, strict=True):
        if wire not in members:
            continue
        if wanted[wire] in SORTS:
            down = SORTS[wanted[wire]]
            given[name] = [("-" if one[down] == "DESC" else "") + one["field"] for one in members[wire]]
        else:
            given[name] = msgspec.convert(members[wire], hints[name] if wanted[wire] != "Secret!" else str)
    return given


def assert_says(got, wire):
    """All that was on the wire is in the answer; null may be absent."""
    if isinstance(wire, dict) and isinstance(got, dict):
        for name, value in wire.items():
            if value is not None:
                assert_says(got[name], value)
    elif isinstance(wire, list):
        assert len(got) == len(wire)
        for one, other in zip(got, wire, strict=True):
            assert_says(one, other)
    elif wire is not None:
        assert got == wire


def test_the_apis_own_documents_have_the_same_operations():
    for api in OWN:
        said = DOCUMENTS[api]
        theirs = {
            (one["operationId"], method.upper(), path.removeprefix(ROOTS[api]))
            for path, methods in said["paths"].items()
            for method, one in methods.items()
        }
        ours = {(one.row["id"], one.method, one.path) for one in FACTS[api].operations}
        assert ours == theirs
