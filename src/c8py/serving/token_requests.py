"""What a token request says, out of a JSON or a form body and a Basic header. Pure: bytes in, fields out.

For both of our token endpoints: the platform's and the proxy's.
"""

import base64
import binascii
from typing import Final
from urllib.parse import parse_qsl, unquote_plus

import msgspec

from c8py.base import limits

_FIELDS: Final = ("grant_type", "client_id", "client_secret", "audience", "scope", "resource")
_RAW_FIELDS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_TEXT: Final = msgspec.json.Decoder(str | None)


class Malformed(Exception):  # noqa: N818  what came is judged, nothing broke
    """The body cannot be read; the message says why, without any of its content."""


class Duplicated(Malformed):
    """A field came twice."""


def media_type(content_type: str | None) -> str:
    """The type without its parameters, in lower case; "" where there is none."""
    return (content_type or "").partition(";")[0].strip().lower()


def json_fields(body: bytes) -> dict[str, str]:
    """The fields of a JSON body; those that are null or unknown are left out.

    Raises:
        Malformed: it is no JSON object, or a field is no text.
    """
    try:
        raw = _RAW_FIELDS.decode(body)
    # RecursionError: brackets alone, a thousand deep.
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed("expected a JSON object, but the body is none") from error
    fields: dict[str, str] = {}
    for name in _FIELDS:
        try:
            value = _TEXT.decode(raw[name]) if name in raw else None
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise Malformed(f"expected {name} to be text, but it is not") from error
        if value is not None:
            fields[name] = value
    return fields


def form_fields(body: bytes) -> dict[str, str]:
    """The fields of a form body; unknown ones are left out.

    Raises:
        Duplicated: a field came twice.
        Malformed: it is no form, or has too many fields.
    """
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=limits.OAUTH_FIELDS_MAX,
        )
    except UnicodeDecodeError as error:
        raise Malformed("expected a form in UTF-8, percent-encoded, but the body is none") from error
    except ValueError as error:
        raise Malformed(f"expected at most {limits.OAUTH_FIELDS_MAX} fields, but there are more") from error
    fields: dict[str, str] = {}
    for name, value in pairs:
        if name in fields:
            raise Duplicated(f"expected {name} once, but it is there twice")
        if name in _FIELDS:
            fields[name] = value
    return fields


def basic_client(header: str | None) -> dict[str, str]:
    """Client id and secret of a Basic header, which RFC 6749 has form-encoded; empty where there is none."""
    scheme, _, encoded = (header or "").partition(" ")
    if scheme.lower() != "basic":
        return {}
    try:
        client_id, _, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return {"client_id": "", "client_secret": ""}
    return {"client_id": unquote_plus(client_id), "client_secret": unquote_plus(secret)}
