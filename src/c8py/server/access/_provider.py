"""Tokens of an outside OIDC provider (Keycloak, Entra ID, any other): checked by its published keys, roles by a claim.

Pure but for the clock: app fetches the keys and hands them in. Only asymmetric signatures count, and only tokens of the
one issuer that the owner named: access tokens at the APIs, and the ID token of a person who signs in to Console.
"""

import hmac
from collections.abc import Callable, Mapping
from typing import Final, cast

import msgspec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, KeySet, RSAKey

from c8py.base.clock import Clock
from c8py.server.access._apis import Api, organization_permissions
from c8py.server.access._denied import AccessDenied
from c8py.server.settings import ProviderSettings

_ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
_NAME_CHARS_MAX: Final = 200
_LEEWAY_S: Final = 30  # clocks of two machines
# What Keycloak says of tokens that are none for an API.
_OTHER_TYPES: Final = frozenset(("id", "refresh", "offline", "logout"))


class Outsider(msgspec.Struct, frozen=True):
    """Who a token of the provider speaks for.

    Attributes:
        name: of the client, else of the person.
        permissions: of the organization, that its roles give.
    """

    name: str
    permissions: frozenset[str]


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Who has signed in at the provider.

    Attributes:
        subject: the provider's own name for the person; unique there, and never given to another.
        email: the address, if the provider has verified it; else the user name, marked so that it is nobody's address.
        name: shown.
        roles: of Console, that the provider's roles give.
    """

    subject: str
    email: str
    name: str
    roles: tuple[str, ...]


class Endpoints(msgspec.Struct, frozen=True, kw_only=True):
    """Where people and codes go, as the provider's discovery document says.

    Attributes:
        authorization: a browser goes there to sign in.
        token: a code is exchanged there.
        end_session: a browser goes there to sign out; "" where there is no such place.
    """

    authorization: str = ""
    token: str = ""
    end_session: str = ""


class _Claims(msgspec.Struct, frozen=True):
    iss: str
    exp: float
    aud: str | tuple[str, ...] = ()
    nbf: float = 0.0
    typ: str = ""
    azp: str = ""
    client_id: str = ""
    sub: str = ""


class _IdClaims(msgspec.Struct, frozen=True):
    iss: str
    sub: str
    aud: str | tuple[str, ...]
    exp: float
    iat: float
    nonce: str = ""
    azp: str = ""
    email: str = ""
    name: str = ""
    preferred_username: str = ""


_CLAIMS: Final = msgspec.json.Decoder(_Claims)
_ID_CLAIMS: Final = msgspec.json.Decoder(_IdClaims)
_ANY: Final = msgspec.json.Decoder(dict[str, object])


class Provider:
    """Judges tokens of the provider.

    Args:
        settings: which provider, and what its roles mean here.
        clock: when a token expires.
    """

    def __init__(self, settings: ProviderSettings, *, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._keys = KeySet([])
        self.on_unknown_key: Callable[[], None] = lambda: None
        self.endpoints = Endpoints()
        self._members = (
            *((one, "admin") for one in settings.admin_roles),
            *((one, "visitor") for one in settings.reader_roles),
            *((theirs, ours) for theirs, _, ours in (one.rpartition("=") for one in settings.member_roles)),
        )

    def keys_are(self, document: bytes) -> int:
        """Take these keys in the place of those before; gives how many can be used.

        Args:
            document: a JWKS.

        Raises:
            ValueError: it is none.
        """
        found = _ANY.decode(document).get("keys")
        if not isinstance(found, list):
            raise ValueError("expected a key set, but it has no keys")  # noqa: TRY004  what came is wrong, not our call
        usable: list[Key] = []
        kinds: Mapping[object, type[RSAKey | ECKey]] = {"RSA": RSAKey, "EC": ECKey}
        for one in cast("list[object]", found):
            if not isinstance(one, dict):
                continue
            key = cast("dict[str, str]", one)
            try:
                kind = kinds.get(key.get("kty"))
                if kind is not None and key.get("use", "sig") == "sig":
                    usable.append(kind.import_key({name: key[name] for name in key if name != "alg"}))
            except Exception:  # noqa: BLE001, S112  whatever one key is, the others count
                continue
        self._keys = KeySet(usable)
        return len(usable)

    def _issued(self, token: str) -> bool:
        """Whether the token says that it is from the provider; nothing says yet that it is true."""
        try:
            claims = _CLAIMS.decode(jws.extract_compact(token.encode()).payload)
        except (JoseError, ValueError, TypeError, KeyError, RecursionError):
            return False
        return claims.iss == self._settings.issuer

    def outsider(self, token: str, *, api: Api, permission: str = "") -> Outsider | None:
        """Who is calling with a token of the provider; None where it is for others to judge.

        Args:
            token: as it came.
            api: what is called.
            permission: of the organization, that is needed.

        Raises:
            AccessDenied: the token is not good here, or its roles do not give this.
        """
        if not self._issued(token):
            if self._settings.only:
                raise AccessDenied("unauthenticated", "issuer", "The token is from another issuer")
            return None
        payload = self._verified(token)
        try:
            claims, whole = _CLAIMS.decode(payload), _ANY.decode(payload)
        except (msgspec.MsgspecError, RecursionError) as error:
            raise AccessDenied("unauthenticated", "token", "The token is not valid here") from error
        now_s = self._clock.now_ms() / 1000
        if claims.iss != self._settings.issuer:
            raise AccessDenied("unauthenticated", "issuer", "The token is from another issuer")
        if now_s >= claims.exp + _LEEWAY_S or now_s < claims.nbf - _LEEWAY_S:
            raise AccessDenied("unauthenticated", "expired", "The token has expired, or is not valid yet")
        if claims.typ.lower() in _OTHER_TYPES:
            raise AccessDenied("unauthenticated", "token", "The token is not one for APIs")
        # Other APIs, connector secrets among them, are for clients that were made here.
        wanted = {"console": self._settings.console_audiences, "zeebe": self._settings.audiences}.get(api, ())
        audiences = (claims.aud,) if isinstance(claims.aud, str) else claims.aud
        if not set(wanted) & set(audiences):
            raise AccessDenied("unauthenticated", "audience", "The token is for another audience")
        roles = _roles(whole, self._settings.roles_claim)
        permissions = self._permissions(roles)
        if permission and permission not in permissions:
            raise AccessDenied("forbidden", "scope", f"No role of the caller has the permission {permission}")
        needed = set(self._settings.cluster_roles)
        if api != "console" and needed and not needed & roles:
            raise AccessDenied("forbidden", "scope", "The caller lacks a role that may call clusters")
        return Outsider(claims.azp or claims.client_id or claims.sub, permissions)

    def person(self, id_token: str, *, nonce: str, access_token: str = "") -> Person:
        """Who has signed in.

        Args:
            id_token: as the provider's token endpoint gave it.
            nonce: what the sign-in was begun with.
            access_token: given beside it; roles are taken from it where the ID token has none, as Keycloak does it.

        Raises:
            AccessDenied: the token is not for this Console and this sign-in.
        """
        payload = self._verified(id_token)
        try:
            claims, whole = _ID_CLAIMS.decode(payload), _ANY.decode(payload)
        except (msgspec.MsgspecError, RecursionError) as error:
            raise AccessDenied("unauthenticated", "token", "The ID token cannot be read") from error
        now_s, ours = self._clock.now_ms() / 1000, self._settings.client_id
        audiences = (claims.aud,) if isinstance(claims.aud, str) else claims.aud
        if claims.iss != self._settings.issuer:
            raise AccessDenied("unauthenticated", "issuer", "The ID token is from another issuer")
        if ours not in audiences or claims.azp not in ("", ours) or (len(audiences) > 1 and not claims.azp):
            raise AccessDenied("unauthenticated", "audience", "The ID token is for another client")
        if now_s >= claims.exp + _LEEWAY_S or claims.iat > now_s + _LEEWAY_S:
            raise AccessDenied("unauthenticated", "expired", "The ID token has expired, or is not valid yet")
        if not nonce or not hmac.compare_digest(claims.nonce.encode(), nonce.encode()) or not claims.sub:
            raise AccessDenied("unauthenticated", "token", "The ID token is of another sign-in")
        roles = _roles(whole, self._settings.roles_claim) or self._roles_beside(access_token, claims.sub)
        # Who may edit the own address must not be able to take that of somebody else.
        verified = whole.get("email_verified") is True and claims.email.isprintable()
        shown = (claims.email if verified else "")[:254] or _from_outside(claims)
        return Person(
            subject=claims.sub,
            email=shown,
            name=(claims.name or claims.preferred_username or shown)[:100],
            roles=tuple(dict.fromkeys(ours for theirs, ours in self._members if theirs in roles)),
        )

    def _roles_beside(self, access_token: str, subject: str) -> frozenset[str]:
        """The roles in an access token of the same person; none where it is opaque, or of somebody else."""
        try:
            whole = _ANY.decode(self._verified(access_token))
        except (AccessDenied, msgspec.MsgspecError, RecursionError):
            return frozenset()
        same = whole.get("iss") == self._settings.issuer and whole.get("sub") == subject
        return _roles(whole, self._settings.roles_claim) if same else frozenset()

    def _verified(self, token: str) -> bytes:
        try:
            header = jws.extract_compact(token.encode()).headers()
            kid, algorithm = header.get("kid"), header.get("alg")
            if algorithm not in _ALGORITHMS:
                raise AccessDenied("unauthenticated", "token", "The token is not signed as it should be")
            if not any(key.kid == kid for key in self._keys.keys):
                # A new key, or a liar; the keys are fetched anew, but never more often than is good for the provider.
                self.on_unknown_key()
                raise AccessDenied("unauthenticated", "token", "The token is signed with a key that is not known yet")
            return jws.deserialize_compact(token, self._keys, list(_ALGORITHMS)).payload
        except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise AccessDenied("unauthenticated", "token", "The token is not valid here") from error

    def _permissions(self, roles: frozenset[str]) -> frozenset[str]:
        every = organization_permissions()
        if roles & set(self._settings.admin_roles):
            return frozenset(every)
        if roles & set(self._settings.reader_roles):
            return frozenset(one for one in every if one.startswith("read:"))
        return frozenset()


def _from_outside(claims: _IdClaims) -> str:
    """A name that no member's address can be."""
    name = claims.preferred_username if claims.preferred_username.isprintable() else ""
    return f"{(name.strip() or claims.sub)[:_NAME_CHARS_MAX]} (outside)"


def _roles(claims: Mapping[str, object], path: str) -> frozenset[str]:
    """What stands at this place of the claims: texts in a list, or one text with spaces; nothing if it is missing."""
    *above, last = path.split(".")
    for step in above:
        inner = claims.get(step)
        if not isinstance(inner, dict):
            return frozenset()
        claims = cast("dict[str, object]", inner)
    found = claims.get(last)
    if isinstance(found, str):
        return frozenset(found.split())
    if isinstance(found, list):
        return frozenset(one for one in cast("list[object]", found) if isinstance(one, str))
    return frozenset()
