"""The check itself. Pure but for clock and store: no sockets, no headers but the one it is given.

Made for one thread, the event loop's. A verified token is remembered by its digest; that it has not expired, that its
client exists, and that it fits the API is asked anew on every call.
"""

import base64
import binascii
import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, Literal

import msgspec

from c8py.base import limits
from c8py.base.clock import Clock
from c8py.server.access._apis import API_FACTS, Api, audiences_of, may_call
from c8py.server.access._denied import AccessDenied
from c8py.server.access._keys import Claims, Issuers, Keys, TokenInvalid
from c8py.server.access._provider import Provider
from c8py.server.access._sources import Allowlists, Sources
from c8py.server.settings import Settings
from c8py.server.store import Client, Store

_TOKEN_ALWAYS: Final = frozenset[Api](("console", "secrets"))
# Clocks of one machine are set back by NTP; a token from the near future is still ours.
_ISSUED_LEEWAY_S: Final = 60


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who is calling.

    Attributes:
        kind: a client with a token, a user with a password, somebody with a token of the provider, or anybody.
        name: the client id or the user name; "" for anybody.
        cluster_id: the cluster of a cluster's client; None for all others.
        permissions: what the client may do; empty for users and anybody, who may do everything.
        source: the address that the call comes from; "" where nobody asked.
    """

    kind: Literal["client", "user", "outsider", "anonymous"]
    name: str = ""
    cluster_id: str | None = None
    permissions: frozenset[str] = frozenset()
    source: str = ""


class _Verified(msgspec.Struct, frozen=True):
    claims: Claims
    audiences: frozenset[str]


class Access:
    """Decides about every call.

    Args:
        settings: the mode, and the users of the mode `basic`.
        store: who exists.
        keys: what our tokens are signed with.
        issuers: who our tokens are from.
        clock: when a token expires.
        provider: whose tokens count beside ours, or in their place; None for none.
    """

    def __init__(  # the last ones by name
        self,
        settings: Settings,
        store: Store,
        keys: Keys,
        issuers: Issuers,
        *,
        clock: Clock,
        provider: Provider | None = None,
    ) -> None:
        self._mode = settings.auth
        self._users = {user.name: user.password.reveal().encode() for user in settings.users}
        self._store = store
        self._keys = keys
        self._issuers = frozenset((issuers.saas, issuers.keycloak))
        self._clock = clock
        self._provider = provider
        self._verified: OrderedDict[bytes, _Verified] = OrderedDict()
        self._allowlists = Allowlists(store)
        self._ends: dict[str, dict[int, tuple[Caller, Callable[[], None]]]] = {}
        self._last_end = 0
        self.sources: Final = Sources(settings.proxy_header, settings.trusted_proxies)
        store.on_client_removed(self._client_removed)

    @property
    def allowlists(self) -> Allowlists:
        """The IP allowlists that are enforced here; after a change call `look_again`."""
        return self._allowlists

    def on_end(self, caller: Caller, cluster_id: str, end: Callable[[], None]) -> Callable[[], None]:
        """Have a long call told when its caller may no longer make it: its client is deleted, its address not allowed.

        Args:
            caller: from `authorize`.
            cluster_id: the cluster that is called.
            end: called once, on the event loop.

        Returns:
            To be called when the call is over.
        """
        self._last_end += 1
        number, waiting = self._last_end, self._ends.setdefault(cluster_id, {})
        waiting[number] = caller, end

        def forget() -> None:
            waiting.pop(number, None)

        return forget

    def look_again(self, cluster_id: str) -> None:
        """End the long calls of this cluster that could not begin now: its allowlist has changed."""
        for caller, end in tuple(self._ends.get(cluster_id, {}).values()):
            if caller.source and not self._allowlists.allow(cluster_id, caller.source):
                end()

    def _client_removed(self, client_id: str) -> None:
        for waiting in self._ends.values():
            for caller, end in tuple(waiting.values()):
                if caller.kind == "client" and caller.name == client_id:
                    end()

    def authorize(
        self,
        authorization: str | None,
        *,
        api: Api,
        cluster_id: str | None = None,
        permission: str = "",
        source: str = "",
        own: bool = False,
    ) -> Caller:
        """Name the caller, or refuse.

        Args:
            authorization: the header's value; None where there is none.
            api: what is called. Console's, and secrets, want a token whatever the mode of the clusters is.
            cluster_id: the cluster that is called.
            permission: what a client of the organization needs for this, as "read:cluster".
            source: where the call comes from; the cluster's IP allowlist is asked, whatever the mode.
            own: the cluster is the client's own, whichever that is.

        Raises:
            AccessDenied: nobody, or somebody who may not.
        """
        if cluster_id is not None and source and not self._allowlists.allow(cluster_id, source):
            raise AccessDenied("forbidden", "address", f"The address {source} is not in the cluster's IP allowlist")
        if api not in _TOKEN_ALWAYS:
            if self._mode == "none":
                return Caller(kind="anonymous", source=source)
            if self._mode == "basic":
                return msgspec.structs.replace(self._user(_credentials_of(authorization, "basic")), source=source)
        token = _credentials_of(authorization, "bearer")
        outsider = None if self._provider is None else self._provider.outsider(token, api=api, permission=permission)
        if outsider is not None:
            return Caller(kind="outsider", name=outsider.name, permissions=outsider.permissions, source=source)
        return self._insider(token, api=api, cluster_id=cluster_id, permission=permission, source=source, own=own)

    def _insider(  # as they stand in `authorize`
        self, token: str, *, api: Api, cluster_id: str | None, permission: str, source: str, own: bool
    ) -> Caller:
        """Who is calling with a token of our own."""
        verified = self._token(token)
        client = self._living(verified.claims)
        if own:
            cluster_id = client.cluster_id
        if not verified.audiences & audiences_of(api, cluster_id):
            raise AccessDenied("unauthenticated", "audience", "The token is for another audience")
        # A client of the organization belongs to no cluster, and so reaches all of them.
        belongs = {verified.claims.cluster_id or client.cluster_id, client.cluster_id}
        if client.cluster_id is not None and belongs != {cluster_id}:
            raise AccessDenied("unauthenticated", "cluster", "The token is for another cluster")
        if permission and permission not in client.permissions:
            raise AccessDenied("forbidden", "scope", f"The client lacks the permission {permission}")
        if not may_call(api, client.cluster_id, client.permissions):
            raise AccessDenied("forbidden", "scope", f"The client lacks the permission {API_FACTS[api].scope}")
        return Caller(
            kind="client",
            name=client.client_id,
            cluster_id=client.cluster_id,
            permissions=frozenset(client.permissions),
            source=source,
        )

    def _token(self, token: str) -> _Verified:
        """What this token says, if we signed it; remembered by its digest."""
        digest = hashlib.sha256(token.encode()).digest()
        found = self._verified.get(digest)
        if found is not None:
            self._verified.move_to_end(digest)
            return found
        try:
            claims = self._keys.verify(token)
        except TokenInvalid as error:
            raise AccessDenied("unauthenticated", "token", "The token is not valid here") from error
        if claims.iss not in self._issuers:
            raise AccessDenied("unauthenticated", "issuer", "The token is from another issuer")
        audiences = (claims.aud,) if isinstance(claims.aud, str) else claims.aud
        verified = _Verified(claims, frozenset(audiences))
        self._verified[digest] = verified
        if len(self._verified) > limits.SERVER_TOKENS_CACHED_MAX:
            self._verified.popitem(last=False)
        return verified

    def _living(self, claims: Claims) -> Client:
        """The client of a token that is neither expired nor orphaned."""
        now_s = self._clock.now_ms() / 1000
        if now_s >= claims.exp:
            raise AccessDenied("unauthenticated", "expired", "The token has expired")
        if claims.iat > now_s + _ISSUED_LEEWAY_S:
            raise AccessDenied("unauthenticated", "expired", "The token is not valid yet")
        client = self._store.client(claims.azp)
        if client is None:
            raise AccessDenied("unauthenticated", "client", "The client of the token has been deleted")
        return client

    def _user(self, encoded: str) -> Caller:
        try:
            name, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, ValueError) as error:
            raise AccessDenied("unauthenticated", "malformed", "The Basic credentials cannot be read") from error
        expected = self._users.get(name, b"")
        # Compared even for an unknown name, so that the time taken does not tell names.
        right = hmac.compare_digest(password.encode(), expected)
        if not (right and colon and name in self._users):
            raise AccessDenied("unauthenticated", "password", "User name or password is wrong")
        return Caller(kind="user", name=name)


def _credentials_of(authorization: str | None, scheme: Literal["basic", "bearer"]) -> str:
    """What follows the scheme in the header.

    Raises:
        AccessDenied: there is no header, it is of another scheme, or too long to be true.
    """
    if authorization is None or not authorization.strip():
        raise AccessDenied("unauthenticated", "missing", f"Expected a {scheme} Authorization header, but found none")
    if len(authorization) > limits.SERVER_AUTHORIZATION_BYTES_MAX or not authorization.isascii():
        raise AccessDenied("unauthenticated", "malformed", "The Authorization header cannot be read")
    named, _, credentials = authorization.strip().partition(" ")
    if named.lower() != scheme or not credentials.strip():
        raise AccessDenied(
            "unauthenticated", "malformed", f"Expected a {scheme} Authorization header, but found another"
        )
    return credentials.strip()
