"""The watch over the tests can fail: secrets are planted in a run of its own, and each is found in its place."""

import re
import sys

import pytest

from harness.processes import ROOT, run

SECRET = "pl4nted~secret"
# Put together in the script, for this file is shown when something in it fails.
PLANTED = """
import logging, sys, warnings
from pathlib import Path
import pytest
from c8py.base.redact import Secret
from c8py.errors import ConfigError, NotFound
from harness.processes import Program, run

SECRET = "pl4nted" + "~secret"
HELD = Secret(SECRET)
TOKEN = ".".join(("eyJhbGciOiJSUzI1NiJ9", "eyJzdWIiOiJub2JvZHkifQ", "c2lnbmF0dXJl"))
WRITE = "import sys; sys.stderr.write(sys.argv[1])"

def test_log():
    logging.getLogger("c8py.auth").debug("asking with %s", SECRET)

def test_exception_log():
    try:
        raise ValueError(SECRET)
    except ValueError:
        logging.getLogger("elsewhere").warning("it failed", exc_info=True)

def test_error():
    with pytest.raises(ConfigError):
        raise ConfigError(f"expected a secret, but {SECRET} is none")

def test_detail():
    NotFound("nothing there", detail=f"no {SECRET}")

def test_print():
    print("have", SECRET)

@pytest.mark.filterwarnings("default")
def test_warning():
    warnings.warn(f"old {SECRET}")

def test_after_the_warning():
    "Is blamed for it, for the other one is over when pytest tells of it."

def test_run():
    run([sys.executable, "-c", WRITE, TOKEN])

def test_program(tmp_path):
    Program([sys.executable, "-c", WRITE, TOKEN], folder=tmp_path, name="talker").wait(deadline_s=20)

@pytest.fixture(scope="session")
def server(tmp_path_factory):
    program = Program(["sleep", "60"], folder=tmp_path_factory.mktemp("server"), name="server")
    yield program
    program.stop()

def test_server_is_quiet(server):
    server.stderr.write_text("all is well\\n" * 1000)

def test_server_log(server):
    with server.stderr.open("a") as log:
        log.write(f"client sent {SECRET}")

def test_failure():
    raise ValueError(f"bad {SECRET}")

def test_hushed():
    logging.getLogger("c8py").setLevel(logging.ERROR)

def test_log_after_somebody_hushed():
    logging.getLogger("c8py").info("asking with %s", SECRET)

def test_nothing():
    logging.getLogger("c8py.auth").warning("asking with %s and %r", HELD, HELD)
    run([sys.executable, "-c", WRITE, "all is well"])
"""
LEAKS = {
    "test_log": "logger c8py.auth",
    "test_exception_log": "logger elsewhere",
    "test_error": "an error of C8Error",
    "test_detail": "an error of ApiError",
    "test_print": "Captured stdout",
    "test_after_the_warning": "a warning of test_planted.py::test_warning",
    "test_run": "err of ",
    "test_program": "err of talker",
    "test_server_log": "err of server",
    "test_failure": "a traceback",
    "test_log_after_somebody_hushed": "logger c8py",
}


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """What pytest says of the planted tests."""
    folder = tmp_path_factory.mktemp("planted")
    (folder / "test_planted.py").write_text(PLANTED)
    options = [
        "-p",
        "harness.watching",
        "-p",
        "no:randomly",
        "-p",
        "no:cacheprovider",
        "-q",
        "-rA",
        "--disable-warnings",
    ]
    return run(
        [sys.executable, "-m", "pytest", *options, "--show-capture=no", "-c", "/dev/null", folder],
        environment={"PYTHONPATH": f"{ROOT / 'tests'}:{ROOT / 'src'}", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        working_folder=folder,
    ).stdout


@pytest.mark.parametrize("name", LEAKS)
def test_a_secret_fails_the_test_that_shows_it(planted, name):
    complaint = rf"in anything that [^\n]*::{name} makes somebody say, but:\n{re.escape(LEAKS[name])}[^\n]* shows "
    assert re.search(complaint, planted), planted
    assert re.search(rf"ERROR [^\n]*::{name}\b", planted), planted


@pytest.mark.parametrize("name", ["test_server_is_quiet", "test_hushed", "test_nothing"])
def test_who_shows_none_passes(planted, name):
    assert re.search(rf"PASSED [^\n]*::{name}\n", planted), planted
    assert not re.search(rf"ERROR [^\n]*::{name}\b", planted), planted


def test_the_complaints_show_none(planted):
    # But for the failure that pytest itself reports.
    assert SECRET not in re.sub(r"[^\n]*ValueError: bad [^\n]*", "", planted)
