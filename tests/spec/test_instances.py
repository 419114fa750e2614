"""Process instances: started, answered, cancelled."""

import pytest

from c8py.engine.records import JobIntent, ProcessInstanceIntent
from harness.bpmn import Model, one_task
from harness.engine import refusal


def test_an_instance_of_an_unknown_process_is_rejected(rig):
    assert refusal(rig.create("nothing")) == "NOT_FOUND"
    assert refusal(rig.create("p", version=2)) == "NOT_FOUND"
    assert refusal(rig.create("p", version=0)) == "NOT_FOUND"
    assert refusal(rig.create("", process_definition_key=0)) == "NOT_FOUND"
    assert refusal(rig.create("")) == "INVALID_ARGUMENT"


def test_an_instance_is_created_by_the_key_of_its_definition(rig):
    key = rig.create().value.process_definition_key

    assert rig.create("", process_definition_key=key).value.bpmn_process_id == "p"


def test_the_process_id_wins_over_the_key(rig):
    assert rig.create("p", process_definition_key=99).value.version == 1


def test_the_answer_to_a_creation_has_its_keys_and_variables(rig):
    value = rig.create(variables={"x": 1}, tags=("a:1",), business_id="b").value

    assert value.process_instance_key > value.process_definition_key >= (1 << 51)
    assert (value.variables, value.tags, value.business_id) == ({"x": 1}, ("a:1",), "b")


@pytest.mark.parametrize(
    "wrong",
    [{"tags": ("1x",)}, {"tags": tuple(f"t{at}" for at in range(11))}, {"business_id": "x" * 257}],
)
def test_labels_that_break_the_rules_are_rejected(rig, wrong):
    assert refusal(rig.create(**wrong)) == "INVALID_ARGUMENT"


def test_a_runtime_instruction_is_refused_as_not_supported(rig):
    assert "not supported" in rig.create(runtime_instructions=("work",)).reason


def test_an_instance_can_start_at_an_element(rig):
    rig.create(start_instructions=("end",))

    assert rig.done("p")
    assert not rig.done("start")


def test_a_result_comes_when_the_instance_completes(rig):
    assert rig.create_and_wait(variables={"x": 1}) is None
    waiting = rig.requests

    rig.complete(rig.job(), y=2)

    (answer,) = [one for one in rig.outcome.answers if one.request == waiting]
    assert answer.value.variables == {"x": 1, "y": 2}


def test_a_result_that_is_there_at_once_comes_at_once(rig):
    rig.deploy(Model("q").end().path("start", "end").content)

    assert rig.create_and_wait("q", variables={"x": 1, "y": 2}, fetch_variables=("y",)).value.variables == {"y": 2}


def test_a_cancelled_or_forgotten_wait_is_never_answered(rig):
    rig.create_and_wait()
    rig.cancel(rig.key_of("p"))
    assert [answer.request for answer in rig.outcome.answers] == [rig.requests]

    rig.create_and_wait()
    rig.engine.forget(rig.requests)
    rig.complete(rig.job())
    assert [answer.request for answer in rig.outcome.answers] == [rig.requests]


def test_cancelling_ends_everything_inside(rig):
    instance = rig.create().key

    rig.cancel(instance)

    ended = [event.value.element_id for event in rig.told(ProcessInstanceIntent.ELEMENT_TERMINATED)]
    assert ended == ["work", "p"]
    assert len(rig.told(JobIntent.CANCELED)) == 1
    assert rig.activate().value.jobs == ()


def test_cancelling_what_is_not_there_is_rejected(rig):
    instance = rig.create().key
    assert refusal(rig.cancel(rig.key_of("work"))) == "NOT_FOUND"
    rig.cancel(instance)

    assert refusal(rig.cancel(instance)) == "NOT_FOUND"


def test_several_flows_out_of_a_task_are_all_taken_and_the_process_waits_for_all(rig):
    model = Model("q").task("a").task("b").task("c").end().path("start", "a", "b", "end").path("a", "c", "end")
    rig.deploy(model.content)
    rig.create("q")
    rig.complete(rig.job("a"))
    rig.complete(rig.job("b"))
    assert not rig.done("q")

    rig.complete(rig.job("c"))

    assert rig.done("q")


def test_a_changed_file_gives_a_new_version_and_the_same_one_does_not(rig):
    again = rig.deploy(one_task()).value.processes[0]
    assert (again.version, again.is_duplicate) == (1, True)

    changed = rig.deploy(one_task(retries="1")).value.processes[0]
    assert (changed.version, changed.is_duplicate) == (2, False)
    assert rig.create().value.version == 2
    assert rig.create(version=1).value.version == 1


def test_one_changed_file_makes_new_versions_of_all_that_is_deployed_with_it(rig):
    rig.deploy(one_task("p"), one_task("q"))

    processes = rig.deploy(one_task("p"), one_task("q", retries="1")).value.processes

    assert [(one.bpmn_process_id, one.version) for one in processes] == [("p", 3), ("q", 2)]


def test_a_deployment_is_all_or_nothing_and_names_every_fault(rig):
    answer = rig.deploy(one_task("good"), b"no xml", Model("q").gateway("g").path("start", "g").content, b"<a/>")

    assert refusal(answer) == "INVALID_ARGUMENT"
    assert "1.bpmn" in answer.reason
    assert "3.bpmn" in answer.reason
    assert refusal(rig.create("good")) == "NOT_FOUND"


def test_two_files_with_the_same_process_are_rejected(rig):
    assert refusal(rig.deploy(one_task("q"), one_task("q", retries="1"))) == "INVALID_ARGUMENT"
