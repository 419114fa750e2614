import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.internal import api_implementation
from google.protobuf.message import Message
from google.protobuf.unknown_fields import UnknownFieldSet

from c8py.proto import gateway_pb2 as pb
from c8py.proto.gateway_pb2_grpc import RPCS, SERVICE, GatewayAsyncStub, GatewayStub, add_GatewayServicer_to_server
from harness.grpc_samples import filled

ROOT = Path(__file__).parents[3]
FACTS = [json.loads(line) for line in (ROOT / "tools/facts/gateway.jsonl").read_text().splitlines()]
MESSAGES = [fact for fact in FACTS if fact["kind"] == "message"]
TYPES = {
    FieldDescriptor.TYPE_BOOL: "bool",
    FieldDescriptor.TYPE_BYTES: "bytes",
    FieldDescriptor.TYPE_INT32: "int32",
    FieldDescriptor.TYPE_INT64: "int64",
    FieldDescriptor.TYPE_STRING: "string",
    FieldDescriptor.TYPE_UINT64: "uint64",
}


def type_of(field: FieldDescriptor) -> str:
    named = field.message_type or field.enum_type
    return named.full_name.removeprefix("gateway_protocol.") if named else TYPES[field.type]


def label_of(field: FieldDescriptor) -> str | None:
    if field.is_repeated:
        return "repeated"
    oneof = field.containing_oneof
    return "optional" if oneof is not None and oneof.name.startswith("_") else None


def compare_enum(enum: EnumDescriptor, fact: dict[str, Any]) -> None:
    assert {value.name: value.number for value in enum.values} == {v["name"]: v["number"] for v in fact["values"]}


def compare_message(message: Descriptor, fact: dict[str, Any]) -> None:
    found = {field.name: (field.number, type_of(field), label_of(field)) for field in message.fields}
    assert found == {f["name"]: (f["number"], f["type"], f.get("label")) for f in fact["fields"]}
    for field in fact["fields"]:
        if "oneof" in field:
            assert field["name"] in [member.name for member in message.oneofs_by_name[field["oneof"]].fields]
    for enum in fact.get("enums", []):
        compare_enum(message.enum_types_by_name[enum["name"]], enum)
    for inner in fact.get("messages", []):
        compare_message(message.nested_types_by_name[inner["name"]], inner)


@pytest.mark.parametrize("fact", MESSAGES, ids=lambda fact: fact["name"])
def test_a_message_has_the_fields_of_the_facts(fact):
    compare_message(pb.DESCRIPTOR.message_types_by_name[fact["name"]], fact)


def test_there_are_no_other_messages():
    assert set(pb.DESCRIPTOR.message_types_by_name) == {fact["name"] for fact in MESSAGES}


def test_the_enums_of_the_file_are_those_of_the_facts():
    enums = {fact["name"]: fact for fact in FACTS if fact["kind"] == "enum"}
    assert set(pb.DESCRIPTOR.enum_types_by_name) == set(enums)
    for name, fact in enums.items():
        compare_enum(pb.DESCRIPTOR.enum_types_by_name[name], fact)


def test_the_service_has_the_rpcs_of_the_facts():
    facts = {f["name"]: (f["request"], f["response"], f.get("stream", False)) for f in FACTS if f["kind"] == "rpc"}
    service = pb.DESCRIPTOR.services_by_name["Gateway"]
    described = {
        m.name: (m.input_type.name, m.output_type.name, m.server_streaming and not m.client_streaming)
        for m in service.methods
    }
    table = {
        name: (rpc.request.DESCRIPTOR.name, rpc.response.DESCRIPTOR.name, rpc.server_streaming)
        for name, rpc in RPCS.items()
    }
    assert described == facts
    assert table == facts
    assert len(facts) == 23
    assert service.full_name == SERVICE == "gateway_protocol.Gateway"


def test_messages_are_parsed_by_upb():
    """Pure Python is 65 times slower; protobuf falls back to it in silence."""
    assert api_implementation.Type() == "upb"


