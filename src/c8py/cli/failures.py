"""Errors as people see them: one line on stderr, with the next step, and an exit code that scripts can rely on.

0    done
1    Camunda or the local platform said no, or a call failed
2    the command line, a file it names, or the settings are wrong
3    an address could not be reached, or did not answer in time
4    credentials were refused, or do not allow this
70   a fault of c8 itself
130  interrupted (Ctrl-C)
"""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Final, TypeGuard

import click

from c8py.base.redact import redact
from c8py.errors import (
    AuthError,
    C8Error,
    ConfigError,
    ConnectionFailed,
    DeadlineExceeded,
    PermissionDenied,
    TokenUnavailable,
    Unauthenticated,
    Unavailable,
    WorkerError,
)

FAILED: Final = 1
USAGE: Final = 2
NO_CONNECTION: Final = 3
NOT_ALLOWED: Final = 4
FAULT: Final = 70
INTERRUPTED: Final = 130

# The first that fits holds: the special ones stand before their bases.
_CODES: Final[tuple[tuple[type[C8Error], int], ...]] = (
    (ConfigError, USAGE),
    (WorkerError, USAGE),
    (TokenUnavailable, NO_CONNECTION),
    (ConnectionFailed, NO_CONNECTION),
    (Unavailable, NO_CONNECTION),
    (DeadlineExceeded, NO_CONNECTION),
    (AuthError, NOT_ALLOWED),
    (Unauthenticated, NOT_ALLOWED),
    (PermissionDenied, NOT_ALLOWED),
    (C8Error, FAILED),
)

EXIT_CODES: Final = (
    "Exit codes: 0 done · 1 the call failed · 2 wrong usage or settings · 3 no connection · 4 not allowed · "
    "70 a fault of c8 · 130 interrupted"
)


class Exit(Exception):  # noqa: N818  not an error: a way out with a number
    """End with this exit code; everything worth saying has been said.

    Args:
        code: of the process.
    """

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def exit_code(error: BaseException) -> int:
    """What the process ends with."""
    if isinstance(error, Exit):
        return error.code
    if isinstance(error, (KeyboardInterrupt, click.Abort)):
        return INTERRUPTED
    if isinstance(error, click.UsageError):
        return USAGE
    if isinstance(error, (click.ClickException, OSError)) or _is_extra_missing(error):
        return FAILED
    return next((code for kind, code in _CODES if isinstance(error, kind)), FAULT)


def one_line(error: BaseException) -> str:
    """The error as one line without secrets; empty where nothing needs saying."""
    if isinstance(error, (Exit, KeyboardInterrupt, click.Abort)):
        return ""
    return f"c8: {_flat(_words(error))}"


@contextmanager
def extra_needed(extra: str) -> Generator[None]:
    """Import what a verb needs beyond what most verbs do.

    Args:
        extra: that has it.

    Raises:
        ClickException: it is not installed; names the extra.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if not _is_extra_missing(error):
            raise
        raise click.ClickException(
            f"expected the extra {extra}, but {error.name} is not installed; pip install 'c8py[cli,{extra}]'"
        ) from error


def _words(error: BaseException) -> str:
    if isinstance(error, click.UsageError):
        words = _usage(error)
    elif isinstance(error, click.ClickException):
        words = error.format_message()
    elif isinstance(error, C8Error):
        words = str(error)
    elif isinstance(error, OSError):
        place = error.filename or "a file or an address"
        words = f"expected to use {place}, but: {error.strerror or error}"
    elif _is_extra_missing(error):
        words = f"expected the extras of c8py, but {error.name} is not installed; pip install 'c8py[cli,server]'"
    else:
        name = type(error).__name__
        words = f"a fault of c8 itself: {name}: {error}; run it again as `c8 --debug …` and report what it says"
    return words


def _is_extra_missing(error: BaseException) -> TypeGuard[ModuleNotFoundError]:
    return isinstance(error, ModuleNotFoundError) and not (error.name or "").startswith("c8py")


def _usage(error: click.UsageError) -> str:
    message = _flat(error.format_message()).rstrip(".")
    path = error.ctx.command_path if error.ctx is not None else "c8"
    return f"{message[:1].lower()}{message[1:]}; see {path} --help"


def _flat(text: str) -> str:
    return " ".join(redact(text).split())
