"""What every page has in common: who may see it, what its forms must carry, how it is rendered and locked down.

Pages want somebody signed in who has the permission. Until the organization has an owner they are open to this machine
alone, as the owner's, unless the platform was told otherwise. No page is kept by a browser or a proxy, none runs a
script, none can be framed.
"""

import hashlib
import ipaddress
import secrets
from collections.abc import Awaitable, Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from c8py.base import limits
from c8py.base.redact import Secret
from c8py.server.console._desk import Desk
from c8py.server.console._forms import FormInvalid, FormTokens, form_values, same_origin, usable_cookie
from c8py.server.console._members import ROLE_PERMISSIONS, Member
from c8py.server.console._not_done import NotDone
from c8py.server.console._outside import OutsideSignIn
from c8py.server.store import Cluster
from c8py.serving.bodies import BodyTooLarge, BodyTooSlow, read_bounded

_HERE: Final = Path(__file__).parent
_STATIC: Final = {"console.css": "text/css", "icon.svg": "image/svg+xml"}
_COOKIE: Final = "c8-console"
_SESSION: Final = "c8-session"
_BEGUN: Final = "c8-sign-in"
_MOVED: Final = "moved"
_PORTS: Final = {"http": ":80", "https": ":443"}
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
_PROXIED: Final = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
_SIGN_IN: Final = "/console/sign-in"

Form = Mapping[str, list[str]]


class Refusal(Exception):  # noqa: N818  an answer to a person
    """Why a request gets no page: status, title and a sentence with the next step."""

    def __init__(self, status: int, title: str, detail: str) -> None:
        super().__init__(detail)
        self.status: Final = status
        self.title: Final = title
        self.detail: Final = detail


class Viewer(msgspec.Struct, frozen=True, kw_only=True):
    """Who looks at a page.

    Attributes:
        email: of the member; "" for nobody, and for whoever sits at this machine.
        name: shown.
        subject: the provider's name for who signed in there; "" for everybody else.
        permissions: what the viewer may do.
        local: whether it is whoever sits at this machine, without a sign-in.
    """

    email: str = ""
    name: str = ""
    subject: str = ""
    permissions: frozenset[str] = frozenset()
    local: bool = False

    @property
    def who(self) -> str:
        """For the activity log."""
        return "this machine" if self.local else self.email

    def may(self, permission: str) -> bool:
        """Whether the viewer has the permission."""
        return permission in self.permissions


_NOBODY: Final = Viewer()
_LOCAL: Final = Viewer(name="This machine", permissions=ROLE_PERMISSIONS["owner"], local=True)


class Visit:
    """One request for a page, by somebody who may see it.

    Args:
        request: as it came.
        viewer: who looks.
        form: what was sent, for a form that a page of ours made.
        guard: renders.
    """

    def __init__(self, request: Request, viewer: Viewer, form: Form, guard: "Guard") -> None:
        self.request: Final = request
        self.viewer: Final = viewer
        self.form: Final = form
        self.guard: Final = guard
        self.desk: Final = guard.desk

    @property
    def who(self) -> str:
        """The viewer's name, for the activity log."""
        return self.viewer.who

    @property
    def source(self) -> str:
        """The address that the viewer comes from."""
        return self.guard.source(self.request)

    def value(self, name: str) -> str:
        """The first value of this field of the form; "" where there is none."""
        return first(self.form, name)

    def part(self, name: str) -> str:
        """What stands in the path in this place."""
        return self.request.path_params[name]

    @property
    def cluster(self) -> Cluster:
        """The cluster in the path.

        Raises:
            Refusal: there is none.
        """
        found = self.desk.clients.cluster(self.part("cluster"))
        if found is None or found.org_id != self.part("org"):
            raise Refusal(404, "No such cluster", "There is no cluster of this id. Look at the list of clusters.")
        return found

    def show(self, template: str, context: Mapping[str, object] | None = None, status: int = 200) -> Response:
        """The page of this template."""
        return self.guard.render(self.request, self.viewer, template, context or {}, status)

    def go(self, path: str) -> Response:
        """On to another page, after something was done."""
        return RedirectResponse(path, 303, headers={"cache-control": "no-store"})


Page = Callable[[Visit], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]


