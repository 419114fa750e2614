"""Puts the layers of settings on top of each other: the highest that says something of a field wins.

Where several fields answer one question (who we are, where tokens are had, which certificate), the highest layer that
answers it at all wins as well. Pure; called by `gather`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from c8py.config.derive import TOKEN_SERVICE
from c8py.config.layers import Found, Layer
from c8py.config.problems import Problem
from c8py.config.settings import Source

# The fields of each group mean the same thing; of those in one place the first one counts, as its documentation says.
_ALTERNATIVES: Final = (
    TOKEN_SERVICE,
    ("ca_certificate_pem", "ca_certificate"),
    ("client_certificate_pem", "client_certificate"),
    ("client_key_pem", "client_key"),
)
_KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "oauth": ("client_id", "client_secret", "assertion_keystore"),
    "basic": ("basic_username", "basic_password"),
    "bearer": ("token",),
}
_PARTS: Final = frozenset(field for fields in _KINDS.values() for field in fields)
# A secret alone is nobody yet: it may stand apart from its id.
_STARTERS: Final = frozenset({"client_id", "basic_username", "token"})


def merge(layers: Sequence[Layer]) -> tuple[dict[str, Found], list[Problem]]:
    """The value of each field, and what contradicts within a question.

    Args:
        layers: the highest first.
    """
    found: dict[str, Found] = {}
    for layer in reversed(layers):
        found.update(layer.values)
    for fields in _ALTERNATIVES:
        best = min((_rank(layers, field) for field in fields if field in found), default=0)
        for field in fields:
            if field in found and _rank(layers, field) > best:
                del found[field]
    return found, _settle_auth(layers, found)


def _rank(layers: Sequence[Layer], field: str) -> int:
    return next((rank for rank, layer in enumerate(layers) if field in layer.values), len(layers))


def _settle_auth(layers: Sequence[Layer], found: dict[str, Found]) -> list[Problem]:
    """Decide who we are, unless somebody said it in the same place as the credentials or above."""
    rank = _deciding(layers)
    if rank is None or _rank(layers, "auth") <= rank:
        return []
    given = {kind: _first(fields, layers[rank].values) for kind, fields in _KINDS.items()}
    said = [(kind, field) for kind, field in given.items() if field is not None]
    auth = found.get("auth")
    if len(said) > 1:
        if auth is not None:
            return []  # a word from below is better than none
        left, right = (layers[rank].values[field].source for _, field in said[:2])
        return [
            Problem(
                kind="contradiction",
                message=f"expected one kind of credentials, but {left} and {right} are of different kinds",
                hint="say which with CAMUNDA_AUTH_STRATEGY, or remove one of them",
                field="auth",
            )
        ]
    kind, _ = said[0]
    if auth is None or auth.value != kind:
        of = " and ".join(field for field in _KINDS[kind] if field in found)
        found["auth"] = Found(kind, Source("derived", f"from {of}"))
    return []


def _deciding(layers: Sequence[Layer]) -> int | None:
    """The highest layer that says who we are; where none does, the highest with a part of it."""
    for wanted in (_STARTERS, _PARTS):
        for rank, layer in enumerate(layers):
            if wanted & layer.values.keys():
                return rank
    return None


def _first(fields: Iterable[str], values: Mapping[str, Found]) -> str | None:
    return next((field for field in fields if field in values), None)
