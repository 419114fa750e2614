"""Waiting for an answer that may lag behind what has happened."""

import pytest

from c8py.errors import DeadlineExceeded, InvalidArgument, NotFound


@pytest.fixture
def answers(camunda):
    """A client, and a question that gives these answers one after the other; errors are raised."""

    def make(*given):
        left = list(given)

        async def look():
            answer = left.pop(0) if len(left) > 1 else left[0]
            if isinstance(answer, Exception):
                raise answer
            return answer

        return camunda(rest="http://localhost:1"), look

    return make


async def test_what_is_not_there_yet_is_asked_for_again(answers):
    client, look = answers(NotFound("not yet"), NotFound("not yet"), "there")
    assert await client.wait_until(look) == "there"


async def test_the_first_wanted_answer_is_given(answers):
    client, look = answers(1, 2, 3)
    assert await client.wait_until(look, lambda answer: answer > 1) == 2


async def test_waiting_has_an_end(answers):
    client, look = answers(1)
    with pytest.raises(DeadlineExceeded, match=r"within 0\.1 seconds, but there was another answer"):
        await client.wait_until(look, lambda _: False, timeout_s=0.1)


async def test_other_errors_end_it_at_once(answers):
    client, look = answers(InvalidArgument("no"))
    with pytest.raises(InvalidArgument):
        await client.wait_until(look)
