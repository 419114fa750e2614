"""`c8 worker status`: asks a running worker how it is, and why no jobs come."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import click
import msgspec

from c8py.cli.failures import NO_CONNECTION, Exit
from c8py.cli.output import print_json, printable, say

if TYPE_CHECKING:
    from c8py.worker.ledger import WorkerState

PORT: Final = 9600
_TIMEOUT_S: Final = 5.0


@click.group("worker")
def worker_() -> None:
    """Look after running workers."""


@worker_.command("status")
@click.option("--port", type=click.IntRange(1, 65535), default=PORT, show_default=True, help="Its --health-port.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Its host.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(*, port: int, host: str, as_json: bool) -> None:
    """How a worker is that was started with --health-port: per job type, what runs, what went wrong, why it waits."""
    import http.client  # noqa: PLC0415
    import urllib.error  # noqa: PLC0415
    import urllib.request  # noqa: PLC0415

    from c8py.worker.ledger import WorkerState  # noqa: PLC0415

    url = f"http://{host}:{port}/status"
    try:
        # What stands in HTTP_PROXY is for the way out, not for the worker next door.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(url, timeout=_TIMEOUT_S) as answer:
            state = msgspec.json.decode(answer.read(), type=WorkerState)
    except OSError as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        say(f"c8: expected a worker at {url}, but {_words(reason)}; start it with `c8 work … --health-port {port}`")
        raise Exit(NO_CONNECTION) from error
    except (http.client.HTTPException, msgspec.MsgspecError) as error:
        raise click.ClickException(f"expected the state of a worker at {url}, but somebody else answers") from error
    if as_json:
        print_json(state)
        return
    for line in lines(state):
        click.echo(printable(line))


def _words(reason: object) -> str:
    return reason.strerror if isinstance(reason, OSError) and reason.strerror else str(reason)


def lines(state: "WorkerState") -> list[str]:
    """What a person is told."""
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
