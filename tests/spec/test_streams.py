"""Pushing jobs: only what becomes activatable while somebody listens, in turns, and never the same job twice."""

from c8py.engine.records import JobBatchIntent, JobIntent
from c8py.engine.runtime import JobStream


def stream(worker="s", **more):
    return JobStream(type="work", worker=worker, timeout_ms=1000, **more)


def test_a_created_job_is_pushed_activated_with_its_variables(rig):
    stream_id = rig.engine.open_stream(stream(fetch_variables=("x",)))

    rig.create(variables={"x": 1, "y": 2})

    (push,) = rig.outcome.pushed
    assert (push.stream_id, push.job.worker, push.job.variables) == (stream_id, "s", {"x": 1})
    assert push.job.deadline_ms == rig.clock.now_ms() + 1000
    assert rig.outcome.available == frozenset()
    assert rig.activate().value.jobs == ()


def test_jobs_that_waited_already_are_not_pushed(rig):
    rig.create()
    rig.engine.open_stream(stream())

    assert len(rig.activate().value.jobs) == 1
    assert rig.outcome.pushed == ()


def test_streams_of_a_type_take_turns(rig):
    first, second = rig.engine.open_stream(stream("a")), rig.engine.open_stream(stream("b"))
    told = []
    for _ in range(4):
        rig.create()
        told += [push.stream_id for push in rig.outcome.pushed]

    assert told == [first, second, first, second]


def test_a_closed_stream_gets_nothing(rig):
    stream_id = rig.engine.open_stream(stream())
    rig.engine.close_stream(stream_id)
    rig.engine.close_stream(stream_id)

    rig.create()

    assert rig.outcome.pushed == ()
    assert rig.outcome.available == {"work"}


def test_a_job_of_another_tenant_is_not_pushed(rig):
    rig.engine.open_stream(stream(tenant_ids=("other",)))

    rig.create()

    assert rig.outcome.pushed == ()


def test_a_job_handed_back_is_announced_for_polling_and_not_pushed_again(rig):
    rig.engine.open_stream(stream())
    rig.create()
    (push,) = rig.outcome.pushed

    rig.hand_back(push.job_key)

    assert rig.outcome.pushed == ()
    assert rig.outcome.available == {"work"}
    assert rig.job() == push.job_key


def test_a_job_that_is_not_handed_out_cannot_be_handed_back(rig):
    rig.create()
    answer = rig.hand_back(rig.told(JobIntent.CREATED)[0].key)

    assert answer.type == "INVALID_STATE"


def test_what_times_out_fails_recurs_or_is_resolved_is_pushed(rig):
    rig.create()
    job = rig.job(timeout_ms=1000)
    rig.engine.open_stream(stream())

    rig.advance(1)
    assert [push.job_key for push in rig.outcome.pushed] == [job]
    rig.fail(job, 2)
    assert [push.job_key for push in rig.outcome.pushed] == [job]
    rig.fail(job, 1, retry_backoff_ms=500)
    assert rig.outcome.pushed == ()
    rig.advance(0.5)
    assert [push.job_key for push in rig.outcome.pushed] == [job]
    rig.fail(job, 0)
    rig.update_retries(job, 1)
    rig.resolve(rig.incident().key)
    assert [push.job_key for push in rig.outcome.pushed] == [job]


def test_a_push_is_in_the_events_so_that_replay_needs_no_stream(rig):
    rig.engine.open_stream(stream())
    rig.create()

    assert [event.value.job_keys for event in rig.told(JobBatchIntent.ACTIVATED)] == [(rig.outcome.pushed[0].job_key,)]
