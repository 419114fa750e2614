"""Incidents: what cannot go on waits, and resolving tries that step again."""

import pytest

from c8py.engine.records import IncidentIntent, JobIntent
from harness.bpmn import Model, one_task
from harness.engine import refusal


def test_resolving_an_unknown_incident_is_rejected(rig):
    assert refusal(rig.resolve(99)) == "NOT_FOUND"


@pytest.mark.parametrize("task", [{"job_type": "=ty"}, {"retries": "=ty"}])
def test_an_expression_of_the_wrong_type_is_an_incident_until_it_fits(rig, task):
    rig.deploy(one_task("q", **task))
    instance = rig.create("q", variables={"ty": None}).key
    assert rig.incident().value.error_type == "EXTRACT_VALUE_ERROR"
    assert rig.told(JobIntent.CREATED) == []

    rig.resolve(rig.incident().key)
    assert len(rig.told(IncidentIntent.CREATED)) == 2
    rig.set_variables(instance, ty="5")
    if "retries" in task:
        rig.set_variables(instance, ty=5)
    rig.resolve(rig.incident().key)

    assert len(rig.told(JobIntent.CREATED)) == 1


def test_no_flow_to_take_is_an_incident_until_one_holds(rig):
    model = Model("q").gateway("g").task("a").task("b").end().path("start", "g").path("a", "end").path("b", "end")
    rig.deploy(model.flow("g", "a", condition="=x > 1").flow("g", "b", condition="=x > 2").content)
    instance = rig.create("q", variables={"x": 0}).key
    assert rig.incident().value.error_type == "CONDITION_ERROR"

    rig.set_variables(instance, x=2)
    rig.resolve(rig.incident().key)

    assert [event.value.type for event in rig.told(JobIntent.CREATED)] == ["a"]


def test_an_input_mapping_that_fails_is_an_incident_before_there_is_a_job(rig):
    rig.deploy(one_task("q", inputs={"big": "=10 ** x"}))
    instance = rig.create("q", variables={"x": 99999}).key
    assert rig.incident().value.error_type == "IO_MAPPING_ERROR"
    assert rig.told(JobIntent.CREATED) == []

    rig.set_variables(instance, x=2)
    rig.resolve(rig.incident().key)

    assert rig.activate().value.jobs[0].variables["big"] == 100


def test_an_output_mapping_that_fails_keeps_what_the_worker_brought(rig):
    rig.deploy(one_task("q", outputs={"big": "=10 ** r", "kept": "=s"}))
    rig.create_and_wait("q")
    waiting = rig.requests
    rig.complete(rig.job(), r=99999, s="here")
    assert rig.incident().value.error_type == "IO_MAPPING_ERROR"

    rig.set_variables(rig.key_of("work"), r=2)
    rig.resolve(rig.incident().key)

    (result,) = [one.value.variables for one in rig.outcome.answers if one.request == waiting]
    assert result == {"big": 100, "kept": "here"}


def test_cancelling_closes_the_incidents_inside(rig):
    instance = rig.create().key
    rig.fail(rig.job(), 0)

    rig.cancel(instance)

    assert len(rig.told(IncidentIntent.RESOLVED)) == 1
    assert refusal(rig.resolve(rig.incident().key)) == "NOT_FOUND"
