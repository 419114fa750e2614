"""The Administration API: Console for programs, with the paths, shapes and statuses of api.cloud.camunda.io.

Asks for a token of the organization on every call, and for the permission of the operation. Errors are problem
documents. Here are its routes, and the operations on clusters and their clients; `_api_parts` has those on what belongs
to a cluster, and on the organization.
"""

import uuid
from typing import Final

import msgspec
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from c8py.server.access import API_FACTS
from c8py.server.console import _api_parts as parts
from c8py.server.console._calls import OWN_SECRETS, Call, Operation, answer, guarded, nothing
from c8py.server.console._desk import Desk, moment
from c8py.server.console._lifecycle import CHANNEL, ClusterWanted
from c8py.server.console._not_done import NotDone
from c8py.server.console._openapi import openapi_routes
from c8py.server.console._service import Refused
from c8py.server.console._wire import (
    Allowed,
    ClientCreated,
    ClientItem,
    ClientWanted,
    ClusterBody,
    ClusterChanges,
    ClusterItem,
    ClusterMade,
    ConnectionDetails,
    Encryption,
    EncryptionBody,
    FailoverBody,
    Links,
    Named,
    ParameterChannel,
    ParameterRegion,
    Parameters,
    Status,
    Upgrade,
    UpgradeNamed,
)
from c8py.server.store import Client, Cluster

PREFIX: Final = "/console-api"
_NAMESPACE: Final = uuid.UUID("6d0c8f5e-3a53-4b0e-9a0b-0e5a4f1c8a11")
_CLUSTER: Final = "/clusters/{cluster}"

_CLIENT: Final = msgspec.json.Decoder(ClientWanted)
_WANTED: Final = msgspec.json.Decoder(ClusterBody)
_CHANGES: Final = msgspec.json.Decoder(ClusterChanges)
_ENCRYPTION: Final = msgspec.json.Decoder(EncryptionBody)
_FAILOVER: Final = msgspec.json.Decoder(FailoverBody)


def api_routes(desk: Desk) -> list[BaseRoute]:
    """The routes of the Administration API, ready to be mounted at the root."""
    routes: list[BaseRoute] = [
        Route(PREFIX + path, guarded(desk, permission, operation), methods=[method])
        for method, path, permission, operation in OPERATIONS
    ]
    hybrid = guarded(desk, OWN_SECRETS, parts.own_secrets)
    return [*routes, Route("/cluster-api/secrets", hybrid), *openapi_routes(PREFIX)]


# -- clusters


async def clusters(call: Call) -> Response:
    """GetClusters."""
    return answer([item(call.desk, cluster) for cluster in call.desk.clients.clusters()])


async def cluster(call: Call) -> Response:
    """GetCluster."""
    return answer(item(call.desk, call.cluster))


async def parameters(call: Call) -> Response:
    """GetParameters: what there is to choose from."""
    desk = call.desk
    names = {name for plan in desk.clusters.plans() for name in desk.clusters.generations(plan.kind)}
    preferred = next(iter(desk.clusters.generations("embedded")))
    channel = Named(name=CHANNEL, uuid=_id(CHANNEL))
    regions = sorted({desk.settings.cluster.region, *(one.region for one in desk.clients.clusters())})
    return answer(
        Parameters(
            channels=(
                ParameterChannel(
                    allowed_generations=tuple(_named(name) for name in sorted(names, reverse=True)),
                    default_generation=_named(preferred),
                    name=channel.name,
                    uuid=channel.uuid,
                ),
            ),
            cluster_plan_types=tuple(_named(plan.name) for plan in desk.clusters.plans()),
            regions=tuple(ParameterRegion(provider="local", name=region, uuid=_id(region)) for region in regions),
        )
    )


