"""Secrets that have to be read again: sealed with AES-GCM, with a key that lies outside the database.

Who has the database alone, a backup of it for instance, has no secret. The key is a file of its own, readable by its
owner only; made on first use.
"""

import base64
import os
import secrets
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from c8py.base.redact import Secret
from c8py.errors import PlatformError

KEY_FILE_NAME: Final = "secrets.key"
_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12


class Seal:
    """Seals and opens texts.

    Args:
        key: 32 random bytes.
    """

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    @classmethod
    def at(cls, path: Path) -> "Seal":
        """The seal with the key in this file, which is made where there is none.

        Raises:
            PlatformError: the file cannot be read or made, or holds something else.
        """
        try:
            if not path.exists():
                with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                    file.write(secrets.token_hex(_KEY_BYTES) + "\n")
            if path.stat().st_mode & 0o077:
                path.chmod(0o600)
            return cls(bytes.fromhex(path.read_text().strip()))
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "it holds no key"
            raise PlatformError(
                f"expected the key of the connector secrets in {path}, but: {why}",
                hint="restore the file from a copy, or remove it and set every connector secret anew",
            ) from error

    def seal(self, secret: Secret, place: str) -> str:
        """The secret, unreadable without the key.

        Args:
            secret: what is to be kept.
            place: whose it is; what was sealed for one place opens in no other.
        """
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, secret.reveal().encode(), place.encode())
        return base64.b64encode(nonce + sealed).decode()

    def open(self, sealed: str, place: str) -> Secret:
        """What `seal` was given.

        Raises:
            PlatformError: it was sealed with another key, or for another place.
        """
        raw = base64.b64decode(sealed)
        try:
            return Secret(self._cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], place.encode()).decode())
        except InvalidTag:
            raise PlatformError(
                "expected a secret that was sealed with the key of this platform, but it was another key",
                hint=f"restore {KEY_FILE_NAME} beside the database, or set the secret anew",
            ) from None
