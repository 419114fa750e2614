"""`c8 console` against an Administration API that has everything: what each verb asks, and what it shows."""

import json
import re
from typing import Any

import click
import pytest

from c8py.cli.console import console_
from c8py.cli.groups import NOUNS
from harness.answering import HttpServer, Reply
from harness.component_facts import FACTS

CLUSTER = "6ff582aa-a62e-4a28-aac7-4d2224d8c58a"
C = f"/clusters/{CLUSTER}"
SECRET = "s3cr~t"
ROWS = {operation.row["id"]: operation for operation in FACTS["console"].operations}
AT = ["--cluster", CLUSTER]
Asked = list[tuple[str, str, object]]


def answer(request):
    """What the API says, made of the facts of the operation that was asked."""
    if request.path == "/oauth/token":
        return Reply(200, b'{"access_token":"abc","expires_in":300}')
    for operation in ROWS.values():
        path = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(operation.path))
        if request.method == operation.method and re.fullmatch(path, request.path):
            kind = operation.row.get("answer", "")
            if not kind:
                return Reply(204)
            return Reply(200, b"a,b\n1,2\n" if kind == "text" else json.dumps(sample(kind)).encode())
    raise AssertionError(f"{request.method} {request.path} is no operation")


def sample(kind: str) -> Any:
    made = FACTS["console"].sample(kind)
    for one in made if isinstance(made, list) else [made]:
        if kind.strip("list[]") == "Cluster":
            one |= {"uuid": CLUSTER, "name": "mine", "ipallowlist": [{"ip": "192.0.2.1", "description": "office"}]}
            one["status"]["ready"] = "Healthy"
    return made


def cluster_that_is(state: str) -> bytes:
    return json.dumps({**sample("Cluster"), "status": {"ready": state}}).encode()


@pytest.fixture
def api(monkeypatch):
    server = HttpServer(answer)
    for name, value in {
        "CAMUNDA_CONSOLE_CLIENT_ID": "org",
        "CAMUNDA_CONSOLE_CLIENT_SECRET": "secret-of-org",
        "CAMUNDA_CONSOLE_BASE_URL": server.url,
        "CAMUNDA_OAUTH_URL": f"{server.url}/oauth/token",
        "CAMUNDA_TOKEN_DISK_CACHE_DISABLE": "true",
    }.items():
        monkeypatch.setenv(name, value)
    yield server
    server.close()


@pytest.fixture
def console(c8, api):
    """Run `c8 console …`; what it asked comes along."""

    def run(*arguments: str, stdin: bytes = b""):
        ran = c8("console", *arguments, stdin=stdin)
        calls = [one for one in api.received if one.path != "/oauth/token"]
        api.received.clear()
        return ran, [(one.method, one.path, json.loads(one.body) if one.body else None) for one in calls]

    return run


