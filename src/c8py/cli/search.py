"""`c8 list`, `get`: what the cluster knows. Reads lag behind commands by a moment."""

import click

from c8py.cli.groups import NounGroup
from c8py.cli.options import KEY, Connection, json_option, with_connection
from c8py.cli.output import print_facts, print_json, print_rows
from c8py.models.keys import ProcessInstanceKey

_limit = click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
_instance = click.option("--instance", type=KEY, metavar="KEY", help="Only of this process instance.")


@click.group("list", cls=NounGroup)
def list_() -> None:
    """Search for things."""


@list_.command("instances")
@click.option("--process", "process_id", metavar="ID", help="Only of this process.")
@click.option("--state", type=click.Choice(["ACTIVE", "COMPLETED", "CANCELED"], case_sensitive=False))
@click.option("--incident/--no-incident", "incident", default=None, help="Only with, or without, an incident.")
@_limit
@json_option
@with_connection
def list_instances(
    connection: Connection,
    *,
    process_id: str | None,
    state: str | None,
    incident: bool | None,
    limit: int,
    as_json: bool,
) -> None:
    """Process instances, the newest first."""
    wanted = _given(processDefinitionId=process_id, state=state, hasIncident=incident)
    with connection.camunda() as camunda:
        found = camunda.search_process_instances(filter=wanted, sort=("-startDate",), limit=limit)
    if as_json:
        print_json(found)
        return
    rows = [
        (
            one.process_instance_key,
            one.process_definition_id,
            one.process_definition_version,
            "INCIDENT" if one.has_incident else one.state,
            one.start_date,
            one.end_date,
        )
        for one in found.items
    ]
    print_rows(("KEY", "PROCESS", "VERSION", "STATE", "START", "END"), rows, nothing="no process instance")


@list_.command("jobs")
@click.option("--type", "type_", metavar="TYPE", help="Only of this type.")
@click.option("--state", help="CREATED, COMPLETED, FAILED, TIMED_OUT, …")
@_instance
@_limit
@json_option
@with_connection
def list_jobs(
    connection: Connection,
    *,
    type_: str | None,
    state: str | None,
    instance: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """Jobs."""
    wanted = _given(type=type_, state=state and state.upper(), processInstanceKey=instance)
    with connection.camunda() as camunda:
        found = camunda.search_jobs(filter=wanted, limit=limit)
    if as_json:
        print_json(found)
        return
    rows = [
        (one.job_key, one.type, one.state, one.retries, one.worker, one.process_instance_key, one.error_message)
        for one in found.items
    ]
    print_rows(("KEY", "TYPE", "STATE", "RETRIES", "WORKER", "INSTANCE KEY", "MESSAGE"), rows, nothing="no job")


@list_.command("incidents")
@click.option("--state", default="ACTIVE", show_default=True, help="ACTIVE, RESOLVED, … or ALL.")
@_instance
@_limit
@json_option
@with_connection
def list_incidents(connection: Connection, *, state: str, instance: str | None, limit: int, as_json: bool) -> None:
    """Incidents."""
    wanted = _given(state=None if state.upper() == "ALL" else state.upper(), processInstanceKey=instance)
    with connection.camunda() as camunda:
        found = camunda.search_incidents(filter=wanted, limit=limit)
    if as_json:
        print_json(found)
        return
    rows = [
        (one.incident_key, one.error_type, one.state, one.element_id, one.process_instance_key, one.error_message)
        for one in found.items
    ]
    print_rows(("KEY", "TYPE", "STATE", "ELEMENT", "INSTANCE KEY", "MESSAGE"), rows, nothing="no incident")


@list_.command("variables")
@_instance
@click.option("--name", help="Only of this name.")
@_limit
@json_option
@with_connection
def list_variables(
    connection: Connection, *, instance: str | None, name: str | None, limit: int, as_json: bool
) -> None:
    """Variables; long values are cut."""
    wanted = _given(processInstanceKey=instance, name=name)
    with connection.camunda() as camunda:
        found = camunda.search_variables(filter=wanted, limit=limit)
    if as_json:
        print_json(found)
        return
    rows = [
        (one.variable_key, one.name, one.value, "yes" if one.is_truncated else "", one.scope_key) for one in found.items
    ]
    print_rows(("KEY", "NAME", "VALUE", "CUT", "SCOPE KEY"), rows, nothing="no variable")


@click.group("get", cls=NounGroup)
def get_() -> None:
    """Look at one thing."""


@get_.command("instance")
@click.argument("key", type=KEY)
@json_option
@with_connection
def get_instance(connection: Connection, *, key: str, as_json: bool) -> None:
    """Show the process instance KEY."""
    with connection.camunda() as camunda:
        found = camunda.get_process_instance(ProcessInstanceKey(key))
    if as_json:
        print_json(found)
        return
    print_facts(
        [
            ("instance", found.process_instance_key),
            ("process", found.process_definition_id),
            ("version", found.process_definition_version),
            ("state", found.state),
            ("incident", found.has_incident),
            ("start", found.start_date),
            ("end", found.end_date),
            ("tenant", found.tenant_id),
        ]
    )


def _given(**conditions: object) -> dict[str, object]:
    """A filter in the names of the wire, without what was not asked for."""
    return {name: value for name, value in conditions.items() if value is not None}
