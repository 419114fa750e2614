"""The JSON of the Administration API, as its document has it. Shapes and nothing else."""

import msgspec


class _Wire(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Names in camel case on the wire."""


class Named(_Wire, frozen=True):
    """A thing with an id of its own: a region, a generation, a channel, a plan."""

    name: str
    uuid: str


class Links(_Wire, frozen=True):
    """Where a cluster's parts are; those that this platform has."""

    console: str
    oauth: str
    zeebe: str


class Status(_Wire, frozen=True):
    """How a cluster is."""

    ready: str
    zeebe_status: str


class Encryption(_Wire, frozen=True):
    """How the disk of a cluster is encrypted."""

    type: str


class ClusterItem(_Wire, frozen=True):
    """A cluster."""

    uuid: str
    name: str
    owner_id: str
    created: str
    plan_type: Named
    region: Named
    generation: Named
    channel: Named
    auto_update: bool
    status: Status
    links: Links
    encryption: Encryption


class ParameterChannel(_Wire, frozen=True):
    """A channel, and the generations that a new cluster of it could have."""

    allowed_generations: tuple[Named, ...]
    default_generation: Named
    name: str
    uuid: str


class ParameterRegion(_Wire, frozen=True):
    """A region that a new cluster could have."""

    provider: str
    name: str
    uuid: str


class Parameters(_Wire, frozen=True):
    """What a new cluster could be made of."""

    channels: tuple[ParameterChannel, ...]
    cluster_plan_types: tuple[Named, ...]
    regions: tuple[ParameterRegion, ...]


class ClientItem(_Wire, frozen=True):
    """A client in a list: never with its secret."""

    name: str
    client_id: str
    permissions: tuple[str, ...]


class ClientWanted(_Wire, frozen=True):
    """The body of CreateClient; without permissions it gets all of them."""

    client_name: str
    permissions: tuple[str, ...] | None = None


class ClientCreated(_Wire, frozen=True):
    """The answer of CreateClient: the only one with the secret."""

    name: str
    uuid: str
    client_id: str
    client_secret: str
    permissions: tuple[str, ...]
    audience: str
    links: Links


class ConnectionDetails(msgspec.Struct, frozen=True, kw_only=True, rename="upper"):
    """The answer of GetClient: what a program needs to connect, but for the secret."""

    name: str = msgspec.field(name="name")
    zeebe_address: str
    zeebe_client_id: str
    zeebe_authorization_server_url: str
