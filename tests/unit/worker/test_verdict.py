"""Delivery: until the deadline, once where it is taken, never a failure made of a network's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from c8py.base.clock import ManualClock
from c8py.errors import (
    InvalidArgument,
    InvalidState,
    JobFailure,
    NotFound,
    PermissionDenied,
    TokenRateLimited,
    Unauthenticated,
    Unavailable,
)
from c8py.worker.verdict import Complete, Fail, Wait, deliver, excerpt, of_exception

DONE = Complete({"a": 1})


def drive(errors, *, left_s=60.0, call_s=0.0):
    """Run a delivery against a list of answers; None is a success."""
    clock = ManualClock()
    begun = clock.monotonic_s()
    flow = deliver(DONE, deadline_s=begun + left_s, clock=clock, uniform=lambda: 1.0)
    answers = iter(errors)
    sent, heard = 0, None
    try:
        while True:
            step = flow.send(heard)
            heard = None
            if isinstance(step, Wait):
                clock.advance(step.seconds)
            else:
                assert step is DONE
                sent += 1
                clock.advance(call_s)
                heard = next(answers)
    except StopIteration as end:
        return end.value[0], sent, clock.monotonic_s() - begun


def test_a_report_that_is_taken_is_sent_once():
    assert drive([None]) == ("delivered", 1, 0.0)


@pytest.mark.parametrize("error", [InvalidState("done"), InvalidArgument("no"), PermissionDenied("no")])
def test_a_refusal_for_good_is_not_sent_again(error):
    assert drive([error])[:2] == ("refused", 1)


def test_gone_is_gone():
    assert drive([NotFound("no")])[:2] == ("gone", 1)


def test_a_rejected_token_may_be_a_moment_only():
    assert drive([Unauthenticated("no"), Unauthenticated("no"), None])[:2] == ("delivered", 3)


def test_the_rate_limit_says_how_long_to_wait():
    ending, sent, took_s = drive([TokenRateLimited("slow", retry_after_s=30), None])
    assert (ending, sent) == ("delivered", 2)
    assert took_s == 30


@given(left_s=st.floats(-5, 300), call_s=st.floats(0, 20))
def test_a_report_is_tried_at_least_once_and_never_after_the_deadline(left_s, call_s):
    ending, sent, took_s = drive([Unavailable("down")] * 100_000, left_s=left_s, call_s=call_s)
    assert ending == "late"
    assert sent >= 1
    # Waiting never crosses the deadline; only the call that is under way then may.
    assert took_s <= max(left_s, 0) + call_s + 1e-6


def test_retries_never_fall_below_none():
    verdict = of_exception(ValueError("x"), retries=0)
    assert isinstance(verdict, Fail)
    assert verdict.retries == 0
    assert of_exception(JobFailure("x", retries=-3), 5) == Fail(retries=0, message="x")


def test_a_traceback_is_short_and_bears_its_end():
    def deep(n: int) -> None:
        if n == 0:
            raise ValueError("the end" + "x" * 10_000 + "last word")
        deep(n - 1)

    with pytest.raises(ValueError, match="the end") as raised:
        deep(200)
    text = excerpt(raised.value)
    assert len(text) <= 4_000
    assert text.endswith("last word")
