"""When a worker polls, streams and waits."""

from c8py.base.limits import WORKER_POLL_S, WORKER_RECOVERY_POLL_S
from c8py.errors import ConnectionFailed, InvalidArgument, NotSupported, ResourceExhausted, Unavailable
from c8py.worker.intake import AT_ONCE_S, Intake


def intake() -> Intake:
    return Intake(lambda: 0.5)


def test_full_polls_mean_a_backlog_which_is_polled_without_pause():
    decisions = intake()
    assert decisions.polled(asked=8, got=8).most_s == 0
    assert decisions.poll_wait_s == AT_ONCE_S
    assert not decisions.wants_stream


def test_a_poll_with_room_to_spare_asks_for_a_stream_and_rests():
    decisions = intake()
    pause = decisions.polled(asked=8, got=3)
    assert decisions.wants_stream
    assert pause.most_s > 5


def test_after_a_stream_is_opened_one_more_poll_follows_soon():
    decisions = intake()
    decisions.polled(asked=8, got=0)
    decisions.stream_opened()
    assert decisions.polled(asked=8, got=0).most_s < 0.1
    assert decisions.polled(asked=8, got=0).most_s > 5


def test_while_the_stream_is_away_polls_wait_a_little():
    decisions = intake()
    decisions.polled(asked=8, got=0)
    decisions.stream_opened()
    decisions.stream_ended(Unavailable("down"))
    assert decisions.poll_wait_s == WORKER_RECOVERY_POLL_S


def test_without_streams_polls_wait_long():
    decisions = intake()
    decisions.polled(asked=8, got=0)
    decisions.stream_opened()
    decisions.stream_ended(NotSupported("no"))
    assert decisions.poll_wait_s == WORKER_POLL_S
    assert decisions.polled(asked=8, got=0).most_s == 0
    assert not decisions.wants_stream


def test_empty_polls_of_a_worker_that_is_often_full_come_further_apart():
    decisions = intake()
    decisions.polled(asked=1, got=0)
    rests = [decisions.polled(asked=1, got=0).least_s for _ in range(8)]
    assert rests == sorted(rests)
    assert rests[-1] <= 1.0


def test_failures_wait_longer_each_time_and_are_told_once():
    decisions = intake()
    outcomes = [decisions.poll_failed(ConnectionFailed("no")) for _ in range(12)]
    waits = [pause.least_s for pause, _ in outcomes]
    assert waits == sorted(waits)
    assert waits[-1] <= 15
    assert [tell for _, tell in outcomes] == [True] + [False] * 11


def test_pressure_is_normal_and_waits_less():
    decisions = intake()
    outcomes = [decisions.poll_failed(ResourceExhausted("busy")) for _ in range(6)]
    assert all(pause.least_s <= 1 for pause, _ in outcomes)
    assert [tell for _, tell in outcomes] == [False, False, False, True, False, False]


def test_only_a_first_refusal_is_hopeless():
    decisions = intake()
    assert decisions.is_hopeless(InvalidArgument("no"))
    assert not decisions.is_hopeless(Unavailable("down"))
    decisions.polled(asked=1, got=0)
    assert not decisions.is_hopeless(InvalidArgument("no"))
