"""Rules of key stores: what is read, what is refused, and what nobody gets to see."""

import subprocess
import sys

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from c8py.auth.keystore import Identity, Store, plain_key, read_bytes, read_identity, read_trusted
from c8py.base.limits import KEYSTORE_BYTES_MAX
from c8py.base.redact import Secret
from c8py.errors import ConfigError
from harness.authority import KEYSTORE_PASSWORD, Authority

PASSWORD = Secret(KEYSTORE_PASSWORD)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def worker(authority):
    return authority.identity("Worker")


def encrypted(key: bytes, form=serialization.PrivateFormat.PKCS8) -> bytes:
    loaded = serialization.load_pem_private_key(key, None)
    return loaded.private_bytes(
        serialization.Encoding.PEM, form, serialization.BestAvailableEncryption(KEYSTORE_PASSWORD.encode())
    )


def first_name(chain: bytes) -> str:
    return x509.load_pem_x509_certificate(chain).subject.rfc4514_string()


def test_pkcs12_gives_the_key_and_its_certificates(worker):
    identity = read_identity(Store(worker.keystore.read_bytes(), "here", PASSWORD))
    assert serialization.load_pem_private_key(identity.key.reveal().encode(), None)
    assert first_name(identity.chain) == "CN=Worker"
    assert identity.chain.count(b"BEGIN CERTIFICATE") == 2


@pytest.mark.parametrize("alias", ["Worker", "worker", ""])
def test_an_alias_is_compared_as_java_does(worker, alias):
    assert read_identity(Store(worker.keystore.read_bytes(), "here", PASSWORD, alias=alias)).chain


def test_another_alias_is_an_error_that_says_which_one_is_there(worker):
    with pytest.raises(ConfigError, match="'Worker'") as raised:
        read_identity(Store(worker.keystore.read_bytes(), "here", PASSWORD, alias="other"))
    assert "-srcalias other" in raised.value.hint


@pytest.mark.parametrize("password", ["", "wrong"])
def test_a_store_that_a_password_does_not_open_is_an_error_without_the_password(worker, password):
    with pytest.raises(ConfigError, match="here") as raised:
        read_identity(Store(worker.keystore.read_bytes(), "here", Secret(password)))
    assert "wrong" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_pem_gives_the_key_and_its_certificates_in_any_order(authority, worker):
    content = authority.pem.read_bytes() + worker.key.read_bytes() + worker.certificate.read_bytes()
    identity = read_identity(Store(content, "here"))
    assert first_name(identity.chain) == "CN=Worker"
    assert identity.chain.count(b"BEGIN CERTIFICATE") == 2


def test_certificates_that_belong_to_other_keys_are_left_out(authority, worker):
    other = authority.identity("other").certificate.read_bytes()
    identity = read_identity(Store(worker.key.read_bytes() + other + worker.certificate.read_bytes(), "here"))
    assert identity.chain == worker.certificate.read_bytes()


def test_pem_may_hold_a_key_alone(worker):
    assert read_identity(Store(worker.key.read_bytes(), "here")).chain == b""


@pytest.mark.parametrize("form", [serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL])
def test_an_encrypted_pem_key_is_opened_by_its_own_password_or_that_of_the_store(worker, form):
    content = encrypted(worker.key.read_bytes(), form)
    own = read_identity(Store(content, "here", Secret("another"), key_password=PASSWORD))
    assert own == read_identity(Store(content, "here", PASSWORD))
    assert b"ENCRYPTED" not in own.key.reveal().encode()
    assert b"ENCRYPTED" not in plain_key(content, "here", PASSWORD)


@pytest.mark.parametrize("password", ["", "wrong"])
def test_an_encrypted_pem_key_without_its_password_is_an_error(worker, password):
    with pytest.raises(ConfigError, match="here"):
        plain_key(encrypted(worker.key.read_bytes()), "here", Secret(password))


