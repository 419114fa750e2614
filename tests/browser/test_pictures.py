"""The pictures of the documentation: a platform as somebody uses it, page by page.

Every run walks the way, so that the pictures can be made anew; it keeps them only when it is told where:
`C8PY_PICTURES=docs/pictures ./dev test tests/browser/test_pictures.py`.
"""

import json
import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from browser.test_console import become_owner
from harness.platform import UNLIMITED_TOKENS, Platform
from harness.processes import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.peers]

DESK = ViewportSize(width=1120, height=760)
PHONE = ViewportSize(width=390, height=760)
BYTES_MAX = 100_000


@pytest.fixture
def busy(tmp_path: Path):
    """Orders: some wait for their money, some are being shipped, one has been given no amount and cannot go on."""
    running = Platform(tmp_path, *UNLIMITED_TOKENS, "--set", "organization=Example", "--set", "cluster.name=orders")
    for amount in (40, 60, 120, 250, None, 80):
        variables = json.dumps({"orderId": f"A-{amount or 0:04}"} | ({} if amount is None else {"amount": amount}))
        told = running.c8("run", str(ROOT / "tests" / "models" / "order.bpmn"), "--variables", variables)
        assert told.returncode == 0, told.stderr
    taken = running.c8("activate", "jobs", "collect-money", "--max", "5", "--json")
    assert taken.returncode == 0, taken.stderr
    for job in json.loads(taken.stdout):
        told = running.c8("complete", "job", str(job["jobKey"]))
        assert told.returncode == 0, told.stderr
    yield running
    running.stop()


def picture(page: Page, name: str, folder: Path) -> None:
    file = folder / f"{name}.png"
    page.screenshot(path=file)
    assert file.stat().st_size < BYTES_MAX, f"{name} is too large for the documentation"


def test_the_pictures_of_the_documentation(chromium: Browser, busy: Platform, tmp_path: Path) -> None:
    told = os.environ.get("C8PY_PICTURES")
    folder = tmp_path if told is None else Path(told).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    page = chromium.new_context(viewport=DESK, color_scheme="light").new_page()
    ready = busy.ready
    home = f"{ready['console_url']}/org/{ready['org_id']}/cluster/{ready['cluster_id']}"
    become_owner(page, busy)
    page.goto(home)
    picture(page, "cluster", folder)
    page.goto(f"{home}/api/new")
    page.get_by_label("Client name").fill("charge-card worker")
    picture(page, "new-client", folder)
    page.goto(f"{home}/instances")
    picture(page, "instances", folder)
    page.goto(f"{home}/instances/incidents")
    page.get_by_role("link", name="order-process").first.click()
    expect(page.locator("svg.diagram")).to_be_visible()
    picture(page, "instance", folder)
    page.emulate_media(color_scheme="dark")
    page.goto(f"{home}/instances?state=ACTIVE")
    page.get_by_role("link", name="order-process", exact=True).first.click()
    expect(page.locator("svg.diagram")).to_be_visible()
    picture(page, "definition-dark", folder)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(PHONE)
    page.goto(f"{home}/instances/incidents")
    picture(page, "incidents-phone", folder)
