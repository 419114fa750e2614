"""The live view of workers in a terminal: how each job type stands, redrawn every second, below what is logged.

`drawn` and `Pace` are pure; `LiveView` owns the terminal while it is shown. Used by `c8 work --watch` for the worker or
the processes that it runs, and by `c8 worker status --watch` for one elsewhere.
"""

import asyncio
import contextlib
import logging
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final

import click

from c8py.base.clock import Clock, SystemClock
from c8py.cli.fleet.state import FleetState, ProcessState, alone
from c8py.cli.output import printable
from c8py.cli.session import session
from c8py.worker.events import Event, PhaseChanged
from c8py.worker.ledger import TypeState

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.live import Live
    from rich.table import Table

    from c8py.worker import Worker

_log: Final = logging.getLogger("c8py.worker")
EVERY_S: Final = 1.0
_WINDOW_S: Final = 5.0
_NAME_CHARS_MIN: Final = 12
_GAP: Final = 2  # between two columns
_SILENT: Final = "does not answer"
_ABSENT: Final = "about to start"

Done = dict[tuple[int, str], int]


class Pace:
    """How many jobs a second are done, over the last seconds; a process that is replaced counts from 0 again."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, Done]] = deque()
        self._rates: dict[tuple[int, str], float] = {}

    def see(self, now_s: float, state: FleetState) -> None:
        """One more look.

        Args:
            now_s: when, on a scale that only grows.
            state: as it was then.
        """
        done = {
            (one.process, type_.type): type_.completed + type_.failed + type_.thrown
            for one in state.processes
            for type_ in (one.state.types if one.state else ())
        }
        self._seen.append((now_s, done))
        while now_s - self._seen[0][0] > _WINDOW_S and now_s - self._seen[1][0] >= _WINDOW_S:
            self._seen.popleft()
        then_s, then = self._seen[0]
        past_s = max(now_s - then_s, 1e-9)
        self._rates = {key: max(0, count - then.get(key, count)) / past_s for key, count in done.items()}

    def of_type(self, type_: str) -> float:
        """Of this job type, in all processes."""
        return sum(rate for (_, of), rate in self._rates.items() if of == type_)

    def of_process(self, process: int) -> float:
        """Of this process, all types together."""
        return sum(rate for (of, _), rate in self._rates.items() if of == process)


def drawn(state: FleetState, pace: Pace, *, width: int) -> "RenderableType":
    """The view of one moment, for a terminal of so many characters a line."""
    from rich.console import Group  # noqa: PLC0415  200 ms that only a person who watches waits for
    from rich.text import Text  # noqa: PLC0415

    types = list(_types(state))
    headline = Text(_headline(state, sum(pace.of_type(one) for one, _ in types)), style="bold")
    parts: list[RenderableType] = [Text(), headline, _of_types(types, pace, width)]
    for type_, of_type in types:
        if word := _last_word(of_type):
            parts.append(Text(f"{printable(type_)}: {word}", style="dim", no_wrap=True, overflow="ellipsis"))
    if len(state.processes) > 1:
        parts += [Text(), _of_processes(state.processes, pace, width)]
    return Group(*parts)


def _headline(state: FleetState, rate: float) -> str:
    states = [one.state for one in state.processes if one.state]
    names = ", ".join(sorted({one.name for one in states})) or "no worker"
    ready = "ready" if state.ready else "NOT ready"
    taken, capacity = sum(one.taken for one in states), sum(one.capacity for one in states)
    phase = states[0].phase if len(state.processes) == 1 and states else state.phase
    return f"{printable(names)}: {phase}, {ready} · {taken} of {capacity} slots taken · {rate:,.1f} jobs/s"


def _types(state: FleetState) -> Iterator[tuple[str, list[TypeState]]]:
    found: dict[str, list[TypeState]] = {}
    for process in state.processes:
        for one in process.state.types if process.state else ():
            found.setdefault(one.type, []).append(one)
    yield from found.items()


def _of_types(types: Iterable[tuple[str, list[TypeState]]], pace: Pace, width: int) -> "Table":
    rows = [
        (
            printable(type_),
            f"{sum(one.running for one in parts)}/{sum(one.capacity for one in parts)}",
            f"{pace.of_type(type_):,.1f}",
            *(f"{sum(getattr(one, name) for one in parts):,}" for name in ("completed", "failed", "thrown")),
            f"{sum(one.gone + one.unreported + one.abandoned for one in parts):,}",
        )
        for type_, parts in types
    ]
    return _table(("TYPE", "RUNNING", "JOBS/S", "COMPLETED", "FAILED", "THROWN", "LOST"), rows, width)


def _last_word(parts: list[TypeState]) -> str:
    """Why no jobs come where none run anywhere, and what went wrong last."""
    waits = all(one.idle and not one.open for one in parts)
    wrong = max((one for one in parts if one.last_error), key=lambda one: one.last_error_at_ms or 0, default=None)
    words = [parts[0].idle if waits else "", f"last error: {wrong.last_error}" if wrong else ""]
    return printable("; ".join(word for word in words if word))


def _of_processes(processes: Iterable[ProcessState], pace: Pace, width: int) -> "Table":
    rows = [_of_process(one, pace) for one in processes]
    return _table(("PROCESS", "PID", "STARTS", "SLOTS", "JOBS/S", "COMPLETED"), rows, width)


def _of_process(one: ProcessState, pace: Pace) -> tuple[str, ...]:
    state = one.state
    if state is None:
        return (f"{one.process} {_SILENT if one.pid else _ABSENT}", str(one.pid or ""), str(one.starts), "", "", "")
    return (
        f"{one.process} {'ready' if state.ready else 'NOT ready'}",
        str(one.pid),
        str(one.starts),
        f"{state.taken}/{state.capacity}",
        f"{pace.of_process(one.process):,.1f}",
        f"{sum(type_.completed for type_ in state.types):,}",
    )


def _table(columns: tuple[str, ...], rows: list[tuple[str, ...]], width: int) -> "Table":
    """Numbers stand whole, for one that is cut is another one; names have what is left."""
    from rich import box  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    whole = [max(len(row[place]) for row in (columns, *rows)) for place in range(1, len(columns))]
    left = max(width - sum(whole) - _GAP * len(whole) - 1, _NAME_CHARS_MIN)
    table.add_column(columns[0], no_wrap=True, overflow="ellipsis", max_width=left)
    for name, size in zip(columns[1:], whole, strict=True):
        table.add_column(name, no_wrap=True, justify="right", min_width=size)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table


class LiveView:
    """Shows workers while they work.

    Args:
        ask: how they are.
        console: where to; None is standard error.
        clock: tells what a second is.
        every_s: seconds between two looks.
    """

    def __init__(
        self,
        ask: Callable[[], Awaitable[FleetState]],
        *,
        console: "Console | None" = None,
        clock: Clock | None = None,
        every_s: float = EVERY_S,
    ) -> None:
        self._ask = ask
        self._console = console
        self._clock = clock or SystemClock()
        self._every_s = every_s
        self._pace = Pace()
        self._live: Live | None = None
        self._showing: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to show them."""
        self.begin()

    def begin(self) -> None:
        """The same from a function on the running loop."""
        self._showing = asyncio.create_task(self.show(), name="live view")
        self._showing.add_done_callback(_said)

    def close(self, last: FleetState | None = None) -> None:
        """Leave the last picture where it is.

        Args:
            last: how they are at the end; None leaves what was shown.
        """
        if self._showing is not None:
            self._showing.cancel()
        if self._live is not None:
            if last is not None:
                self._live.update(drawn(last, self._pace, width=self._live.console.width))
            self._live.stop()
            self._live = None

    async def show(self) -> None:
        """Show them until cancelled, or until they cannot be asked."""
        from rich.console import Console  # noqa: PLC0415
        from rich.live import Live  # noqa: PLC0415

        console = self._console or Console(stderr=True, no_color=not session().colour, highlight=False)
        # What is written meanwhile comes above the view, unless it goes to a file.
        live = Live(console=console, auto_refresh=False, redirect_stdout=sys.stdout.isatty())
        self._live = live
        live.start()
        with contextlib.suppress(asyncio.CancelledError):
            while True:
                state = await self._ask()
                self._pace.see(self._clock.monotonic_s(), state)
                # On the loop: two threads would draw into each other.
                live.update(drawn(state, self._pace, width=console.width), refresh=True)
                await asyncio.sleep(self._every_s)


def _said(showing: asyncio.Task[None]) -> None:
    if not showing.cancelled() and (error := showing.exception()) is not None:
        _log.error("the live view ended; the worker goes on: %s", error, exc_info=error)


def watch(worker: "Worker") -> None:
    """Have a worker shown from its first poll to its end."""

    async def ask() -> FleetState:
        return alone(worker.state)

    view = LiveView(ask)

    def heard(event: Event) -> None:
        if not isinstance(event, PhaseChanged):
            return
        if event.phase == "working":
            view.begin()
        elif event.phase == "stopped":
            view.close()

    worker.observe(heard)


def must_be_terminal() -> None:
    """Refuse to draw where nobody looks.

    Raises:
        UsageError: standard error is no terminal.
    """
    if not sys.stderr.isatty():
        raise click.UsageError("expected a terminal for --watch, but standard error is none; ask `c8 worker status`")
