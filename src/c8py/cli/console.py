"""`c8 console`: clusters and their API clients, over the Administration API with an organization's credentials."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from c8py.cli.credentials_text import NewClient, credentials_text, must_be_writable, must_not_exist, write_private
from c8py.cli.groups import NounGroup
from c8py.cli.options import FILE, Connection, json_option, with_connection
from c8py.cli.output import print_facts, print_json, print_rows, say

if TYPE_CHECKING:
    from c8py.console import Cluster, Console

_SCOPES: Final = ("Zeebe", "Operate", "Tasklist", "Optimize", "Secrets")
_cluster = click.option("--cluster", metavar="ID|NAME", help="Which cluster, where the organization has several.")


@click.group("console", cls=NounGroup)
def console_() -> None:
    """API clients and clusters of an organization.

    Needs credentials of the organization (CAMUNDA_CONSOLE_…), not of a cluster.
    """


@console_.group("clusters", cls=NounGroup)
def clusters() -> None:
    """Clusters of the organization."""


@clusters.command("list")
@json_option
@with_connection
def list_clusters(connection: Connection, *, as_json: bool) -> None:
    """List the clusters."""
    with connection.console() as console:
        found = console.clusters()
    if as_json:
        print_json(found)
        return
    rows = [(one.uuid, one.name, one.generation.name, one.region.name, one.status.ready) for one in found]
    print_rows(("ID", "NAME", "GENERATION", "REGION", "STATUS"), rows, nothing="no cluster")


@console_.group("clients", cls=NounGroup)
def clients() -> None:
    """API clients of a cluster."""


@clients.command("create")
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
@_cluster
@json_option
@with_connection
def create_client(
    connection: Connection,
    *,
    name: str,
    scopes: tuple[str, ...],
    out: Path | None,
    force: bool,
    cluster: str | None,
    as_json: bool,
) -> None:
    """Make an API client NAME. Its secret is shown this once: without --out the credentials file is printed."""
    if out is not None and not force:
        must_not_exist(out)  # before there is a client whose secret nobody would ever see
    if out is not None:
        must_be_writable(out)
    with connection.console() as console:
        made = new_client(console, chosen_cluster(connection, console, cluster), name, scopes or _SCOPES)
    text = credentials_text(made)
    if out is not None:
        _keep(out, text, force=force)
    told = {
        "name": name,
        "clientId": made.client_id,
        "permissions": list(made.permissions),
        "file": None if out is None else str(out),
    }
    if as_json:
        print_json(told if out is not None else {**told, "credentials": text})
    elif out is None:
        click.echo(text, nl=False)
        say("c8: this is the only time the secret is shown")
    else:
        print_facts([("client", made.client_id), ("scopes", ", ".join(made.permissions)), ("file", out)])


def _keep(out: Path, text: str, *, force: bool) -> None:
    try:
        write_private(out, text, force=force)
    except click.ClickException:
        # The client is there by now, and nobody can be told its secret again.
        click.echo(text, nl=False)
        raise


@clients.command("list")
@_cluster
@json_option
@with_connection
def list_clients(connection: Connection, *, cluster: str | None, as_json: bool) -> None:
    """List the API clients; never with their secrets."""
    with connection.console() as console:
        found = console.clients(chosen_cluster(connection, console, cluster).uuid)
    if as_json:
        print_json(found)
        return
    rows = [(one.client_id, one.name, ", ".join(one.permissions)) for one in found]
    print_rows(("CLIENT ID", "NAME", "SCOPES"), rows, nothing="no client; make one: c8 console clients create NAME")


@clients.command("get")
@click.argument("client_id")
@_cluster
@json_option
@with_connection
def get_client(connection: Connection, *, client_id: str, cluster: str | None, as_json: bool) -> None:
    """Show what the client CLIENT_ID needs to connect, but for its secret."""
    with connection.console() as console:
        found = console.get_client(chosen_cluster(connection, console, cluster).uuid, client_id)
    if as_json:
        print_json(found)
        return
    print_facts(
        [
            ("name", found.name),
            ("ZEEBE_ADDRESS", found.zeebe_address),
            ("ZEEBE_CLIENT_ID", found.client_id),
            ("ZEEBE_AUTHORIZATION_SERVER_URL", found.oauth_url),
        ]
    )


@clients.command("delete")
@click.argument("client_id")
@_cluster
@json_option
@with_connection
def delete_client(connection: Connection, *, client_id: str, cluster: str | None, as_json: bool) -> None:
    """Delete the client CLIENT_ID; who uses it is out."""
    with connection.console() as console:
        console.delete_client(chosen_cluster(connection, console, cluster).uuid, client_id)
    if as_json:
        print_json({"result": "deleted", "clientId": client_id})
    else:
        print_facts([("deleted", client_id)])


def chosen_cluster(connection: Connection, console: "Console", wanted: str | None) -> "Cluster":
    """The cluster that is meant: by id or name, by the settings, or the only one.

    Raises:
        UsageError: there is none of this name, or several and nothing says which.
    """
    found = console.clusters()
    name = wanted or connection.settings().cluster_id
    if name is not None:
        named = [one for one in found if name in {one.uuid, one.name}]
        if len(named) == 1:
            return named[0]
    elif len(found) == 1:
        return found[0]
    there = ", ".join(f"{one.name} ({one.uuid})" for one in found) or "none"
    meant = f"cluster {name}" if name else "one cluster"
    raise click.UsageError(f"expected {meant} in the organization, but it has {there}; say which with --cluster")


def new_client(console: "Console", cluster: "Cluster", name: str, scopes: tuple[str, ...]) -> NewClient:
    """Make a client, and gather everything that its credentials file says.

    Raises:
        C8Error: the Administration API refuses.
    """
    made = console.create_client(cluster.uuid, name, scopes)
    connection = console.get_client(cluster.uuid, made.client_id)
    return NewClient(
        client_id=made.client_id,
        client_secret=made.client_secret,
        cluster_id=cluster.uuid,
        region=cluster.region.name,
        permissions=made.permissions or scopes,
        audience=made.audience or "zeebe.camunda.io",
        oauth_url=connection.oauth_url,
        grpc_address=connection.zeebe_address,
        api_address=console.settings.console_base_url or "",
    )
