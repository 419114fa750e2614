"""Every operation of every API beside the cluster is one method: what it says on the wire, and what comes of it."""

import inspect
import json
import re
from typing import get_type_hints
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec
import pytest

from c8py import AsyncConsole, AsyncModeler, AsyncOperate, AsyncOptimize, AsyncTasklist
from c8py.auth import MemoryCache
from c8py.base.redact import Secret
from c8py.components import PLACES
from c8py.operate import ProcessInstance
from harness.answering import Reply
from harness.component_facts import FACTS, OPERATIONS, SORTS

ROOTS = {
    "console": "",
    "modeler": "/api/v1",
    "optimize": "/optimize/api",
    "operate": "/operate/v1",
    "tasklist": "/tasklist/v1",
}
AUDIENCES = {
    "console": "api.cloud.camunda.io",
    "modeler": None,
    "optimize": "optimize-api",
    "operate": "operate-api",
    "tasklist": "tasklist-api",
}
CLIENTS = {
    "console": AsyncConsole,
    "modeler": AsyncModeler,
    "optimize": AsyncOptimize,
    "operate": AsyncOperate,
    "tasklist": AsyncTasklist,
}
IDS = [f"{operation.api}-{operation.row['id']}" for operation in OPERATIONS]


def answer_of(operation):
    """What a server says to an operation, and with which status."""
    kind = operation.row.get("answer", "")
    if kind in {"", "text"}:
        return Reply(200 if kind else 204, b"<xml/>" if kind else b"")
    return Reply(200, json.dumps(FACTS[operation.api].sample(kind)).encode())


def arguments(operation, method):
    """Every parameter of a method by its name, as Python has it, and what of it belongs into path, query and body."""
    facts, row = FACTS[operation.api], operation.row
    hints = get_type_hints(method)
    names = [name for name in inspect.signature(method).parameters if name != "self"]
    given: dict[str, object] = {name: f"{name}/ä" for name in names[: len(operation.places)]}
    wanted = (row.get("body") or {}) | row.get("query", {})
    assert len(names) == len(operation.places) + len(wanted)
    # The rest is in the order of the facts, those that have to be given first.
    ordered = sorted(wanted, key=lambda one: not wanted[one].endswith("!"))
    for name, member in zip(names[len(operation.places) :], ordered, strict=True):
        kind = wanted[member]
        if kind in SORTS:
            given[name] = ["-name"]
        elif kind == "Secret!":
            given[name] = Secret(facts.sample(kind))
        else:
            given[name] = msgspec.convert(facts.sample(kind), hints[name])
    return given, {member: facts.sample(kind) for member, kind in wanted.items()}


@pytest.mark.parametrize("operation", OPERATIONS, ids=IDS)
async def test_an_operation_says_all_it_is_given_and_reads_all_that_is_answered(api, operation):
    row = operation.row
    server, settings = api(lambda _: answer_of(operation))
    async with CLIENTS[operation.api](settings, cache=MemoryCache()) as client:
        method = getattr(client, row["name"])
        given, members = arguments(operation, method)
        got = await method(**given)
    *tokens, call = server.received

    place = urlsplit(call.path)
    template = re.sub(r"\\{\w+\\}", "([^/]+?)", re.escape(ROOTS[operation.api] + operation.path))
    found = re.fullmatch(template, place.path)
    assert found, (template, place.path)
    assert call.method == operation.method
    assert [unquote(one) for one in found.groups()] == list(given.values())[: len(operation.places)]
    asked = {name: [str(members[name])] for name in row.get("query", {})}
    assert parse_qs(place.query) == asked
    body = {name: members[name] for name in row.get("body") or {}}
    expected = next(iter(body.values())) if row.get("whole") else body
    assert (json.loads(call.body) if call.body else {}) == expected
    if row.get("anonymous"):
        assert (tokens, "authorization" in call.headers) == ([], False)
    else:
        assert call.headers["authorization"] == "Bearer abc"
        audience = parse_qs(tokens[0].body.decode()).get("audience", [None])[0]
        assert audience == AUDIENCES[operation.api]
    answer = row.get("answer", "")
    if not answer:
        assert got is None
    elif answer == "text":
        assert got == "<xml/>"
        assert call.headers["accept"] == "*/*"
    else:
        assert "s3cr~t" not in repr(got)
        told = msgspec.json.encode(got, enc_hook=lambda secret: secret.reveal())
        assert json.loads(told) == FACTS[operation.api].sample(answer)


