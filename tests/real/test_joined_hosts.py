"""Real brokers on two hosts, which are two addresses of this machine, under certificates of one authority."""

import json
import os
import signal

import pytest

from c8py import Camunda
from harness.platform import C8, Platform, c8, plain_environment, read_exports
from harness.processes import Program, alive, living_in, wait_until
from harness.secrets import KNOWN

SMALL = ("--heap-mb", "256", "--partition-mb", "32", "--java-options", "-XX:TieredStopAtLevel=1")
READY_S = 240.0
CARRY_ON_S = 120.0


class Houses:
    """A platform, and a host that has joined it; both keep their data below one folder."""

    def __init__(self, folder, authority):
        identity = authority.identity("joined")
        shown = ("--tls-certificate", str(identity.certificate), "--tls-key", str(identity.key))
        kept = ("--cache-dir", os.environ["C8PY_CACHE"])
        self.pids = []
        self._folder = folder
        self.platform = Platform(folder, *shown, *kept, ephemeral=False)
        self._console = self.platform.console_credentials() | {"CAMUNDA_CA_CERTIFICATE_PATH": str(authority.pem)}
        token = folder / "second.token"
        self.cluster("hosts", "add", "second", "--out", str(token))
        KNOWN.learn(token.read_text().strip(), "a join token")
        command = [C8, "cluster", "join", self.platform.ready["http_address"], "--token-file", token]
        command += ["--host", "127.0.0.2", "--data-dir", folder / "second", "--ca-certificate", authority.pem]
        command += ["--allow-java-options"]  # SMALL has one
        self.second = Program(
            [*command, *shown, *kept, "--json"], folder=folder, name="second", environment=plain_environment()
        )
        self.second.first_line(deadline_s=CARRY_ON_S)

    def cluster(self, *arguments):
        done = c8("cluster", *arguments, "--json", environment=self._console, deadline_s=READY_S)
        assert done.returncode == 0, done.stderr
        shown = json.loads(done.stdout)
        if isinstance(shown, dict) and "brokers" in shown:
            self.pids = [one["pid"] for one in shown["brokers"]]
        return shown

    def end(self):
        self.second.stop()
        self.platform.stop()
        left = living_in(self._folder)
        for pid in left:
            os.kill(pid, signal.SIGTERM)
        wait_until("the end of the brokers", lambda: not alive(left), deadline_s=CARRY_ON_S)


@pytest.fixture
def houses(authority, tmp_path):
    both = Houses(tmp_path, authority)
    yield both
    both.end()


def test_a_cluster_over_two_hosts_works_and_its_brokers_are_watched_on_both(houses, authority, tmp_path):
    made = houses.cluster("create", "spread", "--brokers", "3", "--partitions", "3", "--replication", "3", *SMALL)
    before = houses.pids
    assert [one["host"] for one in made["brokers"]] == ["", "second", ""]
    houses.cluster("client", "spread", "worker", "--out", str(tmp_path / "worker.txt"))
    credentials = read_exports(tmp_path / "worker.txt")
    there = made["brokers"][1]
    assert there["grpc_address"].startswith("127.0.0.2:")
    with Camunda.from_env(
        grpc_address=f"grpcs://{there['grpc_address']}",  # it takes our tokens: it has fetched our keys over TLS
        rest_address=there["rest_address"],
        client_id=credentials["ZEEBE_CLIENT_ID"],
        client_secret=credentials["ZEEBE_CLIENT_SECRET"],
        oauth_url=credentials["CAMUNDA_OAUTH_URL"],
        audience=credentials["ZEEBE_TOKEN_AUDIENCE"],
        ca_certificate=authority.pem,
        token_cache_dir=tmp_path / "tokens",
    ) as camunda:
        assert camunda.topology().cluster_size == 3
    os.kill(before[1], signal.SIGKILL)

    def back():
        found = houses.cluster("show", "spread")
        ready = found["status"] == "Healthy" and all(one["phase"] == "ready" for one in found["brokers"])
        return ready and found["brokers"][1]["pid"] not in {None, before[1]}

    wait_until("the broker there", back, deadline_s=CARRY_ON_S)
    assert (houses.pids[0], houses.pids[2]) == (before[0], before[2])
    running = houses.pids
    assert houses.cluster("suspend", "spread")["status"] == "Suspended"
    wait_until("the end of all brokers", lambda: not alive(running), deadline_s=CARRY_ON_S)
