"""Answers of REST may come compressed: a proxy or an ingress in between does that as soon as a caller takes it."""

import gzip
import json

import pytest

from c8py.errors import NotFound
from c8py.models.keys import DocumentId
from harness.answering import Reply

TOPOLOGY = {"brokers": [], "clusterSize": 1, "partitionsCount": 1, "replicationFactor": 1, "gatewayVersion": "8.9.0"}
PROBLEM = {"title": "NOT_FOUND", "status": 404, "detail": "expected it, but it is gone"}
PIECE = bytes(range(256)) * 4096


@pytest.fixture
def client(http_server, camunda):
    """A client of a server that compresses for those who take it, as it says and not otherwise."""

    def make(status, content, kind):
        def answer(received):
            if "gzip" not in received.headers.get("accept-encoding", ""):
                return Reply(status, content, {"content-type": kind})
            return Reply(status, gzip.compress(content), {"content-type": kind, "content-encoding": "gzip"})

        server = http_server(answer)
        return camunda(rest=server.url), server

    return make


async def test_an_answer_may_come_compressed(client):
    camunda, server = client(200, json.dumps(TOPOLOGY).encode(), "application/json")
    topology = await camunda.topology(protocol="rest")
    assert topology.gateway_version == "8.9.0"
    assert "gzip" in server.received[-1].headers["accept-encoding"]


async def test_a_problem_may_come_compressed(client):
    camunda, _ = client(404, json.dumps(PROBLEM).encode(), "application/problem+json")
    with pytest.raises(NotFound, match="it is gone"):
        await camunda.users.get("ann")


async def test_a_download_may_come_compressed_and_is_whole(client):
    camunda, _ = client(200, PIECE, "application/octet-stream")
    content = b""
    async for piece in camunda.documents.download(DocumentId("d")):
        content += piece
    assert content == PIECE
