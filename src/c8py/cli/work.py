"""`c8 work`: jobs for a program (variables on standard input, result on standard output) or a Python function."""

import asyncio
import importlib
import logging
import os
import shlex
import shutil
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, cast

import click
import msgspec

from c8py.base.limits import EXEC_OUTPUT_BYTES_MAX, FAILURE_MESSAGE_CHARS_MAX
from c8py.base.redact import redact
from c8py.cli.failures import INTERRUPTED, Exit
from c8py.cli.options import Connection, json_option, with_connection
from c8py.cli.output import print_json, say
from c8py.errors import JobFailure

if TYPE_CHECKING:
    from c8py.worker import Job, Statistics


@click.command("work")
@click.argument("type_", metavar="TYPE")
@click.option("--exec", "program", metavar="CMD", help="Run CMD for each job: JSON in on stdin, JSON out on stdout.")
@click.option("--python", "function", metavar="MODULE:FUNCTION", help="Call a function for each job.")
@click.option("--max-jobs", type=click.IntRange(1, 10_000), default=8, show_default=True, help="At once.")
@click.option("--timeout", "timeout_s", type=float, default=60.0, show_default=True, help="Seconds a job may take.")
@click.option("--name", help="Of the worker, shown in Operate.")
@click.option("--stop-after", type=click.IntRange(1), metavar="N", help="End when N jobs are finished.")
@click.option("--quiet", is_flag=True, help="Report nothing but trouble.")
@json_option
@with_connection
def work_(
    connection: Connection,
    *,
    type_: str,
    program: str | None,
    function: str | None,
    max_jobs: int,
    timeout_s: float,
    name: str | None,
    stop_after: int | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Work on jobs of TYPE until Ctrl-C.

    With --exec, the job's variables come as one JSON object on standard input. What the program prints, a JSON object
    or nothing, becomes variables; an exit code other than 0 fails the job with what it wrote to standard error.
    """
    if (program is None) == (function is None):
        raise click.UsageError("expected one of --exec CMD and --python MODULE:FUNCTION")
    handler = exec_handler(program, timeout_s) if program is not None else python_handler(cast("str", function))
    with _reports_on_stderr(logging.WARNING if quiet else logging.INFO):
        counted = asyncio.run(
            _work(connection, type_, handler, stop_after, max_jobs=max_jobs, timeout_s=timeout_s, name=name)
        )
    if as_json:
        print_json(counted)
    elif not quiet:
        say(f"{counted.completed} completed, {counted.failed} failed, {counted.handed_back} handed back")
    if counted.abandoned:
        raise Exit(INTERRUPTED)


@contextmanager
def _reports_on_stderr(level: int) -> Generator[None]:
    """What the worker logs becomes lines for the person who watches it."""
    log = logging.getLogger("c8py")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    before = log.level
    log.addHandler(handler)
    log.setLevel(level)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(before)


async def _work(
    connection: Connection,
    type_: str,
    handler: Callable[..., object],
    stop_after: int | None,
    *,
    max_jobs: int,
    timeout_s: float,
    name: str | None,
) -> "Statistics":
    from c8py.worker import Worker  # noqa: PLC0415  whoever asks for help does not wait for it

    async with connection.async_camunda() as camunda:
        worker = Worker(camunda, max_jobs=min(max_jobs, stop_after or max_jobs), stop_after=stop_after, name=name)
        worker.task(type_, timeout_s=timeout_s)(handler)
        return await worker.run_async()


def python_handler(name: str) -> Callable[..., object]:
    """The function `module:function`; the current folder counts as a place of modules.

    Raises:
        UsageError: there is no such module or function.
    """
    module_name, colon, function_name = name.partition(":")
    if not colon or not module_name or not function_name:
        raise click.UsageError(f"expected --python MODULE:FUNCTION, but got {name!r}")
    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise click.UsageError(f"expected a module {module_name}, but {error}") from error
    found: object = module
    for part in function_name.split("."):
        found = getattr(found, part, None)
    if not callable(found):
        raise click.UsageError(f"expected a function {function_name} in {module_name}, but there is none")
    return found


def exec_handler(command: str, timeout_s: float) -> Callable[["Job"], Awaitable[dict[str, object] | None]]:
    """A handler that runs a program for each job.

    Args:
        command: split like a shell does, run without one.
        timeout_s: it is killed when it takes longer: the job belongs to somebody else then.

    Raises:
        UsageError: the command is empty, has an open quote, or names no program.
    """
    try:
        arguments = shlex.split(command)
    except ValueError as error:
        raise click.UsageError(f"expected a command, but {command!r} cannot be split: {error}") from error
    if not arguments:
        raise click.UsageError("expected a command after --exec, but it is empty")
    if shutil.which(arguments[0]) is None:
        # Said now: every job would be failed for it, until none has retries left.
        raise click.UsageError(f"expected a program after --exec, but there is no {arguments[0]!r} on the PATH")

    async def handler(job: "Job") -> dict[str, object] | None:
        return await run_program(arguments, job.variables, timeout_s)

    return handler


async def run_program(
    arguments: Sequence[str], variables: dict[str, object], timeout_s: float
) -> dict[str, object] | None:
    """Run a program on variables.

    Raises:
        JobFailure: it cannot be started, takes too long, exits with another code than 0, or prints no JSON object.
    """
    try:
        # A session of its own: it ends with all that it has started, and Ctrl-C lets it finish the job.
        process = await asyncio.create_subprocess_exec(
            *arguments, stdin=PIPE, stdout=PIPE, stderr=PIPE, start_new_session=True
        )
    except OSError as error:
        raise JobFailure(f"expected to run {arguments[0]}, but {error.strerror}") from error
    try:
        async with asyncio.timeout(timeout_s):
            printed, told = await _converse(process, msgspec.json.encode(variables))
    except BaseException as error:
        _kill_all(process)
        # asyncio knows of the end only when the pipes are read empty.
        for stream in (process.stdout, process.stderr):
            while stream is not None and await stream.read(65_536):
                pass
        await process.wait()
        if isinstance(error, TimeoutError):
            words = f"expected {arguments[0]} to end within {timeout_s:g} s, but it did not"
            raise JobFailure(words) from error
        raise
    if process.returncode != 0:
        words = redact(told.decode(errors="replace").strip()[-FAILURE_MESSAGE_CHARS_MAX:])
        raise JobFailure(f"{arguments[0]} ended with exit code {process.returncode}: {words}")
    return _result(arguments[0], printed)


def _kill_all(process: Process) -> None:
    """End the program, and what it has left behind: a child that holds the pipes would hold up the job."""
    with suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        elif process.returncode is None:
            process.kill()


async def _converse(process: Process, document: bytes) -> tuple[bytes, bytes]:
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    printing = asyncio.create_task(_read(process.stdout))
    telling = asyncio.create_task(_read(process.stderr))
    with suppress(BrokenPipeError, ConnectionResetError):  # a program need not read its input
        process.stdin.write(document)
        await process.stdin.drain()
    process.stdin.close()
    try:
        printed, told = await asyncio.gather(printing, telling)
    finally:
        printing.cancel()
        telling.cancel()
        await asyncio.gather(printing, telling, return_exceptions=True)
    await process.wait()
    return printed, told


async def _read(stream: asyncio.StreamReader) -> bytes:
    kept = bytearray()
    while piece := await stream.read(65_536):
        kept += piece
        if len(kept) > EXEC_OUTPUT_BYTES_MAX:
            raise JobFailure(f"expected at most {EXEC_OUTPUT_BYTES_MAX} bytes of output, but the program wrote more")
    return bytes(kept)


def _result(program: str, printed: bytes) -> dict[str, object] | None:
    if not printed.strip():
        return None
    try:
        result: object = msgspec.json.decode(printed)
    except (msgspec.DecodeError, RecursionError) as error:
        raise JobFailure(f"expected {program} to print a JSON object or nothing, but {error}") from error
    if not isinstance(result, dict):
        raise JobFailure(f"expected {program} to print a JSON object, but it printed {type(result).__name__}")
    return cast("dict[str, object]", result)
