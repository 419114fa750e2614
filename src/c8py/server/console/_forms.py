"""Forms that only our own pages can send: the token in each form, and where a browser says it comes from.

Pure. The token is a keyed hash of a random cookie, so that neither can be made by a page of another origin, nor by
another server on this machine that can set cookies for it, since cookies know no ports.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

_COOKIE_VALUE: Final = re.compile(r"[0-9a-f]{64}")
_FIELDS_MAX: Final = 50


class FormInvalid(Exception):  # noqa: N818  what came is judged, nothing broke
    """The body is no form."""


class FormTokens:
    """Makes and checks the tokens of forms.

    Args:
        key: random, of this process; forms of an earlier one are refused, and asked for again.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def token_for(self, cookie: str) -> str:
        """The token that goes into the forms of who has this cookie."""
        return hmac.new(self._key, cookie.encode(), hashlib.sha256).hexdigest()

    def belongs(self, token: str, cookie: str) -> bool:
        """Whether a form with this token was made for who has this cookie."""
        return hmac.compare_digest(self.token_for(cookie).encode(), token.encode(errors="surrogatepass"))


def usable_cookie(value: str | None) -> bool:
    """Whether this is a cookie of ours."""
    return value is not None and _COOKIE_VALUE.fullmatch(value) is not None


def same_origin(headers: Mapping[str, str]) -> bool:
    """Whether a form can have come from a page of ours, as far as the browser says.

    A browser always says where a form comes from; a program may leave it out, and has the token to show.
    """
    if headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return False
    origin, host = headers.get("origin"), headers.get("host", "")
    # https as well: TLS may end at a proxy in front of us.
    return origin is None or origin in {f"http://{host}", f"https://{host}"}


def form_values(body: bytes) -> dict[str, list[str]]:
    """The fields of a form, each with all its values.

    Raises:
        FormInvalid: it is no form, or has too many fields.
    """
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_FIELDS_MAX)
    except ValueError as error:
        raise FormInvalid("expected a form, but the body is none") from error
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return values
