"""Every kind of secret that the platform is told or makes: in none of its files, logs, pages and lists afterwards."""

import base64
import io
import json
import logging
import re
from urllib.parse import urlsplit

import pytest

from unit.server.intruder import Intruder, page_path, pages_of

OWNER, PASSWORD = "ada@example.org", "correct horse battery"
READY_MADE = {"CamundaCloudMgmtAPI-Client-local.txt", "CamundaCloudMgmtAPI-Client-administration.txt"}


class Browser:
    """Keeps cookies."""

    def __init__(self, served) -> None:
        self.served = served
        self.cookies: dict[str, str] = {}

    def get(self, path):
        return self._keep(self.served.request("GET", path, headers=self._headers()))

    def send(self, page, path, fields):
        found = re.search(r'name="form_token" value="(\w+)"', self.get(page).text)
        assert found
        headers = self._headers() | {"origin": self.served.addresses.http_address}
        return self._keep(self.served.form(path, {"form_token": found[1], **fields}, headers))

    def _headers(self):
        return {"cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}

    def _keep(self, answer):
        for cookie in answer.headers.get_all("set-cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value.strip('"')
        return answer


@pytest.fixture
def log():
    """Everything that anybody logs, from the first moment on."""
    text, root = io.StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(text), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield text
    root.setLevel(level)
    root.removeHandler(handler)


@pytest.fixture
def told(serve, tmp_path, log):
    """A platform that was told, or has made, a secret of each kind; and all of them by kind."""
    served = serve(data_dir=tmp_path / "data")
    intruder = Intruder(served)
    home = f"/console-api/clusters/{served.addresses.cluster_id}"

    def ask(method, path, body=None):
        answer = served.request(method, path, None if body is None else json.dumps(body), intruder.admin)
        assert answer.status < 300, answer.text
        return json.loads(answer.body or b"null")

    secrets = {"connector secret": "a-value-of-a-connector", "remote client": "a-secret-of-a-remote-client"}
    secrets["client"] = ask("POST", f"{home}/clients", {"clientName": "known name"})["clientSecret"]
    ask("POST", f"{home}/secrets", {"secretName": "KEY", "secretValue": secrets["connector secret"]})
    ask("POST", f"{home}/monitoring")
    made = ask("POST", f"{home}/monitoring/clients", {"username": "prometheus"})
    secrets["monitoring"] = made["password"]
    secrets["monitoring, changed"] = ask("POST", f"{home}/monitoring/clients/{made['uuid']}/rotate")["password"]
    remote = {"grpc_address": "127.0.0.1:9", "rest_address": "http://127.0.0.1:9", "client_id": "theirs",
              "oauth_url": "http://127.0.0.1:9/token", "client_secret": secrets["remote client"]}  # fmt: skip
    ask("POST", "/console-api/local/clusters", {"name": "remote", "remote": remote})
    secrets["token"] = intruder.admin["authorization"].rpartition(".")[2]
    browser = Browser(served)
    link = urlsplit(served.addresses.owner_url).path
    secrets["owner's link"], secrets["password"] = link.rpartition("/")[2], PASSWORD
    browser.send(link, link, {"email": OWNER, "name": "Ada", "password": PASSWORD, "again": PASSWORD})
    secrets["session"] = browser.cookies["c8-session"]
    members = f"/console/org/{served.addresses.org_id}/members"
    invited = browser.send(members, members, {"email": "bob@example.org", "role": "analyst"}).text
    secrets["invitation"] = re.findall(r"/join/([\w-]+)", invited)[0]
    ask("POST", "/console-api/local/backup")
    assert all(len(secret) > 15 for secret in secrets.values())
    return served, intruder, browser, secrets


def forms_of(secret: str) -> set[bytes]:
    """How it could stand somewhere without anybody seeing it at once."""
    raw = secret.encode()
    return {raw, raw.hex().encode(), base64.b64encode(raw).rstrip(b"="), raw[::-1]}


def found_in(text: bytes, secrets: dict[str, str]) -> set[str]:
    return {kind for kind, secret in secrets.items() if any(form in text for form in forms_of(secret))}


def test_no_file_has_it(told, tmp_path):
    served, _, _, secrets = told
    served.stop()
    files = [file for file in (tmp_path / "data").rglob("*") if file.is_file() and file.name not in READY_MADE]
    # What is no secret stands there in plain text: the looking looks.
    assert any(b"known name" in file.read_bytes() for file in files if file.name == "platform.db")
    assert len([file for file in files if file.name == "platform.db"]) == 2, "expected the backup's too"
    assert {file.name: found for file in files if (found := found_in(file.read_bytes(), secrets))} == {}


def test_no_line_of_a_log_has_it(told, log):
    served, intruder, browser, secrets = told
    for path in pages_of(served, "GET"):
        browser.get(page_path(served, path))
    for header in (
        f"{intruder.admin['authorization']}x",
        "Basic " + base64.b64encode(b"a:" + PASSWORD.encode()).decode(),
    ):
        served.request("GET", "/v2/topology", headers={"authorization": header})
    served.request("POST", f"/oauth/token?client_secret={secrets['client']}")
    logging.getLogger("c8py.server.app").debug("the last line")
    assert "the last line" in log.getvalue()
    assert found_in(log.getvalue().encode(), secrets) == set()


def test_no_page_and_no_list_has_it(told):
    """Connector secrets are read by who may read them, and a session shows itself to nobody."""
    served, intruder, browser, secrets = told
    shown = {path: browser.get(page_path(served, path)) for path in pages_of(served, "GET")}
    assert sum(answer.status == 200 for answer in shown.values()) > 15
    assert {path: found for path, answer in shown.items() if (found := found_in(answer.body, secrets))} == {}
    home = f"/console-api/clusters/{served.addresses.cluster_id}"
    lists = [f"{home}{path}" for path in ("", "/clients", "/monitoring/clients", "/backups")]
    lists += [
        "/console-api/members",
        "/console-api/clusters",
        "/console-api/activity/json",
        "/console-api/activity/csv",
    ]
    lists += ["/console-api/local/clusters", "/health", "/metrics"]
    for path in lists:
        answer = served.request("GET", path, headers=intruder.admin)
        assert answer.status == 200 or path == "/health", path
        assert found_in(answer.body, secrets) == set(), path
