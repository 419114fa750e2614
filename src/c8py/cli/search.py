"""`c8 list`, `get`: what the cluster knows. Reads lag behind commands by a moment."""

from typing import Final, TypeVar

import click
import msgspec

from c8py.cli.groups import NounGroup
from c8py.cli.options import KEY, Connection, choice_of, json_option, with_connection
from c8py.cli.output import print_facts, print_json, print_rows, say
from c8py.models.common import IncidentStateEnum, ProcessInstanceStateEnum, SearchQueryPageResponse
from c8py.models.job import JobStateEnum
from c8py.models.keys import ProcessInstanceKey

Wanted = TypeVar("Wanted")
_LIMIT_MAX: Final = 10_000
_limit = click.option("--limit", type=click.IntRange(1, _LIMIT_MAX), default=50, show_default=True)
_instance = click.option("--instance", type=KEY, metavar="KEY", help="Only of this process instance.")


@click.group("list", cls=NounGroup)
def list_() -> None:
    """Search for things."""


@list_.command("instances")
@click.option("--process", "process_id", metavar="ID", help="Only of this process.")
@click.option("--state", type=choice_of(ProcessInstanceStateEnum))
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
    from c8py.models.process_instance import ProcessInstanceFilter  # noqa: PLC0415  its tag alone

    wanted = _given(processDefinitionId=process_id, state=state, hasIncident=incident)
    with connection.camunda() as camunda:
        found = camunda.process_instances.search(
            filter=_filter(ProcessInstanceFilter, wanted), sort=["-startDate"], limit=limit
        )
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
    _say_if_cut(found.page, len(rows))


@list_.command("jobs")
@click.option("--type", "type_", metavar="TYPE", help="Only of this type.")
@click.option("--state", type=choice_of(JobStateEnum))
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
    from c8py.models.job import JobFilter  # noqa: PLC0415  its tag alone

    wanted = _given(type=type_, state=state, processInstanceKey=instance)
    with connection.camunda() as camunda:
        found = camunda.jobs.search(filter=_filter(JobFilter, wanted), limit=limit)
    if as_json:
        print_json(found)
        return
    rows = [
        (one.job_key, one.type, one.state, one.retries, one.worker, one.process_instance_key, one.error_message)
        for one in found.items
    ]
    print_rows(("KEY", "TYPE", "STATE", "RETRIES", "WORKER", "INSTANCE KEY", "MESSAGE"), rows, nothing="no job")
    _say_if_cut(found.page, len(rows))


@list_.command("incidents")
@click.option("--state", type=choice_of(IncidentStateEnum, "ALL"), default="ACTIVE", show_default=True)
@_instance
@_limit
@json_option
@with_connection
def list_incidents(connection: Connection, *, state: str, instance: str | None, limit: int, as_json: bool) -> None:
    """Incidents."""
    from c8py.models.incident import IncidentFilter  # noqa: PLC0415  its tag alone

    wanted = _given(state=None if state == "ALL" else state, processInstanceKey=instance)
    with connection.camunda() as camunda:
        found = camunda.incidents.search(filter=_filter(IncidentFilter, wanted), limit=limit)
    if as_json:
        print_json(found)
        return
    rows = [
        (one.incident_key, one.error_type, one.state, one.element_id, one.process_instance_key, one.error_message)
        for one in found.items
    ]
    print_rows(("KEY", "TYPE", "STATE", "ELEMENT", "INSTANCE KEY", "MESSAGE"), rows, nothing="no incident")
    _say_if_cut(found.page, len(rows))


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
    from c8py.models.variable import VariableFilter  # noqa: PLC0415  its tag alone

    wanted = _given(processInstanceKey=instance, name=name)
    with connection.camunda() as camunda:
        found = camunda.variables.search(filter=_filter(VariableFilter, wanted), limit=limit)
    if as_json:
        print_json(found)
        return
    rows = [
        (one.variable_key, one.name, one.value, "yes" if one.is_truncated else "", one.scope_key) for one in found.items
    ]
    print_rows(("KEY", "NAME", "VALUE", "CUT", "SCOPE KEY"), rows, nothing="no variable")
    _say_if_cut(found.page, len(rows))


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
        found = camunda.process_instances.get(ProcessInstanceKey(key))
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


def _say_if_cut(page: SearchQueryPageResponse, shown: int) -> None:
    if page.total_items > shown or page.has_more_total_items:
        there = f"{page.total_items}{'+' if page.has_more_total_items else ''}"
        hint = "--limit shows more" if shown < _LIMIT_MAX else "`c8 api` goes on from a cursor"
        say(f"these are {shown} of {there}; {hint}")


def _given(**conditions: object) -> dict[str, object]:
    """A filter in the names of the wire, without what was not asked for."""
    return {name: value for name, value in conditions.items() if value is not None}


def _filter(kind: type[Wanted], conditions: dict[str, object]) -> Wanted:
    return msgspec.convert(conditions, kind)
