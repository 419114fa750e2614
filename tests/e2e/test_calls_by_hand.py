"""`c8 api`, `c8 grpc`, `c8 console` as a person runs them, against the platform: what curl and grpcurl do by hand."""

import json

import pytest

from harness.platform import C8, c8, plain_environment
from harness.processes import Program, wait_until

MODEL_ID = "order"


@pytest.fixture(scope="module")
def deployed(platform, order_model):
    """The platform with the model deployed over gRPC, by hand."""
    said = {"resources": [{"name": "order.bpmn", "content": f"@{order_model}"}]}
    done = platform.c8("grpc", "DeployResource", json.dumps(said))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["deployments"][0]["process"]["bpmnProcessId"] == MODEL_ID
    return platform


def test_the_topology_is_the_same_both_ways(platform):
    over_grpc = json.loads(platform.c8("grpc", "gateway_protocol.Gateway/Topology").stdout)
    over_rest = json.loads(platform.c8("api", "GET", "/v2/topology").stdout)
    assert over_rest["gatewayVersion"] == over_grpc["gatewayVersion"]
    assert [one["port"] for one in over_rest["brokers"]] == [one["port"] for one in over_grpc["brokers"]]


def test_an_instance_goes_through_its_life_by_hand(deployed):
    started = deployed.c8(
        "grpc",
        "CreateProcessInstance",
        "-",
        stdin=json.dumps({"bpmnProcessId": MODEL_ID, "version": -1, "variables": {"amount": 7}}),
    )
    key = json.loads(started.stdout)["processInstanceKey"]
    wanted = {"type": "charge-card", "maxJobsToActivate": 100, "timeout": 60_000, "requestTimeout": 5_000}
    batches = deployed.c8("grpc", "ActivateJobs", json.dumps(wanted)).stdout.splitlines()
    jobs = [job for batch in batches for job in json.loads(batch)["jobs"]]
    job = next(job for job in jobs if job["processInstanceKey"] == key)
    assert json.loads(job["variables"])["amount"] == 7
    done = deployed.c8("api", "POST", f"/jobs/{job['key']}/completion", "--data", '{"variables":{"paid":true}}')
    assert (done.returncode, done.stdout) == (0, "")

    again = deployed.c8("api", "POST", f"/jobs/{job['key']}/completion", "--data", "{}")
    assert (again.returncode, again.stderr.count("\n")) == (1, 1)
    assert "404" in again.stderr


def test_a_stream_is_printed_as_it_comes(deployed, tmp_path):
    wanted = json.dumps({"type": "charge-card", "timeout": 1_000})
    stream = Program(
        [C8, "grpc", "StreamActivatedJobs", wanted, "--limit", "1", "--timeout", "60"],
        folder=tmp_path,
        name="stream",
        environment=plain_environment(**deployed.credentials()),
    )
    start = json.dumps({"bpmnProcessId": MODEL_ID, "version": -1})

    def ended() -> bool:
        # Only what comes up while it is open is pushed.
        assert deployed.c8("grpc", "CreateProcessInstance", start).returncode == 0
        return stream.process.poll() is not None

    try:
        wait_until("a pushed job", ended, deadline_s=60)
        assert json.loads(stream.first_line(deadline_s=1))["type"] == "charge-card"
        assert stream.process.returncode == 0
    finally:
        stream.stop()


def test_files_are_deployed_as_a_form(platform, order_model):
    done = platform.c8("api", "POST", "/deployments", "--form", f"resources=@{order_model}")
    assert json.loads(done.stdout)["deployments"][0]["processDefinition"]["processDefinitionId"] == MODEL_ID


def test_what_the_platform_lacks_is_said(platform):
    done = platform.c8("grpc", "BroadcastSignal", '{"signalName": "a"}')
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "UNIMPLEMENTED" in done.stderr


def test_the_administration_api_by_hand_and_by_verb(platform):
    organization = platform.console_credentials()
    by_hand = c8("api", "GET", "/clusters", "--api", "console", environment=organization)
    by_verb = c8("console", "clusters", "list", "--json", environment=organization)
    cluster = platform.ready["cluster_id"]
    assert [one["uuid"] for one in json.loads(by_hand.stdout)] == [cluster]
    assert [one["uuid"] for one in json.loads(by_verb.stdout)] == [cluster]
    one = c8("console", "clusters", "get", cluster, "--json", environment=organization)
    assert json.loads(one.stdout)["status"]["ready"] == "Healthy"
    choice = c8("console", "clusters", "parameters", environment=organization)
    assert "region" in choice.stdout


def test_a_clusters_client_is_kept_out_of_the_administration_api(platform):
    done = platform.c8("api", "GET", "/clusters", "--api", "console")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "CAMUNDA_CONSOLE_CLIENT_ID" in done.stderr
