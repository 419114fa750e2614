"""The operations of the Administration API on what belongs to a cluster, and on the organization."""

from typing import Final

import msgspec
from starlette.responses import Response

from c8py.base.redact import Secret
from c8py.server.access import AllowedEntry
from c8py.server.console._backups import Backup, Restore
from c8py.server.console._calls import Call, answer, nothing
from c8py.server.console._desk import Desk, moment
from c8py.server.console._monitoring import MonitoringClient
from c8py.server.console._not_done import NotDone
from c8py.server.console._wire import (
    AllowBody,
    Allowed,
    BackupItem,
    ConnectivityBody,
    MemberBody,
    MemberItem,
    MonitoringBody,
    MonitoringItem,
    RestoreItem,
    ScheduleBody,
    ScheduleItem,
    SecretBody,
    SecretChange,
    WhiteBody,
)
from c8py.server.store import Cluster

_ALLOW: Final = msgspec.json.Decoder(AllowBody)
_WHITE: Final = msgspec.json.Decoder(WhiteBody)
_SECRET: Final = msgspec.json.Decoder(SecretBody)
_SECRET_CHANGE: Final = msgspec.json.Decoder(SecretChange)
_SCHEDULE: Final = msgspec.json.Decoder(ScheduleBody)
_MONITORING: Final = msgspec.json.Decoder(MonitoringBody)
_CONNECTIVITY: Final = msgspec.json.Decoder(ConnectivityBody)
_MEMBER: Final = msgspec.json.Decoder(MemberBody)


# -- IP allowlist


async def update_allowlist(call: Call) -> Response:
    """UpdateIpAllowlist: replaces the whole list."""
    cluster = call.cluster
    replace_allowlist(call.desk, call.who, cluster, (await call.body(_ALLOW, "ipallowlist")).ipallowlist)
    return nothing()


async def update_whitelist(call: Call) -> Response:
    """UpdateIpWhitelist: its twin of old."""
    cluster = call.cluster
    replace_allowlist(call.desk, call.who, cluster, (await call.body(_WHITE, "ipwhitelist")).ipwhitelist)
    return nothing()


def replace_allowlist(desk: Desk, who: str, cluster: Cluster, entries: tuple[Allowed, ...]) -> None:
    """Take this list in the place of the one before; calls in progress from elsewhere end.

    Raises:
        NotDone: an entry is no address and no network, or the cluster would not heed the list.
    """
    if entries and not desk.clusters.heeds_allowlist(cluster):
        raise NotDone(
            409,
            "expected a cluster whose callers come in by the platform, but those of this one reach it without; "
            "clusters of brokers that are made with the setting brokers.guarded heed allowlists",
        )
    allowlists, one = desk.access.allowlists, cluster.cluster_id
    before = ", ".join(entry.ip for entry in allowlists.entries(one))
    try:
        allowlists.replace(one, tuple(AllowedEntry(ip=entry.ip, description=entry.description) for entry in entries))
    except ValueError as error:
        raise NotDone(400, str(error)) from None
    desk.access.look_again(one)
    desk.journal.write(
        who, f"changed the IP allowlist of the cluster {cluster.name}", verb="u", entity="IP allowlist", entity_id=one,
        parent=one, attribute="ipallowlist", before=before, after=", ".join(entry.ip for entry in entries),
    )  # fmt: skip


# -- connector secrets


async def secrets(call: Call) -> Response:
    """GetSecrets: names and values."""
    return answer({name: value.reveal() for name, value in call.desk.vault.reveal(call.cluster).items()})


async def own_secrets(call: Call) -> Response:
    """The secrets of the cluster whose client calls; connectors outside of SaaS ask so."""
    cluster_id = None if call.caller is None else call.caller.cluster_id
    cluster = call.desk.clients.cluster(cluster_id or "")
    if cluster is None:
        raise NotDone(404, "expected a client of a cluster with the scope Secrets, but this is another")
    return answer({name: value.reveal() for name, value in call.desk.vault.reveal(cluster).items()})


async def create_secret(call: Call) -> Response:
    """CreateSecret."""
    cluster, body = call.cluster, await call.body(_SECRET, "secretName and secretValue")
    call.desk.vault.create(call.who, cluster, body.secret_name, Secret(body.secret_value))
    return nothing()


async def update_secret(call: Call) -> Response:
    """UpdateSecret."""
    cluster, body = call.cluster, await call.body(_SECRET_CHANGE, "secretValue")
    call.desk.vault.update(call.who, cluster, call.part("secret"), Secret(body.secret_value))
    return nothing()


async def delete_secret(call: Call) -> Response:
    """DeleteSecret: also when there was none."""
    call.desk.vault.delete(call.who, call.cluster, call.part("secret"))
    return nothing()


# -- backups


async def backups(call: Call) -> Response:
    """GetBackups."""
    return answer([_backup(one) for one in call.desk.backups.all(call.cluster)])


async def create_backup(call: Call) -> Response:
    """CreateBackup: begins one."""
    return answer(_backup(call.desk.backups.create(call.who, call.cluster)))


async def delete_backup(call: Call) -> Response:
    """DeleteBackup."""
    return answer(_backup(await call.desk.backups.delete(call.who, call.cluster, call.part("backup"))))


async def restored(call: Call) -> Response:
    """GetRestore."""
    found = call.desk.backups.restored(call.cluster, call.part("backup"))
    if found is None:
        raise NotDone(404, "expected a backup that was put back, but this one never was")
    return answer(_restore(found))


async def restore(call: Call) -> Response:
    """RestoreFromBackup: begins it."""
    return answer(_restore(call.desk.backups.restore(call.who, call.cluster, call.part("backup"))))


