"""Records which calls of the APIs each test makes on a socket, as a plug-in of pytest: COVERAGE.md is printed from it.

A call counts when the test itself called the method, and it was answered. What is on record (tests/coverage.tsv) is
held to it whenever its tests run: a row whose test made no such call, or a call that no row has, fails the run. With
`--write-coverage` the record is brought up to date instead; tests that did not run keep their rows.
"""

import csv
import functools
import sys
from collections.abc import AsyncGenerator, Callable, Generator, Iterable
from pathlib import Path
from types import FrameType
from typing import Any, Final, NamedTuple

import pytest

from c8py.transport import AsyncRest, Rest
from c8py.transport.grpc import AsyncGrpc, Grpc
from harness.counterparts import kind_of
from harness.processes import ROOT
from harness.verbs import NO_VERB, OTHERS

RECORD: Final = ROOT / "tests" / "coverage.tsv"
# Rooms whose public methods are calls; those of `client` go over gRPC and REST, of the others each has its own API.
ROOMS: Final = frozenset({"client", "console", "modeler", "operate", "optimize", "tasklist"})
# Rooms that call for somebody: a test of theirs shows what they do, not what the client does.
BESIDES: Final = frozenset({"cli", "worker"})
TRANSPORT: Final = "transport"  # said by the transport itself
PROPERTY: Final = "api calls"
_PACKAGE: Final = f"{ROOT / 'src' / 'c8py'}/"
_TESTS: Final = f"{ROOT / 'tests'}/"
# Modules of the clients whose public methods are not methods of the client.
_INSIDE: Final = frozenset({"calls", "connection", "noun", "over_grpc", "over_rest", "version", "waiting"})


class Called(NamedTuple):
    """A call, by which method, of what kind of server, in which colour."""

    api: str
    call: str
    method: str
    against: str
    colour: str


class Row(NamedTuple):
    """A line of the record."""

    called: Called
    test: str


_current: set[Called] = set()
_made: Final[dict[str, set[Called]]] = {}
_passed: Final[set[str]] = set()


def read() -> list[Row]:
    """The record."""
    with RECORD.open(newline="") as file:
        return [Row(Called(*line[:-1]), line[-1]) for line in csv.reader(file, delimiter="\t")]


