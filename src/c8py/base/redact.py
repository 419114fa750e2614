"""Secrets that cannot be printed by accident, and texts cleaned of them."""

import hmac
import re

# A JWT anywhere in a text, or what follows "Bearer " or "Basic ".
# A word that only talks of tokens ("expected a bearer token at …") stays.
_TOKEN = re.compile(
    r"eyJ[\w-]{8,}\.[\w-]+\.[\w-]*|(?:(?<=[Bb]earer )|(?<=[Bb]asic ))(?![a-zA-Z]{1,15}[,.;:]?(?:\s|$))\S+"
)
_MASK = "***"


class Secret:
    """A text that shows itself only to who asks with `reveal()`; `repr`, `str` and formatting say `***`."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The text itself, for the wire and for nothing else."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({_MASK})"

    def __str__(self) -> str:
        return _MASK

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __reduce__(self) -> tuple[type["Secret"], tuple[str]]:
        # Worker processes are handed their settings; a pickle is not a log.
        return (Secret, (self._value,))


def redact(text: str, *secrets: Secret) -> str:
    """The text without tokens, and without these secrets, each replaced by `***`."""
    for secret in secrets:
        if secret:
            text = text.replace(secret.reveal(), _MASK)
    return _TOKEN.sub(_MASK, text)
