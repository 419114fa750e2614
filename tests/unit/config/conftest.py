"""What tests of settings share: files that are written in a line, profiles, and a keyring that is nobody's."""

from collections.abc import Mapping
from pathlib import Path

import keyring
import keyring.backend
import pytest


class KeyringOfATest(keyring.backend.KeyringBackend):
    """A keyring in memory that counts what it is asked."""

    priority = 1.0  # pyright: ignore[reportAssignmentType]

    def __init__(self):
        super().__init__()
        self.secrets = {}
        self.asked = []

    def get_password(self, service, username):
        self.asked.append(f"{service}/{username}")
        return self.secrets.get((service, username))

    def set_password(self, service, username, password):
        self.secrets[service, username] = password

    def delete_password(self, service, username):
        del self.secrets[service, username]


@pytest.fixture
def own_keyring():
    """A keyring that is nobody's."""
    before = keyring.get_keyring()
    mine = KeyringOfATest()
    keyring.set_keyring(mine)
    yield mine
    keyring.set_keyring(before)


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
