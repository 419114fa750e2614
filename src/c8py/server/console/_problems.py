"""Answers that say what is wrong, as RFC 9457 has them."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import msgspec
from starlette.responses import Response

_ENCODER: Final = msgspec.json.Encoder()


class _Problem(msgspec.Struct, frozen=True):
    type: str
    title: str
    status: int
    detail: str
    instance: str


def problem(status: int, detail: str, path: str, headers: Mapping[str, str] | None = None) -> Response:
    """A problem document.

    Args:
        status: the HTTP status.
        detail: what was expected, and what came instead.
        path: of the request.
        headers: further ones.
    """
    body = _Problem("about:blank", HTTPStatus(status).phrase, status, detail, path)
    headers = {"cache-control": "no-store", **(headers or {})}
    return Response(_ENCODER.encode(body), status, headers=headers, media_type="application/problem+json")
