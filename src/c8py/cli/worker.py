"""`c8 worker status`: asks a running worker how it is, and why no jobs come."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import click
import msgspec

from c8py.cli.groups import WholeLinesGroup
from c8py.cli.output import print_json, printable
from c8py.errors import ConnectionFailed

if TYPE_CHECKING:
    from c8py.cli.fleet.state import FleetState
    from c8py.worker.ledger import WorkerState

PORT: Final = 9600
_TIMEOUT_S: Final = 5.0


@click.group("worker", cls=WholeLinesGroup)
def worker_() -> None:
    """Look after running workers."""


@worker_.command("status")
@click.option("--port", type=click.IntRange(1, 65535), default=PORT, show_default=True, help="Its --health-port.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Its host.")
@click.option("--watch", "watches", is_flag=True, help="Show it in the terminal until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(*, port: int, host: str, watches: bool, as_json: bool) -> None:
    """How a worker is that was started with --health-port: per job type, what runs, what went wrong, why it waits.

    Of one with --processes, each of them.
    """
    if watches:
        _watch(host, port)
        return
    state = asked(host, port)
    if as_json:
        print_json(state)
        return
    for line in lines(state):
        click.echo(printable(line))


def _words(reason: object) -> str:
    return reason.strerror if isinstance(reason, OSError) and reason.strerror else str(reason)


def asked(host: str, port: int) -> "WorkerState | FleetState":
    """What a running worker, or the processes of one, answer.

    Raises:
        ConnectionFailed: nobody does.
        ClickException: somebody else does.
    """
    import http.client  # noqa: PLC0415
    import urllib.error  # noqa: PLC0415
    import urllib.request  # noqa: PLC0415

    from c8py.cli.fleet.state import FleetState  # noqa: PLC0415
    from c8py.worker.ledger import WorkerState  # noqa: PLC0415

    url = f"http://{f'[{host}]' if ':' in host else host}:{port}/status"
    try:
        # What stands in HTTP_PROXY is for the way out, not for the worker next door.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(url, timeout=_TIMEOUT_S) as answer:
            body = answer.read()
        kind = FleetState if "processes" in msgspec.json.decode(body, type=dict[str, msgspec.Raw]) else WorkerState
        return msgspec.json.decode(body, type=kind)
    except OSError as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        raise ConnectionFailed(
            f"expected a worker at {url}, but {_words(reason)}",
            hint=f"start it with `c8 work … --health-port {port}`",
        ) from error
    except (http.client.HTTPException, msgspec.MsgspecError) as error:
        raise click.ClickException(f"expected the state of a worker at {url}, but somebody else answers") from error


def _watch(host: str, port: int) -> None:
    from c8py.cli.fleet.state import FleetState, alone  # noqa: PLC0415
    from c8py.cli.live import LiveView, must_be_terminal  # noqa: PLC0415

    must_be_terminal()

    async def ask() -> FleetState:
        state = await asyncio.to_thread(asked, host, port)
        return state if isinstance(state, FleetState) else alone(state)

    view = LiveView(ask)
    try:
        asyncio.run(view.show())
    finally:
        view.close()


def lines(state: "WorkerState | FleetState") -> list[str]:
    """What a person is told."""
    from c8py.worker.ledger import WorkerState  # noqa: PLC0415

    return _of_worker(state) if isinstance(state, WorkerState) else list(_of_processes(state))


def _of_processes(fleet: "FleetState") -> Iterator[str]:
    ready = "ready" if fleet.ready else "NOT ready"
    yield f"{len(fleet.processes)} processes: {fleet.phase}, {ready}"
    for one in fleet.processes:
        again = f", started {one.starts} times" if one.starts > 1 else ""
        if one.state is not None:
            first, *others = _of_worker(one.state)
            yield f"{one.process}. process {one.pid}{again}: {first}"
            yield from others
        elif one.pid is None:
            yield f"{one.process}. not there{again}: another one is about to start"
        else:
            yield f"{one.process}. process {one.pid}{again}: does not answer; its event loop does not turn"


def _of_worker(state: "WorkerState") -> list[str]:
    ready = "ready" if state.ready else "NOT ready"
    found = [f"{state.name}: {state.phase}, {ready}, {state.taken} of {state.capacity} slots taken"]
    for one in state.types:
        found.append(
            f"  {one.type}: {one.running} running, {one.completed} completed, {one.failed} failed, "
            f"{one.thrown} thrown, {one.retried} reports retried, {one.gone + one.unreported} lost"
        )
        if one.idle:
            found.append(f"    no jobs: {one.idle}")
        if one.last_error and one.last_error_at_ms is not None:
            at = datetime.fromtimestamp(one.last_error_at_ms / 1000, UTC).strftime("%H:%M:%S UTC")
            found.append(f"    last error, {at}: {one.last_error}")
    return found
