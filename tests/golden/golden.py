"""Golden logs: events as they were once stored, and the digest of the state that they gave.

A line is an event; the first says the digest. `python tests/golden/golden.py NAME` (with tests on the path) plays the
story again and writes a new log: do so for a new event, never to make a changed applier pass. Only a digest may be
renewed by hand, where an entity gained a field.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from c8py.engine.records import Event, intent_of, value_type
from c8py.engine.runtime import JobStream
from c8py.engine.stream.replay import digest
from harness.bpmn import Model
from harness.engine import Rig

LOGS = Path(__file__).parent / "logs"


class Head(msgspec.Struct):
    """The first line."""

    last_key: int
    digest: str


class _Line(msgspec.Struct, array_like=True):
    intent: int
    key: int
    value: msgspec.Raw
    version: int


def read(path: Path) -> tuple[Head, Iterator[Event]]:
    """A log."""
    head, *lines = path.read_bytes().splitlines()
    return msgspec.json.decode(head, type=Head), map(_event, lines)


def write(path: Path, events: list[Event], head: Head) -> None:
    """A log."""
    lines = [msgspec.json.encode(head), *map(msgspec.json.encode, events)]
    path.write_bytes(b"\n".join(lines) + b"\n")


def _event(line: bytes) -> Event:
    stored = msgspec.json.decode(line, type=_Line)
    intent = intent_of(stored.intent)
    return Event(intent, stored.key, msgspec.json.decode(stored.value, type=value_type(intent)), stored.version)


def story() -> Rig:
    """Everything that can happen so far happens at least once, and something of each kind stays."""
    rig = Rig()
    model = Model("order", name="Order").task("charge", headers={"to": "bank"}, inputs={"sum": "=total * 2"})
    model.gateway("paid").task("ship", job_type="=carrier", outputs={"parcel.id": "=number"}).task("apologise")
    model.end().path("start", "charge", "paid").flow("paid", "ship", condition="=paid")
    model.flow("paid", "apologise", condition="=paid = false").path("ship", "end").path("apologise", "end")
    rig.deploy(model.content)
    first = rig.create("order", variables={"total": 5, "carrier": "post"}, tags=("a",), business_id="b").key
    rig.advance(1)
    rig.complete(rig.job("charge"), paid=True)
    rig.complete(rig.job("post"), number=7)
    for _ in range(6):
        rig.create("order", variables={"total": 5, "carrier": None, "o": {"p": [1.5, "ä"]}})
    timed_out = rig.job("charge", timeout_ms=1000)
    rig.update_timeout(timed_out, 500)
    rig.advance(1)
    rig.fail(rig.job("charge"), 1, retry_backoff_ms=1000, variables={"why": "later"})
    rig.advance(1)
    failed, thrown, stuck, held = (rig.job("charge", timeout_ms=60_000) for _ in range(4))
    rig.fail(failed, 0, error_message="refused")
    rig.update_retries(failed, 2)
    rig.resolve(rig.incident().key)
    rig.throw(thrown, "E1", error_message="gone")
    rig.complete(stuck, paid=True)
    rig.hand_back(held)
    rig.engine.open_stream(JobStream(type="charge", worker="pushed", timeout_ms=1000))
    cancelled = rig.create("order", variables={"total": 1}).key
    rig.cancel(cancelled)
    rig.create("order", variables={"total": 1})
    rig.fail(rig.outcome.pushed[0].job_key, 3, retry_backoff_ms=9000)
    rig.set_variables(rig.key_of("charge"), local=True, sum=0)
    rig.set_variables(rig.key_of("order"), total=2)
    if not rig.done("order") or rig.engine.queries.get_process_instance(first) is None:
        raise AssertionError("expected the story to begin with an order that is done, but it is not")
    return rig


if __name__ == "__main__":
    played = story()
    LOGS.mkdir(exist_ok=True)
    last_key = max(event.key for event in played.events)
    # The digest that the engine gives counts keys that no event has; a golden log knows only its events.
    found = digest(played.engine._partition.tables, last_key)
    write(LOGS / f"{sys.argv[1]}.jsonl", played.events, Head(last_key, found))
