"""A client of both servers."""

import pytest

from c8py.client import AsyncCamunda
from c8py.config import load


@pytest.fixture
async def camunda():
    """Makes clients of addresses; all are closed."""
    made = []

    def make(grpc=None, rest=None, **arguments):
        own = {"grpc_address": grpc, "rest_address": rest, "token_disk_cache": "false"}
        settings = load(own | arguments, environ={})
        made.append(AsyncCamunda(settings))
        return made[-1]

    yield make
    for client in made:
        await client.aclose()
