"""Every operation of the Administration API and of Web Modeler, held to the API's own document on a socket."""

import inspect
from typing import Any, get_type_hints

import msgspec
import pytest

from c8py import AsyncConsole, AsyncModeler
from c8py.auth import MemoryCache
from harness.component_facts import FACTS, SORTS
from harness.contract import Contract
from harness.json_samples import JsonSamples
from harness.openapi import document
from harness.processes import ROOT

DOCUMENTS = {
    name: document(str(ROOT / "tests" / "contracts" / f"{name}.jsonl"), root="", beside="")
    for name in ("console", "modeler")
}
CLIENTS = {"console": AsyncConsole, "modeler": AsyncModeler}
ROOTS = {"console": "", "modeler": "/api/v1"}
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
        assert answer == contract.last
    else:
        assert_says(msgspec.json.decode(msgspec.json.encode(answer, enc_hook=lambda one: one.reveal())), contract.last)


def arguments(row, described, method, samples: JsonSamples) -> dict[str, Any]:
    """What the method is given, made from the schemas of the document."""
    names = [one for one in inspect.signature(method).parameters if one != "self"]
    hints = get_type_hints(method)
    places = [one for one in described["parameters"] if one["in"] == "path"]
    given: dict[str, Any] = {name: str(samples.value(one["schema"])) for name, one in zip(names, places, strict=False)}
    wanted = row.get("body") or {}
    if not wanted:
        return given
    body = samples.value(described["requestBody"]["content"]["application/json"]["schema"])
    if row.get("whole"):
        return given | {names[-1]: body}
    ordered = sorted(wanted, key=lambda one: not wanted[one].endswith("!"))
    for name, wire in zip(names[len(places) :], ordered, strict=True):
        if wire not in body:
            continue
        if wanted[wire] in SORTS:
            given[name] = [("-" if one["direction"] == "DESC" else "") + one["field"] for one in body[wire]]
        else:
            plain = hints[name] if wanted[wire] != "Secret!" else str
            given[name] = msgspec.convert(body[wire], plain)
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


def test_both_have_the_same_operations():
    for api, said in DOCUMENTS.items():
        theirs = {
            (one["operationId"], method.upper(), path.removeprefix(ROOTS[api]))
            for path, methods in said["paths"].items()
            for method, one in methods.items()
        }
        ours = {(one.row["id"], one.method, one.path) for one in FACTS[api].operations}
        assert ours == theirs