async def create_cluster(call: Call) -> Response:
    """CreateCluster: begins it; GetCluster tells when it is Healthy."""
    body, desk = await call.body(_WANTED, "name, planTypeId, channelId, generationId and regionId"), call.desk
    plans = {_id(plan.name): plan for plan in desk.clusters.plans()}
    plan = plans.get(body.plan_type_id)
    if plan is None:
        raise NotDone(400, "expected the id of a plan of GetParameters in planTypeId, but it is none")
    generations = {_id(name): name for name in desk.clusters.generations(plan.kind)}
    if body.generation_id not in generations:
        raise NotDone(400, "expected the id of a generation of this plan in generationId, but it is none")
    if body.channel_id != _id(CHANNEL):
        raise NotDone(400, "expected the id of a channel of GetParameters in channelId, but it is none")
    if body.region_id != _id(desk.settings.cluster.region):
        raise NotDone(400, "expected the id of a region of GetParameters in regionId, but it is none")
    made = await desk.clusters.create(
        call.who,
        ClusterWanted(
            name=body.name,
            plan=plan.name,
            generation=generations[body.generation_id],
            description=body.description,
            stage=body.stage_label,
            encryption=body.encryption,
            auto_update=body.auto_update,
        ),
    )
    return answer(ClusterMade(cluster_id=made.cluster_id))


async def update_cluster(call: Call) -> Response:
    """UpdateCluster."""
    cluster, body = call.cluster, await call.body(_CHANGES, "name, description or stageLabel")
    call.desk.clusters.update(call.who, cluster, name=body.name, description=body.description, stage=body.stage_label)
    return nothing()


async def delete_cluster(call: Call) -> Response:
    """DeleteCluster."""
    await call.desk.clusters.delete(call.who, call.cluster)
    return nothing()


async def upgrade_cluster(call: Call) -> Response:
    """UpgradeCluster."""
    before, after = await call.desk.clusters.upgrade(call.who, call.cluster)
    return answer(
        Upgrade(
            org_id=before.org_id,
            cluster=UpgradeNamed(id=before.cluster_id, name=before.name),
            old_generation=UpgradeNamed(id=_id(before.generation), name=before.generation),
            new_generation=UpgradeNamed(id=_id(after.generation), name=after.generation),
        )
    )


async def wake(call: Call) -> Response:
    """Wake."""
    await call.desk.clusters.wake(call.who, call.cluster)
    return nothing()


async def update_encryption(call: Call) -> Response:
    """UpdateClusterEncryption: keys of one's own exist on AWS alone, and this is no region of it."""
    cluster, body = call.cluster, await call.body(_ENCRYPTION, "primaryEncryptionKeyId")
    if not body.primary_encryption_key_id.startswith("arn:"):
        raise NotDone(400, "expected the ARN of a key in primaryEncryptionKeyId, but it is none")
    if cluster.encryption != "External":
        raise NotDone(409, f"expected a cluster made with encryption External, but it has {cluster.encryption}")
    raise NotDone(403, f"expected a region of AWS, but {cluster.region} is none")


async def failover(call: Call) -> Response:
    """TriggerFailover: no cluster here has a second region. Its errors are plain text, as the API has them."""
    body, cluster = await call.body(_FAILOVER, "backupIds and restoreBackupId"), call.cluster
    if not body.restore_backup_id or body.restore_backup_id not in body.backup_ids:
        raise NotDone(400, "expected restoreBackupId to be one of backupIds, but it is not")
    if any(call.desk.backups.get(cluster, one) is None for one in body.backup_ids):
        raise NotDone(404, "expected ids of backups of this cluster in backupIds, but one is not")
    raise NotDone(422, "expected a cluster in two regions, but this one is in one")


# -- clients


async def clients(call: Call) -> Response:
    """GetClients."""
    return answer(
        [
            ClientItem(name=client.name, client_id=client.client_id, permissions=client.permissions)
            for client in call.desk.clients.clients(call.cluster)
        ]
    )


