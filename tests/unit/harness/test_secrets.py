"""How the tests know a secret when they see one."""

import base64
import json
import urllib.parse

import pytest

from harness.secrets import Known, may_print

SECRET = 'h0rse~"battery/staple+1'
# Long enough to be a token, and of nobody.
TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJub2JvZHkifQ.c2lnbmF0dXJlLW9mLW5vYm9keQ"


@pytest.fixture
def known():
    known = Known()
    known.learn(SECRET, "a test")
    return known


@pytest.mark.parametrize(
    "text",
    [
        f"asked with {SECRET}.",
        json.dumps({"secret": SECRET}),
        repr({"secret": SECRET}),
        urllib.parse.urlencode({"client_secret": SECRET}),
        f"client_secret={urllib.parse.quote(SECRET, safe='')}",
        f"Authorization: Basic {base64.b64encode(f'id:{SECRET}'.encode()).decode()}",
        f"Authorization: Bearer {TOKEN}",
    ],
)
def test_a_secret_is_known_however_it_is_written_and_not_shown_again(known, text):
    complaint = known.shown_in(f"before {text} after")
    assert "before " in complaint
    assert complaint.endswith(" after")
    assert not known.shown_in(complaint)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "expected a token at https://login.example/token for client h0rse, but it refuses (401)",
        "Authorization: Basic ZGVtbzpkZW1v",  # of somebody else
        "Authorization: Bearer ***",
        "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJub2JvZHkifQ.***",
    ],
)
def test_what_shows_none_is_left_alone(known, text):
    assert known.shown_in(text) == ""


def test_it_says_where_a_secret_came_from(known):
    known.learn_named({"ZEEBE_CLIENT_SECRET": "an0ther-one", "ZEEBE_CLIENT_ID": "an-id~1"}, "the environment of c8")
    assert "ZEEBE_CLIENT_SECRET of the environment of c8" in known.shown_in("an0ther-one")
    assert not known.shown_in("an-id~1")


@pytest.mark.parametrize("word", ["", "demo", "secret", "password", "aaaaaaaaaaaaaaaa", "s3c"])
def test_words_that_stand_everywhere_cannot_be_told_apart(known, word):
    known.learn(word, "a test")
    assert known.shown_in(f"no {word} here") == ""


def test_a_secret_is_known_in_a_flood(known):
    assert known.shown_in("x" * 1_000_000 + SECRET + "y" * 1_000_000)


def test_an_address_is_a_secret_only_with_a_password_in_it(known):
    known.learn("http://localhost:43081", "a test")
    known.learn("https://", "a test of what is no address")
    assert known.shown_in("listens at https://localhost:8080") == ""
    assert known.shown_in("listens at http://localhost:43081") == ""
    known.learn("http://me:h0rse@localhost:43081", "a test")
    assert known.shown_in("goes by http://me:h0rse@localhost:43081")


@pytest.mark.parametrize(
    ("command", "may"),
    [
        (["c8", "token"], True),
        (["c8", "--debug", "console", "clients", "create", "x", "--json"], True),
        (["c8", "topology"], False),
        (["c8", "console", "clients", "list"], False),
        (["c8"], False),
    ],
)
def test_only_commands_that_are_there_for_it_may_print_one(command, may):
    assert may_print(command) is may
