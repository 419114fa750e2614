"""Every operation of the REST API is one method of one noun: what it says on the wire, and what comes of the answer."""

import inspect
import json
import sys
from functools import cached_property
from typing import get_type_hints

import pytest
from msgspec import UNSET

from c8py.client._async.nouns import AsyncNouns
from c8py.errors import InvalidArgument, NotSupported
from c8py.models.document import DocumentMetadata
from c8py.models.job import JobResult
from c8py.models.keys import JobKey, JobLeaseToken, ProcessInstanceKey
from c8py.models.operations import OPERATIONS
from c8py.models.process_instance import AdvancedStringFilter, ProcessInstanceFilter
from harness.answering import Reply
from harness.wire_samples import answer, operation_of, sample

TOPOLOGY = {"brokers": [], "clusterSize": 0, "partitionsCount": 0, "replicationFactor": 0, "gatewayVersion": "8.10.0"}
NOUNS = sorted(name for name, value in vars(AsyncNouns).items() if isinstance(value, cached_property))
BY_HAND = {"create_deployment", "create_batch", "download", "save"}
FORMS = {"createDeployment", "createDocument", "createDocuments"}
PAGE = {"totalItems": 3, "hasMoreTotalItems": False, "startCursor": None}


@pytest.fixture
def api(http_server, camunda):
    """A client of a server that answers every operation in the smallest way, and the server."""

    def make(version="8.10.0", answers=None, **arguments):
        topology = json.dumps(TOPOLOGY | {"gatewayVersion": version}).encode()

        def reply(request):
            row = operation_of(request.method, request.path.removeprefix("/physical-tenants/north%2F1"))
            if row.id == "getTopology":
                return Reply(200, topology)
            given = (answers or {}).get(row.id)
            return Reply(row.success_status, answer(row) if given is None else given(request))

        server = http_server(reply)
        return camunda(rest=server.url, **arguments), server

    return make


def methods(noun):
    """The methods of a noun that are one operation each, with a value for every parameter that has to be given."""
    for name, method in inspect.getmembers(noun, inspect.ismethod):
        if name.startswith("_") or name.endswith("_all") or name in BY_HAND:
            continue
        hints = get_type_hints(method, vars(sys.modules[type(noun).__module__]))
        required = [p for p in inspect.signature(method).parameters.values() if p.default is p.empty]
        positional = [sample(hints[p.name]) for p in required if p.kind is p.POSITIONAL_OR_KEYWORD]
        yield name, method, positional, {p.name: sample(hints[p.name]) for p in required if p.kind is p.KEYWORD_ONLY}


@pytest.mark.parametrize("name", NOUNS)
async def test_the_methods_of_a_noun_are_the_operations_of_its_tag(api, name):
    client, server = api()
    said = set()
    for called, method, positional, named in methods(getattr(client, name)):
        if (name, called) == ("documents", "create"):
            continue
        before = len(server.received)
        outcome = await method(*positional, **named)
        row = operation_of(server.received[-1].method, server.received[-1].path)
        assert len(server.received) - before == 1 or server.received[before].path == "/v2/topology"
        assert (outcome is None) == (row.response == ""), (name, called)
        said.add(row.id)
    tag = OPERATIONS[min(said)].tag
    assert said | FORMS >= {row.id for row in OPERATIONS.values() if row.tag == tag} >= said


def test_every_tag_has_a_noun():
    assert len(NOUNS) == len({row.tag for row in OPERATIONS.values()})


async def test_what_is_not_given_is_not_sent_and_none_is_null(api):
    client, server = api()
    await client.jobs.fail(JobKey("7"), retries=2)
    await client.user_tasks.update(sample(get_type_hints(client.user_tasks.update)["user_task_key"]))
    await client.jobs.complete(JobKey("7"), variables=None)
    bodies = [json.loads(one.body) for one in server.received if one.method != "GET"]
    assert bodies == [{"retries": 2}, {}, {"variables": None}]


async def test_a_search_says_filter_order_and_page(api):
    client, server = api()
    await client.process_instances.search(
        filter=ProcessInstanceFilter(process_definition_id=AdvancedStringFilter(in_=["a", "b"]), has_incident=True),
        sort=["-startDate", "state"],
        limit=5,
        after="cursor",
    )
    assert json.loads(server.received[-1].body) == {
        "filter": {"processDefinitionId": {"$in": ["a", "b"]}, "hasIncident": True},
        "sort": [{"field": "startDate", "order": "DESC"}, {"field": "state", "order": "ASC"}],
        "page": {"limit": 5, "after": "cursor"},
    }


async def test_all_pages_of_a_search_follow_each_other(api):
    item = json.loads(answer(OPERATIONS["getIncident"]))

    def page(request):
        after = json.loads(request.body).get("page", {}).get("after")
        keys = ["3"] if after else ["1", "2"]
        items = [item | {"incidentKey": key} for key in keys]
        return json.dumps({"items": items, "page": PAGE | {"endCursor": None if after else "c1"}}).encode()

    client, _ = api(answers={"searchIncidents": page})
    found = [one.incident_key async for one in client.incidents.search_all(page_size=2)]
    assert found == ["1", "2", "3"]


async def test_values_in_a_path_cannot_leave_it(api):
    client, server = api()
    await client.users.get("../roles/admin?x=1#y")
    assert server.received[-1].path == "/v2/users/..%2Froles%2Fadmin%3Fx%3D1%23y"


async def test_what_stands_behind_the_question_mark_is_text(api):
    client, server = api()
    await client.variables.search(truncate_values=False)
    assert server.received[-1].path == "/v2/variables/search?truncateValues=false"


async def test_operations_of_the_whole_cluster_stand_beside_v2(api):
    client, server = api()
    await client.cluster.get_cluster_status()
    assert server.received[-1].path == "/cluster/v2/status"


