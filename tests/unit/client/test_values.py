"""Rules of what callers may hand in."""

import dataclasses
import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from c8py.client.values import document, json_bytes, json_text, key_number, key_text, milliseconds, resources
from c8py.errors import InvalidArgument


class Order(msgspec.Struct, rename="camel"):
    order_id: int


@dataclasses.dataclass
class Customer:
    name: str
    order: Order


def test_variables_may_be_a_dict_a_struct_or_a_dataclass():
    assert document({"a": 1}) == {"a": 1}
    assert document(Order(1)) == {"orderId": 1}
    assert document(Customer("x", Order(1))) == {"name": "x", "order": {"orderId": 1}}
    assert document(None) == {}


def test_a_dict_is_left_alone():
    variables = {"a": {"b": 1}}
    assert document(variables) is variables


@pytest.mark.parametrize("value", [5, "text", [1], object(), {"a": object()}])
def test_what_is_no_object_of_json_is_refused(value):
    with pytest.raises(InvalidArgument):
        json_text(document(value))


def test_a_loop_in_the_variables_is_refused():
    loop = {}
    loop["self"] = loop
    with pytest.raises(InvalidArgument):
        json_text(document(loop))


class Reading(msgspec.Struct):
    celsius: float
    before: "Reading | None" = None


NO_NUMBERS = [math.nan, math.inf, -math.inf]


@pytest.mark.parametrize("number", NO_NUMBERS)
@pytest.mark.parametrize(
    "around",
    [
        lambda number: {"a": number},
        lambda number: {"a": [1.5, {"b": (None, number)}]},
        lambda number: {"a": {number}},
        lambda number: {"null": None, "a": number},
        lambda number: Reading(1.0, Reading(number)),
    ],
)
def test_what_is_no_number_is_refused_wherever_it_stands(around, number):
    """The encoder says null for it: a wrong calculation would travel as a missing value."""
    with pytest.raises(InvalidArgument, match="NaN or infinite"):
        json_text(document(around(number)))


@given(
    inner=st.recursive(
        st.floats() | st.none() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    )
)
def test_a_null_is_only_sent_for_none(inner):
    try:
        sent = msgspec.json.decode(json_bytes({"a": inner}))
    except InvalidArgument:
        assert any(repr(number) in repr(inner) for number in NO_NUMBERS)
    else:
        assert sent == {"a": inner}


def test_none_and_the_word_null_are_sent_as_they_are():
    value = {"a": None, "null": "null", "b": [None, 1.5]}
    assert msgspec.json.decode(json_bytes(value)) == value


def test_nothing_is_sent_for_no_variables():
    assert json_text({}) == ""


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), JSON, max_size=3))
def test_variables_come_back_as_they_were(variables):
    text = json_text(document(variables))
    assert (msgspec.json.decode(text) if text else {}) == variables


@given(st.integers(-(2**63), 2**63 - 1))
def test_keys_come_back_as_they_were(number):
    assert key_number(key_text(number)) == number
    assert key_number(str(number)) == number


@given(st.floats(min_value=1e-9, max_value=1e6))
def test_a_time_is_never_rounded_to_nothing(seconds):
    assert milliseconds(seconds) >= 1
    assert math.isclose(milliseconds(seconds) / 1000, seconds, abs_tol=0.001)


def test_files_are_read_under_their_names(tmp_path):
    (tmp_path / "a.bpmn").write_bytes(b"a")
    assert resources([tmp_path / "a.bpmn", str(tmp_path / "a.bpmn"), ("b.dmn", b"b")]) == [
        ("a.bpmn", b"a"),
        ("a.bpmn", b"a"),
        ("b.dmn", b"b"),
    ]


def test_nothing_to_deploy_or_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InvalidArgument):
        resources([])
    with pytest.raises(InvalidArgument, match=r"gone\.bpmn"):
        resources([tmp_path / "gone.bpmn"])
