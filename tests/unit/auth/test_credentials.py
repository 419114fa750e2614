"""Rules of credentials and of what tokens belong to."""

import pytest

from c8py.auth import BasicCredentials, ClientCredentials, cluster_credentials, console_credentials
from c8py.base.redact import Secret
from c8py.config import load
from c8py.errors import ConfigError

OAUTH = {"client_id": "id", "client_secret": "s3cr~t", "oauth_url": "https://login.example/token"}


def test_a_key_tells_nothing_of_the_secret_but_changes_with_it(credentials):
    assert "s3cr~t" not in repr(credentials.key)
    assert "s3cr~t" not in repr(credentials)
    other = ClientCredentials(
        token_url=credentials.token_url, client_id="id", client_secret=Secret("other"), audience="zeebe"
    )
    assert other.key != credentials.key


def test_a_trailing_slash_makes_no_other_key(credentials):
    slashed = ClientCredentials(
        token_url=credentials.token_url + "/", client_id="id", client_secret=Secret("s3cr~t"), audience="zeebe"
    )
    assert slashed.key == credentials.key


def test_basic_authentication_is_the_header_of_the_web():
    credentials = BasicCredentials("Aladdin", Secret("open sesame"))
    assert credentials.authorization() == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
    assert "sesame" not in repr(credentials)


def test_settings_say_which_credentials_a_cluster_wants():
    oauth = cluster_credentials(load(OAUTH | {"scope": "s", "resource": "r", "audience": "a"}, environ={}))
    assert isinstance(oauth, ClientCredentials)
    assert (oauth.audience, oauth.scope, oauth.resource) == ("a", "s", "r")
    basic = cluster_credentials(load({"basic_username": "demo", "basic_password": "demo"}, environ={}))
    assert basic == BasicCredentials("demo", Secret("demo"))
    assert cluster_credentials(load(environ={})) is None
    assert cluster_credentials(load(OAUTH | {"auth": "none"}, environ={})) is None


def test_console_wants_the_client_of_an_organization():
    with pytest.raises(ConfigError, match="CAMUNDA_CONSOLE_CLIENT_ID"):
        console_credentials(load(OAUTH, environ={}))
    settings = load(
        {"console_client_id": "cid", "console_client_secret": "s", "oauth_url": "https://login.example/token"}
        | {"console_base_url": "https://api.example"},
        environ={},
    )
    assert console_credentials(settings).audience == "api.cloud.camunda.io"
