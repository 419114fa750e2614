"""The walk through Console in a real browser: by hand on a desk, on a phone, by keyboard alone, and by axe-core."""

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize, expect

from harness.bpmn import one_task
from harness.platform import ORDER_MODEL, Platform, c8, read_exports

pytestmark = [pytest.mark.slow, pytest.mark.peers]

PASSWORD = "correct horse battery"
DESK = ViewportSize(width=1280, height=800)
PHONE = ViewportSize(width=390, height=844)
WCAG = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}


def become_owner(page: Page, platform: Platform) -> None:
    page.goto(platform.ready["owner_url"])
    page.get_by_label("E-mail address").fill("ada@example.org")
    page.get_by_label("Your name").fill("Ada")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_role("button", name="Create owner").click()
    expect(page.get_by_role("heading", name="Clusters", level=1)).to_be_visible()


def make_cluster(page: Page, name: str) -> None:
    page.get_by_role("link", name="Create new cluster").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Create").click()
    expect(page.locator(".status.good")).to_have_text("Healthy", timeout=20_000)


def make_client(page: Page, name: str, folder: Path) -> tuple[str, Path]:
    """Its secret, and the downloaded file."""
    page.get_by_role("link", name="API", exact=True).click()
    page.get_by_role("link", name=re.compile("^Create")).click()
    page.get_by_label("Client name").fill(name)
    page.get_by_role("button", name="Create").click()
    secret = page.locator("dt:has-text('Client Secret') + dd code").inner_text()
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Download").click()
    file = folder / downloading.value.suggested_filename
    downloading.value.save_as(file)
    return secret, file


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_from_the_first_start_to_a_client_that_is_deleted(
    chromium: Browser, platform, tmp_path, size: ViewportSize
) -> None:
    page = chromium.new_context(viewport=size).new_page()
    become_owner(page, platform)
    make_cluster(page, "orders")
    secret, file = make_client(page, "worker", tmp_path)
    page.get_by_role("link", name="I have saved it").click()
    page.get_by_role("link", name="worker", exact=True).click()
    assert secret not in page.content()
    assert file.name == "CamundaCloudMgmtAPI-Client-worker.txt"
    credentials = {"C8_CREDENTIALS": str(file)}
    told = c8("topology", environment=credentials)
    assert told.returncode == 0, told.stderr
    assert read_exports(file)["CAMUNDA_CLUSTER_ID"] in c8("topology", "--json", environment=credentials).stdout
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete client").click()
    expect(page.get_by_role("status")).to_contain_text("deleted")
    assert c8("topology", environment=credentials).returncode != 0
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_the_keyboard_is_enough(chromium: Browser, platform) -> None:
    page = chromium.new_context(viewport=DESK).new_page()
    page.goto(platform.ready["owner_url"])

    def go_to(name: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            focused = page.evaluate(
                "(document.activeElement.labels?.[0]?.innerText ?? document.activeElement.innerText ?? '').trim()"
            )
            if focused == name:
                outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
                assert outline != "none", f"{name} does not show that it has the focus"
                return
        raise AssertionError(f"expected to get to {name!r} by Tab, but there is no way")

    for label, text in (("E-mail address", "ada@example.org"), ("Your name", "Ada"), ("Password", PASSWORD),
                        ("Password again", PASSWORD)):  # fmt: skip
        go_to(label)
        page.keyboard.type(text)
    page.keyboard.press("Enter")
    page.wait_for_url("**/console")
    go_to("local")
    page.keyboard.press("Enter")
    page.wait_for_url("**/cluster/*")
    go_to("API")
    page.keyboard.press("Enter")
    page.wait_for_url("**/api")
    go_to("Create new client")
    page.keyboard.press("Enter")
    page.wait_for_url("**/new")
    go_to("Client name")
    page.keyboard.type("by keyboard")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("by keyboard")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing(chromium: Browser, platform, scheme, size, tmp_path) -> None:
    page = chromium.new_context(viewport=size, color_scheme=scheme).new_page()
    become_owner(page, platform)
    order = tmp_path / "broken.bpmn"
    order.write_bytes(one_task("broken", job_type="=missing.thing"))
    for model in (ORDER_MODEL, order):
        told = platform.c8("run", str(model))
        assert told.returncode == 0, told.stderr
    ready = platform.ready
    organization = f"{ready['console_url']}/org/{ready['org_id']}"
    home = f"{organization}/cluster/{ready['cluster_id']}"
    pages = [
        ready["console_url"], f"{ready['console_url']}/clusters/new", home, f"{home}/delete", f"{home}/api",
        f"{home}/api/new", f"{home}/instances", f"{home}/secrets", f"{home}/allowlist", f"{home}/backups",
        f"{home}/monitoring", f"{organization}/organization", f"{organization}/members",
        f"{organization}/administration-api", f"{organization}/administration-api/new", f"{organization}/activity",
        f"{ready['console_url']}/nothing",
    ]  # fmt: skip
    page.goto(f"{home}/instances")
    pages += [f"{ready['http_address']}{link.get_attribute('href')}" for link in page.locator("main td a").all()]
    for at, address in enumerate(dict.fromkeys(pages)):
        page.goto(address)
        # For whoever wants to look: pytest keeps the folders of the last three runs.
        page.screenshot(path=tmp_path / f"{at:02}.png", full_page=True)
        found = Axe().run(page, options=WCAG).response["violations"]
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == [], address
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], address


HOSTILE = "<img src=x onerror=\"document.title='obeyed'\"><script>document.title='obeyed'</script>{{7*7}}"


def test_what_people_type_is_shown_and_never_obeyed(chromium: Browser, platform) -> None:
    page = chromium.new_context(viewport=DESK).new_page()
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    become_owner(page, platform)
    ready, short = platform.ready, HOSTILE[:49]
    home = f"{ready['console_url']}/org/{ready['org_id']}/cluster/{ready['cluster_id']}"
    page.goto(home)
    page.get_by_label("Description", exact=True).fill(HOSTILE)
    page.get_by_label("Name", exact=True).fill(short)
    page.get_by_role("button", name="Save").click()
    page.goto(f"{home}/allowlist")
    page.get_by_label("Addresses or CIDR blocks").fill("10.0.0.0/8")
    page.get_by_label("Description", exact=True).fill(HOSTILE)
    page.get_by_role("button", name="Add").click()
    page.goto(f"{home}/api/new")
    page.get_by_label("Client name").fill(short)
    page.get_by_role("button", name="Create").click()
    for tab in ("", "/api", "/allowlist", "/delete", "/../../activity"):
        page.goto(home + tab)
        assert page.title() != "obeyed"
        assert page.locator("main img").count() == 0
        assert "49" not in page.locator("h1").inner_text()
    assert dialogs == []
