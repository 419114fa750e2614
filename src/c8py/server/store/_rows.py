"""What the store keeps, as frozen values."""

from typing import Literal

import msgspec

Level = Literal["cluster", "organization"]
ClusterKind = Literal["embedded", "zeebe", "remote"]


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
    """A cluster of the organization: what it shall be. How it is at this moment says the kind that runs it.

    Attributes:
        cluster_id: a UUID.
        org_id: its organization.
        name: shown in Console.
        region: a short code, part of credentials files.
        generation: the version that Console shows.
        created_ms: milliseconds since 1970.
        kind: what runs it: the embedded engine, real brokers that we start, or somebody else's endpoint.
        version: of the program that runs it, such as "8.6.20"; "" where the kind has one only.
        brokers: how many.
        partitions: how many.
        replication: brokers that hold each partition.
        suspended: whether it shall rest until somebody wakes it.
        plan: the type of its plan, as Console shows it.
        channel: where its updates come from, as Console shows it.
        description: at most 150 characters.
        stage: dev, test, stage or prod; "" for none.
        auto_update: whether it takes updates by itself.
        encryption: of its disk, in the words of the Administration API.
        options: what its kind alone understands: ports it was given, addresses of an endpoint, a sealed secret.
    """

    cluster_id: str
    org_id: str
    name: str
    region: str
    generation: str
    created_ms: int
    kind: ClusterKind = "embedded"
    version: str = ""
    brokers: int = 1
    partitions: int = 1
    replication: int = 1
    suspended: bool = False
    plan: str = "Local"
    channel: str = "Stable"
    description: str = ""
    stage: str = ""
    auto_update: bool = False
    encryption: str = "Software"
    options: dict[str, str] = msgspec.field(default_factory=dict[str, str])


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


class Activity(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody did something: one line of the activity log.

    Attributes:
        at_ms: milliseconds since 1970.
        org_id: in which organization.
        who: a member's e-mail address, a client's id, or "console" for what the platform did by itself.
        verb: c, r, u or d, as the Administration API has it.
        entity: what kind of thing, as "cluster".
        entity_id: which one.
        what: a sentence.
        parent: the cluster that it belongs to; "" for none.
        attribute: what was changed; "" where the thing was made or deleted.
        before: its value before; never a secret.
        after: its value now; never a secret.
    """

    at_ms: int
    org_id: str
    who: str
    verb: Literal["c", "r", "u", "d"]
    entity: str
    entity_id: str
    what: str
    parent: str = ""
    attribute: str = ""
    before: str = ""
    after: str = ""
