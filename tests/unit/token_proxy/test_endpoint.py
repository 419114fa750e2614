import base64
import json
from urllib.parse import parse_qs

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from c8py.auth import HttpResponse
from c8py.token_proxy.settings import ProxySettings
from c8py.token_proxy.upstreams import read_upstream

URL = "https://login.example/oauth/token"

FIELDS = {"grant_type": "client_credentials", "client_id": "id", "client_secret": "right", "audience": "zeebe"}
FORM = "application/x-www-form-urlencoded"


def test_form_json_and_header_are_the_same_request(house):
    basic = base64.b64encode(b"id:right").decode()
    without = {name: text for name, text in FIELDS.items() if not name.startswith("client")}

    async def ask():
        return [
            await house.request(FIELDS),
            await house.request(json.dumps(FIELDS).encode(), kind="application/json; charset=utf-8"),
            await house.request(without, headers={"authorization": f"Basic {basic}"}),
            await house.request(FIELDS, path="/oauth/token/"),
            await house.request(FIELDS, path="/auth/realms/camunda-platform/protocol/openid-connect/token"),
        ]

    answers = house.run(ask())
    assert {status for status, _, _ in answers} == {200}
    assert len({body for _, _, body in answers}) == 1
    assert len(house.service.asked) == 1


def test_audience_scope_and_resource_are_sent_on_as_they_came(house):
    house.run(house.request(FIELDS | {"scope": "a b", "resource": "urn:x"}))
    assert house.service.asked[0][1] == FIELDS | {"scope": "a b", "resource": "urn:x"}


@pytest.mark.parametrize(
    ("fields", "status", "error"),
    [
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"client_id": "id", "client_secret": "right"}, 400, "invalid_request"),
        ({"grant_type": "client_credentials", "client_id": "id"}, 401, "invalid_client"),
        ({"grant_type": "client_credentials", "client_secret": "x"}, 401, "invalid_client"),
        (FIELDS | {"audience": "a" * 3000}, 400, "invalid_request"),
        (b"client_id=a&client_id=b", 400, "invalid_request"),
        (b"\xff\xfe", 400, "invalid_request"),
    ],
)
def test_what_nobody_could_grant_is_never_sent_on(house, fields, status, error):
    code, headers, body = house.run(house.request(fields))
    assert (code, json.loads(body)["error"]) == (status, error)
    assert headers["cache-control"] == "no-store"
    assert house.service.asked == []


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"x-forwarded-host": "evil.example"},
        {"forwarded": "host=evil.example"},
        {"x-original-url": "https://evil.example/oauth/token"},
        {"x-http-method-override": "GET"},
    ],
)
def test_no_header_chooses_another_service(house, headers):
    sent = []
    original = house.service.__class__.__call__

    async def spy(self, request):
        sent.append(request.url)
        return await original(self, request)

    house.service.__class__ = type("Spy", (house.service.__class__,), {"__call__": spy})
    assert house.run(house.request(FIELDS, headers=headers))[0] == 200
    assert sent == ["https://login.example/oauth/token"]


def test_line_ends_in_a_field_are_no_headers_of_the_request_that_goes_out(house):
    sent = []

    async def spying(request):
        sent.append(request)
        return HttpResponse(status=401, headers={}, body=b"")

    smuggled = "a\r\nHost: evil.example\r\n\r\n"
    house.upstream = read_upstream(URL, method="client_secret_basic")
    house.settings = ProxySettings(upstreams=(house.upstream,))
    house.service = spying
    house.restart()
    house.run(
        house.request(FIELDS | {"client_id": smuggled, "client_secret": f"secret {smuggled}", "audience": smuggled})
    )
    (request,) = sent
    assert request.url == URL
    assert not [text for text in (*request.headers, *request.headers.values()) if "\r" in text or "\n" in text]
    assert parse_qs(request.body.decode())["audience"] == [smuggled]


