"""Rules of client authentication: what each method sends, and what a signed proof says."""

import base64
import hashlib
import json

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from c8py.auth.client_authentication import Claim, check_key, prove
from c8py.auth.keystore import Identity, Store, read_identity
from c8py.base.redact import Secret
from c8py.errors import ConfigError
from harness.authority import KEYSTORE_PASSWORD, Authority

# An RSA key for RSASSA-PSS alone, as it stands in a file: only its head differs from that of other RSA keys.
PSS_HEAD = bytes.fromhex("300b06092a864886f70d01010a")


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


def claim(identity=None, client_id="id", secret="s3cr~t"):
    return Claim(
        client_id=client_id,
        client_secret=Secret(secret),
        identity=identity,
        token_url="https://login.example/token",
        now_ms=1_773_570_600_999,
        proof_id="proof-1",
    )


def pem(key) -> Secret:
    private = serialization.PrivateFormat.PKCS8
    return Secret(key.private_bytes(serialization.Encoding.PEM, private, serialization.NoEncryption()).decode())


def read(assertion, identity, algorithm):
    key = (ECKey if algorithm.startswith("ES") else RSAKey).import_key(identity.key.reveal())
    return jwt.decode(assertion, key, algorithms=[algorithm])


def test_a_secret_goes_into_the_body():
    proof = prove("client_secret_post", claim())
    assert proof.fields == {"client_id": "id", "client_secret": "s3cr~t"}
    assert not proof.headers


def test_a_secret_goes_into_the_header_form_encoded():
    proof = prove("client_secret_basic", claim(client_id="a:b c", secret="ü/+~%"))
    kind, _, text = proof.headers["authorization"].partition(" ")
    assert (kind, base64.b64decode(text)) == ("Basic", b"a%3Ab+c:%C3%BC%2F%2B~%25")
    assert not proof.fields


def test_a_certificate_is_shown_by_the_connection_and_the_body_names_the_client():
    assert prove("tls_client_auth", claim()).fields == {"client_id": "id"}


def test_a_proof_is_not_shown():
    assert "s3cr" not in repr(prove("client_secret_post", claim()))
    assert "s3cr" not in repr(claim())


@pytest.mark.parametrize(("rsa_key", "algorithm"), [(True, "RS256"), (False, "ES256")])
def test_a_signed_proof_says_who_asks_whom_until_when(authority, rsa_key, algorithm):
    worker = authority.identity(f"worker-{algorithm}", rsa_key=rsa_key)
    identity = read_identity(Store(worker.keystore.read_bytes(), "here", Secret(KEYSTORE_PASSWORD)))
    proof = prove("private_key_jwt", claim(identity))
    assert proof.fields["client_id"] == "id"
    assert proof.fields["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    token = read(proof.fields["client_assertion"], identity, algorithm)
    assert token.claims == {
        "iss": "id",
        "sub": "id",
        "aud": "https://login.example/token",
        "jti": "proof-1",
        "iat": 1_773_570_600,
        "exp": 1_773_570_900,
    }
    der = x509.load_pem_x509_certificate(worker.certificate.read_bytes()).public_bytes(serialization.Encoding.DER)
    assert token.header == {
        "alg": algorithm,
        "typ": "JWT",
        "x5t": base64.urlsafe_b64encode(hashlib.sha1(der).digest()).rstrip(b"=").decode(),
        "x5t#S256": base64.urlsafe_b64encode(hashlib.sha256(der).digest()).rstrip(b"=").decode(),
    }


@pytest.mark.parametrize(("curve", "algorithm"), [(ec.SECP384R1(), "ES384"), (ec.SECP521R1(), "ES512")])
def test_the_key_chooses_the_algorithm(curve, algorithm):
    identity = Identity(pem(ec.generate_private_key(curve)))
    check_key(identity, "here")
    token = read(prove("private_key_jwt", claim(identity)).fields["client_assertion"], identity, algorithm)
    assert token.header == {"alg": algorithm, "typ": "JWT"}


def test_a_key_that_the_provider_has_a_name_for_is_named():
    identity = Identity(pem(ec.generate_private_key(ec.SECP256R1())), key_id="key-of-the-worker")
    token = read(prove("private_key_jwt", claim(identity)).fields["client_assertion"], identity, "ES256")
    assert token.header == {"alg": "ES256", "typ": "JWT", "kid": "key-of-the-worker"}


def test_a_key_for_pss_signs_so():
    plain = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    body = plain[4:].replace(bytes.fromhex("300d06092a864886f70d0101010500"), PSS_HEAD, 1)
    der = b"\x30\x82" + len(body).to_bytes(2, "big") + body
    text = base64.encodebytes(der).decode()
    identity = Identity(Secret(f"-----BEGIN PRIVATE KEY-----\n{text}-----END PRIVATE KEY-----\n"))
    check_key(identity, "here")
    assertion = prove("private_key_jwt", claim(identity)).fields["client_assertion"]
    assert json.loads(base64.urlsafe_b64decode(assertion.split(".")[0] + "=="))["alg"] == "PS256"


@pytest.mark.parametrize("key", [ed25519.Ed25519PrivateKey.generate(), ec.generate_private_key(ec.SECP256K1())])
def test_a_key_of_another_kind_is_refused_before_anybody_is_asked(key):
    with pytest.raises(ConfigError, match="here"):
        check_key(Identity(pem(key)), "here")
