"""What the models of the REST API keep, whatever a server of any version says: JSON by chance, from the schemas."""

import random
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import c8py.models
from c8py.models import decode, encode
from harness.json_samples import JsonSamples
from harness.rest_calls import API, same

SCHEMAS = API["components"]["schemas"]
MODULES = sorted(path.stem for path in Path(c8py.models.__path__[0]).glob("[a-z]*.py"))
SEEDS = st.integers(0, 2**32)
EXAMPLES = 8
NEWER = "NEWER_THAN_THIS_PACKAGE"
MORE = {"comesLater": {"deep": [1, {"er": None}]}}


@cache
def structs() -> dict[str, type[msgspec.Struct]]:
    """Every struct by its name, which is that of its schema."""
    things = [thing for name in MODULES for thing in vars(import_module(f"c8py.models.{name}")).values()]
    kinds = [thing for thing in things if isinstance(thing, type) and issubclass(thing, msgspec.Struct)]
    return {kind.__name__: kind for kind in kinds if kind.__name__ in SCHEMAS}


def cases(seed: int, **more: object) -> Iterator[tuple[str, type[msgspec.Struct], object]]:
    """Each struct, and what a server says by chance; the same for the same seed, but for what `more` adds."""
    for name, kind in structs().items():
        samples = JsonSamples(API, pick=random.Random(seed).randrange, amount="some", **more)  # pyright: ignore[reportArgumentType]
        said = samples.value(SCHEMAS[name])
        if said is not None:  # null in place of the whole is the holder's matter
            yield name, kind, said


def test_the_laws_are_about_all_structs():
    assert len(structs()) > 400


@settings(max_examples=EXAMPLES, deadline=None)
@given(seed=SEEDS)
def test_nothing_is_lost_between_the_wire_and_a_struct(seed):
    for name, kind, said in cases(seed):
        assert same(msgspec.convert(said, kind), said), name


@settings(max_examples=EXAMPLES, deadline=None)
@given(seed=SEEDS)
def test_a_struct_comes_back_as_it_went(seed):
    for name, kind, said in cases(seed):
        value = msgspec.convert(said, kind)
        assert msgspec.json.decode(msgspec.json.encode(value), type=kind) == value, name


@settings(max_examples=EXAMPLES, deadline=None)
@given(seed=SEEDS)
def test_a_value_of_an_enum_that_is_newer_survives(seed):
    for name, kind, said in cases(seed, newer=NEWER):
        value = msgspec.convert(said, kind)
        assert same(value, said), name
        assert msgspec.json.decode(msgspec.json.encode(value), type=kind) == value, name


@settings(max_examples=EXAMPLES, deadline=None)
@given(seed=SEEDS)
def test_members_that_are_newer_are_in_nobodys_way(seed):
    for (name, kind, said), (_, _, plain) in zip(cases(seed, more=MORE), cases(seed), strict=True):
        assert msgspec.convert(said, kind) == msgspec.convert(plain, kind), name


@settings(max_examples=EXAMPLES, deadline=None)
@given(seed=SEEDS)
def test_members_that_are_newer_survive(seed):
    for name, kind, said in cases(seed, newer=NEWER, more=MORE):
        value = decode(msgspec.json.encode(said), kind)
        again = encode(value)
        assert same(msgspec.json.decode(again), said), name
        assert decode(again, kind) == value, name


@pytest.mark.parametrize("broken", [{"brokers": 1}, {"gatewayVersion": None}])
def test_the_laws_can_be_broken(broken):
    """A struct that took anything would keep them all."""
    _, kind, said = next(case for case in cases(0) if case[0] == "TopologyResponse")
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(said | broken, kind)