VERBS = [
    ("clusters list", [("GET", "/clusters", None)], CLUSTER),
    ("clusters parameters", [("GET", "/clusters/parameters", None)], "generation"),
    (f"clusters get {CLUSTER}", [("GET", C, None)], "Healthy"),
    (
        "clusters create new --stage dev --auto-update --packages 2 --wait",
        [
            ("GET", "/clusters/parameters", None),
            (
                "POST",
                "/clusters",
                {
                    **dict.fromkeys(("planTypeId", "channelId", "generationId", "regionId"), "text"),
                    "name": "new",
                    "stageLabel": "dev",
                    "autoUpdate": True,
                    "hardwarePackages": 2,
                },
            ),
            ("GET", "/clusters/text", None),
        ],
        "Healthy",
    ),
    (f"clusters update {CLUSTER} --name other", [("PATCH", C, {"name": "other"})], CLUSTER),
    (f"clusters wake {CLUSTER}", [("PUT", f"{C}/wake", None)], "resuming"),
    (f"clusters upgrade {CLUSTER}", [("PUT", f"{C}/upgrade", None)], "text"),
    (f"clusters encrypt {CLUSTER} --key k", [("PUT", f"{C}/encryption", {"primaryEncryptionKeyId": "k"})], CLUSTER),
    (
        f"clusters failover {CLUSTER} --backup a --backup b --restore a --yes",
        [("POST", f"{C}/failover", {"backupIds": ["a", "b"], "restoreBackupId": "a"})],
        "text",
    ),
    ("clusters delete mine --yes", [("GET", "/clusters", None), ("DELETE", C, None)], CLUSTER),
    ("clients list", [("GET", f"{C}/clients", None)], "Zeebe"),
    ("clients get a", [("GET", f"{C}/clients/a", None)], "text"),
    ("clients delete a", [("DELETE", f"{C}/clients/a", None)], "deleted"),
    ("ip-allowlist list", [("GET", C, None)], "office"),
    (
        "ip-whitelist set 198.51.100.7,10.0.0.0/8=home",
        [("PUT", f"{C}/ipallowlist", {"ipallowlist": [{"ip": "198.51.100.7,10.0.0.0/8", "description": "home"}]})],
        "home",
    ),
    (
        "allowlist add ::1",
        [
            ("GET", C, None),
            (
                "PUT",
                f"{C}/ipallowlist",
                {"ipallowlist": [{"ip": "192.0.2.1", "description": "office"}, {"ip": "::1", "description": ""}]},
            ),
        ],
        "::1",
    ),
    (
        "ip-allowlist remove 192.0.2.1 --yes",
        [("GET", C, None), ("PUT", f"{C}/ipallowlist", {"ipallowlist": []})],
        "",
    ),
    ("ip-allowlist clear --yes", [("PUT", f"{C}/ipallowlist", {"ipallowlist": []})], ""),
    ("secrets list", [("GET", f"{C}/secrets", None)], "name"),
    ("connector-secrets delete a", [("DELETE", f"{C}/secrets/a", None)], "deleted"),
    ("members list", [("GET", "/members", None)], "invited"),
    (
        "members set a@b.c --role Admin --role analyst",
        [("POST", "/members/a%40b.c", {"orgRoles": ["admin", "analyst"]})],
        "a@b.c",
    ),
    ("members delete a@b.c", [("DELETE", "/members/a%40b.c", None)], "a@b.c"),
    ("backups list", [("GET", f"{C}/backups", None)], "In progress"),
    ("backups create", [("POST", f"{C}/backups", None)], "In progress"),
    ("backups delete a", [("DELETE", f"{C}/backups/a", None)], "In progress"),
    ("backups restore a --yes", [("POST", f"{C}/backups/a/restore", None)], "PENDING"),
    ("backups restore-status a", [("GET", f"{C}/backups/a/restore", None)], "PENDING"),
    ("backups schedule get", [("GET", f"{C}/backups/schedule", None)], "schedule"),
    ("backups schedule set 0_3", [("PUT", f"{C}/backups/schedule", {"schedule": "0_3"})], "schedule"),
    ("backups schedule delete", [("DELETE", f"{C}/backups/schedule", None)], "deleted"),
    ("monitoring status", [("GET", f"{C}/monitoring/clients", None)], "text"),
    ("monitoring activate", [("POST", f"{C}/monitoring", None)], "activated"),
    ("monitoring deactivate --yes", [("DELETE", f"{C}/monitoring", None)], "deactivated"),
    ("monitoring create-client bob", [("POST", f"{C}/monitoring/clients", {"username": "bob"})], SECRET),
    ("monitoring rotate-password a", [("POST", f"{C}/monitoring/clients/a/rotate", None)], SECRET),
    ("monitoring delete-client a", [("DELETE", f"{C}/monitoring/clients/a", None)], "deleted"),
    ("secure-connectivity status", [("GET", f"{C}/secure-connectivity", None)], "name"),
    (
        "secure-connectivity activate --principal p --region r",
        [("POST", f"{C}/secure-connectivity", {"allowedPrincipals": ["p"], "allowedRegions": ["r"]})],
        "activated",
    ),
    ("secure-connectivity deactivate --yes", [("DELETE", f"{C}/secure-connectivity", None)], "deactivated"),
    ("activity", [("GET", "/activity/json", None)], "text"),
    ("ip-ranges", [("GET", "/meta/ip-ranges", None)], "text"),
]
OF_CLUSTER = (
    "clients",
    "ip-allow",
    "ip-white",
    "allowlist",
    "secrets",
    "connector",
    "backups",
    "monitoring",
    "secure-",
)


@pytest.mark.parametrize(("words", "asked", "shown"), VERBS, ids=[words for words, _, _ in VERBS])
def test_a_verb_asks_what_it_says_and_shows_what_it_hears(console, words: str, asked: Asked, shown: str):
    arguments = [*words.split(), *(AT if words.startswith(OF_CLUSTER) else [])]
    ran, calls = console(*arguments)
    assert (ran.code, calls) == (0, asked), ran.err
    assert shown in ran.out
    told, again = console(*arguments, "--json")
    assert again == asked
    json.loads(told.out)


