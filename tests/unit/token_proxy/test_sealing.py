import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from c8py.base.redact import Secret
from c8py.errors import ConfigError
from c8py.token_proxy.sealing import AesSeal

KEY = Secret(base64.b64encode(b"k" * 32).decode())
OTHER = Secret(base64.urlsafe_b64encode(b"\xff" * 32).decode())


@given(st.binary(max_size=200), st.text(max_size=20))
def test_what_was_closed_opens_again(content, name):
    assert AesSeal(KEY).open(AesSeal(KEY).close(content, name), name) == content


def test_the_same_content_never_looks_the_same():
    assert AesSeal(KEY).close(b"content", "name") != AesSeal(KEY).close(b"content", "name")


@given(st.data())
def test_one_changed_byte_keeps_it_closed(data):
    stored = bytearray(AesSeal(KEY).close(b"content", "name"))
    place = data.draw(st.integers(0, len(stored) - 1))
    stored[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(ValueError, match="name"):
        AesSeal(KEY).open(bytes(stored), "name")


def test_another_key_or_name_keeps_it_closed():
    stored = AesSeal(KEY).close(b"content", "name")
    for key, name in ((OTHER, "name"), (KEY, "other")):
        with pytest.raises(ValueError, match=name):
            AesSeal(key).open(stored, name)


@pytest.mark.parametrize("stored", [b"", b"{}", b"c8py-sealed-1 ", b"c8py-sealed-1 short"])
def test_what_was_never_closed_does_not_open(stored):
    with pytest.raises(ValueError, match="name"):
        AesSeal(KEY).open(stored, "name")


@pytest.mark.parametrize("text", ["", "short", "not base64 at all!", "a" * 100])
def test_a_key_of_another_kind_is_refused_and_not_shown(text):
    with pytest.raises(ConfigError) as caught:
        AesSeal(Secret(text))
    assert not text or text not in str(caught.value)
