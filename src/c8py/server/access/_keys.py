"""Signing keys and the tokens signed with them: RS256, by the key's name, and nothing else.

Pure but for the store, which keeps the keys. The token service signs here, `Access` verifies here.
"""

from collections.abc import Mapping
from typing import Final

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from c8py.base.clock import Clock
from c8py.server.store import SigningKey, Store

_ALGORITHM: Final = "RS256"
_KEY_BITS: Final = 2048
_REALM: Final = "/auth/realms/camunda-platform"


class Issuers(msgspec.Struct, frozen=True, kw_only=True):
    """Who our tokens say they are from.

    Attributes:
        saas: of tokens from /oauth/token; ends with a slash, as Auth0's do.
        keycloak: of tokens from the Keycloak path; the address of its realm.
    """

    saas: str
    keycloak: str

    @classmethod
    def at(cls, http_address: str) -> "Issuers":
        """The issuers of a platform at this address."""
        return cls(saas=f"{http_address}/", keycloak=f"{http_address}{_REALM}")


class Claims(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a token says: the claims of SaaS, and what Keycloak adds.

    Attributes:
        iss: the issuer.
        sub: the subject: the client, in the words of the issuer.
        aud: whom it is for, one or several.
        iat: when it was issued, seconds since 1970.
        exp: when it stops, seconds since 1970.
        azp: the client id.
        scope: what the response calls scope.
        gty: the grant, as Auth0 names it.
        typ: Keycloak's "Bearer".
        permissions: of the organization's clients, as "verb:resource"; of Keycloak's, by audience.
        cluster_id: the cluster that it is for.
        org_id: the organization that it is for.
        client_id: the client id once more.
    """

    iss: str
    sub: str
    aud: str | tuple[str, ...]
    iat: int
    exp: int
    azp: str
    scope: str = ""
    gty: str = ""
    typ: str = ""
    permissions: tuple[str, ...] | Mapping[str, tuple[str, ...]] = ()
    cluster_id: str | None = msgspec.field(default=None, name="https://camunda.com/clusterId")
    org_id: str | None = msgspec.field(default=None, name="https://camunda.com/orgId")
    client_id: str | None = msgspec.field(default=None, name="https://camunda.com/clientId")


class TokenInvalid(Exception):  # noqa: N818  what came is judged, nothing broke
    """This is no token of ours: another key, another algorithm, or no token at all."""


_DECODER: Final = msgspec.json.Decoder(Claims)
_ENCODER: Final = msgspec.json.Encoder()


class Keys:
    """The keys of a platform: the newest signs, all of them verify.

    Args:
        signing_keys: the newest first; at least one.
    """

    def __init__(self, signing_keys: tuple[SigningKey, ...]) -> None:
        self._keys = {key.kid: RSAKey.import_key(key.private_pem, {"kid": key.kid}) for key in signing_keys}
        self._newest = signing_keys[0].kid

    @classmethod
    def of(cls, store: Store, *, clock: Clock) -> "Keys":
        """The keys of this store; a store that has none gets one.

        Raises:
            PlatformError: the new key cannot be written.
        """
        found = store.signing_keys()
        if not found:
            found = (_new_key(clock),)
            store.add_signing_key(found[0])
        return cls(found)

    def sign(self, claims: Claims) -> str:
        """The token that says this, in compact form."""
        header = {"alg": _ALGORITHM, "typ": "JWT", "kid": self._newest}
        return jws.serialize_compact(header, _ENCODER.encode(claims), self._keys[self._newest], [_ALGORITHM])

    def verify(self, token: str) -> Claims:
        """What a token says that we signed; whether it still holds is for the caller to judge.

        Raises:
            TokenInvalid: we did not sign it, or it is no token.
        """
        try:
            kid = jws.extract_compact(token.encode()).headers().get("kid")
            key = self._keys.get(kid) if isinstance(kid, str) else None
            if key is None:
                raise TokenInvalid("signed with a key that is not ours")
            return _DECODER.decode(jws.deserialize_compact(token, key, [_ALGORITHM]).payload)
        # RecursionError: a header of brackets alone, which the JSON parser follows down.
        except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise TokenInvalid("not a token of ours") from error

    def public_set(self) -> bytes:
        """The JWKS document: public halves only."""
        keys = [
            {**key.as_dict(private=False), "use": "sig", "alg": _ALGORITHM, "kid": kid}
            for kid, key in self._keys.items()
        ]
        return _ENCODER.encode({"keys": keys})


def _new_key(clock: Clock) -> SigningKey:
    private = rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return SigningKey(kid=RSAKey.import_key(pem).thumbprint(), private_pem=pem, created_ms=clock.now_ms())
