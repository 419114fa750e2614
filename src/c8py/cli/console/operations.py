"""`c8 console backups`, `monitoring`, `secure-connectivity`, `activity`, `ip-ranges`: what keeps clusters in order."""

from typing import TYPE_CHECKING

import click

from c8py.cli.console.chosen import of_cluster, of_organization, sure, yes_option
from c8py.cli.groups import NounGroup
from c8py.cli.output import print_facts, print_json, print_rows, say
from c8py.cli.processes import done

if TYPE_CHECKING:
    from c8py.console import Backup, BackupSchedule, Console, CreatedMonitoringClient, Restore


@click.group("backups", cls=NounGroup)
def backups() -> None:
    """Backups of a cluster."""


@backups.command("list")
@of_cluster
def list_backups(console: "Console", cluster: str, *, as_json: bool) -> None:
    """List the backups."""
    _show_backups(console.backups(cluster), as_json=as_json)


@backups.command("create")
@of_cluster
def create_backup(console: "Console", cluster: str, *, as_json: bool) -> None:
    """Make a backup; the next one may be made 15 minutes later."""
    _show_backups([console.create_backup(cluster)], as_json=as_json)


@backups.command("delete")
@click.argument("backup_id")
@of_cluster
def delete_backup(console: "Console", cluster: str, *, backup_id: str, as_json: bool) -> None:
    """Delete the backup BACKUP_ID."""
    _show_backups([console.delete_backup(cluster, backup_id)], as_json=as_json)


@backups.command("restore")
@click.argument("backup_id")
@yes_option
@of_cluster
def restore_backup(console: "Console", cluster: str, *, backup_id: str, yes: bool, as_json: bool) -> None:
    """Put the cluster back to the backup BACKUP_ID; it is suspended meanwhile, and what came later is lost."""
    sure(f"Put the cluster back to the backup {backup_id}, and lose what came later?", yes=yes)
    _show_restore(console.restore_backup(cluster, backup_id), as_json=as_json)


@backups.command("restore-status")
@click.argument("backup_id")
@of_cluster
def restore_status(console: "Console", cluster: str, *, backup_id: str, as_json: bool) -> None:
    """Show how far the restore of the backup BACKUP_ID is."""
    _show_restore(console.get_restore(cluster, backup_id), as_json=as_json)


@backups.group("schedule", cls=NounGroup)
def schedule() -> None:
    """When backups are made by themselves."""


@schedule.command("get")
@of_cluster
def get_schedule(console: "Console", cluster: str, *, as_json: bool) -> None:
    """Show the schedule."""
    _show_schedule(console.get_backup_schedule(cluster), as_json=as_json)


@schedule.command("set")
@click.argument("cron")
@of_cluster
def set_schedule(console: "Console", cluster: str, *, cron: str, as_json: bool) -> None:
    """Make backups at the times of CRON: five fields, in UTC, for example "0 3 * * *"."""
    _show_schedule(console.set_backup_schedule(cluster, cron), as_json=as_json)


@schedule.command("delete")
@of_cluster
def delete_schedule(console: "Console", cluster: str, *, as_json: bool) -> None:
    """Make backups on demand only."""
    console.delete_backup_schedule(cluster)
    done("deleted", {"clusterId": cluster}, as_json=as_json)


@click.group("monitoring", cls=NounGroup)
def monitoring() -> None:
    """The metrics endpoint of a cluster, and who may read it."""


@monitoring.command("status")
@of_cluster
def monitoring_status(console: "Console", cluster: str, *, as_json: bool) -> None:
    """Show the endpoint and its readers."""
    found = console.monitoring(cluster)
    if as_json:
        print_json(found)
        return
    endpoint = found.status.metrics_endpoint
    print_facts([("endpoint", f"{endpoint.scheme}://{endpoint.target}{endpoint.path}" if endpoint else "off")])
    rows = [(one.uuid, one.username, one.created, one.last_used, one.created_by_name) for one in found.clients]
    print_rows(("ID", "USERNAME", "CREATED", "LAST USED", "CREATED BY"), rows, nothing="nobody may read it")


@monitoring.command("activate")
@of_cluster
def activate_monitoring(console: "Console", cluster: str, *, as_json: bool) -> None:
    """Open the endpoint."""
    console.activate_monitoring(cluster)
    done("activated", {"clusterId": cluster}, as_json=as_json)


@monitoring.command("deactivate")
@yes_option
@of_cluster
def deactivate_monitoring(console: "Console", cluster: str, *, yes: bool, as_json: bool) -> None:
    """Close the endpoint, and delete all its readers."""
    sure("Close the endpoint, and delete all its readers?", yes=yes)
    console.deactivate_monitoring(cluster)
    done("deactivated", {"clusterId": cluster}, as_json=as_json)


