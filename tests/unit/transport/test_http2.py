"""Rules of a connection of HTTP/2, against a peer that is made of frames."""

import contextlib

import hpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from c8py.transport import direct_call
from c8py.transport.direct_call import Call, LongCall
from c8py.transport.http2 import BrokenPeer, Session
from harness.http2_frames import (
    ACK,
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    GO_AWAY,
    HEADERS,
    PADDED,
    PING,
    PREFACE,
    RESET,
    SETTINGS,
    WINDOW,
    Peer,
    frame,
    frames,
)


@pytest.fixture
def peer():
    return Peer()


@pytest.fixture
def ended():
    return []


@pytest.fixture
def session():
    made = Session(scheme="http", authority="gateway:26500", agent="c8py")
    assert made.to_send().startswith(PREFACE)
    return made


@pytest.fixture
def say(session, ended):
    """Opens a call."""

    def open_(message=b"hello", headers=(), path="/gateway/Complete"):
        call = Call(ended.append, 0.0)
        session.open(call, path, headers, "10S", message)
        return call

    return open_


def test_a_call_is_headers_and_one_message(session, say, peer):
    call = say(headers=(("authorization", "Bearer t"),))
    (kind, flags, number, block), (data, end, _, payload) = frames(session.to_send())
    assert (kind, flags, number, data, end) == (HEADERS, END_HEADERS, call.number, DATA, END_STREAM)
    assert payload == b"\x00\x00\x00\x00\x05hello"
    headers = dict(peer.decoder.decode(block))
    assert headers[":path"] == "/gateway/Complete"
    assert headers["authorization"] == "Bearer t"
    assert headers["grpc-timeout"] == "10S"
    assert headers["te"] == "trailers"


@given(st.lists(st.tuples(st.sampled_from(["/a", "/b"]), st.sampled_from(["t1", "t2", "t3" * 900])), max_size=20))
def test_whatever_was_said_before_headers_arrive_as_they_were_meant(calls):
    session, decoder = Session(scheme="https", authority="g", agent="c8py"), hpack.Decoder()
    session.to_send()
    for path, token in calls:
        session.open(Call(lambda _: None, 0.0), path, (("authorization", token),), "1S", b"")
        found = {str(name): value for name, value in decoder.decode(frames(session.to_send())[0][3])}
        assert (found[":path"], found["authorization"]) == (path, token)


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=8), st.integers(min_value=1, max_value=60))
def test_answers_are_the_same_however_their_bytes_are_cut(messages, size):
    session, peer, ended = Session(scheme="http", authority="g", agent="c8py"), Peer(), []
    for _ in messages:
        session.open(Call(ended.append, 0.0), "/a", (), "1S", b"")
    came = b"".join(peer.answer(1 + 2 * at, message, **{"x-at": str(at)}) for at, message in enumerate(messages))
    for at in range(0, len(came), size):
        session.received(came[at : at + size])
    assert [call.messages() for call in ended] == [[message] for message in messages]
    assert [call.status for call in ended] == ["OK"] * len(messages)
    assert not session.calls


@given(st.binary(max_size=200))
def test_bytes_without_sense_break_the_connection_or_nothing(rubbish):
    session = Session(scheme="http", authority="g", agent="c8py")
    session.open(Call(lambda _: None, 0.0), "/a", (), "1S", b"")
    with contextlib.suppress(BrokenPeer):
        session.received(rubbish)
    session.lost("gone")
    assert not session.calls


def test_a_status_comes_with_its_words(session, say, peer, ended):
    say()
    session.received(peer.answer(1, status="5", **{"grpc-message": "no%20such job"}))
    assert (ended[0].status, ended[0].details) == ("NOT_FOUND", "no such job")


def test_an_answer_without_a_message_may_be_a_status_alone(session, say, peer, ended):
    say()
    block = peer.encoder.encode([(":status", "200"), ("grpc-status", "14"), ("grpc-message", "later")])
    session.received(frame(HEADERS, END_HEADERS | END_STREAM, 1, block))
    assert (ended[0].status, ended[0].details) == ("UNAVAILABLE", "later")


