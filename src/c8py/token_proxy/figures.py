"""What a proxy counts, and how Prometheus reads it. Pure; labels come from the configuration, never from callers.

Written by hand: the client library of Prometheus would be 3 MB of memory for the twenty lines below.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Literal, TypeAlias, get_args

import msgspec

Outcome: TypeAlias = Literal["served", "refused", "limited", "unavailable", "malformed"]
Asked: TypeAlias = Literal["token", "refused", "limited", "failed"]

_HELP = {
    "requests_total": ("counter", "Token requests of callers, by what became of them."),
    "upstream_requests_total": ("counter", "Requests to the token service, by what it answered."),
    "cool_downs_total": ("counter", "How often the token service wanted to be left alone."),
    "cool_down_seconds": ("gauge", "Seconds until the token service may be asked again."),
    "strangers": ("gauge", "Unknown credentials that are being tried."),
    "tokens": ("gauge", "Tokens in memory."),
    "token_age_seconds_max": ("gauge", "Age of the oldest token in memory."),
    "token_left_seconds_min": ("gauge", "What the token that ends first has left."),
}


class Sample(msgspec.Struct, frozen=True):
    """One value; its labels as they are printed."""

    name: str
    value: float
    labels: tuple[tuple[str, str], ...] = ()


class Figures:
    """Counts what happens.

    Args:
        upstreams: names of the token services. All that can be counted of them is there from the start, as 0: a counter
            that appears with its first event hides this event from whoever asks how much it has grown.
    """

    def __init__(self, upstreams: Iterable[str] = ()) -> None:
        self._counts: Counter[tuple[str, tuple[tuple[str, str], ...]]] = Counter()
        for upstream in upstreams:
            label = ("upstream", upstream)
            self._counts["cool_downs_total", (label,)] = 0
            for outcome in get_args(Outcome):
                self._counts["requests_total", (label, ("outcome", outcome))] = 0
            for outcome in get_args(Asked):
                self._counts["upstream_requests_total", (label, ("outcome", outcome))] = 0

    def answered(self, upstream: str, outcome: Outcome) -> None:
        """A caller has been answered."""
        self._counts["requests_total", (("upstream", upstream), ("outcome", outcome))] += 1

    def asked(self, upstream: str, outcome: Asked) -> None:
        """The token service has been asked."""
        self._counts["upstream_requests_total", (("upstream", upstream), ("outcome", outcome))] += 1

    def cooled_down(self, upstream: str) -> None:
        """The token service wanted to be left alone."""
        self._counts["cool_downs_total", (("upstream", upstream),)] += 1

    def text(self, gauges: Iterable[Sample]) -> str:
        """All of it, in the text format of Prometheus."""
        samples = [Sample(name, count, labels) for (name, labels), count in sorted(self._counts.items())]
        return "\n".join([*_lines([*samples, *gauges]), ""])


def _lines(samples: list[Sample]) -> Iterator[str]:
    for name, (kind, meaning) in _HELP.items():
        yield f"# HELP c8_token_proxy_{name} {meaning}"
        yield f"# TYPE c8_token_proxy_{name} {kind}"
        for sample in samples:
            if sample.name == name:
                labels = ",".join(f'{label}="{text}"' for label, text in sample.labels)
                yield f"c8_token_proxy_{name}{'{' + labels + '}' if labels else ''} {sample.value:.15g}"
