"""A real Chromium on a real platform: `c8 up` as a program, the machine's own browser, fetched where there is none."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from harness import chromium as browsers
from harness.platform import UNLIMITED_TOKENS, Platform


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browsers.opened(tmp_path_factory.getbasetemp().parent) as browser:
        yield browser


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    running = Platform(tmp_path, *UNLIMITED_TOKENS, ephemeral=False)
    yield running
    running.stop()
