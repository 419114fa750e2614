"""Variables and their scopes."""

from c8py.engine.records import VariableIntent
from harness.bpmn import one_task
from harness.engine import refusal


def written(rig):
    return [
        (event.intent.name, event.value.name, event.value.value)
        for event in rig.events
        if event.intent in VariableIntent
    ]


def test_a_variable_goes_to_the_nearest_scope_that_has_it_else_to_the_outermost(rig):
    rig.deploy(one_task(inputs={"x": "=1"}))
    instance = rig.create(variables={"x": 0}).key
    task = rig.key_of("work")

    rig.set_variables(task, x=5, y=6)

    changed = {event.value.name: event.value.scope_key for event in rig.told(VariableIntent.UPDATED)}
    made = {event.value.name: event.value.scope_key for event in rig.told(VariableIntent.CREATED)}
    assert changed == {"x": task}
    assert made["y"] == instance


def test_local_variables_stay_where_they_are_set_and_go_with_their_scope(rig):
    rig.create()
    rig.set_variables(rig.key_of("work"), local=True, x=1)
    batch = rig.activate().value
    assert batch.jobs[0].variables == {"x": 1}

    rig.complete(batch.job_keys[0])

    assert refusal(rig.set_variables(rig.key_of("work"), x=1)) == "NOT_FOUND"


def test_the_same_value_again_writes_nothing_but_another_type_does(rig):
    instance = rig.create(variables={"x": 1}).key
    rig.set_variables(instance, x=1)
    assert len(written(rig)) == 1

    rig.set_variables(instance, x=True)

    assert written(rig)[-1] == ("UPDATED", "x", True)


def test_what_no_json_number_holds_is_refused_and_nothing_stays(rig):
    before = rig.engine.digest()

    assert refusal(rig.create(variables={"x": 2**70})) == "INVALID_ARGUMENT"
    assert refusal(rig.create(variables={"x": "\ud800"})) == "INVALID_ARGUMENT"
    assert rig.engine.digest() == before
