"""A platform over real sockets, asked with grpcio's own client and over plain HTTP, each call with a fresh token."""

import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import grpc.aio
import pytest

from c8py.proto import gateway_pb2 as pb
from c8py.proto.gateway_pb2_grpc import RPCS, SERVICE, GatewayAsyncStub
from harness.bpmn import one_task

AUDIENCE = "zeebe.camunda.io"
BOUNDARY = "boundary-of-a-test"
_NUMBERS = itertools.count(1)


class GrpcClient:
    """The stub of one platform, with a token on every call."""

    def __init__(self, address: str, token: str) -> None:
        self.channel = grpc.aio.insecure_channel(address)
        self.stub = GatewayAsyncStub(self.channel)
        self.metadata: Sequence[tuple[str, str]] = (("authorization", f"Bearer {token}"),)

    async def call(self, name: str, request, *, timeout_s: float = 10.0):
        return await getattr(self.stub, name)(request, metadata=self.metadata, timeout=timeout_s)

    async def refusal(self, name: str, request, *, timeout_s: float = 10.0) -> tuple[str, str]:
        """The status and the words with which a call is refused."""
        answer = getattr(self.stub, name)(request, metadata=self.metadata, timeout=timeout_s)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await (answer.read() if hasattr(answer, "read") else answer)
        return refused.value.code().name, refused.value.details() or ""

    async def jobs(self, job_type: str, *, most: int = 1, wait_ms: int = -1, timeout_ms: int = 60_000, **more):
        """The jobs of one ActivateJobs call."""
        request = pb.ActivateJobsRequest(
            type=job_type, worker="w", timeout=timeout_ms, maxJobsToActivate=most, requestTimeout=wait_ms, **more
        )
        found: list[pb.ActivatedJob] = []
        async for message in self.stub.ActivateJobs(request, metadata=self.metadata, timeout=30):
            found += message.jobs
        return found

    async def deploy(self, *contents: bytes):
        resources = [pb.Resource(name=f"{at}.bpmn", content=content) for at, content in enumerate(contents)]
        return await self.call("DeployResource", pb.DeployResourceRequest(resources=resources))

    async def start(self, process_id: str, **variables: object) -> int:
        request = pb.CreateProcessInstanceRequest(
            bpmnProcessId=process_id, version=-1, variables=json.dumps(variables) if variables else ""
        )
        return (await self.call("CreateProcessInstance", request)).processInstanceKey


async def _send_raw(channel: grpc.aio.Channel, name: str, data: bytes, **options: Any) -> None:
    """A call of these very bytes; only its status is of interest."""
    path = f"/{SERVICE}/{name}"
    if RPCS[name].server_streaming:
        await channel.unary_stream(path)(data, **options).read()
    else:
        await channel.unary_unary(path)(data, **options)


@pytest.fixture
def send_raw() -> Callable[..., Awaitable[None]]:
    return _send_raw


@pytest.fixture
async def gateway(served) -> AsyncIterator[GrpcClient]:
    client = GrpcClient(served.addresses.grpc_address, served.token(AUDIENCE))
    yield client
    await client.channel.close()


@pytest.fixture
def names() -> Callable[[str], str]:
    """Process ids and job types that no other test of this platform uses."""
    return lambda stem: f"{stem}-{next(_NUMBERS)}"


@pytest.fixture
def task_process(gateway, names) -> Callable[..., Awaitable[str]]:
    """Deploys a process with one service task; its id is the job type too."""

    async def deploy(**task: str) -> str:
        name = names("task")
        await gateway.deploy(one_task(name, job_type=name, **task))
        return name

    return deploy


class RestClient:
    """The REST API of one platform, with a token on every request."""

    def __init__(self, served) -> None:
        self.served = served
        self.headers = {"authorization": f"Bearer {served.token(AUDIENCE)}"}

    def __call__(self, method: str, path: str, body: object = None, *, raw: bytes | None = None, **headers: str):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        content = raw
        if body is not None:
            content = json.dumps(body).encode()
        if content is not None:
            named.setdefault("content-type", "application/json")
        return self.served.request(method, f"/v2{path}", content, {**self.headers, **named})

    def deploy(self, *contents: bytes):
        parts = [
            f'--{BOUNDARY}\r\ncontent-disposition: form-data; name="resources"; filename="{at}.bpmn"\r\n\r\n'.encode()
            + content
            + b"\r\n"
            for at, content in enumerate(contents)
        ]
        return self(
            "POST", "/deployments", raw=b"".join(parts) + f"--{BOUNDARY}--\r\n".encode(), content_type=MULTIPART
        )

    def start(self, process_id: str, **variables: object) -> str:
        answer = self("POST", "/process-instances", {"processDefinitionId": process_id, "variables": variables})
        assert answer.status == 200, answer.text
        return answer.json["processInstanceKey"]

    def jobs(self, job_type: str, *, most: int = 1, wait_ms: int = -1, **more: object) -> list[dict[str, Any]]:
        body = {
            "type": job_type,
            "timeout": 60_000,
            "maxJobsToActivate": most,
            "worker": "w",
            "requestTimeout": wait_ms,
            **more,
        }
        answer = self("POST", "/jobs/activation", body)
        assert answer.status == 200, answer.text
        return answer.json["jobs"]


MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"


@pytest.fixture
def rest(served) -> RestClient:
    return RestClient(served)
