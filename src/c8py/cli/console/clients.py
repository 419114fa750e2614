"""`c8 console clients`: API clients of a cluster, and the credentials file that goes with a new one."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from c8py.cli.console.chosen import chosen_cluster, cluster_option, of_cluster, of_organization
from c8py.cli.credentials_text import (
    COMPONENTS,
    NewClient,
    credentials_text,
    must_be_writable,
    must_not_exist,
    write_private,
)
from c8py.cli.groups import NounGroup
from c8py.cli.options import FILE
from c8py.cli.output import print_facts, print_json, print_rows, say
from c8py.cli.processes import done

if TYPE_CHECKING:
    from c8py.console import Cluster, Console

_SCOPES: Final = ("Zeebe", "Tasklist", "Operate", "Optimize", "Secrets")


@click.group("clients", cls=NounGroup)
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
@cluster_option
@of_organization
def create_client(
    console: "Console",
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
    made = new_client(console, chosen_cluster(console, cluster), name, scopes or _SCOPES)
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
@of_cluster
def list_clients(console: "Console", cluster: str, *, as_json: bool) -> None:
    """List the API clients; never with their secrets."""
    found = console.clients(cluster)
    if as_json:
        print_json(found)
        return
    rows = [(one.client_id, one.name, ", ".join(one.permissions)) for one in found]
    print_rows(("CLIENT ID", "NAME", "SCOPES"), rows, nothing="no client; make one: c8 console clients create NAME")


@clients.command("get")
@click.argument("client_id")
@of_cluster
def get_client(console: "Console", cluster: str, *, client_id: str, as_json: bool) -> None:
    """Show what the client CLIENT_ID needs to connect, but for its secret."""
    found = console.get_client(cluster, client_id)
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
@of_cluster
def delete_client(console: "Console", cluster: str, *, client_id: str, as_json: bool) -> None:
    """Delete the client CLIENT_ID; who uses it is out."""
    console.delete_client(cluster, client_id)
    done("deleted", {"clientId": client_id}, as_json=as_json)


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
        grpc_address=made.links.grpc or connection.zeebe_address,
        rest_address=made.links.rest,
        api_address=console.settings.console_base_url or "",
        component_urls={name: url for name in COMPONENTS if (url := getattr(made.links, name))},
    )
