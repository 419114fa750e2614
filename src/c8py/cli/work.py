"""`c8 work`: jobs for a program, for a Python function, or for the tasks of a `Worker` in a module."""

import importlib
import logging
import sys
import traceback
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, cast

import click
import msgspec

from c8py.cli.failures import INTERRUPTED, Exit
from c8py.cli.options import Connection, json_option, with_connection
from c8py.cli.output import print_json, say
from c8py.cli.programs import exec_handler
from c8py.errors import C8Error

if TYPE_CHECKING:
    from c8py.worker import Statistics, Worker

_MAX_JOBS: Final = 8
_TIMEOUT_S: Final = 60.0


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a person asked to be worked on.

    Attributes:
        connection: where to.
        target: a job type, or the place of a worker.
        program: run for each job.
        function: called for each job.
        max_jobs: at once; None leaves it to the app.
        timeout_s: that a job may take; None leaves it to the app.
        terms: of single types.
        name: of the worker.
        stop_after: so many jobs.
    """

    connection: Connection
    target: str
    program: str | None
    function: str | None
    max_jobs: int | None
    timeout_s: float | None
    terms: tuple[str, ...]
    name: str | None
    stop_after: int | None

    @property
    def is_app(self) -> bool:
        """Whether the worker is found in a module."""
        return self.program is None and self.function is None

    def must_fit(self, *, many: bool) -> None:
        """Refuse what does not go together.

        Args:
            many: whether there are to be other processes.

        Raises:
            UsageError: something does not.
        """
        if self.program is not None and self.function is not None:
            raise click.UsageError("expected one of --exec CMD and --python MODULE:FUNCTION, but got both")
        if self.is_app and ":" not in self.target:
            raise click.UsageError(
                "expected one of --exec CMD and --python MODULE:FUNCTION for a job type, or MODULE:WORKER in its "
                f"place, but got {self.target!r} alone"
            )
        if self.is_app and self.timeout_s is not None:
            raise click.UsageError("expected --set TYPE.timeout=SECONDS for an app, but got --timeout")
        if many and self.stop_after is not None:
            raise click.UsageError("expected --stop-after with one process, but there are to be others")

    def arguments(self) -> list[str]:
        """Those of a process that works on the same."""
        given = {
            **{f"--{name.replace('_', '-')}": value for name, value in msgspec.structs.asdict(self.connection).items()},
            "--exec": self.program,
            "--python": self.function,
            "--max-jobs": self.max_jobs,
            "--timeout": self.timeout_s,
            "--name": self.name,
        }
        found = [word for name, value in given.items() if value is not None for word in (name, str(value))]
        return [*found, *(word for term in self.terms for word in ("--set", term)), "--", self.target]

    def worker(self) -> "Worker":
        """The worker that does it.

        Raises:
            UsageError: there is no such worker, function or program.
            WorkerError: a term cannot be understood.
            ConfigError: the cluster's settings are missing, malformed or contradict each other.
        """
        # Whoever asks for help does not wait for it.
        from c8py.worker import Worker  # noqa: PLC0415
        from c8py.worker.overrides import of_command_line  # noqa: PLC0415

        terms = of_command_line(self.terms)
        if self.is_app:
            worker = app(self.target)
            client = None if self.connection == Connection() else self.connection.async_camunda()
            worker.override(terms, client=client, max_jobs=self.max_jobs, name=self.name, stop_after=self.stop_after)
            return worker
        timeout_s = self.timeout_s or _TIMEOUT_S
        handler = python_handler(self.function or "") if self.program is None else exec_handler(self.program, timeout_s)
        max_jobs = self.max_jobs or _MAX_JOBS
        worker = Worker(
            self.connection.async_camunda(),
            max_jobs=min(max_jobs, self.stop_after or max_jobs),
            stop_after=self.stop_after,
            name=self.name,
        )
        worker.task(self.target, timeout_s=timeout_s)(handler)
        worker.override(terms)
        return worker


@click.command("work")
@click.argument("target", metavar="TYPE|MODULE:WORKER")
@click.option("--exec", "program", metavar="CMD", help="Run CMD for each job: JSON in on stdin, JSON out on stdout.")
@click.option("--python", "function", metavar="MODULE:FUNCTION", help="Call a function for each job.")
@click.option(
    "--max-jobs", type=click.IntRange(1, 10_000), help="At once, in each process.  [default: 8, or the app's]"
)
@click.option("--timeout", "timeout_s", type=float, help="Seconds a job may take. [60, or the app's]")
@click.option("--set", "terms", metavar="TYPE.NAME=VALUE", multiple=True, help="As in charge-card.max_jobs=4.")
@click.option("--processes", type=click.IntRange(1, 256), default=1, show_default=True, help="That share the work.")
@click.option("--reload", "reloads", is_flag=True, help="Start anew when a Python file in this folder changes.")
@click.option("--name", help="Of the worker, shown in Operate.")
@click.option("--stop-after", type=click.IntRange(1), metavar="N", help="End when N jobs are finished.")
@click.option(
    "--health-port",
    type=click.IntRange(0, 65535),
    help="Serve /health, /ready, /status and /metrics; 0 for a free one.",
)
@click.option("--health-host", default="127.0.0.1", show_default=True, help="Where --health-port listens.")
@click.option("--watch", "watches", is_flag=True, help="Show in the terminal how each job type stands.")
@click.option("--in-fleet", is_flag=True, hidden=True, help="Report to whoever started us, and end when they do.")
@click.option("--quiet", is_flag=True, help="Report nothing but trouble.")
@json_option
@with_connection
def work_(
    connection: Connection,
    *,
    target: str,
    program: str | None,
    function: str | None,
    max_jobs: int | None,
    timeout_s: float | None,
    terms: tuple[str, ...],
    processes: int,
    reloads: bool,
    name: str | None,
    stop_after: int | None,
    health_port: int | None,
    health_host: str,
    watches: bool,
    in_fleet: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Work on jobs of TYPE, or those of a Worker in a module, until Ctrl-C.

    With --exec, the job's variables come as one JSON object on standard input. What the program prints, a JSON object
    or nothing, becomes variables; an exit code other than 0 fails the job with what it wrote to standard error.

    MODULE:WORKER names a Worker of a Python module, or a function that makes one; the current folder counts as a place
    of modules. With --processes, so many of them share the work, one token and one cool-down; who dies is replaced.
    --set has the last word about one job type: timeout, max_jobs, heartbeat, limit, stream, enabled.
    """
    asked = Asked(
        connection=connection,
        target=target,
        program=program,
        function=function,
        max_jobs=max_jobs,
        timeout_s=timeout_s,
        terms=terms,
        name=name,
        stop_after=stop_after,
    )
    asked.must_fit(many=processes > 1 or reloads)
    told = Told(health_port=health_port, health_host=health_host, watches=watches, in_fleet=in_fleet)
    told.must_fit()
    with _reports_on_stderr(logging.WARNING if quiet else logging.INFO):
        if processes > 1 or reloads:
            command = [*(["--quiet"] if quiet else []), *asked.arguments()]
            counted = _in_processes(command, processes, told, reloads=reloads)
        else:
            counted = _in_this_process(asked, told)
    if in_fleet:
        return  # it is told already
    if as_json:
        print_json(counted)
    elif not quiet:
        say(f"{counted.completed} completed, {counted.failed} failed, {counted.handed_back} handed back")
    if counted.abandoned:
        raise Exit(INTERRUPTED)


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """Who is told how the work goes.

    Attributes:
        health_port: where it is asked over HTTP; None for nowhere.
        health_host: of the port.
        watches: whether somebody looks at this terminal.
        in_fleet: whether whoever started us asks.
    """

    health_port: int | None
    health_host: str
    watches: bool
    in_fleet: bool

    def must_fit(self) -> None:
        """Refuse what cannot be.

        Raises:
            UsageError: there is no terminal to look at.
        """
        if self.watches:
            from c8py.cli.live import must_be_terminal  # noqa: PLC0415

            must_be_terminal()


