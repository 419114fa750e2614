from hypothesis import given
from hypothesis import strategies as st

from c8py.server.brokers.supervision import Phase, Policy, Seen, Supervised, step

ABSENT = Seen(alive=False, ready=False)
COMING = Seen(alive=True, ready=False)
READY = Seen(alive=True, ready=True)
POLICY = Policy(pause_s=1, pause_s_max=8, stable_s=60, start_s_max=100, stop_s_max=30)


def follow(*happens, wanted=True, broker=None):
    """The last state and every action on the way; what happens is (second, what is seen)."""
    broker = broker or Supervised()
    actions = []
    for now_s, seen in happens:
        broker, action = step(broker, seen, wanted=wanted, now_s=now_s, policy=POLICY)
        actions.append(action)
    return broker, actions


def test_a_wanted_broker_is_started_once_and_becomes_ready():
    broker, actions = follow((0, ABSENT), (1, COMING), (2, COMING), (3, READY), (4, READY))
    assert actions == ["start", "nothing", "nothing", "nothing", "nothing"]
    assert (broker.phase, broker.since_s) == (Phase.READY, 3)


def test_a_broker_that_dies_is_started_after_a_pause_that_doubles_up_to_its_limit():
    now_s, broker, pauses = 0.0, Supervised(), []
    for _ in range(6):
        broker, action = step(broker, ABSENT, wanted=True, now_s=now_s, policy=POLICY)
        assert action == "start"
        died_s = now_s + 1
        broker, action = step(broker, ABSENT, wanted=True, now_s=died_s, policy=POLICY)
        assert (broker.phase, action) == (Phase.WAITING, "nothing")
        pauses.append(broker.resume_s - died_s)
        almost, action = step(broker, ABSENT, wanted=True, now_s=broker.resume_s - 0.01, policy=POLICY)
        assert (almost, action) == (broker, "nothing")
        now_s = broker.resume_s
    assert pauses == [1, 2, 4, 8, 8, 8]


def test_a_broker_that_ran_well_for_a_while_starts_over_with_its_failures():
    broker = Supervised(phase=Phase.STARTING, failures=5)
    broker, _ = follow((0, READY), (59, READY), broker=broker)
    assert broker.failures == 5
    broker, _ = follow((60, READY), broker=broker)
    assert broker.failures == 0
    broker, _ = follow((61, ABSENT), broker=broker)
    assert (broker.failures, broker.resume_s) == (1, 62)


def test_a_broker_found_running_is_left_alone():
    """The platform was restarted: the brokers are those of the one before."""
    broker, actions = follow((0, READY), (1, READY), (2, READY))
    assert (broker.phase, actions) == (Phase.READY, ["nothing"] * 3)


def test_a_broker_that_lost_its_majority_is_not_ended():
    broker, actions = follow((0, READY), *((now_s, COMING) for now_s in range(1, 10_000, 100)))
    assert set(actions) == {"nothing"}
    assert broker.phase is Phase.READY


def test_a_broker_that_never_becomes_ready_is_started_anew():
    broker, actions = follow((0, ABSENT), (1, COMING), (99, COMING), (100, COMING), (101, ABSENT))
    assert actions == ["start", "nothing", "nothing", "kill", "nothing"]
    assert broker.phase is Phase.WAITING


def test_an_unwanted_broker_is_asked_once_and_killed_when_it_does_not_go():
    broker, actions = follow((0, READY), (1, READY), (29, COMING), (30, COMING), (31, ABSENT), wanted=False)
    assert actions == ["terminate", "nothing", "nothing", "kill", "nothing"]
    assert broker.phase is Phase.STOPPED


def test_a_broker_that_is_wanted_again_while_it_ends_is_started_anew_at_once():
    broker, _ = follow((0, READY), wanted=False)
    broker, actions = follow((1, COMING), broker=broker)
    assert actions == ["nothing"]
    stopped, _ = follow((2, ABSENT), wanted=False, broker=broker)
    _, actions = follow((3, ABSENT), broker=stopped)
    assert actions == ["start"]


@given(
    st.lists(st.tuples(st.floats(0, 200), st.sampled_from((ABSENT, COMING, READY)), st.booleans()), max_size=60),
)
def test_whatever_happens_only_what_is_absent_is_started_and_only_what_runs_is_ended(happens):
    broker, now_s = Supervised(), 0.0
    for wait_s, seen, wanted in happens:
        now_s += wait_s
        broker, action = step(broker, seen, wanted=wanted, now_s=now_s, policy=POLICY)
        if action == "start":
            assert wanted
            assert not seen.alive
        if action in {"terminate", "kill"}:
            assert seen.alive
        if wanted and seen.ready:
            assert action == "nothing"
        assert broker.resume_s - now_s <= POLICY.pause_s_max
