"""The keys and certificates that settings name, read once. Called where a connection is made.

A setting may hold the PEM text itself or the path of a file; the text counts where there are both.
"""

import os
import ssl
from pathlib import Path

import msgspec

from c8py.auth.keystore import Store, plain_key, read_bytes, read_identity, read_trusted
from c8py.base.redact import Secret
from c8py.config import Settings
from c8py.errors import ConfigError


class Certificates(msgspec.Struct, frozen=True):
    """PEM texts, or None. Kept out of `repr`: one is a private key."""

    roots: bytes | None = None
    chain: bytes | None = None
    key: bytes | None = None

    def __repr__(self) -> str:
        return "Certificates(…)"


def read_certificates(settings: Settings) -> Certificates:
    """What connections to the cluster trust and show.

    Raises:
        ConfigError: something cannot be read, or is no PEM.
    """
    key, key_place = _pem(settings, "client_key", settings.client_key_pem, settings.client_key)
    if key is not None:
        key = plain_key(key, key_place, settings.client_key_passphrase or Secret(""))
    return Certificates(
        _pem(settings, "ca_certificate", settings.ca_certificate_pem, settings.ca_certificate)[0],
        _pem(settings, "client_certificate", settings.client_certificate_pem, settings.client_certificate)[0],
        key,
    )


def tls_context(certificates: Certificates) -> ssl.SSLContext | None:
    """What Python's own TLS takes of them; None where it cannot.

    It trusts the system's roots where none are given, and some systems have none. A key it reads from a file only: here
    from one that has no name and lies in memory, which Linux has.
    """
    roots = certificates.roots.decode() if certificates.roots else None
    context = ssl.create_default_context(cadata=roots)
    if not context.cert_store_stats()["x509_ca"]:
        return None
    if certificates.key is not None:
        if not hasattr(os, "memfd_create") or not Path("/proc/self/fd").exists():
            return None
        with os.fdopen(os.memfd_create("c8py"), "wb", buffering=0) as file:
            file.write((certificates.chain or b"") + b"\n" + certificates.key)
            context.load_cert_chain(f"/proc/self/fd/{file.fileno()}")
    return context


def read_token_certificates(settings: Settings) -> Certificates:
    """What connections to the token service trust and show: the cluster's, but for what is set for them alone.

    Raises:
        ConfigError: something cannot be read, or is neither PEM nor PKCS12.
    """
    shared = read_certificates(settings)
    roots, chain, key = shared.roots, shared.chain, shared.key
    if settings.oauth_truststore is not None:
        store = _store(settings, "oauth_truststore", settings.oauth_truststore, settings.oauth_truststore_password)
        roots = read_trusted(store)
    if settings.oauth_keystore is not None:
        store = _store(settings, "oauth_keystore", settings.oauth_keystore, settings.oauth_keystore_password)
        identity = read_identity(msgspec.structs.replace(store, key_password=settings.oauth_key_password or Secret("")))
        if not identity.chain:
            raise ConfigError(f"expected a certificate beside the key at {store.place}, but there is none in it")
        chain, key = identity.chain, identity.key.reveal().encode()
    return Certificates(roots, chain, key)


def _store(settings: Settings, field: str, path: Path, password: Secret | None) -> Store:
    place = f"{path} ({settings.source(field)})"
    return Store(read_bytes(path, place), place, password or Secret(""))


def _pem(settings: Settings, field: str, text: str | Secret | None, path: Path | None) -> tuple[bytes | None, str]:
    if text:
        place = str(settings.source(f"{field}_pem"))
        # Variables that cannot hold line breaks have them written out.
        content = (text.reveal() if isinstance(text, Secret) else text).replace("\\n", "\n").encode()
    elif path is not None:
        place = f"{path} ({settings.source(field)})"
        content = read_bytes(path, place)
    else:
        return None, ""
    if b"-----BEGIN " not in content:
        # The libraries below take such a text for an empty list of certificates, and trust nobody.
        raise ConfigError(f"expected PEM at {place}, but it is something else")
    return content, place