@pytest.mark.parametrize("operation", OPERATIONS, ids=IDS)
async def test_what_is_not_given_is_not_sent(api, operation):
    row = operation.row
    server, settings = api(lambda _: answer_of(operation))
    async with CLIENTS[operation.api](settings, cache=MemoryCache()) as client:
        method = getattr(client, row["name"])
        given, _ = arguments(operation, method)
        needed = inspect.signature(method).parameters
        await method(**{name: one for name, one in given.items() if needed[name].default is inspect.Parameter.empty})
    call = server.received[-1]
    wanted = (row.get("body") or {}) | row.get("query", {})
    required = {name for name, kind in wanted.items() if kind.endswith("!")}
    sent = set(parse_qs(urlsplit(call.path).query))
    if call.body and not row.get("whole"):
        sent |= set(json.loads(call.body))
    assert sent == required - (set(row.get("body") or {}) if row.get("whole") else set())


@pytest.mark.parametrize("name", sorted(FACTS))
def test_no_method_is_without_an_operation(name):
    own = {one for one, value in vars(CLIENTS[name]).items() if inspect.isfunction(value)}
    rows = [operation.row for operation in FACTS[name].operations]
    going_on = [row for row in rows if {"searchAfter", "page"} & (row.get("body") or {}).keys()]
    paged = {f"{row['name']}_all" for row in going_on}
    assert {row["name"] for row in rows if row.get("answer", "").startswith("Found[")} <= {
        row["name"] for row in going_on
    }
    assert own == {row["name"] for row in rows} | paged


def test_every_api_has_its_place():
    assert set(PLACES) == {"orchestration", *FACTS}


@pytest.mark.parametrize("page_size", [None, 2])
async def test_pages_that_stand_behind_one_another_are_gone_through_to_their_end(api, page_size):
    keys = [1, 2, 3, 4]

    def answer(got):
        body = json.loads(got.body)
        after = body.get("searchAfter", [0])[0]
        found = [key for key in keys if key > after][: body.get("size", 3)]
        # As of an index that counts no further.
        page = {"items": [{"key": key} for key in found], "sortValues": found[-1:], "total": 3}
        return Reply(200, json.dumps(page).encode())

    server, settings = api(answer)
    async with AsyncOperate(settings, cache=MemoryCache()) as operate:
        active = ProcessInstance(state="ACTIVE")
        search = operate.search_process_instances_all(filter=active, sort=["-key"], page_size=page_size)
        found = [one.key async for one in search]
    assert found == keys
    bodies = [json.loads(call.body) for call in server.received if call.path.endswith("/search")]
    assert all(body["filter"] == {"state": "ACTIVE"} and body["sort"][0]["order"] == "DESC" for body in bodies)
    assert [body.get("searchAfter") for body in bodies] == ([None, [2], [4]] if page_size else [None, [3], [4]])


@pytest.mark.parametrize("total", [0, 1, 2, 5])
async def test_tasks_that_stand_behind_one_another_are_gone_through_to_their_end(api, total):
    def answer(got):
        body = json.loads(got.body)
        start = int(body.get("searchAfter", ["0"])[0])
        tasks = [{"id": f"t{one}", "sortValues": [str(one), f"t{one}"]} for one in range(start + 1, total + 1)]
        return Reply(200, json.dumps(tasks[: body["pageSize"]]).encode())

    server, settings = api(answer)
    async with AsyncTasklist(settings, cache=MemoryCache()) as tasklist:
        search = tasklist.search_tasks_all(state="CREATED", sort=["-creationTime"], page_size=2)
        found = [one.id async for one in search]
    assert found == [f"t{one}" for one in range(1, total + 1)]
    bodies = [json.loads(call.body) for call in server.received if call.path.endswith("/search")]
    assert all(body["state"] == "CREATED" and body["sort"][0]["field"] == "creationTime" for body in bodies)
    ends = [["2", "t2"], ["4", "t4"], ["5", "t5"]] if total == 5 else [[str(total), f"t{total}"]] * (total > 0)
    assert [body.get("searchAfter") for body in bodies] == [None, *ends]


async def test_tasks_that_do_not_say_where_they_stand_are_one_page(api):
    """Some versions leave the place out; asking again would be asking for the same."""
    server, settings = api(lambda _: Reply(200, b'[{"id":"1"},{"id":"2","sortValues":null}]'))
    async with AsyncTasklist(settings, cache=MemoryCache()) as tasklist:
        assert [one.id async for one in tasklist.search_tasks_all()] == ["1", "2"]
    assert len([call for call in server.received if call.path.endswith("/search")]) == 1


@pytest.mark.parametrize("total", [0, 1, 10, 11, 20])
async def test_pages_with_numbers_are_gone_through_to_their_end(api, total):
    def answer(got):
        body = json.loads(got.body)
        numbers = range(total)[body["page"] * 10 : body["page"] * 10 + 10]
        return Reply(200, json.dumps({"items": [{"id": str(one)} for one in numbers], "total": total}).encode())

    server, settings = api(answer)
    async with AsyncModeler(settings, cache=MemoryCache()) as modeler:
        found = [one.id async for one in modeler.search_files_all()]
    assert found == [str(one) for one in range(total)]
    assert len([call for call in server.received if call.path.endswith("/search")]) == max(1, -(-total // 10))