async def create_client(call: Call) -> Response:
    """CreateClient."""
    cluster, desk = call.cluster, call.desk
    body = await call.body(_CLIENT, "clientName and, if any, permissions")
    made = desk.clients.create(cluster, body.client_name, body.permissions)
    if isinstance(made, Refused):
        raise NotDone(made.status, made.detail)
    desk.journal.write(
        call.who, f"created the client {made.client.name}", verb="c", entity="client", entity_id=made.client.client_id,
        parent=cluster.cluster_id, attribute="permissions", after=", ".join(made.client.permissions),
    )  # fmt: skip
    return answer(
        ClientCreated(
            name=made.client.name,
            uuid=made.client.uuid,
            client_id=made.client.client_id,
            client_secret=made.secret.reveal(),
            permissions=made.client.permissions,
            audience=API_FACTS["zeebe"].audience,
            links=links(desk, cluster),
        )
    )


async def client(call: Call) -> Response:
    """GetClient."""
    found = _client(call)
    state = call.desk.clients.status(call.cluster)
    if state == "Creating":
        raise NotDone(412, "expected a cluster that is ready, but it is being created; try again later")
    return answer(
        ConnectionDetails(
            name=found.name,
            zeebe_address=call.desk.clients.place(call.cluster).grpc_address,
            zeebe_client_id=found.client_id,
            zeebe_authorization_server_url=call.desk.addresses.oauth_url,
        )
    )


async def delete_client(call: Call) -> Response:
    """DeleteClient."""
    found = _client(call)
    call.desk.clients.delete(found)
    call.desk.journal.write(
        call.who, f"deleted the client {found.name}", verb="d", entity="client", entity_id=found.client_id,
        parent=call.cluster.cluster_id,
    )  # fmt: skip
    return nothing()


def _client(call: Call) -> Client:
    found = call.desk.clients.client(call.cluster, call.part("client"))
    if found is None:
        raise NotDone(404, "expected a client of a cluster of this organization, but there is none")
    return found


# -- shapes


def item(desk: Desk, cluster: Cluster) -> ClusterItem:
    """The cluster as the API has it."""
    status = desk.clients.status(cluster)
    allowed = tuple(
        Allowed(description=entry.description, ip=entry.ip)
        for entry in desk.access.allowlists.entries(cluster.cluster_id)
    )
    return ClusterItem(
        uuid=cluster.cluster_id,
        name=cluster.name,
        owner_id=cluster.org_id,
        created=moment(cluster.created_ms),
        plan_type=_named(cluster.plan),
        region=_named(cluster.region),
        generation=_named(cluster.generation),
        channel=_named(cluster.channel),
        auto_update=cluster.auto_update,
        status=Status(ready=status, zeebe_status=status),
        links=links(desk, cluster),
        encryption=Encryption(type=cluster.encryption),
        description=cluster.description,
        labels=(cluster.stage,) if cluster.stage else (),
        ipallowlist=allowed,
        ipwhitelist=allowed,
    )


def links(desk: Desk, cluster: Cluster) -> Links:
    """Where its parts are."""
    place = desk.clients.place(cluster)
    return Links(
        console=f"{desk.addresses.console_url}/org/{cluster.org_id}/cluster/{cluster.cluster_id}",
        oauth=desk.addresses.oauth_url,
        zeebe=place.grpc_address,
        grpc=place.grpc_url,
        rest=place.rest_address,
    )


def _id(name: str) -> str:
    """The same id for the same name, in every platform."""
    return str(uuid.uuid5(_NAMESPACE, name))


def _named(name: str) -> Named:
    return Named(name=name, uuid=_id(name))


