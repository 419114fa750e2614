"""Console's pages on the organization, its members and its API clients, on the activity log, and sign-in."""

import datetime as dt
import re
from collections.abc import Sequence
from typing import Final

from starlette.responses import Response

from c8py.base.redact import Secret
from c8py.server.access import ORGANIZATION_GROUPS
from c8py.server.console._credentials import credentials_file_name, organization_credentials_text
from c8py.server.console._guard import Page, Refusal, Visit
from c8py.server.console._members import ASSIGNABLE_ROLES
from c8py.server.console._not_done import NotDone
from c8py.server.console._outside import OutsideSignIn
from c8py.server.console._service import Created
from c8py.server.store import Client

_VERBS: Final = ("read", "create", "update", "delete")
_PATH: Final = re.compile(r"/console(/[A-Za-z0-9._~/-]*)?")
_SHOWN_MAX: Final = 200
_LABELS: Final = {
    "admin": "Admin", "operationsengineer": "Operations engineer (DevOps)", "taskuser": "Task user",
    "analyst": "Analyst", "developer": "Developer", "visitor": "Visitor", "modeler": "Modeler (Member)",
    "owner": "Owner", "member": "Member",
}  # fmt: skip


# -- sign-in


async def sign_in_form(visit: Visit) -> Response:
    """The form."""
    if visit.viewer.email:
        return visit.go("/console")
    return _sign_in(visit, _next(visit.request.query_params.get("next", "")))


async def sign_in(visit: Visit) -> Response:
    """In, or the form again."""
    _refuse_passwords(visit)
    path = _next(visit.value("next"))
    try:
        session = await visit.desk.members.sign_in(visit.source, visit.value("email"), Secret(visit.value("password")))
    except NotDone as refused:
        return _sign_in(visit, path, refused)
    return visit.guard.signed_in(visit.request, session, path)


def _sign_in(visit: Visit, path: str, refused: NotDone | None = None) -> Response:
    context = {
        "email": visit.value("email")[:200], "next": path, "outside": visit.desk.outside,
        "wrong": "" if refused is None else refused.detail,
    }  # fmt: skip
    return visit.show("sign_in.html", context, 200 if refused is None else refused.status)


async def begin_outside(visit: Visit) -> Response:
    """To the provider."""
    return visit.guard.begin_outside(visit.request, _outside(visit), _next(visit.request.query_params.get("next", "")))


async def finish_outside(visit: Visit) -> Response:
    """Back from the provider."""
    return await visit.guard.finish_outside(visit.request, _outside(visit))


def _outside(visit: Visit) -> OutsideSignIn:
    if visit.desk.outside is None:
        raise Refusal(404, "No provider", "This platform signs people in by itself.")
    return visit.desk.outside


def _refuse_passwords(visit: Visit) -> None:
    if visit.desk.outside is not None and visit.desk.outside.only:
        raise Refusal(403, "Not here", "People sign in at the provider alone; this platform takes no passwords.")


async def sign_out(visit: Visit) -> Response:
    """Out."""
    return visit.guard.sign_out(visit.request)


async def join_form(visit: Visit) -> Response:
    """The form of an invitation."""
    return _join(visit, "", "")


async def join(visit: Visit) -> Response:
    """A member from here on, and signed in."""
    _refuse_passwords(visit)
    email, name = visit.value("email"), visit.value("name")
    if visit.value("password") != visit.value("again"):
        return _join(visit, email, name, NotDone(400, "expected the same password twice, but they differ"))
    try:
        session = await visit.desk.members.accept(visit.part("link"), email, name, Secret(visit.value("password")))
    except NotDone as refused:
        return _join(visit, email, name, refused)
    return visit.guard.signed_in(visit.request, session, "/console")


def _join(visit: Visit, email: str, name: str, refused: NotDone | None = None) -> Response:
    _refuse_passwords(visit)
    member = visit.desk.members.invited(visit.part("link"))
    if member is None:
        detail = "The link has been used, or has ended. Ask for another; the platform prints a new one when it starts."
        raise Refusal(403, "This link does not work", detail)
    context = {
        "member": member, "email": email, "name": name, "link": visit.part("link"),
        "wrong": "" if refused is None else refused.detail,
    }  # fmt: skip
    return visit.show("join.html", context, 200 if refused is None else refused.status)


