"""What a worker does, in the text of Prometheus: counters and gauges of its state, histograms of what it told.

Pure but for the events it hears. Served by `vitals`; needs no library, and keeps a few numbers for each job type.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import Final

from c8py.worker.events import Event, HandlerEnded, Polled, Reported, TokenTrouble
from c8py.worker.ledger import TypeState, WorkerState

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


class Times:
    """A histogram of seconds."""

    def __init__(self) -> None:
        self._counts = [0] * (len(BOUNDS_S) + 1)
        self._sum = 0.0

    def add(self, seconds: float) -> None:
        """One more."""
        self._counts[bisect_left(BOUNDS_S, seconds)] += 1
        self._sum += seconds

    def lines(self, name: str, type_: str) -> Iterator[str]:
        """As Prometheus reads it: counts up to each bound, their sum, and how many."""
        label, total = _quoted(type_), 0
        for bound, count in zip((*map(str, BOUNDS_S), "+Inf"), self._counts, strict=True):
            total += count
            yield f'{name}_bucket{{type={label},le="{bound}"}} {total}'
        yield f"{name}_sum{{type={label}}} {self._sum:.9g}"
        yield f"{name}_count{{type={label}}} {total}"


class Metrics:
    """The numbers of one worker. An observer: give it to `Worker.observe`."""

    def __init__(self) -> None:
        self._times: dict[str, dict[str, Times]] = {name: {} for name in _TIMES}
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

    def text(self, state: WorkerState) -> str:
        """All of it.

        Args:
            state: of the worker, as it is now.
        """
        lines = [
            *_family("ready", "gauge", "Whether it works and is answered.", [f"c8_worker_ready {state.ready:d}"]),
            *_family(
                "token_troubles_total",
                "counter",
                "Calls that failed because no token was to be had.",
                [f"c8_worker_token_troubles_total {self._token_troubles}"],
            ),
        ]
        for name, help_ in _COUNTERS.items():
            lines += _family(f"jobs_{name}_total", "counter", help_, _of_types(f"jobs_{name}_total", name, state.types))
        for name, help_ in _GAUGES.items():
            lines += _family(f"jobs_{name}", "gauge", help_, _of_types(f"jobs_{name}", name, state.types))
        for name, help_ in _TIMES.items():
            found = (
                line for type_, times in self._times[name].items() for line in times.lines(f"c8_worker_{name}", type_)
            )
            lines += _family(name, "histogram", help_, found)
        return "\n".join(lines) + "\n"

    def _add(self, name: str, type_: str, seconds: float) -> None:
        self._times[name].setdefault(type_, Times()).add(seconds)


def _family(name: str, kind: str, help_: str, lines: Iterable[str]) -> list[str]:
    return [f"# HELP c8_worker_{name} {help_}", f"# TYPE c8_worker_{name} {kind}", *lines]


def _of_types(name: str, field: str, types: Iterable[TypeState]) -> list[str]:
    return [f"c8_worker_{name}{{type={_quoted(one.type)}}} {int(getattr(one, field))}" for one in types]


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
