"""Ids and secrets for new things, handed in so that tests may choose them."""

import secrets
import string
import uuid
from typing import Final, Protocol

# SaaS's own alphabet and lengths: 64 of 66 characters are 386 bits, so that SHA-256 without salt is right for them.
_ALPHABET: Final = string.ascii_letters + string.digits + "-._~"
_CLIENT_ID_CHARS: Final = 32
_SECRET_CHARS: Final = 64


class Ids(Protocol):
    """Makes ids and secrets."""

    def uuid(self) -> str:
        """A new UUID."""
        ...

    def client_id(self) -> str:
        """A new id of a client."""
        ...

    def secret(self) -> str:
        """A new secret of a client."""
        ...


class RandomIds:
    """From the system's own randomness."""

    def uuid(self) -> str:
        """A new UUID, version 4."""
        return str(uuid.uuid4())

    def client_id(self) -> str:
        """32 characters; the first is a letter, so that no program takes it for an option."""
        return secrets.choice(string.ascii_letters) + _text(_CLIENT_ID_CHARS - 1)

    def secret(self) -> str:
        """64 characters; the first is a letter, so that no program takes it for an option."""
        return secrets.choice(string.ascii_letters) + _text(_SECRET_CHARS - 1)


def _text(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
