import pytest

from c8py.errors import ConfigError
from c8py.simulation import Scenario


@pytest.mark.parametrize(
    ("name", "value"),
    [("hosts", 0), ("processes", 0), ("rate_per_s", 0), ("burst", 0), ("block_s", -1), ("token_lifetime_s", 0.5)],
)
def test_what_cannot_be_simulated_is_refused_by_name(name, value, outcome):
    with pytest.raises(ConfigError, match=f"expected {name} from"):
        outcome("proxy", **{name: value})


def test_crowds_beyond_the_limit_are_refused():
    with pytest.raises(ConfigError, match="at most 100000 processes in all"):
        Scenario(hosts=1000, processes=101)


def test_the_start_spread_follows_the_requests_and_the_rate_unless_it_is_given():
    assert Scenario(hosts=200).spread_s == pytest.approx(250)
    assert Scenario(hosts=200, processes=4).spread_s == pytest.approx(250)
    assert Scenario(hosts=200, processes=4, credentials=2).spread_s == pytest.approx(500)
    assert Scenario(hosts=200, rate_per_s=2.0).spread_s == pytest.approx(125)
    assert Scenario(hosts=200, start_spread_s=10.0).spread_s == 10
