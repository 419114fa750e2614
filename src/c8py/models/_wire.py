"""Models from JSON and back, with the members that no field is there for: those that a newer server writes. Pure.

Nearly every answer has none, so that is asked first, and in C: besides the models there are their strict twins, which
refuse members that they do not know, and an answer is read by both. Only one that the twin refuses is gone through.
"""

import functools
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from types import MappingProxyType, UnionType
from typing import Any, Final, Generic, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct

from c8py.models._base import KEPT, Model

Value = TypeVar("Value")
_Hook = Callable[[type, object], object]
_NONE: Final[Mapping[str, object]] = MappingProxyType({})


class Reader(Generic[Value]):
    """Reads JSON of one kind; made once for each.

    Args:
        kind: a struct, or what holds structs.
        dec_hook: as msgspec has it.
    """

    def __init__(self, kind: type[Value], dec_hook: _Hook | None = None) -> None:
        twin = _strict(kind, {})
        self._typed = msgspec.json.Decoder(kind, dec_hook=dec_hook)
        self._strict = None if twin is kind else msgspec.json.Decoder(twin, dec_hook=dec_hook)

    def read(self, body: bytes | str) -> Value:
        """The value in a body.

        Raises:
            msgspec.MsgspecError: there is no such value in it.
        """
        value = self._typed.decode(body)
        if self._strict is not None:
            try:
                self._strict.decode(body)
            except msgspec.ValidationError:
                # What nobody asked for may be more than we can read; the rest is an answer all the same.
                with suppress(msgspec.MsgspecError, UnicodeDecodeError):
                    keep(value, msgspec.json.decode(body))
        return value


@functools.cache
def _reader(kind: type[Value]) -> Reader[Value]:
    return Reader(kind)


def decode(body: bytes | str, kind: type[Value]) -> Value:
    """A model from JSON; what it has no fields for is kept, in it and in all that it holds.

    Args:
        body: as `encode` makes it, or as it came from a server.
        kind: a struct of `c8py.models`, or a list of them.

    Raises:
        msgspec.MsgspecError: it is something else.
    """
    return _reader(kind).read(body)


def encode(value: object) -> bytes:
    """JSON of a model, with all members that came with it, known or not; `decode` makes the same model of it again."""
    return msgspec.json.encode(builtins(value))


def builtins(value: object, enc_hook: Callable[[object], object] | None = None) -> object:
    """A value as JSON would have it, with all members that came with the models in it.

    Args:
        value: a model, or lists and maps of models.
        enc_hook: as msgspec has it.
    """
    made: object = msgspec.to_builtins(value, enc_hook=enc_hook)
    for struct, members in list(_objects(value, made)):
        members.update(unknown_members(struct))
    return made


def unknown_members(answer: object) -> Mapping[str, object]:
    """The members that came with this very object of an answer and that its type has no fields for.

    A cluster that is newer than this package may say more than its models know; that is how it is read meanwhile. The
    names are those of the wire, the values as in JSON.

    Args:
        answer: what a call returned, or an object in it.
    """
    return cast("Mapping[str, object]", getattr(answer, "__dict__", _NONE).get(KEPT, _NONE))


def keep(value: object, read: object) -> None:
    """Let the models in a value keep those members that they have no fields for.

    Args:
        value: what was made of `read`.
        read: the same as JSON has it.
    """
    for struct, members in _objects(value, read):
        known = _known(type(struct))
        unknown = {name: member for name, member in members.items() if name not in known}
        if unknown and isinstance(struct, Model):
            vars(struct)[KEPT] = unknown


def _objects(value: object, read: object) -> Iterator[tuple[Struct, dict[str, object]]]:
    """Every struct, and its object in JSON."""
    if isinstance(value, Struct) and isinstance(read, dict):
        members = cast("dict[str, object]", read)
        for name, wire in _holding(type(value)):
            if wire in members:
                yield from _objects(getattr(value, name), members[wire])
        yield value, members
    elif isinstance(value, list | tuple) and isinstance(read, list | tuple):
        for item, item_read in zip(cast("list[object]", value), cast("list[object]", read), strict=False):
            yield from _objects(item, item_read)
    elif isinstance(value, dict) and isinstance(read, dict):
        for name, item in cast("dict[str, object]", value).items():
            yield from _objects(item, cast("dict[str, object]", read)[name])


@functools.cache
def _holding(kind: type[Struct]) -> tuple[tuple[str, str], ...]:
    """The fields in which there may be structs: what users put into the free ones holds none, and is not entered."""
    hints = get_type_hints(kind)
    fields = zip(kind.__struct_fields__, kind.__struct_encode_fields__, strict=True)
    return tuple((name, wire) for name, wire in fields if _strict(hints[name], {}) is not hints[name])


@functools.cache
def _known(kind: type[Struct]) -> frozenset[str]:
    return frozenset(kind.__struct_encode_fields__)


def _strict(kind: object, bound: Mapping[object, object]) -> object:
    """The same kind, with structs that refuse members that they do not know; the very same where it has no structs."""
    if isinstance(kind, TypeVar):
        return _strict(bound[kind], {}) if kind in bound else object
    origin, arguments = get_origin(kind) or kind, get_args(kind)
    if isinstance(origin, type) and issubclass(origin, Struct):
        return _twin(cast("type[Struct]", kind))
    strict = tuple(_strict(one, bound) for one in arguments)
    if all(one is other for one, other in zip(strict, arguments, strict=True)):
        return kind
    generic = Union if origin is UnionType else cast("Mapping[object, object]", origin)
    return generic[strict]


@functools.cache
def _twin(kind: type[Struct]) -> type[Struct]:
    struct = cast("type[Struct]", get_origin(kind) or kind)
    parameters = cast("tuple[object, ...]", getattr(struct, "__parameters__", ()))
    bound: dict[object, object] = dict(zip(parameters, get_args(kind), strict=False))
    hints = get_type_hints(struct)
    stricter = {name: _strict(hint, bound) for name, hint in hints.items()}
    fields = [
        (field.name, cast("type", stricter[field.name]), msgspec.field(name=field.encode_name, **_default(field)))
        for field in msgspec.structs.fields(struct)
        if stricter[field.name] is not hints[field.name]
    ]
    return msgspec.defstruct(
        struct.__name__, fields, bases=(struct,), kw_only=True, forbid_unknown_fields=True, module=struct.__module__
    )


def _default(field: msgspec.structs.FieldInfo) -> dict[str, Any]:
    given = {"default": field.default, "default_factory": field.default_factory}
    return {name: value for name, value in given.items() if value is not msgspec.NODEFAULT}
