import asyncio

import pytest

from harness.small_broker import write_java

DEADLINE_S = 20.0


@pytest.fixture
def java(tmp_path):
    """A Java that runs the small program, whatever it is told to run."""
    return write_java(tmp_path / "java")


@pytest.fixture
def until():
    """Waits for what other processes do."""

    async def wait(condition):
        async with asyncio.timeout(DEADLINE_S):
            while not condition():  # noqa: ASYNC110  what it waits for is other processes
                await asyncio.sleep(0.02)

    return wait
