"""Tokens over real sockets: the limit of the token service, tokens that are over, clients that are gone."""

import urllib.parse

import pytest

from harness.platform import UNLIMITED_TOKENS, Platform, c8, read_exports
from harness.processes import wait_until


def ask(platform: Platform, http, **fields: str):
    credentials = platform.credentials()
    form = {
        "grant_type": "client_credentials",
        "audience": credentials["ZEEBE_TOKEN_AUDIENCE"],
        "client_id": credentials["ZEEBE_CLIENT_ID"],
        "client_secret": credentials["ZEEBE_CLIENT_SECRET"],
    }
    return http("POST", platform.ready["oauth_url"], body=urllib.parse.urlencode(form | fields).encode())


def topology(platform: Platform, http, token: str):
    return http("GET", f"{platform.rest}/v2/topology", headers={"Authorization": f"Bearer {token}"})


def test_too_many_requests_are_refused_and_told_when_to_come_back(start_platform, http):
    platform = start_platform("--set", "oauth.burst=3", "--set", "oauth.block_s=30")
    statuses = [ask(platform, http).status for _ in range(8)]
    assert statuses[0] == 200
    assert statuses[-1] == 429
    refused = ask(platform, http)
    assert 0 < int(refused.headers["retry-after"]) <= 30
    assert refused.json()["error"]


def test_failures_count_and_block_everybody_at_the_address(start_platform, http):
    platform = start_platform("--set", "oauth.burst=3", "--set", "oauth.block_s=30")
    for _ in range(8):
        ask(platform, http, client_secret="wrong")
    assert ask(platform, http).status == 429


def test_a_token_that_is_over_is_refused(start_platform, http):
    platform = start_platform(*UNLIMITED_TOKENS, "--set", "oauth.token_lifetime_s=1", "--set", "oauth.reuse_left_s=0")
    token = ask(platform, http).json()["access_token"]
    over = wait_until(
        "the end of a token's life",
        lambda: answer if (answer := topology(platform, http, token)).status != 200 else None,
        deadline_s=30,
        every_s=0.2,
    )
    assert over.status == 401
    assert over.json()["status"] == 401


def test_a_client_that_is_deleted_is_out_at_once(platform, http, tmp_path):
    console = platform.console_credentials()
    file = tmp_path / "short-lived.txt"
    created = ("console", "clients", "create", "short-lived", "--scope", "Zeebe", "--out", str(file))
    assert c8(*created, environment=console).returncode == 0
    made = read_exports(file)
    identity = {"client_id": made["CAMUNDA_CLIENT_ID"], "client_secret": made["CAMUNDA_CLIENT_SECRET"]}
    token = ask(platform, http, **identity).json()["access_token"]
    assert topology(platform, http, token).status == 200
    gone = c8("console", "clients", "delete", made["CAMUNDA_CLIENT_ID"], environment=console)
    assert gone.returncode == 0, gone.stderr
    assert topology(platform, http, token).status == 401
    assert ask(platform, http, **identity).status == 401


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Bearer nonsense", "Basic ZGVtbzpkZW1v", "bearer a.b.c"])
def test_without_a_token_that_holds_there_is_no_entrance(platform, http, header):
    answer = http("GET", f"{platform.rest}/v2/topology", headers={"Authorization": header} if header else {})
    assert answer.status == 401
    assert "application/problem+json" in answer.headers["content-type"]
