"""What comes with an answer comes back from it: over every model of every API, and in the forms that answers have."""

import copy
import pickle
import random

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from c8py.base.redact import Secret
from c8py.models import decode, encode, unknown_members
from c8py.models._wire import Reader, builtins
from c8py.models.backup import BackupInfo
from c8py.models.cluster import Partition, TopologyResponse
from c8py.models.job import JobActivationRequest, JobActivationResult
from c8py.models.operations import OPERATIONS
from c8py.models.process_instance import ProcessInstanceSearchQueryResult

SEEDS = st.integers(0, 2**32)
MORE = {"comesLater": {"deep": [1, {"er": None}]}, "comesLaterToo": None}
TOPOLOGY = {
    "clusterId": None,
    "brokers": [
        {
            "nodeId": 0,
            "host": "h",
            "port": 1,
            "version": "8.11.0",
            "zone": "a",
            "partitions": [{"partitionId": 1, "role": "leader", "health": "healthy", "lag": {"events": 3}}],
        }
    ],
    "clusterSize": 1,
    "partitionsCount": 1,
    "replicationFactor": 1,
    "gatewayVersion": "8.11.0",
    "lastCompletedChangeId": "-1",
    "regions": ["a", None],
}


def revealed(value: object) -> object:
    assert isinstance(value, Secret)
    return value.reveal()


def hidden(kind: type, value: object) -> object:
    return Secret(str(value)) if kind is Secret else value


def add_members(value: object, read: object) -> None:
    """A newer server says more in each of its objects, but not in what users put there."""
    if isinstance(value, msgspec.Struct):
        assert isinstance(read, dict)
        for name, wire in zip(value.__struct_fields__, value.__struct_encode_fields__, strict=True):
            if wire in read:
                add_members(getattr(value, name), read[wire])
        read |= MORE
    elif isinstance(value, list | tuple):
        assert isinstance(read, list | tuple)
        for item, item_read in zip(value, read, strict=True):
            add_members(item, item_read)
    elif isinstance(value, dict):
        assert isinstance(read, dict)
        for name, item in value.items():
            add_members(item, read[name])


def known_alone(value: object) -> bytes:
    return msgspec.json.encode(value, enc_hook=revealed)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=SEEDS)
def test_a_model_comes_back_from_the_wire_as_it_went(models, built, seed):
    rng = random.Random(seed)
    for struct in models:
        value = built(struct, rng)
        wire = msgspec.json.encode(builtins(value, revealed))
        assert wire == known_alone(value)
        assert Reader(struct, hidden).read(wire) == value
        assert msgspec.json.decode(wire, type=struct, dec_hook=hidden) == value


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=SEEDS)
def test_what_a_newer_server_says_more_comes_back_wherever_it_stood(models, built, seed):
    rng = random.Random(seed)
    for struct in models:
        plain = built(struct, rng)
        said = msgspec.json.decode(known_alone(plain))
        add_members(plain, said)
        value = Reader(struct, hidden).read(msgspec.json.encode(said))
        assert unknown_members(value) == MORE
        again = msgspec.json.encode(builtins(value, revealed))
        assert msgspec.json.decode(again) == said
        assert Reader(struct, hidden).read(again) == value
        assert value != plain
        assert known_alone(value) == known_alone(plain)


def test_a_member_that_we_do_not_know_is_read_by_its_name():
    topology = decode(msgspec.json.encode(TOPOLOGY), TopologyResponse)
    assert unknown_members(topology)["regions"] == ["a", None]
    assert unknown_members(topology.brokers[0]) == {"zone": "a"}
    assert unknown_members(topology.brokers[0].partitions[0]) == {"lag": {"events": 3}}
    assert msgspec.json.decode(encode(topology)) == TOPOLOGY


def test_most_answers_have_no_such_members():
    job = JobActivationResult(jobs=[])
    assert unknown_members(decode(encode(job), JobActivationResult)) == {}
    assert unknown_members("text") == unknown_members([job]) == {}


