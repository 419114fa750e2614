"""Rules of who we are: which kind of credentials counts, how a client proves itself, and what each needs."""

import pytest

from c8py.base.redact import Secret
from c8py.config import load, survey
from c8py.errors import ConfigError

SERVICE = {"oauth_url": "http://c8.example/oauth/token", "rest_address": "http://c8.example"}
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----"
KEY = "-----BEGIN PRIVATE KEY-----\nthe-private-part-of-it\n-----END PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("arguments", "auth"),
    [
        ({}, "none"),
        ({"token": "a-token-from-elsewhere"}, "bearer"),
        ({"basic_username": "demo", "basic_password": "demo-password"}, "basic"),
        (SERVICE | {"client_id": "id", "client_secret": "s3cret-of-id"}, "oauth"),
        (SERVICE | {"client_id": "id", "assertion_keystore": "key.p12"}, "oauth"),
        (SERVICE | {"client_id": "id", "oauth_keystore": "key.p12"}, "oauth"),
    ],
)
def test_the_kind_follows_from_what_is_given(arguments, auth):
    settings = load(arguments, environ={})
    assert settings.auth == auth
    assert settings.source("auth").level == "derived"


def test_a_kind_from_above_beats_another_from_below_even_where_that_was_said_in_words():
    environ = {"CAMUNDA_AUTH_STRATEGY": "BASIC", "CAMUNDA_BASIC_AUTH_USERNAME": "demo"}
    environ["CAMUNDA_BASIC_AUTH_PASSWORD"] = "demo-password"
    assert load(environ=environ).auth == "basic"
    settings = load({"token": "a-token-from-elsewhere"}, environ=environ)
    assert (settings.auth, str(settings.source("auth"))) == ("bearer", "derived from token")
    assert load({"token": "a-token-from-elsewhere", "auth": "basic"}, environ=environ).auth == "basic"


def test_oauth_switched_off_beats_everything():
    arguments = SERVICE | {"auth": "oauth", "client_id": "id", "client_secret": "s3cret-of-id"}
    settings = load(arguments, environ={"CAMUNDA_OAUTH_DISABLED": "true"})
    assert settings.auth == "none"
    assert str(settings.source("auth")) == "environment CAMUNDA_OAUTH_DISABLED"
    row = next(row for row in survey(arguments, environ={"CAMUNDA_OAUTH_DISABLED": "true"}).rows if row.name == "auth")
    assert [(one.value, one.source) for one in row.overridden] == [("oauth", "argument auth")]
    assert load(arguments, environ={"CAMUNDA_OAUTH_DISABLED": "false"}).auth == "oauth"


def test_a_cookie_is_no_way_in_and_the_error_says_what_is():
    with pytest.raises(ConfigError, match=r"CAMUNDA_AUTH_STRATEGY.*CAMUNDA_BASIC_AUTH_USERNAME"):
        load(environ={"CAMUNDA_AUTH_STRATEGY": "COOKIE"})


@pytest.mark.parametrize(
    ("arguments", "way"),
    [
        ({"client_secret": "s3cret-of-id"}, "client_secret_post"),
        ({"client_secret": "s3cret-of-id", "client_authentication": "client_secret_basic"}, "client_secret_basic"),
        ({"assertion_keystore": "key.p12"}, "private_key_jwt"),
        ({"assertion_keystore": "key.p12", "client_secret": "s3cret-of-id"}, "private_key_jwt"),
        ({"oauth_keystore": "key.p12"}, "tls_client_auth"),
        ({"oauth_keystore": "key.p12", "client_secret": "s3cret-of-id"}, "client_secret_post"),
    ],
)
def test_how_a_client_proves_itself_follows_from_what_it_has(arguments, way):
    assert load(SERVICE | {"client_id": "id"} | arguments, environ={}).client_authentication == way


@pytest.mark.parametrize(
    ("arguments", "missing"),
    [
        ({"auth": "bearer"}, "CAMUNDA_OAUTH_TOKEN"),
        ({"auth": "oauth"}, "CAMUNDA_CLIENT_ID"),
        (
            {"client_authentication": "private_key_jwt", "client_id": "id"} | SERVICE,
            "CAMUNDA_CLIENT_ASSERTION_KEYSTORE",
        ),
        ({"client_authentication": "tls_client_auth", "client_id": "id"} | SERVICE, "CAMUNDA_SSL_CLIENT_KEYSTORE_PATH"),
        ({"client_certificate_pem": CERTIFICATE}, "client_key"),
        ({"client_key_pem": KEY}, "client_certificate"),
    ],
)
def test_what_a_kind_needs_is_named(arguments, missing):
    with pytest.raises(ConfigError, match=missing):
        load(arguments, environ={})


def test_a_issuer_or_a_discovery_document_is_as_good_as_a_token_endpoint():
    for name in ("issuer_url", "well_known_url"):
        arguments = {name: "https://idp.example/realm", "client_id": "id", "client_secret": "s3cret-of-id"}
        assert load(arguments, environ={}).oauth_url is None


def test_a_token_service_from_above_beats_any_from_below():
    environ = {"CAMUNDA_OAUTH_URL": "https://old.example/token", "CAMUNDA_ISSUER_URL": "https://old.example"}
    environ |= {"CAMUNDA_CLIENT_ID": "id", "CAMUNDA_CLIENT_SECRET": "s3cret-of-id"}
    settings = load({"issuer_url": "https://new.example"}, environ=environ)
    assert (settings.oauth_url, settings.issuer_url) == (None, "https://new.example")
    assert load(environ=environ).oauth_url == "https://old.example/token"


def test_certificates_written_out_beat_files_of_the_same_place_but_not_of_a_higher_one():
    pair = {"CAMUNDA_MTLS_CERT": CERTIFICATE, "CAMUNDA_MTLS_KEY": KEY.replace("\n", "\\n")}
    paths = {"CAMUNDA_MTLS_CERT_PATH": "cert.pem", "CAMUNDA_MTLS_KEY_PATH": "key.pem"}
    both = load(environ=pair | paths)
    assert both.client_certificate_pem == CERTIFICATE
    assert both.client_key_pem == Secret(KEY)
    above = load({"client_certificate": "mine.pem", "client_key": "mine.key"}, environ=pair)
    assert (above.client_certificate_pem, above.client_key_pem) == (None, None)


def test_names_of_key_stores_are_those_of_the_java_client():
    environ = {
        "CAMUNDA_CLIENT_ID": "id",
        "CAMUNDA_OAUTH_URL": "https://idp.example/token",
        "CAMUNDA_CLIENT_ASSERTION_KEYSTORE_PATH": "sign.p12",
        "CAMUNDA_CLIENT_ASSERTION_KEYSTORE_PASSWORD": "store-password",
        "CAMUNDA_CLIENT_ASSERTION_KEYSTORE_KEY_ALIAS": "signer",
        "CAMUNDA_CLIENT_ASSERTION_KEYSTORE_KEY_PASSWORD": "key-password",
        "ZEEBE_SSL_CLIENT_TRUSTSTORE_PATH": "trust.p12",
    }
    settings = load(environ=environ)
    assert (str(settings.assertion_keystore), settings.assertion_key_alias) == ("sign.p12", "signer")
    assert settings.assertion_keystore_password == Secret("store-password")
    assert settings.assertion_key_password == Secret("key-password")
    assert str(settings.oauth_truststore) == "trust.p12"
