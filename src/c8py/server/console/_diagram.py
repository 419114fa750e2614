"""A process model as a picture: shapes and flows where its own diagram has them, as SVG. Pure; draws, runs nothing.

Everything in it comes from whoever deployed the model: numbers are read as numbers, texts are escaped.
"""

import math
from html import escape
from typing import Final
from xml.etree import ElementTree as ET

from c8py.server.console._instances import Tokens

_DI: Final = "{http://www.omg.org/spec/BPMN/20100524/DI}"
_DC: Final = "{http://www.omg.org/spec/DD/20100524/DC}"
_DD: Final = "{http://www.omg.org/spec/DD/20100524/DI}"
_SHAPES_MAX: Final = 2000
_MARGIN: Final = 20.0
_LINE_CHARS: Final = 16
_LINES_MAX: Final = 4
_COUNTED_MAX: Final = 1000
_NOBODY: Final = Tokens({}, {})
_NO_KIND: Final = ("", "")
_NAME_WIDTH: Final = 40.0  # half of what a line of a name takes

Box = tuple[float, float, float, float]
# What stands in the middle of a gateway.
_SIGNS: Final = {
    "exclusiveGateway": "\u00d7",
    "parallelGateway": "+",
    "inclusiveGateway": "○",
    "eventBasedGateway": "⬠",
}


def diagram(model: bytes, tokens: Tokens = _NOBODY) -> str:
    """The picture; "" where the model has no diagram of its own.

    Args:
        model: the XML, which the engine has accepted.
        tokens: where instances stand; drawn on the elements, with their number.
    """
    try:
        root = ET.fromstring(model)  # noqa: S314  the engine has read it already, and refuses entities
    except ET.ParseError:
        return ""
    kinds = {one.get("id", ""): (one.tag.rpartition("}")[2], one.get("name", "")) for one in root.iter()}
    shapes = [(one.get("bpmnElement", ""), one) for one in root.iter(f"{_DI}BPMNShape")][:_SHAPES_MAX]
    edges = [(one.get("bpmnElement", ""), one) for one in root.iter(f"{_DI}BPMNEdge")][:_SHAPES_MAX]
    boxes = [(one, box, _label(shape)) for one, shape in shapes if (box := _box(shape)) is not None]
    if not boxes:
        return ""
    lines = [(one, points, _label(edge)) for one, edge in edges if len(points := _points(edge)) > 1]
    marked = {**dict.fromkeys(tokens.active, " active"), **dict.fromkeys(tokens.troubled, " troubled")}
    drawn = [_flow(points) for _, points, _ in lines]
    drawn += [_shape(*kinds.get(one, _NO_KIND), box, marked.get(one, "")) for one, box, _ in boxes]
    # Names and tokens come last, so that nothing covers them.
    places = [(one, label or (points[0][0] + 18, points[0][1] - 16)) for one, points, label in lines]
    places += [(one, label or _beneath(box)) for one, box, label in boxes if _is_small(kinds.get(one, _NO_KIND)[0])]
    named = [(kinds[one][1], place) for one, place in places if one in kinds and kinds[one][1]]
    drawn += [_words(name, x, y + 11, "label") for name, (x, y) in named]
    drawn += [
        _token(box, tokens.active[one], tokens.troubled.get(one, 0)) for one, box, _ in boxes if one in tokens.active
    ]
    xs = [x for _, (x, _, w, _), _ in boxes for x in (x, x + w)] + [x for _, points, _ in lines for x, _ in points]
    xs += [x for _, (x, _) in named for x in (x - _NAME_WIDTH, x + _NAME_WIDTH)]
    ys = [y for _, (_, y, _, h), _ in boxes for y in (y, y + h)] + [y for _, points, _ in lines for _, y in points]
    ys += [y for name, (_, y) in named for y in (y, y + 13 * len(_lines(name)))]
    left, top = min(xs) - _MARGIN, min(ys) - _MARGIN
    width, height = max(xs) - left + _MARGIN, max(ys) - top + _MARGIN
    standing = "; ".join(f"{count} at {one}" for one, count in tokens.active.items())[:500]
    told = escape(f"; tokens: {standing}") if standing else ""
    names = ", ".join(name for kind, name in kinds.values() if name and kind.endswith(("Task", "task"))) or "no names"
    return (
        f'<svg class="diagram" role="img" aria-label="Diagram of the process; tasks: {escape(names[:500])}{told}" '
        f'viewBox="{left:g} {top:g} {width:g} {height:g}" width="{width:g}" height="{height:g}" '
        'xmlns="http://www.w3.org/2000/svg"><defs><marker id="arrow" viewBox="0 0 10 10" refX="9" refY="5" '
        'markerWidth="8" markerHeight="8" orient="auto"><path class="head" d="M0 0 10 5 0 10z"/></marker></defs>'
        + "".join(drawn)
        + "</svg>"
    )