def test_every_operation_has_a_verb_and_every_verb_its_test():
    tried = {words.partition(" -")[0] for words, _, _ in VERBS} | {"clients create", "activity --csv"}
    tried |= {"secrets create", "secrets update"}
    for name, operation in ROWS.items():
        verb = operation.row["verb"]
        command: click.Command | None = console_
        for word in verb.partition(" --")[0].split():
            assert isinstance(command, click.Group), verb
            command = command.get_command(click.Context(command), word)
        assert command is not None, f"{name}: c8 console {verb}"
        noun, _, rest = verb.partition(" ")
        same = (noun, *NOUNS.get(noun, ()), *NOUNS.get(noun.removesuffix("s"), ()))
        assert any(one.startswith(f"{alias} {rest}".strip()) for one in tried for alias in same), verb


@pytest.mark.parametrize(("verb", "method", "path"), [("create", "POST", "/secrets"), ("update", "PUT", "/secrets/A")])
def test_the_value_of_a_secret_comes_from_standard_input_and_is_not_shown(console, verb, method, path):
    ran, calls = console("secrets", verb, "A", *AT, stdin=b"t0psecret\n")
    assert [(one[0], one[1]) for one in calls] == [(method, C + path)]
    assert calls[0][2]["secretValue"] == "t0psecret"
    assert "t0psecret" not in ran.out + ran.err
    empty, calls = console("secrets", verb, "A", *AT)
    assert (empty.code, calls) == (2, [])


def test_secrets_are_shown_when_asked_for_and_not_before(console):
    hidden, _ = console("secrets", "list", *AT)
    assert SECRET not in hidden.out + console("secrets", "list", *AT, "--json")[0].out
    shown, _ = console("secrets", "list", "--show", *AT, "--json")
    assert json.loads(shown.out) == {"name": SECRET}


def test_activity_as_csv_is_as_the_api_has_it(console):
    ran, calls = console("activity", "--csv")
    assert (ran.out, calls) == ("a,b\n1,2\n", [("GET", "/activity/csv", None)])


@pytest.mark.parametrize(
    "words",
    ["clusters delete mine", "ip-allowlist clear", "ip-allowlist remove 192.0.2.1", "backups restore a"],
)
def test_what_nobody_can_undo_is_not_done_unasked(console, words):
    ran, calls = console(*words.split(), *(AT if words.startswith(OF_CLUSTER) else []))
    assert ran.code == 2
    assert "--yes" in ran.err
    assert [call for call in calls if call[0] != "GET"] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("ip-allowlist set 300.1.1.1", "expected an address or a range, but got '300.1.1.1'"),
        ("ip-allowlist remove 192.0.2.9", "192.0.2.9"),
        ("clusters update", "expected something to change"),
        ("clusters create x --region nowhere", "expected one region called 'nowhere'"),
    ],
)
def test_what_makes_no_sense_is_not_sent(console, words, said):
    ran, calls = console(*words.split(), *(AT if words.startswith(OF_CLUSTER) else []))
    assert ran.code == 2
    assert said in ran.err
    assert [call for call in calls if call[0] != "GET"] == []


def test_a_new_clients_file_names_the_components_where_the_api_says_they_are(console):
    ran, _ = console("clients", "create", "x", "--cluster", "mine")
    lines = dict(re.findall(r"^export (\w+)='(.*)'$", ran.out, re.MULTILINE))
    assert lines["ZEEBE_CLIENT_SECRET"] == SECRET
    # The sample's permissions are those of the first kind alone.
    assert lines["CAMUNDA_CREDENTIALS_SCOPES"] == "Zeebe"
    assert "CAMUNDA_TASKLIST_BASE_URL" not in lines


def test_a_cluster_that_is_being_made_is_waited_for(console, api, monkeypatch):
    monkeypatch.setattr("c8py.cli.console.clusters._LOOK_S", 0.001)
    states = iter(["Creating", "Creating", "Unhealthy", "Healthy"])
    inner = api.answer

    def growing(request):
        reply = inner(request)
        if request.method == "GET" and request.path == "/clusters/text":
            return reply._replace(body=cluster_that_is(next(states)))
        return reply

    api.answer = growing
    ran, calls = console("clusters", "create", "x", "--wait")
    assert (ran.code, len(calls)) == (0, 6)
    assert "status\tHealthy" in ran.out
    assert [line.rpartition(" ")[2] for line in ran.err.splitlines()] == ["Creating", "Unhealthy"]


def test_a_cluster_that_takes_too_long_is_an_exit_code(console, api):
    inner = api.answer
    creating = cluster_that_is("Creating")
    api.answer = lambda got: Reply(200, creating) if got.path == "/clusters/text" else inner(got)
    ran, _ = console("clusters", "create", "x", "--wait", "--timeout", "0")
    assert ran.code == 3
    assert "but it is Creating" in ran.err
