"""Rules of the live view: what it counts, and how it fits a terminal."""

import io

import pytest
from rich.console import Console

from c8py.cli.fleet.state import FleetState, ProcessState, alone
from c8py.cli.live import Pace, drawn
from c8py.worker.ledger import TypeState, WorkerState


def worker(*types: TypeState, name: str = "w") -> WorkerState:
    return WorkerState(name=name, phase="working", ready=True, capacity=32, taken=4, types=types)


def fleet(*states: WorkerState | None) -> FleetState:
    processes = tuple(
        ProcessState(process=place, pid=100 + place, starts=1, answers=state is not None, state=state)
        for place, state in enumerate(states, start=1)
    )
    return FleetState(phase="working", ready=False, processes=processes)


def text(state: FleetState, pace: Pace | None = None, *, width: int = 80) -> str:
    console = Console(file=io.StringIO(), width=width, highlight=False)
    console.print(drawn(state, pace or Pace(), width=width))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def done(count: int, type_: str = "t") -> TypeState:
    return TypeState(type=type_, capacity=32, completed=count)


def test_jobs_a_second_are_those_of_the_last_seconds():
    pace = Pace()
    for second in range(20):
        pace.see(float(second), alone(worker(done(10 * second))))
    assert pace.of_type("t") == pytest.approx(10)
    for second in range(20, 30):
        pace.see(float(second), alone(worker(done(190))))
    assert pace.of_type("t") == 0


def test_a_process_that_is_replaced_counts_from_nothing_and_takes_nothing_away():
    pace = Pace()
    pace.see(0.0, fleet(worker(done(1000)), worker(done(0))))
    pace.see(1.0, fleet(worker(done(0)), worker(done(5))))
    assert pace.of_type("t") == pytest.approx(5)
    assert (pace.of_process(1), pace.of_process(2)) == (0, pytest.approx(5))


@pytest.mark.parametrize("width", [80, 200])
def test_numbers_are_never_cut_and_names_have_what_is_left(width):
    name = "a-type-of-jobs-with-a-name-that-is-longer-than-any-terminal-has-room-for"
    found = text(alone(worker(done(123_456_789, name))), width=width).splitlines()
    assert all(len(line) <= width for line in found)
    (row,) = [line for line in found if "123,456,789" in line]
    assert (name in row) == (width > 80)
    assert all(word in "\n".join(found) for word in ("THROWN", "LOST"))


def test_processes_are_added_up_by_type_and_stand_below_by_themselves():
    found = text(fleet(worker(done(5)), worker(done(7)), None))
    (row,) = [line for line in found.splitlines() if line.startswith("t ")]
    assert row.split() == ["t", "0/64", "0.0", "12", "0", "0", "0"]
    assert "w: working, NOT ready · 8 of 64 slots taken" in found
    assert "3 does not answer" in found


def test_why_no_jobs_come_and_what_went_wrong_is_said_in_a_line_for_each_type():
    idle = TypeState(type="t", capacity=1, idle="the cluster has no jobs", last_error="no stock", last_error_at_ms=5)
    busy = TypeState(type="u", capacity=1, open=1, idle="full: all 1 slots of this type are taken")
    found = text(alone(worker(idle, busy))).splitlines()
    assert "t: the cluster has no jobs; last error: no stock" in found
    assert not [line for line in found if line.startswith("u:")]


def test_what_a_terminal_would_obey_is_not_drawn():
    wrong = TypeState(type="t\x1b[2J", capacity=1, last_error="\x1b]0;x\x07[bold]no[/bold]", last_error_at_ms=5)
    found = text(alone(worker(wrong)))
    assert "\x1b" not in found
    assert "[bold]no[/bold]" in found
