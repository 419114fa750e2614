"""The authorities that brokers trust when they fetch keys over TLS, in the format that Java reads."""

from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from c8py.errors import ConfigError

# Java asks for one; what it guards are public certificates.
PASSWORD: Final = "c8py-public"  # noqa: S105  of no secret


def write_trust_store(pem: Path, target: Path) -> None:
    """Put the certificates of a PEM file into a PKCS12 file.

    Raises:
        ConfigError: the PEM file cannot be read, or the other one not written.
    """
    try:
        found = x509.load_pem_x509_certificates(pem.read_bytes())
        entries = [pkcs12.PKCS12Certificate(one, f"authority-{number}".encode()) for number, one in enumerate(found)]
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        target.write_bytes(pkcs12.serialize_java_truststore(entries, BestAvailableEncryption(PASSWORD.encode())))
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"expected certificates in {pem}, but: {error}", hint="it is a PEM file with the authority's certificate"
        ) from error
