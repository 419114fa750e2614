"""Rules of variables as objects of the caller's own: there and back."""

import dataclasses
from datetime import date
from typing import TypedDict

import msgspec
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from c8py.client import value_as, variables_as
from c8py.client.values import document, json_bytes, json_text
from c8py.errors import InvalidArgument


class Struct(msgspec.Struct, rename="camel"):
    order_id: int
    due: date
    lines: list[str] = []


@dataclasses.dataclass
class Dataclass:
    order_id: int
    due: date
    lines: list[str] = dataclasses.field(default_factory=list)


class Model(pydantic.BaseModel):
    order_id: int = pydantic.Field(alias="orderId")
    due: date
    lines: list[str] = []


class Parent(msgspec.Struct):
    child: Model


class Dictionary(TypedDict):
    amount: int


DUE = date(2026, 11, 21)
OBJECTS = [Struct(1, DUE), Dataclass(1, DUE), Model(orderId=1, due=DUE), Parent(Model(orderId=1, due=DUE))]


@pytest.mark.parametrize("given", OBJECTS)
def test_what_goes_in_comes_out(given):
    sent = msgspec.json.decode(json_bytes(document(given)))
    assert variables_as(sent, type(given)) == given
    assert value_as(json_text(given), type(given)) == given


@given(st.integers(-(2**53), 2**53), st.dates(), st.lists(st.text()))
def test_every_value_comes_back(number, due, lines):
    for kind in (Struct, Dataclass):
        one = kind(number, due, lines)
        assert variables_as(msgspec.json.decode(json_bytes(document(one))), kind) == one


def test_models_may_stand_anywhere_in_a_dict():
    said = json_text(document({"orders": [Model(orderId=1, due=DUE)]}))
    assert said == '{"orders":[{"orderId":1,"due":"2026-11-21","lines":[]}]}'


def test_variables_without_a_field_are_left_out():
    assert variables_as({"amount": 5, "more": 1}, Dictionary) == {"amount": 5}


@pytest.mark.parametrize("wanted", [Struct, Dataclass, Model, Parent, Dictionary])
def test_what_is_missing_is_said(wanted):
    with pytest.raises(InvalidArgument, match=wanted.__name__):
        variables_as({}, wanted)
    with pytest.raises(InvalidArgument, match=wanted.__name__):
        value_as("{}", wanted)


@pytest.mark.parametrize("text", ["", "{", "<html>"])
def test_what_is_no_json_is_said(text):
    with pytest.raises(InvalidArgument, match="expected JSON"):
        value_as(text, dict)


def test_values_of_json_need_no_class():
    assert value_as("[1, 2]", list[int]) == [1, 2]
    with pytest.raises(InvalidArgument, match="list"):
        value_as('["a"]', list[int])


def test_a_type_that_json_cannot_become_is_refused():
    with pytest.raises(InvalidArgument, match="Strange"):
        variables_as({"a": 1}, type("Strange", (), {}))
