"""What a person is told when the platform is ready."""

import pytest

from c8py.cli.up import first_owner
from c8py.server.settings import Settings


@pytest.mark.parametrize(
    ("sign_in", "words"), [("once_owned", "open to this machine only"), ("always", "Nobody gets into Console before")]
)
def test_who_gets_into_console_is_said_as_it_is(sign_in, words):
    _, line, link = first_owner("http://here/join/x", Settings(sign_in=sign_in))
    assert words in line
    assert link == "  http://here/join/x"


def test_a_platform_that_has_an_owner_needs_no_word_of_it():
    assert first_owner("", Settings()) == []
