"""What deploy/ says is run as far as a test can: its commands and variables as processes, its references looked up.

There is no container engine and no cluster here. The steps of the container file are taken in a folder instead, and
every command is started with the variables, files and paths that its file gives it, and asked what its probes ask.
"""

import base64
import configparser
import json
import re
import shlex
import shutil
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import yaml

from c8py.cli.token_proxy import serve
from harness.authority import Authority
from harness.platform import C8, plain_environment
from harness.processes import ROOT, Program, must

Tree: TypeAlias = dict[str, Any]

DEPLOY = ROOT / "deploy"
KEY = base64.b64encode(b"k" * 32).decode()
OPTIONS = {word for option in serve.params for word in (*option.opts, *option.secondary_opts)}
VARIABLES = {option.envvar for option in serve.params if isinstance(option.envvar, str)}
COMMAND = re.compile(r"\S+/bin/c8")


def documents(name: str) -> list[Tree]:
    return list(yaml.safe_load_all((DEPLOY / name).read_text()))


def of_kind(name: str, kind: str) -> Tree:
    return next(one for one in documents(name) if one["kind"] == kind)


def unit() -> configparser.SectionProxy:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # pyright: ignore[reportAttributeAccessIssue]
    parser.read_string((DEPLOY / "systemd" / "c8-token-proxy.service").read_text())
    return parser["Service"]


def entry_point() -> list[str]:
    text = (DEPLOY / "Containerfile").read_text()
    return json.loads(re.findall(r"^ENTRYPOINT (\[.*\])$", text, re.MULTILINE)[-1])


def image_variables() -> dict[str, str]:
    text = (DEPLOY / "Containerfile").read_text()
    return dict(word.split("=", 1) for line in re.findall(r"^ENV (.*)$", text, re.MULTILINE) for word in line.split())


def pod(name: str) -> Tree:
    return of_kind(name, "Deployment")["spec"]["template"]["spec"]


def proxy_container(name: str) -> Tree:
    spec = pod(name)
    containers = [*spec.get("initContainers", []), *spec["containers"]]
    return next(one for one in containers if one["name"] == "token-proxy")


def variables(container: Tree) -> dict[str, str]:
    return {one["name"]: one.get("value", KEY) for one in container["env"]}


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[..., Tree]]:
    """Starts a command as its file has it, but on a free port and with other places for some paths; what it says."""
    programs: list[Program] = []

    def start(command: Sequence[str | Path], environment: Mapping[str, str], places: Mapping[str, Path]) -> Tree:
        def moved(text: str) -> str:
            for before, after in places.items():
                text = re.sub(rf"(?<![\w/]){re.escape(before)}(?![\w-])", str(after), text)
            return text

        words = [moved(str(word)) for word in command]
        assert words[1:3] == ["auth", "serve"]
        given = {name: moved(text) for name, text in environment.items()} | {"C8_TOKEN_PROXY_PORT": "0"}
        programs.append(
            Program([*words, "--json"], folder=tmp_path, name="proxy", environment=plain_environment(**given))
        )
        return json.loads(programs[-1].first_line(deadline_s=30))

    yield start
    for program in programs:
        program.stop()


def status(url: str, trust: ssl.SSLContext | None = None) -> int:
    with urllib.request.urlopen(url, timeout=10, context=trust) as answer:
        return answer.status


def test_only_options_and_variables_that_exist_are_used():
    used = set()
    for file in DEPLOY.rglob("*"):
        if file.is_file():
            text = file.read_text()
            used |= set(re.findall(r"\bC8_TOKEN_PROXY_[A-Z_]+\b(?!=tcp)", text))
            commands = re.findall(r"auth serve.*|command: \[\"--.*", text)
            assert set(re.findall(r"--[a-z-]+", " ".join(commands))) <= {*OPTIONS, "--help"}, file.name
    assert used - {"C8_TOKEN_PROXY_"} <= VARIABLES


def test_all_files_name_the_same_image_and_the_same_command():
    images = {
        proxy_container("kubernetes/deployment.yaml")["image"],
        proxy_container("kubernetes/sidecar.yaml")["image"],
        documents("compose.yaml")[0]["services"]["token-proxy"]["image"],
        *re.findall(r"build .*-t (\S+)", (DEPLOY / "Containerfile").read_text()),
    }
    assert images == {f"c8-token-proxy:{_version()}"}
    assert entry_point()[1:] == ["auth", "serve"]


