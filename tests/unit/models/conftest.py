import random
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path

import msgspec
import msgspec.inspect
import pytest

from c8py.base.redact import Secret

FOLDER = Path(__file__).parents[3] / "src/c8py/models"
TAGS = sorted(path.stem for path in FOLDER.glob("[a-z]*.py") if path.stem not in {"keys", "operations"})
BESIDE = [f"c8py.{room}.models" for room in ("console", "modeler", "optimize", "operate", "tasklist")]
OWN = [f"c8py.models.{name}" for name in TAGS]

type_info = cache(msgspec.inspect.type_info)


def structs_of(module: str) -> list[type[msgspec.Struct]]:
    """The structs that a module defines itself."""
    loaded = import_module(module)
    found = [thing for thing in vars(loaded).values() if isinstance(thing, type) and issubclass(thing, msgspec.Struct)]
    return [struct for struct in found if struct.__module__ == loaded.__name__]


def build(info: msgspec.inspect.Type, rng: random.Random, depth: int = 0):
    """Any value of a type; deep structs have what they must have and nothing else."""
    if isinstance(info, msgspec.inspect.StructType):
        chosen = [f for f in info.fields if f.required or (depth < 3 and rng.random() < 0.5)]
        values = {field.name: build(field.type, rng, depth + 1) for field in chosen}
        return info.cls(**{name: value for name, value in values.items() if value is not msgspec.UNSET})
    if isinstance(info, msgspec.inspect.UnionType):
        return build(rng.choice(info.types), rng, depth)
    if isinstance(info, msgspec.inspect.ListType | msgspec.inspect.CollectionType):
        made = [build(info.item_type, rng, depth + 1) for _ in range(rng.randrange(3))]
        return tuple(made) if isinstance(info, msgspec.inspect.VarTupleType) else made
    if isinstance(info, msgspec.inspect.DictType):
        return {f"k{n}": build(info.value_type, rng, depth + 1) for n in range(rng.randrange(3))}
    if isinstance(info, msgspec.inspect.CustomType) and info.cls is Secret:
        return Secret("s")
    plain: dict[type, Callable[[], object]] = {
        msgspec.inspect.StrType: lambda: rng.choice(["", "2251799813685249", "CREATED", "ä\u2028\U0001f600"]),
        msgspec.inspect.IntType: lambda: rng.choice([0, -1, 2**31, 2**53 + 1]),
        msgspec.inspect.FloatType: lambda: rng.choice([0.5, -1e300]),
        msgspec.inspect.BoolType: lambda: rng.random() < 0.5,
        msgspec.inspect.NoneType: lambda: None,
        msgspec.inspect.AnyType: lambda: rng.choice([None, 1, "x", [True], {"a": {"b": 1.5}}]),
        msgspec.inspect.CustomType: lambda: rng.choice([None, 1, "x", [True], {"a": {"b": 1.5}}]),
    }
    return plain[type(info)]()


@pytest.fixture
def built() -> Callable[[type[msgspec.Struct], random.Random], object]:
    return lambda struct, rng: build(type_info(struct), rng)


@pytest.fixture(params=OWN)
def structs(request: pytest.FixtureRequest) -> list[type[msgspec.Struct]]:
    return structs_of(request.param)


@pytest.fixture(params=[*OWN, *BESIDE])
def models(request: pytest.FixtureRequest) -> list[type[msgspec.Struct]]:
    """Those of all APIs."""
    return structs_of(request.param)