def test_a_key_without_a_passphrase_is_left_as_it_is(worker):
    assert plain_key(worker.key.read_bytes(), "here", PASSWORD) == worker.key.read_bytes()


def test_certificates_of_others_are_refused(authority, worker):
    with pytest.raises(ConfigError, match="of others"):
        read_identity(Store(worker.key.read_bytes() + authority.pem.read_bytes(), "here"))


@pytest.mark.parametrize("count", [0, 2])
def test_pem_must_hold_one_key(worker, count):
    with pytest.raises(ConfigError, match=f"there are {count} in it"):
        read_identity(Store(worker.certificate.read_bytes() + worker.key.read_bytes() * count, "here"))


@pytest.mark.parametrize("magic", [b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce"])
@pytest.mark.parametrize("read", [read_identity, read_trusted])
def test_java_s_own_format_is_refused_with_the_command_that_converts_it(magic, read):
    with pytest.raises(ConfigError, match="JKS") as raised:
        read(Store(magic + b"\0\0\0\2", "here"))
    assert "keytool -importkeystore" in raised.value.hint


@pytest.mark.parametrize("content", [b"", b"hello", b"-----BEGIN CERTIFICATE-----", b"\x30\x82\0\0"])
@pytest.mark.parametrize("read", [read_identity, read_trusted])
def test_whatever_is_no_store_is_refused(content, read):
    with pytest.raises(ConfigError, match="here"):
        read(Store(content, "here"))


def test_what_looks_like_a_key_and_is_none_is_refused():
    broken = b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"
    with pytest.raises(ConfigError, match="cannot be read"):
        read_identity(Store(broken, "here"))


def test_a_trust_store_gives_certificates(authority):
    from_store = read_trusted(Store(authority.truststore.read_bytes(), "here", PASSWORD))
    assert from_store.strip() == authority.pem.read_bytes().strip()
    assert read_trusted(Store(authority.pem.read_bytes(), "here")).strip() == from_store.strip()


def test_a_trust_store_is_no_key_store(authority):
    with pytest.raises(ConfigError, match="expected a private key") as raised:
        read_identity(Store(authority.truststore.read_bytes(), "here", PASSWORD))
    assert "trust store" in raised.value.hint


def test_trust_without_certificates_is_an_error(worker):
    with pytest.raises(ConfigError, match="there are none"):
        read_trusted(Store(worker.key.read_bytes(), "here"))


def test_files_that_cannot_be_read_or_are_too_large_are_errors(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        read_bytes(tmp_path / "none.p12", "here")
    large = tmp_path / "large.p12"
    large.write_bytes(b"\x30" * (KEYSTORE_BYTES_MAX + 1))
    with pytest.raises(ConfigError, match="larger than"):
        read_bytes(large, "here")


def test_nothing_secret_is_shown(worker):
    store = Store(worker.key.read_bytes(), "here", PASSWORD, key_password=PASSWORD)
    identity = read_identity(store)
    for shown in (repr(store), repr(identity), str(identity)):
        assert KEYSTORE_PASSWORD not in shown
        assert "PRIVATE" not in shown
        assert identity.key.reveal()[40:80] not in shown


def test_fingerprints_tell_identities_apart(worker):
    one = read_identity(Store(worker.key.read_bytes(), "here"))
    assert one.fingerprint == Identity(one.key).fingerprint
    assert one.fingerprint != Identity(one.key, b"x").fingerprint
    assert one.fingerprint != Identity(Secret("y")).fingerprint


def test_without_the_extra_the_error_says_what_to_install(worker):
    program = f"""
import sys
sys.modules["cryptography"] = None
from c8py.auth.keystore import Store, read_identity
from c8py.errors import ConfigError
try:
    read_identity(Store(open({str(worker.keystore)!r}, "rb").read(), "here"))
except ConfigError as error:
    print(error)
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "pip install 'c8py[keystore]'" in ran.stdout
