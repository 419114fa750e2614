import subprocess
import sys

import msgspec

from c8py.models.cluster import Partition, TopologyResponse
from c8py.models.common import AdvancedJobKeyFilter, SearchQueryPageRequest
from c8py.models.job import ActivatedJobResult, JobCompletionRequest, JobFilter, JobSearchQuery, JobSearchResult
from c8py.models.keys import FREE_FIELDS, KEY_FIELDS, EndCursor, JobKey
from c8py.models.process_instance import ProcessInstanceCreationInstruction

GROUND = {"c8py.models", "c8py.models._base", "c8py.models._wire"}
ANSWER_OF_8_6 = {
    "brokers": [
        {
            "nodeId": 0,
            "host": "127.0.0.1",
            "port": 26501,
            "partitions": [{"partitionId": 1, "role": "leader", "health": "healthy"}],
            "version": "8.6.0",
        }
    ],
    "clusterSize": 1,
    "partitionsCount": 1,
    "replicationFactor": 1,
    "gatewayVersion": "8.6.0",
}


def test_wire_names_are_camel_case_or_operators(structs):
    for struct in structs:
        for name, wire in zip(struct.__struct_fields__, struct.__struct_encode_fields__, strict=True):
            assert name == name.lower()
            assert wire.lstrip("$").replace("_", "").replace(".", "").lower() == name.replace("_", "")


def test_a_value_that_is_newer_than_this_package_survives():
    wire = b'{"partitionId":1,"role":"observer","health":"healthy","state":"dreaming"}'
    partition = msgspec.json.decode(wire, type=Partition)
    assert partition.role == "observer"
    assert msgspec.json.encode(partition) == wire


def test_an_answer_of_the_oldest_server_is_readable():
    topology = msgspec.convert(ANSWER_OF_8_6, TopologyResponse)
    assert topology.cluster_id is None
    assert topology.brokers[0].partitions[0].state is msgspec.UNSET


def test_what_a_request_leaves_out_is_not_sent():
    assert msgspec.json.encode(JobSearchQuery()) == b"{}"
    assert msgspec.json.encode(JobCompletionRequest(variables=None)) == b'{"variables":null}'


def test_a_filter_takes_a_value_or_operators():
    by_value = JobFilter(job_key=JobKey("1"), state="CREATED")
    assert msgspec.json.decode(msgspec.json.encode(by_value)) == {"jobKey": "1", "state": "CREATED"}
    by_operator = JobFilter(job_key=AdvancedJobKeyFilter(in_=[JobKey("1"), JobKey("2")]))
    assert msgspec.json.encode(by_operator) == b'{"jobKey":{"$in":["1","2"]}}'
    assert msgspec.json.decode(b'{"jobKey":{"$in":["1","2"]}}', type=JobFilter) == by_operator


def test_alternatives_that_nothing_tells_apart_are_one_struct():
    assert msgspec.json.encode(SearchQueryPageRequest(limit=5, after=EndCursor("x"))) == b'{"limit":5,"after":"x"}'
    assert msgspec.json.encode(SearchQueryPageRequest(from_=3)) == b'{"from":3}'
    by_id = ProcessInstanceCreationInstruction(process_definition_id="order", variables={"a": 1})
    assert msgspec.json.encode(by_id) == b'{"variables":{"a":1},"processDefinitionId":"order"}'


def test_keys_of_answers_are_known_by_their_wire_names():
    """A number under one of these names is a key that an old server wrote; users' own data lies under FREE_FIELDS."""
    assert {"jobKey", "processInstanceKey", "deploymentKey", "parentElementInstanceKey"} <= KEY_FIELDS
    assert {"variables", "customHeaders"} <= FREE_FIELDS
    assert not KEY_FIELDS & FREE_FIELDS
    numbers = {
        field.encode_name
        for struct in (ActivatedJobResult, JobSearchResult, TopologyResponse)
        for field in msgspec.structs.fields(struct)
        if field.type is int
    }
    assert not KEY_FIELDS & numbers


def loaded_by(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*(m for m in sys.modules if m.startswith('c8py.models')))"
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return set(ran.stdout.split())


def test_the_package_loads_no_model():
    assert loaded_by("import c8py.models") == GROUND


def test_a_tag_loads_what_is_shared_and_no_other_tag():
    shared = GROUND | {"c8py.models.common", "c8py.models.keys"}
    assert loaded_by("import c8py.models.job") == shared | {"c8py.models.job"}


def test_the_table_of_operations_loads_no_struct_of_the_api():
    assert loaded_by("import c8py.models.operations") == GROUND | {
        "c8py.models._operation",
        "c8py.models.operations",
    }
