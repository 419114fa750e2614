"""`c8 cluster`: clusters of real Zeebe brokers that the local platform runs, over its own part of the Console API."""

import time
from pathlib import Path
from typing import Final

import click
import msgspec

from c8py.cli.cluster_api import Local, Shown
from c8py.cli.console.chosen import sure
from c8py.cli.credentials_text import must_be_writable, must_not_exist, write_private
from c8py.cli.groups import WholeLinesGroup
from c8py.cli.hosts import hosts, join
from c8py.cli.options import FILE, Connection, json_option, with_connection
from c8py.cli.output import print_facts, print_json, print_rows, say

_SCOPES: Final = ("Zeebe", "Operate", "Tasklist", "Optimize", "Secrets")
_MEGABYTE: Final = 1024 * 1024


class _Backup(msgspec.Struct, frozen=True, kw_only=True):
    backup_id: str
    version: str
    created_ms: int
    completed_ms: int
    size_bytes: int


class _Client(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    client_id: str
    permissions: tuple[str, ...]
    credentials: str


@click.group("cluster", cls=WholeLinesGroup)
def cluster_() -> None:
    """Clusters of real Zeebe brokers, run by the local platform.

    Needs credentials of the organization: c8 up names their file.
    """


cluster_.add_command(hosts)
cluster_.add_command(join)
_wait = click.option("--wait/--no-wait", default=True, help="Until it is done, or only begin it.")
_cluster = click.argument("cluster", metavar="CLUSTER")


@cluster_.command("create")
@click.argument("name")
@click.option("--kind", type=click.Choice(["zeebe"]), default="zeebe", show_default=True, help="What it is made of.")
@click.option("--brokers", type=click.IntRange(1), default=1, show_default=True)
@click.option("--partitions", type=click.IntRange(1), default=1, show_default=True)
@click.option("--replication", type=click.IntRange(1), default=1, show_default=True, help="Copies of each partition.")
@click.option("--version", help="Of Zeebe, 8.5 to 8.7; fetched by its Maven coordinates.")
@click.option("--zeebe-home", metavar="FOLDER", help="An unpacked distribution on the platform's machine instead.")
@click.option("--heap-mb", type=click.IntRange(128), help="Java heap of each broker.  [default: 512]")
@click.option("--partition-mb", type=click.IntRange(32), help="Memory beside it for each partition.  [default: 64]")
@click.option("--java-options", help="Further options of Java, parted by spaces.")
@click.option("--region", help="Shown in Console and written to credentials files.")
@_wait
@json_option
@with_connection
def create(
    connection: Connection, *, name: str, kind: str, region: str | None, wait: bool, as_json: bool, **shape: object
) -> None:
    """Make a cluster NAME of real brokers; the first one fetches Zeebe.

    Zeebe comes under the Camunda License 1.0: free for development and tests, a licence is needed in production.
    """
    del kind  # one so far
    given = {("home" if key == "zeebe_home" else key): value for key, value in shape.items() if value is not None}
    body: dict[str, object] = {"name": name, "shape": given}
    if region is not None:
        body["region"] = region
    with Local(connection) as local:
        made = local.ask("POST /clusters", kind=Shown, body=body)
        if wait:
            made = local.watch(made.id, until="Healthy")
    _show(made, as_json=as_json)


@cluster_.command("add")
@click.argument("name")
@click.option(
    "--from", "file", type=FILE, required=True, metavar="FILE", help="Credentials file of a client of that cluster."
)
@json_option
@with_connection
def add(connection: Connection, *, name: str, file: Path, as_json: bool) -> None:
    """Show somebody else's cluster (SaaS or Self-Managed) beside the others as NAME; its secret is kept sealed."""
    from c8py.config import load  # noqa: PLC0415

    found = load({}, credentials_file=file)
    if found.grpc_address is None or found.rest_address is None:
        raise click.UsageError(f"expected the addresses of a cluster in {file}, but they are not there")
    remote = {
        "grpc_address": found.grpc_address.partition("://")[2] or found.grpc_address,
        "rest_address": found.rest_address,
        "oauth_url": found.oauth_url or "",
        "client_id": found.client_id or "",
        "client_secret": found.client_secret.reveal() if found.client_secret is not None else "",
        "audience": found.audience or "",
    }
    with Local(connection) as local:
        _show(local.ask("POST /clusters", kind=Shown, body={"name": name, "remote": remote}), as_json=as_json)


@cluster_.command("test")
@_cluster
@json_option
@with_connection
def test(connection: Connection, *, cluster: str, as_json: bool) -> None:
    """Ask somebody else's cluster for its topology now."""
    with Local(connection) as local:
        found = local.ask("POST /clusters/{cluster}/test", local.cluster(cluster).id, kind=Shown)
    _show(found, as_json=as_json)
    if found.trouble:
        raise click.ClickException(found.trouble)


@cluster_.command("list")
@json_option
@with_connection
def list_(connection: Connection, *, as_json: bool) -> None:
    """List them."""
    with Local(connection) as local:
        found = local.ask("GET /clusters", kind=list[Shown])
    if as_json:
        print_json(found)
        return
    rows = [(one.id, one.name, one.kind, one.version, one.brokers_count, one.partitions, one.status) for one in found]
    columns = ("ID", "NAME", "KIND", "VERSION", "BROKERS", "PARTITIONS", "STATUS")
    print_rows(columns, rows, nothing="no cluster; make one: c8 cluster create NAME")


@cluster_.command("show")
@_cluster
@json_option
@with_connection
def show(connection: Connection, *, cluster: str, as_json: bool) -> None:
    """Show its brokers, their addresses, and who leads what."""
    with Local(connection) as local:
        _show(local.cluster(cluster), as_json=as_json)


@cluster_.command("delete")
@_cluster
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@with_connection
def delete(connection: Connection, *, cluster: str, yes: bool, as_json: bool) -> None:
    """End its brokers and remove its data; its backups stay."""
    with Local(connection) as local:
        found = local.cluster(cluster)
        if found.kind != "remote":
            sure(f"Delete the cluster {found.name} with all its data?", yes=yes)
        local.ask("DELETE /clusters/{cluster}", found.id, kind=dict[str, str])
    print_json({"id": found.id, "result": "deleted"}) if as_json else print_facts([("deleted", found.id)])


@cluster_.command("suspend")
@_cluster
@_wait
@json_option
@with_connection
def suspend(connection: Connection, *, cluster: str, wait: bool, as_json: bool) -> None:
    """Let its brokers rest; the data stay."""
    _do(connection, cluster, "suspend", None, until="Suspended" if wait else None, as_json=as_json)


@cluster_.command("resume")
@_cluster
@_wait
@json_option
@with_connection
def resume(connection: Connection, *, cluster: str, wait: bool, as_json: bool) -> None:
    """Start its brokers again."""
    _do(connection, cluster, "resume", None, until="Healthy" if wait else None, as_json=as_json)


@cluster_.command("restart")
@_cluster
@click.option("--version", help="Go on with this version of Zeebe.")
@click.option("--heap-mb", type=click.IntRange(128), help="Go on with this heap.")
@click.option("--java-options", help="Go on with these options.")
@_wait
@json_option
@with_connection
def restart(
    connection: Connection,
    *,
    cluster: str,
    version: str | None,
    heap_mb: int | None,
    java_options: str | None,
    wait: bool,
    as_json: bool,
) -> None:
    """Restart one broker after the other; work goes on where partitions have copies."""
    change = {"version": version, "heap_mb": heap_mb, "java_options": java_options}
    body = {name: value for name, value in change.items() if value is not None}
    _do(connection, cluster, "restart", body, until="Healthy" if wait else None, as_json=as_json)


@cluster_.command("backup")
@_cluster
@_wait
@json_option
@with_connection
def backup(connection: Connection, *, cluster: str, wait: bool, as_json: bool) -> None:
    """Copy its data; its brokers rest for as long as that takes."""
    with Local(connection) as local:
        found = local.cluster(cluster)
        begun = local.ask("POST /clusters/{cluster}/backups", found.id, kind=dict[str, str])
        if wait:
            local.watch(found.id, until=found.status)
            whole = local.ask("GET /clusters/{cluster}/backups", found.id, kind=list[_Backup])
            if not any(one.backup_id == begun["backupId"] for one in whole):
                trouble = local.ask("GET /clusters/{cluster}", found.id, kind=Shown).trouble
                raise click.ClickException(f"expected a backup, but there is none: {trouble}")
    print_json(begun) if as_json else print_facts([("backup", begun["backupId"])])


@cluster_.command("backups")
@_cluster
@json_option
@with_connection
def backups(connection: Connection, *, cluster: str, as_json: bool) -> None:
    """List its backups."""
    with Local(connection) as local:
        found = local.ask("GET /clusters/{cluster}/backups", local.cluster(cluster).id, kind=list[_Backup])
    if as_json:
        print_json(found)
        return
    rows = [
        (
            one.backup_id,
            time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(one.created_ms / 1000)),
            one.version,
            f"{one.size_bytes / _MEGABYTE:.1f}",
        )
        for one in found
    ]
    print_rows(("ID", "CREATED", "VERSION", "MB"), rows, nothing="no backup")


