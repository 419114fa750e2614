"""A certificate authority that lives as long as a test run: servers, clients and programs in Java can trust it."""

import datetime as dt
import ipaddress
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

RSA_BITS = 2048
KEYSTORE_PASSWORD = "correct-horse"  # Java takes it on a command line: no spaces
NAME = "c8py tests"


class Identity(NamedTuple):
    """Somebody the authority vouches for, in the file formats that programs ask for.

    Attributes:
        certificate: PEM.
        key: PEM, PKCS8, not encrypted.
        keystore: both, with the authority's certificate, as PKCS12 under KEYSTORE_PASSWORD and the alias `name`.
        name: the common name; the subject is `CN=name`.
    """

    certificate: Path
    key: Path
    keystore: Path
    name: str


class Authority:
    """Vouches for names.

    Args:
        folder: receives every file.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._certificate = _certificate(NAME, self._key, None)
        self.subject = f"CN={NAME}"
        self.pem = folder / "authority.pem"
        self.pem.write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))
        self.truststore = folder / "authority.p12"
        trusted = [pkcs12.PKCS12Certificate(self._certificate, b"authority")]
        self.truststore.write_bytes(pkcs12.serialize_java_truststore(trusted, _under_password()))

    def identity(self, name: str, *, rsa_key: bool = False) -> Identity:
        """A new pair of key and certificate for this common name; a server of it is localhost, or 127.0.0.1, or …2."""
        key = rsa.generate_private_key(65537, RSA_BITS) if rsa_key else ec.generate_private_key(ec.SECP256R1())
        certificate = _certificate(name, key, (self._certificate, self._key))
        made = Identity(
            certificate=self._folder / f"{name}.pem",
            key=self._folder / f"{name}-key.pem",
            keystore=self._folder / f"{name}.p12",
            name=name,
        )
        made.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        plain = serialization.NoEncryption()
        made.key.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
        made.keystore.write_bytes(
            pkcs12.serialize_key_and_certificates(
                name.encode(), key, certificate, [self._certificate], _under_password()
            )
        )
        return made


def _under_password() -> serialization.KeySerializationEncryption:
    return serialization.BestAvailableEncryption(KEYSTORE_PASSWORD.encode())


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey,
    issuer: tuple[x509.Certificate, CertificateIssuerPrivateKeyTypes] | None,
) -> x509.Certificate:
    now = dt.datetime.now(dt.UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer_name, issuer_key = (issuer[0].subject, issuer[1]) if issuer is not None else (subject, key)
    addresses = [x509.IPAddress(ipaddress.IPv4Address(one)) for one in ("127.0.0.1", "127.0.0.2")]
    hosts = [x509.DNSName("localhost"), *addresses]
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer_name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )
