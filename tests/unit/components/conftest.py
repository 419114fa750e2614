"""APIs that answer as a test says, and the settings that lead to them."""

import pytest

from c8py.config import load
from harness import counterparts
from harness.answering import HttpServer, Reply

TOKEN = b'{"access_token":"abc","expires_in":300}'


@pytest.fixture
def api(http_server):
    """A server for all APIs and their tokens, and its settings."""

    def make(answer, **more):
        server = http_server(lambda got: Reply(200, TOKEN) if got.path == "/oauth/token" else answer(got))
        counterparts.say(server.url, counterparts.STUB)
        settings = {
            "client_id": "cid",
            "client_secret": "s",
            "console_client_id": "org",
            "console_client_secret": "s",
            "oauth_url": f"{server.url}/oauth/token",
            "console_base_url": server.url,
            "modeler_base_url": f"{server.url}/api",
            "rest_address": server.url,
            "token_disk_cache": "false",
            **{f"{name}_base_url": f"{server.url}/{name}" for name in ("optimize", "operate", "tasklist")},
        }
        return server, load(settings | more, environ={})

    return make


@pytest.fixture
def http_server():
    started = []

    def start(answer):
        started.append(HttpServer(answer))
        return started[-1]

    yield start
    for server in started:
        server.close()
