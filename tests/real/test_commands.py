"""Every command that real servers know, as far as the other tests of this folder leave it out: 8.6, and gRPC of 8.8."""

import asyncio
import contextlib
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from c8py.client import Camunda
from c8py.errors import NotFound, NotSupported
from c8py.models.document import DocumentMetadata
from c8py.models.keys import UserTaskKey
from c8py.models.user_task import Changeset
from c8py.proto import gateway_pb2 as pb
from harness.bpmn import Model, one_task

WAIT_S = 15.0
STREAM_OPENS_S = 1.5
KEYS_TRIED = 30

of_8_6 = pytest.mark.parametrize("protocol", ["grpc", "rest"], indirect=True)


@pytest.fixture
def settings(zeebe):
    return {"grpc_address": f"grpc://{zeebe.grpc_address}", "rest_address": zeebe.rest_address}


@pytest.fixture
def name():
    """Of a process, message, signal or job type that no other test has."""
    return f"n{uuid.uuid4().hex[:12]}"


async def job_of(camunda, job_type):
    jobs = await camunda.activate_jobs(job_type, max_jobs=1, timeout_s=60, worker="test", request_timeout_s=WAIT_S)
    return jobs[0]


def caught_error(process_id, code):
    """start, a task, end; and an end behind an error of the task."""
    error = f'<bpmn:error id="e" errorCode="{code}"/>'
    boundary = '<bpmn:boundaryEvent id="caught" attachedToRef="work"><bpmn:outgoing>caught_after</bpmn:outgoing>'
    model = Model(process_id).task("work", job_type=process_id).task("after", job_type=f"{process_id}-after").end()
    content = model.path("start", "work", "end").flow("caught", "after").flow("after", "end").content
    boundary += '<bpmn:errorEventDefinition errorRef="e"/></bpmn:boundaryEvent>'
    content = content.replace(b"<bpmn:endEvent", f"{boundary}<bpmn:endEvent".encode(), 1)
    return f"{process_id}.bpmn", content.replace(b"<bpmn:process", f"{error}<bpmn:process".encode(), 1)


async def test_an_instance_is_cancelled(camunda, name, protocol):
    await camunda.deploy((f"{name}.bpmn", one_task(name, job_type=name)))
    created = await camunda.start(name)
    await camunda.cancel(created.process_instance_key, protocol=protocol)
    with pytest.raises(NotFound):
        await camunda.cancel(created.process_instance_key, protocol=protocol)


async def test_variables_are_set(camunda, name, protocol):
    await camunda.deploy((f"{name}.bpmn", one_task(name, job_type=name)))
    created = await camunda.start(name, variables={"a": 1})
    await camunda.set_variables(created.process_instance_key, {"a": 2, "b": "x"}, local=True, protocol=protocol)
    assert (await job_of(camunda, name)).variables == {"a": 2, "b": "x"}


async def test_a_job_fails_with_retries_left_and_comes_again(camunda, name, protocol):
    await camunda.deploy((f"{name}.bpmn", one_task(name, job_type=name)))
    await camunda.start(name)
    job = await job_of(camunda, name)
    await camunda.fail_job(job.job_key, retries=2, message="again", protocol=protocol)
    again = await job_of(camunda, name)
    assert (again.job_key, again.retries) == (job.job_key, 2)


@of_8_6  # the gateway of the other engine leaves them behind
async def test_a_job_that_fails_leaves_variables(camunda, name, protocol):
    await camunda.deploy((f"{name}.bpmn", one_task(name, job_type=name)))
    await camunda.start(name)
    job = await job_of(camunda, name)
    await camunda.fail_job(job.job_key, retries=2, variables={"n": 1}, protocol=protocol)
    assert (await job_of(camunda, name)).variables == {"n": 1}


@of_8_6  # the clock of the other engine stands still
async def test_a_job_gets_retries_and_time(camunda, name, protocol):
    await camunda.deploy((f"{name}.bpmn", one_task(name, job_type=name)))
    await camunda.start(name)
    job = await job_of(camunda, name)
    await camunda.update_job(job.job_key, retries=7, protocol=protocol)
    # Not both at once: over REST 8.6.0 then forgets the time.
    await camunda.update_job(job.job_key, timeout_s=0.2, protocol=protocol)
    again = await job_of(camunda, name)  # its time was up at once
    assert (again.job_key, again.retries) == (job.job_key, 7)


async def test_a_job_may_be_changed_until_it_is_completed(camunda, name, protocol):
    await camunda.deploy((f"{name}.bpmn", one_task(name, job_type=name)))
    await camunda.start(name)
    job = await job_of(camunda, name)
    await camunda.update_job(job.job_key, retries=7, protocol=protocol)
    await camunda.update_job(job.job_key, timeout_s=90, protocol=protocol)
    await camunda.complete_job(job.job_key)
    with pytest.raises(NotFound):
        await camunda.update_job(job.job_key, timeout_s=90, protocol=protocol)


async def test_an_error_of_the_model_is_caught(camunda, name, protocol):
    await camunda.deploy(caught_error(name, "CARD"))
    await camunda.start(name)
    job = await job_of(camunda, name)
    await camunda.throw_error(job.job_key, "CARD", "declined", {"reason": "limit"}, protocol=protocol)
    assert (await job_of(camunda, f"{name}-after")).element_id == "after"


