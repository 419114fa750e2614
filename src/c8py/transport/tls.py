"""The certificates that settings name, read once. Called where a connection is made."""

from pathlib import Path

import msgspec

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
    """The certificates that the settings name.

    Raises:
        ConfigError: a file cannot be read.
    """
    return Certificates(
        _read(settings, "ca_certificate", settings.ca_certificate),
        _read(settings, "client_certificate", settings.client_certificate),
        _read(settings, "client_key", settings.client_key),
    )


def _read(settings: Settings, field: str, path: Path | None) -> bytes | None:
    if path is None:
        return None
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"expected a PEM file at {path} ({settings.source(field)}), but it cannot be read ({error.strerror})"
        ) from error
    if b"-----BEGIN " not in content:
        # The libraries below take such a file for an empty list of certificates, and trust nobody.
        raise ConfigError(f"expected a PEM file at {path} ({settings.source(field)}), but it is something else")
    return content
