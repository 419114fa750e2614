"""A gateway that hands out jobs on real sockets and keeps the books: fast, without a process engine, with faults.

It speaks gRPC (activate, stream, complete, fail, throw, update timeout, topology) and REST (the same without streams).
Jobs that are not reported in time are handed out again, as a broker does. It runs in a thread; workers are processes.
"""

import asyncio
import itertools
import json
import re
import threading
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any, NamedTuple, TypeAlias

import grpc

from c8py.proto import gateway_pb2 as pb
from harness.answering import HttpServer, Received, Reply
from harness.processes import free_ports

SERVICE = "gateway_protocol.Gateway"
_ACTION = re.compile(r"/v2/jobs/(?P<key>\d+)(?:/(?P<what>completion|failure|error))?")


Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]


class Fault(NamedTuple):
    """What a call is refused with: over gRPC the one, over REST the other."""

    code: grpc.StatusCode = grpc.StatusCode.UNAVAILABLE
    status: int = 503


class Job:
    """One job, and where it stands."""

    def __init__(self, key: int, type_: str, variables: str, retries: int) -> None:
        self.key = key
        self.type = type_
        self.variables = variables
        self.retries = retries
        self.deadline_s = 0.0
        self.lease = ""


class Books:
    """What became of every job. Shared by all edges of a gateway, and outlives them: it is the broker's disk.

    Attributes:
        completed: how often each key was completed and taken.
        results: the variables that came with it.
        failed: key, retries and message of each failure.
        thrown: key and code of each error.
        handed_out: how often each key was.
        extended: how often each key's deadline was moved.
        calls: how many there were of each kind; those that met a fault are among them.
        fault: asked about each call: what kind it is, and the how manieth.
    """

    def __init__(self) -> None:
        self.jobs: dict[int, Job] = {}
        self.waiting: dict[str, deque[int]] = {}
        self.open: dict[int, Job] = {}
        self.open_max = 0
        self.completed: Counter[int] = Counter()
        self.results: dict[int, object] = {}
        self.failed: list[tuple[int, int, str]] = []
        self.thrown: list[tuple[int, str]] = []
        self.handed_out: Counter[int] = Counter()
        self.extended: Counter[int] = Counter()
        self.calls: Counter[str] = Counter()
        self.fault: Callable[[str, int], Fault | None] = lambda _, __: None
        self.leases = False
        self.lock = threading.RLock()
        self._keys = itertools.count(1)
        self.streams: list[tuple[str, float, asyncio.Queue[Job], asyncio.AbstractEventLoop]] = []

    def add(self, type_: str, variables: Iterable[str], *, retries: int = 3) -> list[int]:
        """New jobs with these variables, as JSON: pushed where a stream is open, else left for polls."""
        added: list[int] = []
        with self.lock:
            for text in variables:
                job = Job(next(self._keys), type_, text, retries)
                self.jobs[job.key] = job
                added.append(job.key)
                self._offer(job)
        return added

    def activate(self, type_: str, most: int, timeout_s: float) -> list[Job]:
        """Hand out jobs."""
        with self.lock:
            self._expire()
            there = self.waiting.setdefault(type_, deque())
            found = [self.jobs[there.popleft()] for _ in range(min(most, len(there)))]
            for job in found:
                self._hand_out(job, timeout_s)
            return found

    def report(self, kind: str, key: int) -> Fault | Job:
        """The job that a report is about, now no longer open; or why the report is refused."""
        with self.lock:
            fault = self.counted(kind)
            if fault is not None:
                return fault
            job = self.jobs.get(key)
            if job is None or self.completed[key] or (key not in self.open and not self._waits(job)):
                return Fault(grpc.StatusCode.NOT_FOUND, 404)
            if kind == "update":
                return job
            self.open.pop(key, None)
            if self._waits(job):
                self.waiting[job.type].remove(key)
            return job

    def complete(self, key: int, variables: object) -> Fault | None:
        """The job is done."""
        with self.lock:
            found = self.report("complete", key)
            if isinstance(found, Fault):
                return found
            self.completed[key] += 1
            self.results[key] = variables
            return None

    def fail(self, key: int, retries: int, message: str) -> Fault | None:
        """The job failed; with retries left it is handed out again."""
        with self.lock:
            found = self.report("fail", key)
            if isinstance(found, Fault):
                return found
            self.failed.append((key, retries, message))
            found.retries = retries
            if retries > 0:
                self._offer(found)
            return None

    def throw(self, key: int, code: str) -> Fault | None:
        """The model's own error."""
        with self.lock:
            found = self.report("throw", key)
            if isinstance(found, Fault):
                return found
            self.thrown.append((key, code))
            return None

    def extend(self, key: int, timeout_s: float) -> Fault | None:
        """The deadline moves."""
        with self.lock:
            found = self.report("update", key)
            if isinstance(found, Fault):
                return found
            found.deadline_s = time.monotonic() + timeout_s
            self.extended[key] += 1
            return None

    def counted(self, kind: str) -> Fault | None:
        """One more call of a kind, and its fault."""
        with self.lock:
            self.calls[kind] += 1
            return self.fault(kind, self.calls[kind])

    @property
    def done(self) -> int:
        """How many jobs are completed."""
        return len(self.completed)

    def _waits(self, job: Job) -> bool:
        return job.key in self.waiting.get(job.type, ())

    def _offer(self, job: Job) -> None:
        found = next((entry for entry in self.streams if entry[0] == job.type), None)
        if found is not None:
            _, timeout_s, queue, loop = found
            self.streams.remove(found)  # streams of a type take turns
            self.streams.append(found)
            self._hand_out(job, timeout_s)
            loop.call_soon_threadsafe(queue.put_nowait, job)
            return
        self.waiting.setdefault(job.type, deque()).append(job.key)

    def _hand_out(self, job: Job, timeout_s: float) -> None:
        job.deadline_s = time.monotonic() + timeout_s
        job.lease = f"lease-{job.key}-{self.handed_out[job.key]}" if self.leases else ""
        self.handed_out[job.key] += 1
        self.open[job.key] = job
        self.open_max = max(self.open_max, len(self.open))

    def _expire(self) -> None:
        now_s = time.monotonic()
        for job in [job for job in self.open.values() if job.deadline_s < now_s]:
            del self.open[job.key]
            self._offer(job)