@given(body=st.binary(max_size=200), kind=st.sampled_from([FORM, "application/json", "", "text/html", "\xff"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
def test_whatever_comes_is_answered_and_not_sent_on(house, body, kind):
    status, headers, _ = house.run(house.request(body, kind=kind))
    assert 400 <= status < 500
    assert headers["cache-control"] == "no-store"
    assert house.service.asked == []


@pytest.mark.parametrize("audience", ["https://evil.example/oauth/token", "//evil.example", "evil.example"])
def test_no_audience_chooses_another_service(house, audience):
    house.run(house.request(FIELDS | {"audience": audience, "resource": audience}))
    assert house.service.asked[0][1]["audience"] == audience


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/oauth",
        "/oauth/token/../token",
        "//oauth/token",
        "/oauth/token/x",
        "/auth/realms/other/protocol/openid-connect/token",
        "/https://evil.example/oauth/token",
        "/oauth%2ftoken",
    ],
)
def test_paths_that_are_not_configured_lead_nowhere(house, path):
    code, _, _ = house.run(house.request(FIELDS, path=path))
    assert code == 404
    assert house.service.asked == []


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD", "OPTIONS"])
def test_tokens_are_had_by_post_alone(house, method):
    code, headers, _ = house.run(house.request(FIELDS, method=method))
    assert (code, headers["allow"]) == (405, "POST")


@pytest.mark.parametrize("name", ["authorization", "content-type", "content-length"])
def test_a_header_that_decides_must_not_be_there_twice(house, name):
    twice = [(name, "1"), (name, "2")]
    code, headers, body = house.run(house.request(FIELDS, headers=twice))
    assert (code, headers["connection"]) == (400, "close")
    assert "there twice" in json.loads(body)["error_description"]
    assert house.service.asked == []


def test_a_body_that_is_announced_as_too_large_is_not_read(house):
    code, headers, _ = house.run(house.request(FIELDS, headers={"content-length": "10000000"}))
    assert (code, headers["connection"]) == (413, "close")


def test_a_body_that_grows_too_large_is_not_read_to_its_end(house):
    code, headers, _ = house.run(house.request(chunks=[b"x" * 40_000] * 250))
    assert (code, headers["connection"]) == (413, "close")


def test_a_body_that_does_not_end_is_not_waited_for(house):
    began_s = house.clock.monotonic_s()
    code, _, _ = house.run(house.request(chunks=[]))
    assert code == 408
    assert house.clock.monotonic_s() - began_s == pytest.approx(10.0, abs=0.1)


def test_each_service_has_its_own_path_and_its_own_tokens(house):
    house.serve(
        "https://login.example/oauth/token",
        "eu=https://keys.example/auth/realms/work/protocol/openid-connect/token",
    )

    async def ask():
        return [
            await house.request(FIELDS, path=path)
            for path in (
                "/oauth/token",
                "/eu/oauth/token",
                "/eu/auth/realms/work/protocol/openid-connect/token",
                "/eu/realms/work/protocol/openid-connect/token",
                "/eu/realms/camunda-platform/protocol/openid-connect/token",
                "/auth/realms/work/protocol/openid-connect/token",
            )
        ]

    answers = house.run(ask())
    assert [status for status, _, _ in answers] == [200, 200, 200, 200, 404, 404]
    assert len(house.service.asked) == 2


def test_it_says_how_it_is(house):
    async def ask():
        house.endpoint.ready = True
        before = [await house.request(path=path, method="GET") for path in ("/health", "/ready")]
        house.endpoint.ready = False
        return (
            before,
            await house.request(path="/ready", method="GET"),
            await house.request(path="/ready", method="HEAD"),
        )

    before, stopping, head = house.run(ask())
    assert [status for status, _, _ in before] == [200, 200]
    assert (stopping[0], head[0], head[2]) == (503, 503, b"")


def test_an_answer_does_not_show_its_token(house):
    from c8py.token_proxy.answers import Answer

    assert "eyJ" not in repr(Answer(200, (), b"eyJtoken"))
