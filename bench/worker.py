"""A backlog of jobs on one real broker, worked off by our worker and by pyzeebe's in turns.

Jobs a second, and the client's own CPU for each job. pyzeebe runs with its best settings, not with its defaults.
"""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc

from bench.contestant import Contestant, Cost
from bench.figures import Figure, compare
from c8py.proto import gateway_pb2, gateway_pb2_grpc
from harness.peers import peers
from harness.platform import plain_environment
from harness.processes import ROOT
from harness.zeebe import Broker

ROUNDS = 5
JOBS = 1500
CREATORS = 16
SCRIPTS = ROOT / "bench" / "scripts"
MODEL = ROOT / "bench" / "one-task.bpmn"
PEER = "pyzeebe 4.7.0, best settings"


def figures(folder: Path) -> Iterator[Figure]:
    """Throughput and CPU with polling, which is what a backlog calls for with both."""
    contestants = {
        "ours": [Path(sys.executable), SCRIPTS / "worker_ours.py"],
        "peer": [peers().python, SCRIPTS / "worker_pyzeebe.py"],
    }
    costs: dict[str, list[Cost]] = {name: [] for name in contestants}
    broker = Broker(folder / "zeebe")
    try:
        with grpc.insecure_channel(broker.grpc_address) as channel:
            stub = gateway_pb2_grpc.GatewayStub(channel)
            for name in contestants:
                deploy(stub, name)
            # One round ahead of the count warms the broker's JVM up.
            for number in range(ROUNDS + 1):
                for name, command in contestants.items():
                    create(stub, name, JOBS)
                    environment = plain_environment(
                        ZEEBE_ADDRESS=broker.grpc_address,
                        ZEEBE_GRPC_ADDRESS=f"grpc://{broker.grpc_address}",
                        ZEEBE_REST_ADDRESS=broker.rest_address,
                    )
                    log = folder / f"{name}.err"
                    with Contestant([*command, name, str(JOBS)], environment=environment, log=log) as client:
                        cost = client.measure()
                    if number:
                        costs[name].append(cost)
    finally:
        broker.stop()
    rates = {name: [JOBS / cost.wall_s for cost in found] for name, found in costs.items()}
    cpus = {name: [cost.cpu_s / JOBS * 1e6 for cost in found] for name, found in costs.items()}
    yield compare("backlog on a real broker: jobs/s", PEER, rates["ours"], rates["peer"], better="more")
    yield compare("backlog on a real broker: client CPU, us a job", PEER, cpus["ours"], cpus["peer"], better="less")


def deploy(stub: gateway_pb2_grpc.GatewayStub, name: str) -> None:
    """The one-task process under this name; its job type is the name as well."""
    content = MODEL.read_text().replace("one-task", name).encode()
    resource = gateway_pb2.Resource(name=f"{name}.bpmn", content=content)
    stub.DeployResource(gateway_pb2.DeployResourceRequest(resources=[resource]), timeout=30)


def create(stub: gateway_pb2_grpc.GatewayStub, name: str, count: int) -> None:
    """So many instances, each with one job."""
    request = gateway_pb2.CreateProcessInstanceRequest(bpmnProcessId=name, version=-1, variables='{"amount": 1}')
    with ThreadPoolExecutor(CREATORS) as pool:
        for answer in [pool.submit(start_one, stub, request) for _ in range(count)]:
            answer.result()


def start_one(stub: gateway_pb2_grpc.GatewayStub, request: gateway_pb2.CreateProcessInstanceRequest) -> None:
    """One instance; a broker under load says RESOURCE_EXHAUSTED now and then, and means later."""
    for _ in range(200):
        try:
            stub.CreateProcessInstance(request, timeout=30)
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.RESOURCE_EXHAUSTED:
                raise
        else:
            return
    message = "expected the broker to take an instance, but it refused 200 times in a row"
    raise RuntimeError(message)
