"""Real brokers of a platform with a certificate: they show it to clients, and trust it when they fetch our keys.

They are behind doors of the platform as well, which pass on TLS as it is.
"""

import json
import os

import grpc
import pytest

from c8py.proto import gateway_pb2, gateway_pb2_grpc
from harness.platform import Platform, c8, read_exports

SMALL = ("--heap-mb", "256", "--partition-mb", "32", "--java-options", "-XX:TieredStopAtLevel=1")


@pytest.fixture(scope="module")
def platform(authority, tmp_path_factory):
    identity = authority.identity("secured")
    told = ("--tls-certificate", str(identity.certificate), "--tls-key", str(identity.key))
    told += ("--cache-dir", os.environ["C8PY_CACHE"], "--set", "brokers.guarded=true")
    started = Platform(tmp_path_factory.mktemp("secured"), *told)
    yield started
    started.stop()


def test_brokers_show_the_certificate_and_take_our_tokens(platform, authority, tmp_path):
    console = platform.console_credentials() | {"CAMUNDA_CA_CERTIFICATE_PATH": str(authority.pem)}

    def command(*arguments):
        done = c8("cluster", *arguments, "--json", environment=console, deadline_s=240)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    made = command("create", "secured", *SMALL)
    file = tmp_path / "worker.txt"
    command("client", "secured", "worker", "--out", str(file))
    values = read_exports(file)
    assert values["ZEEBE_REST_ADDRESS"].startswith("https://")
    trusting = values | {"CAMUNDA_CA_CERTIFICATE_PATH": str(authority.pem)}
    for protocol in ("rest", "grpc"):
        done = c8("topology", "--json", environment=trusting | {"CAMUNDA_PREFER_REST": str(protocol == "rest").lower()})
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["gatewayVersion"] == "8.6.0"
    with grpc.insecure_channel(made["grpc_address"]) as channel, pytest.raises(grpc.RpcError):
        gateway_pb2_grpc.GatewayStub(channel).Topology(gateway_pb2.TopologyRequest(), timeout=5)
    allowed = c8("console", "ip-allowlist", "set", "192.0.2.7", "--cluster", "secured", environment=console)
    assert allowed.returncode == 0, allowed.stderr
    refused = c8("topology", "--json", environment=trusting | {"CAMUNDA_PREFER_REST": "true"})
    assert refused.returncode != 0