async def schedule(call: Call) -> Response:
    """GetSchedule."""
    found = call.desk.backups.schedule(call.cluster)
    if found is None:
        raise NotDone(404, "expected a schedule of backups, but there is none")
    return answer(ScheduleItem(name=call.cluster.cluster_id, schedule=found.schedule))


async def update_schedule(call: Call) -> Response:
    """UpdateSchedule."""
    cluster, body = call.cluster, await call.body(_SCHEDULE, "schedule")
    kept = call.desk.backups.set_schedule(call.who, cluster, body.schedule)
    return answer(ScheduleItem(name=cluster.cluster_id, schedule=kept.schedule))


async def delete_schedule(call: Call) -> Response:
    """DeleteSchedule: also when there was none."""
    call.desk.backups.delete_schedule(call.who, call.cluster)
    return nothing()


def _backup(backup: Backup) -> BackupItem:
    return BackupItem(
        uuid=backup.uuid,
        name=backup.name,
        created=moment(backup.created_ms),
        completed=moment(backup.completed_ms),
        status=backup.status,
        zeebe_status=backup.status,
        tasklist_status="-",
        operate_status="-",
        optimize_status="-",
        generation_name=backup.generation,
    )


def _restore(one: Restore) -> RestoreItem:
    return RestoreItem(
        uuid=one.uuid,
        backup_id=one.backup_id,
        state=one.state,
        start_timestamp=moment(one.started_ms),
        completion_timestamp=moment(one.completed_ms),
    )


# -- monitoring


async def activate_monitoring(call: Call) -> Response:
    """ActivateMonitoring."""
    call.desk.monitoring.activate(call.who, call.cluster)
    return nothing()


async def deactivate_monitoring(call: Call) -> Response:
    """DeactivateMonitoring: its credentials go with it."""
    call.desk.monitoring.deactivate(call.who, call.cluster)
    return nothing()


async def monitoring_clients(call: Call) -> Response:
    """GetMonitoringClients."""
    cluster, monitoring = call.cluster, call.desk.monitoring
    status: dict[str, object] = {}
    if monitoring.active(cluster):
        scheme, _, target = call.desk.addresses.http_address.partition("://")
        endpoint = {"target": target, "scheme": scheme, "path": f"/monitoring/{cluster.cluster_id}/metrics"}
        status = {"metricsEndpoint": endpoint, "conditions": []}
    return answer({"clients": [_monitoring(one) for one in monitoring.clients(cluster)], "status": status})


async def create_monitoring_client(call: Call) -> Response:
    """CreateMonitoringClient: with the password, for the only time."""
    cluster, body = call.cluster, await call.body(_MONITORING, "username")
    client, password = call.desk.monitoring.create(call.who, cluster, body.username)
    return answer(_monitoring(client, password))


async def rotate_monitoring_client(call: Call) -> Response:
    """RotateMonitoringClientPassword: with the new one, for the only time."""
    client, password = call.desk.monitoring.rotate(call.who, call.cluster, call.part("client"))
    return answer(_monitoring(client, password))


async def delete_monitoring_client(call: Call) -> Response:
    """DeleteMonitoringClient."""
    call.desk.monitoring.delete(call.who, call.cluster, call.part("client"))
    return nothing()


def _monitoring(client: MonitoringClient, password: Secret | None = None) -> MonitoringItem:
    return MonitoringItem(
        uuid=client.uuid,
        name=client.username,
        username=client.username,
        created=moment(client.created_ms),
        last_used=moment(client.used_ms or client.created_ms),
        created_by=client.created_by,
        created_by_name=client.created_by,
        password="" if password is None else password.reveal(),
    )


# -- secure connectivity: a service of AWS, which no region of this platform is in


async def connectivity(call: Call) -> Response:
    """GetSecureConnectivityStatus."""
    assert call.cluster
    return answer({"status": {}})


async def activate_connectivity(call: Call) -> Response:
    """ActivateSecureConnectivity."""
    cluster = call.cluster
    await call.body(_CONNECTIVITY, "allowedPrincipals and allowedRegions")
    raise NotDone(403, f"expected a region of AWS, but {cluster.region} is none")


async def deactivate_connectivity(call: Call) -> Response:
    """DeactivateSecureConnectivity."""
    assert call.cluster
    raise NotDone(409, "expected secure connectivity to be active, but it is not")


# -- the organization


async def members(call: Call) -> Response:
    """GetMembers."""
    return answer(
        [
            MemberItem(name=one.name, email=one.email, roles=one.roles, invite_pending=one.pending)
            for one in call.desk.members.all()
        ]
    )


async def update_member(call: Call) -> Response:
    """UpdateMembers: invites whom there is not, sets the roles of whom there is."""
    body = await call.body(_MEMBER, "orgRoles")
    call.desk.members.set_roles(call.who, call.part("email"), body.org_roles)
    return nothing()


async def delete_member(call: Call) -> Response:
    """DeleteMember."""
    call.desk.members.remove(call.who, call.part("email"))
    return nothing()


async def activity_json(call: Call) -> Response:
    """GetJson."""
    return answer(call.desk.journal.audits())


async def activity_csv(call: Call) -> Response:
    """GetCsv."""
    return Response(call.desk.journal.csv(), media_type="text/csv", headers={"cache-control": "no-store"})


async def ip_ranges(call: Call) -> Response:  # noqa: ARG001  the signature of an operation
    """GetMeta: where Web Modeler calls from; this platform has none."""
    return answer({"web-modeler": []})