async def test_an_incident_is_resolved(camunda, name, protocol):
    """8.6 finds incidents only where Operate has stored them; keys follow each other, so the next ones are tried."""
    await camunda.deploy((f"{name}.bpmn", one_task(name, job_type=name)))
    await camunda.start(name)
    job = await job_of(camunda, name)
    await camunda.fail_job(job.job_key, retries=0)
    await camunda.update_job(job.job_key, retries=1)
    await first_that_is_there(lambda key: camunda.resolve_incident(key, protocol=protocol), int(job.job_key))
    assert (await job_of(camunda, name)).job_key == job.job_key


async def test_a_message_is_correlated_with_who_waits(camunda, name):
    """REST alone offers it."""
    message = f'<bpmn:message id="m" name="{name}"/>'
    content = one_task(name, job_type=name).replace(
        b'<bpmn:startEvent id="start"/>',
        b'<bpmn:startEvent id="start"><bpmn:messageEventDefinition messageRef="m"/></bpmn:startEvent>',
    )
    content = content.replace(b"<bpmn:process", f"{message}<bpmn:process".encode(), 1)
    await camunda.deploy((f"{name}.bpmn", content))
    correlated = await camunda.correlate_message(name, variables={"a": 1})
    assert (await job_of(camunda, name)).process_instance_key == correlated.process_instance_key


async def test_jobs_are_pushed(camunda, name):
    await camunda.deploy((f"{name}.bpmn", one_task(name, job_type=name)))
    await camunda.start(name, variables={"a": 1})
    job = await job_of(camunda, name)
    # Jobs that wait already are not pushed: it becomes free anew while the stream is open.
    await camunda.fail_job(job.job_key, retries=1, backoff_s=STREAM_OPENS_S)
    async with (
        asyncio.timeout(WAIT_S),
        contextlib.aclosing(camunda.stream_jobs(name, timeout_s=60, worker="t")) as jobs,
    ):
        pushed = await anext(jobs)
    assert (pushed.job_key, pushed.variables) == (job.job_key, {"a": 1})


def test_jobs_are_pushed_without_a_loop(settings, name):
    with Camunda.from_env(**settings) as camunda, ThreadPoolExecutor(1) as pool:
        camunda.deploy((f"{name}.bpmn", one_task(name, job_type=name)))
        camunda.start(name)
        job = camunda.activate_jobs(name, max_jobs=1, timeout_s=60, worker="test", request_timeout_s=WAIT_S)[0]
        camunda.fail_job(job.job_key, retries=1, backoff_s=STREAM_OPENS_S)
        jobs = camunda.stream_jobs(name, timeout_s=60, worker="test")
        waiting = pool.submit(next, jobs)
        try:
            assert waiting.result(WAIT_S).job_key == job.job_key
        finally:
            camunda.close()  # nothing waits for ever


@pytest.mark.parametrize("protocol", ["grpc", "grpc of 8.8"], indirect=True)
async def test_the_older_way_to_deploy_is_still_there(camunda, name, protocol):
    """The client has no verb for it; the transport says it all the same."""
    gateway = camunda._connection.gateway()
    process = pb.ProcessRequestObject(name=f"{name}.bpmn", definition=one_task(name))
    answer = await gateway.unary(
        "DeployProcess", pb.DeployProcessRequest(processes=[process]), pb.DeployProcessResponse, timeout_s=10
    )
    assert answer.processes[0].bpmnProcessId == name


async def test_the_clock_is_moved_and_let_go(camunda):
    await camunda.clock.pin(timestamp=1_900_000_000_000)
    await camunda.clock.reset()


async def test_the_license(camunda):
    license_ = await camunda.license.get()
    assert (license_.valid_license, license_.license_type) == (False, "unknown")


async def test_a_document_is_stored(camunda):
    metadata = DocumentMetadata(content_type="text/plain", file_name="a.txt", custom_properties={"a": 1})
    stored = await camunda.documents.create(("a.txt", b"hello"), metadata=metadata)
    assert (stored.store_id, stored.metadata.file_name) == ("in-memory", "a.txt")
    with pytest.raises(NotFound):  # the memory of 8.6.0 is that short
        await camunda.documents.get(stored.document_id, store_id=stored.store_id)


async def test_a_user_task_goes_its_way(camunda, name):
    """8.6 tells nobody the key of a user task who has no Tasklist; it is one of the next."""
    task = b'<bpmn:userTask id="u"><bpmn:extensionElements><zeebe:userTask/></bpmn:extensionElements></bpmn:userTask>'
    content = Model(name).task("gap").end().path("start", "u", "end").content
    await camunda.deploy((f"{name}.bpmn", content.replace(b"<bpmn:endEvent", task + b"<bpmn:endEvent", 1)))
    created = await camunda.start(name)
    key = await first_that_is_there(
        lambda one: camunda.user_tasks.assign(UserTaskKey(str(one)), assignee="ann"), int(created.process_instance_key)
    )
    await camunda.user_tasks.update(UserTaskKey(key), changeset=Changeset(priority=80, candidate_groups=["sales"]))
    await camunda.user_tasks.unassign(UserTaskKey(key))
    await camunda.user_tasks.complete(UserTaskKey(key), variables={"done": True})
    with pytest.raises(NotFound):
        await camunda.user_tasks.complete(UserTaskKey(key))


async def test_what_only_a_store_of_events_can_find_is_not_there(camunda):
    """8.6 serves searches where Elasticsearch is; a broker alone does not know them."""
    with pytest.raises(NotFound):
        await camunda.process_instances.search()
    with pytest.raises(NotSupported):
        await camunda.user_tasks.search()


async def first_that_is_there(say, above):
    """The first key above this one that something is found under."""
    for key in range(above + 1, above + KEYS_TRIED):
        try:
            await say(key)
        except NotFound:
            continue
        return str(key)
    raise AssertionError(f"expected something under one of {KEYS_TRIED} keys above {above}")