async def test_an_operation_newer_than_the_cluster_is_refused_before_it_is_sent(api):
    client, server = api(version="8.8.3")
    with pytest.raises(NotSupported, match=r"version 8\.10 or newer for suspendProcessInstance, but it is 8\.8\.3"):
        await client.process_instances.suspend(ProcessInstanceKey("1"))
    assert [one.path for one in server.received] == ["/v2/topology"]


async def test_an_operation_of_every_version_asks_for_no_version(api):
    client, server = api(version="8.6.0")
    await client.jobs.complete(JobKey("1"))
    assert [one.path for one in server.received] == ["/v2/jobs/1/completion"]


async def test_what_an_operation_was_not_always_told_is_refused_before_it_is_sent(api):
    client, server = api(version="8.9.4")
    await client.jobs.complete(JobKey("1"), variables={"a": 1}, result=JobResult(), job_lease_token=None)
    with pytest.raises(
        NotSupported, match=r"version 8\.10 or newer for jobLeaseToken of completeJob, but it is 8\.9\.4"
    ):
        await client.jobs.complete(JobKey("1"), job_lease_token=JobLeaseToken("t"))
    assert [one.path for one in server.received] == ["/v2/topology", "/v2/jobs/1/completion"]


async def test_a_cluster_that_knows_it_is_told(api):
    client, server = api(version="8.10.0")
    await client.jobs.complete(JobKey("1"), job_lease_token=JobLeaseToken("t"))
    assert server.received[-1].path == "/v2/jobs/1/completion"
    assert json.loads(server.received[-1].body) == {"jobLeaseToken": "t"}


@pytest.mark.parametrize("version", ["", "snapshot", "9.0.0-alpha1"])
async def test_a_cluster_of_unknown_or_later_version_is_asked(api, version):
    client, server = api(version=version)
    await client.process_instances.suspend(ProcessInstanceKey("1"))
    assert server.received[-1].path == "/v2/process-instances/1/suspension"


async def test_a_document_is_a_form_with_its_metadata(api):
    client, server = api()
    await client.documents.create(
        ("a.txt", b"hello"), metadata=DocumentMetadata(content_type="text/plain"), store_id="s"
    )
    sent = server.received[-1]
    assert sent.path == "/v2/documents?storeId=s"
    assert b'name="file"; filename="a.txt"\r\ncontent-type: text/plain\r\n\r\nhello\r\n' in sent.body
    assert b'name="metadata"\r\ncontent-type: application/json\r\n\r\n{"contentType":"text/plain"}\r\n' in sent.body


async def test_several_documents_have_their_metadata_beside_them(api):
    client, server = api()
    metadata = [DocumentMetadata(file_name="ä"), DocumentMetadata()]
    await client.documents.create_batch(("a", b"1"), ("b", b"2"), metadata=metadata)
    assert rb'x-document-metadata: {"fileName": "\u00e4"}' in server.received[-1].body
    with pytest.raises(InvalidArgument, match="metadata of 2 files, but got those of 1"):
        await client.documents.create_batch(("a", b"1"), ("b", b"2"), metadata=metadata[:1])


async def test_files_are_deployed(api):
    client, server = api()
    await client.resources.create_deployment(("a.bpmn", b"<x/>"), tenant_id="t")
    assert b'name="resources"; filename="a.bpmn"' in server.received[-1].body
    assert b'name="tenantId"\r\n\r\nt\r\n' in server.received[-1].body


async def test_a_command_goes_to_the_clients_own_tenant_unless_it_names_another(api):
    client, server = api(tenant_id="blue")
    await client.messages.publish(name="paid")
    await client.messages.publish(name="paid", tenant_id="red")
    await client.jobs.activate(type="t", timeout=1, max_jobs_to_activate=1)
    await client.jobs.activate(type="t", timeout=1, max_jobs_to_activate=1, tenant_ids=["red"])
    bodies = [json.loads(one.body) for one in server.received]
    assert [body.get("tenantId", body.get("tenantIds")) for body in bodies] == ["blue", "red", ["blue"], ["red"]]


COMMANDS = {"createProcessInstance", "publishMessage", "correlateMessage", "broadcastSignal", "evaluateDecision",
            "evaluateConditionals", "evaluateExpression"}  # fmt: skip


async def test_every_command_with_a_tenant_has_a_default_for_it(api):
    client, server = api(tenant_id="blue")
    said = set()
    for name in NOUNS:
        for _, method, positional, named in methods(getattr(client, name)):
            parameter = inspect.signature(method).parameters.get("tenant_id")
            if parameter is not None and parameter.default is UNSET and not positional:
                await method(*positional, **named)
                assert json.loads(server.received[-1].body)["tenantId"] == "blue"
                said.add(operation_of("POST", server.received[-1].path).id)
    assert said >= COMMANDS


async def test_a_physical_tenant_stands_in_the_path(api):
    client, server = api(physical_tenant_id="north/1")
    await client.jobs.complete(JobKey("1"))
    await client.cluster.get_cluster_status()
    await client.resources.create_deployment(("a.bpmn", b"<x/>"))
    assert [one.path for one in server.received] == [
        "/v2/topology",
        "/physical-tenants/north%2F1/v2/jobs/1/completion",
        "/cluster/v2/status",
        "/physical-tenants/north%2F1/v2/deployments",
    ]


async def test_a_cluster_without_physical_tenants_is_not_told_of_one(api):
    client, server = api(version="8.9.1", physical_tenant_id="north/1")
    with pytest.raises(NotSupported, match=r"8\.10 or newer for a physical tenant, but it is 8\.9\.1"):
        await client.jobs.complete(JobKey("1"))
    assert [one.path for one in server.received] == ["/v2/topology"]
