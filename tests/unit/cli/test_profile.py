"""`c8 profile`: what a person keeps, where the secrets stand, and that nothing is lost by a mistake."""

import json
import os
import stat
import sys

import filelock
import pytest

SECRET = "a-secret-that-nobody-shall-see"
CONSOLE_FILE = f"""export CAMUNDA_CLUSTER_ID='e5b1ab27-9b1c-4a7c-8d5a-2f36f0a9a4a1'
export CAMUNDA_CLIENT_ID='the-client'
export CAMUNDA_CLIENT_SECRET='{SECRET}'
export CAMUNDA_CLUSTER_REGION='bru-2'
"""


@pytest.fixture
def profiles(c8, tmp_path, monkeypatch):
    """`c8` with profiles of its own; gives the file they are in."""
    monkeypatch.setenv("C8_CONFIG_DIR", str(tmp_path / "config"))
    return tmp_path / "config" / "profiles.toml"


@pytest.fixture
def dev(c8, profiles):
    """A profile `dev`."""
    assert c8("profile", "add", "dev", "--set", "rest_address=http://dev.example").code == 0


def names(c8) -> list[str]:
    return [one["name"] for one in json.loads(c8("profile", "list", "--json").out)["profiles"]]


def test_a_profile_holds_when_it_is_named_and_when_it_is_in_use(c8, profiles, dev, monkeypatch):
    def address(*arguments: str) -> str:
        rows = json.loads(c8("config", "explain", "--json", *arguments).out)["rows"]
        return next(row["value"] for row in rows if row["name"] == "rest_address")

    local = address()
    assert local != "http://dev.example"
    assert address("--profile", "dev") == "http://dev.example"
    monkeypatch.setenv("C8_PROFILE", "dev")
    assert address() == "http://dev.example"
    monkeypatch.delenv("C8_PROFILE")
    assert c8("profile", "use", "dev").code == 0
    assert address() == "http://dev.example"
    assert address("--profile", "") == local
    assert c8("profile", "use", "--none").code == 0
    assert address() == local


def test_the_file_is_for_its_owner_alone(profiles, dev):
    assert stat.S_IMODE(profiles.stat().st_mode) == 0o600
    assert stat.S_IMODE(profiles.parent.stat().st_mode) == 0o700


def test_a_secret_is_no_word_of_the_command_line(c8, profiles):
    ran = c8("profile", "add", "dev", "--set", f"client_secret={SECRET}")
    assert ran.code == 2
    assert "use --ask client_secret" in ran.err
    assert SECRET not in ran.err
    assert not profiles.exists()


def test_a_secret_is_asked_for_and_shown_by_nothing(c8, profiles):
    ran = c8("profile", "add", "dev", "--set", "client_id=x", "--ask", "client_secret", stdin=f"{SECRET}\n".encode())
    assert ran.code == 0
    assert f'client_secret = "{SECRET}"' in profiles.read_text()
    shown = [ran, c8("profile", "list"), c8("profile", "list", "--json"), c8("config", "explain", "--profile", "dev")]
    assert SECRET not in "".join(one.out + one.err for one in shown)
    assert "dev\tno\t\tx\tfile\n" in shown[1].out


def test_in_the_keyring_a_secret_leaves_with_its_profile(c8, profiles, own_keyring, tmp_path):
    file = tmp_path / "creds.txt"
    file.write_text(CONSOLE_FILE)
    assert c8("profile", "import", "prod", str(file), "--keyring").code == 0
    assert own_keyring.secrets == {("c8py", "prod.client_secret"): SECRET}
    assert SECRET not in profiles.read_text()
    assert "prod\tno\te5b1ab27-9b1c-4a7c-8d5a-2f36f0a9a4a1\tthe-client\tkeyring\n" in c8("profile", "list").out
    assert c8("profile", "remove", "prod").code == 0
    assert own_keyring.secrets == {}


def test_who_takes_a_profile_out_of_the_keyring_leaves_nothing_there(c8, profiles, own_keyring, tmp_path):
    file = tmp_path / "creds.txt"
    file.write_text(CONSOLE_FILE)
    c8("profile", "import", "prod", str(file), "--keyring")
    assert c8("profile", "import", "prod", str(file), "--force").code == 0
    assert own_keyring.secrets == {}
    assert SECRET in profiles.read_text()


def test_a_file_from_console_becomes_a_profile_that_says_the_same(c8, profiles, tmp_path):
    file = tmp_path / "creds.txt"
    file.write_text(CONSOLE_FILE)
    assert c8("profile", "import", "prod", str(file), "--use").code == 0
    there, here = (
        json.loads(c8("config", "explain", "--json", *arguments).out)
        for arguments in ((), ("--credentials", str(file)))
    )
    assert there["profile"] == "prod"
    assert there["problems"] == []
    assert [(row["name"], row["value"]) for row in there["rows"]] == [
        (row["name"], row["value"]) for row in here["rows"]
    ]


