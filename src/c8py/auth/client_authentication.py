"""How an OAuth client proves itself to its token service: the methods of OIDC Core 9 and RFC 8705. Pure.

A new method is an entry in the table at the end. Called by `credentials` for every token request.
"""

import base64
from collections.abc import Callable, Mapping
from hashlib import sha1, sha256
from importlib import import_module
from typing import TYPE_CHECKING, Final
from urllib.parse import quote_plus

import msgspec

from c8py.auth.keystore import Identity, needs_extra
from c8py.base.limits import ASSERTION_LIFETIME_S
from c8py.base.redact import Secret
from c8py.config import ClientAuthentication
from c8py.errors import ConfigError

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_CURVES: Final[Mapping[str, str]] = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}
_PSS_OID: Final = "1.2.840.113549.1.1.10"
_PSS_DER: Final = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a"  # the same, as it stands in the head of a key


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """What one proof is made of.

    Attributes:
        client_id: who asks.
        client_secret: for the two methods that send it.
        identity: whose key signs, for the method that signs.
        token_url: whom the proof is for.
        now_ms: when it is made, in milliseconds since 1970.
        proof_id: of this proof alone: whoever sees it cannot use it a second time.
    """

    client_id: str
    client_secret: Secret
    identity: Identity | None
    token_url: str
    now_ms: int
    proof_id: str


class Proof(msgspec.Struct, frozen=True):
    """What the token request carries besides the wish. Kept out of `repr`: it is as good as the secret."""

    fields: Mapping[str, str] = {}
    headers: Mapping[str, str] = {}

    def __repr__(self) -> str:
        return "Proof(…)"


def prove(method: ClientAuthentication, claim: Claim) -> Proof:
    """The proof that a method asks for."""
    return _METHODS[method](claim)


def check_key(identity: Identity, place: str) -> None:
    """Make sure that a key can sign, before anybody is asked for a token.

    Args:
        identity: whose key.
        place: where it came from, for the error.

    Raises:
        ConfigError: it is of a kind that no algorithm here is for, or the extra `keystore` is not installed.
    """
    with needs_extra("signing token requests (private_key_jwt)"):
        import_module("joserfc")
    if not _signature(identity)[0]:
        raise ConfigError(
            f"expected an RSA key, or one of the curves P-256, P-384 and P-521, at {place}, but it is of another kind"
        )


def _post(claim: Claim) -> Proof:
    return Proof(fields={"client_id": claim.client_id, "client_secret": claim.client_secret.reveal()})


def _basic(claim: Claim) -> Proof:
    # RFC 6749 2.3.1: both are form-encoded first, so that a colon in the id stays one.
    pair = f"{quote_plus(claim.client_id)}:{quote_plus(claim.client_secret.reveal())}"
    return Proof(headers={"authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"})


def _tls(claim: Claim) -> Proof:
    return Proof(fields={"client_id": claim.client_id})  # the certificate is shown by the connection


def _private_key(claim: Claim) -> Proof:
    return Proof(
        fields={
            "client_id": claim.client_id,
            "client_assertion_type": _ASSERTION_TYPE,
            "client_assertion": _assertion(claim),
        }
    )


def _assertion(claim: Claim) -> str:
    """The signed statement of RFC 7523."""
    from joserfc import jwt  # noqa: PLC0415  the extra `keystore`
    from joserfc.jwk import ECKey, RSAKey  # noqa: PLC0415

    assert claim.identity is not None, "whoever chooses this method has a key; `check_key` was asked about it"
    key_pem = claim.identity.key.reveal()
    algorithm, thumbprints = _signature(claim.identity)
    key = (ECKey if algorithm.startswith("ES") else RSAKey).import_key(key_pem)
    now_s = claim.now_ms // 1000
    claims = {
        "iss": claim.client_id,
        "sub": claim.client_id,
        "aud": claim.token_url,
        "jti": claim.proof_id,
        "iat": now_s,
        "exp": now_s + ASSERTION_LIFETIME_S,
    }
    # No `kid` unasked: a provider that knows the key by another name would refuse what it accepts without one.
    named = {"kid": claim.identity.key_id} if claim.identity.key_id else {}
    return jwt.encode({"alg": algorithm, "typ": "JWT", **named, **thumbprints}, claims, key, algorithms=[algorithm])


def _signature(identity: Identity) -> tuple[str, Mapping[str, str]]:
    """The algorithm that the key is for, "" for none, and what names the certificate to check signatures by."""
    from cryptography.hazmat.primitives.asymmetric import ec, rsa  # noqa: PLC0415  the extra `keystore`
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415
    from cryptography.x509 import load_pem_x509_certificate  # noqa: PLC0415

    pem = identity.key.reveal().encode()
    key = load_pem_private_key(pem, None)
    certificate = load_pem_x509_certificate(identity.chain) if identity.chain else None
    if isinstance(key, rsa.RSAPrivateKey):
        algorithm = "PS256" if _wants_pss(pem, certificate) else "RS256"
    elif isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in _CURVES:
        algorithm = _CURVES[key.curve.name]
    else:
        algorithm = ""
    return algorithm, _thumbprints(certificate)


def _wants_pss(pem: bytes, certificate: "Certificate | None") -> bool:
    """Whether the key is for RSASSA-PSS alone: its certificate says so, or its own head does."""
    if certificate is not None and certificate.public_key_algorithm_oid.dotted_string == _PSS_OID:
        return True
    body = b"".join(line for line in pem.splitlines() if not line.startswith(b"-----"))
    return _PSS_DER in base64.b64decode(body)[:40]


def _thumbprints(certificate: "Certificate | None") -> Mapping[str, str]:
    if certificate is None:
        return {}
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415  the extra `keystore`

    der = certificate.public_bytes(Encoding.DER)
    # Entra ID and Auth0 look for a thumbprint, the older of them still for SHA-1.
    return {
        "x5t": _base64url(sha1(der, usedforsecurity=False).digest()),
        "x5t#S256": _base64url(sha256(der).digest()),
    }


def _base64url(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


_METHODS: Final[Mapping[ClientAuthentication, Callable[[Claim], Proof]]] = {
    "client_secret_post": _post,
    "client_secret_basic": _basic,
    "private_key_jwt": _private_key,
    "tls_client_auth": _tls,
}
