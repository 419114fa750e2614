"""What most verbs of `c8 console` begin with: a client of the Administration API, and the cluster that is meant."""

import functools
import re
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Concatenate, Final, ParamSpec, cast

import click

from c8py.cli.options import Connection, json_option, with_connection

if TYPE_CHECKING:
    from c8py.console import Cluster, Console

P = ParamSpec("P")

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
cluster_option = click.option("--cluster", metavar="ID|NAME", help="Which cluster, where the organization has several.")
yes_option = click.option("--yes", is_flag=True, help="Do not ask.")


def of_organization(function: "Callable[Concatenate[Console, P], None]") -> Callable[P, None]:
    """Give a command `--json` and the options of a connection; it gets a client first."""

    @json_option
    @with_connection
    @functools.wraps(function)
    def command(connection: Connection, *args: P.args, **kwargs: P.kwargs) -> None:
        with connection.console() as console:
            function(console, *args, **kwargs)

    return command


def of_cluster(function: "Callable[Concatenate[Console, str, P], None]") -> Callable[P, None]:
    """The same for a command about a cluster: `--cluster` too, and it gets the cluster's id next."""

    @cluster_option
    @of_organization
    @functools.wraps(function)
    def command(console: "Console", *args: P.args, **kwargs: P.kwargs) -> None:
        cluster = cast("str | None", kwargs.pop("cluster"))
        function(console, cluster_id(console, cluster), *args, **kwargs)

    return command


def cluster_id(console: "Console", wanted: str | None) -> str:
    """The id of the cluster that is meant; one that is written out is not looked up, which not every client may."""
    named = wanted or console.settings.cluster_id
    if named is not None and _UUID.fullmatch(named):
        return named
    return chosen_cluster(console, wanted).uuid


def chosen_cluster(console: "Console", wanted: str | None) -> "Cluster":
    """The cluster that is meant: by id or name, by the settings, or the only one.

    Raises:
        UsageError: there is none of this name, or several and nothing says which.
    """
    found = console.clusters()
    name = wanted or console.settings.cluster_id
    if name is not None:
        named = [one for one in found if name in {one.uuid, one.name}]
        if len(named) == 1:
            return named[0]
    elif len(found) == 1:
        return found[0]
    there = ", ".join(f"{one.name} ({one.uuid})" for one in found) or "none"
    meant = f"cluster {name}" if name else "one cluster"
    raise click.UsageError(f"expected {meant} in the organization, but it has {there}; say which with --cluster")


def sure(question: str, *, yes: bool) -> None:
    """Ask before something that nobody can undo.

    Raises:
        Abort: the answer is no.
        UsageError: there is nobody to ask.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError(f"expected --yes where nobody can be asked: {question}")
    click.confirm(question, abort=True, err=True)
