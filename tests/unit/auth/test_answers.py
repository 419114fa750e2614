"""Rules of reading a token service's answers."""

import base64
import json
import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from c8py.auth import ClientCredentials, HttpResponse, fetch_token
from c8py.auth.answers import read_token
from c8py.base.clock import ManualClock
from c8py.base.redact import Secret
from c8py.errors import AuthError, TokenRefused, TokenUnavailable

SECRET = "s3cr~t"


def jwt(**claims: object) -> str:
    part = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJub25lIn0.{part}.sig"


@pytest.fixture
def token_of(service, credentials, clock, answer):
    def fetch(status: int = 200, body: object = None, **headers: str):
        service.answers = [answer(status, body, **headers)]
        return service.run(fetch_token(credentials, clock=clock))

    return fetch


def test_the_lifetime_is_what_the_answer_says(token_of, clock):
    token = token_of(body={"access_token": jwt(exp=1), "expires_in": 58847})
    assert token.lifetime_s == 58847
    assert token.ends_s == clock.monotonic_s() + 58847


def test_a_lifetime_as_text_counts(token_of):
    assert token_of(body={"access_token": "x", "expires_in": "300"}).lifetime_s == 300


def test_the_tokens_own_end_counts_only_where_the_answer_names_none(token_of, clock):
    end = clock.now_ms() / 1000 + 120
    assert token_of(body={"access_token": jwt(exp=end)}).lifetime_s == pytest.approx(120)


@pytest.mark.parametrize("value", ["opaque", "a.b.c", "a.!!!.c", jwt(sub="x")])
def test_a_token_without_any_end_is_taken_for_five_minutes(value, token_of):
    assert token_of(body={"access_token": value}).lifetime_s == 300


def test_the_life_of_a_token_begins_when_it_was_asked_for(credentials, clock, answer):
    flow = fetch_token(credentials, clock=clock)
    asked_s = clock.monotonic_s()
    next(flow)
    clock.advance(20)
    with pytest.raises(StopIteration) as ended:
        flow.send(answer())
    assert ended.value.value.ends_s == asked_s + 300


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"",
        b"[]",
        {"token": "x"},
        {"access_token": 5},
        {"access_token": ""},
        {"access_token": "a\r\nx-evil: 1", "expires_in": 300},
        {"access_token": "a b", "expires_in": 300},
        {"access_token": "x", "token_type": "mac"},
        {"access_token": "x", "expires_in": 0},
        {"access_token": "x", "expires_in": -5},
        b"\xff\xfe",
    ],
)
def test_what_is_no_token_is_refused_without_showing_it(body, token_of):
    with pytest.raises(TokenUnavailable) as raised:
        token_of(body=body)
    assert "evil" not in str(raised.value)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (400, "scope"),
        (401, "client id and secret"),
        (403, "audience"),
        (404, "CAMUNDA_OAUTH_URL"),
        (405, "CAMUNDA_OAUTH_URL"),
        (302, "CAMUNDA_OAUTH_URL"),
    ],
)
def test_every_refusal_says_what_to_check(status, said, token_of):
    with pytest.raises(TokenRefused) as raised:
        token_of(status, {"error": "e", "error_description": "d"})
    assert said in raised.value.hint
    assert f"{status} e d" in str(raised.value)


@pytest.mark.parametrize(
    ("status", "error", "description", "said"),
    [
        (401, "unauthorized_client", "Client not enabled to retrieve service account", "service account roles"),
        (400, "unauthorized_client", "Client credentials setup required", "no secret yet"),
        (400, "invalid_scope", "Invalid scopes: x", "CAMUNDA_TOKEN_SCOPE"),
        (400, "unsupported_grant_type", "Unsupported grant_type", "client_credentials"),
        (400, "invalid_client", "", "client id and secret"),
    ],
)
def test_what_a_service_says_beats_its_status(status, error, description, said, token_of):
    with pytest.raises(TokenRefused) as raised:
        token_of(status, {"error": error, "error_description": description})
    assert said in raised.value.hint


@pytest.mark.parametrize(("method", "said"), [("private_key_jwt", "key"), ("tls_client_auth", "certificate")])
def test_a_client_without_a_secret_is_not_sent_to_look_for_it(method, said, credentials, answer, clock):
    proven = msgspec.structs.replace(credentials, method=method)
    for status in (400, 401):
        with pytest.raises(TokenRefused) as raised:
            read_token(answer(status, {"error": "invalid_client"}), proven, asked_s=0.0, clock=clock)
        assert f"client id and {said}" in raised.value.hint


def test_a_service_that_echoes_the_secret_does_not_get_it_into_the_error(token_of):
    with pytest.raises(TokenRefused) as raised:
        token_of(401, {"error": "bad", "error_description": f"{SECRET} and eyJhbGciOiJ9.eyJzdWIiOiJ9.xyz"})
    assert SECRET not in str(raised.value)
    assert "eyJ" not in str(raised.value)


@given(
    status=st.integers(min_value=200, max_value=599),
    body=st.one_of(
        st.binary(max_size=100),
        st.fixed_dictionaries(
            {},
            optional={
                "access_token": st.text(max_size=20),
                "expires_in": st.one_of(st.floats(), st.text(max_size=5), st.none()),
                "error": st.text(max_size=10),
            },
        ).map(lambda value: json.dumps(value).encode()),
    ),
)
def test_any_answer_is_a_usable_token_or_an_authentication_error(status, body):
    clock = ManualClock()
    flow = fetch_token(
        ClientCredentials(token_url="https://x", client_id="id", client_secret=Secret(SECRET)), clock=clock
    )
    next(flow)
    try:
        flow.send(HttpResponse(status=status, headers={}, body=body))
    except StopIteration as ended:
        token = ended.value
        good = token.usable(clock.monotonic_s()) and math.isfinite(token.ends_s)
        assert good
    except AuthError:
        pass
