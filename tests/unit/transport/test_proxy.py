"""Rules of proxies: which connection takes which, and which none."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from c8py.base.redact import Secret
from c8py.config import load
from c8py.errors import ConfigError
from c8py.transport.proxy import Proxies, proxies

SECRET = "p%40ss"


@pytest.fixture
def chosen(settings):
    return proxies(
        settings(
            http_proxy="http://plain.example:3128",
            https_proxy=f"http://me:{SECRET}@secure.example",
            no_proxy="internal.example, .below.example,*.stars.example 10.0.0.0/8 2001:db8::/32,192.0.2.7,"
            "port.example:8443,[::2]:99",
        )
    )


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("http://c8.example/v2", "plain.example:3128"),
        ("grpc://c8.example:26500", "plain.example:3128"),
        ("https://c8.example/v2", "secure.example:80"),
        ("grpcs://c8.example:443", "secure.example:80"),
    ],
)
def test_the_scheme_of_the_address_chooses_the_proxy(chosen, url, target):
    assert chosen.for_url(url).target == target


@pytest.mark.parametrize(
    "host",
    [
        "internal.example", "INTERNAL.example.", "a.internal.example", "below.example", "a.below.example",
        "a.stars.example", "10.1.2.3", "[2001:db8::1]", "192.0.2.7", "port.example:8443", "[::2]:99",
        "localhost", "localhost:8080", "a.localhost", "127.0.0.1", "127.9.9.9", "[::1]",
    ],
)  # fmt: skip
def test_hosts_that_want_none_are_reached_straight(chosen, host):
    assert chosen.for_url(f"https://{host}/") is None


@pytest.mark.parametrize(
    "host", ["notinternal.example", "internal.example.com", "11.1.2.3", "192.0.2.70", "port.example", "[::2]:98", "10"]
)
def test_other_hosts_take_the_proxy(chosen, host):
    assert chosen.for_url(f"https://{host}/") is not None


def test_a_star_means_all_hosts(settings):
    assert proxies(settings(https_proxy="http://p", no_proxy="*")).for_url("https://c8.example") is None


def test_user_and_password_become_a_header_and_are_never_shown(chosen):
    proxy = chosen.for_url("https://c8.example")
    assert proxy.authorization.reveal() == "Basic bWU6cEBzcw=="
    assert proxy.url.reveal() == f"http://me:{SECRET}@secure.example"
    for shown in (repr(chosen), str(proxy), repr(proxy)):
        assert "ss@" not in shown
        assert SECRET not in shown
        assert "bWU6" not in shown


def test_a_proxy_without_scheme_is_one_of_http(settings):
    proxy = proxies(settings(https_proxy="proxy.example:3128")).https
    assert proxy is not None
    assert (proxy.target, proxy.secure, bool(proxy.authorization)) == ("proxy.example:3128", False, False)


def test_an_address_in_brackets_keeps_them(settings):
    proxy = proxies(settings(https_proxy="http://[::5]:3128")).https
    assert proxy is not None
    assert proxy.target == "[::5]:3128"


@pytest.mark.parametrize(
    "url", ["socks5://zz:1", "http://", "http://zz:0", "http://zz:x", "http://z z", "http://[::", "//zz"]
)
def test_whatever_is_no_proxy_is_an_error_that_hides_the_text(url, settings):
    url = url.replace("//", f"//me:{SECRET}@", 1)
    unread = msgspec.structs.replace(settings(), https_proxy=Secret(url))
    with pytest.raises(ConfigError, match="HTTP proxy") as raised:
        proxies(unread)
    assert SECRET not in str(raised.value)
    assert "me:" not in str(raised.value)


def test_without_proxies_nothing_takes_one():
    nobody = proxies(load(environ={}))
    assert not nobody
    assert nobody.for_url("https://c8.example") is None


@given(entries=st.text(max_size=40), host=st.from_regex(r"[a-z0-9.-]{1,20}", fullmatch=True))
def test_no_text_of_no_proxy_breaks_a_call(entries, host):
    some = proxies(load({"https_proxy": "http://p", "http_proxy": Secret("http://p")}, environ={}))
    Proxies(http=some.http, https=some.https, no_proxy=entries).for_url(f"https://{host}/")
