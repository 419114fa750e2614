"""The walk through Console in a real browser: by hand on a desk, on a phone, by keyboard alone, and by axe-core."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote
from xml.sax.saxutils import escape

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, StorageState, ViewportSize, expect

from harness.bpmn import one_task
from harness.platform import UNLIMITED_TOKENS, Platform, c8, read_exports
from harness.processes import ROOT

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
    go_to("Alerts")
    page.keyboard.press("Enter")
    page.wait_for_url("**/alerts")
    go_to("Address")
    page.keyboard.type("https://hooks.example.org/x")
    page.keyboard.press("Enter")
    expect(page.get_by_role("cell", name="https://hooks.example.org/…")).to_be_visible()
    go_to("Instances")
    page.keyboard.press("Enter")
    page.wait_for_url("**/instances")
    go_to("State")
    page.keyboard.press("ArrowDown")
    go_to("Show")
    page.keyboard.press("Enter")
    page.wait_for_url("**/instances?state=ACTIVE*")


def send(page: Page, address: str, button: str, **fields: str) -> None:
    """Fill the form of this page by its fields' names, and send it."""
    page.goto(address)
    form = page.locator("form").filter(has=page.get_by_role("button", name=button, exact=True))
    for name, value in fields.items():
        form.locator(f"[name={name}]").fill(value)
    form.get_by_role("button", name=button, exact=True).click()


def places(platform: Platform) -> tuple[str, str]:
    """The first pages of the cluster, and of the organization."""
    organization = f"{platform.ready['console_url']}/org/{platform.ready['org_id']}"
    return f"{organization}/cluster/{platform.ready['cluster_id']}", organization


@pytest.fixture(scope="module")
def furnished(chromium: Browser, tmp_path_factory) -> Iterator[tuple[Platform, StorageState]]:
    """A platform with something on every page, and the owner's session."""
    folder = tmp_path_factory.mktemp("furnished")
    platform = Platform(folder, *UNLIMITED_TOKENS, ephemeral=False)
    page = chromium.new_context(viewport=DESK).new_page()
    become_owner(page, platform)
    broken = folder / "broken.bpmn"
    broken.write_bytes(one_task("broken", job_type="=missing.thing"))
    for model in (ROOT / "tests" / "models" / "order.bpmn", broken):
        told = platform.c8("run", str(model))
        assert told.returncode == 0, told.stderr
    home, _ = places(platform)
    send(page, f"{home}/secrets", "Create", name="token", value="a value of a secret")
    send(page, f"{home}/allowlist", "Add", ip="127.0.0.0/8,::1", description="this machine")
    send(page, f"{home}/alerts", "Create webhook", url="https://hooks.example.org/x", secret="a signing secret")
    send(page, f"{home}/backups", "Create manual backup")
    send(page, f"{home}/monitoring", "Activate monitoring endpoint")
    yield platform, page.context.storage_state()
    platform.stop()


def look_at(page: Page, picture: Path) -> None:
    """What axe finds is none, and nothing is wider than the screen."""
    # For whoever wants to look: pytest keeps the folders of the last three runs.
    page.screenshot(path=picture, full_page=True)
    found = Axe().run(page, options=WCAG).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == [], page.url
    width = page.viewport_size
    assert width is not None
    assert page.evaluate("document.documentElement.scrollWidth") <= width["width"], page.url


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing(chromium: Browser, furnished, scheme, size, tmp_path) -> None:
    platform, session = furnished
    page = chromium.new_context(viewport=size, color_scheme=scheme, storage_state=session).new_page()
    home, organization = places(platform)
    console, name = platform.ready["console_url"], f"{scheme}{size['width']}"
    pages = [
        console, f"{console}/clusters/new", home, f"{home}/delete", f"{home}/api", f"{home}/api/new",
        f"{home}/instances", f"{home}/instances?state=INCIDENT&process=broken", f"{home}/instances?key=1",
        f"{home}/instances/incidents", f"{home}/instances/definitions", f"{home}/secrets", f"{home}/allowlist",
        f"{home}/alerts", f"{home}/backups", f"{home}/monitoring", f"{organization}/organization",
        f"{organization}/members", f"{organization}/administration-api", f"{organization}/administration-api/new",
        f"{organization}/activity", f"{console}/nothing",
    ]  # fmt: skip
    page.goto(f"{home}/instances")
    pages += [f"{platform.ready['http_address']}{link.get_attribute('href')}" for link in page.locator("td a").all()]
    for at, address in enumerate(dict.fromkeys(pages)):
        page.goto(address)
        look_at(page, tmp_path / f"{at:02}.png")
    # Pages that only a form leads to: a secret for the only time, an invitation, and what a mistake looks like.
    for at, (address, button, fields) in enumerate(
        (
            (f"{home}/api/new", "Create", {"name": name}),
            (f"{home}/monitoring", "Create", {"username": name}),
            (f"{organization}/members", "Save", {"email": f"{name}@example.org"}),
            (f"{home}/secrets", "Reveal token", {}),
            (f"{home}/allowlist", "Add", {"ip": "nonsense", "description": "wrong"}),
            (f"{home}/alerts", "Create webhook", {"url": "nonsense"}),
        )
    ):
        send(page, address, button, **fields)
        look_at(page, tmp_path / f"form{at}.png")
    page.context.clear_cookies()
    page.goto(console)
    look_at(page, tmp_path / "sign-in.png")