@pytest.mark.parametrize(("http", "status"), [("503", "UNAVAILABLE"), ("401", "UNAUTHENTICATED"), ("418", "UNKNOWN")])
def test_a_proxy_that_answers_instead_is_understood(session, say, ended, http, status):
    say()
    session.received(frame(HEADERS, END_HEADERS | END_STREAM, 1, hpack.Encoder().encode([(":status", http)])))
    assert ended[0].status == status


@pytest.mark.parametrize("meant", [("503", "UNAVAILABLE"), ("401", "UNAUTHENTICATED"), ("418", "UNKNOWN")])
@pytest.mark.parametrize("ends_with", ["its page", "nothing", "trailers"])
def test_a_proxy_that_answers_with_a_page_is_understood_alike(session, say, ended, meant, ends_with):
    (http, status), peer = meant, Peer()
    say()
    session.received(frame(HEADERS, END_HEADERS, 1, peer.encoder.encode([(":status", http)])))
    session.received(frame(DATA, END_STREAM if ends_with == "its page" else 0, 1, b"<html>" * 1000))
    if ends_with == "nothing":
        session.received(frame(DATA, END_STREAM, 1))
    elif ends_with == "trailers":
        session.received(frame(HEADERS, END_HEADERS | END_STREAM, 1, peer.encoder.encode([("x-proxy", "squid")])))
    assert [(call.status, call.details) for call in ended] == [(status, f"received http2 header with status: {http}")]


def test_an_answer_of_a_gateway_that_ends_without_a_status_is_a_fault(session, say, peer, ended):
    say()
    session.received(frame(HEADERS, END_HEADERS, 1, peer.encoder.encode([(":status", "200")])))
    session.received(frame(DATA, END_STREAM, 1, b"\0\0\0\0\0"))
    assert ended[0].status == "INTERNAL"


def test_headers_may_be_padded_and_come_in_parts(session, say, peer, ended):
    say()
    block = peer.encoder.encode([(":status", "200"), ("grpc-status", "0")])
    session.received(frame(HEADERS, END_STREAM | PADDED, 1, b"\x03" + block[:2] + b"\0\0\0"))
    session.received(frame(CONTINUATION, END_HEADERS, 1, block[2:]))
    assert ended[0].status == "OK"


def test_nothing_may_come_between_the_parts_of_headers(session, say):
    say()
    session.received(frame(HEADERS, 0, 1, b"\x88"))
    with pytest.raises(BrokenPeer):
        session.received(frame(PING, 0, 0, b"12345678"))


def test_no_more_is_sent_than_the_peer_has_room_for(session, say):
    call = say(b"x" * 70_000)
    sent = [payload for kind, _, _, payload in frames(session.to_send()) if kind == DATA]
    assert sum(map(len, sent)) == 65_535
    assert all(len(payload) <= 16_384 for payload in sent)
    session.received(frame(WINDOW, 0, 0, (10_000).to_bytes(4)))
    assert not session.to_send()
    session.received(frame(WINDOW, 0, call.number, (10_000).to_bytes(4)))
    (_, flags, _, rest) = frames(session.to_send())[-1]
    assert (flags, len(rest)) == (END_STREAM, 70_005 - 65_535)


def test_settings_of_the_peer_hold_for_open_calls_and_are_acknowledged(session, say):
    say(b"x" * 70_000)
    session.to_send()
    session.received(frame(SETTINGS, 0, 0, b"\0\x04" + (100_000).to_bytes(4)))
    session.received(frame(WINDOW, 0, 0, (100_000).to_bytes(4)))
    sent = frames(session.to_send())
    assert (SETTINGS, ACK, 0, b"") in sent
    assert sent[-1][:2] == (DATA, END_STREAM)