def write(rows: Iterable[Row]) -> None:
    """Put a record in its place."""
    with RECORD.open("w", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
        writer.writerows((*row.called, row.test) for row in sorted(rows))


def add_option(parser: pytest.Parser) -> None:
    """The switch."""
    parser.addoption("--write-coverage", action="store_true", help="bring tests/coverage.tsv up to date")


def pytest_configure() -> None:
    """Begin to listen."""
    for kind, colour in ((AsyncRest, "async"), (Rest, "sync")):
        _listen(kind, "send", lambda request: request.call, "rest", colour)
    for kind, colour in ((AsyncGrpc, "async"), (Grpc, "sync")):
        for name in ("unary", "gathered", "stream"):
            _listen(kind, name, lambda call: call, "grpc", colour)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Forget what was called between tests."""
    _current.clear()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Hand on what the test called, across processes where there are several."""
    if _current:
        item.user_properties.append((PROPERTY, [list(called) for called in sorted(_current)]))
    _current.clear()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Take down what came of a test."""
    test = report.nodeid.partition("@")[0]  # xdist puts the group behind it
    if report.when == "call" and report.passed:
        _passed.add(test)
    if report.when == "teardown" and test in _passed:
        found = [called for name, value in report.user_properties if name == PROPERTY for called in value]  # pyright: ignore[reportGeneralTypeIssues]
        _made[test] = {Called(*called) for called in found}


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Bring the record up to date, or hold it to what was seen."""
    if hasattr(session.config, "workerinput"):
        return
    rows = read() if RECORD.exists() else []
    if session.config.getoption("--write-coverage"):
        write(merged(rows, _made))
        return
    complaints = complaints_of(rows, _made)
    if complaints:
        text = "\n  ".join(complaints)
        print(f"\ntests/coverage.tsv is out of date: run ./dev coverage with these tests\n  {text}")  # noqa: T201
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def complaints_of(rows: Iterable[Row], made: dict[str, set[Called]]) -> list[str]:
    """What the record says and its tests did not do, and what tests did and the record does not say."""
    rows = list(rows)
    known = {row.called for row in rows}
    untrue = [row for row in rows if row.test in made and row.called not in made[row.test]]
    unsaid = sorted({called for calls in made.values() for called in calls} - known)
    return [
        *(f"{row.test} no longer calls {' '.join(row.called)}" for row in untrue),
        *(f"no row says {' '.join(called)}" for called in unsaid),
    ]


def merged(rows: Iterable[Row], made: dict[str, set[Called]]) -> list[Row]:
    """The record with one test for each call: the one it had, if that still makes it, else the one with the fewest."""
    kept = {row.called: row.test for row in rows if _exists(row.test)}
    kept = {called: test for called, test in kept.items() if test not in made or called in made[test]}
    for test in sorted(made, key=lambda one: (len(made[one]), one)):
        for called in made[test]:
            kept.setdefault(called, test)
    return [Row(called, test) for called, test in kept.items()]


def _exists(test: str) -> bool:
    path, _, name = test.partition("::")
    file = ROOT / path
    return file.exists() and f"def {name.partition('[')[0].rpartition('::')[2]}(" in file.read_text()


def _listen(kind: type, name: str, call_of: Callable[[Any], str], api: str, colour: str) -> None:
    sent = getattr(kind, name)

    def called(self: Any, first: Any) -> Called | None:
        against = kind_of(self.address)
        method = _method(sys._getframe(2)) if against else None
        if against is None or method is None:
            return None
        room, label = method
        return Called(api if room == "client" else room, call_of(first), label, against, colour)

    twins = _streams(sent, called) if name == "stream" else _answers(sent, called)
    setattr(kind, name, functools.wraps(sent)(twins[colour == "async"]))


def _answers(sent: Any, called: Callable[[Any, Any], Called | None]) -> tuple[Any, Any]:
    def blocking(self: Any, first: Any, *others: Any, **named: Any) -> Any:
        made = called(self, first)
        answer = sent(self, first, *others, **named)
        _note(made)
        return answer

    async def waiting(self: Any, first: Any, *others: Any, **named: Any) -> Any:
        made = called(self, first)
        answer = await sent(self, first, *others, **named)
        _note(made)
        return answer

    return blocking, waiting


def _streams(sent: Any, called: Callable[[Any, Any], Called | None]) -> tuple[Any, Any]:
    def blocking(self: Any, first: Any, *others: Any, **named: Any) -> Generator[Any, None, None]:
        made = called(self, first)
        for message in sent(self, first, *others, **named):
            _note(made)
            yield message

    async def waiting(self: Any, first: Any, *others: Any, **named: Any) -> AsyncGenerator[Any, None]:
        made = called(self, first)
        stream = sent(self, first, *others, **named)
        try:
            async for message in stream:
                _note(made)
                yield message
        finally:
            await stream.aclose()

    return blocking, waiting


def _note(called: Called | None) -> None:
    if called is not None and (called.method != TRANSPORT or called.call in NO_VERB):
        _current.add(called)


def _method(frame: FrameType | None) -> tuple[str, str] | None:
    """Room and name of the client's method that a test called; None where no test called one."""
    found: tuple[str, str] | None = None
    inside: tuple[str, str] | None = None  # an iterator, which its method has only handed on
    straight, within_noun = True, False
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith(_TESTS) and file != __file__:
            return ("client", TRANSPORT) if straight else found or inside
        if file.startswith(_PACKAGE):
            straight = False
            room, *_, module = Path(file.removeprefix(_PACKAGE)).with_suffix("").parts
            if module == "version" or room in BESIDES:
                return None  # asked on the way, to know what the cluster is; or by something that the test called
            name = frame.f_code.co_name
            if room in ROOMS and module not in _INSIDE and name[0] not in "_<" and name not in OTHERS:
                of_noun = "/nouns/" in file or module == "uploads"
                # A verb says itself as the operation of a noun.
                if found is None or (within_noun and not of_noun):
                    found, within_noun = (room, f"{module}.{name}" if "/nouns/" in file else name), of_noun
            if room == "client" and module == "over_grpc":
                inside = (room, name)
        frame = frame.f_back
    return None
