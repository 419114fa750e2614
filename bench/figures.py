"""What a bench says: ours, a peer's, their ratio with its spread. Pure: measures nothing, prints nothing."""

from collections.abc import Iterable, Iterator, Sequence
from statistics import median, quantiles

import msgspec


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One comparison.

    Attributes:
        name: what was measured, with its unit.
        peer_name: against whom.
        ours: the median of our rounds.
        peer: the median of the peer's rounds.
        ratio: the median of the rounds' ratios, ours to theirs; None where the peer's is nought.
        low: the lower quartile of the ratios.
        high: the upper quartile of the ratios.
        better: which way is the better one.
        target: what the ratio has to reach, or must not pass where less is better; None for no such promise.
    """

    name: str
    peer_name: str
    ours: float
    peer: float
    ratio: float | None
    low: float
    high: float
    better: str
    target: float | None = None

    @property
    def verdict(self) -> str:
        """Whether the target is reached; empty where there is none."""
        if self.target is None or self.ratio is None:
            return ""
        reached = self.ratio >= self.target if self.better == "more" else self.ratio <= self.target
        return f"; target {self.target:g} {'reached' if reached else 'MISSED'}"


def compare(
    name: str,
    peer_name: str,
    ours: Sequence[float],
    peer: Sequence[float],
    *,
    better: str,
    target: float | None = None,
) -> Figure:
    """Compare rounds that were measured in turns: the n-th of ours belongs to the n-th of theirs.

    What disturbs the machine for a while disturbs both of a pair, so the ratio is taken pair by pair.

    Raises:
        ValueError: no rounds, or not as many of ours as of theirs.
    """
    if not ours or len(ours) != len(peer):
        message = (
            f"expected as many rounds of ours as of {peer_name}, at least one, but got {len(ours)} and {len(peer)}"
        )
        raise ValueError(message)
    ratios = [mine / theirs for mine, theirs in zip(ours, peer, strict=True) if theirs]
    low, high = quartiles(ratios)
    return Figure(
        name=name,
        peer_name=peer_name,
        ours=median(ours),
        peer=median(peer),
        ratio=median(ratios) if ratios else None,
        low=low,
        high=high,
        better=better,
        target=target,
    )


def quartiles(values: Sequence[float]) -> tuple[float, float]:
    """The lower and the upper quartile, by interpolation among the values themselves; nought where there are none."""
    if not values:
        return (0.0, 0.0)
    if len(values) == 1:
        return (values[0], values[0])
    low, _, high = quantiles(values, n=4, method="inclusive")
    return (low, high)


def table(bench: str, figures: Iterable[Figure]) -> Iterator[str]:
    """One line a figure, as soon as it is known."""
    for figure in figures:
        ratio = "-" if figure.ratio is None else f"{figure.ratio:.2f}"
        spread = f"{figure.low:.2f} to {figure.high:.2f}"
        yield (
            f"{bench:<7} {figure.name:<52} ours {number(figure.ours):>8}  "
            f"{figure.peer_name:<26} {number(figure.peer):>8}  ratio {ratio:>5} ({spread}), {figure.better} is better"
            f"{figure.verdict}"
        )


def number(value: float) -> str:
    """Three digits that mean something, and no more."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
