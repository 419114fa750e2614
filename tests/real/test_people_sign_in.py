"""People sign in to Console at a real Keycloak, in a real browser, and out again."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from harness import chromium as browsers
from harness.platform import Platform
from harness.realm import REALM
from harness.secrets import KNOWN

pytestmark = [pytest.mark.slow]

PASSWORD = "an outside password"
CLIENT_SECRET = "console-at-the-provider"
SHOWN_S = 30_000  # milliseconds; Keycloak draws its first page slowly


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    with browsers.opened(tmp_path_factory.getbasetemp().parent) as browser:
        yield browser


@pytest.fixture(scope="module")
def people(keycloak):
    """Three people of the realm: one who may everything, one who develops, one whom nobody has given a role."""
    for role in ("c8-admin", "developers"):
        keycloak.admin("POST", f"/{REALM}/roles", {"name": role})
    made = {"ada": ["c8-admin"], "dev": ["developers"], "eve": []}
    for name, roles in made.items():
        person = {
            "username": name, "enabled": True, "email": f"{name}@example.org", "emailVerified": True,
            "firstName": name.title(), "lastName": "Outside", "requiredActions": [],
            "credentials": [{"type": "password", "value": PASSWORD, "temporary": False}],
        }  # fmt: skip
        keycloak.admin("POST", f"/{REALM}/users", person)
        key = keycloak.admin("GET", f"/{REALM}/users?username={name}&exact=true")[0]["id"]
        given = [keycloak.admin("GET", f"/{REALM}/roles/{role}") for role in roles]
        keycloak.admin("POST", f"/{REALM}/users/{key}/role-mappings/realm", given)
    return made


@pytest.fixture(scope="module")
def platform(keycloak, authority, people, tmp_path_factory):
    folder = tmp_path_factory.mktemp("people")
    (folder / "secret").write_text(CLIENT_SECRET + "\n")
    KNOWN.learn(CLIENT_SECRET, "a client of Keycloak")
    KNOWN.learn(PASSWORD, "people of Keycloak")
    told = {
        "issuer": keycloak.issuer(),
        "ca_certificate": str(authority.pem),
        "only": "true",
        "client_id": "c8-console",
        "client_secret_file": str(folder / "secret"),
        "member_roles": "developers=developer",
        "label": "Keycloak",
    }
    settings = [part for name, value in told.items() for part in ("--set", f"provider.{name}={value}")]
    started = Platform(folder, *settings)
    keycloak.add(
        {
            "clientId": "c8-console", "protocol": "openid-connect", "publicClient": False, "secret": CLIENT_SECRET,
            "standardFlowEnabled": True, "directAccessGrantsEnabled": False, "serviceAccountsEnabled": False,
            "redirectUris": [f"{started.ready['console_url']}/sign-in/callback"],
            "attributes": {
                "pkce.code.challenge.method": "S256",
                "post.logout.redirect.uris": f"{started.ready['console_url']}/sign-in",
            },
        }
    )  # fmt: skip
    yield started
    started.stop()


@pytest.fixture
def page(chromium):
    # The authority that vouches for Keycloak is the test's own; Console has been told of it, this browser not.
    context = chromium.new_context(ignore_https_errors=True)
    context.set_default_timeout(SHOWN_S)
    yield context.new_page()
    context.close()


def cookies(page: Page) -> dict[str, str]:
    kept = {one.get("name", ""): one.get("value", "") for one in page.context.cookies()}
    return {name: value for name, value in kept.items() if name.startswith("c8-")}


def sign_in(page: Page, platform: Platform, name: str, path: str = "") -> None:
    page.goto(platform.ready["console_url"] + path)
    expect(page.get_by_label("Password")).to_have_count(0)
    page.get_by_role("link", name="Sign in with Keycloak").click()
    page.locator("#username").fill(name)
    page.locator("#password").fill(PASSWORD)
    page.locator("#kc-login").click()


def test_who_has_the_role_is_an_administrator_and_signs_out_at_both(page, platform) -> None:
    page.goto(platform.ready["console_url"])
    before = cookies(page)
    sign_in(page, platform, "ada", f"/org/{platform.ready['org_id']}/members")
    expect(page.get_by_role("heading", name="Members", level=1)).to_be_visible()
    expect(page.get_by_text("Ada Outside")).to_be_visible()
    after = cookies(page)
    # Nothing that was there before counts afterwards, and nothing of the way is left.
    assert "c8-session" in after
    assert "c8-session" not in before
    assert after["c8-console"] != before["c8-console"]
    assert "c8-sign-in" not in after
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/console/sign-in")
    page.context.add_cookies(
        [{"name": "c8-session", "value": after["c8-session"], "url": platform.ready["console_url"]}]
    )
    page.goto(platform.ready["console_url"])
    assert urlsplit(page.url).path == "/console/sign-in"
    # Keycloak has forgotten the person too: it asks again.
    page.get_by_role("link", name="Sign in with Keycloak").click()
    expect(page.locator("#username")).to_be_visible()


def test_a_role_of_the_provider_is_the_role_that_the_owner_made_of_it(page, platform) -> None:
    sign_in(page, platform, "dev")
    expect(page.get_by_role("heading", name="Clusters", level=1)).to_be_visible()
    page.get_by_role("link", name="local").click()
    expect(page.get_by_role("link", name="Connector secrets")).to_be_visible()
    page.goto(f"{platform.ready['console_url']}/org/{platform.ready['org_id']}/members")
    expect(page.get_by_role("heading", name="Not allowed")).to_be_visible()


def test_who_has_no_role_is_told_so_and_not_let_in(page, platform) -> None:
    sign_in(page, platform, "eve")
    expect(page.get_by_role("heading", name="Not signed in")).to_be_visible()
    assert "c8-session" not in cookies(page)


def test_what_one_browser_has_begun_another_cannot_finish(page, chromium, platform) -> None:
    """A code that somebody else obtained, or a link to one's own, signs nobody in."""
    page.goto(platform.ready["console_url"])
    page.get_by_role("link", name="Sign in with Keycloak").click()
    page.context.clear_cookies(name="c8-sign-in")
    page.locator("#username").fill("ada")
    page.locator("#password").fill(PASSWORD)
    page.locator("#kc-login").click()
    expect(page.get_by_role("heading", name="Not signed in")).to_be_visible()
    # The code has not been used. Another browser that has begun a sign-in of its own is as little let in by it.
    other = chromium.new_context(ignore_https_errors=True).new_page()
    other.goto(platform.ready["console_url"])
    other.get_by_role("link", name="Sign in with Keycloak").click()
    other.locator("#username").wait_for()
    other.goto(page.url)
    expect(other.get_by_role("heading", name="Not signed in")).to_be_visible()
    assert "c8-session" not in cookies(page) | cookies(other)


def test_there_is_no_other_way_in(page, platform) -> None:
    assert platform.ready["owner_url"] == ""
    page.goto(f"{platform.ready['console_url']}/join/anything")
    expect(page.get_by_role("heading", name="Not here")).to_be_visible()
