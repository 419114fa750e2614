"""Watches over every test, as a plug-in of pytest: nothing that it logs, prints, raises or warns shows a secret.

Listens to all loggers at their most talkative, to every error that c8py makes, to warnings, to what tests and the
programs that they start print, and to tracebacks of failures. A test that shows a secret fails by its name, and its
complaint shows none.
"""

import functools
import logging
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import currently_in_test_context

from c8py import errors
from c8py.base.redact import Secret
from harness.processes import Program, Ran, on_run, on_start
from harness.secrets import KNOWN, may_print

# By name, for a test may set the level of the root while it looks for warnings.
TALKATIVE: Final = ("", "c8py", "grpc", "asyncio", "concurrent", "pyreqwest", "filelock", "uvicorn", "urllib3")
# What was written between two looks may have begun before the first of them.
OVERLAP_BYTES: Final = 8192


class Heard:
    """What was said since the last look, text by text with its place."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._logs: list[_Log] = []

    def add(self, place: str, text: str) -> None:
        """Somebody said this."""
        if text:
            self._texts.setdefault(text, place)

    def follow(self, program: Program) -> None:
        """Look into what this program writes from now on."""
        if not may_print(program.command):
            self._logs.append(_Log(program, program.stdout))
        self._logs.append(_Log(program, program.stderr))

    def leaks(self) -> list[str]:
        """Every place that showed a secret since the last look, and how; forgets all of it."""
        for log in self._logs:
            self.add(f"{log.file.suffix[1:]} of {log.program.name}", log.news())
        # One that has ended has had its last look.
        self._logs = [log for log in self._logs if log.program.process.poll() is None]
        texts, self._texts = self._texts, {}
        if not KNOWN.shown_in("\n".join(texts)):
            return []
        found = ((place, KNOWN.shown_in(text)) for text, place in texts.items())
        return [f"{place} shows {leak}" for place, leak in found if leak]


class _Log:
    """A file that a program writes."""

    def __init__(self, program: Program, file: Path) -> None:
        self.program = program
        self.file = file
        self._seen = 0

    def news(self) -> str:
        """What was added since the last time."""
        size = self.file.stat().st_size if self.file.exists() else 0
        if size <= self._seen:
            return ""
        with self.file.open("rb") as stream:
            stream.seek(max(0, self._seen - OVERLAP_BYTES))
            added = stream.read()
        self._seen = size
        return added.decode(errors="replace")


HEARD: Final = Heard()


class _Listener(logging.Handler):
    """Hears every record of every logger, as a formatter would write it."""

    def emit(self, record: logging.LogRecord) -> None:
        said = [record.getMessage()]
        if record.exc_info:
            said += _messages(record.exc_info[1])
        HEARD.add(f"logger {record.name}", "\n".join(said))


LISTENER: Final = _Listener(logging.DEBUG)


def pytest_configure(config: pytest.Config) -> None:
    """Begin to listen."""
    if config.option.log_level is None:
        # Loggers are talkative for us; tests that look at records go on seeing what they asked for.
        config.option.log_level = "WARNING"
    _wrap(Secret, lambda value: None if currently_in_test_context() else KNOWN.learn(value, "a Secret that was made"))
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, errors.C8Error) and "__init__" in vars(kind):
            _wrap(kind, functools.partial(HEARD.add, f"an error of {kind.__name__} or below"))
    on_start.append(HEARD.follow)
    on_run.append(_heard_run)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Have the loggers talk, whatever the test before did to them."""
    root = logging.getLogger()
    if LISTENER not in root.handlers:
        root.addHandler(LISTENER)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.DEBUG)


def pytest_warning_recorded(warning_message: Any, nodeid: str) -> None:
    """Hear a warning that was no error. Its own test is reported by now, so the next one fails, or the whole run."""
    HEARD.add(f"a warning of {nodeid}", str(warning_message.message))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Have a last look."""
    for leak in HEARD.leaks():
        print(leak)  # noqa: T201  no test is left that could fail
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    """Hear of failures, and let the test fail in the end if anything of it showed a secret."""
    report = yield
    if call.excinfo is not None:
        HEARD.add("a traceback", "\n".join(_messages(call.excinfo.value)))
    if report.when == "teardown":
        for title, content in report.sections:
            HEARD.add(title, content)
        leaks = HEARD.leaks()
        if leaks:
            report.outcome = "failed"
            report.longrepr = "\n".join(
                [f"expected no secret in anything that {item.nodeid} makes somebody say, but:", *leaks]
            )
    return report


def _heard_run(ran: Ran) -> None:
    name = " ".join(Path(word).name for word in ran.command[:3])
    HEARD.add(f"err of {name}", ran.stderr)
    if not may_print(ran.command):
        HEARD.add(f"out of {name}", ran.stdout)


def _messages(error: BaseException | None) -> list[str]:
    """What a traceback would say of an error and of those before it: no lines of source, and nothing that tests say."""
    if error is None:
        return []
    said: list[str] = []
    chain: traceback.TracebackException | None = traceback.TracebackException.from_exception(error)
    while chain is not None:
        if not issubclass(chain.exc_type, (AssertionError, pytest.fail.Exception)):
            said += chain.format_exception_only()
        chain = chain.__cause__ or (None if chain.__suppress_context__ else chain.__context__)
    return said


def _wrap(kind: type, hear: Callable[[str], None]) -> None:
    """Hear every text that an instance of this class is made of."""
    made = kind.__init__

    @functools.wraps(made)
    def heard(self: object, *given: object, **named: object) -> None:
        for value in (*given, *named.values()):
            if isinstance(value, str):
                hear(value)
        made(self, *given, **named)

    kind.__init__ = heard
