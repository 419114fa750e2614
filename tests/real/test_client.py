"""The client part of the quickstart against a real Zeebe 8.6: the same steps, no token, gRPC and what REST it has."""

import asyncio
import json

import pytest

from c8py.client import AsyncCamunda, Camunda
from c8py.errors import InvalidArgument, NotFound
from c8py.worker import Worker
from harness.platform import c8

ENOUGH_S = 30.0


@pytest.fixture
def settings(zeebe):
    return {"grpc_address": f"grpc://{zeebe.grpc_address}", "rest_address": zeebe.rest_address}


@pytest.fixture
async def camunda(settings):
    async with AsyncCamunda.from_env(**settings) as client:
        yield client


@pytest.mark.parametrize("protocol", ["grpc", "rest"])
async def test_topology(camunda, protocol):
    topology = await camunda.topology(protocol=protocol)
    assert topology.gateway_version == "8.6.0"
    assert topology.brokers[0].partitions[0].role == "leader"


def test_topology_without_a_loop(settings):
    with Camunda.from_env(**settings) as client:
        assert [client.topology(protocol=protocol).cluster_size for protocol in ("grpc", "rest")] == [1, 1]


async def test_the_way_of_the_quickstart(camunda, order_model):
    deployment = await camunda.deploy(order_model)
    assert deployment.deployments[0].process_definition.process_definition_id == "order"
    worker = Worker(camunda, max_jobs=4)

    @worker.task("charge-card")
    async def charge(amount: int) -> dict[str, object]:
        return {"charged": amount}

    working = asyncio.create_task(worker.run_async(signals=False))
    try:
        async with asyncio.timeout(ENOUGH_S):
            ended = await camunda.start_and_wait("order", variables={"amount": 7}, timeout_s=ENOUGH_S)
    finally:
        worker.stop()
        statistics = await working
    assert ended.variables["charged"] == 7
    assert statistics.completed >= 1


@pytest.mark.parametrize("protocol", ["grpc", "rest"])
async def test_a_job_by_hand(camunda, order_model, protocol):
    """Keys are numbers in the JSON of 8.6 and `key` is what a job's is called: ours are texts all the same."""
    job_type = f"by-hand-{protocol}"
    model = order_model.read_text().replace('id="order"', f'id="{job_type}"').replace("charge-card", job_type)
    await camunda.deploy((f"{job_type}.bpmn", model.encode()), protocol=protocol)
    created = await camunda.start(job_type, variables={"amount": 3}, protocol=protocol)
    jobs = await camunda.activate_jobs(
        job_type, max_jobs=1, timeout_s=60, worker="test", request_timeout_s=10, protocol=protocol
    )
    assert [job.process_instance_key for job in jobs] == [created.process_instance_key]
    assert jobs[0].variables == {"amount": 3}
    assert jobs[0].custom_headers == {"currency": "EUR"}
    await camunda.complete_job(jobs[0].job_key, {"charged": 3}, protocol=protocol)
    with pytest.raises(NotFound):
        await camunda.complete_job(jobs[0].job_key, protocol=protocol)


@pytest.mark.parametrize("protocol", ["grpc", "rest"])
async def test_a_model_that_it_refuses(camunda, protocol):
    with pytest.raises(InvalidArgument):
        await camunda.deploy(("bad.bpmn", b"<nonsense/>"), protocol=protocol)


@pytest.mark.parametrize("protocol", ["grpc", "rest"])
async def test_a_process_that_is_not_there(camunda, protocol):
    with pytest.raises(NotFound):
        await camunda.start("no-such-process", protocol=protocol)


def test_the_command_line(zeebe, order_model, one_line):
    environment = {"ZEEBE_GRPC_ADDRESS": f"grpc://{zeebe.grpc_address}", "ZEEBE_REST_ADDRESS": zeebe.rest_address}
    for protocol in ("--grpc", "--rest"):
        topology = c8("topology", protocol, "--json", environment=environment)
        assert topology.returncode == 0, topology.stderr
        assert json.loads(topology.stdout)["gatewayVersion"] == "8.6.0"
    started = c8("run", str(order_model), "--variables", '{"amount": 1}', "--json", environment=environment)
    assert started.returncode == 0, started.stderr
    assert json.loads(started.stdout)["processDefinitionId"] == "order"
    one_line(c8("create", "instance", "no-such-process", environment=environment), code=1)


def test_the_quickstart_on_a_real_broker(zeebe):
    environment = {"ZEEBE_GRPC_ADDRESS": f"grpc://{zeebe.grpc_address}", "ZEEBE_REST_ADDRESS": zeebe.rest_address}
    done = c8("quickstart", "--no-platform", environment=environment, deadline_s=90)
    assert done.returncode == 0, done.stdout + done.stderr
    assert zeebe.grpc_address in done.stdout + done.stderr
