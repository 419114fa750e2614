"""What workers do, in the text of Prometheus: counters and gauges of their state, histograms of what they told.

Pure but for the events it hears. Served by `vitals`, and for many processes by `c8 work`; needs no library, and keeps a
few numbers for each job type.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from c8py.worker.events import Event, HandlerEnded, Polled, Reported, TokenTrouble
from c8py.worker.ledger import WorkerState

BOUNDS_S: Final = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 60.0)
_COUNTERS: Final = {
    "received": "Jobs that came.",
    "completed": "Jobs reported as done.",
    "failed": "Jobs reported as failed.",
    "thrown": "Jobs reported as an error of the model.",
    "handed_back": "Jobs given back without having been started.",
    "gone": "Jobs that were finished when they were no longer ours.",
    "unreported": "Jobs that were finished, and nobody could be told.",
    "abandoned": "Jobs that still ran when the worker left.",
    "retried": "Attempts to report a job that failed and were made again.",
}
_GAUGES: Final = {
    "capacity": "Jobs that may be held at once.",
    "open": "Jobs that are held now.",
    "running": "Handlers that run now.",
    "streaming": "Whether a stream of jobs is open.",
    "reached": "Whether the cluster answered the last poll or stream.",
}
_TIMES: Final = {
    "poll_seconds": "Time that polls took, waiting for jobs included.",
    "handler_seconds": "Time that handlers took.",
    "report_seconds": "Time from the end of a handler until the cluster had taken it, retries included.",
}


class Histogram(msgspec.Struct, frozen=True):
    """How many seconds something took.

    Attributes:
        counts: how often, for each bound and for more than the last one.
        seconds: all together.
    """

    counts: tuple[int, ...]
    seconds: float


class Numbers(msgspec.Struct, frozen=True):
    """What a worker's state does not tell.

    Attributes:
        token_troubles: calls that failed because no token was to be had.
        times: by name of the metric and job type.
    """

    token_troubles: int
    times: dict[str, dict[str, Histogram]]


class Measured(msgspec.Struct, frozen=True):
    """All that is known of one worker.

    Attributes:
        state: as it is now.
        numbers: what was counted beside it.
        process: becomes a label where there are several; empty where there is one.
    """

    state: WorkerState
    numbers: Numbers
    process: str = ""


class _Times:
    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS_S) + 1)
        self.seconds = 0.0

    def add(self, seconds: float) -> None:
        self.counts[bisect_left(BOUNDS_S, seconds)] += 1
        self.seconds += seconds


class Metrics:
    """The numbers of one worker. An observer: give it to `Worker.observe`."""

    def __init__(self) -> None:
        self._times: dict[str, dict[str, _Times]] = {name: {} for name in _TIMES}
        self._token_troubles = 0

    def __call__(self, event: Event) -> None:
        """Count an event."""
        match event:
            case HandlerEnded():
                self._add("handler_seconds", event.job.type, event.seconds)
            case Reported():
                self._add("report_seconds", event.job.type, event.seconds)
            case Polled():
                self._add("poll_seconds", event.type, event.seconds)
            case TokenTrouble():
                self._token_troubles += 1
            case _:
                pass

    def numbers(self) -> Numbers:
        """What was counted so far."""
        times = {
            name: {type_: Histogram(tuple(one.counts), one.seconds) for type_, one in of_types.items()}
            for name, of_types in self._times.items()
        }
        return Numbers(self._token_troubles, times)

    def text(self, state: WorkerState) -> str:
        """All of it.

        Args:
            state: of the worker, as it is now.
        """
        return exposition([Measured(state, self.numbers())])

    def _add(self, name: str, type_: str, seconds: float) -> None:
        self._times[name].setdefault(type_, _Times()).add(seconds)


def exposition(measured: Sequence[Measured]) -> str:
    """The text of these workers together: each metric once, with a line for each type of each process."""
    lines = [
        *_family("ready", "gauge", "Whether it works and is answered.", _of_workers("ready", measured)),
        *_family(
            "token_troubles_total",
            "counter",
            "Calls that failed because no token was to be had.",
            _of_workers("token_troubles_total", measured),
        ),
    ]
    for name, help_ in _COUNTERS.items():
        lines += _family(f"jobs_{name}_total", "counter", help_, _of_types(f"jobs_{name}_total", name, measured))
    for name, help_ in _GAUGES.items():
        lines += _family(f"jobs_{name}", "gauge", help_, _of_types(f"jobs_{name}", name, measured))
    for name, help_ in _TIMES.items():
        lines += _family(name, "histogram", help_, _of_times(name, measured))
    return "\n".join(lines) + "\n"


def _family(name: str, kind: str, help_: str, lines: Iterable[str]) -> list[str]:
    return [f"# HELP c8_worker_{name} {help_}", f"# TYPE c8_worker_{name} {kind}", *lines]


def _of_workers(name: str, measured: Iterable[Measured]) -> Iterator[str]:
    for one in measured:
        value = one.state.ready if name == "ready" else one.numbers.token_troubles
        yield f"c8_worker_{name}{_labels(one)} {value:d}"


def _of_types(name: str, field: str, measured: Iterable[Measured]) -> Iterator[str]:
    for one in measured:
        for type_ in one.state.types:
            yield f"c8_worker_{name}{_labels(one, type=type_.type)} {int(getattr(type_, field))}"


def _of_times(name: str, measured: Iterable[Measured]) -> Iterator[str]:
    """As Prometheus reads them: counts up to each bound, their sum, and how many."""
    for one in measured:
        for type_, times in one.numbers.times.get(name, {}).items():
            total = 0
            for bound, count in zip((*map(str, BOUNDS_S), "+Inf"), times.counts, strict=True):
                total += count
                yield f"c8_worker_{name}_bucket{_labels(one, type=type_, le=bound)} {total}"
            labels = _labels(one, type=type_)
            yield f"c8_worker_{name}_sum{labels} {times.seconds:.9g}"
            yield f"c8_worker_{name}_count{labels} {total}"


def _labels(one: Measured, **labels: str) -> str:
    if one.process:
        labels = {"process": one.process, **labels}
    inside = ",".join(f"{name}={_quoted(value)}" for name, value in labels.items())
    return f"{{{inside}}}" if inside else ""


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
