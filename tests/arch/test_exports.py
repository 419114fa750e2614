"""What is public is a decision: `__all__` of every public room, as it stands in exports.txt.

A name that appears or goes is a change that users see. Put it in exports.txt by hand, and in the CHANGELOG.
"""

import importlib
from pathlib import Path

import pytest

LISTED = Path(__file__).with_name("exports.txt")
ROOMS = [line.rstrip(":") for line in LISTED.read_text().splitlines() if line.endswith(":")]


def listed(room: str) -> list[str]:
    block = LISTED.read_text().partition(f"{room}:\n")[2].partition("\n\n")[0]
    return [line.strip() for line in block.splitlines()]


@pytest.mark.parametrize("room", ROOMS)
def test_the_room_exports_what_is_listed(room):
    assert sorted(importlib.import_module(room).__all__) == sorted(listed(room))


@pytest.mark.parametrize("room", ROOMS)
def test_every_export_is_there(room):
    module = importlib.import_module(room)
    assert [name for name in module.__all__ if not hasattr(module, name)] == []
