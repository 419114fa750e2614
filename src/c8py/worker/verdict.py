"""What becomes of a job: the command that reports a handler's end, and how it is delivered.

Pure: verdicts are values, delivery is a generator that says "send" and "wait" and hears how it went.
Finished work is never thrown away while its deadline lasts, and never reported as failed because a network was.
"""

import sys
import traceback
from collections.abc import Callable, Generator
from typing import Final, Literal

import msgspec

from c8py.base.backoff import Backoff
from c8py.base.clock import Clock
from c8py.base.limits import FAILURE_MESSAGE_CHARS_MAX
from c8py.base.redact import redact
from c8py.errors import (
    ApiError,
    BpmnError,
    C8Error,
    InvalidArgument,
    InvalidState,
    JobFailure,
    NotFound,
    ServerFault,
    Unauthenticated,
)

DELIVERY: Final = Backoff(initial_s=0.1, factor=2.0, max_s=5.0, attempts_max=sys.maxsize)


class Complete(msgspec.Struct, frozen=True):
    """The job is done.

    Attributes:
        variables: what the handler returned; None for nothing.
    """

    variables: dict[str, object] | None


class Fail(msgspec.Struct, frozen=True, kw_only=True):
    """The job failed, or goes back.

    Attributes:
        retries: how many are left.
        message: shown in Operate.
        backoff_s: seconds until it may be handed out again.
        variables: become local to the element.
        is_hand_back: nothing was tried.
    """

    retries: int
    message: str
    backoff_s: float = 0.0
    variables: dict[str, object] | None = None
    is_hand_back: bool = False


class Throw(msgspec.Struct, frozen=True, kw_only=True):
    """The model's own error is thrown.

    Attributes:
        error_code: of the model.
        message: goes with it.
        variables: given to the event that catches it.
    """

    error_code: str
    message: str
    variables: dict[str, object] | None = None


Verdict = Complete | Fail | Throw


class Wait(msgspec.Struct, frozen=True):
    """Try again after so many seconds."""

    seconds: float


Delivered = Literal["delivered", "gone", "refused", "late"]
"""How a report ended: taken; the job is no longer ours; the cluster will never take it; the deadline passed."""


def of_exception(error: BaseException, retries: int) -> Verdict:
    """What an exception of a handler means for its job.

    Args:
        error: what the handler raised.
        retries: how many the job had when it came.
    """
    if isinstance(error, BpmnError):
        return Throw(error_code=error.error_code, message=error.message, variables=error.variables)
    fewer = max(0, retries - 1)
    if isinstance(error, JobFailure):
        return Fail(
            retries=fewer if error.retries is None else max(0, error.retries),
            message=error.message,
            backoff_s=error.backoff_s,
            variables=error.variables,
        )
    return Fail(retries=fewer, message=excerpt(error))


def handed_back(retries: int) -> Fail:
    """The job was never started: it goes back as it came."""
    return Fail(
        retries=retries, message="handed back: the worker stopped before it started this job", is_hand_back=True
    )


def of_refusal(error: C8Error, retries: int) -> Fail:
    """The cluster will not take this result: the job must not run again and again with nothing to show."""
    return Fail(retries=max(0, retries - 1), message=_bounded(f"the result was refused: {redact(str(error))}"))


def excerpt(error: BaseException) -> str:
    """The end of a traceback, without tokens, short enough for Operate."""
    # The worker's own frames tell nobody anything.
    trace = error.__traceback__
    while trace is not None and str(trace.tb_frame.f_globals.get("__name__")).startswith("c8py.worker."):
        trace = trace.tb_next
    lines = traceback.format_exception(type(error), error, trace, limit=-6, chain=False)
    return _bounded(redact("".join(lines)).strip())


def deliver(
    verdict: Verdict, *, deadline_s: float, clock: Clock, uniform: Callable[[], float]
) -> Generator[Verdict | Wait, C8Error | None, tuple[Delivered, C8Error | None]]:
    """Report a verdict until it is taken or can no longer be.

    Yields the verdict to send it, and hears None or the error; yields `Wait`, and hears None.

    Args:
        verdict: what to report.
        deadline_s: when the job may be given to somebody else, on the clock's monotonic scale.
        clock: tells when that is.
        uniform: gives numbers from 0.0 to 1.0.

    Returns:
        How it ended, and the last error.
    """
    waits = DELIVERY.waits(uniform)
    while True:
        error = yield verdict
        if error is None:
            return "delivered", None
        if isinstance(error, NotFound):
            return "gone", error
        if not _passes(error):
            return "refused", error
        left_s = deadline_s - clock.monotonic_s()
        if left_s <= 0:
            return "late", error
        # The last attempt falls on the deadline itself, not beyond it.
        yield Wait(min(max(next(waits), getattr(error, "retry_after_s", 0.0)), left_s))


def is_result_refused(verdict: Verdict, error: C8Error | None) -> bool:
    """Whether the cluster read a finished job's variables and said no to them."""
    return isinstance(verdict, Complete) and isinstance(error, InvalidArgument)


def _passes(error: C8Error) -> bool:
    """Whether the same call may succeed later."""
    if isinstance(error, InvalidState):
        return False
    # A 401 after the client has renewed its token once: keys are being rotated, or the clock is. Finished work waits.
    return error.retryable or isinstance(error, (ServerFault, Unauthenticated)) or type(error) in {ApiError, C8Error}


def _bounded(text: str) -> str:
    if len(text) <= FAILURE_MESSAGE_CHARS_MAX:
        return text
    half = FAILURE_MESSAGE_CHARS_MAX // 2 - 2
    return f"{text[:half]}\n…\n{text[-half:]}"
