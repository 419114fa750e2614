"""What callers are told, as bytes: tokens in the words of SaaS, refusals in the token service's own. Pure."""

import math
from typing import Final

import msgspec

from c8py.auth import HttpResponse, Token

_JSON: Final = (b"content-type", b"application/json")
_NO_STORE: Final = (b"cache-control", b"no-store")
_NO_CACHE: Final = (b"pragma", b"no-cache")
# Of a refusal nothing else is handed on: neither cookies nor where else to go.
_KEPT: Final = ("content-type", "www-authenticate")


class Answer(msgspec.Struct, frozen=True):
    """One answer; its body is kept out of `repr`, for it may hold a token."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes

    def __repr__(self) -> str:
        return f"Answer({self.status}, {len(self.body)} bytes)"


class _Granted(msgspec.Struct):
    """In the order in which SaaS writes it."""

    access_token: str
    scope: str | msgspec.UnsetType
    expires_in: int
    token_type: str = "Bearer"  # noqa: S105  the kind, no secret


class _Problem(msgspec.Struct):
    error: str
    error_description: str


_ENCODER: Final = msgspec.json.Encoder()


def granted(token: Token, now_s: float) -> Answer:
    """A token, and how long it is still good for."""
    left_s = max(0, math.floor(token.ends_s - now_s))
    scope = msgspec.UNSET if token.scope is None else token.scope
    body = _ENCODER.encode(_Granted(token.value.reveal(), scope, left_s))
    return Answer(200, (_JSON, _NO_STORE, _NO_CACHE), body)


def refused(response: HttpResponse) -> Answer:
    """The token service's own no."""
    kept = [
        (name.encode(), response.headers[name].encode("latin-1", "replace"))
        for name in _KEPT
        if name in response.headers
    ]
    return Answer(response.status, (*kept, _NO_STORE), response.body)


def later(wait_s: float, *, limited: bool, reason: str) -> Answer:
    """Not now: 429 where there were too many requests, else 503."""
    seconds = math.ceil(wait_s)
    error = "too_many_requests" if limited else "temporarily_unavailable"
    said = f"expected a token of the token service, but {reason}; try again in {seconds} s"
    problem_ = problem(429 if limited else 503, error, said)
    return Answer(problem_.status, (*problem_.headers, (b"retry-after", str(seconds).encode())), problem_.body)


def problem(status: int, error: str, description: str, *headers: tuple[bytes, bytes]) -> Answer:
    """A request that the token service need not be asked about."""
    return Answer(status, (_JSON, _NO_STORE, *headers), _ENCODER.encode(_Problem(error, description)))


def text(status: int, content: str, kind: str = "text/plain; charset=utf-8") -> Answer:
    """For people and for monitors."""
    return Answer(status, ((b"content-type", kind.encode()), _NO_STORE), content.encode())