def _next(path: str) -> str:
    """Where to go afterwards: a page of Console, and nowhere else."""
    return path if _PATH.fullmatch(path) else "/console"


# -- members


async def organization(visit: Visit) -> Response:
    """The organization itself."""
    _here(visit)
    counts = {
        "clusters": len(visit.desk.clients.clusters()),
        "members": len(visit.desk.members.all()),
        "clients": len(visit.desk.clients.organization_clients()),
    }
    return visit.show("organization.html", {"counts": counts, "created": _day(visit.desk.organization.created_ms)})


async def members(visit: Visit) -> Response:
    """Who there is."""
    return _members(visit)


async def set_roles(visit: Visit) -> Response:
    """Invite somebody, or change somebody's roles."""
    email, roles = visit.value("email"), visit.form.get("role", [])
    known = visit.desk.members.get(email)
    try:
        member = visit.desk.members.set_roles(visit.who, email, roles)
    except NotDone as refused:
        return _members(visit, wrong=refused, email=email, chosen=roles)
    return await _link(visit, member.email) if known is None else _back(visit, "members")


async def new_link(visit: Visit) -> Response:
    """Another link for somebody who is invited."""
    return await _link(visit, visit.value("email"))


async def remove_member(visit: Visit) -> Response:
    """One less."""
    visit.desk.members.remove(visit.who, visit.value("email"))
    return _back(visit, "members")


async def _link(visit: Visit, email: str) -> Response:
    link = visit.desk.members.invitation(visit.who, email)
    return _members(visit, link=(email, f"{visit.desk.addresses.console_url}/join/{link.reveal()}"))


def _members(
    visit: Visit,
    *,
    wrong: NotDone | None = None,
    email: str = "",
    chosen: Sequence[str] = ("developer",),
    link: tuple[str, str] | None = None,
) -> Response:
    _here(visit)
    context = {
        "rows": visit.desk.members.all(), "roles": ASSIGNABLE_ROLES, "labels": _LABELS, "email": email,
        "chosen": chosen, "link": link, "wrong": "" if wrong is None else wrong.detail,
    }  # fmt: skip
    return visit.show("members.html", context, 200 if wrong is None else wrong.status)


# -- clients of the organization


async def clients(visit: Visit) -> Response:
    """The clients of the Administration API."""
    _here(visit)
    rows = [(one, _day(one.created_ms)[: len("2026-11-21")]) for one in visit.desk.clients.organization_clients()]
    return visit.show("organization_clients.html", {"rows": rows})


async def new_client(visit: Visit) -> Response:
    """The form for one more."""
    return _client_form(visit)


async def create_client(visit: Visit) -> Response:
    """One more, with its secret for the only time."""
    _here(visit)
    name, chosen = visit.value("name"), visit.form.get("permission", [])
    beyond = [one for one in chosen if not visit.viewer.may(one)]
    if beyond:
        raise Refusal(403, "Not allowed", "A client cannot be allowed what you are not allowed yourself.")
    made = visit.desk.clients.create_for_organization(visit.desk.organization.org_id, name, chosen)
    if not isinstance(made, Created):
        return _client_form(visit, name=name, chosen=chosen, wrong=NotDone(made.status, made.detail))
    visit.desk.journal.write(
        visit.who, f"created the organization's client {made.client.name}", verb="c", entity="organization client",
        entity_id=made.client.client_id, attribute="permissions", after=", ".join(made.client.permissions),
    )  # fmt: skip
    context = {
        "client": made.client, "secret": made.secret.reveal(), "file_name": credentials_file_name(made.client.name),
        "groups": _granted(made.client),
    }  # fmt: skip
    return visit.show("organization_client_created.html", context)


async def client_file(visit: Visit) -> Response:
    """The credentials file, made of the secret that the page handed back."""
    client, secret = _client(visit), Secret(visit.value("secret"))
    if not visit.desk.clients.knows(client, secret):
        detail = "The secret is not this client's. It was shown once; without it, make a new client."
        raise Refusal(400, "No file without the secret", detail)
    text = organization_credentials_text(visit.desk.addresses, client_id=client.client_id, secret=secret)
    return download(text, credentials_file_name(client.name))


