"""The JSON of the Administration API, as its document has it. Shapes and nothing else."""

import msgspec


class _Wire(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Names in camel case on the wire."""


class Named(_Wire, frozen=True):
    """A thing with an id of its own: a region, a generation, a channel, a plan."""

    name: str
    uuid: str


class Links(_Wire, frozen=True):
    """Where a cluster's parts are; those that this platform has.

    On SaaS the address of gRPC tells that of REST. Here it does not, so both are told, with their schemes.
    """

    console: str
    oauth: str
    zeebe: str
    grpc: str
    rest: str


class Status(_Wire, frozen=True):
    """How a cluster is."""

    ready: str
    zeebe_status: str


class Encryption(_Wire, frozen=True):
    """How the disk of a cluster is encrypted."""

    type: str


class Allowed(_Wire, frozen=True):
    """A line of an IP allowlist."""

    description: str
    ip: str


class ClusterItem(_Wire, frozen=True, omit_defaults=True):
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
    description: str = ""
    labels: tuple[str, ...] = ()
    ipallowlist: tuple[Allowed, ...] = ()
    ipwhitelist: tuple[Allowed, ...] = ()


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


class ClusterBody(_Wire, frozen=True):
    """The body of CreateCluster; what else SaaS takes there has no meaning here."""

    name: str
    plan_type_id: str
    channel_id: str
    generation_id: str
    region_id: str
    description: str = ""
    stage_label: str = ""
    auto_update: bool = False
    encryption: str = "Provider"


class ClusterMade(_Wire, frozen=True):
    """The answer of CreateCluster."""

    cluster_id: str


class ClusterChanges(_Wire, frozen=True):
    """The body of UpdateCluster."""

    name: str | None = None
    description: str | None = None
    stage_label: str | None = None
    number_of_allocated_hw_packages: float | None = None


class UpgradeNamed(_Wire, frozen=True):
    """A thing of an upgrade."""

    id: str
    name: str


class Upgrade(_Wire, frozen=True):
    """The answer of UpgradeCluster."""

    org_id: str
    cluster: UpgradeNamed
    old_generation: UpgradeNamed
    new_generation: UpgradeNamed


class EncryptionBody(_Wire, frozen=True):
    """The body of UpdateClusterEncryption."""

    primary_encryption_key_id: str
    secondary_encryption_key_id: str = ""


class FailoverBody(_Wire, frozen=True):
    """The body of TriggerFailover."""

    backup_ids: tuple[str, ...]
    restore_backup_id: str


class AllowBody(_Wire, frozen=True):
    """The body of UpdateIpAllowlist."""

    ipallowlist: tuple[Allowed, ...]


class WhiteBody(_Wire, frozen=True):
    """The body of UpdateIpWhitelist, its twin of old."""

    ipwhitelist: tuple[Allowed, ...]


class SecretBody(_Wire, frozen=True):
    """The body of CreateSecret."""

    secret_name: str
    secret_value: str


class SecretChange(_Wire, frozen=True):
    """The body of UpdateSecret."""

    secret_value: str


class BackupItem(_Wire, frozen=True, omit_defaults=True):
    """A backup."""

    uuid: str
    name: str
    created: str
    completed: str
    status: str
    zeebe_status: str
    tasklist_status: str
    operate_status: str
    optimize_status: str
    generation_name: str = ""
    generation_uuid: str = ""


class RestoreItem(_Wire, frozen=True, omit_defaults=True):
    """A backup being put back."""

    uuid: str
    backup_id: str
    state: str
    start_timestamp: str = ""
    completion_timestamp: str = ""


class ScheduleBody(_Wire, frozen=True):
    """The body of UpdateSchedule."""

    schedule: str


class ScheduleItem(_Wire, frozen=True):
    """When backups are made."""

    name: str
    schedule: str


class MonitoringItem(_Wire, frozen=True, omit_defaults=True):
    """Credentials for metrics; the password is in the answers that make one."""

    uuid: str
    name: str
    username: str
    created: str
    last_used: str
    created_by: str
    created_by_name: str
    password: str = ""


class MonitoringBody(_Wire, frozen=True):
    """The body of CreateMonitoringClient."""

    username: str


class ConnectivityBody(_Wire, frozen=True):
    """The body of ActivateSecureConnectivity."""

    allowed_principals: tuple[str, ...]
    allowed_regions: tuple[str, ...]


class MemberItem(_Wire, frozen=True):
    """A member."""

    name: str
    email: str
    roles: tuple[str, ...]
    invite_pending: bool


class MemberBody(_Wire, frozen=True):
    """The body of UpdateMembers."""

    org_roles: tuple[str, ...]


class Audit(_Wire, frozen=True):
    """A line of the activity log."""

    service: str
    org_id: str
    audit: str
    audit_type: str
    entity: str
    entity_id: str
    user_id: str
    timestamp: float
    parent_entity: str = ""
    parent_entity_id: str = ""
    entity_attribute: str = ""
    entity_attribute_value_from: str = ""
    entity_attribute_value_to: str = ""
