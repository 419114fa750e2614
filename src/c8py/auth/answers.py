"""Reads what a token service answers: a token, or one of the three kinds of no. Pure; never shows a secret."""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Final, NoReturn

import msgspec

from c8py.auth.credentials import ClientCredentials
from c8py.auth.flow import HttpResponse
from c8py.auth.retry_after import retry_after_s
from c8py.auth.token import Token
from c8py.base.clock import Clock
from c8py.base.limits import (
    ERROR_TEXT_MAX,
    TOKEN_ANSWER_BYTES_MAX,
    TOKEN_LIFETIME_S_MAX,
    TOKEN_LIFETIME_UNKNOWN_S,
)
from c8py.base.redact import Secret, redact
from c8py.errors import TokenRateLimited, TokenRefused, TokenUnavailable

_HEADER_SAFE = re.compile(r"[\x21-\x7e]+")
_OK: Final = 200
_UNAUTHORIZED: Final = 401
_TOO_MANY: Final = 429
_LATER: Final = frozenset({408, 425, *range(500, 600)})
_HINTS: Final[Mapping[int, str]] = {
    400: "check audience and scope; Entra and Okta want a scope (CAMUNDA_TOKEN_SCOPE)",
    401: "check client id and secret; a lost secret cannot be had again: create a new client",
    403: "check the audience, and that the client was given the scope of this API",
    404: "check the token URL (CAMUNDA_OAUTH_URL)",
}
# What a service says beats its status: Keycloak has 401 for a switch, and 400 for a key that it does not know.
_HINTS_BY_WORD: Final[tuple[tuple[str, str], ...]] = (
    ("service account", "let the client have tokens of its own (Keycloak: switch on its service account roles)"),
    ("setup required", "the client has no secret yet: generate one"),
    ("invalid_scope", "check the scope (CAMUNDA_TOKEN_SCOPE), or leave it out"),
    ("unsupported_grant_type", "check that this is the token URL, and that the client may use client_credentials"),
)
_HINTS_BY_METHOD: Final[Mapping[str, str]] = {
    "private_key_jwt": "check client id and key: the client must be one that signs (private_key_jwt), and the token "
    "service must have the certificate of this very key",
    "tls_client_auth": "check client id and certificate: the client must be one that shows a certificate "
    "(tls_client_auth), with this very subject",
}


class _Answer(msgspec.Struct):
    access_token: str
    expires_in: float | str | None = None
    token_type: str = "Bearer"  # noqa: S105  the kind, no secret
    scope: object = None


class _Claims(msgspec.Struct):
    exp: float | None = None


class _Problem(msgspec.Struct):
    error: str | None = None
    error_description: str | None = None
    message: str | None = None


_ANSWER = msgspec.json.Decoder(_Answer)
_CLAIMS = msgspec.json.Decoder(_Claims)
_PROBLEM = msgspec.json.Decoder(_Problem)


def read_token(response: HttpResponse, credentials: ClientCredentials, *, asked_s: float, clock: Clock) -> Token:
    """The token in an answer.

    Args:
        response: of the token service.
        credentials: that were sent; their secret is kept out of errors.
        asked_s: when the request was made, by the monotonic clock; a token's life is counted from there.
        clock: for answers that name a point in time.

    Raises:
        TokenRefused: it says no to these credentials, or is no token service.
        TokenRateLimited: it says not now.
        TokenUnavailable: it is in trouble, or the answer is no token.
    """
    if response.status != _OK:
        _raise_refusal(response, credentials, clock)
    try:
        answer = _ANSWER.decode(response.body[:TOKEN_ANSWER_BYTES_MAX])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise TokenUnavailable(
            f"expected a token from {credentials.token_url}, but its answer is no JSON with an access_token",
            hint="check the token URL (CAMUNDA_OAUTH_URL)",
        ) from None
    if not _HEADER_SAFE.fullmatch(answer.access_token) or answer.token_type.lower() != "bearer":
        raise TokenUnavailable(f"expected a bearer token from {credentials.token_url}, but it is of another kind")
    lifetime_s = _lifetime_s(answer, clock)
    token = Token(
        value=Secret(answer.access_token),
        lifetime_s=lifetime_s,
        ends_s=asked_s + lifetime_s,
        scope=answer.scope if isinstance(answer.scope, str) else None,
    )
    if not token.usable(clock.monotonic_s()):
        raise TokenUnavailable(
            f"expected a token from {credentials.token_url} that is good for a while, "
            f"but it ends in {lifetime_s:g} seconds"
        )
    return token


def _lifetime_s(answer: _Answer, clock: Clock) -> float:
    try:
        lifetime_s = float(answer.expires_in) if answer.expires_in is not None else _lifetime_of_jwt(answer, clock)
    except ValueError:
        lifetime_s = _lifetime_of_jwt(answer, clock)
    return min(max(lifetime_s, 0.0), TOKEN_LIFETIME_S_MAX) if lifetime_s == lifetime_s else 0.0  # noqa: PLR0124  NaN


def _lifetime_of_jwt(answer: _Answer, clock: Clock) -> float:
    parts = answer.access_token.split(".")
    try:
        claims = _CLAIMS.decode(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (IndexError, binascii.Error, msgspec.MsgspecError, ValueError):
        return TOKEN_LIFETIME_UNKNOWN_S
    return TOKEN_LIFETIME_UNKNOWN_S if claims.exp is None else claims.exp - clock.now_ms() / 1000


def _raise_refusal(response: HttpResponse, credentials: ClientCredentials, clock: Clock) -> NoReturn:
    error, description = _problem(response.body)
    said = redact(" ".join(part for part in (error, description) if part), credentials.client_secret)
    said = f"{response.status} {said[:ERROR_TEXT_MAX]}".strip()
    wanted = f"expected a token of {credentials.token_url} for client {credentials.client_id}"
    if response.status == _TOO_MANY:
        raise TokenRateLimited(
            f"{wanted}, but it limits requests of this address ({said})",
            retry_after_s=retry_after_s(response.headers, clock),
            hint="wait, and have all processes of this host share their tokens",
        )
    if response.status in _LATER:
        raise TokenUnavailable(f"{wanted}, but it is in trouble ({said})", hint="try again later")
    hint = _hint(response.status, error, description, credentials.method)
    raise TokenRefused(f"{wanted}, but it refuses ({said})", status=response.status, error=error, hint=hint)


def _hint(status: int, error: str, description: str, method: str) -> str:
    words = f"{error} {description}".lower()
    for word, hint in _HINTS_BY_WORD:
        if word in words:
            return hint
    about_client = status == _UNAUTHORIZED or error == "invalid_client"
    return _HINTS_BY_METHOD.get(method, _HINTS[_UNAUTHORIZED]) if about_client else _HINTS.get(status, _HINTS[404])


def _problem(body: bytes) -> tuple[str, str]:
    try:
        problem = _PROBLEM.decode(body[:TOKEN_ANSWER_BYTES_MAX])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return "", ""
    return problem.error or "", problem.error_description or problem.message or ""
