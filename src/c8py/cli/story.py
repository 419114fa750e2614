"""Tells a person, or a program, what happens step by step: title, command, result, time. Knows no step itself."""

import contextlib
import os
import shutil
import sys
import textwrap
from collections.abc import Generator, Sequence
from typing import Final

import click
import msgspec

from c8py.base.clock import Clock
from c8py.base.redact import redact
from c8py.cli.output import print_json, printable, styled

_INDENT: Final = 4
_WIDTH_MAX: Final = 120
_NO_BREAK: Final = "\u00a0"


class Step(msgspec.Struct):
    """One step as it is told.

    Attributes:
        number: from 1.
        title: what happens.
        commands: what a person would type.
        result: what came back, in a sentence.
        details: names and values of it.
        seconds: how long it took.
    """

    number: int
    title: str
    commands: Sequence[str]
    result: str = ""
    details: dict[str, object] = {}
    seconds: float = 0.0


class Story:
    """Steps in the order in which they happen.

    Args:
        clock: tells how long they take.
        as_json: tell nothing until the end, then everything as one document.
    """

    def __init__(self, clock: Clock, *, as_json: bool) -> None:
        self._clock = clock
        self._as_json = as_json
        self._steps: list[Step] = []

    def say(self, text: str = "") -> None:
        """A line between the steps."""
        if not self._as_json:
            click.echo(text)

    @contextlib.contextmanager
    def step(self, title: str, *commands: str) -> Generator[Step]:
        """Tell that a step begins, and when the block ends, how it went; `result` is to be set in the block.

        Args:
            title: what happens.
            commands: what a person would type for it.
        """
        step = Step(len(self._steps) + 1, title, commands)
        self._steps.append(step)
        self._begin(step)
        begun_s = self._clock.monotonic_s()
        try:
            yield step
        except BaseException:
            step.seconds = self._clock.monotonic_s() - begun_s
            self._end(step, ok=False)
            raise
        step.seconds = self._clock.monotonic_s() - begun_s
        self._end(step, ok=True)

    def document(self, **more: object) -> None:
        """The whole story for a program."""
        if self._as_json:
            print_json({**more, "steps": self._steps})

    def _begin(self, step: Step) -> None:
        if self._as_json:
            return
        click.echo(f"{styled(f'{step.number:2}', dim=True)}  {styled(step.title, bold=True)}")
        for command in step.commands:
            first, *others = command.splitlines()
            click.echo(f"    {styled('$', dim=True)} {styled(first, fg='cyan')}")
            for line in others:
                click.echo(f"      {styled(line, fg='cyan')}")
        sys.stdout.flush()

    def _end(self, step: Step, *, ok: bool) -> None:
        if self._as_json:
            return
        mark = styled(_sign("✓", "ok") if ok else _sign("✗", "failed"), fg="green" if ok else "red", bold=True)
        time = f"({_duration(step.seconds)})"
        text = f"{printable(redact(step.result))} {time.replace(' ', _NO_BREAK)}".lstrip()
        lines = textwrap.wrap(text, _width() - _INDENT - 2, break_long_words=False, break_on_hyphens=False)
        lines[-1] = lines[-1].replace(_NO_BREAK, " ").removesuffix(time) + styled(time, dim=True)
        click.echo(f"    {mark} {lines[0]}")
        for line in lines[1:]:
            click.echo(f"      {line}")
        click.echo()


def _duration(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{max(1, round(seconds * 1000))} ms"


def _width() -> int:
    return min(_WIDTH_MAX, shutil.get_terminal_size((80, 24)).columns)


def _sign(sign: str, plain: str) -> str:
    """The sign where the output's encoding has it: a log of ASCII must not end the story."""
    try:
        sign.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return plain
    return sign


def shown_path(path: str | os.PathLike[str]) -> str:
    """A path as a person standing here would write it."""
    relative = os.path.relpath(path)
    return relative if not relative.startswith(os.pardir) else os.fspath(path)
