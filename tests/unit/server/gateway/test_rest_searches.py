"""Searches as clients word them: operators, orders, pages, and what they find."""

import pytest

from harness.bpmn import one_task


@pytest.fixture
def three(rest, names) -> tuple[str, list[str]]:
    """A process with three instances, started with n = 1, 2 and 3, and their keys."""
    name = names("searched")
    rest.deploy(one_task(name, job_type=name))
    return name, [rest.start(name, n=n, colour=colour) for n, colour in ((1, "red"), (2, "green"), (3, "red"))]


def found(rest, **body: object) -> list[str]:
    answer = rest("POST", "/process-instances/search", body)
    assert answer.status == 200, answer.text
    return [each["processInstanceKey"] for each in answer.json["items"]]


def test_a_plain_value_means_equal(rest, three) -> None:
    name, keys = three
    assert found(rest, filter={"processDefinitionId": name}) == keys
    assert found(rest, filter={"processInstanceKey": keys[1]}) == [keys[1]]


@pytest.mark.parametrize(
    ("operators", "expected"),
    [
        ({"$eq": 1}, [1]),
        ({"$neq": 1}, [0, 2]),
        ({"$in": [0, 2]}, [0, 2]),
        ({"$notIn": [0]}, [1, 2]),
        ({"$exists": True}, [0, 1, 2]),
        ({"$in": [0, 1], "$neq": 0}, [1]),
    ],
)
def test_keys_have_operators(rest, three, operators: dict[str, object], expected: list[int]) -> None:
    name, keys = three

    def key_of(value: object) -> object:
        if isinstance(value, list):
            return [keys[each] for each in value]
        return value if isinstance(value, bool) else keys[value]  # type: ignore[call-overload]

    condition = {sign: key_of(value) for sign, value in operators.items()}
    wanted = [keys[each] for each in expected]
    assert found(rest, filter={"processDefinitionId": name, "processInstanceKey": condition}) == wanted


def test_texts_are_matched_by_patterns(rest, three) -> None:
    name, keys = three
    assert found(rest, filter={"processDefinitionId": {"$like": f"?{name[1:4]}*{name[-4:]}"}}) == keys
    assert found(rest, filter={"processDefinitionId": {"$like": name[1:]}}) == []


def test_times_are_compared(rest, three) -> None:
    name, keys = three
    started = rest("GET", f"/process-instances/{keys[0]}").json["startDate"]
    assert found(rest, filter={"processDefinitionId": name, "startDate": {"$gte": started}}) == keys
    assert found(rest, filter={"processDefinitionId": name, "startDate": {"$lt": started}}) == []
    assert found(rest, filter={"processDefinitionId": name, "endDate": {"$exists": False}}) == keys


def test_instances_are_found_by_their_variables(rest, three) -> None:
    name, keys = three
    red = [{"name": "colour", "value": '"red"'}]
    assert found(rest, filter={"processDefinitionId": name, "variables": red}) == [keys[0], keys[2]]
    both = [*red, {"name": "n", "value": {"$neq": "1"}}]
    assert found(rest, filter={"processDefinitionId": name, "variables": both}) == [keys[2]]


def test_one_of_several_branches_is_enough(rest, three) -> None:
    name, keys = three
    branches = [{"processInstanceKey": keys[0]}, {"processInstanceKey": keys[2], "state": "ACTIVE"}]
    assert found(rest, filter={"processDefinitionId": name, "$or": branches}) == [keys[0], keys[2]]


def test_an_order_is_kept(rest, three) -> None:
    name, keys = three
    sort = [{"field": "processInstanceKey", "order": "DESC"}]
    assert found(rest, filter={"processDefinitionId": name}, sort=sort) == keys[::-1]


def test_pages_follow_each_other_forwards_and_backwards(rest, three) -> None:
    name, keys = three
    question = {"filter": {"processDefinitionId": name}}
    first = rest("POST", "/process-instances/search", {**question, "page": {"limit": 2}}).json
    assert [each["processInstanceKey"] for each in first["items"]] == keys[:2]
    assert (first["page"]["totalItems"], first["page"]["hasMoreTotalItems"]) == (3, False)
    after = {"after": first["page"]["endCursor"], "limit": 2}
    second = rest("POST", "/process-instances/search", {**question, "page": after}).json
    assert [each["processInstanceKey"] for each in second["items"]] == keys[2:]
    before = {"before": second["page"]["startCursor"], "limit": 2}
    assert found(rest, **question, page=before) == keys[:2]
    assert found(rest, **question, page={"from": 1, "limit": 1}) == [keys[1]]


def test_nothing_found_has_no_cursors(rest) -> None:
    page = rest("POST", "/jobs/search", {"filter": {"type": "nobody has this"}}).json["page"]
    assert page == {"totalItems": 0, "hasMoreTotalItems": False, "startCursor": None, "endCursor": None}


@pytest.mark.parametrize("what", ["process-definitions", "process-instances", "element-instances", "jobs", "variables"])
def test_a_search_may_come_without_a_body(rest, three, what: str) -> None:
    assert rest("POST", f"/{what}/search").json["items"]
    assert rest("POST", f"/{what}/search", {"page": {"limit": 0}}).json["items"] == []


@pytest.mark.parametrize(
    ("path", "field", "word"),
    [
        ("/process-instances/search", "state", "ACTIVE"),
        ("/element-instances/search", "state", "ACTIVE"),
        ("/jobs/search", "state", "CREATED"),
        ("/jobs/search", "kind", "BPMN_ELEMENT"),
        ("/jobs/search", "listenerEventType", "UNSPECIFIED"),
        ("/incidents/search", "state", "ACTIVE"),
        ("/incidents/search", "errorType", "JOB_NO_RETRIES"),
    ],
)
def test_words_that_are_counted_are_held_to_those(rest, path, field, word) -> None:
    for good in (word, {"$eq": word}, {"$in": [word]}, {"$neq": word}, {"$like": "A*"}):
        assert rest("POST", path, {"filter": {field: good}}).status == 200
    for bad in ("GONE", {"$eq": "GONE"}, {"$in": [word, "GONE"]}, word.lower()):
        refused = rest("POST", path, {"filter": {field: bad}})
        assert refused.status == 400
        assert f"expected filter.{field} to be one of " in refused.json["detail"]
