"""Whether a failed call is tried again, and how long that waits. Pure; asked by both colours of both protocols."""

from collections.abc import Callable, Iterator
from typing import Final

from c8py.base.backoff import Backoff
from c8py.base.limits import CALL_ATTEMPTS_MAX
from c8py.errors import Aborted, C8Error, ConnectionFailed, DeadlineExceeded, ResourceExhausted, Unavailable
from c8py.transport.status import too_large

CALL_BACKOFF: Final = Backoff(initial_s=0.1, factor=3.0, max_s=5.0, attempts_max=CALL_ATTEMPTS_MAX)

# What may be sent twice without doing it twice: it reads, or names what it acts on by a key that only once will do.
SAFE_RPCS: Final = frozenset(
    {
        "ActivateJobs",
        "CancelProcessInstance",
        "CompleteJob",
        "DeleteResource",
        "EvaluateDecision",
        "FailJob",
        "ResolveIncident",
        "SetVariables",
        "ThrowError",
        "Topology",
        "UpdateJobRetries",
        "UpdateJobTimeout",
    }
)
SAFE_OPERATIONS: Final = frozenset(
    {
        "activateJobs",
        "cancelProcessInstance",
        "completeJob",
        "createElementInstanceVariables",
        "failJob",
        "resolveIncident",
        "throwJobError",
        "updateJob",
    }
)


def safe_operation(name: str, method: str) -> bool:
    """Whether an operation of the REST API may be sent twice."""
    return method == "GET" or name.startswith("search") or name in SAFE_OPERATIONS


def may_retry(error: C8Error, *, safe: bool) -> bool:
    """Whether trying again can help, and does no harm.

    Args:
        error: what came of the call.
        safe: whether the call may take effect twice.
    """
    match error:
        case ConnectionFailed():
            return safe or not error.sent
        case ResourceExhausted():
            return not too_large(error)
        case Unavailable():
            return True
        case DeadlineExceeded() | Aborted():
            return safe
        case _:
            return False


def waits(uniform: Callable[[], float]) -> Iterator[float]:
    """The waits between the attempts of one call, in seconds."""
    return CALL_BACKOFF.waits(uniform)
