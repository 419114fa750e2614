"""Uses of the client that a strict checker accepts, with the types that it finds. Read by a checker, never run."""

from typing import assert_type

from c8py import AsyncCamunda, AsyncConsole, AsyncOperate, Camunda, Modeler
from c8py.base.redact import Secret
from c8py.console import AllowedAddress, Cluster
from c8py.modeler import File
from c8py.models.common import IncidentResult
from c8py.models.incident import IncidentSearchQueryResult
from c8py.models.job import AdvancedIntegerFilter, JobFilter, JobSearchQueryResult, JobSearchResult
from c8py.models.keys import JobKey, ProcessInstanceKey
from c8py.models.message import MessagePublicationResult
from c8py.models.process_instance import (
    AdvancedDateTimeFilter,
    AdvancedProcessInstanceStateFilter,
    AdvancedStringFilter,
    CreateProcessInstanceResult,
    ProcessInstanceFilter,
    ProcessInstanceResult,
    ProcessInstanceSearchQueryResult,
)
from c8py.models.user import UserResult
from c8py.operate import ProcessInstance


async def verbs(camunda: AsyncCamunda) -> None:
    started = await camunda.start("order", variables={"amount": 5})
    assert_type(started, CreateProcessInstanceResult)
    assert_type(started.process_instance_key, ProcessInstanceKey)
    await camunda.deploy("order.bpmn", ("rules.dmn", b""))
    assert_type(await camunda.publish_message("paid", correlation_key="42"), MessagePublicationResult)
    await camunda.migrate(started.process_instance_key, "2", {"old": "new"})
    seen = await camunda.wait_until(lambda: camunda.process_instances.get(started.process_instance_key))
    assert_type(seen, ProcessInstanceResult)


async def searches(camunda: AsyncCamunda) -> None:
    found = await camunda.process_instances.search(
        filter=ProcessInstanceFilter(
            state="ACTIVE",
            process_definition_id=AdvancedStringFilter(like="order-*"),
            start_date=AdvancedDateTimeFilter(gte="2026-01-01T00:00:00Z"),
        ),
        sort=["-startDate", "processInstanceKey"],
        limit=50,
    )
    assert_type(found, ProcessInstanceSearchQueryResult)
    states = AdvancedProcessInstanceStateFilter(in_=["ACTIVE", "COMPLETED"])
    async for instance in camunda.process_instances.search_all(filter=ProcessInstanceFilter(state=states)):
        assert_type(instance, ProcessInstanceResult)
    assert_type(await camunda.incidents.search(limit=1), IncidentSearchQueryResult)


def without_a_loop(camunda: Camunda) -> None:
    jobs = camunda.jobs.search(filter=JobFilter(retries=AdvancedIntegerFilter(lt=1)), sort=["type"])
    assert_type(jobs, JobSearchQueryResult)
    for job in camunda.jobs.search_all():
        assert_type(job, JobSearchResult)
        camunda.jobs.fail(job.job_key, retries=0, error_message="by hand")
    for incident in camunda.incidents.search_all(page_size=10):
        assert_type(incident, IncidentResult)
    camunda.jobs.complete(JobKey("1"), variables={"done": True})
    assert_type(camunda.users.get("ann"), UserResult)


async def beside_the_cluster(console: AsyncConsole, modeler: Modeler, operate: AsyncOperate) -> None:
    made = await console.create_client("id", "worker", ["Zeebe", "one that is newer"])
    assert_type(made.client_secret, Secret)
    await console.update_ip_allowlist(made.uuid, [AllowedAddress(ip="::1", description="here")])
    await console.create_secret("id", "NAME", made.client_secret)
    await console.create_secret("id", "NAME", "plain")
    assert_type(await console.clusters(), list[Cluster])
    for file in modeler.search_files_all(filter=File(name="order"), sort=["-created"]):
        assert_type(file, File)
    found = await operate.search_process_instances(filter=ProcessInstance(state="ACTIVE"), size=5)
    assert_type(found.items, tuple[ProcessInstance, ...])
    async for instance in operate.search_process_instances_all():
        assert_type(instance.key, int | None)