class JobGateway:
    """The edge to the books: one port for gRPC, and one for REST. It can be killed, and started again.

    Args:
        books: what it serves.
    """

    def __init__(self, books: Books) -> None:
        self.books = books
        (self._port,) = free_ports(1)
        self.grpc_address = f"127.0.0.1:{self._port}"
        self._loop = asyncio.new_event_loop()
        self._server: grpc.aio.Server | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._rest = HttpServer(self._answer)
        self.rest_address = self._rest.url
        self.start()

    def start(self) -> None:
        """Listen again, at the same port."""
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(10)

    def kill(self) -> None:
        """Break off every call and connection at once."""
        asyncio.run_coroutine_threadsafe(self._kill(), self._loop).result(10)

    def close(self) -> None:
        """End for good."""
        self.kill()
        self._rest.close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def environment(self, *, rest: bool = False) -> dict[str, str]:
        """What tells a worker to come here, without credentials."""
        if rest:
            return {"CAMUNDA_REST_ADDRESS": self.rest_address, "CAMUNDA_AUTH_STRATEGY": "NONE"}
        return {"ZEEBE_GRPC_ADDRESS": f"grpc://{self.grpc_address}", "CAMUNDA_AUTH_STRATEGY": "NONE"}

    async def _start(self) -> None:
        # Whoever tries its connection often is not sent away, as it would be by grpcio's own measure of five minutes.
        pings = [("grpc.http2.min_recv_ping_interval_without_data_ms", 1), ("grpc.http2.max_ping_strikes", 0)]
        server = grpc.aio.server(options=[("grpc.so_reuseport", 0), *pings])
        unary, stream = grpc.unary_unary_rpc_method_handler, grpc.unary_stream_rpc_method_handler
        methods = {
            "Topology": (unary, pb.TopologyRequest, self._topology),
            "ActivateJobs": (stream, pb.ActivateJobsRequest, self._activate),
            "StreamActivatedJobs": (stream, pb.StreamActivatedJobsRequest, self._stream),
            "CompleteJob": (unary, pb.CompleteJobRequest, self._complete),
            "FailJob": (unary, pb.FailJobRequest, self._fail),
            "ThrowError": (unary, pb.ThrowErrorRequest, self._throw),
            "UpdateJobTimeout": (unary, pb.UpdateJobTimeoutRequest, self._extend),
        }
        handlers = {
            name: kind(method, request_deserializer=request.FromString, response_serializer=_bytes)
            for name, (kind, request, method) in methods.items()
        }
        server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(SERVICE, handlers)])
        assert server.add_insecure_port(self.grpc_address) == self._port
        await server.start()
        self._server = server

    async def _kill(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            await server.stop(None)

    async def _topology(self, request: pb.TopologyRequest, context: Context) -> pb.TopologyResponse:
        return pb.TopologyResponse(clusterSize=1, partitionsCount=1, replicationFactor=1, gatewayVersion="8.8.0")

    async def _activate(
        self, request: pb.ActivateJobsRequest, context: Context
    ) -> AsyncIterator[pb.ActivateJobsResponse]:
        await _refuse(context, self.books.counted("activate"))
        until_s = time.monotonic() + (request.requestTimeout or 10_000) / 1000
        while True:
            jobs = self.books.activate(request.type, request.maxJobsToActivate, request.timeout / 1000)
            if jobs:
                yield pb.ActivateJobsResponse(jobs=[_activated(job) for job in jobs])
            if jobs or time.monotonic() >= until_s:
                return
            await asyncio.sleep(0.02)

    async def _stream(self, request: pb.StreamActivatedJobsRequest, context: Context) -> AsyncIterator[pb.ActivatedJob]:
        await _refuse(context, self.books.counted("stream"))
        queue: asyncio.Queue[Job] = asyncio.Queue()
        entry = (request.type, request.timeout / 1000, queue, self._loop)
        self.books.streams.append(entry)
        try:
            while True:
                yield _activated(await queue.get())
        finally:
            self.books.streams.remove(entry)

    async def _complete(self, request: pb.CompleteJobRequest, context: Context) -> pb.CompleteJobResponse:
        variables = json.loads(request.variables) if request.variables else None
        await _refuse(context, self.books.complete(request.jobKey, variables))
        return pb.CompleteJobResponse()

    async def _fail(self, request: pb.FailJobRequest, context: Context) -> pb.FailJobResponse:
        await _refuse(context, self.books.fail(request.jobKey, request.retries, request.errorMessage))
        return pb.FailJobResponse()

    async def _throw(self, request: pb.ThrowErrorRequest, context: Context) -> pb.ThrowErrorResponse:
        await _refuse(context, self.books.throw(request.jobKey, request.errorCode))
        return pb.ThrowErrorResponse()

    async def _extend(self, request: pb.UpdateJobTimeoutRequest, context: Context) -> pb.UpdateJobTimeoutResponse:
        await _refuse(context, self.books.extend(request.jobKey, request.timeout / 1000))
        return pb.UpdateJobTimeoutResponse()

    def _answer(self, received: Received) -> Reply:
        body = json.loads(received.body) if received.body else {}
        if received.path == "/v2/jobs/activation":
            return self._activation(body)
        action = _ACTION.fullmatch(received.path)
        if action is None:
            return _reply(Fault(grpc.StatusCode.NOT_FOUND, 404))
        key, books = int(action["key"]), self.books
        match action["what"]:
            case "completion":
                return _reply(books.complete(key, body.get("variables")))
            case "failure":
                return _reply(books.fail(key, body.get("retries", 0), body.get("errorMessage", "")))
            case "error":
                return _reply(books.throw(key, body["errorCode"]))
            case _:
                return _reply(books.extend(key, body["changeset"]["timeout"] / 1000))

    def _activation(self, body: dict[str, object]) -> Reply:
        fault = self.books.counted("activate")
        if fault is not None:
            return _reply(fault)
        until_s = time.monotonic() + int(str(body["requestTimeout"] or 10_000)) / 1000
        while True:
            jobs = self.books.activate(
                str(body["type"]), int(str(body["maxJobsToActivate"])), int(str(body["timeout"])) / 1000
            )
            if jobs or time.monotonic() >= until_s:
                return Reply(200, f'{{"jobs":[{",".join(_as_json(job) for job in jobs)}]}}'.encode())
            threading.Event().wait(0.02)


def _bytes(message: object) -> bytes:
    return message.SerializeToString()  # type: ignore[attr-defined]


async def _refuse(context: Context, fault: Fault | None) -> None:
    if fault is not None:
        await context.abort(fault.code, "as the test wants it")


def _activated(job: Job) -> pb.ActivatedJob:
    return pb.ActivatedJob(
        key=job.key,
        type=job.type,
        processInstanceKey=1,
        bpmnProcessId="p",
        processDefinitionVersion=1,
        processDefinitionKey=1,
        elementId="e",
        elementInstanceKey=1,
        customHeaders="{}",
        worker="w",
        retries=job.retries,
        deadline=0,
        variables=job.variables,
        tenantId="<default>",
        jobLeaseToken=job.lease or None,
    )


def _as_json(job: Job) -> str:
    """The variables as they are, for some of them are not meant to be read."""
    fields = {
        "type": job.type,
        "processDefinitionId": "p",
        "processDefinitionVersion": 1,
        "elementId": "e",
        "customHeaders": {},
        "worker": "w",
        "retries": job.retries,
        "deadline": 0,
        "tenantId": "<default>",
        "jobKey": str(job.key),
        "processInstanceKey": "1",
        "processDefinitionKey": "1",
        "elementInstanceKey": "1",
        "jobLeaseToken": job.lease or None,
    }
    return f'{{"variables":{job.variables},{json.dumps(fields)[1:]}'


def _reply(fault: Fault | None) -> Reply:
    if fault is None:
        return Reply(204)
    problem = {
        "type": "about:blank",
        "title": fault.code.name,
        "status": fault.status,
        "detail": "as the test wants it",
    }
    return Reply(fault.status, json.dumps(problem).encode(), {"content-type": "application/problem+json"})