def _version() -> str:
    return re.findall(r'^version = "(.*)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)[0]


def test_a_service_finds_the_pods_and_their_port():
    deployment, service = (of_kind("kubernetes/deployment.yaml", kind) for kind in ("Deployment", "Service"))
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    budget = of_kind("kubernetes/deployment.yaml", "PodDisruptionBudget")
    assert deployment["spec"]["replicas"] == 2
    assert budget["spec"]["minAvailable"] < deployment["spec"]["replicas"]
    for selected in (
        deployment["spec"]["selector"]["matchLabels"],
        service["spec"]["selector"],
        budget["spec"]["selector"]["matchLabels"],
    ):
        assert selected.items() <= labels.items()
    container = proxy_container("kubernetes/deployment.yaml")
    (port,) = container["ports"]
    assert [one["targetPort"] for one in service["spec"]["ports"]] == [port["name"]]
    assert str(port["containerPort"]) == variables(container)["C8_TOKEN_PROXY_PORT"]
    assert {container[probe]["httpGet"]["port"] for probe in container if probe.endswith("Probe")} == {port["name"]}


def test_no_service_is_called_so_that_its_variables_are_taken_for_the_proxys():
    """Kubernetes tells every pod of a service `x-y` as X_Y_PORT, X_Y_SERVICE_HOST and so on."""
    for name in ("kubernetes/deployment.yaml", "kubernetes/sidecar.yaml"):
        assert pod(name)["enableServiceLinks"] is False
        for one in documents(name):
            if one["kind"] == "Service":
                told = one["metadata"]["name"].upper().replace("-", "_")
                assert not [variable for variable in VARIABLES if variable.startswith(f"{told}_")]


@pytest.mark.parametrize("name", ["kubernetes/deployment.yaml", "kubernetes/sidecar.yaml"])
def test_pods_may_do_no_more_than_they_must(name):
    spec, container = pod(name), proxy_container(name)
    assert spec["securityContext"]["runAsNonRoot"] is True
    user = spec["securityContext"]["runAsUser"]
    assert f"USER {user}:{user}" in (DEPLOY / "Containerfile").read_text()
    assert spec["automountServiceAccountToken"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert {one["name"] for one in container["volumeMounts"]} <= {one["name"] for one in spec["volumes"]}
    claims = {one["metadata"]["name"] for one in documents(name) if one["kind"] == "PersistentVolumeClaim"}
    used = {one["persistentVolumeClaim"]["claimName"] for one in spec["volumes"] if "persistentVolumeClaim" in one}
    assert used == claims


@pytest.mark.slow
def test_the_deployments_container_answers_its_probes_over_tls(started, tmp_path):
    authority = Authority(tmp_path / "authority")
    identity = authority.identity("token-proxy")
    tls = tmp_path / "secret"
    tls.mkdir()
    shutil.copy(identity.certificate, tls / "tls.crt")
    shutil.copy(identity.key, tls / "tls.key")
    container = proxy_container("kubernetes/deployment.yaml")
    (mounted,) = [one["mountPath"] for one in container["volumeMounts"] if one["name"] == "tls"]
    ready = started(
        [C8, *entry_point()[1:]], image_variables() | variables(container), {mounted: tls, "0.0.0.0": "127.0.0.1"}
    )
    trust = ssl.create_default_context(cafile=str(authority.pem))
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        asked = container[probe]["httpGet"]
        assert asked["scheme"] == "HTTPS"
        assert status(ready["address"] + asked["path"], trust) == 200
    annotations = of_kind("kubernetes/deployment.yaml", "Deployment")["spec"]["template"]["metadata"]["annotations"]
    assert status(ready["address"] + annotations["prometheus.io/path"], trust) == 200


@pytest.mark.slow
def test_the_sidecar_answers_its_probe_and_stands_where_the_worker_looks(started, tmp_path):
    container = proxy_container("kubernetes/sidecar.yaml")
    given = image_variables() | variables(container)
    ready = started([C8, *entry_point()[1:]], given, {"/state": tmp_path})
    assert Path(ready["state"]).is_relative_to(tmp_path)
    _probed(container["startupProbe"]["exec"]["command"], ready)
    (worker,) = pod("kubernetes/sidecar.yaml")["containers"]
    _looked_for(variables(worker), ready, given["C8_TOKEN_PROXY_HOST"])


@pytest.mark.slow
def test_the_composed_proxy_answers_its_probe_and_stands_where_the_worker_looks(started, tmp_path):
    (composed,) = documents("compose.yaml")
    service, worker = composed["services"]["token-proxy"], composed["services"]["worker"]
    assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).exists()
    secret, mounted = tmp_path / "key", f"/run/secrets/{service['secrets'][0]}"
    secret.write_text(KEY)
    given = image_variables() | service["environment"]
    places = {mounted: secret, "/state": tmp_path / "state", "0.0.0.0": "127.0.0.1"}
    ready = started([C8, *entry_point()[1:], *service["command"]], given, places)
    assert ready["state"] == str(tmp_path / "state")
    _probed(service["healthcheck"]["test"][1:], ready)
    _looked_for(worker["environment"], ready, "token-proxy")
    assert {*service["secrets"]} <= {*composed["secrets"]}
    assert {volume.partition(":")[0] for volume in service["volumes"]} == {*composed["volumes"]}
    assert {*service["networks"], *worker["networks"]} == {*composed["networks"]}


@pytest.mark.slow
def test_the_units_command_starts_with_what_systemd_gives_it(started, tmp_path):
    service = unit()
    (tmp_path / "credentials").mkdir()
    (tmp_path / "credentials" / service["LoadCredential"].partition(":")[0]).write_text(f"{KEY}\n")
    told = {"STATE_DIRECTORY": tmp_path / "state", "CREDENTIALS_DIRECTORY": tmp_path / "credentials"}
    command = shlex.split(service["ExecStart"])
    assert COMMAND.fullmatch(command[0])
    ready = started([C8, *command[1:]], {}, {f"${{{name}}}": place for name, place in told.items()})
    assert ready["state"] == str(tmp_path / "state" / "tokens")
    assert status(f"{ready['address']}/ready") == 200


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not here")
def test_systemd_understands_the_unit(tmp_path):
    # Verified where the program is, which is not /opt.
    copy = tmp_path / "c8-token-proxy.service"
    copy.write_text((DEPLOY / "systemd" / copy.name).read_text().replace("/opt/c8/bin/c8", str(C8)))
    done = subprocess.run(["systemd-analyze", "verify", copy], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.slow
def test_the_container_files_steps_make_a_proxy_that_starts(started, tmp_path):
    """COPY and RUN of the first stage, in a folder that stands for the image."""
    text = (DEPLOY / "Containerfile").read_text().replace("\\\n", " ")
    first = text.split("\nFROM ")[1]
    build, installed = tmp_path / "build", tmp_path / "c8"
    build.mkdir()
    for word, rest in re.findall(r"^(COPY|RUN) (.*)$", first, re.MULTILINE):
        if word == "COPY":
            *sources, target = rest.split()
            for source in sources:
                _copied(ROOT / source, build / target / (Path(source).name if target.endswith("/") else ""))
        else:
            line = rest.replace("/c8", str(installed)).replace("python -m", f"{sys.executable} -m", 1)
            must(["sh", "-euc", line], working_folder=build, deadline_s=300)
    command = [word.replace("/c8/", f"{installed}/") for word in entry_point()]
    ready = started(command, {"C8_TOKEN_PROXY_HOST": "127.0.0.1", "C8_TOKEN_PROXY_KEY": KEY}, {})
    assert status(f"{ready['address']}/ready") == 200
    left = {one.name.partition("-")[0] for one in installed.glob("lib/python*/site-packages/*.dist-info")}
    assert "c8py" in left
    assert not {"pip", "hatchling", "starlette", "jinja2"} & left


def _copied(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)


def _probed(command: list[str], ready: Tree) -> None:
    """The probe's own words, with the interpreter and the port that are here."""
    assert command[0] == str(Path(entry_point()[0]).with_name("python"))
    words = [word.replace("http://127.0.0.1:8090", ready["address"]) for word in command[1:]]
    assert ready["address"] in " ".join(words)
    must([sys.executable, *words])
    refused = [word.replace("/ready", "/nowhere") for word in words]
    assert subprocess.run([sys.executable, *refused], check=False, capture_output=True).returncode != 0


def _looked_for(environment: Mapping[str, str], ready: Tree, host: str) -> None:
    """The worker's variables lead to the proxy, but for its name and its port."""
    urls = {text for name, text in environment.items() if name.endswith("_URL")}
    assert urls == {f"http://{host}:8090/oauth/token"}
    assert ready["token_urls"]["default"] == f"{ready['address']}/oauth/token"
