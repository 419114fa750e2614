"""Rules of discovery: where tokens are had is believed only of the provider that was asked for."""

import json

import pytest

from c8py.auth import HttpRequest, HttpResponse
from c8py.auth.discovery import Discovery, discovery, token_endpoint
from c8py.base.limits import DISCOVERY_BYTES_MAX, TOKEN_COOL_DOWN_S
from c8py.errors import ConnectionFailed, TokenRateLimited, TokenRefused, TokenUnavailable

ISSUER = "https://login.example/realms/camunda"
ENDPOINT = "https://login.example/realms/camunda/token"


def wanted(issuer_url: str | None = ISSUER, well_known_url: str | None = None, *, mutual_tls=False) -> Discovery:
    made = discovery(issuer_url=issuer_url, well_known_url=well_known_url, mutual_tls=mutual_tls)
    assert made is not None
    return made


@pytest.fixture
def ask(clock):
    """Drives one discovery with an answer."""

    def drive(said, document=None):
        flow = token_endpoint(document or wanted(), clock=clock)
        request = next(flow)
        assert isinstance(request, HttpRequest)
        assert request.method == "GET"
        assert request.body == b""
        assert set(request.headers) == {"accept"}
        with pytest.raises(StopIteration) as ended:
            flow.throw(said) if isinstance(said, Exception) else flow.send(said)
        return ended.value.value

    return drive


def document(issuer=ISSUER, token_endpoint=ENDPOINT, **more):
    content = json.dumps({"issuer": issuer, "token_endpoint": token_endpoint, **more}).encode()
    return HttpResponse(status=200, headers={}, body=content)


def status(number, **headers):
    return HttpResponse(status=number, headers=headers, body=b"<html>")


def test_the_document_of_an_issuer_stands_below_it():
    url = f"{ISSUER}/.well-known/openid-configuration"
    assert wanted() == Discovery(url=url, issuer=ISSUER)
    assert wanted(f"{ISSUER}/").url == url
    assert discovery(issuer_url=None, well_known_url=None) is None


@pytest.mark.parametrize(
    ("url", "issuer"),
    [
        ("https://a.example/.well-known/openid-configuration", "https://a.example"),
        ("https://a.example/b/.well-known/openid-configuration?p=1", "https://a.example/b"),
        ("https://a.example/.well-known/oauth-authorization-server/b", "https://a.example/b"),
        ("https://a.example/.well-known/oauth-authorization-server", "https://a.example"),
        ("https://a.example/about", ""),
    ],
)
def test_the_place_of_a_document_tells_whose_it_must_be(url, issuer):
    assert wanted(None, url).issuer == issuer


def test_an_issuer_may_have_its_document_elsewhere(ask):
    inside = wanted(well_known_url="http://keycloak:8080/.well-known/openid-configuration")
    assert inside.url.startswith("http://keycloak:8080/")
    assert ask(document(), inside) == ENDPOINT


def test_the_token_endpoint_is_what_the_document_says(ask):
    assert ask(document()) == ENDPOINT
    assert ask(document(issuer=f"{ISSUER}/")) == ENDPOINT
    assert ask(document(token_endpoint="https://elsewhere.example:8443/t")) == "https://elsewhere.example:8443/t"


def test_a_client_that_shows_a_certificate_takes_the_endpoint_for_that(ask):
    shown = wanted(mutual_tls=True)
    aliases = {"token_endpoint": "https://mtls.login.example/token", "other": 1}
    assert ask(document(mtls_endpoint_aliases=aliases), shown) == "https://mtls.login.example/token"
    assert ask(document(mtls_endpoint_aliases=aliases)) == ENDPOINT
    assert ask(document(mtls_endpoint_aliases={}), shown) == ENDPOINT
    assert ask(document(), shown) == ENDPOINT


@pytest.mark.parametrize("issuer", ["https://evil.example", f"{ISSUER}x", "", ISSUER.upper()])
def test_the_document_of_another_issuer_is_refused(ask, issuer):
    with pytest.raises(TokenRefused, match="CAMUNDA_ISSUER_URL"):
        ask(document(issuer=issuer))


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://login.example/t", "HTTP://login.example/t", "ftp://login.example/t", "//login.example/t",
        "/token", "", "https://", "https://user:pw@login.example/t", "https://[::", "https://login.example:x/",
        "https://login.example/ token", "https://login.example/\n", "https://l\u00f6gin.example/token", "javascript:x",
    ],
)  # fmt: skip
def test_an_endpoint_that_the_secret_must_not_go_to_is_refused(ask, endpoint):
    with pytest.raises(TokenRefused, match="token endpoint"):
        ask(document(token_endpoint=endpoint))


def test_the_endpoint_for_certificates_is_checked_as_well(ask):
    shown = wanted(mutual_tls=True)
    with pytest.raises(TokenRefused, match="https"):
        ask(document(mtls_endpoint_aliases={"token_endpoint": "http://login.example/token"}), shown)


def test_an_issuer_without_tls_may_have_an_endpoint_without(ask):
    local = "http://localhost:18080/realms/c8"
    assert ask(document(local, "http://localhost:18080/t"), wanted(local)) == "http://localhost:18080/t"


@pytest.mark.parametrize(
    "body",
    [
        b"", b"<html>", b"[]", b"{}", b'{"issuer":1,"token_endpoint":2}', b'{"token_endpoint":"https://x"}', b"\xff",
        b"[" * 100_000, b'{"issuer":"x"}' + b" " * DISCOVERY_BYTES_MAX,
    ],
)  # fmt: skip
def test_whatever_is_no_such_document_is_an_error_that_may_pass(ask, body):
    with pytest.raises(TokenUnavailable, match="discovery document"):
        ask(HttpResponse(status=200, headers={}, body=body))


@pytest.mark.parametrize("number", [301, 302, 307, 308])
def test_redirects_are_not_followed(ask, number):
    with pytest.raises(TokenRefused, match="not followed"):
        ask(status(number, location="https://evil.example/"))


def test_statuses_say_whether_asking_again_helps(ask):
    with pytest.raises(TokenRefused, match="404"):
        ask(status(404))
    with pytest.raises(TokenUnavailable, match="503"):
        ask(status(503))
    with pytest.raises(TokenRateLimited) as limited:
        ask(status(429, **{"retry-after": "17"}))
    assert limited.value.retry_after_s == 17
    with pytest.raises(TokenRateLimited) as limited:
        ask(status(429))
    assert limited.value.retry_after_s == TOKEN_COOL_DOWN_S


def test_a_provider_that_cannot_be_reached_is_an_error_that_may_pass(ask):
    with pytest.raises(TokenUnavailable, match="cannot be reached"):
        ask(ConnectionFailed("no route"))


def test_long_words_of_a_document_are_cut(ask):
    with pytest.raises(TokenRefused) as raised:
        ask(document(issuer="https://" + "x" * 10_000))
    assert len(str(raised.value)) < 2500
