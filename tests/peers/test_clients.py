"""Clients that people use today do their whole job on our platform: connect, deploy, start, work, complete."""

import json

import pytest

from harness.platform import ORDER_MODEL

PLAIN_HTTP = {"OAUTHLIB_INSECURE_TRANSPORT": "1"}  # pyzeebe's OAuth library asks for this before it speaks plain HTTP


@pytest.mark.parametrize("intake", [[], ["--stream"]], ids=["poll", "stream"])
def test_pyzeebe_does_its_round(script_of_peers, intake):
    done = script_of_peers("pyzeebe_round", *intake, **PLAIN_HTTP)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "partitions": 1,
        "deployed": "pyzeebe_round",
        "handled": [1, 2, 3],
        "charged": [1, 2, 3],
    }


def test_camundas_own_python_client_does_its_round(script_of_peers):
    done = script_of_peers("orchestration_round")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "partitions": 1,
        "deployed": "orchestration_round",
        "handled": [1, 2, 3],
        "states": ["COMPLETED"] * 3,
    }


def test_zbctl_does_its_round(shell, platform, go_peers, tmp_path):
    model = tmp_path / "zbctl.bpmn"
    model.write_text(ORDER_MODEL.read_text().replace('id="order"', 'id="zbctl"').replace("charge-card", "zbctl"))
    zbctl = f"{go_peers.zbctl} --insecure --address {platform.grpc_target} --clientCache {tmp_path}/cache"
    done = shell(
        f"{zbctl} status\n"
        f"{zbctl} deploy resource {model}\n"
        f"{zbctl} create instance zbctl --variables '{{\"amount\": 7}}'\n"
        f"{zbctl} activate jobs zbctl --maxJobsToActivate 1 --requestTimeout 5s\n"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Cluster size: 1" in done.stdout
    job = json.loads(done.stdout[done.stdout.rindex('{\n  "jobs"') :])["jobs"][0]
    completed = shell(f"{zbctl} complete job {job['key']} --variables '{{\"charged\": 7}}'")
    assert completed.returncode == 0, completed.stderr
