"""`c8 grpc`: a call of the gateway by the name of its rpc, with address, token and TLS taken care of; as grpcurl does.

Messages are JSON, with two things made easy: where the protocol wants a text of JSON (variables) the JSON itself will
do, and where it wants bytes (resources) `@FILE` will.
"""

import base64
import contextlib
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click
import msgspec

from c8py.base.limits import JOB_STREAM_S_MAX, LONG_POLL_GRACE_S, LONG_POLL_S
from c8py.cli.options import BODY, Connection, json_option, with_connection
from c8py.cli.output import print_json, print_rows

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor, FieldDescriptor
    from google.protobuf.message import Message

    from c8py.config import Settings
    from c8py.proto.gateway_pb2_grpc import Rpc
    from c8py.transport.grpc import Grpc


@click.command("grpc")
@click.argument("method", required=False)
@click.argument("request", type=BODY, default="{}", metavar="[JSON|@FILE|-]")
@click.option("--list", "as_list", is_flag=True, help="Show all rpcs.")
@click.option("--template", is_flag=True, help="Show the JSON that METHOD takes, with all its fields.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="End a stream after N messages.")
@click.option("--timeout", "timeout_s", type=click.FloatRange(0, min_open=True), help="For all attempts, in seconds.")
@json_option
@with_connection
def grpc_(
    connection: Connection,
    *,
    method: str | None,
    request: bytes,
    as_list: bool,
    template: bool,
    limit: int | None,
    timeout_s: float | None,
    as_json: bool,
) -> None:
    """Call the rpc METHOD of the gateway with JSON, and print what it answers: c8 grpc Topology.

    Of a stream each message is printed as it comes.
    """
    from c8py.proto.gateway_pb2_grpc import RPCS  # noqa: PLC0415  50 ms that no other verb pays

    if as_list:
        if as_json:
            print_json(list(RPCS))
            return
        rows = [(name, rpc.request.__name__, "stream" if rpc.server_streaming else "") for name, rpc in RPCS.items()]
        print_rows(("RPC", "REQUEST", "ANSWER"), rows, nothing="no rpc")
        return
    name = _named(method, list(RPCS))
    rpc = RPCS[name]
    if template:
        print_json(_as_json(_filled(rpc.request())))
        return
    message = _message(rpc, request)
    settings = connection.settings()
    with _gateway(settings) as gateway, contextlib.closing(_answers(gateway, name, rpc, message, timeout_s)) as answers:
        for count, answer in enumerate(answers, 1):
            print_json(_as_json(answer), one_line=as_json)
            if count == limit:
                return


def _named(method: str | None, names: list[str]) -> str:
    """The rpc that is meant, by its bare name or with the service in front, in any case of letters.

    Raises:
        UsageError: there is none of this name.
    """
    wanted = (method or "").rpartition("/")[2].lower()
    for name in names:
        if name.lower() == wanted:
            return name
    raise click.UsageError(f"expected one of {', '.join(names)}, but got {method or 'none'}")


@contextlib.contextmanager
def _gateway(settings: "Settings") -> "Generator[Grpc]":
    from c8py.auth import credentials_for  # noqa: PLC0415
    from c8py.base.clock import SystemClock  # noqa: PLC0415
    from c8py.transport import Wire, headers, shared_cache  # noqa: PLC0415
    from c8py.transport.grpc import Grpc  # noqa: PLC0415

    clock, wire = SystemClock(), Wire(settings)
    source = headers(credentials_for(settings, "cluster"), wire, settings, cache=shared_cache(settings), clock=clock)
    gateway = Grpc(settings, source, clock)
    try:
        yield gateway
    finally:
        source.close()
        gateway.close()
        wire.close()


def _answers(
    gateway: "Grpc", name: str, rpc: "Rpc", message: "Message", timeout_s: float | None
) -> "Generator[Message]":
    timeout_s = timeout_s or _patience_s(name, message)
    if rpc.server_streaming:
        yield from gateway.stream(name, message, rpc.response, timeout_s=timeout_s)
    else:
        yield gateway.unary(name, message, rpc.response, timeout_s=timeout_s)


def _patience_s(name: str, message: "Message") -> float:
    """How long an answer may take: as long as the request asks the gateway to wait, and a while."""
    if name == "StreamActivatedJobs":
        return JOB_STREAM_S_MAX
    return max(getattr(message, "requestTimeout", 0) / 1000, LONG_POLL_S) + LONG_POLL_GRACE_S


def _message(rpc: "Rpc", request: bytes) -> "Message":
    """The message that the JSON says.

    Raises:
        UsageError: it is no JSON, or not of this message.
    """
    from google.protobuf import json_format  # noqa: PLC0415

    message = rpc.request()
    try:
        said: object = msgspec.json.decode(request)
        return json_format.ParseDict(_eased(said, cast("Descriptor", message.DESCRIPTOR)), message)
    except OSError as error:
        raise click.UsageError(f"expected to read {error.filename}, but {error.strerror}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, json_format.ParseError, TypeError) as error:
        name = rpc.request.__name__
        raise click.UsageError(f"expected JSON of a {name}, but {error}; --template shows one") from None


def _eased(value: object, kind: "Descriptor") -> Any:
    """JSON as the protocol wants it: texts of JSON in the place of JSON, base64 in the place of files."""
    if not isinstance(value, dict):
        return value
    fields = {field.json_name: field for field in kind.fields} | dict(kind.fields_by_name)
    members = cast("dict[str, object]", value)
    return {name: _eased_field(one, fields[name]) if name in fields else one for name, one in members.items()}


def _eased_field(value: object, field: "FieldDescriptor") -> object:
    if field.message_type is not None and isinstance(value, list):
        return [_eased(one, field.message_type) for one in cast("list[object]", value)]
    if field.message_type is not None:
        return _eased(value, field.message_type)
    if field.type == field.TYPE_STRING and isinstance(value, dict):
        return msgspec.json.encode(value).decode()
    if field.type == field.TYPE_BYTES and isinstance(value, str) and value.startswith("@"):
        return base64.b64encode(Path(value[1:]).read_bytes()).decode()
    return value


def _filled(message: "Message", depth: int = 4) -> "Message":
    """The message with one of everything in it."""
    for field in message.DESCRIPTOR.fields:
        if field.message_type is None or depth == 0:
            continue
        there = getattr(message, field.name)
        inner = there.add() if hasattr(there, "add") else there
        if not field.message_type.GetOptions().map_entry:
            inner.SetInParent()
            _filled(inner, depth - 1)
    return message


def _as_json(message: "Message") -> dict[str, object]:
    from google.protobuf import json_format  # noqa: PLC0415

    return json_format.MessageToDict(message, always_print_fields_with_no_presence=True)
