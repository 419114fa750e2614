"""`c8 grpc` and `c8 api` on a real broker: what the seeds of the project do with grpcurl and curl."""

import json

import pytest

from harness.platform import c8


@pytest.fixture
def by_hand(zeebe):
    """Run `c8` with the broker's addresses; what it printed, a document a line."""
    addresses = {"ZEEBE_GRPC_ADDRESS": f"grpc://{zeebe.grpc_address}", "ZEEBE_REST_ADDRESS": zeebe.rest_address}

    def run(*arguments: str, code: int = 0):
        done = c8(*arguments, environment=addresses)
        assert done.returncode == code, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()] or done.stderr

    return run


def test_the_topology(by_hand):
    [over_grpc], [over_rest] = by_hand("grpc", "Topology"), by_hand("api", "GET", "/v2/topology")
    assert over_grpc["gatewayVersion"] == over_rest["gatewayVersion"] == "8.6.0"


def test_an_instance_goes_through_its_life(by_hand, order_model, tmp_path):
    # A type of its own: the broker is shared, and other tests leave jobs behind.
    model = tmp_path / "by-hand.bpmn"
    model.write_text(order_model.read_text().replace('id="order"', 'id="by-hand"').replace("charge-card", "by-hand"))
    by_hand("api", "POST", "/deployments", "--form", f"resources=@{model}")
    wanted = {"bpmnProcessId": "by-hand", "version": -1, "variables": {"amount": 1}}
    [created] = by_hand("grpc", "CreateProcessInstance", json.dumps(wanted))
    batches = by_hand(
        "grpc", "ActivateJobs", '{"type": "by-hand", "maxJobsToActivate": 1, "timeout": 60000, "requestTimeout": 5000}'
    )
    [job] = [job for batch in batches for job in batch["jobs"]]
    assert job["processInstanceKey"] == created["processInstanceKey"]
    assert by_hand("grpc", "CompleteJob", json.dumps({"jobKey": job["key"], "variables": {"charged": 1}})) == [{}]
    said = by_hand("api", "POST", f"/jobs/{job['key']}/completion", "--data", "{}", code=1)
    assert "404" in str(said)
