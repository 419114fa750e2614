"""kill -9 in the middle of work: what was acknowledged is there afterwards, nothing twice, and workers carry on.

One half of the instances is worked on by `c8 work`, which must go on by itself; the other by hand over gRPC, so that
the test knows of each completion whether it was acknowledged.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest

from c8py.proto import gateway_pb2, gateway_pb2_grpc
from harness.platform import C8, ORDER_MODEL, UNLIMITED_TOKENS, Platform, plain_environment
from harness.processes import Program, free_ports, wait_until

HANDLER = """
import os

def charge(amount):
    file = os.open("handled", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(file, f"{amount}\\n".encode())
    os.close(file)
    return {"charged": amount}
"""
CREATORS = 8
BATCH = 32
CALL_S = 10
CARRY_ON_S = 120.0


class ByHand:
    """Starts instances and completes jobs over gRPC, and keeps account of what was acknowledged.

    Args:
        target: HOST:PORT of the gateway, before and after its restart.
        token: sent with every call; it outlives the platform.
    """

    def __init__(self, target: str, token: str) -> None:
        # Coming back within seconds is the point; the default would wait up to two minutes between attempts.
        options = [("grpc.max_reconnect_backoff_ms", 500), ("grpc.initial_reconnect_backoff_ms", 100)]
        self._channel = grpc.insecure_channel(target, options=options)
        self._stub = gateway_pb2_grpc.GatewayStub(self._channel)
        self._metadata = (("authorization", f"Bearer {token}"),)
        self._lock = threading.Lock()
        self.started: dict[int, int] = {}
        self.perhaps_started = 0
        self.completed: set[int] = set()
        self.handed_out_again: list[int] = []
        self._stop = threading.Event()

    def deploy(self, name: str, model: str) -> None:
        resource = gateway_pb2.Resource(name=f"{name}.bpmn", content=model.encode())
        request = gateway_pb2.DeployResourceRequest(resources=[resource])
        self._stub.DeployResource(request, timeout=CALL_S, metadata=self._metadata)

    def start(self, process: str, amount: int) -> None:
        """One instance; without an answer it may be there or not, and is not tried again."""
        request = gateway_pb2.CreateProcessInstanceRequest(
            bpmnProcessId=process, version=-1, variables=json.dumps({"amount": amount})
        )
        try:
            created = self._stub.CreateProcessInstance(request, timeout=CALL_S, metadata=self._metadata)
        except grpc.RpcError:
            with self._lock:
                self.perhaps_started += 1
            time.sleep(0.2)
            return
        with self._lock:
            self.started[created.processInstanceKey] = amount

    def work(self, job_type: str) -> None:
        """Activate and complete until told to stop; whatever fails is tried again later."""
        while not self._stop.is_set():
            try:
                for job in self._activate(job_type):
                    if job.key in self.completed:
                        self.handed_out_again.append(job.key)
                    request = gateway_pb2.CompleteJobRequest(jobKey=job.key, variables='{"charged": 1}')
                    self._stub.CompleteJob(request, timeout=CALL_S, metadata=self._metadata)
                    self.completed.add(job.key)
            except grpc.RpcError:
                self._stop.wait(0.1)

    def _activate(self, job_type: str) -> Iterator[gateway_pb2.ActivatedJob]:
        # A job whose completion got lost with the platform must come back soon, for the sake of the test's time.
        request = gateway_pb2.ActivateJobsRequest(
            type=job_type, worker="by-hand", timeout=5_000, maxJobsToActivate=BATCH, requestTimeout=500
        )
        for batch in self._stub.ActivateJobs(request, timeout=CALL_S, metadata=self._metadata):
            yield from batch.jobs

    def close(self) -> None:
        self._stop.set()
        self._channel.close()


def search(http, platform: Platform, token: str, what: str, **filters: str) -> list[dict[str, str]]:
    """All pages of a search."""
    found: list[dict[str, str]] = []
    while True:
        body = json.dumps({"filter": filters, "page": {"from": len(found), "limit": 500}}).encode()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        answer = http("POST", f"{platform.rest}/v2/{what}/search", body=body, headers=headers)
        assert answer.status == 200, answer
        items = answer.json()["items"]
        found += items
        if not items:
            return found


@pytest.mark.parametrize("instances", [200, pytest.param(2000, marks=pytest.mark.slow)])
def test_what_was_acknowledged_survives_kill_9(
    start_platform: Callable[..., Platform], tmp_path: Path, http, fetch_token, instances: int
):
    http_port, grpc_port = free_ports(2)
    options = ("--http-port", str(http_port), "--grpc-port", str(grpc_port), *UNLIMITED_TOKENS)
    platform = start_platform(*options, folder=tmp_path / "shared", ephemeral=False)
    token = fetch_token(platform)
    by_hand = ByHand(platform.grpc_target, token)
    model = ORDER_MODEL.read_text()
    by_hand.deploy("order", model)
    by_hand.deploy("by-hand", model.replace('id="order"', 'id="by-hand"').replace("charge-card", "by-hand"))
    worker = start_worker(platform, tmp_path)
    try:
        with ThreadPoolExecutor(CREATORS + 1) as pool:
            working = pool.submit(by_hand.work, "by-hand")
            starts = [pool.submit(by_hand.start, ("order", "by-hand")[one % 2], one) for one in range(instances)]
            wait_until(
                "half of the instances and some completions",
                lambda: len(by_hand.started) > instances / 2 and len(by_hand.completed) > 5,
                deadline_s=CARRY_ON_S,
                every_s=0.005,
            )
            platform.kill()
            platform = start_platform(*options, folder=tmp_path / "shared", ephemeral=False)
            for start in starts:
                start.result(timeout=CARRY_ON_S)
            wait_until(
                "the end of all instances",
                lambda: not search(http, platform, token, "process-instances", state="ACTIVE"),
                deadline_s=CARRY_ON_S,
                every_s=0.5,
            )
            by_hand.close()
            working.result(timeout=30)
        assert worker.process.poll() is None, worker.output()
    finally:
        by_hand.close()
        worker.stop()
    assert_account_holds(
        by_hand,
        search(http, platform, token, "process-instances"),
        search(http, platform, token, "jobs", type="by-hand"),
    )
    handled = {int(line) for line in (tmp_path / "handled").read_text().split()}
    assert {amount for amount in by_hand.started.values() if amount % 2 == 0} <= handled


def start_worker(platform: Platform, folder: Path) -> Program:
    """`c8 work`, which writes the amount of each job that it handles into FOLDER/handled."""
    (folder / "handler.py").write_text(HANDLER)
    return Program(
        [C8, "work", "charge-card", "--python", "handler:charge", "--max-jobs", "32", "--timeout", "10", "--quiet"],
        folder=folder,
        name="worker",
        environment=plain_environment(**platform.credentials()),
        working_folder=folder,
    )


def assert_account_holds(by_hand: ByHand, instances: list[dict[str, str]], jobs: list[dict[str, str]]) -> None:
    """Every acknowledged start and completion is there; nothing is there that nobody asked for, and nothing twice."""
    keys = [int(instance["processInstanceKey"]) for instance in instances]
    assert len(keys) == len(set(keys))
    assert set(by_hand.started) <= set(keys)
    assert len(keys) <= len(by_hand.started) + by_hand.perhaps_started
    assert {instance["state"] for instance in instances} == {"COMPLETED"}
    assert by_hand.handed_out_again == []
    states = {int(job["jobKey"]): job["state"] for job in jobs}
    assert {states[key] for key in by_hand.completed} == {"COMPLETED"}
