"""Keys and certificates out of PEM and PKCS12, brought to plain PEM; Java's own format is refused with a way out.

Pure but for `read_bytes`. What needs the package `cryptography` imports it when it is called, so that only those who
have a key store need the extra. Never shows a key or a password. Called by `credentials` and by `transport.tls`.
"""

import contextlib
import re
from collections.abc import Generator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from c8py.base.limits import KEYSTORE_BYTES_MAX
from c8py.base.redact import Secret
from c8py.errors import ConfigError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
    from cryptography.hazmat.primitives.serialization.pkcs12 import PKCS12KeyAndCertificates
    from cryptography.x509 import Certificate

_BLOCK: Final = re.compile(rb"-----BEGIN (?P<kind>[A-Z0-9 ]+)-----.+?-----END (?P=kind)-----", re.DOTALL)
_JAVA_MAGIC: Final = (b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce")  # JKS and JCEKS
_DER_SEQUENCE: Final = b"\x30"  # what every PKCS12 file begins with
_NO_PASSWORD: Final = Secret("")


class Identity(msgspec.Struct, frozen=True):
    """A private key and the certificates that speak for it.

    Attributes:
        key: PEM (PKCS8), not encrypted.
        chain: PEM, the key's own certificate first; empty where the store holds none.
        key_id: what the provider calls the key (`kid`); empty where it knows it by its certificate, or has only one.
    """

    key: Secret
    chain: bytes = b""
    key_id: str = ""

    @property
    def fingerprint(self) -> str:
        """Tells identities apart, and nothing else of them."""
        return sha256(self.key.reveal().encode() + b"\0" + self.chain).hexdigest()


class Store(msgspec.Struct, frozen=True):
    """The content of a key store, and what opens it.

    Attributes:
        content: as it stands in the file.
        place: the file, and which setting named it; for errors.
        password: of the store, and of the key where `key_password` is not given.
        alias: of the key in a PKCS12 store; empty takes the one that is there.
        key_password: of a PEM key.
    """

    content: bytes
    place: str
    password: Secret = _NO_PASSWORD
    alias: str = ""
    key_password: Secret = _NO_PASSWORD

    def __repr__(self) -> str:
        return f"Store({self.place})"


def read_bytes(path: Path, place: str) -> bytes:
    """The content of a file that a setting names.

    Raises:
        ConfigError: it cannot be read, or is far too large to hold keys and certificates.
    """
    try:
        with path.open("rb") as file:
            content = file.read(KEYSTORE_BYTES_MAX + 1)
    except OSError as error:
        raise ConfigError(f"expected a file at {place}, but it cannot be read ({error.strerror})") from error
    if len(content) > KEYSTORE_BYTES_MAX:
        raise ConfigError(f"expected keys or certificates at {place}, but it is larger than {KEYSTORE_BYTES_MAX} bytes")
    return content


def read_identity(store: Store) -> Identity:
    """The private key of a store with its certificates.

    Raises:
        ConfigError: there is none, it cannot be opened, or the extra `keystore` is not installed.
    """
    return _identity_of_pem(store) if _is_pem(store) else _identity_of_pkcs12(store)


def read_trusted(store: Store) -> bytes:
    """The certificates of a store, as PEM.

    Raises:
        ConfigError: there are none, it cannot be opened, or the extra `keystore` is not installed.
    """
    if _is_pem(store):
        certificates = _blocks(store.content).get("CERTIFICATE", [])
    else:
        opened = _opened_pkcs12(store)
        entries = [opened.cert, *opened.additional_certs]
        certificates = [_pem(entry.certificate) for entry in entries if entry is not None]
    if not certificates:
        raise ConfigError(f"expected certificates to trust at {store.place}, but there are none in it")
    return b"\n".join(certificates) + b"\n"


def plain_key(pem: bytes, place: str, passphrase: Secret = _NO_PASSWORD) -> bytes:
    """A PEM key without its passphrase; one that has none is given back as it is.

    Raises:
        ConfigError: the passphrase is missing or not the right one, or the extra `keystore` is not installed.
    """
    if b"ENCRYPTED" not in pem:
        return pem
    return _identity_of_pem(Store(pem, place, key_password=passphrase)).key.reveal().encode()


@contextlib.contextmanager
def needs_extra(purpose: str) -> Generator[None]:
    """Turns a missing package into an error that says what to install.

    Raises:
        ConfigError: what is imported inside is not installed.
    """
    try:
        yield
    except ImportError as error:
        raise ConfigError(
            f"expected the packages that {purpose} takes, but {error.name} is not installed",
            hint="pip install 'c8py[keystore]'",
        ) from error


def _is_pem(store: Store) -> bool:
    """Whether it is PEM rather than PKCS12."""
    if _BLOCK.search(store.content):
        return True
    if store.content.startswith(_JAVA_MAGIC):
        raise ConfigError(
            f"expected PKCS12 or PEM at {store.place}, but it is a key store in Java's own format (JKS or JCEKS)",
            hint="convert it: keytool -importkeystore -srckeystore old.jks -destkeystore new.p12 -deststoretype PKCS12",
        )
    if not store.content.startswith(_DER_SEQUENCE):
        raise ConfigError(f"expected PKCS12 or PEM at {store.place}, but it is something else")
    return False


def _identity_of_pem(store: Store) -> Identity:
    with needs_extra("a key of one's own"):
        from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415  the extra `keystore`
        from cryptography.hazmat.primitives import serialization  # noqa: PLC0415
        from cryptography.x509 import load_pem_x509_certificate  # noqa: PLC0415

    blocks = _blocks(store.content)
    keys = [block for kind, found in blocks.items() if kind.endswith("PRIVATE KEY") for block in found]
    if len(keys) != 1:
        raise ConfigError(f"expected one private key at {store.place}, but there are {len(keys)} in it")
    # OpenSSL's older form has an ordinary name, and says inside that it is encrypted.
    password = (store.key_password or store.password).reveal().encode() if b"ENCRYPTED" in keys[0] else None
    try:
        key = serialization.load_pem_private_key(keys[0], password or None)
        certificates = [load_pem_x509_certificate(block) for block in blocks.get("CERTIFICATE", [])]
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise _closed(store, "private key and certificates that can be used") from None
    # What was restricted to one kind of signature is told from other RSA keys only here.
    key_pem = keys[0] if password is None else _key_pem(key)
    return Identity(Secret(key_pem.decode()), _chain(key, certificates, store))


def _identity_of_pkcs12(store: Store) -> Identity:
    opened = _opened_pkcs12(store)
    if opened.key is None:
        raise ConfigError(
            f"expected a private key at {store.place}, but there is none in it",
            hint="this looks like a trust store: name the store that holds the client's own key",
        )
    name = (opened.cert.friendly_name or b"").decode(errors="replace") if opened.cert is not None else ""
    # Java writes aliases in lower case.
    if store.alias and name.lower() != store.alias.lower():
        raise ConfigError(
            f"expected the alias {store.alias!r} at {store.place}, but its first key is called {name!r}",
            hint="only the first key of a store can be used: put the wanted one into a store of its own with "
            f"keytool -importkeystore -srcalias {store.alias} -destkeystore one.p12 -deststoretype PKCS12",
        )
    entries = [opened.cert, *opened.additional_certs]
    certificates = [entry.certificate for entry in entries if entry is not None]
    return Identity(Secret(_key_pem(opened.key).decode()), _chain(opened.key, certificates, store))


def _opened_pkcs12(store: Store) -> "PKCS12KeyAndCertificates":
    with needs_extra("a PKCS12 store"):
        from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415  the extra `keystore`
        from cryptography.hazmat.primitives.serialization import pkcs12  # noqa: PLC0415

    try:
        return pkcs12.load_pkcs12(store.content, store.password.reveal().encode() or None)
    except (ValueError, UnsupportedAlgorithm):
        raise _closed(store, "PKCS12 store that this password opens, its key included") from None


def _closed(store: Store, wanted: str) -> ConfigError:
    given = "one was given" if store.password or store.key_password else "none was given"
    return ConfigError(
        f"expected a {wanted} at {store.place}, but it cannot be read (of passwords {given})",
        hint="check the password beside the setting; the key of a PKCS12 store must have the password of its store",
    )


def _chain(key: "PrivateKeyTypes", certificates: "list[Certificate]", store: Store) -> bytes:
    """The key's own certificate and those above it, as PEM; what else a store holds belongs to other keys."""
    own = key.public_key()
    last = next((certificate for certificate in certificates if certificate.public_key() == own), None)
    if certificates and last is None:
        raise ConfigError(f"expected a certificate of the private key at {store.place}, but those in it are of others")
    chain: list[Certificate] = []
    while last is not None and last not in chain:
        chain.append(last)
        issuer = last.issuer
        last = next((certificate for certificate in certificates if certificate.subject == issuer), None)
    return b"".join(_pem(certificate) for certificate in chain)


def _blocks(content: bytes) -> Mapping[str, list[bytes]]:
    """The blocks of a PEM text, by kind."""
    found: dict[str, list[bytes]] = {}
    for match in _BLOCK.finditer(content):
        found.setdefault(match["kind"].decode(), []).append(match[0])
    return found


def _pem(certificate: "Certificate") -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415  the extra `keystore`

    return certificate.public_bytes(Encoding.PEM)


def _key_pem(key: "PrivateKeyTypes") -> bytes:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415  the extra `keystore`

    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
