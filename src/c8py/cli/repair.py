"""`c8 resolve`, `set`: what brings a process instance on again."""

import click

from c8py.cli.groups import NounGroup
from c8py.cli.options import KEY, VARIABLES, Connection, json_option, with_connection
from c8py.cli.output import done
from c8py.models.keys import ElementInstanceKey, IncidentKey


@click.group("resolve", cls=NounGroup)
def resolve_() -> None:
    """Resolve what stands in the way."""


@resolve_.command("incident")
@click.argument("key", type=KEY)
@json_option
@with_connection
def resolve_incident(connection: Connection, *, key: str, as_json: bool) -> None:
    """Resolve the incident KEY, once its cause is mended; give a job retries before: c8 set retries."""
    with connection.camunda() as camunda:
        camunda.resolve_incident(IncidentKey(key))
    done("resolved", {"incidentKey": key}, as_json=as_json)


@click.group("set", cls=NounGroup)
def set_() -> None:
    """Change what is known."""


@set_.command("variables")
@click.argument("key", type=KEY)
@click.argument("variables", type=VARIABLES, metavar="JSON")
@click.option("--local", is_flag=True, help="In this scope itself, not where a variable of the name is.")
@json_option
@with_connection
def set_variables(
    connection: Connection, *, key: str, variables: dict[str, object], local: bool, as_json: bool
) -> None:
    """Set variables of the process instance or element instance KEY from JSON, @FILE or - (standard input)."""
    with connection.camunda() as camunda:
        camunda.set_variables(ElementInstanceKey(key), variables, local=local)
    done("set", {"scopeKey": key}, as_json=as_json)


@set_.command("retries")
@click.argument("job", type=KEY)
@click.argument("retries", type=click.IntRange(1))
@json_option
@with_connection
def set_retries(connection: Connection, *, job: str, retries: int, as_json: bool) -> None:
    """Give the job JOB so many RETRIES; an incident of it can be resolved then."""
    with connection.camunda() as camunda:
        camunda.update_job(job, retries=retries)
    done("set", {"jobKey": job}, as_json=as_json)
