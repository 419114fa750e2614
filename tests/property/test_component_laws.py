"""Laws of the models of the APIs beside the cluster: what is said is read as it was meant, what is newer is kept."""

import functools
import importlib
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import inspect

from c8py.base.redact import Secret
from c8py.components.bodies import decoded, encoded
from c8py.models import unknown_members
from c8py.models._base import Model
from harness.component_facts import APIS

STRUCTS = {
    f"{api}.{name}": kind
    for api in APIS
    for name, kind in vars(importlib.import_module(f"c8py.{api}.models")).items()
    if isinstance(kind, type) and issubclass(kind, Model) and kind is not Model
}
SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=5)
FREE = SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(st.text(max_size=3), SCALARS, max_size=2)
NEWER = st.dictionaries(st.text(max_size=3).map("newer-{}".format), FREE, max_size=3)
PLAIN: dict[type, st.SearchStrategy[Any]] = {
    inspect.StrType: st.text(max_size=8),
    inspect.IntType: st.integers(-(2**63), 2**63 - 1),
    inspect.FloatType: st.floats(allow_nan=False, allow_infinity=False),
    inspect.BoolType: st.booleans(),
    inspect.NoneType: st.none(),
    inspect.AnyType: FREE,
}


def values(kind: inspect.Type) -> st.SearchStrategy[Any]:
    """Values of a type of msgspec's."""
    match kind:
        case inspect.UnionType(types=types):
            return st.one_of(*(values(one) for one in types))
        case inspect.VarTupleType(item_type=item):
            return st.lists(values(item), max_size=2).map(tuple)
        case inspect.DictType(value_type=value):
            return st.dictionaries(st.text(max_size=3), values(value), max_size=2)
        case inspect.StructType(cls=cls, fields=fields):
            return st.fixed_dictionaries({one.name: values(one.type) for one in fields}).map(lambda have: cls(**have))
        case inspect.CustomType(cls=cls):
            return st.text(max_size=8).map(Secret) if cls is Secret else FREE
        case _:
            return PLAIN[type(kind)]


@functools.cache
def valid(name: str) -> st.SearchStrategy[Any]:
    return values(inspect.type_info(STRUCTS[name]))


@pytest.mark.parametrize("name", STRUCTS)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_what_is_said_is_read_as_it_was_meant_and_newer_members_are_kept(name: str, data: st.DataObject):
    value = data.draw(valid(name))
    said = encoded(value)
    assert said is not None
    assert decoded(said, STRUCTS[name], call="c", address="a") == value
    more = data.draw(NEWER)
    newer = decoded(encoded(more | msgspec.json.decode(said)) or b"", STRUCTS[name], call="c", address="a")
    assert unknown_members(newer) == more
    assert encoded(newer) == said
    assert (newer == value) is (not more)
