"""Messages of the gateway with every field set, and what answers every rpc with one."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from c8py.proto import gateway_pb2 as pb

# Texts that hold JSON.
_JSON: Final = frozenset({"variables", "customHeaders"})
_DEPTH_MAX: Final = 4


def filled(kind: type[Message], depth: int = 0) -> Message:
    """A message with every field set; of several that exclude each other the first."""
    message = kind()
    fields: Any = kind.DESCRIPTOR.fields  # two classes of one interface, by which parser is in use
    for field in fields:
        group = field.containing_oneof
        if depth > _DEPTH_MAX or (group is not None and message.WhichOneof(group.name) is not None):
            continue
        if field.message_type is not None:
            value: Any = filled(GetMessageClass(field.message_type), depth + 1)
            if field.is_repeated:
                getattr(message, field.name).append(value)
            else:
                getattr(message, field.name).CopyFrom(value)
        elif field.is_repeated:
            getattr(message, field.name).append(_value(field))
        else:
            setattr(message, field.name, _value(field))
    return message


def answers() -> dict[str, Callable[..., Message | Iterator[Message]]]:
    """For harness.answering.Gateway: every rpc answered with everything that it can say."""
    made: dict[str, Callable[..., Message | Iterator[Message]]] = {}
    for method in pb.DESCRIPTOR.services_by_name["Gateway"].methods:
        answer = filled(getattr(pb, method.output_type.name))
        made[method.name] = _stream(answer) if method.server_streaming else _unary(answer)
    return made


def _unary(answer: Message) -> Callable[..., Message]:
    return lambda *_: answer


def _stream(answer: Message) -> Callable[..., Iterator[Message]]:
    return lambda *_: iter((answer,))


def _value(field: Any) -> object:
    if field.enum_type is not None:
        return field.enum_type.values[-1].number
    kinds: dict[int, object] = {
        FieldDescriptor.CPPTYPE_STRING: '{"a":1}' if field.name in _JSON else "text",
        FieldDescriptor.CPPTYPE_BOOL: True,
        FieldDescriptor.CPPTYPE_INT64: 2**53 + 1,
        FieldDescriptor.CPPTYPE_UINT64: 2**53 + 1,
        FieldDescriptor.CPPTYPE_INT32: 7,
    }
    return b"bytes" if field.type == FieldDescriptor.TYPE_BYTES else kinds[field.cpp_type]
