"""Waiting for what happens in the background."""

import asyncio
import time

import pytest


@pytest.fixture
def eventually():
    async def wait(condition):
        deadline = time.monotonic() + 5
        while not condition():
            assert time.monotonic() < deadline, "it never came to be"
            await asyncio.sleep(0.005)

    return wait
