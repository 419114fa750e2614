"""`c8 console clusters`: clusters of the organization, made, looked at, changed, woken, brought up to date, deleted."""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

import click
import msgspec

from c8py.base.clock import SystemClock
from c8py.cli.console.chosen import chosen_cluster, cluster_id, of_organization, sure, yes_option
from c8py.cli.groups import NounGroup
from c8py.cli.output import print_facts, print_json, print_rows, say
from c8py.cli.processes import done
from c8py.errors import DeadlineExceeded

if TYPE_CHECKING:
    from c8py.console import Cluster, Console

_LOOK_S: Final = 5.0  # between two looks at a cluster that is being made, which takes a minute or more
_cluster = click.argument("cluster", metavar="[ID|NAME]", required=False)
_stage = click.option("--stage", type=click.Choice(("dev", "test", "stage", "prod")), help="What it is for.")


class _Chosen(Protocol):
    @property
    def uuid(self) -> str: ...
    @property
    def name(self) -> str: ...


_One = TypeVar("_One", bound=_Chosen)


@click.group("clusters", cls=NounGroup)
def clusters() -> None:
    """Clusters of the organization."""


@clusters.command("list")
@of_organization
def list_clusters(console: "Console", *, as_json: bool) -> None:
    """List the clusters."""
    found = console.clusters()
    if as_json:
        print_json(found)
        return
    rows = [(one.uuid, one.name, one.generation.name, one.region.name, one.status.ready) for one in found]
    print_rows(("ID", "NAME", "GENERATION", "REGION", "STATUS"), rows, nothing="no cluster")


@clusters.command("parameters")
@of_organization
def parameters(console: "Console", *, as_json: bool) -> None:
    """Show what a new cluster may be: plans, regions, channels and their generations."""
    found = console.cluster_parameters()
    if as_json:
        print_json(found)
        return
    rows = [("plan", one.name, one.uuid) for one in found.plan_types]
    rows += [("region", one.name, one.uuid) for one in found.regions]
    for channel in found.channels:
        rows.append(("channel", channel.name, channel.uuid))
        rows += [("generation", f"{channel.name}: {one.name}", one.uuid) for one in channel.allowed_generations]
    print_rows(("WHAT", "NAME", "ID"), rows, nothing="nothing to choose from")


@clusters.command("get")
@_cluster
@of_organization
def get_cluster(console: "Console", *, cluster: str | None, as_json: bool) -> None:
    """Show a cluster: its state, its version, its addresses."""
    found = console.get_cluster(cluster_id(console, cluster))
    if as_json:
        print_json(found)
    else:
        _show(found)


@clusters.command("create")
@click.argument("name")
@click.option("--region", metavar="ID|NAME", help="Where; may be left out where there is one.")
@click.option("--plan", metavar="ID|NAME", help="The plan; may be left out where there is one.")
@click.option("--channel", metavar="ID|NAME", help="The channel; may be left out where there is one.")
@click.option("--generation", metavar="ID|NAME", help="The version; the channel's own when left out.")
@_stage
@click.option("--description")
@click.option("--auto-update/--no-auto-update", default=None, help="Whether patches come by themselves.")
@click.option("--encryption", type=click.Choice(("Provider", "Software", "Hardware", "External")))
@click.option("--packages", type=click.IntRange(1), help="Its size, in hardware packages.")
@click.option("--wait", is_flag=True, help="Until it is healthy.")
@click.option("--timeout", "timeout_s", type=click.FloatRange(0), default=900.0, show_default=True, help="Of --wait.")
@of_organization
def create_cluster(  # what Console's own page asks for
    console: "Console",
    *,
    name: str,
    region: str | None,
    plan: str | None,
    channel: str | None,
    generation: str | None,
    stage: str | None,
    description: str | None,
    auto_update: bool | None,
    encryption: str | None,
    packages: int | None,
    wait: bool,
    timeout_s: float,
    as_json: bool,
) -> None:
    """Make a cluster NAME; c8 console clusters parameters says what there is to choose from."""
    there = console.cluster_parameters()
    in_channel = _picked(there.channels, channel, "channel")
    version = _picked(in_channel.allowed_generations, generation, "generation") if generation else None
    made = console.create_cluster(
        name=name,
        plan_type_id=_picked(there.plan_types, plan, "plan").uuid,
        channel_id=in_channel.uuid,
        generation_id=(version or in_channel.default_generation).uuid,
        region_id=_picked(there.regions, region, "region").uuid,
        description=description,
        stage_label=stage,
        auto_update=auto_update,
        hardware_packages=packages,
        encryption=encryption,
    )
    if not wait:
        done("created", {"clusterId": made.cluster_id}, as_json=as_json)
        return
    healthy = _healthy(console, made.cluster_id, timeout_s)
    if as_json:
        print_json(healthy)
    else:
        _show(healthy)


