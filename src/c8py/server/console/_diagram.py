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
    shapes = list(root.iter(f"{_DI}BPMNShape"))[:_SHAPES_MAX]
    edges = list(root.iter(f"{_DI}BPMNEdge"))[:_SHAPES_MAX]
    boxes = [(shape.get("bpmnElement", ""), box) for shape in shapes if (box := _box(shape)) is not None]
    if not boxes:
        return ""
    lines = [(edge.get("bpmnElement", ""), points) for edge in edges if len(points := _points(edge)) > 1]
    marked = {**dict.fromkeys(tokens.active, " active"), **dict.fromkeys(tokens.troubled, " troubled")}
    drawn = [_flow(points) for _, points in lines]
    for one, box in boxes:
        kind, name = kinds.get(one, ("", ""))
        drawn.append(_shape(kind, name or "", box, marked.get(one, "")))
    # Last, so that nothing covers them.
    drawn += [
        _token(box, tokens.active[one], tokens.troubled.get(one, 0)) for one, box in boxes if one in tokens.active
    ]
    xs = [x for _, (x, _, w, _) in boxes for x in (x, x + w)] + [x for _, points in lines for x, _ in points]
    ys = [y for _, (_, y, _, h) in boxes for y in (y, y + h + 30)] + [y for _, points in lines for _, y in points]
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


def _box(shape: ET.Element) -> tuple[float, float, float, float] | None:
    bounds = shape.find(f"{_DC}Bounds")
    if bounds is None:
        return None
    numbers = [_number(bounds.get(name)) for name in ("x", "y", "width", "height")]
    return (numbers[0], numbers[1], numbers[2], numbers[3])


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


def _shape(kind: str, name: str, box: tuple[float, float, float, float], mark: str) -> str:
    x, y, width, height = box
    across, down = x + width / 2, y + height / 2
    if kind.endswith("Gateway"):
        corners = f"{across:g},{y:g} {x + width:g},{down:g} {across:g},{y + height:g} {x:g},{down:g}"
        sign = f'<text class="sign" x="{across:g}" y="{down + 8:g}">{_SIGNS.get(kind, "")}</text>'
        return f'<polygon class="shape{mark}" points="{corners}"/>{sign}{_words(name, across, y + height + 14)}'
    if "Event" in kind:
        thick = " end" if kind == "endEvent" else ""
        circle = f'<circle class="shape{thick}{mark}" cx="{across:g}" cy="{down:g}" r="{width / 2:g}"/>'
        inner = ""
        if kind in {"intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"}:
            inner = f'<circle class="shape{mark}" cx="{across:g}" cy="{down:g}" r="{max(width / 2 - 3, 1):g}"/>'
        return circle + inner + _words(name, across, y + height + 14)
    big = kind in {"subProcess", "participant", "lane"}
    rectangle = (
        f'<rect class="shape{" group" if big else ""}{mark}" x="{x:g}" y="{y:g}" width="{width:g}" '
        f'height="{height:g}" rx="{0 if kind in {"participant", "lane"} else 8}"/>'
    )
    return rectangle + _words(name, across, y + 16 if big else down - 6 * (len(_lines(name)) - 1) + 4)


def _token(box: tuple[float, float, float, float], active: int, troubled: int) -> str:
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


def _words(name: str, x: float, y: float) -> str:
    return "".join(
        f'<text x="{x:g}" y="{y + 13 * at:g}">{escape(line)}</text>' for at, line in enumerate(_lines(name)) if line
    )