def test_what_was_received_is_given_back_as_room(session, say):
    say()
    session.to_send()
    for _ in range(300):
        session.received(frame(DATA, 0, 1, b"x" * 16_384))
    back = [
        int.from_bytes(payload)
        for kind, _, number, payload in frames(session.to_send())
        if (kind, number) == (WINDOW, 0)
    ]
    assert sum(back) > 4_000_000


def credited(session, to):
    """The room given back since the last time, of a call or (0) of the connection."""
    found = frames(session.to_send())
    return [int.from_bytes(room) for kind, _, number, room in found if (kind, number) == (WINDOW, to)]


def test_room_that_padding_took_is_given_back_too(session, say):
    call = say()
    session.to_send()
    back = 0
    for _ in range(600):
        session.received(frame(DATA, PADDED, call.number, b"\xff" + b"x" + b"\0" * 255))
        session.received(frame(DATA, PADDED, call.number, b"\xff" + b"\0" * 255) * 60)
        back += sum(credited(session, call.number))
    assert back > 4_000_000


def test_no_room_is_never_given_back(session, say):
    call = say()
    session.to_send()
    for _ in range(600):
        session.received(frame(DATA, 0, call.number, b"x" * 16_384) + frame(DATA, 0, call.number))
        session.received(frame(DATA, PADDED, call.number, b"\0"))
        assert 0 not in credited(session, call.number)


def test_a_page_of_somebody_in_between_ends_a_call_at_once_and_the_rest_of_it_takes_no_room(session, say, peer, ended):
    call = say()
    session.to_send()
    session.received(frame(HEADERS, END_HEADERS, call.number, peer.encoder.encode([(":status", "503")])))
    assert [(one.status, one.details) for one in ended] == [("UNAVAILABLE", "received http2 header with status: 503")]
    assert frames(session.to_send()) == [(RESET, 0, call.number, (8).to_bytes(4))]
    for _ in range(600):
        session.received(frame(DATA, 0, call.number, b"x" * 16_384))
    assert sum(credited(session, 0)) > 4_000_000


def test_a_word_before_the_answer_is_no_answer(session, say, peer, ended):
    call = say()
    session.received(frame(HEADERS, END_HEADERS, call.number, peer.encoder.encode([(":status", "103")])))
    session.received(peer.answer(call.number, b"found"))
    assert [one.status for one in ended] == ["OK"]
    assert call.messages() == [b"found"]


def test_who_sends_more_than_there_is_room_for_is_heard_no_longer(ended):
    session = Session(scheme="http", authority="g", agent="c8py", window=65_536)
    call = LongCall(ended.append, 0.0)
    session.open(call, "/gateway/Stream", (), "10S", b"")
    for _ in range(5):
        session.received(frame(DATA, 0, call.number, b"\0\0\0\x3f\xfb" + bytes(16_379)))
    assert (len(ended), len(call.unread), call.status) == (5, 4, "INTERNAL")


def test_pings_are_answered(session):
    session.received(frame(PING, 0, 0, b"12345678"))
    assert frames(session.to_send()) == [(PING, ACK, 0, b"12345678")]


def test_who_goes_away_finishes_what_it_took(session, say, peer, ended):
    first, second = say(), say()
    session.received(frame(GO_AWAY, 0, 0, first.number.to_bytes(4) + bytes(4)))
    assert [(call.number, call.status) for call in ended] == [(second.number, "UNAVAILABLE")]
    assert not session.takes_calls
    session.received(peer.answer(first.number))
    assert ended[-1].status == "OK"


def test_a_cancelled_call_is_reset_and_its_answer_passed_over(session, say, peer, ended):
    call = say()
    session.to_send()
    session.cancel(call)
    assert frames(session.to_send()) == [(RESET, 0, 1, (8).to_bytes(4))]
    session.received(peer.answer(1))
    assert ended == []
    say()
    session.received(peer.answer(3))  # the compression has not lost its place
    assert ended[0].status == "OK"


def test_a_lost_connection_ends_all_calls(session, say, ended):
    say()
    say()
    session.lost("socket closed")
    assert [(call.status, call.details) for call in ended] == [("UNAVAILABLE", "socket closed")] * 2


