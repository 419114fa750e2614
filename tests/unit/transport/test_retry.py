"""Rules of trying again."""

import pytest

from c8py.errors import (
    Aborted,
    ConnectionFailed,
    DeadlineExceeded,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    ServerFault,
    Unavailable,
)
from c8py.models.operations import OPERATIONS
from c8py.proto import gateway_pb2 as pb
from c8py.transport.retry import SAFE_OPERATIONS, SAFE_RPCS, may_retry, safe_operation, waits


@pytest.mark.parametrize("safe", [True, False])
@pytest.mark.parametrize("error", [Unavailable("x"), ResourceExhausted("x"), ConnectionFailed("x", sent=False)])
def test_what_never_took_effect_is_always_tried_again(error, safe):
    assert may_retry(error, safe=safe)


@pytest.mark.parametrize("error", [DeadlineExceeded("x"), Aborted("x"), ConnectionFailed("x")])
def test_what_may_have_taken_effect_is_tried_again_only_where_twice_is_once(error):
    assert may_retry(error, safe=True)
    assert not may_retry(error, safe=False)


@pytest.mark.parametrize("error", [InvalidArgument("x"), NotFound("x"), PermissionDenied("x"), ServerFault("x")])
def test_what_another_attempt_cannot_mend_is_not_tried_again(error):
    assert not may_retry(error, safe=True)


def test_a_message_that_is_too_large_is_not_sent_again():
    assert not may_retry(ResourceExhausted("x", detail="Received message larger than max (9 vs. 4)"), safe=True)


def test_a_call_is_made_five_times_at_most():
    assert len(list(waits(lambda: 1.0))) == 4
    assert sum(waits(lambda: 1.0)) == pytest.approx(0.1 + 0.3 + 0.9 + 2.7)


def test_starts_deployments_and_messages_are_never_safe():
    for name in ("CreateProcessInstance", "CreateProcessInstanceWithResult", "DeployResource", "PublishMessage"):
        assert name not in SAFE_RPCS
    for name in ("createProcessInstance", "createDeployment", "publishMessage", "broadcastSignal"):
        assert not safe_operation(name, OPERATIONS[name].method)


def test_reading_is_always_safe():
    assert safe_operation("getTopology", "GET")
    assert safe_operation("searchJobs", "POST")


def test_the_lists_name_what_exists():
    methods = {method.name for method in pb.DESCRIPTOR.services_by_name["Gateway"].methods}
    assert methods >= SAFE_RPCS
    assert OPERATIONS.keys() >= SAFE_OPERATIONS
