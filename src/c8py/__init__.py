"""Camunda 8 for Python: one package that authenticates, talks to, works for, and stands in for Camunda 8.

Names are loaded when they are first used: `import c8py` is quick and loads neither gRPC nor the platform.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from c8py.client import AsyncCamunda, Camunda, value_as, variables_as
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
    from c8py.modeler import AsyncModeler, Modeler
    from c8py.operate import AsyncOperate, Operate
    from c8py.optimize import AsyncOptimize, Optimize
    from c8py.tasklist import AsyncTasklist, Tasklist
    from c8py.worker import Worker

__all__ = [
    "Aborted",
    "AlreadyExists",
    "ApiError",
    "AsyncCamunda",
    "AsyncConsole",
    "AsyncModeler",
    "AsyncOperate",
    "AsyncOptimize",
    "AsyncTasklist",
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
    "Modeler",
    "NotFound",
    "NotSupported",
    "Operate",
    "Optimize",
    "PermissionDenied",
    "PlatformError",
    "ResourceExhausted",
    "ServerFault",
    "Settings",
    "Tasklist",
    "TokenRateLimited",
    "TokenRefused",
    "TokenUnavailable",
    "Unauthenticated",
    "Unavailable",
    "Worker",
    "WorkerError",
    "load",
    "value_as",
    "variables_as",
]

_ROOMS: Final = {
    "AsyncCamunda": "c8py.client",
    "AsyncConsole": "c8py.console",
    "AsyncModeler": "c8py.modeler",
    "AsyncOperate": "c8py.operate",
    "AsyncOptimize": "c8py.optimize",
    "AsyncTasklist": "c8py.tasklist",
    "Camunda": "c8py.client",
    "Console": "c8py.console",
    "Modeler": "c8py.modeler",
    "Operate": "c8py.operate",
    "Optimize": "c8py.optimize",
    "Settings": "c8py.config",
    "Tasklist": "c8py.tasklist",
    "Worker": "c8py.worker",
    "load": "c8py.config",
    "value_as": "c8py.client",
    "variables_as": "c8py.client",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(_ROOMS.get(name, "c8py.errors")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*globals(), *__all__]
