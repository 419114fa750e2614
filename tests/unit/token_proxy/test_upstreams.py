import pytest

from c8py.errors import ConfigError
from c8py.token_proxy import SAAS_TOKEN_URL, read_upstream
from c8py.token_proxy.upstreams import paths_of

KEYCLOAK = "http://keycloak:8080/auth/realms/work/protocol/openid-connect/token"


def test_only_the_host_of_a_known_token_url_is_another():
    assert read_upstream(SAAS_TOKEN_URL).paths[0] == "/oauth/token"
    assert "/auth/realms/work/protocol/openid-connect/token" in read_upstream(KEYCLOAK).paths
    assert "/tenant/oauth2/v2.0/token" in read_upstream("https://login.example/tenant/oauth2/v2.0/token").paths


def test_a_name_stands_before_every_path():
    assert all(path.startswith("/eu/") for path in read_upstream(f"eu={KEYCLOAK}").paths)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "login.example/oauth/token",
        "ftp://login.example/oauth/token",
        "https:///oauth/token",
        "https://login.example",
        "https://login.example/",
        "https://user:s3cr~t@login.example/oauth/token",
        "https://login.example/oauth/token?a=b",
        "https://login.example/oauth/token#a",
        "https://login.example:port/oauth/token",
        "EU=https://login.example/oauth/token",
        "-=https://login.example/oauth/token",
        "oauth=https://login.example/oauth/token",
        "metrics=https://login.example/oauth/token",
        "=https://login.example/oauth/token",
    ],
)
def test_what_names_no_token_service_is_refused(text):
    with pytest.raises(ConfigError) as caught:
        read_upstream(text)
    assert "s3cr~t" not in str(caught.value)


def test_two_services_at_one_path_are_refused():
    with pytest.raises(ConfigError, match="lead to two"):
        paths_of([read_upstream(SAAS_TOKEN_URL), read_upstream(KEYCLOAK)])


def test_a_proxy_for_nobody_is_refused():
    with pytest.raises(ConfigError, match="1 to 50"):
        paths_of([])
