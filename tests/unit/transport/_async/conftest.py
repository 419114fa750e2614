"""What calls over gRPC are carried by, and waiting for what happens in the background."""

import asyncio
import time

import pytest


@pytest.fixture(params=["grpcio", "asyncio"])  # sync: @pytest.fixture(params=["grpcio"])
def grpc_transport(request):
    """Whatever holds for the library's core holds without it."""
    return request.param


@pytest.fixture
def eventually():
    async def wait(condition):
        deadline = time.monotonic() + 5
        while not condition():
            assert time.monotonic() < deadline, "it never came to be"
            await asyncio.sleep(0.005)

    return wait
