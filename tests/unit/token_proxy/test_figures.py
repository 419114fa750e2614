"""Rules of what a proxy counts."""

from c8py.token_proxy.figures import Figures


def test_all_that_can_be_counted_is_there_from_the_start():
    figures = Figures(["default", "home"])
    lines = figures.text([]).splitlines()
    assert 'c8_token_proxy_cool_downs_total{upstream="home"} 0' in lines
    assert 'c8_token_proxy_requests_total{upstream="default",outcome="unavailable"} 0' in lines
    assert 'c8_token_proxy_upstream_requests_total{upstream="default",outcome="limited"} 0' in lines
    figures.cooled_down("home")
    assert 'c8_token_proxy_cool_downs_total{upstream="home"} 1' in figures.text([]).splitlines()
