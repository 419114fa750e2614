"""Rules of documents that come in pieces: in order, no faster than they are taken, and whole or not at all."""

from contextlib import aclosing

import pytest

from c8py.errors import ConnectionFailed, NotFound
from c8py.models.keys import DocumentId, ProcessDefinitionKey
from harness.answering import Reply

PIECE = bytes(range(256)) * 1024  # 256 KiB
PIECES = 256


class Store:
    """Answers with one large document, and knows how much of it has left."""

    def __init__(self, pieces=PIECES, breaks_off_after=None):
        self.pieces = pieces
        self.breaks_off_after = breaks_off_after
        self.sent_bytes = 0

    def __call__(self, received):
        return Reply(200, headers={"content-type": "application/octet-stream"}, pieces=self.content())

    def content(self):
        for number in range(self.pieces):
            if number == self.breaks_off_after:
                raise OSError("the cable is pulled")
            yield PIECE
            self.sent_bytes += len(PIECE)


@pytest.fixture
def store(http_server, camunda):
    def make(answer):
        server = http_server(answer)
        return camunda(rest=server.url), server

    return make


async def whole(pieces):
    content = b""
    async for piece in pieces:
        content += piece
    return content


async def test_a_document_comes_in_pieces_and_no_faster_than_they_are_taken(store):
    content = Store()
    client, server = store(content)
    came = 0
    async with aclosing(client.documents.download(DocumentId("d/1"), store_id="s", content_hash="h")) as pieces:
        async for piece in pieces:
            assert len(piece) <= 64 * 1024
            assert piece == (PIECE * 2)[came % 256 :][: len(piece)]
            came += len(piece)
            # What is on the way is what the two sockets hold, and no more.
            assert content.sent_bytes - came < 24 * 1024 * 1024
    assert came == len(PIECE) * PIECES
    assert server.received[0].path == "/v2/documents/d%2F1?storeId=s&contentHash=h"
    assert server.received[0].headers["accept"].startswith("application/octet-stream")


async def test_a_download_that_is_left_ends(store):
    content = Store()
    client, _ = store(content)
    async with aclosing(client.documents.download(DocumentId("d"))) as pieces:
        assert await anext(pieces)
    assert content.sent_bytes < len(PIECE) * PIECES


async def test_a_document_is_saved_whole(store, tmp_path):
    client, _ = store(Store(pieces=3))
    path = tmp_path / "d.bin"
    path.write_bytes(b"older")
    assert await client.documents.save(DocumentId("d"), path) == path
    assert path.read_bytes() == PIECE * 3
    assert list(tmp_path.iterdir()) == [path]


async def test_a_document_that_breaks_off_leaves_what_was_there(store, tmp_path):
    client, _ = store(Store(breaks_off_after=3))
    path = tmp_path / "d.bin"
    path.write_bytes(b"older")
    with pytest.raises(ConnectionFailed, match="broke off"):
        await client.documents.save(DocumentId("d"), path)
    assert path.read_bytes() == b"older"
    assert list(tmp_path.iterdir()) == [path]


async def test_a_document_that_is_not_there_is_an_error_before_the_first_piece(store):
    problem = b'{"title":"NOT_FOUND","status":404,"detail":"no such document"}'
    client, _ = store(lambda _: Reply(404, problem))
    with pytest.raises(NotFound, match="no such document"):
        await anext(client.documents.download(DocumentId("d")))


async def test_a_download_is_begun_again_while_nothing_of_it_has_come(store):
    refusals = iter([Reply(503), Reply(200, b"hello")])
    client, server = store(lambda _: next(refusals))
    assert await whole(client.documents.download(DocumentId("d"))) == b"hello"
    assert len(server.received) == 2


async def test_a_resource_comes_in_pieces_too(store):
    topology = b'{"gatewayVersion":"8.10.0"}'
    client, server = store(lambda one: Reply(200, topology if one.path == "/v2/topology" else b"<x/>"))
    assert await whole(client.resources.download(ProcessDefinitionKey("7"))) == b"<x/>"
    assert server.received[-1].path == "/v2/resources/7/content/binary"
