"""Why a call is not served, in one vocabulary for both protocols: a kind, and words for the caller.

Every layer of the gateway raises `Refusal`; the edges, and only they, turn it into a gRPC status or a problem+json
document by the table here.
"""

import enum
from typing import Final, NamedTuple

from c8py.engine.records import RejectionType


class Kind(enum.Enum):
    """What is wrong, named as Camunda names it in the title of a problem."""

    INVALID_ARGUMENT = "INVALID_ARGUMENT"
    NOT_FOUND = "NOT_FOUND"
    ALREADY_EXISTS = "ALREADY_EXISTS"
    INVALID_STATE = "INVALID_STATE"
    UNAUTHENTICATED = "Unauthorized"
    FORBIDDEN = "FORBIDDEN"
    INTERNAL = "INTERNAL"
    TOO_LARGE = "EXCEEDED_BATCH_RECORD_SIZE"
    RESOURCE_EXHAUSTED = "RESOURCE_EXHAUSTED"
    UNAVAILABLE = "UNAVAILABLE"
    DEADLINE_EXCEEDED = "DEADLINE_EXCEEDED"
    NOT_SUPPORTED = "NOT_IMPLEMENTED"


class WireStatus(NamedTuple):
    """How a kind looks on the wires."""

    grpc: str
    http: int
    title: str


WIRE: Final[dict[Kind, WireStatus]] = {
    Kind.INVALID_ARGUMENT: WireStatus("INVALID_ARGUMENT", 400, "INVALID_ARGUMENT"),
    Kind.NOT_FOUND: WireStatus("NOT_FOUND", 404, "NOT_FOUND"),
    Kind.ALREADY_EXISTS: WireStatus("ALREADY_EXISTS", 409, "ALREADY_EXISTS"),
    Kind.INVALID_STATE: WireStatus("FAILED_PRECONDITION", 409, "INVALID_STATE"),
    Kind.UNAUTHENTICATED: WireStatus("UNAUTHENTICATED", 401, "Unauthorized"),
    Kind.FORBIDDEN: WireStatus("PERMISSION_DENIED", 403, "FORBIDDEN"),
    Kind.INTERNAL: WireStatus("INTERNAL", 500, "INTERNAL"),
    Kind.TOO_LARGE: WireStatus("UNKNOWN", 500, "INTERNAL"),
    # Back-pressure is 503 and never 429 on Camunda's REST API.
    Kind.RESOURCE_EXHAUSTED: WireStatus("RESOURCE_EXHAUSTED", 503, "RESOURCE_EXHAUSTED"),
    Kind.UNAVAILABLE: WireStatus("UNAVAILABLE", 503, "UNAVAILABLE"),
    Kind.DEADLINE_EXCEEDED: WireStatus("DEADLINE_EXCEEDED", 504, "DEADLINE_EXCEEDED"),
    Kind.NOT_SUPPORTED: WireStatus("UNIMPLEMENTED", 501, "NOT_IMPLEMENTED"),
}

REJECTED: Final[dict[RejectionType, Kind]] = {
    RejectionType.INVALID_ARGUMENT: Kind.INVALID_ARGUMENT,
    RejectionType.NOT_FOUND: Kind.NOT_FOUND,
    RejectionType.ALREADY_EXISTS: Kind.ALREADY_EXISTS,
    RejectionType.INVALID_STATE: Kind.INVALID_STATE,
    RejectionType.PROCESSING_ERROR: Kind.INTERNAL,
    RejectionType.EXCEEDED_BATCH_RECORD_SIZE: Kind.TOO_LARGE,
}


class Refusal(Exception):  # noqa: N818  a refusal is an answer; it never leaves the gateway as an exception
    """A call that is not served.

    Args:
        kind: decides the status on the wire.
        detail: told to the caller: what was expected, and what came.
    """

    def __init__(self, kind: Kind, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail


def invalid(detail: str) -> Refusal:
    """The request is not acceptable as it stands."""
    return Refusal(Kind.INVALID_ARGUMENT, detail)


def rejected(intent: str, rejection: RejectionType, reason: str) -> Refusal:
    """The engine said no to a command; the words have the form of a real gateway's.

    Args:
        intent: the name of the command, like COMPLETE.
        rejection: its kind of refusal.
        reason: the engine's own words.
    """
    return Refusal(REJECTED[rejection], f"Command '{intent}' rejected with code '{rejection.name}': {reason}")
