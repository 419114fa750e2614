"""Every verb against a platform, over real sockets: what a program that pipes `c8` gets to see."""

import json
import os
import re
import stat
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path

import pytest

import c8py.cli
from c8py.cli.programs import run_program
from c8py.cli.quickstart_steps import JOB_TYPE
from c8py.errors import JobFailure

MODEL = str(Path(c8py.cli.__file__).with_name("quickstart.bpmn"))


@pytest.fixture
def there(c8, platform):
    """`c8` with the cluster's credentials."""
    return lambda *arguments, **more: c8(*arguments, "--credentials", platform.credentials_file, **more)


@pytest.fixture
def organization(c8, platform):
    """`c8` with the organization's credentials."""
    return lambda *arguments: c8(*arguments, "--credentials", platform.console_credentials_file)


@pytest.fixture
def instance(there) -> Generator[str]:
    """A process instance that waits at its task, gone afterwards."""
    assert there("deploy", MODEL).code == 0
    ran = there("create", "instance", "quickstart", "--variables", '{"amount": 5}', "--json")
    key = json.loads(ran.out)["processInstanceKey"]
    yield key
    there("cancel", "instance", key)


def test_a_terminal_too_narrow_for_a_table_still_shows_keys_whole(there, instance):
    wide, narrow = (there("list", "jobs", "--instance", instance, columns=columns) for columns in (200, 40))
    assert wide.out.split() == narrow.out.split()
    assert instance in narrow.out.split()


def test_a_name_that_nothing_has_is_answered_with_those_there_are(organization):
    unknown = organization("cluster", "show", "nowhere")
    assert unknown.code == 2
    assert "but nowhere is none; there are none yet; see c8 cluster show --help" in unknown.err
    plan = organization("console", "clusters", "create", "new", "--plan", "Basic")
    assert plan.code == 2
    assert "expected one plan called 'Basic', but there are 'Local', 'Zeebe, 1 broker', " in plan.err


@pytest.mark.parametrize("protocol", ["--grpc", "--rest"])
def test_topology_has_facts_and_partitions(there, protocol):
    lines = there("topology", protocol).out.splitlines()
    assert lines[1:4] == ["brokers\t1", "partitions\t1", "replicas\t1"]
    assert lines[4].split("\t")[4:] == ["leader", "healthy"]


def test_the_token_is_hidden_unless_it_is_asked_for(there):
    shown, raw = there("token"), there("token", "--raw")
    assert raw.out.count(".") == 2
    assert raw.out.strip() not in shown.out
    assert "… (hidden)" in shown.out
    assert json.loads(there("token", "--json").out)["access_token"] == raw.out.strip()


def test_each_api_has_a_token_of_its_own(there, organization):
    def audience(ran) -> str:
        assert ran.code == 0, ran.err
        return json.loads(ran.out)["audience"]

    assert audience(organization("token", "--api", "console", "--json")) == audience(organization("token", "--json"))
    assert audience(there("token", "--api", "cluster", "--json")) == audience(there("token", "--json"))
    assert there("token", "--api", "console").code == 2
    assert json.loads(organization("auth", "status", "--json").out)["token"] == "fresh"


def test_a_list_that_is_cut_says_so_and_knows_its_states(there, instance):
    other = json.loads(there("create", "instance", "quickstart", "--json").out)["processInstanceKey"]
    cut = there("list", "instances", "--limit", "1", "--state", "active")
    assert len(cut.out.splitlines()) == 1
    assert re.search(r"these are 1 of \d+; --limit shows more", cut.err)
    assert there("cancel", "instance", other).code == 0
    assert there("list", "instances", "--state", "gone").code == 2
    assert there("list", "jobs", "--state", "gone").code == 2


def test_an_instance_is_deployed_started_looked_at_and_cancelled(there, instance):
    assert f"instance\t{instance}" in there("get", "instance", instance).out
    assert instance in there("list", "instances", "--state", "active").out
    assert "amount\t5" in there("list", "vars", "--instance", instance).out
    assert there("set", "variables", instance, '{"amount": 6}').code == 0
    assert "amount\t6" in there("list", "variables", "--instance", instance).out
    assert there("cancel", "pi", instance).out == f"cancelled\t{instance}\n"
    assert json.loads(there("get", "instance", instance, "--json").out)["state"] in {"CANCELED", "TERMINATED"}