def test_members_are_kept_in_the_items_of_lists_and_maps():
    said = [{"backupId": 1, "state": "COMPLETED", "failureReason": None, "details": [], "newer": 1}]
    [info] = decode(msgspec.json.encode(said), list[BackupInfo])
    assert unknown_members(info) == {"newer": 1}
    assert msgspec.json.decode(encode([info])) == said
    by_name = decode(msgspec.json.encode({"a": said[0]}), dict[str, BackupInfo])
    assert unknown_members(by_name["a"]) == {"newer": 1}


def test_what_users_put_there_is_theirs():
    """Free fields are as they came, and nothing in them is taken for a member that is unknown."""
    variables = {"unknown": {"deep": [{"er": 1}]}}
    job = dict.fromkeys(("processDefinitionVersion", "retries", "deadline"), 1)
    job |= dict.fromkeys(("type", "processDefinitionId", "elementId", "worker", "tenantId", "jobKey"), "1")
    job |= {f"{name}Key": "1" for name in ("processInstance", "processDefinition", "elementInstance")}
    job |= {"variables": variables, "customHeaders": {}, "newer": 1}
    [found] = decode(msgspec.json.encode({"jobs": [job]}), JobActivationResult).jobs
    assert found.variables == variables
    assert unknown_members(found) == {"newer": 1}


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
def test_a_copy_keeps_them(copied):
    topology = decode(msgspec.json.encode(TOPOLOGY), TopologyResponse)
    again = copied(topology)
    assert again == topology
    assert encode(again) == encode(topology)
    plain = TopologyResponse(**msgspec.structs.asdict(topology))
    assert copied(plain) == plain != topology


def test_they_count_when_models_are_compared():
    one, other = (
        decode(msgspec.json.encode(TOPOLOGY | {"regions": regions}), TopologyResponse) for regions in (["a"], ["b"])
    )
    same = decode(encode(one), TopologyResponse)
    assert one == same
    assert one != other
    assert one != "text"


def test_equal_models_have_one_hash():
    plain = decode(b'{"partitionId":1,"role":"leader","health":"healthy"}', Partition)
    newer = decode(b'{"partitionId":1,"role":"leader","health":"healthy","lag":1}', Partition)
    assert hash(plain) == hash(Partition(partition_id=1, role="leader", health="healthy"))
    assert len({plain, newer, copy.copy(newer)}) == 2


def test_a_request_has_only_what_was_put_there():
    request = decode(b'{"type":"t","timeout":1,"maxJobsToActivate":1,"newer":1}', JobActivationRequest)
    assert b"newer" not in msgspec.json.encode({"body": request})


@pytest.mark.parametrize("unreadable", [b"1e999", b'{"a":"\xff"}'])
def test_a_member_that_cannot_be_read_is_let_go_and_the_answer_is_read(unreadable):
    partition = decode(b'{"partitionId":1,"role":"leader","health":"healthy","newer":' + unreadable + b"}", Partition)
    assert partition == Partition(partition_id=1, role="leader", health="healthy")


def test_what_is_no_answer_is_refused():
    with pytest.raises(msgspec.ValidationError):
        decode(b'{"brokers":1}', TopologyResponse)
    with pytest.raises(msgspec.DecodeError):
        decode(b"<html>", TopologyResponse)


def test_a_reader_can_be_made_for_every_answer():
    kinds = [kind for row in OPERATIONS.values() if (kind := row.response_type()) is not None]
    assert len(kinds) > 150
    for kind in kinds:
        Reader(kind)


def test_the_twin_of_a_model_never_comes_out():
    found = decode(b'{"items":[],"page":{"totalItems":0,"hasMoreTotalItems":false}}', ProcessInstanceSearchQueryResult)
    assert type(found) is ProcessInstanceSearchQueryResult