def _in_this_process(asked: Asked, told: Told) -> "Statistics":
    report = None
    if told.in_fleet:
        from c8py.cli.fleet.report import Report  # noqa: PLC0415

        report = Report()
    worker = asked.worker()
    if told.health_port is not None:
        from c8py.worker.vitals import Vitals  # noqa: PLC0415

        Vitals(worker, port=told.health_port, host=told.health_host)
    if told.watches:
        from c8py.cli.live import watch  # noqa: PLC0415

        watch(worker)
    if report is not None:
        report.on(worker)
    counted = worker.run()
    if report is not None:
        report.done(counted)
    return counted


def _in_processes(command: list[str], processes: int, told: Told, *, reloads: bool) -> "Statistics":
    from c8py.cli.fleet import Beside, Fleet  # noqa: PLC0415  whoever asks for help does not wait for it

    fleet = Fleet(command, processes=processes, reloads=reloads, hears=_write if told.watches else None)
    beside: list[Beside] = []
    if told.health_port is not None:
        from c8py.cli.fleet.vitals import FleetVitals  # noqa: PLC0415

        beside.append(FleetVitals(fleet, port=told.health_port, host=told.health_host))
    if told.watches:
        from c8py.cli.live import LiveView  # noqa: PLC0415

        beside.append(LiveView(fleet.state))
    return fleet.run(*beside)


