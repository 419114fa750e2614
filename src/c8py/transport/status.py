"""Which error each answer of a cluster becomes: gRPC statuses and REST problems to classes of `c8py.errors`.

Pure tables and functions; the only place that knows both vocabularies. Nothing said by a server passes unredacted.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from c8py.base.limits import ERROR_TEXT_MAX
from c8py.base.redact import redact
from c8py.errors import (
    Aborted,
    AlreadyExists,
    ApiError,
    C8Error,
    ConnectionFailed,
    DeadlineExceeded,
    InvalidArgument,
    InvalidState,
    NotFound,
    NotSupported,
    PermissionDenied,
    ResourceExhausted,
    ServerFault,
    Unauthenticated,
    Unavailable,
)

GRPC: Final[Mapping[str, type[ApiError]]] = {
    "CANCELLED": Aborted,
    "UNKNOWN": ServerFault,
    "INVALID_ARGUMENT": InvalidArgument,
    "DEADLINE_EXCEEDED": DeadlineExceeded,
    "NOT_FOUND": NotFound,
    "ALREADY_EXISTS": AlreadyExists,
    "PERMISSION_DENIED": PermissionDenied,
    "RESOURCE_EXHAUSTED": ResourceExhausted,
    "FAILED_PRECONDITION": InvalidState,
    "ABORTED": Aborted,
    "OUT_OF_RANGE": InvalidArgument,
    "UNIMPLEMENTED": NotSupported,
    "INTERNAL": ServerFault,
    "UNAVAILABLE": Unavailable,
    "DATA_LOSS": ServerFault,
    "UNAUTHENTICATED": Unauthenticated,
}
REST: Final[Mapping[int, type[ApiError]]] = {
    400: InvalidArgument,
    401: Unauthenticated,
    403: PermissionDenied,
    404: NotFound,
    405: NotSupported,
    409: InvalidState,
    410: NotFound,
    412: InvalidState,
    413: ResourceExhausted,
    415: InvalidArgument,
    422: InvalidArgument,
    429: ResourceExhausted,
    501: NotSupported,
    502: Aborted,
    503: Unavailable,
    504: DeadlineExceeded,
}
# Where one status means several things, the title of the problem tells them apart.
REST_TITLES: Final[Mapping[tuple[int, str], type[ApiError]]] = {
    (409, "ALREADY_EXISTS"): AlreadyExists,
    (503, "RESOURCE_EXHAUSTED"): ResourceExhausted,
}
_HINTS: Final[Mapping[type[ApiError], str]] = {
    Unauthenticated: (
        "name a credentials file (C8_CREDENTIALS) if there is none, else check audience and cluster of the "
        "credentials; `c8 config explain` shows what is used"
    ),
    PermissionDenied: "give the client the scope, or in Admin the authorization, that this call needs",
    NotSupported: "the cluster's version may be older than this operation; some exist in one protocol only",
    ResourceExhausted: "send less at a time, or smaller",
}
# What the gRPC library itself says. Before a call has left …
_UNREACHABLE: Final = (
    "failed to connect",
    "connections to all backends failing",
    "dns resolution failed",
    "errors resolving",
    "name resolution failure",
    "domain name not found",
    "empty address list",
)
# … and when the connection ends in the middle of it, or somebody between us and the broker gives up: nobody can tell
# from the outside whether the broker did what was asked.
_BROKE_OFF: Final = (
    "socket closed",
    "connection reset",
    "broken pipe",
    "goaway",
    "endpoint closing",
    "end of tcp stream",
    "stream removed",
    "transport closed",
    "ping timeout",
    "keepalive watchdog",
    "connection aborted",
    "rst_stream",
    "cancelling all calls",
    "upstream connect error",
    "received http2 header with status",
)
_TOO_LARGE: Final = "larger than max"


class Problem(msgspec.Struct):
    """What an application/problem+json says, or an error of the older APIs; every part may be missing."""

    title: str = ""
    detail: str = ""
    message: str = ""


_PROBLEM = msgspec.json.Decoder(Problem)


def grpc_error(status: str, detail: str, *, call: str, address: str) -> C8Error:
    """The error for a gRPC status.

    Args:
        status: its name, for example `NOT_FOUND`.
        detail: the words that came with it.
        call: the name of the rpc.
        address: of the gateway.
    """
    said = _clean(detail)
    if status == "UNAVAILABLE":
        lowered = detail.lower()
        if any(words in lowered for words in _UNREACHABLE):
            return ConnectionFailed(
                f"expected a gateway at {address}, but it cannot be reached ({said})",
                sent=False,
                hint="check the address and that the cluster runs; `c8 config explain` shows where it comes from",
            )
        if any(words in lowered for words in _BROKE_OFF):
            return ConnectionFailed(f"expected an answer to {call}, but the connection to {address} broke off ({said})")
    kind = GRPC.get(status, ServerFault)
    return kind(
        f"expected {call} to succeed, but the cluster answered {status}: {said}",
        grpc_status=status,
        detail=said,
        hint=_HINTS.get(kind, ""),
    )


def rest_error(status: int, body: bytes, *, call: str, address: str, retry_after_s: float = 0.0) -> ApiError:
    """The error for an HTTP status that is no success.

    Args:
        status: of HTTP.
        body: a problem as JSON, or anything else.
        call: the name of the operation.
        address: of the API.
        retry_after_s: seconds after which it wants to be asked again; 0 where it did not say.
    """
    problem = _problem(body)
    said = _clean(problem.detail or problem.message or problem.title)
    kind = REST_TITLES.get((status, problem.title)) or REST.get(status, ServerFault)
    hint = _HINTS.get(kind, "")
    if (kind is NotFound and not said) or status in range(300, 400):
        hint = f"check that {address} is the address of the REST API"
    if retry_after_s:
        hint = f"try again in {retry_after_s:.0f} seconds, as it asks"
    told = " ".join(part for part in (str(status), problem.title if problem.title != said else "") if part)
    return kind(
        f"expected {call} to succeed, but the cluster answered {told}: {said or 'without a word'}",
        status=status,
        detail=said,
        hint=hint,
        retry_after_s=retry_after_s,
    )


def too_large(error: C8Error) -> bool:
    """Whether the message was larger than the server takes; sending it again changes nothing."""
    return isinstance(error, ResourceExhausted) and (_TOO_LARGE in error.detail or error.status == 413)  # noqa: PLR2004


def _problem(body: bytes) -> Problem:
    try:
        return _PROBLEM.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        # The Administration API says why in plain words; a page of a proxy in between says nothing of use.
        plain = body[:ERROR_TEXT_MAX].decode(errors="ignore").strip().strip('"')
        return Problem() if plain.startswith(("<", "{", "[")) else Problem(detail=plain)


def _clean(text: str) -> str:
    return redact(" ".join(text.split()))[:ERROR_TEXT_MAX]