@monitoring.command("create-client")
@click.argument("username")
@of_cluster
def create_reader(console: "Console", cluster: str, *, username: str, as_json: bool) -> None:
    """Let USERNAME read the metrics. The password is shown this once."""
    _show_password(console.create_monitoring_client(cluster, username), as_json=as_json)


@monitoring.command("rotate-password")
@click.argument("client_id")
@of_cluster
def rotate_password(console: "Console", cluster: str, *, client_id: str, as_json: bool) -> None:
    """Give the reader CLIENT_ID another password, which is shown this once."""
    _show_password(console.rotate_monitoring_client_password(cluster, client_id), as_json=as_json)


@monitoring.command("delete-client")
@click.argument("client_id")
@of_cluster
def delete_reader(console: "Console", cluster: str, *, client_id: str, as_json: bool) -> None:
    """Let the reader CLIENT_ID read no more."""
    console.delete_monitoring_client(cluster, client_id)
    done("deleted", {"clientId": client_id}, as_json=as_json)


@click.group("secure-connectivity", cls=NounGroup)
def secure_connectivity() -> None:
    """The private endpoint of a cluster (AWS PrivateLink)."""


@secure_connectivity.command("status")
@of_cluster
def connectivity_status(console: "Console", cluster: str, *, as_json: bool) -> None:
    """Show the endpoint, as the API describes it."""
    found = console.secure_connectivity(cluster).status
    if as_json:
        print_json(found)
    else:
        print_facts(list(found.items()) or [("endpoint", "off")])


@secure_connectivity.command("activate")
@click.option("--principal", "principals", multiple=True, required=True, metavar="ARN", help="Who may connect.")
@click.option("--region", "regions", multiple=True, required=True, help="From where; repeat it.")
@of_cluster
def activate_connectivity(
    console: "Console", cluster: str, *, principals: tuple[str, ...], regions: tuple[str, ...], as_json: bool
) -> None:
    """Open the endpoint for these principals and regions."""
    console.activate_secure_connectivity(cluster, principals, regions)
    done("activated", {"clusterId": cluster}, as_json=as_json)


@secure_connectivity.command("deactivate")
@yes_option
@of_cluster
def deactivate_connectivity(console: "Console", cluster: str, *, yes: bool, as_json: bool) -> None:
    """Close the endpoint."""
    sure("Close the private endpoint?", yes=yes)
    console.deactivate_secure_connectivity(cluster)
    done("deactivated", {"clusterId": cluster}, as_json=as_json)


@click.command("activity")
@click.option("--csv", "as_csv", is_flag=True, help="As CSV, in the API's own columns.")
@of_organization
def activity(console: "Console", *, as_csv: bool, as_json: bool) -> None:
    """Show what was done in the organization, by whom and when."""
    if as_csv:
        click.echo(console.activity_csv(), nl=False)
        return
    found = console.activity()
    if as_json:
        print_json(found)
        return
    rows = [(one.timestamp and int(one.timestamp), one.user_id, one.audit, one.entity, one.entity_id) for one in found]
    print_rows(("TIME", "USER", "WHAT", "KIND", "ID"), rows, nothing="nothing was done")


@click.command("ip-ranges")
@of_organization
def ip_ranges(console: "Console", *, as_json: bool) -> None:
    """Show the addresses that Camunda's services call from."""
    found = console.ip_ranges()
    if as_json:
        print_json(found)
        return
    print_rows(("SERVICE", "ADDRESS"), [("web-modeler", one) for one in found.web_modeler], nothing="no address")


def _show_backups(found: "list[Backup]", *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    rows = [(one.uuid, one.name, one.status, one.created, one.completed, one.generation_name) for one in found]
    print_rows(("ID", "NAME", "STATUS", "CREATED", "COMPLETED", "GENERATION"), rows, nothing="no backup")


def _show_restore(found: "Restore", *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    print_facts(
        [
            ("restore", found.uuid),
            ("backup", found.backup_id),
            ("state", found.state),
            ("started", found.start_timestamp),
            ("completed", found.completion_timestamp),
        ]
    )


def _show_schedule(found: "BackupSchedule", *, as_json: bool) -> None:
    if as_json:
        print_json(found)
    else:
        print_facts([("schedule", found.schedule), ("name", found.name)])


def _show_password(made: "CreatedMonitoringClient", *, as_json: bool) -> None:
    told = {"uuid": made.uuid, "username": made.username, "password": made.password.reveal()}
    if as_json:
        print_json(told)
    else:
        print_facts(list(told.items()))
        say("c8: this is the only time the password is shown")