def _write(line: str) -> None:
    """To standard error as it is at the moment, for a live view takes its place; click would look behind it."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


class _Lines(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        try:
            _write(self.format(record))
        except (OSError, ValueError):
            self.handleError(record)


@contextmanager
def _reports_on_stderr(level: int) -> Generator[None]:
    """What the worker logs becomes lines for the person who watches it."""
    log = logging.getLogger("c8py")
    handler = _Lines()
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    before = log.level
    log.addHandler(handler)
    log.setLevel(level)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(before)


def app(name: str) -> "Worker":
    """The worker `module:worker`, which may also be a function that makes one.

    Raises:
        UsageError: there is no such module or worker.
    """
    from c8py.worker import Worker  # noqa: PLC0415

    found = _found(name, "MODULE:WORKER", "worker")
    try:
        made = found if isinstance(found, Worker) or not callable(found) else cast("Callable[[], object]", found)()
    except C8Error:
        raise
    except Exception as error:
        raise click.UsageError(
            f"expected a Worker at {name}, or a function that makes one, but calling it fails with "
            f"{type(error).__name__}: {error} ({_place(error)})"
        ) from error
    if not isinstance(made, Worker):
        raise click.UsageError(f"expected a Worker at {name}, but there is {type(made).__name__}")
    return made


def python_handler(name: str) -> Callable[..., object]:
    """The function `module:function`; the current folder counts as a place of modules.

    Raises:
        UsageError: there is no such module or function.
    """
    found = _found(name, "--python MODULE:FUNCTION", "function")
    if not callable(found):
        raise click.UsageError(f"expected a function at {name}, but there is {type(found).__name__}")
    return found


def _place(error: BaseException) -> str:
    """Where a module broke: the last line of it that ran, or that cannot be read."""
    if isinstance(error, SyntaxError):
        return f"{error.filename}, line {error.lineno}"
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{last.filename}, line {last.lineno}"


def _found(name: str, form: str, kind: str) -> object:
    module_name, colon, member = name.partition(":")
    if not colon or not module_name or not member:
        raise click.UsageError(f"expected {form}, but got {name!r}")
    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        found: object = importlib.import_module(module_name)
    except ImportError as error:
        raise click.UsageError(f"expected a module {module_name}, but {error}") from error
    except C8Error:
        raise
    except Exception as error:
        raise click.UsageError(
            f"expected to import the module {module_name}, but {type(error).__name__}: {error} ({_place(error)})"
        ) from error
    for part in member.split("."):
        if not hasattr(found, part):
            raise click.UsageError(f"expected a {kind} {member} in {module_name}, but there is none")
        found = getattr(found, part)
    return found
