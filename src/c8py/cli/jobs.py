"""`c8 activate`, `complete`, `fail`: jobs by hand."""

import socket

import click

from c8py.cli.groups import NounGroup
from c8py.cli.options import KEY, Connection, json_option, variables_option, with_connection
from c8py.cli.output import done, print_json, print_rows
from c8py.models.keys import JobKey


@click.group("activate", cls=NounGroup)
def activate_() -> None:
    """Take jobs."""


@activate_.command("jobs")
@click.argument("type_", metavar="TYPE")
@click.option("--max", "max_jobs", type=click.IntRange(1, 10_000), default=10, show_default=True)
@click.option("--timeout", "timeout_s", type=float, default=300.0, show_default=True, help="Seconds they are yours.")
@click.option("--wait", "wait_s", type=float, default=0.0, help="Seconds to wait for the first one.")
@click.option("--worker", default=socket.gethostname, help="A name, shown in Operate.")
@json_option
@with_connection
def activate_jobs(
    connection: Connection, *, type_: str, max_jobs: int, timeout_s: float, wait_s: float, worker: str, as_json: bool
) -> None:
    """Take jobs of TYPE; complete or fail them before their time is over."""
    with connection.camunda() as camunda:
        jobs = camunda.activate_jobs(
            type_,
            max_jobs=max_jobs,
            timeout_s=timeout_s,
            worker=worker,
            request_timeout_s=wait_s if wait_s > 0 else -1.0,
        )
    if as_json:
        print_json(jobs)
        return
    rows = [(job.job_key, job.element_id, job.process_instance_key, job.retries, job.variables) for job in jobs]
    print_rows(("KEY", "ELEMENT", "INSTANCE KEY", "RETRIES", "VARIABLES"), rows, nothing=f"no job of type {type_}")


@click.group("complete", cls=NounGroup)
def complete_() -> None:
    """Report jobs as done."""


@complete_.command("job")
@click.argument("key", type=KEY)
@variables_option
@json_option
@with_connection
def complete_job(connection: Connection, *, key: str, variables: dict[str, object] | None, as_json: bool) -> None:
    """Complete the job KEY."""
    with connection.camunda() as camunda:
        camunda.complete_job(JobKey(key), variables)
    done("completed", {"jobKey": key}, as_json=as_json)


@click.group("fail", cls=NounGroup)
def fail_() -> None:
    """Report jobs as failed."""


@fail_.command("job")
@click.argument("key", type=KEY)
@click.option("--retries", type=click.IntRange(0), default=0, show_default=True, help="How many are left.")
@click.option("--message", default="", help="Shown in Operate.")
@click.option("--backoff", "backoff_s", type=float, default=0.0, help="Seconds until it is handed out again.")
@json_option
@with_connection
def fail_job(connection: Connection, *, key: str, retries: int, message: str, backoff_s: float, as_json: bool) -> None:
    """Fail the job KEY; without retries left there is an incident."""
    with connection.camunda() as camunda:
        camunda.fail_job(JobKey(key), retries=retries, message=message, backoff_s=backoff_s)
    done("failed", {"jobKey": key}, as_json=as_json)
