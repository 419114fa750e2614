"""Puts settings together for `load` and `survey`: reads all sources, merges, derives, and checks the whole."""

from pathlib import Path

import msgspec

from c8py.config import checks
from c8py.config.derive import TOKEN_SERVICE, derive
from c8py.config.layers import Found, Layer, Text
from c8py.config.merge import merge
from c8py.config.problems import Problem, unique
from c8py.config.sources import Asked, read_sources


class Gathered(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known about the settings of one call.

    Attributes:
        layers: what each source says, the highest first.
        found: the values that hold, derived ones included; a secret of a keyring is still there.
        problems: what is wrong.
        files: that were read.
        remarks: what a person should know, though nothing is wrong.
        profile: the profile in force.
        texts: what stood where under which name.
    """

    layers: tuple[Layer, ...]
    found: dict[str, Found]
    problems: tuple[Problem, ...]
    files: tuple[Path, ...]
    remarks: tuple[str, ...]
    profile: str | None
    texts: tuple[dict[str, Text], ...]


def gather(asked: Asked) -> Gathered:
    """The settings of one call, with all that is wrong about them."""
    sources = read_sources(asked)
    layers = sources.layers
    found, contradictions = merge(layers)
    problems = [
        *sources.problems,
        *(problem for layer in layers for problem in layer.problems),
        *contradictions,
        *checks.pairs(layers, found),
        *checks.one_cluster(found),
        *checks.saas_needs(found, sources.files),
    ]
    derive(found)
    problems += [*checks.credentials(found, sources.files), *checks.address_of_file(found, sources.files)]
    return Gathered(
        layers=tuple(layers),
        found=found,
        problems=unique(_first_causes(problems)),
        files=tuple(sources.files),
        remarks=(*sources.remarks, *checks.odd(found)),
        profile=sources.profile,
        texts=tuple(dict(texts) for texts in sources.texts),
    )


def _first_causes(problems: list[Problem]) -> list[Problem]:
    """Without what is missing only because its text cannot be read."""
    broken = {problem.field for problem in problems if problem.kind != "missing" and problem.field}
    if broken & set(TOKEN_SERVICE):
        broken |= set(TOKEN_SERVICE)
    unreadable = any(problem.kind == "unreadable" for problem in problems)
    return [p for p in problems if p.kind != "missing" or not (unreadable or p.field in broken)]
