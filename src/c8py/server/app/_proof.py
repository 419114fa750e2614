"""How a platform and a host that has joined it know each other: both prove the secret that they share, neither says it.

Each message is signed with what it answers and when; so nobody between them can make one up, change one, or use one
twice. Over plain HTTP as well, where it can be read: there is no secret in it.
"""

import hashlib
import hmac
from typing import Final

import msgspec

from c8py.base.redact import Secret
from c8py.errors import ConfigError

TIME_HEADER: Final = "x-c8-host-time"
PROOF_HEADER: Final = "x-c8-host-proof"


class JoinToken(msgspec.Struct, frozen=True, kw_only=True):
    """What a host joins with.

    Attributes:
        host_id: who it is.
        secret: what it shares with the platform.
    """

    host_id: str
    secret: Secret

    def text(self) -> Secret:
        """As one line."""
        return Secret(f"{self.host_id}.{self.secret.reveal()}")

    @classmethod
    def read(cls, text: str) -> "JoinToken":
        """The token that this line is.

        Raises:
            ConfigError: it is none.
        """
        host_id, dot, secret = text.strip().partition(".")
        if not host_id or not dot or not secret or not text.isascii():
            raise ConfigError(
                "expected a join token, but it is none", hint="c8 cluster hosts add NAME --out FILE writes one"
            )
        return cls(host_id=host_id, secret=Secret(secret))


def proof_of_report(secret: Secret, host_id: str, moment: str, body: bytes) -> str:
    """What a host says along with a report, in hexadecimal.

    Args:
        secret: what both know.
        host_id: who speaks.
        moment: when, milliseconds since 1970; each later than the one before.
        body: what is said.
    """
    return _proof(secret, "report", host_id, moment, body)


def proof_of_answer(secret: Secret, host_id: str, moment: str, body: bytes) -> str:
    """What the platform says along with its answer, in hexadecimal; `moment` is that of the report."""
    return _proof(secret, "answer", host_id, moment, body)


def holds(proof: str, expected: str) -> bool:
    """Whether a proof is the one that it should be; takes as long for every other."""
    return hmac.compare_digest(proof.encode("utf-8", "replace"), expected.encode())


def _proof(secret: Secret, kind: str, host_id: str, moment: str, body: bytes) -> str:
    message = f"{kind}\n{host_id}\n{moment}\n".encode("utf-8", "replace") + body
    return hmac.new(secret.reveal().encode(), message, hashlib.sha256).hexdigest()
