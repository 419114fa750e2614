"""Whatever comes over the wire, the answer is about the request, and never a fault of the gateway."""

import asyncio
from collections.abc import Callable

import grpc.aio
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from c8py.proto.gateway_pb2_grpc import RPCS
from c8py.server.gateway import rest_searchables
from c8py.server.gateway.refusals import Kind, Refusal
from c8py.server.gateway.rest_search import SearchBody, search_of
from c8py.server.gateway.variables import refuse_depth, variables_from_text

OUR_FAULT = {"INTERNAL", "UNKNOWN", "DATA_LOSS"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
SEARCHABLES = [value for name, value in vars(rest_searchables).items() if name.isupper() and not name.startswith("_")]
ENDPOINTS = (
    ("POST", "/process-instances"),
    ("POST", "/process-instances/search"),
    ("POST", "/process-instances/1/cancellation"),
    ("POST", "/jobs/activation"),
    ("POST", "/jobs/search"),
    ("POST", "/jobs/1/completion"),
    ("POST", "/jobs/1/failure"),
    ("POST", "/jobs/1/error"),
    ("PATCH", "/jobs/1"),
    ("PUT", "/element-instances/1/variables"),
    ("POST", "/incidents/search"),
    ("POST", "/variables/search"),
    ("POST", "/deployments"),
)


def field_of(schema_names: list[str], value: st.SearchStrategy[object]) -> st.SearchStrategy[dict[str, object]]:
    return st.dictionaries(st.sampled_from(schema_names), value, max_size=5)


NAMES = [
    *("processDefinitionId", "processDefinitionKey", "variables", "tenantId", "type", "timeout", "maxJobsToActivate"),
    *("requestTimeout", "fetchVariable", "retries", "errorMessage", "errorCode", "changeset", "filter", "sort", "page"),
]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(call=st.sampled_from(ENDPOINTS), body=JSON | field_of(NAMES, JSON) | st.binary(max_size=50))
def test_no_body_makes_rest_fail(rest, call: tuple[str, str], body: object) -> None:
    raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
    if b'"requestTimeout"' in raw:
        raw = raw.replace(b'"requestTimeout"', b'"ignored"')  # a valid one would have the test wait
    answer = rest(*call, raw=raw)
    assert answer.status != 500, (call, raw, answer.text)
    assert answer.status < 500 or answer.status in {501, 504}, answer.text


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="#?"), max_size=30))
def test_no_path_makes_rest_fail(rest, path: str) -> None:
    assert rest("GET", f"/{path}").status in {200, 204, 400, 404, 405, 501}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(sorted(RPCS.keys() - {"StreamActivatedJobs"})), data=st.binary(max_size=60))
def test_no_bytes_make_grpc_fail(served, token, send_raw, name: str, data: bytes) -> None:
    async def status() -> str:
        metadata = (("authorization", f"Bearer {token}"),)
        async with grpc.aio.insecure_channel(served.addresses.grpc_address) as channel:
            try:
                await send_raw(channel, name, data, metadata=metadata, timeout=1)
            except grpc.aio.AioRpcError as refused:
                return refused.code().name
        return "OK"

    assert asyncio.run(status()) not in OUR_FAULT


@pytest.fixture
def token(served) -> str:
    return served.token("zeebe.camunda.io")


@settings(max_examples=100, deadline=None)
@given(what=st.sampled_from(SEARCHABLES), data=st.data())
def test_a_filter_is_understood_or_refused(what, data: st.DataObject) -> None:
    names = [*what.filters, "$or", "variables", "?"]
    operators = st.dictionaries(st.sampled_from(["$eq", "$in", "$like", "$gt", "$exists", "$?"]), JSON, max_size=3)
    body = SearchBody(filter=data.draw(field_of(names, JSON | operators)))
    assert kind_of(lambda: search_of(body, what)) in {None, Kind.INVALID_ARGUMENT, Kind.NOT_SUPPORTED}


def kind_of(work: Callable[[], object]) -> Kind | None:
    """How work is refused; None if it is not."""
    try:
        work()
    except Refusal as refusal:
        return refusal.kind
    return None


@given(text=st.text(max_size=200) | JSON.map(lambda value: msgspec.json.encode(value).decode()))
def test_variables_are_an_object_or_refused(text: str) -> None:
    assert kind_of(lambda: variables_from_text(text)) in {None, Kind.INVALID_ARGUMENT}


@given(depth=st.integers(0, 600))
def test_depth_is_counted_outside_texts_only(depth: int) -> None:
    document = b"[" * depth + msgspec.json.encode("[{" * 300 + '"\\') + b"]" * depth
    assert (kind_of(lambda: refuse_depth(document)) is not None) == (depth > 500)
