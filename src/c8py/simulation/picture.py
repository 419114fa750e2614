"""Draws what came of a scenario, as SVG: who was ready when, and what the token service had to bear. Pure: text out.

Only numbers and names of our own get into the text, so nothing needs to be escaped.
"""

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final

from c8py.simulation.crowd import Simulated
from c8py.simulation.scenario import POLICIES, Outcome, Policy, Scenario

_WIDTH: Final = 960
_LEFT: Final = 64
_RIGHT: Final = 936
_TOP: Final = 92
_BOTTOM: Final = 332
_ROWS_TOP: Final = 430
_ROW: Final = 78
_STRIP: Final = 40
_BINS: Final = 218
_INK: Final = "#1f2933"
_FAINT: Final = "#7b8794"
_GRID: Final = "#e4e7eb"
_GRANTED: Final = "#2f6fde"
_REFUSED: Final = "#d64545"
_BLOCK: Final = "#fbe3e0"
# Told apart by those who see no red or green, too.
_COLOURS: Final[dict[Policy, str]] = {
    "every-second": "#d64545",
    "exponential": "#e8912d",
    "c8py": "#8a63d2",
    "c8py-spread": "#2f6fde",
    "proxy": "#1f9d74",
}
_MARKS_S: Final = (
    (0.1, "0.1 s"),
    (1, "1 s"),
    (10, "10 s"),
    (60, "1 min"),
    (600, "10 min"),
    (3600, "1 h"),
    (36_000, "10 h"),
)
_OPENING: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
    f'font-family="system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif" fill="{_INK}">'
)
_MINUTE_S: Final = 60
_HOUR_S: Final = 3600
# Below, tenths of a second mean something.
_SHORT_S: Final = 10


