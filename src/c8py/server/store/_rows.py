"""What the store keeps, as frozen values."""

from typing import Literal

import msgspec

Level = Literal["cluster", "organization"]


class Organization(msgspec.Struct, frozen=True, kw_only=True):
    """The one organization of a platform.

    Attributes:
        org_id: a UUID.
        name: shown in Console.
        created_ms: milliseconds since 1970.
    """

    org_id: str
    name: str
    created_ms: int


class Cluster(msgspec.Struct, frozen=True, kw_only=True):
    """A cluster of the organization.

    Attributes:
        cluster_id: a UUID.
        org_id: its organization.
        name: shown in Console.
        region: a short code, part of credentials files.
        generation: the version that Console shows.
        created_ms: milliseconds since 1970.
    """

    cluster_id: str
    org_id: str
    name: str
    region: str
    generation: str
    created_ms: int


class Client(msgspec.Struct, frozen=True, kw_only=True):
    """An API client: a program that may ask for tokens.

    Attributes:
        client_id: 32 characters, what the program sends.
        uuid: how Console counts it.
        level: a client of one cluster, or of the organization.
        org_id: its organization.
        cluster_id: its cluster; None at the level of the organization.
        name: unique in its cluster, or among those of the organization.
        permissions: scopes of a cluster ("Zeebe"), or permissions of the organization ("read:cluster").
        secret_sha256: the hash of the secret; the secret itself is known to the program alone.
        created_ms: milliseconds since 1970.
    """

    client_id: str
    uuid: str
    level: Level
    org_id: str
    cluster_id: str | None
    name: str
    permissions: tuple[str, ...]
    secret_sha256: bytes
    created_ms: int


class SigningKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key that tokens are signed with.

    Attributes:
        kid: its name in the header of a token.
        private_pem: PKCS #8, without a password: the folder is the owner's alone.
        created_ms: milliseconds since 1970.
    """

    kid: str
    private_pem: bytes
    created_ms: int

    def __repr__(self) -> str:
        """Without the key."""
        return f"SigningKey(kid={self.kid!r}, created_ms={self.created_ms})"
