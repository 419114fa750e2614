"""Frames of HTTP/2, made and read by hand: for peers that send what no library would."""

import hpack

DATA, HEADERS, RESET, SETTINGS, PING, GO_AWAY, WINDOW, CONTINUATION = 0, 1, 3, 4, 6, 7, 8, 9
END_STREAM, ACK, END_HEADERS, PADDED = 1, 1, 4, 8
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def frame(kind, flags, number, payload=b""):
    return len(payload).to_bytes(3) + bytes((kind, flags)) + number.to_bytes(4) + payload


def frames(sent):
    """What was sent, as (kind, flags, number, payload)."""
    found, at = [], 0
    while at < len(sent):
        size = int.from_bytes(sent[at : at + 3])
        found.append((sent[at + 3], sent[at + 4], int.from_bytes(sent[at + 5 : at + 9]), sent[at + 9 : at + 9 + size]))
        at += 9 + size
    return found


class Peer:
    """Answers with frames; its compression has the state that a real one has."""

    def __init__(self):
        self.encoder, self.decoder = hpack.Encoder(), hpack.Decoder()

    def answer(self, number, message=b"", status="0", **more):
        trailers = [("grpc-status", status), *more.items()]
        return (
            frame(HEADERS, END_HEADERS, number, self.encoder.encode([(":status", "200")]))
            + frame(DATA, 0, number, b"\x00" + len(message).to_bytes(4) + message)
            + frame(HEADERS, END_HEADERS | END_STREAM, number, self.encoder.encode(trailers))
        )
