"""What must not be shown, and whether a text shows it. Pure: who collects the texts is `watching`.

Kept for a whole run of tests: every secret that was made, and those in environments and credentials files. Tokens are
known by their looks as well, for those of other processes nobody tells us.
"""

import base64
import binascii
import json
import re
import threading
import urllib.parse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

# Shorter ones stand in other words by chance, and so do plain words.
LENGTH_MIN: Final = 6
WORD_LENGTH_MIN: Final = 12
EXCERPT_CHARS: Final = 100
LARGE_CHARS: Final = 100_000
MASK: Final = "***"

# Commands whose purpose it is to print a secret, on standard output and nowhere else.
PRINTS_A_SECRET: Final = (("token",), ("console", "clients", "create"))

_NAMES_A_SECRET: Final = re.compile(r"(SECRET|PASSWORD|PASSPHRASE|PASSWD|OAUTH_TOKEN|CLIENTSECRET|MTLS_KEY)$")
# The signature is what makes it a token: the rest alone opens no door.
_TOKEN: Final = re.compile(r"eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}")
# Addresses of proxies are kept like secrets, as a password may stand in them; one without says nothing.
_BARE_ADDRESS: Final = re.compile(r"[a-z]+://[\w.:\[\]-]*/?")
# No secret is one character alone; ten megabytes of it would be searched for each of thousands of secrets.
_RUN: Final = re.compile(r"(.)\1{63,}", re.DOTALL)
_BASIC: Final = re.compile(r"(?<=[Bb]asic )[A-Za-z0-9+/]{8,}={0,2}")


class Known:
    """Secrets, each with where it comes from. Threads may share it."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._origins: dict[str, str] = {}
        self._looks: dict[str, str] = {}

    def learn(self, secret: str, origin: str) -> None:
        """Remember a secret, in every way in which it may be written; too short ones cannot be told from words.

        Args:
            secret: the text itself.
            origin: where it comes from, for people.
        """
        if secret in self._looks or not _is_tellable(secret):
            return
        with self._guard:
            for written in _written(secret):
                self._looks.setdefault(written, secret)
            self._origins.setdefault(secret, origin)

    def learn_named(self, values: Mapping[str, str], origin: str) -> None:
        """Remember those of an environment, or of a credentials file, whose name says that they are secret."""
        for name, value in values.items():
            if _NAMES_A_SECRET.search(name.upper()):
                self.learn(value, f"{name} of {origin}")

    def shown_in(self, text: str) -> str:
        """What the text shows, said without showing it again; empty where it shows nothing."""
        if not text:
            return ""
        if len(text) > LARGE_CHARS:
            text = _RUN.sub(r"\1", text)
        for written, secret in list(self._looks.items()):
            if written in text:
                return self._complaint(f"a secret ({self._origins[secret]})", text, text.index(written), len(written))
        found = _TOKEN.search(text) or next((one for one in _BASIC.finditer(text) if self._is_password(one[0])), None)
        if found is not None:
            kind = "a token" if found.re is _TOKEN else "a secret in a Basic header"
            return self._complaint(kind, text, found.start(), found.end() - found.start())
        return ""

    def masked(self, text: str) -> str:
        """The text without any of them."""
        for written in sorted(self._looks, key=len, reverse=True):
            text = text.replace(written, MASK)
        return _BASIC.sub(MASK, _TOKEN.sub(MASK, text))

    def _is_password(self, encoded: str) -> bool:
        try:
            text = base64.b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
        except (binascii.Error, UnicodeDecodeError):
            return False
        return any(written in text for written in list(self._looks))

    def _complaint(self, what: str, text: str, start: int, length: int) -> str:
        # Cut after masking, or half of another secret might remain at the edge.
        before = self.masked(text[:start])[-EXCERPT_CHARS:]
        after = self.masked(text[start + length :])[:EXCERPT_CHARS]
        return f"{what} of {length} characters: {before}{MASK}{after}"


KNOWN: Final = Known()


def may_print(command: Sequence[str]) -> bool:
    """Whether this command is there to print a secret: a verb of `c8`, or a script that calls curl as people do."""
    if Path(command[0]).name == "bash":
        return True
    words = tuple(word for word in command[1:] if not word.startswith("-"))
    return any(words[: len(verb)] == verb for verb in PRINTS_A_SECRET)


def _is_tellable(secret: str) -> bool:
    if _BARE_ADDRESS.fullmatch(secret):
        return False
    return len(secret) >= (WORD_LENGTH_MIN if secret.isalnum() else LENGTH_MIN) and len(set(secret)) >= LENGTH_MIN - 1


def _written(secret: str) -> set[str]:
    quoted = {urllib.parse.quote(secret, safe=""), urllib.parse.quote_plus(secret)}
    return {secret, json.dumps(secret)[1:-1], repr(secret)[1:-1], *quoted}