def test_no_more_calls_are_open_than_the_peer_takes(session, say, peer, ended):
    session.received(frame(SETTINGS, 0, 0, b"\0\x03" + (2).to_bytes(4)))
    session.to_send()
    calls = [say() for _ in range(4)]
    assert [number for kind, _, number, _ in frames(session.to_send()) if kind == HEADERS] == [1, 3]
    session.received(peer.answer(1))
    assert [number for kind, _, number, _ in frames(session.to_send()) if kind == HEADERS] == [5]
    session.cancel(calls[3])
    session.received(peer.answer(3) + peer.answer(5))
    assert [call.status for call in ended] == ["OK"] * 3
    assert not session.unanswered


def test_headers_that_are_longer_than_a_frame_go_out_in_parts(session, say, peer):
    token = "t" * 40_000
    say(headers=(("authorization", token),))
    sent = [part for part in frames(session.to_send()) if part[0] in {HEADERS, CONTINUATION}]
    assert [part[:2] for part in sent] == [(HEADERS, 0), (CONTINUATION, 0), (CONTINUATION, END_HEADERS)]
    assert all(len(part) <= 16_384 for *_, part in sent)
    assert dict(peer.decoder.decode(b"".join(part for *_, part in sent)))["authorization"] == token


def message(size):
    return b"\0" + size.to_bytes(4) + b"x" * size


def receive(session, whole, *, ends=True):
    """The answer to the first call, in frames of the usual size."""
    peer = Peer()
    session.received(frame(HEADERS, END_HEADERS, 1, peer.encoder.encode([(":status", "200")])))
    for at in range(0, len(whole), 16_384):
        session.received(frame(DATA, 0, 1, whole[at : at + 16_384]))
    if ends:
        session.received(frame(HEADERS, END_HEADERS | END_STREAM, 1, peer.encoder.encode([("grpc-status", "0")])))


def test_each_message_of_an_answer_may_be_as_large_as_the_limit(session, say, ended, monkeypatch):
    monkeypatch.setattr(direct_call, "GRPC_MESSAGE_BYTES_MAX", 50_000)
    say()
    receive(session, message(50_000) * 3 + message(0) + message(50_000))
    assert ended[0].status == "OK"
    assert [len(one) for one in ended[0].messages()] == [50_000] * 3 + [0, 50_000]


@pytest.mark.parametrize("before", [b"", message(0), message(40_000)])
def test_no_message_of_an_answer_may_be_larger(session, say, ended, monkeypatch, before):
    monkeypatch.setattr(direct_call, "GRPC_MESSAGE_BYTES_MAX", 50_000)
    say()
    session.to_send()
    receive(session, before + message(50_001)[:5], ends=False)  # it is not waited for
    assert ended[0].status == "RESOURCE_EXHAUSTED"
    assert "larger than max" in ended[0].details
    assert frames(session.to_send())[-1] == (RESET, 0, 1, (8).to_bytes(4))


@pytest.mark.parametrize("whole", [message(1000) * 101, b"\1" * 100_001], ids=["messages", "no sense"])
def test_all_messages_of_an_answer_together_have_a_limit_too(session, say, ended, monkeypatch, whole):
    monkeypatch.setattr(direct_call, "GRPC_ANSWER_BYTES_MAX", 100_000)
    say()
    receive(session, whole, ends=False)
    assert ended[0].status == "RESOURCE_EXHAUSTED"
    assert "larger than max" in ended[0].details
    assert frames(session.to_send())[-1] == (RESET, 0, 1, (8).to_bytes(4))


def test_a_large_answer_comes_whole(session, say, peer, ended):
    say()
    sent = b"0123456789abcdef" * 4096
    session.received(frame(HEADERS, END_HEADERS, 1, peer.encoder.encode([(":status", "200")])))
    whole = b"\x00" + len(sent).to_bytes(4) + sent
    for at in range(0, len(whole), 1000):
        session.received(frame(DATA, 0, 1, whole[at : at + 1000]))
    session.received(frame(HEADERS, END_HEADERS | END_STREAM, 1, peer.encoder.encode([("grpc-status", "0")])))
    assert ended[0].messages() == [sent]


