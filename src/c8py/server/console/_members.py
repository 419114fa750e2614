"""Members of the organization, their roles, and their sign-in.

The first one is the owner, made by a link that works once and that only who started the platform has seen. Members are
invited by a link too, for the platform sends no mail. Passwords are kept as scrypt hashes, sessions and links as hashes
of what the browser holds.
"""

import asyncio
import hashlib
import re
import secrets
from collections.abc import Sequence
from typing import Final

import msgspec

from c8py.base import limits
from c8py.base.clock import Clock
from c8py.base.redact import Secret
from c8py.server.access import (
    ORGANIZATION_GROUPS,
    PASSWORD_CHARS_MAX,
    PASSWORD_CHARS_MIN,
    Person,
    hashed,
    matches,
)
from c8py.server.console._journal import Journal, Verb
from c8py.server.console._not_done import NotDone
from c8py.server.store import Store
from c8py.serving.rate_limit import Limit, RateLimit

ASSIGNABLE_ROLES: Final = (
    "admin", "operationsengineer", "taskuser", "analyst", "developer", "visitor", "modeler",
)  # fmt: skip
EMAIL: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,190}")
_LINK_MS: Final = 7 * 24 * 3600 * 1000
_GONE_MS: Final = 30 * 24 * 3600 * 1000
ATTEMPTS: Final = Limit(rate_per_s=0.2, burst=10, block_s=60.0, sources_max=limits.SERVER_SOURCES_TRACKED_MAX)


def _all(*verbs: str, but: Sequence[str] = ()) -> frozenset[str]:
    return frozenset(f"{verb}:{group}" for verb in verbs for group in ORGANIZATION_GROUPS.values() if group not in but)


