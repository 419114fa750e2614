"""Messages, signals, decisions and changes of running instances, said to real servers: 8.6, and 8.8 over gRPC."""

import uuid

import pytest

from c8py.errors import AlreadyExists, InvalidArgument, InvalidState, NotFound, NotSupported
from c8py.models.process_instance import (
    ModifyProcessInstanceVariableInstruction,
    ProcessInstanceModificationActivateInstruction,
    ProcessInstanceModificationTerminateInstruction,
)
from harness.bpmn import Model

WAIT_S = 15.0
DMN = """
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="ID-drg" name="dinner" namespace="http://test">
  <decision id="ID" name="Dish">
    <decisionTable id="t">
      <input id="i" label="season">
        <inputExpression id="e" typeRef="string"><text>season</text></inputExpression>
      </input>
      <output id="o" name="dish" typeRef="string"/>
      <rule id="r1">
        <inputEntry id="x"><text>"winter"</text></inputEntry>
        <outputEntry id="y"><text>"stew"</text></outputEntry>
      </rule>
    </decisionTable>
  </decision>
</definitions>"""


@pytest.fixture
def name():
    """Of a process, message, signal or job type that no other test has."""
    return f"n{uuid.uuid4().hex[:12]}"


def element(job_type: str) -> str:
    """The id of the task with this job type: a process may not have the id of one of its tasks."""
    return f"{job_type}-task"


def process(process_id: str, *job_types: str) -> tuple[str, bytes]:
    """start, service tasks with these job types one after the other, end."""
    model = Model(process_id)
    for job_type in job_types:
        model.task(element(job_type), job_type=job_type)
    return f"{process_id}.bpmn", model.end().path("start", *map(element, job_types), "end").content


def event_process(process_id: str, event: str, definition: str) -> tuple[str, bytes]:
    """A process of one task, whose start event waits for something."""
    file, content = process(process_id, process_id)
    content = content.replace(
        b'<bpmn:startEvent id="start"/>', f'<bpmn:startEvent id="start">{event}</bpmn:startEvent>'.encode()
    )
    return file, content.replace(b"<bpmn:process", f"{definition}<bpmn:process".encode(), 1)


async def job_of(camunda, job_type):
    jobs = await camunda.activate_jobs(job_type, max_jobs=1, timeout_s=60, worker="test", request_timeout_s=WAIT_S)
    return jobs[0]


async def test_the_cluster_is_shown(camunda, protocol):
    topology = await camunda.topology(protocol=protocol)
    assert topology.brokers[0].partitions[0].role == "leader"


async def test_an_instance_is_waited_for(camunda, name, protocol):
    await camunda.deploy((f"{name}.bpmn", Model(name).end().path("start", "end").content), protocol=protocol)
    ended = await camunda.start_and_wait(name, variables={"a": 1}, protocol=protocol)
    assert ended.variables == {"a": 1}


async def test_a_job_is_completed_once(camunda, name, protocol):
    await camunda.deploy(process(name, name))
    started = await camunda.start(name, protocol=protocol)
    jobs = await camunda.activate_jobs(
        name, max_jobs=1, timeout_s=60, worker="test", request_timeout_s=WAIT_S, protocol=protocol
    )
    assert jobs[0].process_instance_key == started.process_instance_key
    await camunda.complete_job(jobs[0].job_key, {"a": 1}, protocol=protocol)
    with pytest.raises(NotFound):
        await camunda.complete_job(jobs[0].job_key, protocol=protocol)


async def test_a_message_starts_a_process_once(camunda, name, protocol):
    await camunda.deploy(
        event_process(
            name,
            f'<bpmn:messageEventDefinition messageRef="{name}-m"/>',
            f'<bpmn:message id="{name}-m" name="{name}"/>',
        )
    )
    published = await camunda.publish_message(
        name, message_id="once", time_to_live_s=60, variables={"amount": 3}, protocol=protocol
    )
    assert int(published.message_key) > 0
    assert (await job_of(camunda, name)).variables == {"amount": 3}
    with pytest.raises(AlreadyExists):
        await camunda.publish_message(name, message_id="once", time_to_live_s=60, protocol=protocol)


async def test_correlation_says_that_nobody_waits(camunda, name):
    """REST alone offers it."""
    with pytest.raises(NotFound):
        await camunda.correlate_message(name, correlation_key="1")


async def test_a_signal_starts_a_process(camunda, name, protocol):
    await camunda.deploy(
        event_process(
            name, f'<bpmn:signalEventDefinition signalRef="{name}-s"/>', f'<bpmn:signal id="{name}-s" name="{name}"/>'
        )
    )
    assert int((await camunda.broadcast_signal(name, variables={"a": 1}, protocol=protocol)).signal_key) > 0
    assert (await job_of(camunda, name)).variables == {"a": 1}


async def test_a_decision_is_evaluated(camunda, name, protocol):
    await camunda.deploy((f"{name}.dmn", DMN.replace("ID", name).encode()))
    evaluated = await camunda.evaluate_decision(name, variables={"season": "winter"}, protocol=protocol)
    assert evaluated.output == '"stew"'
    assert evaluated.evaluated_decisions[0].matched_rules[0].rule_id == "r1"
    by_key = await camunda.evaluate_decision(
        decision_definition_key=evaluated.decision_definition_key, variables={}, protocol=protocol
    )
    assert by_key.output == "null"
    with pytest.raises((NotFound, InvalidArgument), match=f"no decision found for id '{name}-not'"):
        await camunda.evaluate_decision(f"{name}-not", protocol=protocol)


async def test_an_instance_is_modified(camunda, name, protocol):
    first, second = f"{name}-1", f"{name}-2"
    await camunda.deploy(process(name, first, second))
    created = await camunda.start(name)
    job = await job_of(camunda, first)
    await camunda.modify(
        created.process_instance_key,
        activate=[
            ProcessInstanceModificationActivateInstruction(
                element_id=element(second),
                variable_instructions=[ModifyProcessInstanceVariableInstruction(variables={"b": 2})],
            )
        ],
        terminate=[ProcessInstanceModificationTerminateInstruction(element_instance_key=job.element_instance_key)],
        protocol=protocol,
    )
    assert (await job_of(camunda, second)).variables == {"b": 2}


async def test_an_instance_is_migrated(camunda, name, protocol):
    old, new = f"{name}-old", f"{name}-new"
    await camunda.deploy(process(name, old))
    target = await camunda.deploy(process(f"{name}-2", new))
    created = await camunda.start(name)
    definition = target.deployments[0].process_definition
    with pytest.raises((InvalidState, InvalidArgument)):
        await camunda.migrate(created.process_instance_key, definition.process_definition_key, {}, protocol=protocol)
    await camunda.migrate(
        created.process_instance_key, definition.process_definition_key, {element(old): element(new)}, protocol=protocol
    )
    job = await job_of(camunda, old)
    assert (job.process_definition_id, job.element_id) == (f"{name}-2", element(new))


# The gateway of the engine in memory does not answer to it.
@pytest.mark.parametrize("protocol", ["grpc", "rest"], indirect=True)
async def test_what_was_deployed_is_deleted(camunda, name, protocol):
    deployed = await camunda.deploy(process(name, name))
    key = deployed.deployments[0].process_definition.process_definition_key
    assert (await camunda.delete_resource(key, protocol=protocol)).batch_operation is None
    with pytest.raises(NotFound):
        await camunda.delete_resource(key, protocol=protocol)


async def test_what_it_is_too_old_for_is_refused_by_name(camunda, name, protocol):
    with pytest.raises(NotSupported):
        await camunda.evaluate_conditionals({"a": 1}, protocol=protocol)