def test_run_deploys_and_starts(there):
    ran = there("run", MODEL, "--variables", '{"amount": 1}', "--json")
    key = json.loads(ran.out)["processInstanceKey"]
    assert there("cancel", "instance", key).code == 0
    assert there("run", MODEL, "--process", "other").code == 2


def test_a_job_is_taken_failed_resolved_and_completed_by_hand(there, instance):
    taken = json.loads(there("activate", "jobs", JOB_TYPE, "--max", "1", "--json").out)
    key = taken[0]["jobKey"]
    assert taken[0]["processInstanceKey"] == instance
    assert there("fail", "job", key, "--message", "by hand").code == 0
    incident = there("list", "incidents", "--instance", instance).out.split("\t")[0]
    refused = there("resolve", "incident", incident)
    assert (refused.code, refused.err.count("\n")) == (1, 1)
    assert there("set", "retries", key, "2").code == 0
    assert there("resolve", "incident", incident).code == 0
    assert there("complete", "jobs", "1").code == 1


def test_a_completed_job_ends_the_instance_and_is_completed_once(there, instance):
    key = json.loads(there("activate", "job", JOB_TYPE, "--json").out)[0]["jobKey"]
    assert there("complete", "job", key, "--variables", '{"approved": true}').out == f"completed\t{key}\n"
    assert "state\tCOMPLETED" in there("get", "instance", instance).out
    again = there("complete", "job", key)
    assert again.code == 1
    assert again.err.count("\n") == 1


def test_a_program_works_on_jobs(there, instance, tmp_path):
    program = tmp_path / "check.py"
    program.write_text(
        "import json, sys\nprint(json.dumps({'approved': json.load(sys.stdin)['amount'] > 3}))\n", encoding="utf-8"
    )
    ran = there("work", JOB_TYPE, "--exec", f"{sys.executable} {program}", "--stop-after", "1", "--json")
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["completed"] == 1
    assert "approved\ttrue" in there("list", "variables", "--instance", instance).out


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import sys; sys.exit('no money')", "ended with exit code 1: no money"),
        ("print('no json')", "expected"),
        ("print([1])", "but it printed list"),
    ],
)
def test_a_program_that_fails_fails_the_job(there, instance, tmp_path, code, words):
    program = tmp_path / "broken.py"
    program.write_text(code, encoding="utf-8")
    ran = there("work", JOB_TYPE, "--exec", f"{sys.executable} {program}", "--stop-after", "1", "--json")
    assert json.loads(ran.out)["failed"] == 1
    assert words in ran.err


def test_a_client_is_made_listed_looked_at_used_and_deleted(organization, c8, tmp_path):
    file = tmp_path / "client.txt"
    made = organization("console", "clients", "create", "cli-test", "--scope", "zeebe", "--out", str(file), "--json")
    client_id = json.loads(made.out)["clientId"]
    secret = next(line for line in file.read_text().splitlines() if "ZEEBE_CLIENT_SECRET" in line).split("'")[1]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert secret not in made.out + made.err
    assert client_id in organization("console", "client", "list").out
    assert secret not in organization("console", "clients", "get", client_id, "--json").out
    assert c8("topology", "--rest", "--credentials", str(file)).code == 0
    assert c8("topology", "--grpc", "--credentials", str(file)).code == 0

    again = organization("console", "clients", "create", "other", "--out", str(file))
    assert again.code == 1
    assert "it exists; choose another name or add --force" in again.err
    assert "other" not in organization("console", "clients", "list").out

    assert organization("console", "clients", "delete", client_id).code == 0
    assert c8("topology", "--rest", "--credentials", str(file)).code == 4


def test_the_file_has_the_lines_of_consoles_own(organization, tmp_path, platform):
    file = tmp_path / "client.txt"
    assert organization("console", "clients", "create", "lines", "--out", str(file)).code == 0
    own, theirs = (
        [line for line in Path(path).read_text().splitlines() if "CLIENT" not in line and "REST" not in line]
        for path in (file, platform.credentials_file)
    )
    assert own == theirs
    names = [
        [line.partition("=")[0] for line in Path(path).read_text().splitlines()]
        for path in (file, platform.credentials_file)
    ]
    assert names[0] == names[1]
    assert any("CAMUNDA_OPTIMIZE_BASE_URL=" in line for line in own)


