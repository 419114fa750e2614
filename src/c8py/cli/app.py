"""The root of `c8`: its verbs, its global options, and the one place where errors become lines and exit codes."""

import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from c8py.base.redact import redact
from c8py.cli.failures import EXIT_CODES, exit_code, one_line
from c8py.cli.groups import VerbGroup
from c8py.cli.session import Session

VERBS: Final[dict[str, tuple[str, str]]] = {
    "quickstart": ("quickstart", "From zero to a completed process, on this machine or on a cluster"),
    "up": ("up", "Start the local platform: OAuth, Console, gateway, engine"),
    "console": ("console", "Clusters, API clients, secrets, members and more, over the Administration API"),
    "cluster": ("cluster", "Clusters of real Zeebe brokers that the platform runs"),
    "backup": ("cluster", "Copy the data of the local platform while it runs"),
    "token": ("credentials", "Fetch an access token"),
    "auth": ("auth", "What is remembered of tokens on this host; the token proxy"),
    "config": ("explain", "Where each setting comes from"),
    "profile": ("profile", "Named sets of settings: add, import, use, list, remove"),
    "topology": ("processes", "Brokers and partitions of the cluster"),
    "deploy": ("processes", "Deploy BPMN files and other resources"),
    "run": ("processes", "Deploy a BPMN file and start its process"),
    "create": ("processes", "Start a process instance"),
    "cancel": ("processes", "Cancel a process instance"),
    "list": ("search", "Process instances, jobs, incidents, variables"),
    "get": ("search", "One process instance"),
    "activate": ("jobs", "Take jobs by hand"),
    "complete": ("jobs", "Complete a job by hand"),
    "fail": ("jobs", "Fail a job by hand"),
    "resolve": ("repair", "Resolve an incident"),
    "set": ("repair", "Set variables of a process instance or element"),
    "work": ("work", "Work on jobs with a program or a Python function"),
    "worker": ("worker", "How a running worker is, and why no jobs come"),
    "api": ("api", "Call a REST API by method and path"),
    "grpc": ("grpc", "Call the gateway by the name of an rpc"),
}


def _version(context: click.Context, _parameter: click.Parameter, asked: bool) -> None:  # noqa: FBT001
    if asked and not context.resilient_parsing:
        from importlib.metadata import version  # noqa: PLC0415  30 ms that only this option needs

        click.echo(f"c8 {version('c8py')}")
        context.exit()


@click.group(
    cls=VerbGroup,
    verbs=VERBS,
    name="c8",
    epilog=EXIT_CODES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
)
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version.")
@click.option("--debug", is_flag=True, help="Show the traceback of a fault.")
@click.option("--no-colour", "no_colour", envvar="NO_COLOR", default="", hidden=True)
@click.option("--program", envvar="C8_PROGRAM", default="c8", hidden=True)
@click.option("--grpc-verbosity", envvar="GRPC_VERBOSITY", default="NONE", hidden=True)
@click.pass_obj
def root(session: Session, *, debug: bool, no_colour: str, program: str, grpc_verbosity: str) -> None:
    """Camunda 8 from the command line: run it here, talk to it, work for it.

    Connection settings come from options, the environment (CAMUNDA_…, ZEEBE_…), credentials files and profiles.
    """
    # gRPC's C core writes to stderr what we say ourselves, in words of its own. It reads the process's environment.
    os.putenv("GRPC_VERBOSITY", grpc_verbosity)
    session.debug = debug
    session.colour = not no_colour
    session.program = program


def _open_what_is_closed() -> None:
    """Give a process without standard streams some: nobody reads us then, and that is no fault."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode))  # noqa: SIM115  for as long as the process lives


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code.

    Args:
        arguments: without the name of the program; None takes those of the process.
    """
    session = Session()
    _open_what_is_closed()
    try:
        root.main(arguments if arguments is None else list(arguments), "c8", standalone_mode=False, obj=session)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has seen enough; Python must not complain about it while it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  the outermost rim: nothing may pass as a traceback
        if session.debug:
            click.echo(redact("".join(traceback.format_exception(error))), err=True, nl=False)
        if isinstance(error, click.exceptions.NoArgsIsHelpError):
            click.echo(error.format_message(), err=True)
            return exit_code(error)
        line = one_line(error)
        if line:
            click.echo(line, err=True)
        return exit_code(error)
    return 0
