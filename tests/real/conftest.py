"""One real broker for all tests of this folder, whichever worker of xdist runs them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.zeebe import Broker

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.real)
            # A broker takes half a gigabyte and a core to start: with --dist loadgroup one worker runs them all.
            item.add_marker(pytest.mark.xdist_group("zeebe"))


@pytest.fixture(scope="session")
def zeebe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A Zeebe broker without authentication, ready for calls."""
    broker = Broker(tmp_path_factory.mktemp("zeebe"))
    yield broker
    broker.stop()
