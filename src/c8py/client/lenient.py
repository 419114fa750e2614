"""Reads answers of REST: strictly first, in the manner of older versions where that fails, jobs one by one at last.

A broker of 8.6 writes keys as numbers, calls the key of a job `key`, and knows less than newer ones. Pure.
"""

from collections.abc import Mapping
from functools import cache
from typing import Final, TypeVar, cast

import msgspec
from msgspec import inspect

from c8py.client import piecewise
from c8py.client.values import UnreadableVariables
from c8py.errors import ServerFault
from c8py.models._wire import Reader, keep, unknown_members

Answer = TypeVar("Answer")

# What a field was called before 8.8.
_OLDER_NAMES: Final[Mapping[str, str]] = {"jobKey": "key", "variableKey": "key", "incidentKey": "key"}
_ROOT_DEPTH_MAX: Final = 50
_JOBS: Final = "jobs"
# Members of a job whose contents are anybody's, and what they are called here.
_FREE: Final[Mapping[str, str]] = {"variables": "variables", "customHeaders": "custom_headers"}
_OBJECT: Final = msgspec.json.Decoder(dict[str, object])
_UNREADABLE: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


def decode(body: bytes, wanted: type[Answer], *, call: str, address: str) -> Answer:
    """The answer in a body.

    Args:
        body: JSON.
        wanted: the struct of the answer.
        call: the name of the operation, for errors.
        address: of the API, for errors.

    Raises:
        ServerFault: it is no such answer, even with an old server's ways allowed for.
    """
    try:
        return _reader(wanted).read(body)
    except msgspec.ValidationError:
        pass
    except _UNREADABLE as error:
        found = _job_by_job(body, wanted)
        if found is not None:
            return found
        raise ServerFault(
            f"expected JSON as the answer to {call}, but got something else",
            hint=f"check that {address} is the address of the REST API",
        ) from error
    try:
        return _as_older(body, wanted)
    except _UNREADABLE as error:
        found = _job_by_job(body, wanted)
        if found is not None:
            return found
        raise ServerFault(
            f"expected an answer to {call} in the form of Camunda 8, but {str(error)[:1].lower()}{str(error)[1:]}",
            hint=f"check that {address} is the address of the REST API, and the version of the cluster",
        ) from error


def _as_older(body: bytes, wanted: type[Answer]) -> Answer:
    mended = _mended(_recognized(body, wanted), inspect.type_info(wanted), 0)
    answer = msgspec.convert(mended, wanted)
    keep(answer, mended)
    return answer


def _job_by_job(body: bytes, wanted: type[Answer]) -> Answer | None:
    """An answer of jobs of which some cannot be read: those say so when somebody looks into them. None for others."""
    kind = _job_of(wanted)
    if kind is None:
        return None
    found: list[object] = []
    try:
        for element in piecewise.elements(body, _JOBS):
            frame, taken = piecewise.without(element, _FREE)
            found.append(_job(_as_older(frame, kind), taken))
    except _UNREADABLE:  # without a key nobody can say what became of it
        return None
    return wanted(**{_JOBS: found}) if found else None


def _job(frame: msgspec.Struct, taken: Mapping[str, bytes]) -> msgspec.Struct:
    """A job with its free members, of which one that cannot be read makes its variables refuse to be looked into."""
    read: dict[str, object] = {}
    try:
        for name, text in taken.items():
            read[_FREE[name]] = _OBJECT.decode(text)
    except _UNREADABLE as error:
        unreadable = ServerFault(f"expected variables that can be read, but {error}")
        read = {**read, "variables": UnreadableVariables(unreadable)}
    job = msgspec.structs.replace(frame, **read)
    keep(job, unknown_members(frame))
    return job


@cache
def _job_of(wanted: type) -> type[msgspec.Struct] | None:
    """What the jobs of this answer are; None where it has none."""
    kind = inspect.type_info(wanted)
    fields = kind.fields if isinstance(kind, inspect.StructType) else ()
    for field in fields:
        items = field.type.item_type if isinstance(field.type, inspect.ListType) else None
        if field.encode_name == _JOBS and isinstance(items, inspect.StructType):
            names = {one.encode_name for one in items.fields}
            return items.cls if names.issuperset(_FREE) else None
    return None


def _recognized(body: bytes, wanted: type) -> object:
    """The answer, if it has something of what is wanted: an object of somebody else's is not bent into ours."""
    value: object = msgspec.json.decode(body)
    kind = inspect.type_info(wanted)
    if isinstance(kind, inspect.StructType) and isinstance(value, dict):
        names = {field.encode_name for field in kind.fields if field.required}
        if names and not names & value.keys() and "key" not in value:
            raise msgspec.ValidationError(f"Got none of {', '.join(sorted(names))}")
    return cast("object", value)


@cache
def _reader(wanted: type[Answer]) -> Reader[Answer]:
    return Reader(wanted)


def _mended(value: object, kind: inspect.Type, depth: int) -> object:
    """The value with numbers made texts where texts are wanted, and neutral values where something is missing."""
    if depth > _ROOT_DEPTH_MAX:
        return value
    if isinstance(kind, inspect.UnionType):
        return _mended_union(value, kind, depth)
    if isinstance(kind, inspect.StructType) and isinstance(value, dict):
        return _mended_struct(cast("dict[str, object]", value), kind, depth)
    if isinstance(kind, inspect.ListType) and isinstance(value, list):
        return [_mended(item, kind.item_type, depth + 1) for item in cast("list[object]", value)]
    if isinstance(kind, inspect.StrType) and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return _neutral(kind) if value is None else value


def _mended_union(value: object, kind: inspect.UnionType, depth: int) -> object:
    if value is None and kind.includes_none:
        return None
    others = [other for other in kind.types if not isinstance(other, inspect.NoneType)]
    return _mended(value, others[0], depth + 1) if len(others) == 1 else value


def _mended_struct(value: dict[str, object], kind: inspect.StructType, depth: int) -> dict[str, object]:
    mended = dict(value)  # with what we know nothing of
    for field in kind.fields:
        name = field.encode_name
        older = _OLDER_NAMES.get(name)
        given = name if name in value else older if older in value else None
        if given is not None:
            mended.pop(given, None)
            mended[name] = _mended(value[given], field.type, depth + 1)
        elif field.required:
            mended[name] = _neutral(field.type)
    return mended


_NEUTRAL: Final[Mapping[type[inspect.Type], object]] = {
    inspect.StrType: "",
    inspect.IntType: 0,
    inspect.FloatType: 0.0,
    inspect.BoolType: False,
    inspect.ListType: (),
    inspect.DictType: {},
}


def _neutral(kind: inspect.Type) -> object:
    if isinstance(kind, inspect.UnionType):
        return None if kind.includes_none else _neutral(kind.types[0])
    if isinstance(kind, inspect.StructType):
        return {field.encode_name: _neutral(field.type) for field in kind.fields if field.required}
    return _NEUTRAL.get(type(kind))
