"""What tests of several rooms share: a keyring that is nobody's."""

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
