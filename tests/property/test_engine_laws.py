"""Laws of the engine under random processes and random commands: replay gives the state, no job has two owners."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from c8py.engine.readmodel import Page, Search
from c8py.engine.records import JobBatchIntent, JobIntent, ProcessInstanceIntent, Rejection
from c8py.engine.runtime import JobStream
from harness.bpmn import Model
from harness.engine import Rig

VALUES = st.none() | st.booleans() | st.integers(-5, 5) | st.text("ab", max_size=2)
VARIABLES = st.dictionaries(st.sampled_from(["x", "y", "ty"]), VALUES, max_size=2)
CONDITIONS = st.sampled_from(["=x > 1", "=y", '=ty = "a"', "=true", "=false", "=x"])
TASK = st.fixed_dictionaries(
    {},
    optional={
        "job_type": st.sampled_from(["a", "b", "=ty"]),
        "retries": st.sampled_from(["1", "=x"]),
        "inputs": st.just({"x": "=x + 1"}),
        "outputs": st.sampled_from([{"y": "=x"}, {"o.p": "=ty"}, {"y": "=10 ** y"}]),
    },
)


@st.composite
def models(draw):
    """A chain of tasks and of gateways whose branches meet again."""
    model, last = Model(), "start"
    for at in range(draw(st.integers(1, 4))):
        if draw(st.booleans()):
            model.task(f"t{at}", **draw(TASK)).flow(last, f"t{at}")
            last = f"t{at}"
            continue
        default = draw(st.booleans())
        gateway, merge = f"g{at}", f"m{at}"
        model.gateway(gateway, default=f"d{at}" if default else "").gateway(merge).flow(last, gateway)
        model.flow(gateway, merge, condition=draw(CONDITIONS), flow_id=f"c{at}")
        branch = f"b{at}"
        model.task(branch, **draw(TASK)).flow(branch, merge)
        model.flow(gateway, branch, condition="" if default else draw(CONDITIONS), flow_id=f"d{at}")
        last = merge
    return model.end().flow(last, "end").content


# What leads further comes more often than what disturbs.
NAMES = (
    ("create", "activate", "complete") * 3
    + ("fail", "resolve", "advance") * 2
    + (
        "backoff",
        "throw",
        "retries",
        "timeout",
        "yield",
        "set",
        "cancel",
        "stream",
    )
)
STEPS = st.lists(st.tuples(st.sampled_from(NAMES), st.integers(0, 50), VARIABLES), min_size=12, max_size=40)


class Walk:
    """Takes steps on an engine; which thing a step is about is a number into the things that there have been."""

    def __init__(self, rig, model):
        self.rig = rig
        self.deployed = not isinstance(rig.deploy(model), Rejection)

    def step(self, name, number, variables):
        getattr(self, f"do_{name}")(number, variables)

    def any_of(self, intent, number):
        events = self.rig.told(intent)
        return events[number % len(events)].key if events else 99

    def do_create(self, _number, variables):
        self.rig.create(variables={"x": 2, "y": True, "ty": "a", **variables})

    def do_activate(self, number, _variables):
        types = sorted({event.value.type for event in self.rig.told(JobIntent.CREATED)}) or ["a"]
        self.rig.activate(types[number % len(types)], most=number % 3 + 1, timeout_ms=1000 * (number + 1))

    def do_complete(self, number, variables):
        self.rig.complete(self.any_of(JobIntent.CREATED, number), **variables)

    def do_fail(self, number, variables):
        self.rig.fail(self.any_of(JobIntent.CREATED, number), number % 2, variables=variables)

    def do_backoff(self, number, _variables):
        self.rig.fail(self.any_of(JobIntent.CREATED, number), 1, retry_backoff_ms=number * 100)

    def do_throw(self, number, _variables):
        self.rig.throw(self.any_of(JobIntent.CREATED, number), "E")

    def do_retries(self, number, _variables):
        self.rig.update_retries(self.any_of(JobIntent.CREATED, number), number)

    def do_timeout(self, number, _variables):
        self.rig.update_timeout(self.any_of(JobIntent.CREATED, number), number * 100)

    def do_yield(self, number, _variables):
        self.rig.hand_back(self.any_of(JobIntent.CREATED, number))

    def do_resolve(self, number, _variables):
        incidents = [event.key for event in self.rig.events if type(event.value).__name__ == "IncidentRecord"]
        self.rig.resolve(incidents[number % len(incidents)] if incidents else 99)

    def do_set(self, number, variables):
        key = self.any_of(ProcessInstanceIntent.ELEMENT_ACTIVATING, number)
        self.rig.set_variables(key, local=bool(number % 2), **variables)

    def do_cancel(self, number, _variables):
        self.rig.cancel(self.any_of(ProcessInstanceIntent.ELEMENT_ACTIVATING, number))

    def do_advance(self, number, _variables):
        self.rig.advance(number)

    def do_stream(self, number, _variables):
        if number % 2:
            self.rig.engine.open_stream(JobStream(type="a", worker="s", timeout_ms=1000))
        else:
            self.rig.engine.close_stream(number)


def no_bug(rig):
    """A failure in here would be a bug of ours, told as a rejection."""
    assert not [one for one in rig.outcome.answers if isinstance(one, Rejection) and one.type == "PROCESSING_ERROR"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(models(), STEPS)
def test_an_engine_that_restarts_after_every_step_goes_the_same_way(model, steps):
    """Without streams, which live as long as the process."""
    with TemporaryDirectory() as folder:
        steady = Rig()
        restarted = Rig(Path(folder) / "engine", durable=False, records_per_snapshot=40)
        walks = [Walk(steady, model), Walk(restarted, model)]
        for name, number, variables in steps:
            if name == "stream":
                continue
            for walk in walks:
                walk.step(name, number, variables)
                no_bug(walk.rig)
            assert steady.outcome == restarted.outcome
            digest = restarted.engine.digest()
            restarted.restart()
            assert restarted.engine.digest() == digest == steady.engine.digest()
            assert restarted.engine.due_at_ms() == steady.engine.due_at_ms()
        everything = Search(page=Page(limit=1000))
        for question in ("process_instances", "jobs", "incidents", "variables", "element_instances"):
            ask = f"search_{question}"
            found = [getattr(rig.engine.queries, ask)(everything) for rig in (steady, restarted)]
            assert found[0] == found[1]
        steady.engine.close()
        restarted.engine.close()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(models(), STEPS)
def test_a_job_never_has_two_owners_and_a_closed_one_none(model, steps):
    rig = Rig()
    walk = Walk(rig, model)
    for step in steps:
        walk.step(*step)
        no_bug(rig)
    owned: set[int] = set()
    closed: set[int] = set()
    for event in rig.events:
        if event.intent is JobBatchIntent.ACTIVATED:
            keys = set(event.value.job_keys)
            assert len(keys) == len(event.value.job_keys)
            assert not keys & (owned | closed)
            owned |= keys
        elif isinstance(event.intent, JobIntent):
            assert event.key not in closed
            if event.intent in (JobIntent.COMPLETED, JobIntent.CANCELED):
                closed.add(event.key)
            if event.intent not in (JobIntent.RETRIES_UPDATED, JobIntent.TIMEOUT_UPDATED):
                owned.discard(event.key)
    rig.engine.close()
