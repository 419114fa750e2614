"""Every error c8py raises on purpose, as one tree, and nothing else.

    C8Error
    ├── ConfigError                settings are missing, malformed or contradict each other
    ├── AuthError                  no token could be had
    │   ├── TokenRefused           the token service says no to these credentials (400, 401, 403)
    │   ├── TokenRateLimited       the token service says not now (429); `retry_after_s` says when
    │   └── TokenUnavailable       the token service did not answer, or answered nonsense
    ├── ConnectionFailed           an address could not be reached, or broke off; nothing is known of the outcome
    ├── ApiError                   Camunda answered a call with an error
    │   ├── InvalidArgument        400 · INVALID_ARGUMENT · OUT_OF_RANGE
    │   ├── Unauthenticated        401 · UNAUTHENTICATED
    │   ├── PermissionDenied       403 · PERMISSION_DENIED
    │   ├── NotFound               404 · NOT_FOUND
    │   ├── AlreadyExists          409 ALREADY_EXISTS · ALREADY_EXISTS
    │   ├── InvalidState           409 · FAILED_PRECONDITION
    │   ├── ResourceExhausted      429, 503 RESOURCE_EXHAUSTED · RESOURCE_EXHAUSTED
    │   ├── Unavailable            503 · UNAVAILABLE
    │   ├── DeadlineExceeded       504 · DEADLINE_EXCEEDED
    │   ├── Aborted                502 · ABORTED · CANCELLED
    │   ├── NotSupported           501, 405 · UNIMPLEMENTED
    │   └── ServerFault            every other answer: 500 · INTERNAL · UNKNOWN · DATA_LOSS
    ├── WorkerError                a worker was put together wrongly
    │   ├── BpmnError              raised by a handler: the model's own error, caught by a boundary event
    │   └── JobFailure             raised by a handler: fail the job with these retries and this back-off
    └── PlatformError              the local platform could not start or go on: port in use, folder unusable

Each has a `code` (stable, documented in docs/reference/errors.md), a `hint` that says the next step, and `retryable`.
"""

from typing import ClassVar


class C8Error(Exception):
    """Base of all errors of c8py.

    Args:
        message: what was expected, and what came instead.
        hint: what to do next, as a sentence; empty where the message says it.
    """

    code: ClassVar[str] = "error"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}; {self.hint}" if self.hint else self.message


class ConfigError(C8Error):
    """Settings are missing, malformed or contradict each other; the message names each source."""

    code = "config"


class AuthError(C8Error):
    """No token could be had."""

    code = "auth"


class TokenRefused(AuthError):
    """The token service refuses these credentials; asking again with the same ones changes nothing."""

    code = "token-refused"

    def __init__(self, message: str, *, status: int, error: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.error = error


class TokenRateLimited(AuthError):
    """The token service limits requests of this address; `retry_after_s` seconds from now it may answer again."""

    code = "token-rate-limited"
    retryable = True

    def __init__(self, message: str, *, retry_after_s: float, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.retry_after_s = retry_after_s


class TokenUnavailable(AuthError):
    """The token service did not answer, or what it answered is no token; in `retry_after_s` seconds it is asked again.

    Attributes:
        retry_after_s: 0 where nothing speaks against asking at once.
    """

    code = "token-unavailable"
    retryable = True

    def __init__(self, message: str, *, retry_after_s: float = 0.0, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.retry_after_s = retry_after_s


class ConnectionFailed(C8Error):
    """An address could not be reached, or the connection broke off: the call may or may not have taken effect.

    Attributes:
        sent: False where it is certain that nothing reached the server.
    """

    code = "connection-failed"
    retryable = True

    def __init__(self, message: str, *, sent: bool = True, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.sent = sent


class ApiError(C8Error):
    """Camunda answered a call with an error.

    Attributes:
        status: the HTTP status, or 0 for gRPC.
        grpc_status: the name of the gRPC status, or "" for REST.
        detail: the words of the server.
        retry_after_s: seconds after which it wants to be asked again; 0 where it did not say.
    """

    code = "api"

    def __init__(
        self,
        message: str,
        *,
        status: int = 0,
        grpc_status: str = "",
        detail: str = "",
        hint: str = "",
        retry_after_s: float = 0.0,
    ) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.grpc_status = grpc_status
        self.detail = detail
        self.retry_after_s = retry_after_s


class InvalidArgument(ApiError):
    """The request is not acceptable as it stands."""

    code = "invalid-argument"


class Unauthenticated(ApiError):
    """The call carried no token, or one that the API does not accept."""

    code = "unauthenticated"


class PermissionDenied(ApiError):
    """The caller is known, but may not do this."""

    code = "permission-denied"


class NotFound(ApiError):
    """What the call names does not exist, is gone, or is not visible to the caller."""

    code = "not-found"


class AlreadyExists(ApiError):
    """What the call would make is there already."""

    code = "already-exists"


class InvalidState(ApiError):
    """What the call names is in a state that does not allow it."""

    code = "invalid-state"


class ResourceExhausted(ApiError):
    """The cluster takes no more work at the moment (back-pressure), or the message is too large."""

    code = "resource-exhausted"
    retryable = True


class Unavailable(ApiError):
    """The cluster, or the partition that the call needs, is not there at the moment."""

    code = "unavailable"
    retryable = True


class DeadlineExceeded(ApiError):
    """No answer in time: the call may or may not have taken effect."""

    code = "deadline-exceeded"
    retryable = True


class Aborted(ApiError):
    """The gateway lost the broker in mid-flight: the call may or may not have taken effect."""

    code = "aborted"
    retryable = True


class NotSupported(ApiError):
    """This cluster does not offer the operation."""

    code = "not-supported"


class ServerFault(ApiError):
    """The server failed in a way of its own."""

    code = "server-fault"


class WorkerError(C8Error):
    """A worker was put together wrongly; raised when it is registered, not when a job comes."""

    code = "worker"


class BpmnError(WorkerError):
    """Raised by a job handler: throw this error in the process, where a boundary event may catch it.

    Args:
        error_code: the errorCode of the model.
        message: goes with the error; shown in Operate when nothing catches it.
        variables: given to the event that catches it.
    """

    code = "bpmn-error"

    def __init__(self, error_code: str, message: str = "", variables: dict[str, object] | None = None) -> None:
        super().__init__(message or error_code)
        self.error_code = error_code
        self.variables = variables


class JobFailure(WorkerError):
    """Raised by a job handler: fail the job with these retries.

    Args:
        message: shown in Operate.
        retries: how many are left; None means one less than the job had.
        backoff_s: seconds until the job may be handed out again.
        variables: become local to the element.
    """

    code = "job-failure"

    def __init__(
        self,
        message: str,
        *,
        retries: int | None = None,
        backoff_s: float = 0.0,
        variables: dict[str, object] | None = None,
    ) -> None:
        super().__init__(message)
        self.retries = retries
        self.backoff_s = backoff_s
        self.variables = variables


class PlatformError(C8Error):
    """The local platform could not start or go on: a port in use, a folder that cannot be written."""

    code = "platform"