_READ: Final = frozenset(("read:cluster", "read:zeebe-client", "read:backups", "read:monitoring", "read:instances"))
_EVERYTHING: Final = _all("create", "read", "update", "delete") | {
    "read:instances", "update:instances", "read:admin", "read:alerts", "update:alerts",
}  # fmt: skip
_DEVELOPER: Final = _READ | {
    "create:zeebe-client", "delete:zeebe-client", "update:instances", "read:alerts", "update:alerts",
    "read:connector-secrets", "create:connector-secrets", "update:connector-secrets", "delete:connector-secrets",
}  # fmt: skip
_OPERATIONS: Final = _READ | {
    "update:cluster", "update:instances", "read:alerts", "update:alerts",
    "read:ip-allowlist", "update:ip-allowlist", "read:activity",
    "create:backups", "update:backups", "delete:backups",
    "create:monitoring", "update:monitoring", "delete:monitoring",
}  # fmt: skip
ROLE_PERMISSIONS: Final[dict[str, frozenset[str]]] = {
    "owner": _EVERYTHING,
    "admin": _EVERYTHING,
    "operationsengineer": _OPERATIONS,
    "developer": _DEVELOPER,
    "analyst": _READ,
    "taskuser": frozenset(("read:cluster",)),
    "visitor": _READ,
    "modeler": _READ,
    "member": _READ,
}


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A member of the organization.

    Attributes:
        email: the address, in lower case; signs in with it.
        name: shown; "" until the invitation is accepted.
        roles: what the member may do is what all of them allow.
        password: its hash; "" until the invitation is accepted.
        link_sha256: of the invitation's link, in hex; "" for none.
        link_until_ms: when the link ends, in milliseconds since 1970.
        created_ms: when the member was invited or made.
        subject: the provider's name for somebody who signed in there, and is kept nowhere; "" for a member.
    """

    email: str
    name: str = ""
    roles: tuple[str, ...] = ("member",)
    password: str = ""
    link_sha256: str = ""
    link_until_ms: int = 0
    created_ms: int = 0
    subject: str = ""

    @property
    def pending(self) -> bool:
        """Whether the invitation is not accepted yet."""
        return not self.password

    @property
    def permissions(self) -> frozenset[str]:
        """What the roles allow."""
        return frozenset[str]().union(*(ROLE_PERMISSIONS.get(role, frozenset()) for role in self.roles))

    def __repr__(self) -> str:
        """Without the hashes."""
        return f"Member(email={self.email!r}, roles={self.roles!r})"


class _Session(msgspec.Struct, frozen=True, kw_only=True):
    email: str
    until_ms: int
    # Of who signed in at the provider; such a person is no member, and lives as long as the session.
    subject: str = ""
    name: str = ""
    roles: tuple[str, ...] = ()


class _Seen(msgspec.Struct, frozen=True):
    at_ms: int


class Members:
    """Keeps members, and lets them in.

    Args:
        store: where they are kept.
        org_id: whose members.
        journal: told of every change, and of every sign-in.
        clock: when it is.
        session_s: how long a session lasts.
    """

    def __init__(self, store: Store, org_id: str, journal: Journal, *, clock: Clock, session_s: int) -> None:
        self._shelf = store.shelf("members", Member)
        self._sessions = store.shelf("sessions", _Session)
        self._seen = store.shelf("outsiders", _Seen)
        self._org_id = org_id
        self._journal = journal
        self._clock = clock
        self._session_ms = session_s * 1000
        self._by_source = RateLimit(ATTEMPTS, clock=clock)
        self._by_email = RateLimit(ATTEMPTS, clock=clock)
        # A password takes 32 MiB to check: two at a time, whoever asks.
        self._hashing = asyncio.Semaphore(2)
        self._owner_link = ""

    def all(self) -> tuple[Member, ...]:
        """The members, the oldest first."""
        return tuple(self._shelf.all(self._org_id).values())

    def get(self, email: str) -> Member | None:
        """The member with this address."""
        return self._shelf.get(self._org_id, email.lower())

    @property
    def owned(self) -> bool:
        """Whether there is an owner, so that pages want somebody signed in."""
        return any("owner" in member.roles for member in self.all())

    # -- invitations

    def set_roles(self, who: str, email: str, roles: Sequence[str]) -> Member:
        """Invite whom there is not, or change the roles of whom there is.

        Raises:
            NotDone: the address or a role is none, the member is the owner, or there are too many.
        """
        email = email.strip().lower()
        if not EMAIL.fullmatch(email):
            raise NotDone(400, "expected an e-mail address, but it is none")
        unknown = [role for role in roles if role not in ASSIGNABLE_ROLES]
        if unknown or not roles:
            got = f"got {unknown[0][:50]!r}" if unknown else "there is none"
            raise NotDone(400, f"expected roles out of {', '.join(ASSIGNABLE_ROLES)}, but {got}")
        found, kept = self.get(email), tuple(role for role in ASSIGNABLE_ROLES if role in roles)
        if found is None:
            if len(self.all()) >= limits.SERVER_MEMBERS_MAX:
                raise NotDone(403, f"expected fewer than {limits.SERVER_MEMBERS_MAX} members")
            member = Member(email=email, roles=kept, created_ms=self._clock.now_ms())
            self._say(who, f"invited {email}", "c", email, after=", ".join(kept))
        else:
            self._refuse_owner(found)
            member = msgspec.structs.replace(found, roles=kept)
            self._say(
                who, f"changed the roles of {email}", "u", email, before=", ".join(found.roles), after=", ".join(kept)
            )
        self._shelf.put(self._org_id, email, member)
        return member

    def invitation(self, who: str, email: str) -> Secret:
        """The secret part of a new link for a member who is invited; the one before is no longer any.

        Raises:
            NotDone: there is no such invitation.
        """
        member = self.get(email)
        if member is None or not member.pending:
            raise NotDone(404, "expected a member whose invitation is pending, but there is none")
        link = Secret(secrets.token_urlsafe(32))
        until_ms = self._clock.now_ms() + _LINK_MS
        self._shelf.put(
            self._org_id,
            member.email,
            msgspec.structs.replace(member, link_sha256=_digest(link.reveal()), link_until_ms=until_ms),
        )
        self._say(who, f"made a link for {member.email}", "u", member.email)
        return link

    def invited(self, link: str) -> Member | None:
        """Whose invitation this link is; the future owner has the address ""."""
        digest, now_ms = _digest(link), self._clock.now_ms()
        if self._owner_link and digest == self._owner_link and not self.owned:
            return Member(email="", roles=("owner",))
        return next(
            (one for one in self.all() if one.pending and one.link_sha256 == digest and now_ms < one.link_until_ms),
            None,
        )

    async def accept(self, link: str, email: str, name: str, password: Secret) -> Secret:
        """Take an invitation: from here on the member can sign in, and is.

        Args:
            link: the secret part of it; it works no more after this.
            email: of the owner; that of everybody else stands in the invitation.
            name: shown.
            password: the new one.

        Returns:
            The session.

        Raises:
            NotDone: the link is none any more, or name or password do not fit.
        """
        _name_or_refuse(name)
        _password_or_refuse(password)
        invited = self.invited(link)
        if invited is None:
            raise NotDone(403, "expected a link that works, but it has been used or has ended")
        email = invited.email or email.strip().lower()
        if not EMAIL.fullmatch(email):
            raise NotDone(400, "expected an e-mail address, but it is none")
        async with self._hashing:
            kept = await asyncio.to_thread(hashed, password)
        # Hashing took a while: somebody may have used the link meanwhile.
        if self.invited(link) is None:
            raise NotDone(403, "expected a link that works, but it has been used or has ended")
        member = Member(
            email=email, name=name.strip(), roles=invited.roles, password=kept, created_ms=self._clock.now_ms()
        )
        self._shelf.put(self._org_id, email, member)
        self._owner_link = "" if "owner" in member.roles else self._owner_link
        self._say(email, f"{email} joined", "c", email, after=", ".join(member.roles))
        return self._enter(member)

    def owner_link(self) -> Secret | None:
        """The secret part of the link for the first owner; None when there is one. Each call ends the one before."""
        if self.owned:
            return None
        link = Secret(secrets.token_urlsafe(32))
        self._owner_link = _digest(link.reveal())
        return link

    def remove(self, who: str, email: str) -> None:
        """Take a member out; the member's sessions end at once.

        Raises:
            NotDone: there is none, or it is the owner.
        """
        found = self.get(email)
        if found is None:
            raise NotDone(404, "expected the e-mail address of a member, but there is none")
        self._refuse_owner(found)
        self._shelf.remove(self._org_id, found.email)
        self._end_all(found.email)
        self._say(who, f"removed {found.email}", "d", found.email)

    # -- sessions

    async def sign_in(self, source: str, email: str, password: Secret) -> Secret:
        """A new session.

        Raises:
            NotDone: too many attempts, or address or password are wrong; which one is not said.
        """
        email = email.strip().lower()[:300]
        wait_s = max(self._by_source.refused_for_s(source), self._by_email.refused_for_s(email))
        if wait_s > 0:
            raise NotDone(429, f"expected fewer attempts, but there were too many; wait {round(wait_s) + 1} s")
        member = self.get(email)
        if len(password.reveal()) > PASSWORD_CHARS_MAX:
            raise NotDone(401, "expected an e-mail address and its password, but one of them is wrong")
        async with self._hashing:
            right = await asyncio.to_thread(matches, password, "" if member is None else member.password)
        if member is None or not right or self.get(email) != member:
            raise NotDone(401, "expected an e-mail address and its password, but one of them is wrong")
        self._say(email, f"{email} signed in", "r", email)
        return self._enter(member)

    def admit(self, person: Person) -> Secret:
        """A new session for somebody whom the provider has signed in.

        Raises:
            NotDone: the provider's roles give none here.
        """
        if not person.roles:
            raise NotDone(403, "expected a role that counts here, but the provider gives this account none")
        self._say(person.email, f"{person.email} signed in at the provider", "r", person.email)
        now_ms = self._clock.now_ms()
        for subject in [one for one, seen in self._seen.all(self._org_id).items() if now_ms - seen.at_ms > _GONE_MS]:
            self._seen.remove(self._org_id, subject)
        self._seen.put(self._org_id, _digest(person.subject), _Seen(now_ms))
        return self._open(
            _Session(
                email=person.email,
                until_ms=self._clock.now_ms() + self._session_ms,
                subject=person.subject,
                name=person.name,
                roles=person.roles,
            )
        )

    def signed_in(self, session: str) -> Member | None:
        """Whose session this is."""
        digest = _digest(session)
        found = self._sessions.get(self._org_id, digest)
        if found is None:
            return None
        if self._clock.now_ms() >= found.until_ms:
            self._sessions.remove(self._org_id, digest)
            return None
        if found.subject:
            return Member(email=found.email, name=found.name, roles=found.roles, subject=found.subject)
        return self.get(found.email)

    def comes_still(self, subject: str) -> bool:
        """Whether this person of the provider has signed in there within the last 30 days."""
        seen = self._seen.get(self._org_id, _digest(subject))
        return seen is not None and self._clock.now_ms() - seen.at_ms <= _GONE_MS

    def is_outsider(self, session: str) -> bool:
        """Whether the session is of somebody who signed in at the provider."""
        found = self._sessions.get(self._org_id, _digest(session))
        return found is not None and bool(found.subject)

    def sign_out(self, session: str) -> None:
        """End a session."""
        self._sessions.remove(self._org_id, _digest(session))

    # -- inside

    def _enter(self, member: Member) -> Secret:
        return self._open(_Session(email=member.email, until_ms=self._clock.now_ms() + self._session_ms))

    def _open(self, opened: _Session) -> Secret:
        now_ms, session = self._clock.now_ms(), Secret(secrets.token_urlsafe(32))
        mine = [
            (one, kept)
            for one, kept in self._sessions.all(self._org_id).items()
            if kept.subject == opened.subject and (opened.subject or kept.email == opened.email)
        ]
        ended = {one for one, kept in mine if kept.until_ms <= now_ms}
        crowd = [one for one, _ in mine if one not in ended]
        for one in ended.union(crowd[: max(0, len(crowd) + 1 - limits.SERVER_SESSIONS_MAX)]):
            self._sessions.remove(self._org_id, one)
        self._sessions.put(self._org_id, _digest(session.reveal()), opened)
        return session

    def _end_all(self, email: str) -> None:
        for one, kept in self._sessions.all(self._org_id).items():
            if kept.email == email and not kept.subject:
                self._sessions.remove(self._org_id, one)

    def _refuse_owner(self, member: Member) -> None:
        if "owner" in member.roles:
            raise NotDone(403, "expected a member who is not the owner, but this one is")

    def _say(  # the last ones by name
        self, who: str, what: str, verb: Verb, email: str, *, before: str = "", after: str = ""
    ) -> None:
        self._journal.write(
            who, what, verb=verb, entity="member", entity_id=email, attribute="roles" if after else "", before=before,
            after=after,
        )  # fmt: skip


def _name_or_refuse(name: str) -> None:
    if not name.strip() or len(name) > limits.SERVER_NAME_CHARS_MAX or not name.isprintable():
        raise NotDone(400, f"expected a name of 1 to {limits.SERVER_NAME_CHARS_MAX} printable characters")


def _password_or_refuse(password: Secret) -> None:
    if not PASSWORD_CHARS_MIN <= len(password.reveal()) <= PASSWORD_CHARS_MAX:
        raise NotDone(
            400, f"expected a password of {PASSWORD_CHARS_MIN} to {PASSWORD_CHARS_MAX} characters, but it is not"
        )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
