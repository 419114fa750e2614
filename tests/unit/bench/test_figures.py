"""The arithmetic of the benches: what a ratio and its spread mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.figures import compare, number, quartiles, table

times = st.lists(st.floats(0.001, 1000), min_size=1, max_size=20)


def test_the_ratio_is_taken_pair_by_pair():
    """A machine that was slow for one round disturbs that round of both, and no ratio."""
    figure = compare("ms", "peer", [1.0, 10.0, 1.0], [2.0, 20.0, 2.0], better="less")
    assert figure.ratio == 0.5
    assert (figure.low, figure.high) == (0.5, 0.5)


def test_the_figures_are_medians():
    figure = compare("ms", "peer", [1.0, 2.0, 900.0], [4.0, 4.0, 4.0], better="less")
    assert (figure.ours, figure.peer, figure.ratio) == (2.0, 4.0, 0.5)


def test_a_peer_of_nought_has_no_ratio():
    figure = compare("429s", "peer", [3], [0], better="less")
    assert figure.ratio is None
    assert "ratio     -" in next(table("tokens", [figure]))


@pytest.mark.parametrize(("ours", "peer"), [([], []), ([1.0], [])])
def test_rounds_without_a_partner_are_refused(ours, peer):
    with pytest.raises(ValueError, match="expected as many rounds"):
        compare("ms", "peer", ours, peer, better="less")


@given(times)
def test_the_quartiles_lie_within_the_values(values):
    low, high = quartiles(values)
    assert min(values) <= low <= high <= max(values)


@given(times)
def test_against_oneself_the_ratio_is_one(values):
    figure = compare("ms", "peer", values, values, better="less")
    assert figure.ratio == 1


@pytest.mark.parametrize(("value", "text"), [(1234.5, "1,234"), (99.94, "99.9"), (0.01234, "0.0123"), (0.0, "0")])
def test_numbers_have_three_digits_that_mean_something(value, text):
    assert number(value) == text
