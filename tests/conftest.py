"""For all tests: our platform as a program, its output beside a failure, and no secret in anything that is said.

Under CI=true nothing is skipped in silence.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import platformdirs
import psutil
import pytest

from harness import recording, watching
from harness.platform import ORDER_MODEL, UNLIMITED_TOKENS, Platform
from harness.processes import Program

OUTPUT_SHOWN = 3000
# Far above what the fixtures of a session keep open, and below where select() and a common ulimit end.
OPEN_FILES_MAX = 400

# Tests share tokens with each other through a folder of their own, never with the person who runs them. Where the real
# broker has been unpacked stays as it is: that costs minutes.
_FOLDER = tempfile.TemporaryDirectory(prefix="c8py-tests-")
os.environ.setdefault("C8PY_CACHE", str(platformdirs.user_cache_path("c8py")))
os.environ["XDG_CACHE_HOME"] = _FOLDER.name
os.environ["XDG_CONFIG_HOME"] = _FOLDER.name  # nor do they see that person's profiles


def pytest_addoption(parser: pytest.Parser) -> None:
    recording.add_option(parser)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(watching, "watching")
    config.pluginmanager.register(recording, "recording")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and under CI=true nothing may be: {report.longrepr}"
    if report.failed:
        for program in _programs(getattr(item, "funcargs", {})):
            report.sections.append((f"output of {program.name}", program.output()[-OUTPUT_SHOWN:]))
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item):
    """No test leaves its files and sockets to the tests after it, where they would fail for want of numbers."""
    before = psutil.Process().num_fds()
    try:
        return (yield)
    finally:
        left = psutil.Process().num_fds()
        assert left <= OPEN_FILES_MAX, f"{item.nodeid} leaves {left} files open, and had {before} before its teardown"


def _programs(values: dict[str, object]) -> Iterator[Program]:
    for value in values.values():
        program = getattr(value, "program", value)
        if isinstance(program, Program):
            yield program


@pytest.fixture(scope="session")
def order_model() -> Path:
    """A process that Zeebe 8.6 and our engine run alike: `order`, one job of type `charge-card`, one decision."""
    return ORDER_MODEL


@pytest.fixture
def start_platform(tmp_path: Path) -> Iterator[Callable[..., Platform]]:
    """Starts platforms; all of them end with the test. Options as those of `Platform`."""
    started: list[Platform] = []

    def start(*arguments: str, folder: Path | None = None, ephemeral: bool = True) -> Platform:
        name = f"platform-{len(started)}"
        started.append(Platform(folder or tmp_path / name, *arguments, name=name, ephemeral=ephemeral))
        return started[-1]

    yield start
    for platform in started:
        platform.stop()


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """One ephemeral platform for all tests that do not mind the others' processes; tokens without limit."""
    running = Platform(tmp_path_factory.mktemp("platform"), *UNLIMITED_TOKENS)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def one_line() -> Callable[..., str]:
    """The only line that a failed command wrote to stderr; its exit code must be among the documented ones."""

    def line(done, *, code: int) -> str:
        assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
        lines = done.stderr.strip().splitlines()
        assert len(lines) == 1, done.stderr
        assert "Traceback" not in lines[0]
        return lines[0]

    return line
