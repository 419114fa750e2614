"""Any number of processes on a host costs one token request: the token service here would block the second for long."""

import pytest

from harness.platform import C8, c8, plain_environment
from harness.processes import Program

ONE_REQUEST = ("--set", "oauth.burst=1", "--set", "oauth.rate_per_s=0.01", "--set", "oauth.block_s=600")


@pytest.mark.slow
def test_twenty_processes_at_once_make_one_token_request(start_platform, tmp_path):
    platform = start_platform(*ONE_REQUEST)
    environment = plain_environment(**platform.credentials(), CAMUNDA_TOKEN_CACHE_DIR=str(tmp_path / "tokens"))
    programs = [
        Program([C8, "topology", "--json"], folder=tmp_path, name=f"c8-{number}", environment=environment)
        for number in range(20)
    ]
    assert [program.wait(deadline_s=60) for program in programs] == [0] * 20


def test_a_token_is_fetched_once_for_all_commands_of_a_day(start_platform, tmp_path):
    platform = start_platform(*ONE_REQUEST)
    for _ in range(3):
        assert platform.c8("topology", "--rest").returncode == 0


def test_without_the_shared_folder_the_second_process_meets_the_limit(start_platform):
    platform = start_platform(*ONE_REQUEST)
    assert platform.c8("topology").returncode == 0
    alone = platform.credentials() | {"CAMUNDA_TOKEN_DISK_CACHE_DISABLE": "true"}
    refused = c8("topology", environment=alone)
    assert refused.returncode == 4
    assert "limits requests of this address" in refused.stderr
