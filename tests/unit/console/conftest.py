"""An Administration API that answers as a test says."""

import pytest

from harness.answering import HttpServer


@pytest.fixture
def http_server():
    started = []

    def start(answer):
        started.append(HttpServer(answer))
        return started[-1]

    yield start
    for server in started:
        server.close()
