"""Other people's clients against our platform, each run as its own documentation says, none of them changed."""

import shutil
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from harness.peers import Peers, peers
from harness.platform import ORDER_MODEL, Platform, plain_environment
from harness.processes import run

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.peers)
            # They share one platform, one token limit per address and two cores.
            item.add_marker(pytest.mark.xdist_group("peers"))


@pytest.fixture(scope="session")
def python_peers() -> Peers:
    """pyzeebe and camunda-orchestration-sdk."""
    return peers()


@pytest.fixture(scope="session")
def go_peers() -> Peers:
    """grpcurl and zbctl, beside the Python ones."""
    return peers(go_tools=True)


@pytest.fixture
def shell(platform: Platform) -> Callable[..., CompletedProcess[str]]:
    """Runs a script in bash after `source` of the downloaded credentials file, as the file is meant to be used."""
    bash = shutil.which("bash")
    if bash is None or shutil.which("curl") is None:
        pytest.skip("expected bash and curl on the PATH, but one of them is missing")

    def script(text: str, *, credentials: str | None = None, **more: str) -> CompletedProcess[str]:
        file = credentials or platform.ready["credentials_file"]
        return run(
            [bash, "-euo", "pipefail", "-c", f"source '{file}'\n{text}"],
            environment=plain_environment(**more),
            deadline_s=60,
        )

    return script


@pytest.fixture
def script_of_peers(python_peers: Peers, platform: Platform, tmp_path: Path) -> Callable[..., CompletedProcess[str]]:
    """Runs a script of scripts/ in the peers' interpreter, with the credentials file's values in its environment."""

    def script(name: str, *arguments: str, **more: str) -> CompletedProcess[str]:
        # A process and a job type of its own: the platform is shared, and other tests leave jobs behind.
        model = tmp_path / f"{name}.bpmn"
        model.write_text(ORDER_MODEL.read_text().replace('id="order"', f'id="{name}"').replace("charge-card", name))
        return run(
            [python_peers.python, "-W", "ignore", HERE / "scripts" / f"{name}.py", model, name, *arguments],
            environment=plain_environment(**platform.credentials(), **more),
            deadline_s=120,
        )

    return script