def test_clusters_are_listed(organization, platform):
    assert platform.cluster_id in organization("console", "clusters", "list").out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["get", "instance", "1"], 1),
        (["create", "instance", "no-such-process"], 1),
        (["resolve", "incident", "1"], 1),
        (["set", "variables", "1", "{}"], 1),
        (["console", "clusters", "list"], 2),
    ],
)
def test_a_refused_call_is_one_line(there, arguments, code):
    ran = there(*arguments)
    assert (ran.code, ran.out) == (code, "")
    assert ran.err.startswith("c8: expected")
    assert ran.err.count("\n") == 1


def test_a_malformed_model_names_its_fault(there, tmp_path):
    file = tmp_path / "broken.bpmn"
    file.write_text("<definitions", encoding="utf-8")
    ran = there("deploy", str(file))
    assert ran.code == 1
    assert "broken.bpmn" in ran.err


def test_a_wrong_secret_is_exit_code_4(c8, platform, tmp_path):
    file = tmp_path / "wrong.txt"
    lines = Path(platform.credentials_file).read_text().splitlines()
    changed = [line.partition("=")[0] + "='wrong'" if "SECRET" in line else line for line in lines]
    file.write_text("\r\n".join(changed), encoding="utf-8")
    ran = c8("topology", "--credentials", str(file))
    assert ran.code == 4
    assert ran.err.count("\n") == 1


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_told_to_stop_a_worker_finishes_what_it_has_and_ends_well(instance, there, platform, tmp_path):
    begun = tmp_path / "begun"
    program = tmp_path / "slow.py"
    program.write_text(
        f"import pathlib, time; pathlib.Path({str(begun)!r}).touch(); time.sleep(1)\nprint('{{\"approved\": true}}')",
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "c8py.cli", "work", JOB_TYPE, "--json", "--exec", f"{sys.executable} {program}"]
    command += ["--credentials", platform.credentials_file]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as working:
        until_s = time.monotonic() + 20
        while not begun.exists() and time.monotonic() < until_s:
            time.sleep(0.02)
        working.terminate()
        out, _err = working.communicate(timeout=20)
    assert working.returncode == 0
    assert json.loads(out)["completed"] == 1
    assert "state\tCOMPLETED" in there("get", "instance", instance).out


def test_a_worker_whose_credentials_are_refused_ends_at_once(c8, platform, tmp_path):
    file = tmp_path / "wrong.txt"
    lines = Path(platform.credentials_file).read_text().splitlines()
    file.write_text("\n".join(line.replace("SECRET='", "SECRET='x") for line in lines), encoding="utf-8")
    ran = c8("work", "t", "--exec", "true", "--credentials", str(file))
    assert ran.code == 4
    assert "c8: expected" in ran.err


def test_a_file_that_cannot_be_written_makes_no_client(organization, tmp_path):
    """The secret is told once: a client made before the file fails would be lost."""
    refused = organization("console", "clients", "create", "lost", "--out", str(tmp_path / "nowhere" / "x.txt"))
    assert refused.code == 1
    assert "expected to write" in refused.err
    assert "lost" not in organization("console", "clients", "list").out


def test_the_file_of_an_organizations_client_gives_its_token(organization):
    ran = organization("token", "--json")
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["audience"] == "api.cloud.camunda.io"


def test_a_verb_without_its_noun_shows_its_help(c8):
    for arguments in ((), ("list",)):
        ran = c8(*arguments)
        assert ran.code == 2
        assert "Commands:\n" in ran.err


async def test_a_program_that_overstays_ends_with_all_it_has_started():
    with pytest.raises(JobFailure, match=r"to end within 0\.5 s"):
        await run_program(["sh", "-c", "sleep 60; true"], {}, 0.5)


async def test_a_program_that_writes_without_end_is_ended():
    with pytest.raises(JobFailure, match="of output, but the program wrote more"):
        await run_program(["sh", "-c", "cat >/dev/null; head -c 9000000 /dev/zero; sleep 60"], {}, 30)
