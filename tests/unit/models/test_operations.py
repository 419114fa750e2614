import re
from collections import Counter

import msgspec
import pytest

from c8py.models.operations import OPERATIONS, Operation

VERSIONS = {"8.5": 5, "8.6": 31, "8.7": 4, "8.8": 106, "8.9": 37, "8.10": 61}


def test_all_operations_are_there_each_under_its_id():
    assert len(OPERATIONS) == 244
    assert all(operation.id == key for key, operation in OPERATIONS.items())
    assert Counter(operation.added_in for operation in OPERATIONS.values()) == VERSIONS


def test_no_two_operations_share_method_and_path():
    routes = Counter((o.method, re.sub(r"{\w+}", "{}", o.path)) for o in OPERATIONS.values())
    assert max(routes.values()) == 1


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS.keys())
def test_an_operation_names_types_that_exist(operation: Operation):
    for name, type_ in (
        (operation.request, operation.request_type()),
        (operation.response, operation.response_type()),
    ):
        shown = getattr(type_, "__name__", "") if "[" not in name else re.sub(r"c8py\.models\.\w+\.", "", str(type_))
        assert shown == name


def test_what_cannot_answer_without_a_body_says_so():
    assert OPERATIONS["completeJob"].body_required is False
    assert OPERATIONS["activateJobs"].body_required is True


def test_forms_and_other_media_are_named():
    deployment = OPERATIONS["createDeployment"]
    assert (deployment.request_content, deployment.request_type()) == ("multipart/form-data", None)
    xml = OPERATIONS["getProcessDefinitionXML"]
    assert (xml.response_content, xml.response_type()) == ("text/xml", str)
    assert OPERATIONS["getResourceContentBinary"].response_type() is bytes
    assert OPERATIONS["getResourceContent"].deprecated


def test_lists_and_parameters_are_named():
    backups = OPERATIONS["listRuntimeBackups"]
    assert str(backups.response_type()) == "list[c8py.models.backup.BackupInfo]"
    statistics = OPERATIONS["getGlobalJobStatistics"]
    assert statistics.query == ("from", "to", "jobType")
    assert statistics.query_required == ("from", "to")


def test_what_stands_beside_v2_belongs_to_the_whole_cluster():
    wide = {o.path for o in OPERATIONS.values() if o.scope == "cluster-wide"}
    beside = {o.path for o in OPERATIONS.values() if o.path.startswith("/cluster/v2/")}
    assert beside
    assert beside <= wide


def test_members_that_came_later_than_their_operation_are_known():
    assert OPERATIONS["completeJob"].newer == {"result": "8.8", "jobLeaseToken": "8.10", "businessId": "8.10"}
    assert OPERATIONS["getTopology"].newer == {}
    for operation in OPERATIONS.values():
        kind = operation.request_type()
        wires = kind.__struct_encode_fields__ if isinstance(kind, msgspec.StructMeta) else ()
        assert operation.newer.keys() <= set(wires)