@clusters.command("update")
@_cluster
@click.option("--name", help="Its new name.")
@click.option("--description")
@_stage
@click.option("--packages", type=click.IntRange(1), help="Its size, in hardware packages.")
@of_organization
def update_cluster(
    console: "Console",
    *,
    cluster: str | None,
    name: str | None,
    description: str | None,
    stage: str | None,
    packages: int | None,
    as_json: bool,
) -> None:
    """Change name, description, stage or size of a cluster."""
    if all(one is None for one in (name, description, stage, packages)):
        raise click.UsageError("expected something to change: --name, --description, --stage or --packages")
    chosen = cluster_id(console, cluster)
    console.update_cluster(
        chosen, name=name, description=description, stage_label=stage, number_of_allocated_hw_packages=packages
    )
    done("updated", {"clusterId": chosen}, as_json=as_json)


@clusters.command("wake")
@_cluster
@of_organization
def wake_cluster(console: "Console", *, cluster: str | None, as_json: bool) -> None:
    """Resume a suspended cluster; it takes some minutes."""
    chosen = cluster_id(console, cluster)
    console.wake_cluster(chosen)
    done("resuming", {"clusterId": chosen}, as_json=as_json)


@clusters.command("upgrade")
@_cluster
@of_organization
def upgrade_cluster(console: "Console", *, cluster: str | None, as_json: bool) -> None:
    """Bring a cluster to the newest generation of its channel."""
    step = console.upgrade_cluster(cluster_id(console, cluster))
    if as_json:
        print_json(step)
    else:
        print_facts([("from", step.old_generation.name), ("to", step.new_generation.name)])


@clusters.command("encrypt")
@_cluster
@click.option("--key", "primary", required=True, metavar="ARN", help="The key of the cluster's region.")
@click.option("--backup-key", "secondary", metavar="ARN", help="The key of the region of its backups.")
@of_organization
def encrypt_cluster(
    console: "Console", *, cluster: str | None, primary: str, secondary: str | None, as_json: bool
) -> None:
    """Name other keys of the organization's own, for a cluster that was made with encryption External."""
    chosen = cluster_id(console, cluster)
    console.update_cluster_encryption(chosen, primary, secondary)
    done("updated", {"clusterId": chosen}, as_json=as_json)


@clusters.command("failover")
@click.argument("cluster", metavar="ID|NAME")
@click.option("--backup", "backups", multiple=True, required=True, metavar="ID", help="To take along; repeat it.")
@click.option("--restore", required=True, metavar="ID", help="The backup that the new cluster begins with.")
@yes_option
@of_organization
def failover(
    console: "Console", *, cluster: str, backups: tuple[str, ...], restore: str, yes: bool, as_json: bool
) -> None:
    """Put a new cluster in another region in the place of this one, which stays suspended for good."""
    chosen = cluster_id(console, cluster)
    sure(f"Suspend the cluster {cluster} for good, and go on in a new one?", yes=yes)
    found = console.trigger_failover(chosen, backups, restore)
    if as_json:
        print_json(found)
    else:
        print_facts([("new cluster", found.new_cluster_id), *found.results.items()])


@clusters.command("delete")
@click.argument("cluster", metavar="ID|NAME")
@yes_option
@of_organization
def delete_cluster(console: "Console", *, cluster: str, yes: bool, as_json: bool) -> None:
    """Delete a cluster, with everything in it, for good."""
    found = chosen_cluster(console, cluster)
    sure(f"Delete the cluster {found.name} ({found.uuid}), with everything in it, for good?", yes=yes)
    console.delete_cluster(found.uuid)
    done("deleted", {"clusterId": found.uuid}, as_json=as_json)


def _picked(found: Sequence[_One], wanted: str | None, what: str) -> _One:
    """The one that is meant, by id or name in any case of letters, or the only one.

    Raises:
        UsageError: it is none of them, or there are several and nothing says which.
    """
    meant = [one for one in found if wanted is None or wanted.lower() in {one.uuid.lower(), one.name.lower()}]
    if len(meant) == 1:
        return meant[0]
    there = ", ".join(repr(one.name) for one in found)
    meant = f"{what} called {wanted!r}" if wanted else what
    raise click.UsageError(f"expected one {meant}, but there are {there or 'none'}")


def _healthy(console: "Console", chosen: str, timeout_s: float) -> "Cluster":
    clock = SystemClock()
    end_s = clock.monotonic_s() + timeout_s
    said = ""
    while True:
        found = console.get_cluster(chosen)
        if found.status.ready == "Healthy":
            return found
        if found.status.ready != said:
            said = found.status.ready
            say(f"c8: {chosen} is {said}")
        if clock.monotonic_s() + _LOOK_S > end_s:
            raise DeadlineExceeded(f"expected {chosen} to be healthy in time, but it is {said}")
        time.sleep(_LOOK_S)


def _show(found: "Cluster") -> None:
    links = msgspec.structs.asdict(found.links).items()
    print_facts(
        [
            ("id", found.uuid),
            ("name", found.name),
            ("status", found.status.ready),
            ("generation", found.generation.name),
            ("channel", found.channel.name),
            ("plan", found.plan_type.name),
            ("region", found.region.name),
            ("created", found.created),
            *((name, value) for name, value in (("description", found.description), *links) if value),
        ]
    )
