"""Uses of the client that a strict checker refuses: every line with `# wrong` and no other. Read, never run."""

from c8py import AsyncCamunda, AsyncConsole, Camunda, Modeler
from c8py.modeler import Project
from c8py.models.keys import IncidentKey, JobKey, ProcessInstanceKey
from c8py.models.process_instance import ProcessInstanceFilter


async def keys_are_not_taken_for_each_other(camunda: AsyncCamunda, job: JobKey, incident: IncidentKey) -> None:
    await camunda.process_instances.get(job)  # wrong
    await camunda.jobs.complete(incident)  # wrong
    await camunda.jobs.complete("1")  # wrong


async def names_have_to_exist(camunda: AsyncCamunda, key: ProcessInstanceKey) -> None:
    await camunda.process_instances.search(sort=["startdate"])  # wrong
    await camunda.process_instances.search(limits=5)  # wrong
    ProcessInstanceFilter(stat="ACTIVE")  # wrong
    await camunda.process_instance.get(key)  # wrong
    await camunda.process_instances.cancel(key, reference=5)  # wrong


async def what_is_required_is_missed(camunda: AsyncCamunda, key: JobKey) -> None:
    await camunda.jobs.activate(type="t")  # wrong
    await camunda.jobs.throw_error(key)  # wrong


def values_have_types(camunda: Camunda, key: JobKey) -> None:
    camunda.jobs.fail(key, retries="2")  # wrong
    camunda.process_instances.search(limit="5")  # wrong
    ProcessInstanceFilter(has_incident="yes")  # wrong
    camunda.start(5)  # wrong
    camunda.deploy(5)  # wrong


def colours_are_not_mixed(camunda: AsyncCamunda) -> str:
    return camunda.topology().gateway_version  # wrong


async def beside_the_cluster(console: AsyncConsole, modeler: Modeler) -> None:
    await console.create_client("id")  # wrong
    await console.create_cluster("name")  # wrong
    await console.update_ip_allowlist("id", ["::1"])  # wrong
    modeler.search_files(filter=Project(name="a"))  # wrong
    modeler.create_file(name="a", file_type="bpmn")  # wrong
    str.upper((await console.create_client("id", "n")).client_secret)  # wrong
