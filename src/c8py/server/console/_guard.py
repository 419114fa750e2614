"""What every page has in common: who may see it, what its forms must carry, how it is rendered and locked down.

Sign-in is not there yet: until it is, pages answer only to this machine. No page is kept by a browser or a proxy, none
runs a script, none can be framed.
"""

import hashlib
import ipaddress
import secrets
from collections.abc import Awaitable, Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response

from c8py.base import limits
from c8py.server.console._forms import FormInvalid, FormTokens, form_values, same_origin, usable_cookie
from c8py.serving.bodies import BodyTooLarge, BodyTooSlow, read_bounded

_HERE: Final = Path(__file__).parent
_STATIC: Final = {"console.css": "text/css", "icon.svg": "image/svg+xml"}
_COOKIE: Final = "c8-console"
_COOKIE_BYTES: Final = 32
_HEADERS: Final = {
    "cache-control": "no-store",
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; "
        "base-uri 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    # Not no-referrer: with it browsers say "null" for where a form comes from.
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}

Form = Mapping[str, list[str]]
Page = Callable[[Request], Awaitable[Response]]
FormPage = Callable[[Request, Form], Awaitable[Response]]


class Refusal:
    """Why a request gets no page: status, title and a sentence with the next step."""

    def __init__(self, status: int, title: str, detail: str) -> None:
        self.status: Final = status
        self.title: Final = title
        self.detail: Final = detail


class Guard:
    """Renders pages, and stands before them.

    Args:
        key: for the tokens of forms; random, of this process.
    """

    def __init__(self, key: bytes) -> None:
        self._tokens = FormTokens(key)

    def page(self, endpoint: Page) -> Page:
        """A page to look at, for this machine only."""

        async def guarded(request: Request) -> Response:
            refusal = _stranger(request)
            return await endpoint(request) if refusal is None else self.refuse(request, refusal)

        return guarded

    def form(self, endpoint: FormPage) -> Page:
        """What a form is sent to: from this machine, from a page of ours, within limits."""

        async def guarded(request: Request) -> Response:
            form = _stranger(request) or await self._form(request)
            return self.refuse(request, form) if isinstance(form, Refusal) else await endpoint(request, form)

        return guarded

    def render(self, request: Request, template: str, context: Mapping[str, object], status: int = 200) -> Response:
        """The page of this template.

        Args:
            request: whose cookie the forms in it belong to.
            template: its file name.
            context: what it shows; all of it is escaped.
            status: the HTTP status.
        """
        cookie = request.cookies.get(_COOKIE)
        fresh = None if usable_cookie(cookie) else secrets.token_hex(_COOKIE_BYTES)
        html = self._templates.get_template(template).render(
            **context, form_token=self._tokens.token_for(fresh or cookie or ""), style_version=self._style_version
        )
        response = Response(html, status, headers=_HEADERS, media_type="text/html")
        if fresh is not None:
            response.set_cookie(_COOKIE, fresh, path="/console", httponly=True, samesite="strict")
        return response

    def refuse(self, request: Request, refusal: Refusal) -> Response:
        """The page that says why there is none."""
        context = {"title": refusal.title, "detail": refusal.detail}
        return self.render(request, "refused.html", context, refusal.status)

    async def static(self, request: Request) -> Response:
        """The style sheet and the icon; their addresses change with the style sheet."""
        name = request.path_params["name"]
        if name not in _STATIC:
            return self.refuse(request, Refusal(404, "No such file", "There is no file of this name."))
        headers = {**_HEADERS, "cache-control": "public, max-age=31536000, immutable"}
        return Response((_HERE / "static" / name).read_bytes(), headers=headers, media_type=_STATIC[name])

    @cached_property
    def _templates(self) -> Environment:
        return Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    @cached_property
    def _style_version(self) -> str:
        return hashlib.sha256((_HERE / "static" / "console.css").read_bytes()).hexdigest()[:16]

    async def _form(self, request: Request) -> Form | Refusal:
        """The form that came, if a page of ours sent it."""
        if not same_origin(request.headers):
            return Refusal(403, "Not from here", "The form came from another site. Open the page anew and try again.")
        bytes_max, wait_s = limits.CONSOLE_BODY_BYTES_MAX, limits.CONSOLE_BODY_WAIT_S_MAX
        try:
            form = form_values(await read_bounded(request.stream(), bytes_max=bytes_max, wait_s=wait_s))
        except BodyTooLarge:
            return Refusal(413, "Too much", f"A form has at most {bytes_max} bytes.")
        except BodyTooSlow:
            return Refusal(408, "Too slow", "The form did not arrive in time. Try again.")
        except FormInvalid:
            return Refusal(400, "Not a form", "What came cannot be read. Open the page anew and try again.")
        cookie = request.cookies.get(_COOKIE)
        if cookie is None or not usable_cookie(cookie) or not self._tokens.belongs(first(form, "form_token"), cookie):
            detail = "The page was made by an earlier start of the platform. Open it anew and try again."
            return Refusal(403, "This form is out of date", detail)
        return form


def first(form: Form, name: str) -> str:
    """The first value of this field; "" where there is none."""
    return form.get(name, [""])[0]


def _stranger(request: Request) -> Refusal | None:
    """Why this caller sees no page, if so."""
    try:
        near = request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        near = False
    if near:
        return None
    detail = (
        "Console has no sign-in yet, so its pages answer only on the machine that the platform runs on. "
        "Open them there, through an SSH tunnel, or use the Administration API."
    )
    return Refusal(403, "Only on the platform's own machine", detail)