@cluster_.command("restore")
@_cluster
@click.argument("backup_id")
@_wait
@json_option
@with_connection
def restore(connection: Connection, *, cluster: str, backup_id: str, wait: bool, as_json: bool) -> None:
    """Put the backup BACKUP_ID in the place of its data."""
    _do(connection, cluster, f"backups/{backup_id}/restore", None, until="Healthy" if wait else None, as_json=as_json)


@cluster_.command("client")
@_cluster
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(_SCOPES, case_sensitive=False),
    help="What it may call; several by repeating it; all when left out.",
)
@click.option("--out", type=FILE, metavar="FILE", help="Write the credentials file there, for its owner only.")
@click.option("--force", is_flag=True, help="Replace the file when it exists.")
@json_option
@with_connection
def client(
    connection: Connection,
    *,
    cluster: str,
    name: str,
    scopes: tuple[str, ...],
    out: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Make an API client NAME with the addresses of this cluster. Its secret is shown this once."""
    if out is not None:
        if not force:
            must_not_exist(out)  # before there is a client whose secret nobody would ever see
        must_be_writable(out)
    body = {"name": name, "scopes": scopes or None}
    with Local(connection) as local:
        made = local.ask("POST /clusters/{cluster}/clients", local.cluster(cluster).id, kind=_Client, body=body)
    if out is not None:
        write_private(out, made.credentials, force=force)
    if as_json:
        told = {"clientId": made.client_id, "permissions": made.permissions}
        print_json({**told, "file": str(out)} if out is not None else {**told, "credentials": made.credentials})
    elif out is not None:
        print_facts([("client", made.client_id), ("scopes", ", ".join(made.permissions)), ("file", out)])
    else:
        click.echo(made.credentials, nl=False)
        say("c8: this is the only time the secret is shown")


def _do(connection: Connection, cluster: str, what: str, body: object, *, until: str | None, as_json: bool) -> None:
    with Local(connection) as local:
        found = local.cluster(cluster)
        local.ask(f"POST /clusters/{{cluster}}/{what}", found.id, kind=dict[str, str], body=body)
        after = local.cluster(found.id) if until is None else local.watch(found.id, until=until)
    if until is not None and after.trouble:
        raise click.ClickException(f"expected it to be done, but: {after.trouble}")
    _show(after, as_json=as_json)


def _show(found: Shown, *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    facts: list[tuple[str, object]] = [
        ("id", found.id),
        ("name", found.name),
        ("status", found.status),
        ("version", found.version),
        ("gRPC", found.grpc_address),
        ("REST", found.rest_address),
    ]
    if found.brokers:
        facts.append(
            ("partitions", f"{found.partitions}, each on {found.replication} of {found.brokers_count} brokers")
        )
    for one in found.brokers:
        leads = f", leads {', '.join(map(str, one.leads))}" if one.leads else ""
        process = "" if one.pid is None else f", process {one.pid}"
        on = f", on {one.host}" if one.host else ""
        places = f"{one.grpc_address}, {one.rest_address}"
        facts.append((f"broker {one.node_id}", f"{places}, {one.phase}{leads}{process}{on}"))
    if found.trouble:
        facts.append(("trouble", found.trouble))
    print_facts(facts)


@click.command("backup")
@json_option
@with_connection
def backup_(connection: Connection, *, as_json: bool) -> None:
    """Copy the data of the local platform itself while it runs: organization, clients, clusters of the engine.

    Not in it: the key of sealed secrets (secrets.key; keep it elsewhere) and data of real brokers (c8 cluster backup).
    """
    with Local(connection) as local:
        made = local.ask("POST /backup", kind=dict[str, str])
    print_json(made) if as_json else print_facts([("backup", made["folder"])])
