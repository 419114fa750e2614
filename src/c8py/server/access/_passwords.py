"""Passwords of members: kept as scrypt hashes with a salt of their own. Pure but for randomness; slow on purpose."""

import base64
import hashlib
import hmac
import secrets
from typing import Final

from c8py.base.redact import Secret

# 32 MiB and a tenth of a second each: what a machine that guesses has to spend as well.
_N: Final = 2**15
_R: Final = 8
_P: Final = 1
_MEMORY_BYTES_MAX: Final = 128 * _N * _R * 2
_SALT_BYTES: Final = 16

PASSWORD_CHARS_MIN: Final = 10
PASSWORD_CHARS_MAX: Final = 200


def hashed(password: Secret) -> str:
    """What is kept of a password; call it beside the event loop."""
    salt = secrets.token_bytes(_SALT_BYTES)
    return "$".join(("scrypt", str(_N), str(_R), str(_P), _text(salt), _text(_scrypt(password, salt, _N, _R, _P))))


def matches(password: Secret, kept: str) -> bool:
    """Whether this is the password; as long in the taking where nothing is kept. Call it beside the event loop."""
    _, n, r, p, salt, expected = (kept or _NOBODY).split("$")
    found = _scrypt(password, base64.b64decode(salt), int(n), int(r), int(p))
    return hmac.compare_digest(found, base64.b64decode(expected)) and bool(kept)


def _scrypt(password: Secret, salt: bytes, n: int, r: int, p: int) -> bytes:
    text = password.reveal().encode(errors="surrogatepass")
    return hashlib.scrypt(text, salt=salt, n=n, r=r, p=p, maxmem=_MEMORY_BYTES_MAX, dklen=32)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


_NOBODY: Final = "$".join(("scrypt", str(_N), str(_R), str(_P), _text(bytes(_SALT_BYTES)), _text(bytes(32))))