HOSTILE = "<img src=x onerror=\"document.title='obeyed'\"><script>document.title='obeyed'</script>{{7*7}}"


def hostile_model(folder: Path) -> Path:
    """A process whose name, element, variable and incident's message are all meant to be obeyed."""
    text = (ROOT / "tests" / "models" / "order.bpmn").read_text()
    told = escape(HOSTILE, {'"': "&quot;"})
    file = folder / "hostile.bpmn"
    file.write_text(
        text.replace('name="Order"', f'name="{told}"')
        .replace('name="Collect money"', f'name="{told}"')
        .replace('name="yes"', f'name="{told}"')
        .replace('type="collect-money"', f'type="=[&quot;{told.replace("&quot;", "&apos;")}&quot;]"')
    )
    return file


def test_what_people_and_programs_say_is_shown_and_never_obeyed(chromium: Browser, platform, tmp_path) -> None:
    page = chromium.new_context(viewport=DESK).new_page()
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    page.goto(platform.ready["owner_url"])
    # 50 characters are what a name may have.
    short = '<img src=x onerror="document.title=`obeyed`">'
    for label, text in (("E-mail address", "ada@example.org"), ("Your name", short), ("Password", PASSWORD),
                        ("Password again", PASSWORD)):  # fmt: skip
        page.get_by_label(label, exact=True).fill(text)
    page.get_by_role("button", name="Create owner").click()
    home, organization = places(platform)
    send(page, home, "Save", name=short, description=HOSTILE)
    send(page, f"{home}/allowlist", "Add", ip="127.0.0.0/8,::1", description=HOSTILE)
    send(page, f"{home}/api/new", "Create", name=short)
    send(page, f"{home}/secrets", "Create", name="<img\u2003src=x\u2003onerror=alert(1)>", value=HOSTILE)
    send(page, f"{home}/monitoring", "Activate monitoring endpoint")
    send(page, f"{home}/monitoring", "Create", username=short.replace(":", ""))
    send(page, f"{home}/alerts", "Create webhook", url="https://hooks.example.org/'><script>alert(1)</script>")
    page.goto(f"{organization}/administration-api/new")
    page.get_by_label("Get Cluster").check()
    page.get_by_label("Name").fill(short)
    page.get_by_role("button", name="Create").click()
    told = platform.c8("run", str(hostile_model(tmp_path)), "--variables", json.dumps({HOSTILE[:40]: HOSTILE}))
    assert told.returncode == 0, told.stderr
    page.goto(f"{home}/instances")
    deep = [f"{platform.ready['http_address']}{link.get_attribute('href')}" for link in page.locator("td a").all()]
    assert len(deep) == 2
    tabs = ("", "/api", "/allowlist", "/delete", "/secrets", "/monitoring", "/alerts", "/instances",
            "/instances/incidents", "/instances/definitions", f"/instances?process={quote(HOSTILE)}")  # fmt: skip
    shown = 0
    for address in (*(home + tab for tab in tabs), *deep, platform.ready["console_url"], f"{organization}/members",
                    f"{organization}/administration-api", f"{organization}/activity"):  # fmt: skip
        page.goto(address)
        assert "obeyed" not in page.title().replace(short, "").replace(HOSTILE, ""), address
        assert page.locator("img, script, [onerror]").count() == 0, address
        shown += "onerror" in page.content()
    # It is there, as text: the test would see nothing if it had looked at the wrong pages.
    assert shown >= 15
    assert dialogs == []
