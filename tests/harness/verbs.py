"""Every verb of the client with the least and with all that it takes, and the rpcs and operations that it becomes."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from c8py.models.keys import ElementInstanceKey
from c8py.models.process_instance import (
    AncestorScopeInstruction,
    ModifyProcessInstanceVariableInstruction,
    ProcessInstanceModificationActivateInstruction,
    ProcessInstanceModificationMoveInstruction,
    ProcessInstanceModificationTerminateInstruction,
    SourceElementInstruction,
)

KEY: Final = "2251799813685249"
VARIABLES: Final = {"amount": 5, "deep": {"a": [1.5, None, "ä"]}}


class Verb(NamedTuple):
    """One verb.

    Attributes:
        least: the arguments that have to be given.
        all: all of them.
        rpcs: what it says over gRPC, with all of them; none where it goes over REST alone.
        operation: what it says over REST; "" where it goes over gRPC alone.
    """

    least: tuple[tuple[Any, ...], dict[str, Any]]
    all: tuple[tuple[Any, ...], dict[str, Any]]
    rpcs: tuple[str, ...]
    operation: str


_JOBS: Final = {"max_jobs": 2, "timeout_s": 60, "worker": "w"}
_FETCH: Final = {"fetch_variables": ("a", "b"), "tenant_ids": ("t1", "t2")}
_LEASE: Final = {"lease_token": "l"}
_START: Final = {"version": 2, "variables": VARIABLES, "tenant_id": "t", "tags": ("vip",), "business_id": "b"}
_VARIABLES: Final = ModifyProcessInstanceVariableInstruction(variables={"a": 1}, scope_id="task")
_ACTIVATE: Final = ProcessInstanceModificationActivateInstruction(
    element_id="task", variable_instructions=[_VARIABLES], ancestor_element_instance_key=ElementInstanceKey(KEY)
)
_MOVE: Final = ProcessInstanceModificationMoveInstruction(
    source_element_instruction=SourceElementInstruction(source_type="byId", source_element_id="a"),
    target_element_id="b",
    ancestor_scope_instruction=AncestorScopeInstruction(ancestor_scope_type="inferred"),
    variable_instructions=[_VARIABLES],
)
_END: Final = ProcessInstanceModificationTerminateInstruction(element_instance_key=ElementInstanceKey(KEY))

VERBS: Final[Mapping[str, Verb]] = {
    "topology": Verb(((), {}), ((), {}), ("Topology",), "getTopology"),
    "deploy": Verb(
        ((("a.bpmn", b"<x/>"),), {}),
        ((("a.bpmn", b"<x/>"), ("b.dmn", b"<y/>")), {"tenant_id": "t"}),
        ("DeployResource",),
        "createDeployment",
    ),
    "start": Verb((("order",), {}), (("order",), _START), ("CreateProcessInstance",), "createProcessInstance"),
    "start_and_wait": Verb(
        ((), {"process_definition_key": KEY}),
        (("order",), _START | {"timeout_s": 7, "fetch_variables": ("a",)}),
        ("CreateProcessInstanceWithResult",),
        "createProcessInstance",
    ),
    "cancel": Verb(((KEY,), {}), ((KEY,), {}), ("CancelProcessInstance",), "cancelProcessInstance"),
    "modify": Verb(
        ((KEY,), {}),
        ((KEY,), {"activate": [_ACTIVATE], "move": [_MOVE], "terminate": [_END]}),
        ("ModifyProcessInstance",),
        "modifyProcessInstance",
    ),
    "migrate": Verb(
        ((KEY, KEY, {"a": "b"}), {}),
        ((KEY, KEY, {"a": "b", "c": "d"}), {}),
        ("MigrateProcessInstance",),
        "migrateProcessInstance",
    ),
    "delete_resource": Verb(((KEY,), {}), ((KEY,), {"delete_history": True}), ("DeleteResource",), "deleteResource"),
    "set_variables": Verb(
        ((KEY, {"a": 1}), {}),
        ((KEY, VARIABLES), {"local": True}),
        ("SetVariables",),
        "createElementInstanceVariables",
    ),
    "activate_jobs": Verb(
        (("t",), _JOBS),
        (("t",), _JOBS | _FETCH | {"request_timeout_s": 1, "with_lease": True}),
        ("ActivateJobs",),
        "activateJobs",
    ),
    "stream_jobs": Verb(
        (("t",), {"timeout_s": 60, "worker": "w"}),
        (("t",), {"timeout_s": 60, "worker": "w"} | _FETCH),
        ("StreamActivatedJobs",),
        "",
    ),
    "complete_job": Verb(((KEY,), {}), ((KEY, VARIABLES), _LEASE), ("CompleteJob",), "completeJob"),
    "fail_job": Verb(
        ((KEY,), {"retries": 0}),
        ((KEY,), {"retries": 2, "message": "m", "backoff_s": 1.5, "variables": VARIABLES} | _LEASE),
        ("FailJob",),
        "failJob",
    ),
    "throw_error": Verb(((KEY, "code"), {}), ((KEY, "code", "m", VARIABLES), _LEASE), ("ThrowError",), "throwJobError"),
    "update_job": Verb(
        ((KEY,), {"retries": 1}),
        ((KEY,), {"retries": 3, "timeout_s": 1.5, "priority": 7} | _LEASE),
        ("UpdateJobRetries", "UpdateJobTimeout", "UpdateJobPriority"),
        "updateJob",
    ),
    "resolve_incident": Verb(((KEY,), {}), ((KEY,), {}), ("ResolveIncident",), "resolveIncident"),
    "publish_message": Verb(
        (("m",), {}),
        (
            ("m",),
            {
                "correlation_key": "1", "time_to_live_s": 60, "message_id": "i", "variables": VARIABLES,
                "tenant_id": "t", "business_id": "b",
            },
        ),
        ("PublishMessage",),
        "publishMessage",
    ),
    "correlate_message": Verb(
        (("m",), {}),
        (("m",), {"correlation_key": "1", "variables": VARIABLES, "tenant_id": "t"}),
        (),
        "correlateMessage",
    ),
    "broadcast_signal": Verb(
        (("s",), {}), (("s",), {"variables": VARIABLES, "tenant_id": "t"}), ("BroadcastSignal",), "broadcastSignal"
    ),
    "evaluate_decision": Verb(
        (("d",), {}),
        ((), {"decision_definition_key": KEY, "variables": VARIABLES, "tenant_id": "t"}),
        ("EvaluateDecision",),
        "evaluateDecision",
    ),
    "evaluate_conditionals": Verb(
        ((VARIABLES,), {}),
        ((VARIABLES,), {"process_definition_key": KEY, "tenant_id": "t"}),
        ("EvaluateConditional",),
        "evaluateConditionals",
    ),
}  # fmt: skip
# Public names of the client that call no API by themselves.
OTHERS: Final = frozenset({"authorization", "from_env", "settings", "wait_until", "aclose", "close"})
# The client has no verb for it: DeployResource took its place in Zeebe 8.0.
NO_VERB: Final = frozenset({"DeployProcess"})
