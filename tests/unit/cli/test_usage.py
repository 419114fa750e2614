"""What a person types wrongly is answered in one line, with a next step and exit code 2."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from c8py.cli.app import VERBS
from c8py.cli.options import Connection
from c8py.cli.work import Asked


def test_version_is_told(c8):
    ran = c8("--version")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("c8 0.")


def test_the_shell_is_told_how_a_verb_goes_on():
    environ = {**os.environ, "_C8_COMPLETE": "bash_complete", "COMP_WORDS": "c8 tok", "COMP_CWORD": "1"}
    command = [sys.executable, "-m", "c8py.cli"]
    assert subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stdout == "plain,token\n"


def test_help_shows_every_verb_and_the_exit_codes(c8):
    ran = c8("--help")
    assert ran.code == 0
    assert all(f"  {verb} " in ran.out for verb in VERBS)
    assert "130 interrupted" in " ".join(ran.out.split())


@pytest.mark.parametrize("verb", VERBS)
def test_sentences_of_commands_are_whole(c8, verb):
    assert "..." not in c8(verb, "--help").out.partition("Commands:")[2]


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(c8, verb):
    ran = c8(verb, "--help")
    assert ran.code == 0
    assert ran.out.startswith(f"Usage: c8 {verb}")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["topolgy"], "Did you mean 'topology'?; see c8 --help"),
        (["create", "instnace"], "Did you mean 'instance'?"),
        (["create", "instance"], "missing argument 'PROCESS_ID'; see c8 create instance --help"),
        (["cancel", "instance", "abc"], "expected a key, which is a number, but got 'abc'"),
        (["create", "instance", "p", "--variables", "{"], "expected JSON such as"),
        (["create", "instance", "p", "--variables", "[1]"], "expected a JSON object, but got list"),
        (["create", "instance", "p", "--variables", "@nowhere.json"], "expected to read nowhere.json, but"),
        (["set", "variables", "1", "5"], "expected a JSON object, but got int"),
        (["up", "--ephemeral", "--data-dir", "x"], "expected --ephemeral or --data-dir, but got both"),
        (["up", "--set", "nonsense"], "expected --set NAME=VALUE, but got 'nonsense'"),
        (["up", "--set", "oauth.rate=5"], "but got oauth.rate"),
        (["up", "--set", "oauth.burst=many"], "expected settings that fit"),
        (
            ["up", "--set", "allowed_hosts=a.example, b.example", "--set", "oauth.burst=0"],
            "expected oauth.burst between",
        ),
        (["up", "--set", "host.name=1"], "but host.name is none"),
        (["up", "--set", "oauth.burst=0"], "expected oauth.burst between 1 and 100000, but it is 0"),
        (["up", "--http-port", "70000"], "70000"),
        (["work", "t"], "expected one of --exec CMD and --python MODULE:FUNCTION"),
        (["work", "t", "--exec", "a", "--python", "b:c"], "expected one of"),
        (["work", "t", "--exec", "'open"], "cannot be split"),
        (["work", "t", "--exec", " "], "it is empty"),
        (["work", "t", "--exec", "no-such-program 1"], "there is no 'no-such-program' on the PATH"),
        (["topology", "--credentials", "/nowhere/at/all.txt"], "/nowhere/at/all.txt"),
        (["deploy", "nowhere.bpmn"], "'nowhere.bpmn' does not exist"),
        (["work", "t", "--python", "nothing"], "expected --python MODULE:FUNCTION, but got 'nothing'"),
        (["work", "t", "--python", "no.such.module:f"], "expected a module no.such.module"),
        (["work", "t", "--python", "json:no_such"], "expected a function no_such in json, but there is none"),
        (["token"], "expected credentials of an OAuth client, but auth is none"),
        (["quickstart", "--data-dir", "x", "--no-platform"], "but got both"),
        (["console", "clients", "create", "x"], "CAMUNDA_CONSOLE_CLIENT_ID"),
        (["topology", "--credentials", "nowhere.txt"], "nowhere.txt"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(c8, arguments, words):
    ran = c8(*arguments)
    assert ran.code == 2, ran
    assert ran.out == ""
    assert ran.err.startswith("c8: ")
    assert ran.err.count("\n") == 1
    assert words in ran.err


def test_a_module_that_breaks_is_its_authors_matter_and_named_with_the_line(c8, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "breaks_off.py").write_text("worker = Worker(\n")
    (tmp_path / "breaks_down.py").write_text("def made(name):\n    return name\n\n\nraise RuntimeError('no shop')\n")
    (tmp_path / "asks_for_more.py").write_text("def made(name):\n    return name\n")
    off, down, more = (c8("work", f"{name}:made") for name in ("breaks_off", "breaks_down", "asks_for_more"))
    assert (off.code, down.code, more.code) == (2, 2, 2)
    assert "SyntaxError: '(' was never closed" in off.err
    assert f"({tmp_path / 'breaks_off.py'}, line 1); see c8 work --help" in off.err
    assert f"RuntimeError: no shop ({tmp_path / 'breaks_down.py'}, line 5)" in down.err
    assert "expected a Worker at asks_for_more:made, or a function that makes one" in more.err


def test_the_processes_of_a_worker_go_where_the_first_was_told_to():
    connection = Connection(
        credentials=Path("a.txt"), env_file=Path("b.env"), profile="prod", grpc_address="c", rest_address="d"
    )
    asked = Asked(
        connection=connection,
        target="shop:worker",
        program=None,
        function=None,
        max_jobs=None,
        timeout_s=None,
        terms=(),
        name=None,
        stop_after=None,
    )
    words = asked.arguments()
    assert list(zip(words[::2], words[1::2], strict=True)) == [
        ("--credentials", "a.txt"),
        ("--env-file", "b.env"),
        ("--profile", "prod"),
        ("--grpc-address", "c"),
        ("--rest-address", "d"),
        ("--", "shop:worker"),
    ]


def test_a_worker_that_is_not_there_is_exit_code_3(c8, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.invalid:3128")
    ran = c8("worker", "status", "--port", "1")
    assert (ran.code, ran.out) == (3, "")
    assert "expected a worker at http://127.0.0.1:1/status, but Connection refused; start it with" in ran.err


@pytest.mark.skipif(os.name == "nt", reason="shells of Windows close no streams")
def test_closed_standard_streams_are_no_fault():
    command = f'"{sys.executable}" -m c8py.cli config explain --json'
    for closed in (">&-", "<&-", "2>&-", "<&- >&- 2>&-"):
        assert subprocess.run(["sh", "-c", f"{command} {closed}"], check=False, capture_output=True).returncode == 0


def test_an_address_that_is_named_is_the_one_that_is_called(c8, tmp_path):
    file = tmp_path / "both.env"
    file.write_text(
        "CAMUNDA_REST_ADDRESS=http://of-the-file.invalid\nCAMUNDA_GRPC_ADDRESS=grpc://of-the-file.invalid\n"
    )
    env = ("--env-file", str(file))
    assert "http://127.0.0.1:1" in c8("topology", *env, "--rest-address", "http://127.0.0.1:1").err
    assert "grpc://127.0.0.1:1" in c8("topology", *env, "--grpc-address", "grpc://127.0.0.1:1").err


def test_nobody_there_is_exit_code_3(c8):
    ran = c8("topology", "--rest", "--rest-address", "http://127.0.0.1:1")
    assert ran.code == 3
    assert ran.err.count("\n") == 1


def test_variables_of_ten_megabytes_are_refused_here(c8):
    ran = c8("create", "instance", "p", "--variables", "-", stdin=b'{"a":"' + b"x" * 10_000_000 + b'"}')
    assert ran.code == 2
    assert "expected at most 4194304 bytes" in ran.err


def test_config_explain_masks_secrets_and_names_sources(c8, monkeypatch):
    monkeypatch.setenv("ZEEBE_CLIENT_ID", "the-client")
    monkeypatch.setenv("ZEEBE_CLIENT_SECRET", "the-secret")
    monkeypatch.setenv("CAMUNDA_OAUTH_URL", "http://127.0.0.1:1/oauth/token")
    ran = c8("config", "explain")
    assert "client_id\tthe-client\tenvironment ZEEBE_CLIENT_ID\n" in ran.out
    assert "client_secret\t***\t" in ran.out
    assert "the-secret" not in ran.out + ran.err + c8("config", "explain", "--json").out


def test_config_explain_says_what_does_not_hold_and_what_is_wrong_and_ends_with_2(c8, monkeypatch):
    monkeypatch.setenv("CAMUNDA_CLIENT_ID", "one")
    monkeypatch.setenv("ZEEBE_CLIENT_ID", "another")
    monkeypatch.setenv("ZEEBE_CLIENT_LOG_LEVEL", "debug")
    ran = c8("config", "explain")
    assert ran.code == 2
    assert "does not hold\tclient_id: another (environment ZEEBE_CLIENT_ID)\n" in ran.out
    assert "without effect\tenvironment ZEEBE_CLIENT_LOG_LEVEL: " in ran.out
    assert "wrong\texpected one client_id, but environment CAMUNDA_CLIENT_ID and environment ZEEBE_CLIENT_ID" in ran.out
    as_json = c8("config", "explain", "--json")
    assert as_json.code == 2
    assert [one["kind"] for one in json.loads(as_json.out)["problems"]][:1] == ["contradiction"]


def test_config_explain_says_what_is_derived_of_what(c8, monkeypatch):
    monkeypatch.setenv("CAMUNDA_CLUSTER_ID", "e5b1ab27-9b1c-4a7c-8d5a-2f36f0a9a4a1")
    monkeypatch.setenv("CAMUNDA_CLUSTER_REGION", "bru-2")
    monkeypatch.setenv("CAMUNDA_CLIENT_ID", "id")
    monkeypatch.setenv("CAMUNDA_CLIENT_SECRET", "secret")
    ran = c8("config", "explain")
    assert ran.code == 0
    assert re.search(r"^rest_address\thttps://bru-2\.\S+\tderived from cluster_id and region$", ran.out, re.MULTILINE)


def test_config_explain_has_names_and_sources_whole_on_a_narrow_terminal(c8, monkeypatch, tmp_path):
    folder = tmp_path / "a folder with quite a long name"
    folder.mkdir()
    file = folder / "CamundaCloudMgmtAPI-Client-of-somebody.txt"
    file.write_text("CAMUNDA_REST_ADDRESS='http://c8.example:8080'\n")
    monkeypatch.setenv("NO_COLOR", "1")
    ran = c8("config", "explain", "--credentials", str(file), columns=40)
    assert (
        f"\nrest_address  http://c8.example:8080\n    credentials file {file}, line 1, CAMUNDA_REST_ADDRESS\n"
    ) in ran.out


def test_who_waits_at_a_terminal_is_told_at_once_that_there_is_no_token(monkeypatch):
    monkeypatch.setenv("CAMUNDA_REST_ADDRESS", "http://127.0.0.1:1")
    piped, patient = Connection().settings(), Connection().settings(patient=True)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    assert (piped.token_fail_fast, Connection().settings().token_fail_fast) == (False, True)
    assert (patient.token_fail_fast, Connection().settings(patient=True).token_fail_fast) == (False, False)
    monkeypatch.setenv("CAMUNDA_OAUTH_FAIL_ON_ERROR", "false")
    assert Connection().settings().token_fail_fast is False


def test_a_script_does_not_wait_long_for_a_token_service_that_is_not_there(monkeypatch):
    monkeypatch.setenv("CAMUNDA_REST_ADDRESS", "http://127.0.0.1:1")
    verb, worker = Connection().settings(), Connection().settings(patient=True)
    assert (verb.token_attempts_max, worker.token_attempts_max) == (2, 5)
    monkeypatch.setenv("CAMUNDA_OAUTH_RETRY_MAX", "7")
    assert Connection().settings().token_attempts_max == 7


def test_an_env_file_is_read_where_it_is_named(c8, tmp_path):
    file = tmp_path / "some.env"
    file.write_text("CAMUNDA_REST_ADDRESS=http://c8.example:8080\n")
    assert f"http://c8.example:8080\t.env file {file}, line 1," in c8("config", "explain", "--env-file", str(file)).out
    missing = c8("topology", "--env-file", str(tmp_path / "missing.env"))
    assert missing.code == 2
    assert "expected a .env file at " in missing.err
    assert "Console" not in missing.err


def test_a_fault_is_one_line_and_its_traceback_is_for_debug(c8, monkeypatch):
    def broken(*_: object) -> None:
        raise RuntimeError("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln")

    monkeypatch.setattr("c8py.cli.options.Connection.settings", broken)
    ran = c8("topology")
    assert ran.code == 70
    assert ran.err == (
        "c8: a fault of c8 itself: RuntimeError: ***; run it again as `c8 --debug …` and report what it says\n"
    )
    debugged = c8("--debug", "topology")
    assert "Traceback" in debugged.err
    assert "eyJ" not in debugged.err


def test_the_command_line_starts_without_what_only_verbs_need():
    heavy = "grpc google.protobuf pyreqwest starlette uvicorn rich c8py.client c8py.server asyncio"
    code = f"import sys, c8py.cli.app; print([name for name in '{heavy}'.split() if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert loaded.strip() == "[]"
