"""What tests of settings share: files that are written in a line, and profiles."""

from collections.abc import Mapping
from pathlib import Path

import pytest


@pytest.fixture
def written(tmp_path):
    """Writes assignments as Console does."""

    def write(assignments: Mapping[str, str], name: str = "creds.txt") -> Path:
        path = tmp_path / name
        path.write_text("".join(f"export {key}='{value}'\n" for key, value in assignments.items()))
        return path

    return write


@pytest.fixture
def profiles(tmp_path):
    """Writes profiles, and gives the environment in which they are found."""

    def write(text: str) -> dict[str, str]:
        path = tmp_path / "config" / "profiles.toml"
        path.parent.mkdir(mode=0o700)
        path.write_text(text)
        path.chmod(0o600)
        return {"C8_CONFIG_DIR": str(path.parent)}

    return write
