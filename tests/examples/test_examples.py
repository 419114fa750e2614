"""The examples run as a person would run them, against the platform with its tokens."""

import json
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from harness.platform import UNLIMITED_TOKENS, Platform, plain_environment
from harness.processes import ROOT, Program, free_ports, run, wait_until

EXAMPLES = ROOT / "examples"
BIN = Path(sys.executable).parent
READY_S = 60.0

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def platform(tmp_path_factory):
    """One of their own: the notebook takes whatever job there is."""
    running = Platform(tmp_path_factory.mktemp("platform"), *UNLIMITED_TOKENS)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def environment(platform, tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    own = {"JUPYTER_CONFIG_DIR": str(home), "JUPYTER_RUNTIME_DIR": str(home), "IPYTHONDIR": str(home)}
    return plain_environment(**platform.credentials(), **own)


@pytest.fixture
def service(environment, tmp_path):
    """Starts programs that serve; all of them end with the test."""
    started = []

    def start(*command, port):
        started.append(Program(command, folder=tmp_path, name="service", environment=environment))
        started[-1].wait_for("an open port", lambda: opened(f"http://127.0.0.1:{port}/orders"), deadline_s=READY_S)
        return f"http://127.0.0.1:{port}"

    yield start
    for program in started:
        program.stop()


def opened(url):
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except urllib.error.HTTPError:
        return True
    except urllib.error.URLError:
        return False


def call(url, body=None):
    request = urllib.request.Request(url, None if body is None else json.dumps(body).encode())
    request.add_header("content-type", "application/json")
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.status, json.loads(answer.read())


def test_every_example_is_run_here():
    assert {path.name for path in EXAMPLES.iterdir() if path.suffix in {".py", ".ipynb"}} == {
        "script.py",
        "fastapi_service.py",
        "django_view.py",
        "notebook.ipynb",
    }


def test_the_script(environment):
    done = run([sys.executable, EXAMPLES / "script.py"], environment=environment)
    assert (done.returncode, done.stdout) == (0, "Receipt(customer='Anna', charged=119.0)\n"), done.stderr


def test_the_service_starts_works_and_tells(service):
    (port,) = free_ports(1)
    url = service(BIN / "uvicorn", "--app-dir", EXAMPLES, "--port", str(port), "fastapi_service:app", port=port)
    status, started = call(f"{url}/orders", {"customer": "Anna", "amount": 100})
    assert status == 201

    def completed():
        try:
            return call(f"{url}/orders/{started['key']}")[1]["state"] == "COMPLETED"
        except urllib.error.HTTPError as error:
            if error.code != 404:  # not seen yet
                raise
            return False

    wait_until("the order to be completed", completed, deadline_s=30)


def test_the_view_starts_and_lists(service):
    (port,) = free_ports(1)
    url = service(sys.executable, EXAMPLES / "django_view.py", "runserver", "--noreload", str(port), port=port)
    status, started = call(f"{url}/orders/new", {"customer": "Ben", "amount": 5})
    assert status == 201

    def seen():
        return started["key"] in [one["key"] for one in call(f"{url}/orders")[1]["orders"]]

    wait_until("the order to be seen", seen, deadline_s=30)


def test_the_notebook(environment, tmp_path):
    # Output goes elsewhere: what is committed has none.
    command = [BIN / "jupyter-execute", EXAMPLES / "notebook.ipynb", f"--output={tmp_path / 'ran'}"]
    done = run(command, environment=environment, deadline_s=120)
    assert done.returncode == 0, done.stderr
    cells = json.loads((tmp_path / "ran.ipynb").read_text())["cells"]
    shown = [
        "".join(out.get("text", out.get("data", {}).get("text/plain", "")))
        for c in cells
        for out in c.get("outputs", [])
    ]
    assert "['COMPLETED', 'COMPLETED']" in shown
    committed = json.loads((EXAMPLES / "notebook.ipynb").read_text())
    assert all(not cell.get("outputs") for cell in committed["cells"])
