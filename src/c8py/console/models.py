"""What the Administration API says of clusters and their API clients: its first part, by hand. Pure."""

from typing import TypeAlias

import msgspec

from c8py.base.redact import Secret

Permission: TypeAlias = str
"""`Zeebe`, `Operate`, `Tasklist`, `Optimize`, `Secrets`, or one that is newer than this package."""


class Named(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Something with a name and an id: a region, a channel, a generation, a plan."""

    name: str = ""
    uuid: str = ""


class ClusterStatus(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How the cluster and its components are: `Healthy`, `Creating`, `Unhealthy` …; empty where nothing is said."""

    ready: str = ""
    zeebe_status: str = ""
    operate_status: str = ""
    tasklist_status: str = ""
    optimize_status: str = ""
    connectors_status: str = ""


class Links(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Where the parts of a cluster are reached; empty where there is no such part."""

    console: str = ""
    oauth: str = ""
    zeebe: str = ""
    operate: str = ""
    tasklist: str = ""
    optimize: str = ""
    identity: str = ""
    connectors: str = ""


class Cluster(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A cluster of the organization."""

    uuid: str
    name: str
    owner_id: str = ""
    created: str = ""
    description: str = ""
    plan_type: Named = Named()
    region: Named = Named()
    generation: Named = Named()
    channel: Named = Named()
    auto_update: bool = False
    status: ClusterStatus = ClusterStatus()
    links: Links = Links()
    labels: tuple[str, ...] = ()


class ClusterClient(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An API client of a cluster."""

    name: str
    client_id: str
    permissions: tuple[Permission, ...] = ()


class CreatedClusterClient(msgspec.Struct, frozen=True, kw_only=True):
    """A new API client, with its secret: nobody can ask for it again.

    Attributes:
        name: of the client.
        uuid: of the client's record.
        client_id: goes into token requests.
        client_secret: goes into token requests.
        permissions: what it may do.
        audience: of its tokens.
        links: where the cluster's parts are reached.
    """

    name: str
    uuid: str
    client_id: str
    client_secret: Secret
    permissions: tuple[Permission, ...]
    audience: str
    links: Links


class ClientConnection(msgspec.Struct, frozen=True, kw_only=True):
    """What a client needs besides its secret.

    Attributes:
        name: of the client.
        zeebe_address: of the gateway, host and port.
        client_id: goes into token requests.
        oauth_url: where tokens are had.
    """

    name: str
    zeebe_address: str = msgspec.field(name="ZEEBE_ADDRESS")
    client_id: str = msgspec.field(name="ZEEBE_CLIENT_ID")
    oauth_url: str = msgspec.field(name="ZEEBE_AUTHORIZATION_SERVER_URL")


class _Created(msgspec.Struct, rename="camel"):
    name: str
    uuid: str
    client_id: str
    client_secret: str
    permissions: tuple[Permission, ...] = ()
    audience: str = ""
    links: Links = Links()


def created_client(body: bytes) -> CreatedClusterClient:
    """The new client in an answer.

    Raises:
        msgspec.MsgspecError: there is none.
    """
    made = msgspec.json.decode(body, type=_Created)
    return CreatedClusterClient(
        name=made.name,
        uuid=made.uuid,
        client_id=made.client_id,
        client_secret=Secret(made.client_secret),
        permissions=made.permissions,
        audience=made.audience,
        links=made.links,
    )