def test_the_environment_becomes_a_profile_without_the_proxies_of_this_machine(c8, profiles, monkeypatch):
    monkeypatch.setenv("ZEEBE_CLIENT_ID", "of-the-environment")
    monkeypatch.setenv("ZEEBE_REQUEST_TIMEOUT", "5000")
    monkeypatch.setenv("HTTPS_PROXY", "http://user:password@proxy.example:3128")
    assert c8("profile", "import", "dev", "--environment").code == 0
    assert 'client_id = "of-the-environment"' in profiles.read_text()
    assert "proxy.example" not in profiles.read_text()


def test_settings_that_contradict_each_other_are_not_kept(c8, profiles, monkeypatch):
    monkeypatch.setenv("ZEEBE_CLIENT_ID", "one")
    monkeypatch.setenv("CAMUNDA_CLIENT_ID", "another")
    ran = c8("profile", "import", "dev", "--environment")
    assert ran.code == 2
    assert "contradict each other" in ran.err
    assert not profiles.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", "../x", "--set", "client_id=x"), "expected the name of a profile"),
        (("add", "x"), "expected settings"),
        (("add", "x", "--set", "clinet_id=x"), "expected SETTING=VALUE with the name of a setting"),
        (("add", "x", "--set", "client_id"), "expected SETTING=VALUE"),
        (("add", "x", "--set", "request_timeout_s=soon"), "expected a number of seconds"),
        (("add", "x", "--ask", "client_id"), "expected a setting that is a secret"),
        (("add", "x", "--ask", "client_secret"), "expected client_secret in a line of standard input"),
        (("import", "x"), "expected a file or --environment"),
        (("import", "x", "missing.txt"), "missing.txt"),
        (("import", "x", "--environment"), "expected settings in the environment, but there are none"),
        (("use",), "expected the name of a profile or --none"),
        (("use", "deb"), "did you mean 'dev'?"),
        (("remove", "other"), "expected a profile 'other'"),
    ],
)
def test_a_mistake_is_said_and_changes_nothing(c8, profiles, dev, arguments, said):
    before = profiles.read_text()
    ran = c8("profile", *arguments)
    assert ran.code == 2
    assert said in ran.err
    assert profiles.read_text() == before


def test_a_profile_is_not_written_over_by_chance(c8, profiles, dev):
    ran = c8("profile", "add", "dev", "--set", "rest_address=http://other.example")
    assert ran.code == 1
    assert "add --force" in ran.err
    assert "dev.example" in profiles.read_text()


def test_comments_and_what_others_put_there_stay(c8, profiles):
    profiles.parent.mkdir(mode=0o700)
    profiles.write_text('# mine\n[profiles.a]  # the first\nclient_id = "x"\nmy_note = "stays"\n\n[other]\nx = 1\n')
    profiles.chmod(0o600)
    assert c8("profile", "add", "a", "--set", "client_id=y", "--force", "--use").code == 0
    text = profiles.read_text()
    assert [line in text for line in ("# mine", "# the first", 'my_note = "stays"', "[other]", 'client_id = "y"')] == [
        True
    ] * 5
    assert names(c8) == ["a"]


def test_a_file_that_is_no_toml_is_left_as_it_is(c8, profiles):
    profiles.parent.mkdir(mode=0o700)
    profiles.write_text("[profiles.a\n")
    profiles.chmod(0o600)
    ran = c8("profile", "add", "b", "--set", "client_id=x")
    assert ran.code == 2
    assert "expected TOML" in ran.err
    assert profiles.read_text() == "[profiles.a\n"


@pytest.mark.skipif(sys.platform == "win32", reason="modes are those of POSIX")
def test_a_file_that_others_can_write_is_not_believed(c8, profiles, dev):
    profiles.chmod(0o622)
    ran = c8("config", "explain", "--profile", "dev")
    assert ran.code == 2
    assert "chmod 600" in ran.out


def test_who_waits_in_vain_for_another_process_says_so(c8, profiles, dev, monkeypatch):
    monkeypatch.setattr("c8py.cli.profiles_file._LOCK_WAIT_S", 0.05)
    with filelock.FileLock(profiles.with_name(".profiles.toml.lock")):
        ran = c8("profile", "use", "dev")
    assert ran.code == 1
    assert "another process holds it" in ran.err


def test_a_disk_that_is_full_loses_nothing(c8, profiles, dev, monkeypatch):
    before = profiles.read_text()

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    ran = c8("profile", "use", "dev")
    assert ran.code == 1
    assert "No space left on device" in ran.err
    assert profiles.read_text() == before
    assert [file.name for file in profiles.parent.iterdir() if file.suffix != ".lock"] == ["profiles.toml"]
