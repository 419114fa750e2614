"""Job handlers that are programs: variables on standard input, result on standard output."""

import asyncio
import os
import shlex
import shutil
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, cast

import click
import msgspec

from c8py.base.limits import EXEC_OUTPUT_BYTES_MAX, FAILURE_MESSAGE_CHARS_MAX
from c8py.base.redact import redact
from c8py.errors import JobFailure

if TYPE_CHECKING:
    from c8py.worker import Job


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