class Guard:
    """Renders pages, and stands before them.

    Args:
        key: for the tokens of forms; random, of this process.
        desk: what the pages are about.
    """

    def __init__(self, key: bytes, desk: Desk) -> None:
        self._tokens = FormTokens(key)
        self.desk: Final = desk

    def page(self, page: Page, permission: str = "") -> Endpoint:
        """A page to look at, for who has the permission; "" is for everybody."""
        return self._endpoint(page, permission, form=False)

    def form(self, page: Page, permission: str = "") -> Endpoint:
        """What a form is sent to: from a page of ours, within limits, by who has the permission."""
        return self._endpoint(page, permission, form=True)

    def _endpoint(self, page: Page, permission: str, *, form: bool) -> Endpoint:
        async def guarded(request: Request) -> Response:
            viewer = self._viewer(request)
            try:
                refused = self._stranger(request, viewer, permission, form=form)
                if refused is not None:
                    return refused
                sent: Form = await self._form(request) if form else {}
                return await page(Visit(request, viewer, sent, self))
            except Refusal as refusal:
                return self.refuse(request, viewer, refusal)
            except NotDone as refused:
                return self.refuse(request, viewer, Refusal(refused.status, "Not done", sentence(refused.detail)))

        return guarded

    def render(
        self,
        request: Request,
        viewer: Viewer,
        template: str,
        context: Mapping[str, object],
        status: int = 200,
    ) -> Response:
        """The page of this template.

        Args:
            request: whose cookie the forms in it belong to.
            viewer: who looks.
            template: its file name.
            context: what it shows; all of it is escaped.
            status: the HTTP status.
        """
        cookie = request.cookies.get(_COOKIE)
        fresh = None if usable_cookie(cookie) else secrets.token_hex(_COOKIE_BYTES)
        desk = self.desk
        common: dict[str, object] = {
            "organization": desk.organization,
            "addresses": desk.addresses,
            "status_of": desk.clients.status,
            "place_of": desk.clients.place,
            "viewer": viewer,
            "wrong": "",
            "form_token": self._tokens.token_for(fresh or cookie or ""),
            "style_version": self._style_version,
        }
        html = self._templates.get_template(template).render({**common, **context})
        response = Response(html, status, headers=_HEADERS, media_type="text/html")
        if fresh is not None:
            self._set_cookie(request, response, _COOKIE, fresh)
        return response

    def refuse(self, request: Request, viewer: Viewer, refusal: Refusal) -> Response:
        """The page that says why there is none."""
        context = {"title": refusal.title, "detail": refusal.detail}
        return self.render(request, viewer, "refused.html", context, refusal.status)

    def signed_in(self, request: Request, session: Secret, path: str) -> Response:
        """On to a page, with a session; the forms of before are worth nothing any more."""
        response = RedirectResponse(path, 303, headers={"cache-control": "no-store"})
        self._open(request, response, session)
        return response

    def sign_out(self, request: Request) -> Response:
        """End the session, and go to the beginning; by way of the provider for who has signed in there."""
        session = request.cookies.get(_SESSION, "")
        outsider = self.desk.members.is_outsider(session)
        self.desk.members.sign_out(session)
        response: Response = RedirectResponse(_SIGN_IN, 303, headers={"cache-control": "no-store"})
        if outsider and self.desk.outside is not None:
            after = f"{self.desk.addresses.http_address}{_SIGN_IN}"
            response = self.onward(request, "Signed out", self.desk.outside.end(session, after) or _SIGN_IN)
        for name in (_SESSION, _COOKIE):
            response.delete_cookie(name, path="/console", httponly=True, samesite="strict")
        return response

    def onward(self, request: Request, title: str, address: str) -> Response:
        """A page that leads on by itself.

        Not a redirect: a browser that comes from another site would follow it without our cookies, which are strict,
        and forms may lead to nowhere but here.
        """
        response = self.render(request, _NOBODY, "onward.html", {"title": title, "address": address})
        response.headers["refresh"] = f"0; url={address}"
        return response

    def begin_outside(self, request: Request, outside: OutsideSignIn, path: str) -> Response:
        """To the provider, with what the sign-in was begun with in a cookie."""
        ours = urlsplit(outside.callback)
        elsewhere = _plain(request.headers.get("host", ""), ours.scheme) != _plain(ours.netloc, ours.scheme)
        # Once: a proxy may put another name into the header, whatever the browser asks for.
        if elsewhere and _MOVED not in request.query_params:
            # The cookie has to be there under the name that the provider sends the browser back to.
            here = f"{ours.scheme}://{ours.netloc}{request.url.path}?next={quote(path)}&{_MOVED}=1"
            return RedirectResponse(here, 303, headers={"cache-control": "no-store"})
        address, begun = outside.begin(path)
        response = RedirectResponse(address, 303, headers={"cache-control": "no-store"})
        # Lax: it has to come along when the provider sends the browser back.
        response.set_cookie(
            _BEGUN, begun, path=_SIGN_IN, httponly=True, samesite="lax", secure=ours.scheme == "https", max_age=600
        )
        return response

    async def finish_outside(self, request: Request, outside: OutsideSignIn) -> Response:
        """Signed in, or refused; either way what it was begun with is used up."""
        try:
            person, path, id_token = await outside.finish(
                request.cookies.get(_BEGUN, ""), request.query_params, source=self.source(request)
            )
            session = self.desk.members.admit(person)
        except NotDone as refused:
            response = self.refuse(request, _NOBODY, Refusal(refused.status, "Not signed in", sentence(refused.detail)))
        else:
            outside.remember(session, id_token)
            response = self.onward(request, "Signed in", path)
            self._open(request, response, session)
        response.delete_cookie(_BEGUN, path=_SIGN_IN, httponly=True, samesite="lax")
        return response

    def source(self, request: Request) -> str:
        """The address that a request comes from."""
        sources = self.desk.access.sources
        header = request.headers.get(sources.header) if sources.header else None
        return sources.of(request.client.host if request.client else "", header)

    async def static(self, request: Request) -> Response:
        """The style sheet and the icon; their addresses change with the style sheet."""
        name = request.path_params["name"]
        if name not in _STATIC:
            return self.refuse(request, _NOBODY, Refusal(404, "No such file", "There is no file of this name."))
        headers = {**_HEADERS, "cache-control": "public, max-age=31536000, immutable"}
        return Response((_HERE / "static" / name).read_bytes(), headers=headers, media_type=_STATIC[name])

    # -- inside

    def _open(self, request: Request, response: Response, session: Secret) -> None:
        self._set_cookie(request, response, _SESSION, session.reveal(), age_s=self.desk.settings.session_s)
        self._set_cookie(request, response, _COOKIE, secrets.token_hex(_COOKIE_BYTES))

    def _viewer(self, request: Request) -> Viewer:
        member = self.desk.members.signed_in(request.cookies.get(_SESSION, ""))
        if member is not None:
            return _viewing(member)
        desk = self.desk
        open_here = desk.settings.sign_in == "once_owned" and not desk.members.owned and desk.outside is None
        # A proxy on this machine that nobody has told us of brings the whole world along.
        proxied = any(name in request.headers for name in _PROXIED)
        return _LOCAL if open_here and not proxied and _is_this_machine(self.source(request)) else _NOBODY

    def _stranger(self, request: Request, viewer: Viewer, permission: str, *, form: bool) -> Response | None:
        """The way to the sign-in for who has to go there; None for who may go on.

        Raises:
            Refusal: who is signed in may not, or nobody can sign in yet.
        """
        if not permission or viewer.may(permission):
            return None
        if viewer.email or viewer.local:
            detail = "Your roles do not allow this. An administrator of the organization can change them."
            raise Refusal(403, "Not allowed", detail)
        if not self.desk.members.owned and self.desk.outside is None:
            detail = "This platform has no owner yet. Open the link that it printed when it started"
            if self.desk.settings.sign_in == "once_owned":
                detail += ", or open Console on the machine that it runs on"
            raise Refusal(403, "No owner yet", f"{detail}.")
        if form:
            raise Refusal(401, "Signed out", "You are signed out. Sign in, and try again.")
        path = quote(request.url.path)
        return RedirectResponse(f"{_SIGN_IN}?next={path}", 303, headers={"cache-control": "no-store"})

    def _set_cookie(
        self, request: Request, response: Response, name: str, value: str, *, age_s: int | None = None
    ) -> None:
        secure = request.url.scheme == "https" or request.headers.get("origin", "").startswith("https:")
        response.set_cookie(
            name, value, path="/console", httponly=True, samesite="strict", secure=secure, max_age=age_s
        )

    @cached_property
    def _templates(self) -> Environment:
        environment = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters["sentence"] = sentence
        return environment

    @cached_property
    def _style_version(self) -> str:
        return hashlib.sha256((_HERE / "static" / "console.css").read_bytes()).hexdigest()[:16]

    async def _form(self, request: Request) -> Form:
        """The form that came, if a page of ours sent it.

        Raises:
            Refusal: it came from elsewhere, or is none.
        """
        if not same_origin(request.headers):
            raise Refusal(403, "Not from here", "The form came from another site. Open the page anew and try again.")
        bytes_max, wait_s = limits.CONSOLE_BODY_BYTES_MAX, limits.CONSOLE_BODY_WAIT_S_MAX
        try:
            form = form_values(await read_bounded(request.stream(), bytes_max=bytes_max, wait_s=wait_s))
        except BodyTooLarge:
            raise Refusal(413, "Too large", f"A form has at most {bytes_max} bytes; this one is larger.") from None
        except BodyTooSlow:
            raise Refusal(408, "Too slow", f"A form has to arrive within {wait_s:g} seconds.") from None
        except FormInvalid as error:
            raise Refusal(400, "No form", sentence(str(error))) from None
        cookie = request.cookies.get(_COOKIE)
        if not usable_cookie(cookie) or not self._tokens.belongs(first(form, "form_token"), cookie or ""):
            detail = "The page was open for too long, or came from elsewhere. Go back, load it anew and try again."
            raise Refusal(403, "The form has expired", detail)
        return form


def first(form: Form, name: str) -> str:
    """The first value of this field; "" where there is none."""
    return form.get(name, [""])[0]


def sentence(text: str) -> str:
    """The words of a refusal as a sentence."""
    return text[:1].upper() + text[1:].rstrip(".") + "." if text else ""


def _viewing(member: Member) -> Viewer:
    return Viewer(
        email=member.email,
        name=member.name or member.email,
        subject=member.subject,
        permissions=member.permissions,
    )


def _plain(authority: str, scheme: str) -> str:
    """Host and port as browsers send them: in lower case, and without the port that the scheme has anyway."""
    return authority.lower().removesuffix(_PORTS[scheme])


def _is_this_machine(source: str) -> bool:
    try:
        return ipaddress.ip_address(source).is_loopback
    except ValueError:
        return False