def test_an_answer_before_the_end_of_the_question_stops_the_rest_of_it(session, say, peer, ended):
    say(b"x" * 70_000)
    session.to_send()
    session.received(peer.answer(1, status="8"))
    assert ended[0].status == "RESOURCE_EXHAUSTED"
    assert frames(session.to_send())[-1] == (RESET, 0, 1, (8).to_bytes(4))
    session.received(frame(WINDOW, 0, 0, (100_000).to_bytes(4)))
    assert not session.to_send()


@pytest.mark.parametrize(
    ("code", "status"), [(0, "INTERNAL"), (7, "UNAVAILABLE"), (8, "CANCELLED"), (11, "RESOURCE_EXHAUSTED")]
)
def test_a_reset_has_the_status_of_its_code(session, say, ended, code, status):
    say()
    session.received(frame(RESET, 0, 1, code.to_bytes(4)))
    assert (ended[0].status, ended[0].untouched) == (status, code == 7)


def test_calls_that_nobody_has_seen_are_known(session, say, ended):
    session.received(frame(SETTINGS, 0, 0, b"\0\x03" + (2).to_bytes(4)))
    calls = [say() for _ in range(3)]
    session.received(frame(GO_AWAY, 0, 0, calls[0].number.to_bytes(4) + bytes(4)))
    assert {call: call.untouched for call in ended} == {calls[1]: True, calls[2]: True}
    session.lost("gone")
    assert not calls[0].untouched


LONG_HEADER = hpack.Encoder().encode([("x", "y" * 4000)], huffman=False)
HOSTILE = {
    "pings without end": [frame(PING, 0, 0, b"12345678")] * 2000,
    "settings without end": [frame(SETTINGS, 0, 0)] * 2000,
    "settings that are cut off": [frame(SETTINGS, 0, 0, b"12345")],
    "settings of a call": [frame(SETTINGS, 0, 1)],
    "a window that is too large": [frame(SETTINGS, 0, 0, b"\0\x04" + (2**31).to_bytes(4))],
    "a window that grows too large": [frame(WINDOW, 0, 0, (2**31 - 1).to_bytes(4))],
    "a window of a call that grows too large": [frame(WINDOW, 0, 1, (2**31 - 1).to_bytes(4))],
    "a size of frames that is too small": [frame(SETTINGS, 0, 0, b"\0\x05" + (1).to_bytes(4))],
    "a frame that is too large": [(16_385).to_bytes(3) + bytes((DATA, 0)) + (1).to_bytes(4)],
    "headers without end": [frame(HEADERS, 0, 1, b"x" * 16_384), *[frame(CONTINUATION, 0, 1, b"x" * 16_384)] * 8],
    "headers that unpack to a hundred times their size": [
        frame(HEADERS, END_HEADERS, 1, LONG_HEADER + b"\xbe" * 1000),
    ],
    "headers of no sense": [frame(HEADERS, END_HEADERS, 1, b"\xff\xff\xff\xff\xff\xff")],
    "padding larger than the frame": [frame(DATA, PADDED, 1, b"\xff1")],
}


@pytest.mark.parametrize("sent", HOSTILE.values(), ids=HOSTILE)
def test_what_no_honest_peer_sends_breaks_the_connection(session, say, sent):
    say()

    def receive():
        for one in sent:
            session.received(one)

    with pytest.raises(BrokenPeer):
        receive()


def test_pings_whose_answers_are_read_are_fine(session):
    for _ in range(2000):
        session.received(frame(PING, 0, 0, b"12345678"))
        assert session.to_send()


def test_resets_without_end_leave_nothing_behind(session, say, ended):
    for _ in range(500):
        call = say()
        session.received(frame(RESET, 0, call.number, (0).to_bytes(4)) * 3)
        session.to_send()
    assert len(ended) == 500
    assert not session.unanswered
