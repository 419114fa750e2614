"""Our client on our platform, with its tokens: everything that the platform serves, over both protocols."""

import asyncio
import contextlib
import uuid

import pytest

from c8py import AsyncCamunda, AsyncConsole, Camunda
from c8py.errors import NotFound
from c8py.models.incident import IncidentFilter
from c8py.models.job import JobFilter
from c8py.models.process_instance import ProcessInstanceFilter
from c8py.models.variable import VariableFilter
from c8py.proto.gateway_pb2_grpc import RPCS
from c8py.server.gateway.grpc_edge import SERVED
from c8py.server.gateway.rest_calls import CALLS
from harness.bpmn import one_task
from harness.counterparts import PLATFORM
from harness.recording import read

WAIT_S = 15.0
STREAM_OPENS_S = 1.0

pytestmark = pytest.mark.slow
both = pytest.mark.parametrize("protocol", ["grpc", "rest"])


@pytest.fixture
def settings(platform, tmp_path):
    file = tmp_path / "credentials.txt"
    file.write_text("".join(f"export {name}='{value}'\n" for name, value in platform.credentials().items()))
    return {"credentials_file": file, "token_cache_dir": tmp_path / "tokens"}


@pytest.fixture
async def camunda(settings):
    async with AsyncCamunda.from_env(**settings) as client:
        yield client


@pytest.fixture
async def deployed(camunda):
    """A process with one task; id and job type are its name."""
    name = f"n{uuid.uuid4().hex[:12]}"
    await camunda.deploy((f"{name}.bpmn", one_task(name, job_type=name)))
    return name


async def job_of(camunda, job_type, protocol=None):
    jobs = await camunda.activate_jobs(
        job_type, max_jobs=1, timeout_s=60, worker="test", request_timeout_s=WAIT_S, protocol=protocol
    )
    return jobs[0]


@both
async def test_the_cluster_is_shown(camunda, protocol):
    assert (await camunda.topology(protocol=protocol)).cluster_size == 1


@both
async def test_a_process_is_deployed_started_and_cancelled(camunda, protocol):
    name = f"n{uuid.uuid4().hex[:12]}"
    deployment = await camunda.deploy((f"{name}.bpmn", one_task(name, job_type=name)), protocol=protocol)
    definition = deployment.deployments[0].process_definition
    created = await camunda.start(name, variables={"a": 1}, protocol=protocol)
    assert created.process_definition_key == definition.process_definition_key
    await camunda.set_variables(created.process_instance_key, {"a": 2}, protocol=protocol)
    assert (await job_of(camunda, name)).variables == {"a": 2}
    await camunda.cancel(created.process_instance_key, protocol=protocol)
    with pytest.raises(NotFound):
        await camunda.cancel(created.process_instance_key, protocol=protocol)


@both
async def test_a_job_is_taken_changed_and_completed(camunda, deployed, protocol):
    waiting = asyncio.create_task(camunda.start_and_wait(deployed, timeout_s=WAIT_S, protocol=protocol))
    job = await job_of(camunda, deployed, protocol)
    await camunda.update_job(job.job_key, retries=7, timeout_s=90, protocol=protocol)
    await camunda.fail_job(job.job_key, retries=2, protocol=protocol)
    again = await job_of(camunda, deployed, protocol)
    assert (again.job_key, again.retries) == (job.job_key, 2)
    await camunda.complete_job(job.job_key, {"done": True}, protocol=protocol)
    assert (await waiting).variables == {"done": True}


async def test_an_instance_is_waited_for(camunda, settings, deployed):
    async def completed():
        async with AsyncCamunda.from_env(**settings) as other:
            await other.complete_job((await job_of(other, deployed)).job_key, {"done": True})

    completing = asyncio.create_task(completed())
    assert (await camunda.start_and_wait(deployed, timeout_s=WAIT_S)).variables == {"done": True}
    await completing


