"""Tokens of an outside OIDC provider (Keycloak, Entra ID, any other): checked by its published keys, roles by a claim.

Pure but for the clock: app fetches the keys and hands them in. Only asymmetric signatures count, only access tokens,
and only those of the one issuer that the owner named.
"""

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


class _Claims(msgspec.Struct, frozen=True):
    iss: str
    exp: float
    aud: str | tuple[str, ...] = ()
    nbf: float = 0.0
    typ: str = ""
    azp: str = ""
    client_id: str = ""
    sub: str = ""


_CLAIMS: Final = msgspec.json.Decoder(_Claims)
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
        for one in cast("list[dict[str, str]]", found):
            kind = kinds.get(one.get("kty"))
            if kind is None or one.get("use", "sig") != "sig":
                continue
            try:
                usable.append(kind.import_key({name: one[name] for name in one if name != "alg"}))
            except (JoseError, ValueError, TypeError):
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
