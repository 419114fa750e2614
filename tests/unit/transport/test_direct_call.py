"""Rules of what a call says and hears in the words of gRPC."""

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from c8py.transport.direct_call import LongCall, time_left

SECONDS = {"m": 0.001, "S": 1, "M": 60, "H": 3600}


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-1, "1m"),
        (0, "1m"),
        (0.0001, "1m"),
        (10, "10000m"),
        (99_999.9985, "100000S"),
        (100_000, "100000S"),
        (200_000_000, "3333334M"),
        (7_000_000_000, "1944445H"),
        (math.inf, "99999999H"),
    ],
)
def test_the_time_of_a_call_has_a_unit_that_its_digits_are_enough_for(seconds, said):
    assert time_left(seconds) == said


@given(st.floats(min_value=0.001, max_value=99_999_998 * 3600.0))
def test_a_gateway_is_given_the_time_that_there_is_and_little_more(seconds):
    said = time_left(seconds)
    count, unit_s = int(said[:-1]), SECONDS[said[-1]]
    assert len(said) <= 9
    assert seconds * 0.999999 <= count * unit_s <= seconds + unit_s * 1.000001


@given(
    st.lists(st.binary(max_size=40), max_size=12),
    st.lists(st.integers(min_value=0, max_value=60), max_size=20),
    st.integers(min_value=0, max_value=3),
)
@example([b"", b"a message", b""], [3, 1, 4, 1, 2], 0)
def test_messages_without_end_come_whole_however_they_are_cut_and_give_back_all_their_room(messages, cuts, read_every):
    heard = 0

    def news(_):
        nonlocal heard
        heard += 1

    call = LongCall(news, 0.0)
    answer = b"".join(b"\0" + len(message).to_bytes(4) + message for message in messages)
    read, came, at = [], 0, 0
    for number, size in enumerate([*cuts, len(answer)]):
        part, at = answer[at : at + size], at + size
        came += len(part)
        before = len(call.unread), heard
        assert call.take(part) is None
        assert (len(call.unread) > before[0]) == (heard > before[1]), "it is told whenever there are more"
        if read_every and number % read_every == 0:
            read += [call.read() for _ in range(len(call.unread))]
        unread = sum(len(message) + 5 for message, _ in call.unread)
        # What lies unread takes room; what is cut off does while there is something to read.
        assert came - unread - len(call.body) * bool(call.unread) <= call.uncredited <= came
    read += [call.read() for _ in range(len(call.unread))]
    assert read == messages
    assert call.uncredited == len(answer)


@pytest.mark.parametrize(
    ("head", "status", "why"),
    [
        (b"\x01\0\0\0\0", "INTERNAL", "without compression"),
        (b"\0\xff\xff\xff\xff", "RESOURCE_EXHAUSTED", "larger than max"),
    ],
)
def test_a_message_without_sense_ends_a_call_without_end(head, status, why):
    refused = LongCall(lambda _: None, 0.0).take(head)
    assert refused is not None
    assert refused[0] == status
    assert why in refused[1]


@pytest.mark.parametrize("size", [1000, 17_000, 100_000, 131_072])
def test_of_messages_that_nobody_reads_no_more_come_than_there_is_room_for_and_one(size):
    window, frame = 65_536, 16_384
    call, room, sent = LongCall(lambda _: None, 0.0), window, b""
    message = b"\0" + size.to_bytes(4) + bytes(size)
    for _ in range(2000):
        part_size = min(room, frame)
        while len(sent) < part_size:
            sent += message
        assert call.take(sent[:part_size]) is None
        sent, room = sent[part_size:], room - part_size
        if call.uncredited > window // 2:
            room, call.uncredited = room + call.uncredited, 0
    assert room == 0, "it has stopped"
    assert sum(len(one) + 5 for one, _ in call.unread) + len(call.body) <= window + size + 5
