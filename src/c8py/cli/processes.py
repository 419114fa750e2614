"""`c8 topology`, `deploy`, `run`, `create`, `cancel`: what a process needs from its file to its end."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from c8py.cli.groups import NounGroup
from c8py.cli.options import KEY, MODEL, Connection, json_option, variables_option, with_connection
from c8py.cli.output import done, print_facts, print_json, print_rows, separate

if TYPE_CHECKING:
    from c8py.models.cluster import TopologyResponse
    from c8py.models.process_instance import CreateProcessInstanceResult
    from c8py.models.resource import DeploymentResult


@click.command("topology")
@click.option("--grpc", "protocol", flag_value="grpc", help="Ask over gRPC.")
@click.option("--rest", "protocol", flag_value="rest", help="Ask over REST.")
@json_option
@with_connection
def topology_(connection: Connection, *, protocol: Literal["grpc", "rest"] | None, as_json: bool) -> None:
    """Show the brokers of the cluster and their partitions."""
    with connection.camunda() as camunda:
        answer = camunda.topology(protocol=protocol)
    if as_json:
        print_json(answer)
    else:
        show_topology(answer)


def show_topology(answer: "TopologyResponse") -> None:
    """Facts of the cluster, then a row per partition of each broker."""
    rows = [
        (broker.node_id, f"{broker.host}:{broker.port}", broker.version, part.partition_id, part.role, part.health)
        for broker in answer.brokers
        for part in broker.partitions
    ]
    print_facts(
        [
            ("gateway", answer.gateway_version),
            ("brokers", answer.cluster_size),
            ("partitions", answer.partitions_count),
            ("replicas", answer.replication_factor),
        ]
    )
    separate()
    print_rows(("NODE", "ADDRESS", "VERSION", "PARTITION", "ROLE", "HEALTH"), rows, nothing="no broker is known yet")


@click.command("deploy")
@click.argument("files", nargs=-1, required=True, type=MODEL)
@click.option("--tenant", metavar="ID", help="The tenant that owns the resources.")
@json_option
@with_connection
def deploy_(connection: Connection, *, files: tuple[Path, ...], tenant: str | None, as_json: bool) -> None:
    """Deploy BPMN, DMN and form FILES together: all of them, or none."""
    with connection.camunda() as camunda:
        answer = camunda.deploy(*files, tenant_id=tenant)
    if as_json:
        print_json(answer)
    else:
        show_deployment(answer)


def show_deployment(answer: "DeploymentResult") -> None:
    """A row for each thing that the files brought."""
    rows = [
        (one.process_definition_key, one.process_definition_id, one.process_definition_version, one.resource_name)
        for one in (item.process_definition for item in answer.deployments)
        if one
    ]
    print_rows(("KEY", "PROCESS", "VERSION", "FILE"), rows, nothing="nothing new: no process in these files")


@click.command("run")
@click.argument("file", type=MODEL)
@click.option("--process", "process_id", metavar="ID", help="Which process, where the file has several.")
@variables_option
@json_option
@with_connection
def run_(
    connection: Connection, *, file: Path, process_id: str | None, variables: dict[str, object] | None, as_json: bool
) -> None:
    """Deploy FILE and start an instance of its process."""
    with connection.camunda() as camunda:
        deployment = camunda.deploy(file)
        chosen = _process_of(deployment, file, process_id)
        answer = camunda.start(chosen, variables=variables)
    _show_instance(answer, as_json=as_json)


def _process_of(deployment: "DeploymentResult", file: Path, wanted: str | None) -> str:
    found = [
        item.process_definition.process_definition_id for item in deployment.deployments if item.process_definition
    ]
    if wanted in found:
        return str(wanted)
    if wanted is None and len(found) == 1:
        return str(found[0])
    there = ", ".join(found) or "none"
    if wanted is not None:
        raise click.UsageError(f"expected process {wanted} in {file}, but it has {there}")
    raise click.UsageError(f"expected one process in {file}, but it has {there}; say which with --process ID")


@click.group("create", cls=NounGroup)
def create_() -> None:
    """Start things."""


@create_.command("instance")
@click.argument("process_id")
@variables_option
@click.option("--version", type=int, default=-1, help="Of the process; the newest by default.")
@click.option("--wait", is_flag=True, help="Wait for its end and print its variables.")
@click.option("--timeout", "timeout_s", type=float, default=60.0, show_default=True, help="Seconds to wait.")
@click.option("--tenant", metavar="ID", help="The tenant that owns the process.")
@json_option
@with_connection
def create_instance(
    connection: Connection,
    *,
    process_id: str,
    variables: dict[str, object] | None,
    version: int,
    wait: bool,
    timeout_s: float,
    tenant: str | None,
    as_json: bool,
) -> None:
    """Start an instance of PROCESS_ID."""
    with connection.camunda() as camunda:
        if wait:
            answer = camunda.start_and_wait(
                process_id, version=version, variables=variables, tenant_id=tenant, timeout_s=timeout_s
            )
        else:
            answer = camunda.start(process_id, version=version, variables=variables, tenant_id=tenant)
    _show_instance(answer, as_json=as_json, variables=wait)


def _show_instance(answer: "CreateProcessInstanceResult", *, as_json: bool, variables: bool = False) -> None:
    if as_json:
        print_json(answer)
        return
    facts: list[tuple[str, object]] = [
        ("instance", answer.process_instance_key),
        ("process", answer.process_definition_id),
        ("version", answer.process_definition_version),
    ]
    print_facts([*facts, ("variables", answer.variables)] if variables else facts)


@click.group("cancel", cls=NounGroup)
def cancel_() -> None:
    """End things before their time."""


@cancel_.command("instance")
@click.argument("key", type=KEY)
@json_option
@with_connection
def cancel_instance(connection: Connection, *, key: str, as_json: bool) -> None:
    """Cancel the process instance KEY and everything in it."""
    from c8py.models.keys import ProcessInstanceKey  # noqa: PLC0415

    with connection.camunda() as camunda:
        camunda.cancel(ProcessInstanceKey(key))
    done("cancelled", {"processInstanceKey": key}, as_json=as_json)
