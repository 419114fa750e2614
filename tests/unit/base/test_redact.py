"""Secrets never show themselves."""

import logging
import pickle

from c8py.base.redact import Secret, redact

JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl"


def test_a_secret_shows_itself_only_to_who_asks():
    secret = Secret("~s3cret.~")
    assert secret.reveal() == "~s3cret.~"
    for shown in (repr(secret), str(secret), f"{secret}", f"{secret!r}", f"{[secret]}", "%s" % secret):  # noqa: UP031
        assert "s3cret" not in shown


def test_a_secret_stays_out_of_logs(caplog):
    caplog.set_level(logging.DEBUG)
    logging.getLogger("c8py").debug("asking with %s and %r", Secret("~s3cret.~"), {"secret": Secret("~s3cret.~")})
    assert "s3cret" not in caplog.text


def test_secrets_are_equal_by_value():
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1


def test_an_empty_secret_is_false():
    assert not Secret("")
    assert Secret("x")


def test_a_secret_travels_to_a_worker_process():
    assert pickle.loads(pickle.dumps(Secret("a"))) == Secret("a")


def test_a_text_loses_the_secrets_it_is_told_of():
    assert redact("wrong secret 'abc' for client", Secret("abc")) == "wrong secret '***' for client"


def test_an_empty_secret_changes_no_text():
    assert redact("a text", Secret("")) == "a text"


def test_a_text_loses_tokens_by_itself():
    assert redact(f"Authorization: Bearer {JWT}") == "Authorization: Bearer ***"
    assert redact(f"got {JWT}.") == "got ***."
    assert redact("authorization: basic ZGVtbzpkZW1v") == "authorization: basic ***"


def test_words_about_tokens_stay():
    for text in (
        "expected bearer token at header",
        "Failed to parse bearer token, see",
        "a basic header",
        "Bearer token",
    ):
        assert redact(text) == text