@both
async def test_an_error_that_nothing_catches_is_an_incident_that_can_be_looked_at_and_resolved(
    camunda, deployed, protocol
):
    created = await camunda.start(deployed)
    job = await job_of(camunda, deployed)
    await camunda.throw_error(job.job_key, "CODE", "nobody catches it", protocol=protocol)
    mine = IncidentFilter(process_instance_key=created.process_instance_key)
    found = await camunda.wait_until(lambda: camunda.incidents.search(filter=mine), lambda page: len(page.items) == 1)
    incident = await camunda.incidents.get(found.items[0].incident_key)
    assert incident.error_message
    await camunda.resolve_incident(incident.incident_key, protocol=protocol)


async def test_jobs_are_pushed(camunda, deployed):
    await camunda.start(deployed)
    job = await job_of(camunda, deployed)
    # Jobs that wait already are not pushed: it becomes free anew while the stream is open.
    await camunda.fail_job(job.job_key, retries=1, backoff_s=STREAM_OPENS_S)
    jobs = camunda.stream_jobs(deployed, timeout_s=60, worker="test")
    async with asyncio.timeout(WAIT_S), contextlib.aclosing(jobs):
        assert (await anext(jobs)).job_key == job.job_key


async def test_what_happened_is_found(camunda, deployed):
    created = await camunda.start(deployed, variables={"a": 1})
    key = created.process_instance_key
    seen = await camunda.wait_until(lambda: camunda.process_instances.get(key))
    assert (seen.process_definition_id, seen.state) == (deployed, "ACTIVE")
    found = await camunda.process_instances.search(filter=ProcessInstanceFilter(process_instance_key=key))
    assert [one.process_instance_key for one in found.items] == [key]
    of_mine = VariableFilter(process_instance_key=key)
    variables = await camunda.wait_until(
        lambda: camunda.variables.search(filter=of_mine), lambda page: bool(page.items)
    )
    assert (await camunda.variables.get(variables.items[0].variable_key)).value == "1"
    mine = JobFilter(process_instance_key=key)
    jobs = await camunda.wait_until(lambda: camunda.jobs.search(filter=mine), lambda page: bool(page.items))
    element = await camunda.element_instances.get(jobs.items[0].element_instance_key)
    assert element.element_id == "work"
    assert len((await camunda.element_instances.search(limit=1)).items) == 1
    assert len((await camunda.process_definitions.search(limit=1)).items) == 1
    definition = await camunda.process_definitions.get(created.process_definition_key)
    assert definition.process_definition_id == deployed
    assert deployed in await camunda.process_definitions.get_xml(created.process_definition_key)


async def test_what_the_cluster_is(camunda):
    await camunda.cluster.get_status()
    assert (await camunda.license.get()).license_type
    await camunda.authentication.get()


def test_without_a_loop(settings):
    with Camunda.from_env(**settings) as camunda:
        name = f"n{uuid.uuid4().hex[:12]}"
        camunda.deploy((f"{name}.bpmn", one_task(name, job_type=name)))
        created = camunda.start(name, protocol="rest")
        jobs = camunda.activate_jobs(name, max_jobs=1, timeout_s=60, worker="test", request_timeout_s=WAIT_S)
        camunda.complete_job(jobs[0].job_key)
        ended = camunda.wait_until(
            lambda: camunda.process_instances.get(created.process_instance_key), lambda one: one.state == "COMPLETED"
        )
        assert ended.process_definition_id == name


async def test_clients_are_made_and_deleted(platform, tmp_path):
    file = tmp_path / "console.txt"
    lines = (f"export {name}='{value}'\n" for name, value in platform.console_credentials().items())
    file.write_text("".join(lines))
    async with AsyncConsole.from_env(credentials_file=file, token_cache_dir=tmp_path / "tokens") as console:
        cluster = next(one for one in await console.clusters() if one.uuid == platform.ready["cluster_id"])
        made = await console.create_client(cluster.uuid, "mine", [])
        assert made.client_id in {one.client_id for one in await console.clients(cluster.uuid)}
        await console.get_client(cluster.uuid, made.client_id)
        await console.delete_client(cluster.uuid, made.client_id)


def test_everything_that_the_platform_serves_is_called():
    """By the tests above and others: what is served and not called here would be served on trust."""
    called = {row.called.call for row in read() if row.called.against == PLATFORM}
    assert RPCS.keys() >= SERVED
    assert (SERVED | CALLS.keys()) - called == set()
