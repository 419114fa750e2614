"""Every operation of the REST API, called by its method on a socket, held to the OpenAPI document by its server."""

import json

import msgspec
import pytest

from c8py.models import encode, unknown_members
from c8py.models.document import DocumentMetadata
from harness.contract import Contract, parts
from harness.rest_calls import API, FORMS, METHODS, OPERATIONS, calls, model_sample, noun_of, same

TOKEN = "a-token-for-the-contract"


@pytest.fixture(scope="module")
def contract():
    server = Contract(API, token=TOKEN)
    yield server
    server.close()


@pytest.fixture
def client(contract, camunda):
    contract.turn, contract.amount, contract.status, contract.more = 0, "all", None, {}
    return camunda(rest=contract.url, token=TOKEN)


@pytest.mark.parametrize("operation", METHODS)
async def test_an_operation_says_what_the_api_wants_and_reads_what_it_answers(contract, client, operation):
    noun = getattr(client, noun_of(operation))
    for turn, call in enumerate(calls(operation, noun)):
        contract.turn, contract.amount = turn, "all" if turn else "least"
        answer = await getattr(noun, call.method)(*call.positional, **call.named)
        sent = contract.received[-1]
        assert contract.operation == operation
        assert sent.path == call.path
        assert (json.loads(sent.body) if sent.body else None) == call.body
        if isinstance(answer, bytes | str):
            assert (answer.encode() if isinstance(answer, str) else answer) == contract.last
        else:
            assert same(answer, contract.last)


@pytest.mark.parametrize(
    "operation", [name for name, (_, one) in OPERATIONS.items() if "204" in list(one["responses"])[1:]]
)
async def test_that_there_is_nothing_is_an_answer(contract, client, operation):
    noun = getattr(client, noun_of(operation))
    contract.status = 204
    call = next(calls(operation, noun))
    assert await getattr(noun, call.method)(*call.positional, **call.named) in (None, "")


async def test_files_are_deployed_as_a_form(contract, client):
    deployed = await client.resources.create_deployment(("a.bpmn", b"<x/>"), ("ä b.dmn", b"\x00\r\n--"), tenant_id="t")
    assert contract.operation == "createDeployment"
    assert [part.name for part in parts(contract.received[-1])] == ["resources", "resources", "tenantId"]
    assert same(deployed, contract.last)
    await client.resources.create_deployment(("a.bpmn", b"<x/>"))
    assert [part.name for part in parts(contract.received[-1])] == ["resources"]


@pytest.mark.parametrize("amount", ["least", "all"])
async def test_a_document_is_stored_as_a_form(contract, client, amount):
    contract.amount = amount
    metadata = model_sample(DocumentMetadata, amount)
    stored = await client.documents.create(("a.txt", b"hello"), metadata=metadata, store_id="s", document_id="d")
    assert contract.operation == "createDocument"
    assert contract.received[-1].path == "/v2/documents?storeId=s&documentId=d"
    assert same(stored, contract.last)
    assert same(await client.documents.create(("a.txt", b"hello")), contract.last)


@pytest.mark.parametrize(("amount", "status"), [("least", None), ("all", None), ("all", 207)])
async def test_documents_are_stored_as_a_form_with_their_metadata_in_headers(contract, client, amount, status):
    contract.amount, contract.status = amount, status
    metadata = [model_sample(DocumentMetadata, amount), model_sample(DocumentMetadata, "all")]
    stored = await client.documents.create_batch(("a", b"1"), ("b", b"2"), metadata=metadata, store_id="s")
    assert contract.operation == "createDocuments"
    told = [json.loads(part.headers["x-document-metadata"]) for part in parts(contract.received[-1])]
    assert told == [msgspec.to_builtins(one) for one in metadata]
    assert same(stored, contract.last)
    assert same(await client.documents.create_batch(("a", b"1")), contract.last)


async def test_what_a_newer_cluster_says_more_is_in_the_answer_and_in_no_request(contract, client):
    item = {"comesLater": {"by": "ann"}}
    contract.more = item
    found = await client.process_instances.search()
    assert unknown_members(found) == unknown_members(found.items[0]) == item
    assert msgspec.json.decode(encode(found)) == contract.last
    assert [unknown_members(one) async for one in client.process_instances.search_all()][:1] == [item]


def test_every_form_has_its_test():
    assert {"createDeployment", "createDocument", "createDocuments"} == FORMS