def _box(shape: ET.Element, path: str = f"{_DC}Bounds") -> Box | None:
    bounds = shape.find(path)
    if bounds is None:
        return None
    numbers = [_number(bounds.get(name)) for name in ("x", "y", "width", "height")]
    return (numbers[0], numbers[1], numbers[2], numbers[3])


def _label(drawn: ET.Element) -> tuple[float, float] | None:
    """Where its name begins: the middle of the upper side."""
    box = _box(drawn, f"{_DI}BPMNLabel/{_DC}Bounds")
    return None if box is None else (box[0] + box[2] / 2, box[1])


def _beneath(box: Box) -> tuple[float, float]:
    return box[0] + box[2] / 2, box[1] + box[3] + 3


def _is_small(kind: str) -> bool:
    """Whether the name stands beside the shape."""
    return kind.endswith("Gateway") or "Event" in kind


def _points(edge: ET.Element) -> list[tuple[float, float]]:
    return [(_number(one.get("x")), _number(one.get("y"))) for one in edge.findall(f"{_DD}waypoint")]


def _number(text: str | None) -> float:
    try:
        number = float(text or "0")
    except ValueError:
        return 0.0
    return max(-1e6, min(1e6, number)) if math.isfinite(number) else 0.0


def _flow(points: list[tuple[float, float]]) -> str:
    path = " ".join(f"{x:g},{y:g}" for x, y in points)
    return f'<polyline class="flow" points="{path}" marker-end="url(#arrow)"/>'


def _shape(kind: str, name: str, box: Box, mark: str) -> str:
    x, y, width, height = box
    across, down = x + width / 2, y + height / 2
    if kind.endswith("Gateway"):
        corners = f"{across:g},{y:g} {x + width:g},{down:g} {across:g},{y + height:g} {x:g},{down:g}"
        sign = f'<text class="sign" x="{across:g}" y="{down + 8:g}">{_SIGNS.get(kind, "")}</text>'
        return f'<polygon class="shape{mark}" points="{corners}"/>{sign}'
    if "Event" in kind:
        thick = " end" if kind == "endEvent" else ""
        circle = f'<circle class="shape{thick}{mark}" cx="{across:g}" cy="{down:g}" r="{width / 2:g}"/>'
        inner = ""
        if kind in {"intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"}:
            inner = f'<circle class="shape{mark}" cx="{across:g}" cy="{down:g}" r="{max(width / 2 - 3, 1):g}"/>'
        return circle + inner
    big = kind in {"subProcess", "participant", "lane"}
    rectangle = (
        f'<rect class="shape{" group" if big else ""}{mark}" x="{x:g}" y="{y:g}" width="{width:g}" '
        f'height="{height:g}" rx="{0 if kind in {"participant", "lane"} else 8}"/>'
    )
    return rectangle + _words(name, across, y + 16 if big else down - 6 * (len(_lines(name)) - 1) + 4)


def _token(box: Box, active: int, troubled: int) -> str:
    """Tokens at the lower corners: those that go on at the left, those in trouble at the right."""
    x, y, width, height = box
    counts = ((active - troubled, "active", x, "active"), (troubled, "troubled", x + width, "with an incident"))
    return "".join(
        f'<g class="token {kind}"><title>{count} {words}</title><circle cx="{at:g}" cy="{y + height:g}" r="11"/>'
        f'<text x="{at:g}" y="{y + height + 4:g}">{count if count < _COUNTED_MAX else "999+"}</text></g>'
        for count, kind, at, words in counts
        if count > 0
    )


def _lines(name: str) -> list[str]:
    lines = [""]
    for word in name.split()[:40]:
        short = word[: _LINE_CHARS * 2]
        if lines[-1] and len(lines[-1]) + len(short) >= _LINE_CHARS:
            lines.append(short)
        else:
            lines[-1] = f"{lines[-1]} {short}".strip()
    return lines[:_LINES_MAX]


def _words(name: str, x: float, y: float, kind: str = "name") -> str:
    return "".join(
        f'<text class="{kind}" x="{x:g}" y="{y + 13 * at:g}">{escape(line)}</text>'
        for at, line in enumerate(_lines(name))
        if line
    )