def test_another_package_of_the_same_name_may_be_loaded_beside_ours():
    """Someone moving from one client of Camunda to the other has both in one process."""
    other = (
        "from google.protobuf import descriptor_pb2, descriptor_pool\n"
        "file = descriptor_pb2.FileDescriptorProto(name='gateway.proto', package='gateway_protocol')\n"
        "file.message_type.add(name='TopologyRequest')\n"
        "descriptor_pool.Default().Add(file)\n"
        "from c8py.proto import gateway_pb2\n"
        "assert gateway_pb2.TopologyRequest().SerializeToString() == b''\n"
    )
    subprocess.run([sys.executable, "-c", other], check=True)


def test_importing_the_package_loads_no_messages():
    code = "import sys, c8py.proto; assert not [m for m in sys.modules if 'pb2' in m or m == 'grpc']"
    subprocess.run([sys.executable, "-c", code], check=True)


NEWER = b"\xa2\x06\x05newer"  # the field 100, a text


def made_newer(message: Message) -> Message:
    """The message as a newer gateway may send it: a field more, and other values of enums, on every level."""
    for field, value in message.ListFields():
        for inner in value if field.is_repeated else [value]:
            if isinstance(inner, Message):
                made_newer(inner)
        if field.enum_type and not field.is_repeated:
            setattr(message, field.name, 99)
    message.MergeFromString(NEWER)
    return message


@pytest.mark.parametrize("name", sorted(pb.DESCRIPTOR.message_types_by_name))
def test_a_message_keeps_fields_and_values_that_are_newer_than_this_package(name):
    kind = getattr(pb, name)
    sent = made_newer(filled(kind)).SerializeToString()
    read = kind.FromString(sent)
    assert read.SerializeToString() == sent
    assert read == kind.FromString(read.SerializeToString())
    assert [(one.field_number, one.data) for one in UnknownFieldSet(read)] == [(100, b"newer")]
    known = filled(kind).SerializeToString()
    assert kind.FromString(known).SerializeToString() == known != sent


def test_newer_fields_come_through_a_call_on_every_level():
    from concurrent.futures import ThreadPoolExecutor

    class Newer:
        def Topology(self, request, context):  # noqa: N802
            return made_newer(filled(pb.TopologyResponse))

    server = grpc.server(ThreadPoolExecutor(1))
    add_GatewayServicer_to_server(Newer(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        answer = GatewayStub(channel).Topology(pb.TopologyRequest(), timeout=5)
    server.stop(None).wait()
    partition = answer.brokers[0].partitions[0]
    assert (partition.role, partition.health) == (99, 99)
    for message in (answer, answer.brokers[0], partition):
        assert [one.data for one in UnknownFieldSet(message)] == [b"newer"]


class Handlers:
    def Topology(self, request, context):  # noqa: N802  the rpc's name
        return pb.TopologyResponse(clusterSize=3)

    def StreamActivatedJobs(self, request, context):  # noqa: N802
        yield pb.ActivatedJob(key=1, type=request.type)
        yield pb.ActivatedJob(key=2, type=request.type)


def test_a_stub_calls_what_handlers_offer_and_the_rest_is_unimplemented():
    from concurrent.futures import ThreadPoolExecutor

    server = grpc.server(ThreadPoolExecutor(1))
    add_GatewayServicer_to_server(Handlers(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = GatewayStub(channel)
        assert stub.Topology(pb.TopologyRequest(), timeout=5).clusterSize == 3
        jobs = stub.StreamActivatedJobs(pb.StreamActivatedJobsRequest(type="pay"), timeout=5)
        assert [(job.key, job.type) for job in jobs] == [(1, "pay"), (2, "pay")]
        with pytest.raises(grpc.RpcError) as caught:
            stub.CompleteJob(pb.CompleteJobRequest(jobKey=1), timeout=5)
        assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
    server.stop(None).wait()


async def test_the_asynchronous_stub_calls_asynchronous_handlers():
    class AsyncHandlers:
        async def Topology(self, request, context):  # noqa: N802
            return pb.TopologyResponse(clusterSize=5)

    server = grpc.aio.server()
    add_GatewayServicer_to_server(AsyncHandlers(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        answer = await GatewayAsyncStub(channel).Topology(pb.TopologyRequest(), timeout=5)
        assert answer.clusterSize == 5
    await server.stop(None)
