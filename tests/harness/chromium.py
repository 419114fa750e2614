"""The machine's own Chromium for tests that look at pages; fetched where there is none and it may be."""

import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from filelock import FileLock
from playwright.sync_api import Browser, sync_playwright

from harness.processes import run

NAMES = ("chromium", "chromium-browser", "google-chrome")
INSTALL_DEADLINE_S = 600.0


def program(lock: Path) -> str | None:
    """Chromium's path; on a Debian that is ours it is installed first. None where it cannot be had."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is not None or shutil.which("apt-get") is None or os.geteuid() != 0:
        return found
    environment = dict(os.environ) | {"DEBIAN_FRONTEND": "noninteractive"}
    with FileLock(lock):
        for command in ("apt-get -q update", "apt-get -q -y --no-install-recommends install chromium fonts-liberation"):
            run(command.split(), environment=environment, deadline_s=INSTALL_DEADLINE_S)
    return shutil.which("chromium")


@contextmanager
def opened(folder: Path) -> Generator[Browser]:
    """Chromium, until the end of the block.

    While it is open an event loop runs in this thread, in which no other test may run one: fixtures that open it end
    with their module.

    Args:
        folder: shared by all workers of the run; holds the lock of the installation.
    """
    path = program(folder / "chromium.lock")
    if path is None:
        # Said aloud and counted, under CI=true as well: nobody can be made to have a browser.
        pytest.xfail("expected chromium on this machine, or apt-get and leave to use it, but there is neither")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()
