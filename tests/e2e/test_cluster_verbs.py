"""`c8 cluster` as a person sees it: how far a fetch is, and how somebody else's cluster is."""

import gc
import json
import os

import pytest

from harness.maven import VERSION, Maven, distribution
from harness.platform import C8, Platform, c8, plain_environment
from harness.processes import Program, wait_until
from harness.small_broker import write_java_home

DEADLINE_S = 60.0
pytestmark = pytest.mark.slow


@pytest.fixture
def maven():
    repository = Maven(distribution({f"zeebe-{VERSION}/lib/large": os.urandom(2_200_000).hex()}))
    yield repository
    repository.go_on.set()
    repository.stop()
    gc.collect()


@pytest.fixture
def java(tmp_path):
    return write_java_home(tmp_path / "java")


def test_who_waits_for_the_first_cluster_sees_how_far_the_fetch_is(maven, java, tmp_path):
    told = ("--java-home", str(java), "--cache-dir", str(tmp_path / "cache"))
    platform = Platform(tmp_path, *told, "--set", f"brokers.maven_repository={maven.url}")
    try:
        maven.go_on.clear()
        creating = Program(
            [C8, "cluster", "create", "mine", "--version", VERSION, "--json"],
            folder=tmp_path,
            name="create",
            environment=plain_environment(**platform.console_credentials()),
        )
        half = f"fetching Zeebe {VERSION}, 1 of 2 MB"
        wait_until("half of it", lambda: half in creating.stderr.read_text(), deadline_s=DEADLINE_S)
        maven.go_on.set()
        assert creating.wait(deadline_s=DEADLINE_S) == 0, creating.output()
        assert json.loads(creating.stdout.read_text())["status"] == "Healthy"
        assert "1 of 1 brokers ready" in creating.stderr.read_text() or "Healthy" in creating.stderr.read_text()
    finally:
        platform.stop()


def test_somebody_elses_cluster_is_listed_with_the_state_that_it_has(tmp_path):
    ours, theirs = Platform(tmp_path / "ours"), Platform(tmp_path / "theirs")
    try:
        console = ours.console_credentials()

        def cluster(*arguments):
            return c8("cluster", *arguments, environment=console, deadline_s=DEADLINE_S)

        added = cluster("add", "production", "--from", theirs.ready["credentials_file"], "--json")
        assert added.returncode == 0, added.stderr
        assert (json.loads(added.stdout)["kind"], json.loads(added.stdout)["status"]) == ("remote", "Healthy")
        (line,) = [line for line in cluster("list").stdout.splitlines() if "production" in line]
        assert line.split()[1:3] == ["production", "remote"]
        assert line.split()[-1] == "Healthy"
        theirs.stop()
        tested = cluster("test", "production")
        assert tested.returncode != 0
        assert "expected the topology" in tested.stderr
        (line,) = [line for line in cluster("list").stdout.splitlines() if "production" in line]
        assert line.split()[-1] == "Unhealthy"
    finally:
        theirs.stop()
        ours.stop()