async def delete_client(visit: Visit) -> Response:
    """One less."""
    client = _client(visit)
    visit.desk.clients.delete(client)
    visit.desk.journal.write(
        visit.who, f"deleted the organization's client {client.name}", verb="d", entity="organization client",
        entity_id=client.client_id,
    )  # fmt: skip
    return _back(visit, "administration-api")


def _client(visit: Visit) -> Client:
    _here(visit)
    client = visit.desk.clients.organization_client(visit.part("client"))
    if client is None:
        raise Refusal(404, "No such client", "There is no client of this id; it may have been deleted.")
    return client


def _client_form(visit: Visit, *, name: str = "", chosen: Sequence[str] = (), wrong: NotDone | None = None) -> Response:
    _here(visit)
    context = {
        "name": name, "chosen": chosen, "groups": ORGANIZATION_GROUPS, "verbs": _VERBS,
        "wrong": "" if wrong is None else wrong.detail,
    }  # fmt: skip
    return visit.show("organization_client_new.html", context, 200 if wrong is None else wrong.status)


def _granted(client: Client) -> dict[str, str]:
    return {
        group: ", ".join(verb for verb in _VERBS if f"{verb}:{resource}" in client.permissions)
        for group, resource in ORGANIZATION_GROUPS.items()
        if any(one.endswith(f":{resource}") for one in client.permissions)
    }


# -- activity


async def activity(visit: Visit) -> Response:
    """What was done, the newest first."""
    _here(visit)
    lines = visit.desk.journal.lines()
    rows = [(line, _day(line.at_ms)) for line in lines[:_SHOWN_MAX]]
    return visit.show("activity.html", {"rows": rows, "total": len(lines)})


async def activity_file(visit: Visit) -> Response:
    """All of it, as a file."""
    _here(visit)
    if visit.part("form") == "csv":
        return download(visit.desk.journal.csv(), "activity.csv", "text/csv")
    if visit.part("form") == "json":
        return download(visit.desk.journal.json(), "activity.json", "application/json")
    raise Refusal(404, "No such file", "The activity log is there as csv and as json.")


# -- inside


def download(text: str, name: str, media_type: str = "text/plain") -> Response:
    """A file that a browser saves and nobody else keeps."""
    headers = {
        "cache-control": "no-store",
        "content-disposition": f'attachment; filename="{name}"',
        "x-content-type-options": "nosniff",
    }
    return Response(text, headers=headers, media_type=media_type)


def _here(visit: Visit) -> None:
    """Refuse another organization's address."""
    if visit.part("org") != visit.desk.organization.org_id:
        raise Refusal(404, "No such organization", "There is no organization of this id.")


def _back(visit: Visit, page: str) -> Response:
    _here(visit)
    return visit.go(f"/console/org/{visit.desk.organization.org_id}/{page}")


def _day(at_ms: int) -> str:
    return dt.datetime.fromtimestamp(at_ms / 1000, dt.UTC).strftime("%Y-%m-%d %H:%M UTC")


# Path below the organization's, page, permission.
PAGES: Final[tuple[tuple[str, Page, str], ...]] = (
    ("/organization", organization, "read:cluster"),
    ("/members", members, "read:members"),
    ("/administration-api", clients, "read:admin"),
    ("/administration-api/new", new_client, "read:admin"),
    ("/activity", activity, "read:activity"),
    ("/activity/{form}", activity_file, "read:activity"),
)
FORMS: Final[tuple[tuple[str, Page, str], ...]] = (
    ("/members", set_roles, "update:members"),
    ("/members/link", new_link, "update:members"),
    ("/members/remove", remove_member, "delete:members"),
    ("/administration-api", create_client, "read:admin"),
    ("/administration-api/{client}/file", client_file, "read:admin"),
    ("/administration-api/{client}/delete", delete_client, "read:admin"),
)
# For everybody.
OPEN_PAGES: Final[tuple[tuple[str, Page], ...]] = (
    ("/sign-in", sign_in_form),
    ("/sign-in/provider", begin_outside),
    ("/sign-in/callback", finish_outside),
    ("/join/{link}", join_form),
)
OPEN_FORMS: Final[tuple[tuple[str, Page], ...]] = (
    ("/sign-in", sign_in),
    ("/sign-out", sign_out),
    ("/join/{link}", join),
)
