"""The group `c8 console`, and what is in it."""

import click

from c8py.cli.console.access import allowlist, members, secrets
from c8py.cli.console.clients import clients
from c8py.cli.console.clusters import clusters
from c8py.cli.console.operations import activity, backups, ip_ranges, monitoring, secure_connectivity
from c8py.cli.groups import NounGroup


@click.group("console", cls=NounGroup)
def console_() -> None:
    """What Console can do: clusters, their API clients, addresses, secrets, members, backups.

    Needs credentials of the organization (CAMUNDA_CONSOLE_…), not of a cluster.
    """


for command in (
    clusters,
    clients,
    allowlist,
    secrets,
    members,
    backups,
    monitoring,
    secure_connectivity,
    activity,
    ip_ranges,
):
    console_.add_command(command)
