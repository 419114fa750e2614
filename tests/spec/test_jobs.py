"""Jobs: handed out, finished, failed, timed out, as workers of Zeebe know it."""

import pytest

from c8py.engine.records import IncidentIntent, JobIntent
from harness.bpmn import one_task
from harness.engine import MINUTE_MS, refusal


def test_completing_a_job_completes_its_element_and_the_process(rig):
    rig.create()

    rig.complete(rig.job(), answer=42)

    assert rig.done("work")
    assert rig.done("p")


def test_completing_an_unknown_job_is_rejected(rig):
    assert refusal(rig.complete(99)) == "NOT_FOUND"


def test_completing_a_job_twice_is_rejected_the_second_time(rig):
    rig.create()
    job = rig.job()
    rig.complete(job)

    assert refusal(rig.complete(job)) == "NOT_FOUND"


def test_completing_a_failed_job_without_retries_is_rejected(rig):
    rig.create()
    job = rig.job()
    rig.fail(job, 0)

    assert refusal(rig.complete(job)) == "INVALID_STATE"


def test_a_job_is_handed_out_once(rig):
    rig.create()
    rig.job()

    assert rig.activate().value.jobs == ()


def test_jobs_are_handed_out_oldest_first_also_after_a_timeout(rig):
    for _ in range(3):
        rig.create()
    first = rig.job(timeout_ms=1000)
    rig.advance(1)

    keys = rig.activate(most=3).value.job_keys

    assert keys == tuple(sorted(keys))
    assert keys[0] == first


def test_an_activated_job_has_worker_deadline_headers_and_all_visible_variables(rig):
    rig.deploy(one_task(headers={"to": "a"}, inputs={"local": "=x + 1"}))
    rig.create(variables={"x": 1})

    (job,) = rig.activate(timeout_ms=500).value.jobs

    assert (job.worker, job.deadline_ms, job.custom_headers) == ("w", rig.clock.now_ms() + 500, {"to": "a"})
    assert job.variables == {"x": 1, "local": 2}


def test_only_fetched_variables_are_handed_out_and_absent_ones_are_missing(rig):
    rig.create(variables={"x": 1, "y": 2})

    (job,) = rig.activate(fetch_variables=("y", "nothing")).value.jobs

    assert job.variables == {"y": 2}


@pytest.mark.parametrize("wrong", [{"timeout_ms": 0}, {"most": 0}, {"job_type": "  "}])
def test_an_activation_without_sense_is_rejected(rig, wrong):
    assert refusal(rig.activate(**wrong)) == "INVALID_ARGUMENT"


def test_an_empty_answer_is_a_good_one_and_leaves_no_trace(rig):
    position = rig.engine.position

    assert rig.activate("nothing").value.jobs == ()
    assert rig.engine.position == position


def test_what_does_not_fit_into_one_answer_comes_with_the_next(rig):
    for _ in range(3):
        rig.create(variables={"x": "y" * 1000})

    first = rig.activate(most=3, bytes_max=2800).value
    second = rig.activate(most=3, bytes_max=2800).value

    assert first.truncated
    assert (len(first.jobs), len(second.jobs)) == (2, 1)
    assert not second.truncated


def test_a_job_that_fits_into_no_answer_becomes_an_incident(rig):
    rig.create(variables={"x": "y" * 1000})

    assert rig.activate(bytes_max=500).value.jobs == ()
    assert rig.incident().value.error_type == "MESSAGE_SIZE_EXCEEDED"
    rig.resolve(rig.incident().key)
    assert len(rig.activate().value.jobs) == 1


def test_a_job_without_an_answer_in_time_is_handed_out_again_with_its_retries(rig):
    rig.create()
    job = rig.job(timeout_ms=1000)
    rig.advance(0.999)
    assert rig.activate().value.jobs == ()

    rig.advance(0.001)

    again = rig.activate().value
    assert again.job_keys == (job,)
    assert again.jobs[0].retries == 3


def test_after_a_timeout_the_first_worker_may_still_complete(rig):
    rig.create()
    job = rig.job(timeout_ms=1000)
    rig.advance(2)

    rig.complete(job)

    assert rig.done("p")


def test_a_longer_timeout_moves_the_deadline(rig):
    rig.create()
    job = rig.job(timeout_ms=1000)

    rig.update_timeout(job, MINUTE_MS)
    rig.advance(2)

    assert rig.activate().value.jobs == ()
    assert rig.engine.due_at_ms() == rig.clock.now_ms() + MINUTE_MS - 2000


