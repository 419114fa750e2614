"""`c8 config explain`: each setting, where it comes from, what else was said about it, and what is wrong."""

from typing import TYPE_CHECKING, Final

import click

from c8py.cli.failures import USAGE, Exit
from c8py.cli.groups import WholeLinesGroup
from c8py.cli.options import Connection, json_option, with_connection
from c8py.cli.output import on_terminal, print_json, print_with_notes, separate, styled

if TYPE_CHECKING:
    from c8py.config import Row, Survey

_NOT_SET: Final = ("not set", "default")


@click.group("config", cls=WholeLinesGroup)
def config_() -> None:
    """The settings of the SDK and of this command."""


@config_.command("explain")
@click.option("--all", "everything", is_flag=True, help="Those that are not set, too, with the names looked for.")
@json_option
@with_connection
def explain(connection: Connection, *, everything: bool, as_json: bool) -> None:
    """Show each setting, its value (secrets masked), where it comes from, and what else was said about it.

    Ends with 2 where these settings cannot be used, and says why.
    """
    found = connection.survey()
    if as_json:
        print_json(found)
    else:
        _show(found, everything=everything)
    if found.problems:
        raise Exit(USAGE)


def _show(found: "Survey", *, everything: bool) -> None:
    shown = [row for row in found.rows if everything or row.source not in _NOT_SET]
    if not shown and on_terminal():
        click.echo("nothing is set: all are defaults")
    print_with_notes([(row.name, row.value, _notes(row, everything=everything)) for row in shown])
    for heading, lines in _remarks(found):
        if not lines:
            continue
        separate()
        if on_terminal():
            click.echo(styled(heading, bold=True))
        for line in lines:
            click.echo(f"  {line}" if on_terminal() else f"{heading}\t{line}")


def _notes(row: "Row", *, everything: bool) -> tuple[str, ...]:
    return (row.source, " ".join(row.names)) if everything else (row.source,)


def _remarks(found: "Survey") -> list[tuple[str, list[str]]]:
    return [
        (
            "does not hold",
            [f"{row.name}: {one.value} ({one.source})" for row in found.rows for one in row.overridden if not one.same],
        ),
        ("without effect", [f"{one.source}: {one.why}" for one in found.ignored]),
        ("worth knowing", list(found.remarks)),
        ("wrong", [f"{one.message}; {one.hint}" if one.hint else one.message for one in found.problems]),
    ]