def draw(scenario: Scenario, simulated: Sequence[Simulated]) -> str:
    """The picture, as the text of an SVG file."""
    height = _ROWS_TOP + _ROW * len(simulated) + 34
    end_s = max(1.0, *(one.outcome.curve[-1][0] for one in simulated))
    lines = [
        _OPENING.format(width=_WIDTH, height=height),
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        _text(_LEFT - 40, 34, _title(scenario), size=20, weight=600),
        _text(_LEFT - 40, 56, _limit(scenario), size=13, fill=_FAINT),
        *_axes(end_s),
        *(_curve(one, end_s) for one in simulated),
        *_legend(simulated),
        *_rows(simulated, _strip_s(simulated)),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def duration(seconds: float) -> str:
    """As a person says it: 0.3 s, 42 s, 9 min 3 s, 2 h 5 min."""
    if seconds < _SHORT_S:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < _MINUTE_S:
        return f"{whole} s"
    if whole < _HOUR_S:
        return f"{whole // 60} min" + (f" {whole % 60} s" if whole % 60 else "")
    minutes = round(whole / 60)
    return f"{minutes // 60} h" + (f" {minutes % 60} min" if minutes % 60 else "")


def unready(outcome: Outcome) -> str:
    """How many of a crowd ever had a token."""
    return f"only {outcome.ready:,} of {outcome.processes:,} ready"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _title(scenario: Scenario) -> str:
    processes = f"{scenario.processes:,} process" if scenario.processes == 1 else f"{scenario.processes:,} processes"
    return f"{_count(scenario.hosts, 'host')} with {processes} each start behind one address"


def _limit(scenario: Scenario) -> str:
    told = "refusals say how long to wait" if scenario.retry_after else "refusals do not say how long to wait"
    block = f"{scenario.block_after:,} refusals in {duration(scenario.block_window_s)} block it for "
    return (
        f"The token service answers {scenario.rate_per_s:g} a second, {scenario.burst:,} at once; "
        f"{block}{duration(scenario.block_s)}; {told}."
    )


def _strip_s(simulated: Sequence[Simulated]) -> float:
    """How much of the time the strips show: until those who succeed are ready, for the others only go on."""
    ready_s = [one.outcome.ready_s for one in simulated if one.outcome.ready_s is not None]
    return max(ready_s, default=max(one.outcome.curve[-1][0] for one in simulated)) * 1.1 + 10


def _x(seconds: float, end_s: float) -> float:
    """Where a moment is on the logarithmic axis of the upper panel."""
    low, high = math.log10(_MARKS_S[0][0]), math.log10(end_s * 1.15)
    share = (math.log10(max(seconds, _MARKS_S[0][0])) - low) / (high - low)
    return _LEFT + share * (_RIGHT - _LEFT)


def _y(share: float) -> float:
    return _BOTTOM - share * (_BOTTOM - _TOP)


def _axes(end_s: float) -> Iterator[str]:
    for percent in (0, 25, 50, 75, 100):
        y = _y(percent / 100)
        yield _line(_LEFT, y, _RIGHT, y)
        yield _text(_LEFT - 8, y + 4, f"{percent} %", size=12, fill=_FAINT, anchor="end")
    for seconds, label in _MARKS_S:
        if seconds <= end_s * 1.15:
            x = _x(seconds, end_s)
            yield _line(x, _TOP, x, _BOTTOM + 5)
            yield _text(x, _BOTTOM + 20, label, size=12, fill=_FAINT, anchor="middle")
    yield _text(_LEFT, _TOP - 12, "Processes that have a token, by time since the start", size=13, weight=600)


def _curve(one: Simulated, end_s: float) -> str:
    outcome = one.outcome
    path = f"M{_LEFT} {_y(0):.1f}"
    for seconds, ready in outcome.curve:
        path += f"H{_x(seconds, end_s):.1f}V{_y(ready / outcome.processes):.1f}"
    path += f"H{_RIGHT}"
    return f'<path d="{path}" fill="none" stroke="{_COLOURS[outcome.policy]}" stroke-width="2.5"/>'


def _legend(simulated: Sequence[Simulated]) -> Iterator[str]:
    x = float(_LEFT)
    for one in simulated:
        name = one.outcome.policy
        yield f'<rect x="{x:.1f}" y="{_BOTTOM + 36}" width="14" height="4" fill="{_COLOURS[name]}"/>'
        yield _text(x + 20, _BOTTOM + 42, name, size=12)
        x += 44 + 7 * len(name)


def _rows(simulated: Sequence[Simulated], end_s: float) -> Iterator[str]:
    tallest = max(max(map(sum, _bins(one, end_s))) for one in simulated)
    yield _text(_LEFT - 40, _ROWS_TOP - 20, "What the token service is asked", size=13, weight=600)
    x = float(_LEFT + 210)
    for colour, label in ((_GRANTED, "granted"), (_REFUSED, "refused"), (_BLOCK, "address blocked")):
        yield f'<rect x="{x:.1f}" y="{_ROWS_TOP - 30}" width="12" height="12" fill="{colour}"/>'
        yield _text(x + 18, _ROWS_TOP - 20, label, size=12, fill=_FAINT)
        x += 42 + 7 * len(label)
    for number, one in enumerate(simulated):
        yield from _row(one, _ROWS_TOP + _ROW * number, end_s, tallest)
    bottom = _ROWS_TOP + _ROW * len(simulated)
    yield _text(_LEFT - 40, bottom + 10, "start", size=12, fill=_FAINT)
    yield _text(_RIGHT, bottom + 10, f"{duration(end_s)} (heights are logarithmic)", size=12, fill=_FAINT, anchor="end")


def _row(one: Simulated, top: float, end_s: float, tallest: int) -> Iterator[str]:
    outcome = one.outcome
    yield _text(_LEFT - 40, top + 10, POLICIES[outcome.policy], size=13, weight=600, fill=_COLOURS[outcome.policy])
    last = f"last ready after {duration(outcome.ready_s)}" if outcome.ready_s is not None else unready(outcome)
    counts = (
        _count(outcome.requests, "request"),
        f"{outcome.refusals:,} refused",
        _count(outcome.blocks, "block"),
        last,
    )
    said = ", ".join(counts)
    yield _text(_RIGHT, top + 10, said, size=12, anchor="end")
    left, base = _LEFT - 40, top + 18 + _STRIP
    wide = (_RIGHT - left) / _BINS
    for begin_s, until_s in one.diary.blocks_s:
        if begin_s < end_s:
            x = left + begin_s / end_s * (_RIGHT - left)
            width = (min(until_s, end_s) - begin_s) / end_s * (_RIGHT - left)
            yield f'<rect x="{x:.1f}" y="{base - _STRIP:.1f}" width="{width:.1f}" height="{_STRIP}" fill="{_BLOCK}"/>'
    for place, (granted, refused) in enumerate(_bins(one, end_s)):
        total = granted + refused
        if total:
            height = _STRIP * math.log1p(total) / math.log1p(tallest)
            lower = height * granted / total
            x = left + place * wide
            yield _bar(x, base - lower, wide, lower, _GRANTED)
            yield _bar(x, base - height, wide, height - lower, _REFUSED)
    yield _line(left, base, _RIGHT, base, colour=_FAINT)


def _bins(one: Simulated, end_s: float) -> list[tuple[int, int]]:
    """Granted and refused requests of each of the slices that the time is cut into."""
    sides = (_counts(one.diary.granted_s, end_s), _counts(sorted(one.diary.refused_s), end_s))
    return list(zip(*sides, strict=True))


def _counts(moments_s: Iterable[float], end_s: float) -> list[int]:
    ordered = list(moments_s)
    before = [bisect_right(ordered, end_s * place / _BINS) for place in range(_BINS + 1)]
    # What happens at the very begin belongs to the first slice.
    before[0] = 0
    return [after - earlier for earlier, after in pairwise(before)]


def _bar(x: float, y: float, width: float, height: float, colour: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width - 0.5:.1f}" height="{height:.1f}" fill="{colour}"/>'


def _line(x1: float, y1: float, x2: float, y2: float, *, colour: str = _GRID) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"/>'


def _text(
    x: float, y: float, text: str, *, size: int, fill: str = _INK, weight: int = 400, anchor: str = "start"
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" fill="{fill}" '
        f'text-anchor="{anchor}">{text.replace("&", "&amp;").replace("`", "")}</text>'
    )
