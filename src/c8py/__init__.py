"""Camunda 8 for Python: one package that authenticates, talks to, works for, and stands in for Camunda 8.

Names are loaded when they are first used: `import c8py` is quick and loads neither gRPC nor the platform.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from c8py.client import AsyncCamunda, Camunda
    from c8py.config import Settings, load
    from c8py.console import AsyncConsole, Console
    from c8py.errors import (
        Aborted,
        AlreadyExists,
        ApiError,
        AuthError,
        BpmnError,
        C8Error,
        ConfigError,
        ConnectionFailed,
        DeadlineExceeded,
        InvalidArgument,
        InvalidState,
        JobFailure,
        NotFound,
        NotSupported,
        PermissionDenied,
        PlatformError,
        ResourceExhausted,
        ServerFault,
        TokenRateLimited,
        TokenRefused,
        TokenUnavailable,
        Unauthenticated,
        Unavailable,
        WorkerError,
    )
    from c8py.worker import Worker

__all__ = [
    "Aborted",
    "AlreadyExists",
    "ApiError",
    "AsyncCamunda",
    "AsyncConsole",
    "AuthError",
    "BpmnError",
    "C8Error",
    "Camunda",
    "ConfigError",
    "ConnectionFailed",
    "Console",
    "DeadlineExceeded",
    "InvalidArgument",
    "InvalidState",
    "JobFailure",
    "NotFound",
    "NotSupported",
    "PermissionDenied",
    "PlatformError",
    "ResourceExhausted",
    "ServerFault",
    "Settings",
    "TokenRateLimited",
    "TokenRefused",
    "TokenUnavailable",
    "Unauthenticated",
    "Unavailable",
    "Worker",
    "WorkerError",
    "load",
]

_ROOMS: Final = {
    "AsyncCamunda": "c8py.client",
    "AsyncConsole": "c8py.console",
    "Camunda": "c8py.client",
    "Console": "c8py.console",
    "Settings": "c8py.config",
    "Worker": "c8py.worker",
    "load": "c8py.config",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(_ROOMS.get(name, "c8py.errors")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*globals(), *__all__]
