"""Why a caller may not: the answer of every check of access, which each edge words in its own way."""

from typing import Final, Literal

Denial = Literal[
    "missing", "malformed", "token", "expired", "issuer", "audience", "cluster", "client", "password", "scope",
    "address",
]  # fmt: skip


class AccessDenied(Exception):  # noqa: N818  an answer to the caller, which each edge words in its own way
    """The caller may not, and why.

    Attributes:
        kind: "unauthenticated" (who are you: 401) or "forbidden" (not you: 403).
        denial: the reason as a word, for the edges to map.
        reason: the reason as a sentence, without any part of the token.
    """

    def __init__(self, kind: Literal["unauthenticated", "forbidden"], denial: Denial, reason: str) -> None:
        super().__init__(reason)
        self.kind: Final = kind
        self.denial: Final = denial
        self.reason: Final = reason