# Method, path, the permission that a client of the organization needs ("" for none), and what is done.
OPERATIONS: Final[tuple[tuple[str, str, str, Operation], ...]] = (
    ("GET", "/activity/csv", "read:activity", parts.activity_csv),
    ("GET", "/activity/json", "read:activity", parts.activity_json),
    ("GET", "/clusters", "read:cluster", clusters),
    ("POST", "/clusters", "create:cluster", create_cluster),
    ("GET", "/clusters/parameters", "read:cluster", parameters),
    ("GET", _CLUSTER, "read:cluster", cluster),
    ("PATCH", _CLUSTER, "update:cluster", update_cluster),
    ("DELETE", _CLUSTER, "delete:cluster", delete_cluster),
    ("PUT", _CLUSTER + "/upgrade", "update:cluster", upgrade_cluster),
    ("PUT", _CLUSTER + "/wake", "update:cluster", wake),
    ("PUT", _CLUSTER + "/encryption", "update:cluster", update_encryption),
    ("POST", _CLUSTER + "/failover", "create:cluster", failover),
    ("GET", _CLUSTER + "/clients", "read:zeebe-client", clients),
    ("POST", _CLUSTER + "/clients", "create:zeebe-client", create_client),
    ("GET", _CLUSTER + "/clients/{client}", "read:zeebe-client", client),
    ("DELETE", _CLUSTER + "/clients/{client}", "delete:zeebe-client", delete_client),
    ("PUT", _CLUSTER + "/ipallowlist", "update:ip-allowlist", parts.update_allowlist),
    ("PUT", _CLUSTER + "/ipwhitelist", "update:ip-allowlist", parts.update_whitelist),
    ("GET", _CLUSTER + "/secrets", "read:connector-secrets", parts.secrets),
    ("POST", _CLUSTER + "/secrets", "create:connector-secrets", parts.create_secret),
    ("PUT", _CLUSTER + "/secrets/{secret}", "update:connector-secrets", parts.update_secret),
    ("DELETE", _CLUSTER + "/secrets/{secret}", "delete:connector-secrets", parts.delete_secret),
    ("GET", _CLUSTER + "/backups", "read:backups", parts.backups),
    ("POST", _CLUSTER + "/backups", "create:backups", parts.create_backup),
    ("GET", _CLUSTER + "/backups/schedule", "read:backups", parts.schedule),
    ("PUT", _CLUSTER + "/backups/schedule", "update:backups", parts.update_schedule),
    ("DELETE", _CLUSTER + "/backups/schedule", "delete:backups", parts.delete_schedule),
    ("DELETE", _CLUSTER + "/backups/{backup}", "delete:backups", parts.delete_backup),
    ("GET", _CLUSTER + "/backups/{backup}/restore", "read:backups", parts.restored),
    ("POST", _CLUSTER + "/backups/{backup}/restore", "create:backups", parts.restore),
    ("POST", _CLUSTER + "/monitoring", "create:monitoring", parts.activate_monitoring),
    ("DELETE", _CLUSTER + "/monitoring", "delete:monitoring", parts.deactivate_monitoring),
    ("GET", _CLUSTER + "/monitoring/clients", "read:monitoring", parts.monitoring_clients),
    ("POST", _CLUSTER + "/monitoring/clients", "create:monitoring", parts.create_monitoring_client),
    ("DELETE", _CLUSTER + "/monitoring/clients/{client}", "delete:monitoring", parts.delete_monitoring_client),
    ("POST", _CLUSTER + "/monitoring/clients/{client}/rotate", "update:monitoring", parts.rotate_monitoring_client),
    ("GET", _CLUSTER + "/secure-connectivity", "read:secure-connectivity", parts.connectivity),
    ("POST", _CLUSTER + "/secure-connectivity", "create:secure-connectivity", parts.activate_connectivity),
    ("DELETE", _CLUSTER + "/secure-connectivity", "delete:secure-connectivity", parts.deactivate_connectivity),
    ("GET", "/members", "read:members", parts.members),
    ("POST", "/members/{email}", "update:members", parts.update_member),
    ("DELETE", "/members/{email}", "delete:members", parts.delete_member),
    ("GET", "/meta/ip-ranges", "", parts.ip_ranges),
)  # fmt: skip
