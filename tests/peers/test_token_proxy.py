"""Twenty processes of each client that people use, unchanged, on twenty hosts behind one address: one token request.

Each has a home of its own, so that nothing is shared but the proxy. The token service blocks the address for a minute
at the second request within a second.
"""

import json
import re
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.languages import Foreign, java_client, node_client
from harness.peers import Peers
from harness.platform import C8, Platform, plain_environment
from harness.processes import Program

PROCESSES = 20
STRICT = ("oauth.rate_per_s=1", "oauth.burst=1", "oauth.block_s=60")
SCRIPTS = Path(__file__).parent / "scripts"
# A client is told the one of them that docs/how-to/token-proxy.md names, and none of the others.
TOKEN_URLS = ("CAMUNDA_OAUTH_URL", "CAMUNDA_AUTHORIZATION_SERVER_URL", "ZEEBE_AUTHORIZATION_SERVER_URL")
DEADLINE_S = 180.0


@pytest.fixture
def strict_platform(start_platform: Callable[..., Platform]) -> Platform:
    """A platform whose token service is stricter than that of SaaS."""
    return start_platform(*(part for setting in STRICT for part in ("--set", setting)))


class Proxy:
    """The token proxy before a platform's token service."""

    def __init__(self, folder: Path, upstream: str) -> None:
        command = [C8, "auth", "serve", "--json", "--port", "0", "--upstream", upstream]
        self.program = Program(command, folder=folder, name="proxy", environment=plain_environment())
        ready = json.loads(self.program.first_line(deadline_s=30))
        self.address: str = ready["address"]
        self.token_url: str = ready["token_urls"]["default"]

    def figure(self, name: str, outcome: str) -> int:
        """How often something has happened."""
        with urllib.request.urlopen(f"{self.address}/metrics", timeout=10) as answer:
            text = answer.read().decode()
        line = rf'^c8_token_proxy_{name}{{upstream="default",outcome="{outcome}"}} (\d+)$'
        found = re.search(line, text, re.MULTILINE)
        return int(found[1]) if found else 0


@pytest.fixture
def proxy(strict_platform: Platform, tmp_path: Path) -> Iterator[Proxy]:
    running = Proxy(tmp_path, strict_platform.ready["oauth_url"])
    yield running
    running.program.stop()


@pytest.fixture
def crowd(strict_platform: Platform, proxy: Proxy, tmp_path: Path) -> Callable[..., None]:
    """Starts twenty of a kind at once, each on a host of its own as far as files go, and waits for all of them."""

    def start(client: Foreign, variable: str, **more: str) -> None:
        programs = []
        known = plain_environment(**strict_platform.credentials())
        for number in range(PROCESSES):
            home = tmp_path / f"home-{number}"
            home.mkdir()
            environment = {name: text for name, text in known.items() if name not in TOKEN_URLS} | {
                "HOME": str(home),
                "XDG_CACHE_HOME": str(home / ".cache"),
                "JAVA_TOOL_OPTIONS": f"-Duser.home={home}",
                variable: proxy.token_url,
                **more,
            }
            programs.append(
                Program(
                    client.command,
                    folder=tmp_path,
                    name=f"client-{number}",
                    environment=environment,
                    working_folder=client.folder,
                )
            )
        statuses = [program.wait(deadline_s=DEADLINE_S) for program in programs]
        assert statuses == [0] * PROCESSES, programs[next(i for i, s in enumerate(statuses) if s)].output()
        assert all(re.search(r"^1$|Partitions count: 1", program.output(), re.MULTILINE) for program in programs)
        assert proxy.figure("upstream_requests_total", "token") == 1
        assert [proxy.figure("upstream_requests_total", word) for word in ("limited", "refused", "failed")] == [0, 0, 0]
        assert [proxy.figure("requests_total", word) for word in ("limited", "refused", "unavailable")] == [0, 0, 0]
        assert proxy.figure("requests_total", "served") >= PROCESSES

    return start


def test_twenty_of_pyzeebe_cost_one_token_request(crowd, python_peers: Peers, tmp_path):
    command = (str(python_peers.python), "-W", "ignore", str(SCRIPTS / "pyzeebe_topology.py"))
    # pyzeebe's OAuth library asks for this before it speaks plain HTTP.
    crowd(Foreign(command, tmp_path), "CAMUNDA_OAUTH_URL", OAUTHLIB_INSECURE_TRANSPORT="1")


def test_twenty_of_camundas_python_client_cost_one_token_request(crowd, python_peers: Peers, tmp_path):
    command = (str(python_peers.python), "-W", "ignore", str(SCRIPTS / "orchestration_topology.py"))
    crowd(Foreign(command, tmp_path), "CAMUNDA_OAUTH_URL")


def test_twenty_of_zbctl_cost_one_token_request(crowd, go_peers: Peers, strict_platform: Platform, tmp_path):
    command = (str(go_peers.zbctl), "--insecure", "--address", strict_platform.grpc_target, "status")
    crowd(Foreign(command, tmp_path), "ZEEBE_AUTHORIZATION_SERVER_URL")


def test_twenty_of_camundas_java_client_cost_one_token_request(crowd, strict_platform: Platform):
    address = {"CAMUNDA_GRPC_ADDRESS": f"http://{strict_platform.grpc_target}"}
    crowd(java_client(), "CAMUNDA_AUTHORIZATION_SERVER_URL", **address, CAMUNDA_REST_ADDRESS=strict_platform.rest)


def test_twenty_of_camundas_node_client_cost_one_token_request(crowd):
    crowd(node_client(), "CAMUNDA_OAUTH_URL")
