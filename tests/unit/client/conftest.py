"""Servers on real sockets that remember what was asked, and clients of them."""

import pytest

from harness.answering import Gateway, HttpServer


@pytest.fixture
def http_server():
    """Starts HTTP servers: an answering function."""
    started = []

    def start(answer):
        started.append(HttpServer(answer))
        return started[-1]

    yield start
    for server in started:
        server.close()


@pytest.fixture
def gateway():
    """Starts gateways: answers by rpc name."""
    started = []

    def start(answers):
        started.append(Gateway(answers))
        return started[-1]

    yield start
    for server in started:
        server.close()
