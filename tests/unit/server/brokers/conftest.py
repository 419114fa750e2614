import asyncio
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("broker.py")
DEADLINE_S = 20.0


@pytest.fixture
def java(tmp_path):
    """A Java that runs the small program, whatever it is told to run."""
    program = tmp_path / "java"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{PROGRAM}" "$@"\n')
    program.chmod(0o755)
    return program


@pytest.fixture
def until():
    """Waits for what other processes do."""

    async def wait(condition):
        async with asyncio.timeout(DEADLINE_S):
            while not condition():  # noqa: ASYNC110  what it waits for is other processes
                await asyncio.sleep(0.02)

    return wait
