"""What commands print: a table on a terminal, tab-separated lines into a pipe, one JSON document with `--json`.

Values come from a server: control characters are taken out before a terminal sees them.
"""

import re
import sys
from collections.abc import Sequence
from typing import Final

import click
import msgspec

from c8py.cli.session import session
from c8py.models._wire import builtins

Cell = object

# Seconds are enough for a person; the date and the time of day are two words, so that a narrow column breaks there.
_MOMENT: Final = re.compile(r"^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z$")
# Columns that may be cut; the others hold what a person copies.
_TEXTS: Final = frozenset(("MESSAGE", "VALUE", "LOOKED FOR", "SCOPES"))
_WHOLE_MAX: Final = 40
_DATE_CHARS: Final = 10
_BETWEEN_CHARS: Final = 3


def on_terminal() -> bool:
    """Whether a person reads our output."""
    return sys.stdout.isatty()


def print_json(document: object, *, one_line: bool = False) -> None:
    """One JSON document: indented for a person, one line for a program or where it is wanted. Secrets are masked.

    What a newer cluster says more than we know is in it.
    """
    encoded = msgspec.json.encode(builtins(document, enc_hook=str))
    click.echo(msgspec.json.format(encoded, indent=2 if on_terminal() and not one_line else -1))


def print_rows(columns: Sequence[str], rows: Sequence[Sequence[Cell]], *, nothing: str) -> None:
    """Things of one kind.

    Args:
        columns: the headings; only a person sees them.
        rows: one thing each.
        nothing: what to tell a person when there are no rows.
    """
    texts = [[_text(cell) for cell in row] for row in rows]
    if not on_terminal():
        for row in texts:
            click.echo("\t".join(row))
        return
    if not texts:
        click.echo(nothing)
        return
    _draw(columns, texts)


def print_facts(facts: Sequence[tuple[str, Cell]]) -> None:
    """One thing, a line for each of its facts."""
    if not on_terminal():
        for name, value in facts:
            click.echo(f"{name}\t{_text(value)}")
        return
    width = max((len(name) for name, _ in facts), default=0)
    for name, value in facts:
        click.echo(f"{styled(name.ljust(width), dim=True)}  {_text(value)}")


def done(what: str, keys: dict[str, object], *, as_json: bool) -> None:
    """Tell that a command was taken, for commands that are answered with nothing."""
    if as_json:
        print_json({"result": what, **keys})
    else:
        print_facts([(what, " ".join(str(key) for key in keys.values()))])


def print_with_notes(things: Sequence[tuple[str, Cell, Sequence[Cell]]]) -> None:
    """Facts that each have something to be said about them: it stands below the fact, where a terminal has room.

    Args:
        things: name, value, and what is to be said.
    """
    if not on_terminal():
        for name, value, notes in things:
            click.echo("\t".join((name, *map(_text, (value, *notes)))))
        return
    for name, value, notes in things:
        click.echo(f"{styled(name, bold=True)}  {_text(value)}".rstrip())
        for note in notes:
            click.echo(styled(f"    {_text(note)}", dim=True))


def separate() -> None:
    """An empty line between two things, for a person."""
    if on_terminal():
        click.echo()


def say(text: str) -> None:
    """A remark for a person; not part of what a program reads."""
    click.echo(text, err=True)


def styled(text: str, *, fg: str | None = None, bold: bool = False, dim: bool = False) -> str:
    """The text in colour, where a terminal shows it and nobody minds."""
    if not session().colour or not on_terminal():
        return text
    return click.style(text, fg=fg, bold=bold or None, dim=dim or None)


def printable(text: str) -> str:
    """Without characters that would move a terminal's cursor or change its state."""
    return "".join(character if character.isprintable() else " " for character in text)


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, (dict, list, tuple)):
        return printable(msgspec.json.encode(cell).decode())
    return printable(str(cell))


def _draw(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich import box  # noqa: PLC0415  200 ms that only a table on a terminal is worth
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1), header_style="bold")
    shown = [place for place in range(len(columns)) if any(row[place] for row in rows)]
    wanted = 0
    for place in shown:
        cells = [row[place] for row in rows]
        heading = columns[place]
        if heading in _TEXTS:
            width = len(heading)
            table.add_column(heading, overflow="ellipsis", no_wrap=True, min_width=width)
        elif any(_MOMENT.match(cell) for cell in cells):
            width = max(_DATE_CHARS, len(heading))
            table.add_column(heading, min_width=width)
        else:
            # What is cut in two cannot be copied.
            width = max(len(heading), min(_WHOLE_MAX, max(map(len, cells))))
            table.add_column(heading, no_wrap=True, min_width=width)
        wanted += width
    for row in rows:
        table.add_row(*(Text(_MOMENT.sub(r"\1 \2", row[place])) for place in shown))
    terminal = Console(no_color=not session().colour, highlight=False)
    # Where there is no room for all of it the terminal breaks lines; a key that is cut off is of no use.
    terminal.width = max(terminal.width, wanted + _BETWEEN_CHARS * (len(shown) - 1))
    terminal.print(table)
