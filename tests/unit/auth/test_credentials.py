"""Rules of credentials: what a token request says, and what tokens belong to."""

import json
from urllib.parse import parse_qsl

import pytest

from c8py.auth import BasicCredentials, BearerToken, ClientCredentials, HttpRequest, HttpResponse, bearer
from c8py.auth.discovery import Discovery
from c8py.auth.keystore import Identity
from c8py.base.redact import Secret
from c8py.errors import ConfigError, TokenRefused

DOCUMENT = Discovery(url="https://login.example/.well-known/openid-configuration", issuer="https://login.example")


@pytest.fixture
def request_of(clock):
    """The token request of credentials that need no discovery."""

    def make(credentials) -> HttpRequest:
        with pytest.raises(StopIteration) as ended:
            next(credentials.token_request(clock, lambda: "proof-1"))
        return ended.value.value

    return make


def changed(credentials, **changes):
    fields = {name: getattr(credentials, name) for name in credentials.__struct_fields__}
    return ClientCredentials(**fields | changes)


def test_a_key_tells_nothing_of_the_secret_but_changes_with_it(credentials):
    assert "s3cr~t" not in repr(credentials.key)
    assert "s3cr~t" not in repr(credentials)
    assert changed(credentials, client_secret=Secret("other")).key != credentials.key


@pytest.mark.parametrize(
    "changes",
    [
        {"method": "client_secret_basic"},
        {"body": "json"},
        {"identity": Identity(Secret("k"))},
        {"scope": "s"},
        {"resource": "r"},
        {"audience": "a"},
        {"client_id": "other"},
    ],
)
def test_whatever_the_request_says_changes_the_key(credentials, changes):
    assert changed(credentials, **changes).key != credentials.key


def test_a_trailing_slash_makes_no_other_key(credentials):
    assert changed(credentials, token_url=credentials.token_url + "/").key == credentials.key


def test_a_request_is_a_form_without_empty_fields(credentials, request_of):
    request = request_of(changed(credentials, scope="a b", resource="https://c8.example/"))
    assert (request.method, request.url) == ("POST", credentials.token_url)
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert dict(parse_qsl(request.body.decode())) == {
        "grant_type": "client_credentials",
        "client_id": "id",
        "client_secret": "s3cr~t",
        "audience": "zeebe",
        "scope": "a b",
        "resource": "https://c8.example/",
    }
    assert b"scope" not in request_of(credentials).body


def test_a_request_may_be_json(credentials, request_of):
    request = request_of(changed(credentials, body="json"))
    assert request.headers["content-type"] == "application/json"
    assert json.loads(request.body) == {
        "grant_type": "client_credentials", "client_id": "id", "client_secret": "s3cr~t", "audience": "zeebe",
    }  # fmt: skip


@pytest.mark.parametrize("body", ["form", "json"])
def test_a_secret_in_the_header_is_not_in_the_body_too(credentials, request_of, body):
    request = request_of(changed(credentials, method="client_secret_basic", body=body))
    assert request.headers["authorization"].startswith("Basic ")
    assert b"client_secret" not in request.body
    assert "Basic" not in repr(request)


def test_discovery_goes_before_the_request(credentials, clock):
    flow = changed(credentials, token_url=DOCUMENT.url, discovery=DOCUMENT).token_request(clock, lambda: "1")
    asked = next(flow)
    assert isinstance(asked, HttpRequest)
    assert (asked.method, asked.url, asked.body) == ("GET", DOCUMENT.url, b"")
    said = b'{"issuer":"https://login.example","token_endpoint":"https://login.example/t"}'
    with pytest.raises(StopIteration) as ended:
        flow.send(HttpResponse(status=200, headers={}, body=said))
    assert ended.value.value.url == "https://login.example/t"


def test_a_document_that_cannot_be_trusted_keeps_the_secret_here_and_is_remembered(service, credentials):
    told = changed(credentials, token_url=DOCUMENT.url, discovery=DOCUMENT)
    service.answers = [
        HttpResponse(status=200, headers={}, body=b'{"issuer":"https://evil.example","token_endpoint":"https://e/"}')
    ]
    for _ in range(3):
        with pytest.raises(TokenRefused, match="evil"):
            service.ask(told)
    assert [request.method for request in service.requests] == ["GET"]


def test_basic_authentication_is_the_header_of_the_web():
    credentials = BasicCredentials("Aladdin", Secret("open sesame"))
    assert credentials.authorization() == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
    assert "sesame" not in repr(credentials)


def test_a_token_as_it_stands_is_a_header():
    assert BearerToken(Secret(" eyJ.x.y\n")).authorization() == "Bearer eyJ.x.y"
    assert "eyJ" not in repr(BearerToken(Secret("eyJ.x.y")))


@pytest.mark.parametrize("text", ["", "Bearer x", "a\r\nx-evil: 1", "tök", "a b"])
def test_whatever_is_no_token_is_refused_without_showing_it(text):
    with pytest.raises(ConfigError, match="the place") as raised:
        bearer(Secret(text), place="the place")
    assert not text.strip() or text not in str(raised.value)