def test_the_timeout_of_a_job_that_nobody_has_cannot_be_updated(rig):
    rig.create()
    job = rig.told(JobIntent.CREATED)[0].key

    assert refusal(rig.update_timeout(job, 1000)) == "INVALID_STATE"
    assert refusal(rig.update_timeout(99, 1000)) == "NOT_FOUND"


def test_a_failed_job_with_retries_is_there_at_once(rig):
    rig.create()
    job = rig.job()
    rig.fail(job, 2, error_message="no")

    assert rig.outcome.available == {"work"}
    assert rig.activate().value.jobs[0].retries == 2


def test_a_failed_job_with_backoff_comes_back_when_it_is_over(rig):
    rig.create()
    rig.fail(rig.job(), 1, retry_backoff_ms=10_000)
    assert rig.outcome.available == frozenset()
    rig.advance(9)
    assert rig.activate().value.jobs == ()

    rig.advance(1)

    assert rig.outcome.available == {"work"}
    assert len(rig.activate().value.jobs) == 1


def test_a_failed_job_without_retries_is_an_incident_with_the_message_of_the_worker(rig):
    rig.create()
    rig.fail(rig.job(), 0, error_message="card refused")

    incident = rig.incident().value
    assert (incident.error_type, incident.error_message) == ("JOB_NO_RETRIES", "card refused")
    assert rig.activate().value.jobs == ()


def test_a_message_of_a_worker_is_cut(rig):
    rig.create()
    rig.fail(rig.job(), 0, error_message="x" * 20_000)

    assert len(rig.incident().value.error_message) == 10_000


def test_resolving_needs_retries_first(rig):
    rig.create()
    job = rig.job()
    rig.fail(job, 0)
    incident = rig.incident().key

    assert refusal(rig.resolve(incident)) == "INVALID_STATE"
    rig.update_retries(job, 1)
    assert rig.activate().value.jobs == ()
    rig.resolve(incident)
    assert rig.activate().value.job_keys == (job,)


def test_variables_of_a_failure_are_local_to_the_task(rig):
    instance = rig.create().key
    rig.fail(rig.job(), 1, variables={"why": "no"})

    rig.complete(rig.job(), result=1)

    scopes = {event.value.name: event.value.scope_key for event in rig.events if hasattr(event.value, "scope_key")}
    assert scopes["why"] != instance
    assert scopes["result"] == instance


@pytest.mark.parametrize("retries", [0, -1])
def test_fewer_than_one_retry_cannot_be_given(rig, retries):
    rig.create()

    assert refusal(rig.update_retries(rig.job(), retries)) == "INVALID_ARGUMENT"


def test_an_error_that_nothing_catches_is_an_incident_and_resolving_brings_the_job_back(rig):
    rig.create()
    job = rig.job()
    rig.throw(job, "E1", error_message="gone wrong")

    incident = rig.incident()
    assert incident.value.error_type == "UNHANDLED_ERROR_EVENT"
    assert "E1" in incident.value.error_message
    assert refusal(rig.complete(job)) == "INVALID_STATE"
    rig.resolve(incident.key)
    rig.complete(rig.job())
    assert rig.done("p")


def test_completing_a_job_that_an_incident_holds_closes_the_incident(rig):
    rig.create(variables={"x": "y" * 1000})
    rig.activate(bytes_max=500)
    job = rig.told(JobIntent.CREATED)[0].key

    rig.complete(job)

    assert len(rig.told(IncidentIntent.RESOLVED)) == 1
    assert rig.done("p")


def test_the_default_is_three_retries_and_an_expression_may_say_otherwise(rig):
    rig.deploy(one_task(retries="=n"))
    rig.create(variables={"n": 7})

    assert rig.activate().value.jobs[0].retries == 7


class _FallingClock:
    """Set back a little at every reading, as by a correction over the network."""

    def __init__(self, clock):
        self.clock = clock

    def now_ms(self):
        self.clock.skew(-0.001)
        return self.clock.now_ms()

    def monotonic_s(self):
        return self.clock.monotonic_s()


def test_a_timeout_is_not_lost_when_the_clock_is_set_back_meanwhile(rig):
    rig.create()
    rig.job(timeout_ms=1000)
    rig.clock.advance(1.001)
    rig.engine._partition._clock = _FallingClock(rig.clock)

    rig.engine.run_due()

    assert len(rig.told(JobIntent.TIMED_OUT)) == 1
