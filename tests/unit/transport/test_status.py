"""Rules of which answer becomes which error."""

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from c8py import errors
from c8py.errors import ApiError, C8Error, ConnectionFailed
from c8py.transport.status import GRPC, REST, REST_TITLES, grpc_error, rest_error, too_large

ADDRESS = "grpc://gw:26500"


def test_every_grpc_status_but_ok_has_an_error():
    assert GRPC.keys() == {status.name for status in grpc.StatusCode} - {"OK"}


def test_every_kind_of_api_error_is_reached_over_both_protocols():
    kinds = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, ApiError)}
    assert set(GRPC.values()) == kinds - {ApiError}
    rest = {type(rest_error(status, b"", call="x", address="y")) for status in range(300, 600)}
    assert rest | set(REST_TITLES.values()) == kinds - {ApiError}


@pytest.mark.parametrize("status", sorted(GRPC))
def test_a_grpc_error_carries_status_and_words(status):
    error = grpc_error(status, "the server's words", call="Topology", address=ADDRESS)
    assert type(error) is GRPC[status]
    assert error.grpc_status == status
    assert error.detail == "the server's words"
    assert "Topology" in str(error)


@pytest.mark.parametrize("status", sorted(REST))
def test_a_rest_error_carries_status_and_words(status):
    body = b'{"title":"T","status":1,"detail":"the server\'s words","instance":"/x"}'
    error = rest_error(status, body, call="getTopology", address="http://c8")
    assert type(error) is REST[status]
    assert error.status == status
    assert error.detail == "the server's words"


@pytest.mark.parametrize(("key", "kind"), REST_TITLES.items())
def test_titles_tell_apart_what_one_status_means(key, kind):
    status, title = key
    assert type(rest_error(status, f'{{"title":"{title}"}}'.encode(), call="x", address="y")) is kind


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"title":5}', b"\xff", b'"x"'])
def test_a_refusal_that_is_no_problem_is_an_error_all_the_same(body):
    assert isinstance(rest_error(500, body, call="x", address="y"), errors.ServerFault)


def test_a_404_without_a_word_suggests_a_wrong_address():
    error = rest_error(404, b"", call="getTopology", address="http://elsewhere")
    assert "http://elsewhere" in error.hint


@pytest.mark.parametrize(
    ("detail", "sent"),
    [
        ("failed to connect to all addresses; last error: UNKNOWN: ipv4:127.0.0.1:1: Connection refused", False),
        ("DNS resolution failed for gw:26500: C-ares status is not ARES_SUCCESS", False),
        ("Socket closed", True),
        ("recvmsg:Connection reset by peer", True),
        ("GOAWAY received; Error code: 0", True),
        ("Cancelling all calls", True),
        ("errors resolving gw:1: [field:hostname lookup error:Domain name not found]", False),
        ("upstream connect error or disconnect/reset before headers. reset reason: connection failure", True),
    ],
)
def test_a_broken_connection_is_told_apart_from_a_gateway_that_says_unavailable(detail, sent):
    error = grpc_error("UNAVAILABLE", detail, call="x", address=ADDRESS)
    assert isinstance(error, ConnectionFailed)
    assert error.sent is sent
    assert isinstance(grpc_error("UNAVAILABLE", "no leader", call="x", address=ADDRESS), errors.Unavailable)


def test_a_message_that_is_too_large_is_known_over_both_protocols():
    assert too_large(
        grpc_error("RESOURCE_EXHAUSTED", "Received message larger than max (9 vs. 4)", call="x", address="y")
    )
    assert too_large(rest_error(413, b"", call="x", address="y"))
    assert not too_large(grpc_error("RESOURCE_EXHAUSTED", "back-pressure", call="x", address="y"))


@given(st.integers(min_value=300, max_value=599), st.binary(max_size=300))
def test_any_refusal_becomes_one_line_without_tokens(status, noise):
    body = noise + b'{"detail":"Bearer eyJhbGciOi.eyJzdWIi.x\\nsecond line"}'
    for error in (
        rest_error(status, body, call="x", address="y"),
        rest_error(status, body[len(noise) :], call="x", address="y"),
        grpc_error("INTERNAL", body.decode(errors="replace"), call="x", address="y"),
    ):
        assert isinstance(error, C8Error)
        assert "eyJ" not in str(error)
        assert "\n" not in str(error)
        assert len(error.message) < 1000
