"""Jobs on a real broker: the model they come from, and instances of it, as quickly or as steadily as is wanted."""

import json
import time
from concurrent.futures import Future, ThreadPoolExecutor

import grpc

from c8py.proto import gateway_pb2, gateway_pb2_grpc
from harness.processes import ROOT

CREATORS = 16
MODEL = ROOT / "bench" / "one-task.bpmn"


def deploy(stub: gateway_pb2_grpc.GatewayStub, name: str) -> None:
    """The one-task process under this name; its job type is the name as well."""
    content = MODEL.read_text().replace("one-task", name).encode()
    resource = gateway_pb2.Resource(name=f"{name}.bpmn", content=content)
    stub.DeployResource(gateway_pb2.DeployResourceRequest(resources=[resource]), timeout=30)


def create(stub: gateway_pb2_grpc.GatewayStub, name: str, count: int) -> None:
    """So many instances, each with one job."""
    with ThreadPoolExecutor(CREATORS) as pool:
        for answer in [pool.submit(start_one, stub, name) for _ in range(count)]:
            answer.result()


def create_steadily(stub: gateway_pb2_grpc.GatewayStub, name: str, count: int, *, every_s: float) -> None:
    """The same, one each so many seconds, whether or not those before have been answered."""
    with ThreadPoolExecutor(CREATORS) as pool:
        begun_s = time.monotonic()
        answers: list[Future[None]] = []
        for number in range(count):
            time.sleep(max(0.0, begun_s + number * every_s - time.monotonic()))
            answers.append(pool.submit(start_one, stub, name))
        for answer in answers:
            answer.result()


def start_one(stub: gateway_pb2_grpc.GatewayStub, name: str) -> None:
    """One instance; a broker under load says RESOURCE_EXHAUSTED now and then, and means later."""
    for _ in range(200):
        # When it was asked for, on the clock that all processes of a machine share.
        variables = json.dumps({"amount": 1, "sent_ns": time.monotonic_ns()})
        request = gateway_pb2.CreateProcessInstanceRequest(bpmnProcessId=name, version=-1, variables=variables)
        try:
            stub.CreateProcessInstance(request, timeout=30)
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.RESOURCE_EXHAUSTED:
                raise
            time.sleep(0.01)
        else:
            return
    message = "expected the broker to take an instance, but it refused 200 times in a row"
    raise RuntimeError(message)
