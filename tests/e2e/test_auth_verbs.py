"""`c8 auth`: what the processes of this host remember, and how they forget."""

import json

from harness.platform import c8


def environment(platform, tmp_path, **more: str) -> dict[str, str]:
    return platform.credentials() | {"CAMUNDA_TOKEN_CACHE_DIR": str(tmp_path / "tokens")} | more


def status(given: dict[str, str]) -> dict[str, object]:
    ran = c8("auth", "status", "--json", environment=given)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_a_token_is_remembered_from_command_to_command_and_can_be_forgotten(platform, tmp_path):
    given = environment(platform, tmp_path)
    assert status(given)["token"] == "none"
    assert c8("topology", environment=given).returncode == 0
    remembered = status(given)
    assert remembered["token"] == "fresh"
    assert int(str(remembered["token_ends_in_s"])) > 80_000
    assert c8("auth", "clear", environment=given).returncode == 0
    assert status(given)["token"] == "none"


def test_a_refusal_is_remembered_for_these_credentials_alone_and_can_be_forgotten(platform, tmp_path):
    wrong = {name: "wrong" for name in platform.credentials() if name.endswith(("SECRET", "CLIENTSECRET"))}
    given = environment(platform, tmp_path, **wrong)
    assert c8("topology", environment=given).returncode == 4
    assert "access_denied" in str(status(given)["refused"])
    again = c8("topology", environment=given)
    assert "not tried again for" in again.stderr
    assert c8("topology", environment=environment(platform, tmp_path)).returncode == 0
    assert c8("auth", "clear", environment=given).returncode == 0
    assert status(given)["refused"] == ""


def test_what_is_shown_has_no_token_in_it(platform, tmp_path):
    given = environment(platform, tmp_path)
    assert c8("topology", environment=given).returncode == 0
    assert "eyJ" not in c8("auth", "status", environment=given).stdout


def test_without_an_oauth_client_there_is_nothing_to_show():
    ran = c8("auth", "status", environment={"CAMUNDA_REST_ADDRESS": "http://127.0.0.1:1"})
    assert ran.returncode == 2
    assert "but auth is none" in ran.stderr
