"""Prints c8py.proto from tools/facts/gateway.jsonl: our own gateway.proto, and what Python needs of it.

The .proto text restates facts (names, numbers, types, labels) with our own short comments. protoc turns it into
messages and their types; the stubs are printed here, because protoc's own are untyped, three times as long, and refuse
to be imported with an older grpcio than the one they were made with.
Alone: `python tools/gen_proto.py [--check]`.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from generator import ROOT, header, main

FACTS: Final = ROOT / "tools" / "facts" / "gateway.jsonl"
FOLDER: Final = ROOT / "src" / "c8py" / "proto"
PACKAGE: Final = "gateway_protocol"
SERVICE: Final = "Gateway"


class _Fact(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every fact may say: `since` the version that brought it, where that is later than 8.4."""

    name: str
    since: str = ""
    deprecated: bool = False


class Value(_Fact, frozen=True, kw_only=True):
    """A value of an enum."""

    number: int


class Enum(_Fact, frozen=True, kw_only=True, tag="enum", tag_field="kind"):
    """An enum, of the file or of a message."""

    values: tuple[Value, ...]


class Field(_Fact, frozen=True, kw_only=True):
    """A field of a message; `oneof` names the group it belongs to."""

    number: int
    type: str
    label: str = ""
    oneof: str = ""


class Message(_Fact, frozen=True, kw_only=True, tag="message", tag_field="kind"):
    """A message with its own enums and messages."""

    fields: tuple[Field, ...]
    enums: tuple[Enum, ...] = ()
    messages: tuple["Message", ...] = ()


class Rpc(_Fact, frozen=True, kw_only=True, tag="rpc", tag_field="kind"):
    """A method of the service; `stream` when the answers are many."""

    request: str
    response: str
    stream: bool = False


def read_facts() -> list[Rpc | Enum | Message]:
    """The facts in the order of the file."""
    decoder = msgspec.json.Decoder(Rpc | Enum | Message)
    return decoder.decode_lines(FACTS.read_bytes())


def outputs() -> dict[Path, bytes | str]:
    """Every file of c8py.proto but its __init__."""
    facts = read_facts()
    proto = proto_text(facts)
    messages, types = compiled(proto)
    return {
        FOLDER / "gateway.proto": proto,
        FOLDER / "gateway_pb2.py": messages,
        FOLDER / "gateway_pb2.pyi": types,
        FOLDER / "gateway_pb2_grpc.py": stubs_text([fact for fact in facts if isinstance(fact, Rpc)]),
    }


def proto_text(facts: Iterable[Rpc | Enum | Message]) -> str:
    """gateway.proto: the service first, as a reader wants it."""
    facts = list(facts)
    lines = [
        "",
        "// The gRPC API of Zeebe's gateway, 8.4 to 8.10, restated from the facts of its wire format.",
        "// A comment says in which version something came, where that is later than 8.4.",
        "",
        'syntax = "proto3";',
        "",
        f"package {PACKAGE};",
        "",
        f"service {SERVICE} {{",
    ]
    for rpc in facts:
        if isinstance(rpc, Rpc):
            stream = "stream " if rpc.stream else ""
            end = " { option deprecated = true; }" if rpc.deprecated else ";"
            lines.append(f"  rpc {rpc.name}({rpc.request}) returns ({stream}{rpc.response}){end}{_since(rpc)}")
    lines.append("}")
    for fact in facts:
        if isinstance(fact, Enum):
            lines += ["", *_enum_lines(fact)]
        elif isinstance(fact, Message):
            lines += ["", *_message_lines(fact)]
    return header(__file__, "tools/facts/gateway.jsonl", comment="//") + "\n".join(lines) + "\n"


def _since(fact: _Fact) -> str:
    return f"  // since {fact.since}" if fact.since else ""


def _enum_lines(enum: Enum) -> Iterator[str]:
    yield f"enum {enum.name} {{{_since(enum)}"
    for value in enum.values:
        # Said once where the whole enum is as new.
        since = "" if value.since == enum.since else _since(value)
        yield f"  {value.name} = {value.number};{since}"
    yield "}"


def _message_lines(message: Message) -> Iterator[str]:
    yield f"message {message.name} {{{_since(message)}"
    if message.deprecated:
        yield "  option deprecated = true;"
    for part in (*message.enums, *message.messages):
        inner = _enum_lines(part) if isinstance(part, Enum) else _message_lines(part)
        yield from (f"  {line}" for line in inner)
    open_group = ""
    for field in message.fields:
        if field.oneof != open_group:
            if open_group:
                yield "  }"
            if field.oneof:
                yield f"  oneof {field.oneof} {{"
            open_group = field.oneof
        label = f"{field.label} " if field.label else ""
        since = "" if field.since == message.since else _since(field)
        deprecated = " [deprecated = true]" if field.deprecated else ""
        indent = "    " if field.oneof else "  "
        yield f"{indent}{label}{field.type} {field.name} = {field.number}{deprecated};{since}"
    if open_group:
        yield "  }"
    yield "}"


