"""Closes what is stored with AES-GCM, under a key that only the environment knows. Needs the extra `proxy`."""

import base64
import binascii
import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from c8py.base.redact import Secret
from c8py.errors import ConfigError

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_FORM: Final = b"c8py-sealed-1 "


class AesSeal:
    """Makes what is stored unreadable, and bound to the name that it is stored under.

    Args:
        key: 32 bytes, in base64.

    Raises:
        ConfigError: it is something else; it is not shown.
    """

    def __init__(self, key: Secret) -> None:
        text = key.reveal().strip()
        try:
            # Either alphabet: `openssl rand -base64 32` uses one, Python's secrets the other.
            raw = base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), validate=True)
        except (binascii.Error, ValueError):
            raw = b""
        if len(raw) != KEY_BYTES:
            raise ConfigError(
                f"expected a key of {KEY_BYTES} bytes in base64 to seal stored tokens with, but it is something else",
                hint="make one with `openssl rand -base64 32`",
            )
        self._cipher = AESGCM(raw)

    def close(self, content: bytes, name: str) -> bytes:
        """The content as it is stored under this name."""
        nonce = os.urandom(_NONCE_BYTES)
        return _FORM + nonce + self._cipher.encrypt(nonce, content, name.encode())

    def open(self, stored: bytes, name: str) -> bytes:
        """What was closed under this name.

        Raises:
            ValueError: it was closed with another key, under another name, or changed since.
        """
        if not stored.startswith(_FORM) or len(stored) < len(_FORM) + _NONCE_BYTES:
            raise ValueError(name)
        body = stored[len(_FORM) :]
        try:
            return self._cipher.decrypt(body[:_NONCE_BYTES], body[_NONCE_BYTES:], name.encode())
        except InvalidTag:
            raise ValueError(name) from None
