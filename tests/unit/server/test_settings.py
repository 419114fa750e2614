"""Settings are right once they exist."""

import pytest

from c8py.base.redact import Secret
from c8py.errors import ConfigError
from c8py.server.settings import BasicUser, ClusterSettings, GatewaySettings, OAuthSettings, Settings


def test_the_defaults_are_camundas_ports_on_this_machine_alone():
    settings = Settings()
    assert (settings.host, settings.http_port, settings.grpc_port, settings.auth) == ("127.0.0.1", 8080, 26500, "oauth")
    assert settings.loopback_only


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: Settings(http_port=65536), "http_port"),
        (lambda: Settings(grpc_port=-1), "grpc_port"),
        (lambda: Settings(http_port=9, grpc_port=9), "two ports"),
        (lambda: Settings(host=""), "host"),
        (lambda: Settings(host="a b"), "host"),
        (lambda: Settings(host="x';reboot'"), "host"),
        (lambda: Settings(host="fe80::1%eth0"), "zone"),
        (lambda: Settings(auth="magic"), "auth"),  # pyright: ignore[reportArgumentType]  wrong on purpose
        (lambda: Settings(auth="basic", users=()), "user"),
        (lambda: Settings(organization=" "), "organization"),
        (lambda: Settings(clients_max=0), "clients_max"),
        (lambda: OAuthSettings(rate_per_s=-1), "oauth.rate_per_s"),
        (lambda: OAuthSettings(burst=0), "oauth.burst"),
        (lambda: OAuthSettings(token_lifetime_s=0), "oauth.token_lifetime_s"),
        (lambda: GatewaySettings(message_bytes_max=1), "gateway.message_bytes_max"),
        (lambda: ClusterSettings(name=""), "cluster.name"),
        (lambda: ClusterSettings(region="o'clock"), "cluster.region"),
        (lambda: BasicUser(name="a:b", password=Secret("x")), "colon"),
        (lambda: BasicUser(name="a", password=Secret("")), "password"),
    ],
)
def test_what_cannot_work_is_refused_by_name(make, field):
    with pytest.raises(ConfigError, match=field):
        make()


@pytest.mark.parametrize(
    ("host", "loopback", "public"),
    [
        ("127.0.0.1", True, "127.0.0.1"),
        ("localhost", True, "localhost"),
        ("::1", True, "[::1]"),
        ("0.0.0.0", False, "127.0.0.1"),
        ("::", False, "127.0.0.1"),
        ("camunda.example", False, "camunda.example"),
    ],
)
def test_addresses_for_clients_follow_the_host(host, loopback, public):
    settings = Settings(host=host)
    assert (settings.loopback_only, settings.public_host) == (loopback, public)


def test_a_password_does_not_show_in_settings():
    assert "hush" not in repr(Settings(users=(BasicUser(name="a", password=Secret("hush")),)))