def compiled(proto: str) -> tuple[str, str]:
    """gateway_pb2.py and gateway_pb2.pyi, as protoc prints them, changed where its habits hurt us."""
    with tempfile.TemporaryDirectory() as folder:
        # The path inside is what the descriptor is called, so it is ours whatever the machine.
        source = Path(folder) / "c8py" / "proto" / "gateway.proto"
        source.parent.mkdir(parents=True)
        source.write_text(proto, "utf-8")
        arguments = [f"-I{folder}", f"--python_out={folder}", f"--pyi_out={folder}", str(source)]
        subprocess.run([sys.executable, "-m", "grpc_tools.protoc", *arguments], check=True)
        messages = source.with_name("gateway_pb2.py").read_text("utf-8")
        types = source.with_name("gateway_pb2.pyi").read_text("utf-8")
    first = header(__file__, "tools/facts/gateway.jsonl")
    # A pool of our own: other clients of Camunda define the same package, and one process may load two of them.
    default, own = "_descriptor_pool.Default().", "_descriptor_pool.DescriptorPool()."
    if messages.count(default) != 1:
        sys.exit(f"gen_proto: expected {default} once in what protoc prints, but it prints something else now")
    # Bare Mapping is unknown to strict checkers.
    return first + messages.replace(default, own), first + types.replace("_Mapping]", "_Mapping[str, object]]")


_STUBS = '''
"""The service of gateway.proto for both colours of grpcio: stubs to call it with, and a way to register handlers."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import grpc
import grpc.aio
from google.protobuf.message import Message

from c8py.proto import gateway_pb2 as pb

SERVICE: Final = "{package}.{service}"


class Rpc(NamedTuple):
    """One method of the service: its messages, and whether it answers with a stream."""

    request: type[Message]
    response: type[Message]
    server_streaming: bool

'''


def stubs_text(rpcs: Iterable[Rpc]) -> str:
    """gateway_pb2_grpc.py."""
    rpcs = list(rpcs)
    lines = ["RPCS: Final[Mapping[str, Rpc]] = {"]
    lines += [f'    "{r.name}": Rpc(pb.{r.request}, pb.{r.response}, server_streaming={r.stream}),' for r in rpcs]
    lines += ["}", "", ""]
    lines += _stub_lines(rpcs, "GatewayStub", "grpc", "a channel of grpcio's threads")
    lines += ["", ""]
    lines += _stub_lines(rpcs, "GatewayAsyncStub", "grpc.aio", "a channel of grpc.aio")
    lines += ["", "", _HANDLERS]
    text = _STUBS.format(package=PACKAGE, service=SERVICE) + "\n" + "\n".join(lines)
    return header(__file__, "tools/facts/gateway.jsonl") + text


def _stub_lines(rpcs: Iterable[Rpc], name: str, module: str, what: str) -> Iterator[str]:
    yield f"class {name}:"
    yield f'    """The methods of the service over {what}."""'
    yield ""
    for rpc in rpcs:
        shape = "UnaryStream" if rpc.stream else "UnaryUnary"
        yield f'    {rpc.name}: "{module}.{shape}MultiCallable[pb.{rpc.request}, pb.{rpc.response}]"'
    yield ""
    yield f"    def __init__(self, channel: {module}.Channel) -> None:"
    yield from _CALLABLES.splitlines()


_CALLABLES = """\
        for name, rpc in RPCS.items():
            make = channel.unary_stream if rpc.server_streaming else channel.unary_unary
            serializer, deserializer = rpc.request.SerializeToString, rpc.response.FromString
            path = f"/{SERVICE}/{name}"
            setattr(self, name, make(path, request_serializer=serializer, response_deserializer=deserializer))
"""

_HANDLERS = '''\
def add_GatewayServicer_to_server(servicer: object, server: grpc.Server | grpc.aio.Server) -> None:
    """Register an object that has a method of each rpc's name: `(request, context) -> response`.

    A rpc without a method is left out; grpcio answers it with UNIMPLEMENTED.

    Args:
        servicer: the object; no base class is asked for.
        server: of either colour; an asynchronous server takes plain and `async` methods.
    """
    table: dict[str, grpc.RpcMethodHandler[Any, Any]] = {}
    for name, rpc in RPCS.items():
        method = getattr(servicer, name, None)
        if method is not None:
            make = grpc.unary_stream_rpc_method_handler if rpc.server_streaming else grpc.unary_unary_rpc_method_handler
            table[name] = make(
                method, request_deserializer=rpc.request.FromString, response_serializer=rpc.response.SerializeToString
            )
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, table),))
'''


if __name__ == "__main__":
    main(__name__)
