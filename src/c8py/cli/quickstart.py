"""`c8 quickstart`: the whole way of a process once, for real, each step with the command a person would type.

Chooses where to go (a platform of its own, or somebody's cluster) and cleans up; the steps are `quickstart_steps`.
"""

import contextlib
import secrets
import signal
import tempfile
from collections.abc import Generator
from pathlib import Path
from types import FrameType
from typing import Final, cast

import click

from c8py.base.clock import SystemClock
from c8py.cli import child
from c8py.cli.credentials_text import write_private
from c8py.cli.failures import one_line
from c8py.cli.options import FOLDER, Connection, json_option, with_connection
from c8py.cli.output import styled
from c8py.cli.quickstart_steps import Finished, make_client, remove_client, run_process, topologies
from c8py.cli.session import session
from c8py.cli.story import Story, shown_path

_FILE: Final = "quickstart.txt"
_STARTING: Final = "Start the local platform: OAuth, Console, gateway, engine"
_CONSOLE_FILE: Final = "the organization's credentials"


@click.command("quickstart")
@click.option("--data-dir", type=FOLDER, help="Keep the local platform's data there; else nothing is kept.")
@click.option("--no-platform", is_flag=True, help="Use the cluster that the environment names instead of a local one.")
@json_option
@with_connection
def quickstart_(connection: Connection, *, data_dir: Path | None, no_platform: bool, as_json: bool) -> None:
    """From zero to a completed process.

    Starts the local platform on free ports, makes an API client in its Console, fetches a token, asks for the topology
    over gRPC and REST, deploys a process, starts it, works on its job and sees it completed.

    With --credentials FILE, --grpc-address or --no-platform it goes the same way on a cluster that is there already.
    """
    there = no_platform or connection != Connection()
    if there and data_dir is not None:
        raise click.UsageError("expected --data-dir for a local platform, or a cluster that is there, but got both")
    story = Story(SystemClock(), as_json=as_json)
    with _told_to_stop():
        try:
            finished = _there(story, connection) if there else _here(story, data_dir)
        except Exception as error:
            story.document(ok=False, error=one_line(error).removeprefix("c8: "))
            raise
    story.document(ok=True, process_instance_key=finished.instance_key, state=finished.state)


def _here(story: Story, data_dir: Path | None) -> Finished:
    from c8py.config import load  # noqa: PLC0415  see Connection

    program = session().program
    story.say(styled("From zero to a completed process, on this machine", bold=True) + "\n")
    with contextlib.ExitStack() as stack:
        folder = data_dir or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="c8-quickstart-")))
        with story.step(_STARTING, f"{program} up") as step:
            platform = stack.enter_context(child.platform(folder))
            step.result = f"ready: gRPC {platform.grpc_address}, REST {platform.rest_address}, {platform.console_url}"
        # Nothing of the environment counts here: it may well point at a cluster that is nobody's playground.
        # And nothing is left behind, tokens of a client that is gone least of all.
        alone = {"token_disk_cache": False}
        console = load(alone, environ={}, credentials_file=platform.console_credentials_file)
        name = f"quickstart-{secrets.token_hex(3)}"
        file = folder / f"{name}.txt"
        commands = (
            f"export C8_CREDENTIALS={_name(platform.console_credentials_file)}",
            f"{program} console clients create {name} \\\n  --scope Zeebe --out {_FILE}",
        )
        _, text = make_client(story, console, platform.cluster_id, name, commands=commands)
        write_private(file, text)
        settings = load(alone, environ={}, credentials_file=file)
        topologies(story, settings, program, _FILE)
        finished = run_process(story, settings, program)
        _what_next(story, program, folder if data_dir else None)
        return finished


def _there(story: Story, connection: Connection) -> Finished:
    program = session().program
    settings = connection.settings()
    address = settings.grpc_address or settings.rest_address
    story.say(styled(f"From zero to a completed process, on {address}", bold=True) + "\n")
    file = shown_path(connection.credentials) if connection.credentials else None
    with contextlib.ExitStack() as stack:
        if settings.console_client_id is not None and settings.cluster_id is not None:
            name = f"quickstart-{secrets.token_hex(3)}"
            command = f"{program} console clients create {name} \\\n  --scope Zeebe --out {_FILE}"
            made, text = make_client(story, settings, settings.cluster_id, name, commands=(command,))
            stack.callback(remove_client, settings, settings.cluster_id, made)
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="c8-quickstart-")))
            write_private(folder / _FILE, text)
            settings = Connection(credentials=folder / _FILE).settings()
        topologies(story, settings, program, file)
        finished = run_process(story, settings, program)
    story.say(f"Done. With your own model: {program} run FILE.bpmn")
    return finished


def _what_next(story: Story, program: str, data_dir: Path | None) -> None:
    from c8py.server.settings import HTTP_PORT_DEFAULT  # noqa: PLC0415  only where the platform is installed

    keep = f"{program} up" if data_dir is None else f"{program} up --data-dir {shown_path(data_dir)}"
    lines = (
        (keep, "a platform that stays"),
        ("", f"Console: localhost:{HTTP_PORT_DEFAULT}/console"),
        (f"{program} run FILE.bpmn", "your own model"),
        (f"{program} work TYPE --exec CMD", "your own worker in any language"),
        (f"{program} quickstart --credentials FILE", "the same on a real cluster"),
    )
    width = max(len(command) for command, _ in lines)
    story.say(styled("What next", bold=True))
    for command, meaning in lines:
        story.say(f"    {styled(command.ljust(width), fg='cyan')}  {meaning}")


def _name(path: str) -> str:
    return Path(path).name


@contextlib.contextmanager
def _told_to_stop() -> Generator[None]:
    """SIGTERM and a closed terminal end the quickstart as Ctrl-C does: with everything cleaned up."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    numbers = [cast("signal.Signals", getattr(signal, name)) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.signal(number, interrupt) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
