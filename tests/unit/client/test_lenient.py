"""Rules of reading answers of older versions."""

import contextlib

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c8py.client.lenient import decode
from c8py.errors import ServerFault
from c8py.models import unknown_members
from c8py.models.cluster import TopologyResponse
from c8py.models.job import ActivatedJobResult, JobActivationResult
from c8py.models.operations import OPERATIONS


class Inner(msgspec.Struct, rename="camel", kw_only=True):
    some_key: str
    note: str | None = None


class Outer(msgspec.Struct, rename="camel", kw_only=True):
    items: list[Inner]
    count: int
    ready: bool
    name: str
    extra: dict[str, object]
    inner: Inner | None


def read(text: str, kind: type = Outer):
    return decode(text.encode(), kind, call="x", address="http://c8")


def test_what_is_missing_is_neutral_and_numbers_become_texts_where_texts_are_wanted():
    found = read('{"items":[{"someKey":5,"note":7},{}],"extra":{"n":1},"inner":{"someKey":9007199254740993}}')
    assert found.items == [Inner(some_key="5", note="7"), Inner(some_key="")]
    assert (found.count, found.ready, found.name, found.extra) == (0, False, "", {"n": 1})
    assert found.inner == Inner(some_key="9007199254740993")


def test_null_where_something_is_wanted_is_neutral():
    found = read('{"items":null,"count":null,"ready":null,"name":null,"extra":null,"inner":null}')
    assert (found.items, found.name, found.inner) == ([], "", None)


def test_yes_and_no_are_no_texts():
    with pytest.raises(ServerFault):
        read('{"name":true}')


def test_a_modern_answer_is_never_bent():
    body = '{"brokers":[],"clusterSize":1,"partitionsCount":1,"replicationFactor":1,"gatewayVersion":"8.8.0"}'
    assert read(body, TopologyResponse) == msgspec.json.decode(body, type=TopologyResponse)


def test_what_an_old_server_says_more_is_kept():
    answer = read(
        '{"brokers":[{"nodeId":0,"host":"h","port":1,"partitions":[],"version":"8.6.0","odd":1}],"more":2}',
        TopologyResponse,
    )
    assert (unknown_members(answer), unknown_members(answer.brokers[0])) == ({"more": 2}, {"odd": 1})
    [job] = read('{"jobs":[{"key":5,"type":"t","odd":[1]}]}', JobActivationResult).jobs
    assert (job.job_key, unknown_members(job)) == ("5", {"odd": [1]})


ANY = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["jobs", "key", "brokers", "variables", "type", "x"]), inner, max_size=4)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize("kind", [JobActivationResult, ActivatedJobResult, TopologyResponse])
@given(body=ANY)
def test_any_json_is_read_or_refused(kind, body):
    with contextlib.suppress(ServerFault):
        read(msgspec.json.encode(body).decode(), kind)


def test_somebody_elses_answer_is_not_bent_into_ours():
    with pytest.raises(ServerFault, match="none of"):
        read('{"status":"ok"}', TopologyResponse)


ROOMS = {"job", "cluster", "incident", "process_instance", "variable", "resource"}
STRUCTS: dict[str, type] = {
    kind.__name__: kind
    for row in OPERATIONS.values()
    if row.module in ROOMS and not row.response_content
    if isinstance(kind := row.response_type(), type) and issubclass(kind, msgspec.Struct)
}


@pytest.mark.parametrize("name", sorted(STRUCTS))
def test_an_answer_with_next_to_nothing_is_read_for_all_we_ask(name):
    kind = STRUCTS[name]
    required = [field.encode_name for field in msgspec.structs.fields(kind) if field.required]
    body = {required[0]: None} if required else {}
    assert isinstance(read(msgspec.json.encode(body).decode(), kind), kind)


def answer_of_jobs(*variables: str, headers: str = "{}") -> str:
    """An activation's answer whose jobs have these variables, and keys from 1 on."""
    jobs = (
        f'{{"variables":{text},"type":"variables","elementId":"jobs","customHeaders":{headers},"jobKey":"{key}",'
        '"processInstanceKey":"1","processDefinitionKey":"1","elementInstanceKey":"1","processDefinitionId":"p",'
        '"processDefinitionVersion":1,"worker":"w","retries":3,"deadline":0,"tenantId":"t"}'
        for key, text in enumerate(variables, start=1)
    )
    return f'{{"jobs" : [{", ".join(jobs)}]}}'


POISONS = {
    "a number that nobody can hold": '{"n":1e999}',
    "brackets without end": '{"n":' + "[" * 5000 + "]" * 5000 + "}",
    "half a character": '{"n":"\\ud800"}',
    "no object": "[1]",
}


@pytest.mark.parametrize("poison", POISONS.values(), ids=POISONS)
def test_a_job_that_cannot_be_read_hides_no_other(poison):
    found = read(answer_of_jobs('{"n":1}', poison, '{"s":"}],\\"{["}'), JobActivationResult).jobs
    assert [job.job_key for job in found] == ["1", "2", "3"]
    assert (found[0].variables, found[2].variables) == ({"n": 1}, {"s": '}],"{['})
    with pytest.raises(ServerFault, match="variables that can be read"):
        found[1].variables.get("n")


def test_headers_that_cannot_be_read_make_their_job_unreadable_alone():
    found = read(answer_of_jobs('{"n":1}', headers='{"n":1e999}'), JobActivationResult).jobs
    with pytest.raises(ServerFault, match="out of range"):
        found[0].variables.get("n")


def test_jobs_of_an_older_server_are_read_one_by_one_too():
    text = answer_of_jobs('{"n":1}', '{"n":1e999}').replace('"jobKey":"1"', '"key":1')
    assert [job.job_key for job in read(text, JobActivationResult).jobs] == ["1", "2"]


def test_jobs_that_are_read_one_by_one_keep_what_a_newer_server_says_more():
    text = answer_of_jobs('{"n":1}', '{"n":1e999}').replace('"retries":3', '"retries":3,"newer":{"a":[1]}')
    assert [unknown_members(job) for job in read(text, JobActivationResult).jobs] == [{"newer": {"a": [1]}}] * 2


@pytest.mark.parametrize("body", [b'{"jobs":[{"variables":{"n":1e999}', b'{"jobs":[1e999]}', b'{"jobs":' + b"[" * 9999])
def test_jobs_that_nobody_could_report_are_refused(body):
    with pytest.raises(ServerFault):
        decode(body, JobActivationResult, call="x", address="http://c8")


@pytest.mark.parametrize("body", [b"[" * 9999, b'{"brokers":' + b"[" * 9999 + b"]" * 9999 + b"}"])
def test_an_answer_too_deep_to_be_read_is_the_servers_fault(body):
    with pytest.raises(ServerFault):
        decode(body, TopologyResponse, call="x", address="http://c8")


JSON = st.recursive(
    st.none() | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)  # the first of them makes the readers
@given(st.lists(st.dictionaries(st.sampled_from(["variables", "jobs", 'a"{', "b\\"]), JSON, max_size=3), max_size=4))
def test_readable_jobs_are_the_same_beside_an_unreadable_one(variables):
    texts = [msgspec.json.encode(one).decode() for one in variables]
    alone = read(answer_of_jobs(*texts), JobActivationResult).jobs
    assert read(answer_of_jobs(*texts, '{"n":1e999}'), JobActivationResult).jobs[:-1] == alone
