"""A second host, as a person makes it join: the same machine under another address, with a small program as broker."""

import json

import pytest

from harness.platform import C8, Platform, c8, plain_environment
from harness.processes import Program, alive, wait_until
from harness.secrets import KNOWN
from harness.small_broker import write_java_home, write_zeebe_home

DEADLINE_S = 60.0
pytestmark = pytest.mark.slow


@pytest.fixture
def programs(tmp_path):
    """A distribution and a Java that run the small program."""
    java, zeebe = write_java_home(tmp_path / "java"), write_zeebe_home(tmp_path / "zeebe")
    return ("--java-home", str(java), "--zeebe-home", str(zeebe))


def test_a_second_host_joins_by_the_address_of_the_platform(programs, tmp_path):
    platform = Platform(tmp_path, *programs, ephemeral=False)

    def cluster(*arguments):
        done = c8("cluster", *arguments, "--json", environment=platform.console_credentials(), deadline_s=DEADLINE_S)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    token = tmp_path / "second.token"
    cluster("hosts", "add", "second", "--out", str(token))
    assert token.stat().st_mode & 0o077 == 0
    KNOWN.learn(token.read_text().strip(), "a join token")
    command = [C8, "cluster", "join", platform.ready["http_address"], "--token-file", token, "--host", "127.0.0.2"]
    command += ["--data-dir", tmp_path / "second", *programs, "--json"]

    def join(name):
        program = Program(command, folder=tmp_path, name=name, environment=plain_environment())
        return program, json.loads(program.first_line(deadline_s=DEADLINE_S))

    second, ready = join("joined")
    try:
        assert ready["connected"]
        made = cluster("create", "spread", "--brokers", "3", "--partitions", "3", "--replication", "3")
        assert [one["host"] for one in made["brokers"]] == ["", "second", ""]
        pids = [one["pid"] for one in made["brokers"]]
        (shown,) = cluster("hosts", "list")
        assert (shown["state"], shown["brokers"]) == ("connected", 1)
        assert second.stop() == 0
        assert alive(pids) == pids
        second, ready = join("joined-again")
        assert ready["brokers"] == 1
        wait_until("the cluster", lambda: cluster("show", "spread")["status"] == "Healthy", deadline_s=DEADLINE_S)
        assert [one["pid"] for one in cluster("show", "spread")["brokers"]] == pids
        refused = c8("cluster", "hosts", "remove", "second", environment=platform.console_credentials())
        assert refused.returncode != 0
        assert "delete their clusters first" in refused.stderr
        cluster("delete", "spread", "--yes")
        wait_until("the end of the brokers", lambda: not alive(pids), deadline_s=DEADLINE_S)
        # Whoever waits for a cluster hears what its host will not have.
        waiting = Program(
            [C8, "cluster", "create", "tuned", "--brokers", "2", "--java-options", "-XX:TieredStopAtLevel=1"],
            folder=tmp_path,
            name="create",
            environment=plain_environment(**platform.console_credentials()),
        )
        waiting.wait_for("a word", lambda: "--allow-java-options" in waiting.stderr.read_text(), deadline_s=DEADLINE_S)
        assert "broker 1 on second: expected a cluster without Java options" in waiting.stderr.read_text()
        waiting.stop()
        cluster("delete", "tuned", "--yes")
        wait_until("the end of it", lambda: len(cluster("list")) == 0, deadline_s=DEADLINE_S)
        assert cluster("hosts", "remove", "second")["result"] == "removed"
    finally:
        second.stop()
        platform.stop()
