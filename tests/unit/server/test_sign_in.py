"""Members and their sign-in: the first owner, sessions, roles, and what must not work."""

import re
from urllib.parse import urlsplit

import pytest

from c8py.base.clock import ManualClock
from c8py.server.console._members import ROLE_PERMISSIONS

PASSWORD = "correct horse battery"
OWNER = "ada@example.org"


class Browser:
    """Keeps cookies and fills forms."""

    def __init__(self, served) -> None:
        self.served = served
        self.cookies: dict[str, str] = {}
        self.organization = f"/console/org/{served.addresses.org_id}"
        self.home = f"{self.organization}/cluster/{served.addresses.cluster_id}"

    def get(self, path, **headers):
        return self._keep(self.served.request("GET", path, headers=self._headers() | headers))

    def send(self, page, path, fields, **headers):
        found = re.search(r'name="form_token" value="(\w+)"', self.get(page).text)
        sent = {"form_token": found[1] if found else "", **fields}
        own = self._headers() | {"origin": self.served.addresses.http_address}
        return self._keep(self.served.form(path, sent, own | headers))

    def join(self, link, email="", password=PASSWORD):
        path = urlsplit(link).path
        return self.send(path, path, {"email": email, "name": "Ada", "password": password, "again": password})

    def sign_in(self, email=OWNER, password=PASSWORD, path=""):
        return self.send("/console/sign-in", "/console/sign-in", {"email": email, "password": password, "next": path})

    def invite(self, email, *roles):
        page = self.send(
            f"{self.organization}/members", f"{self.organization}/members", {"email": email, "role": roles}
        )
        return re.findall(r"<code>(http[^<]+/join/[^<]+)</code>", page.text)[0]

    def _headers(self):
        return {"cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}

    def _keep(self, answer):
        for cookie in answer.headers.get_all("set-cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value.strip('"')
        return answer


@pytest.fixture
def owned(serve):
    served = serve()
    owner = Browser(served)
    assert owner.join(served.addresses.owner_url, OWNER).status == 303
    return owner


def test_the_first_owner_comes_by_a_link_that_works_once(serve):
    served = serve()
    browser = Browser(served)
    assert "Create the owner" in browser.get(urlsplit(served.addresses.owner_url).path).text
    assert browser.join(served.addresses.owner_url, OWNER).headers["location"] == "/console"
    assert browser.get("/console").status == 200
    other = Browser(served)
    assert other.get(urlsplit(served.addresses.owner_url).path).status == 403
    assert other.join(served.addresses.owner_url, "eve@example.org").status == 403


@pytest.mark.parametrize("path", ["/console", "/console/"])
def test_without_an_owner_pages_are_open_to_this_machine_and_say_so(serve, path):
    assert "open to this machine only" in Browser(serve()).get(path).text


def test_a_proxy_that_nobody_named_does_not_make_the_world_this_machine(serve):
    answer = Browser(serve()).get("/console", **{"x-forwarded-for": "192.0.2.1"})
    assert answer.status == 403
    assert "or open Console on the machine that it runs on." in answer.text


def test_sign_in_can_be_wanted_from_the_first_start(serve):
    served = serve(sign_in="always")
    refused = Browser(served).get("/console")
    assert refused.status == 403
    assert "Open the link that it printed when it started." in refused.text
    assert Browser(served).join(served.addresses.owner_url, OWNER).status == 303


def test_with_an_owner_everybody_signs_in(owned):
    stranger = Browser(owned.served)
    answer = stranger.get(f"{stranger.home}/api")
    assert (answer.status, answer.headers["location"]) == (303, f"/console/sign-in?next={stranger.home}/api")
    answer = stranger.sign_in(path=f"{stranger.home}/api")
    assert (answer.status, answer.headers["location"]) == (303, f"{stranger.home}/api")
    assert stranger.get(f"{stranger.home}/api").status == 200


@pytest.mark.parametrize("path", ["http://evil.example/", "//evil.example", "/\\evil.example", "/v2", "javascript:x"])
def test_after_the_sign_in_nobody_is_sent_elsewhere(owned, path):
    assert Browser(owned.served).sign_in(path=path).headers["location"] == "/console"


@pytest.mark.parametrize(
    ("email", "password"), [(OWNER, "wrong"), ("eve@example.org", PASSWORD), ("", ""), (OWNER, "x" * 9000)]
)
def test_what_is_wrong_is_not_said(owned, email, password):
    answer = Browser(owned.served).sign_in(email, password)
    assert answer.status == 401
    assert "one of them is wrong" in answer.text


def test_guessing_is_slowed_down(owned):
    guesser = Browser(owned.served)
    assert [guesser.sign_in(password="wrong").status for _ in range(12)][-1] == 429
    assert Browser(owned.served).sign_in().status == 429


def test_a_session_is_new_at_each_sign_in(owned):
    """A session that somebody else has planted before is not the one that counts afterwards."""
    browser = Browser(owned.served)
    browser.cookies = {"c8-session": "planted", "c8-console": "0" * 64}
    browser.sign_in()
    assert browser.cookies["c8-session"] != "planted"
    assert browser.cookies["c8-console"] != "0" * 64
    first = browser.cookies["c8-session"]
    browser.cookies.clear()
    browser.sign_in()
    assert browser.cookies["c8-session"] != first


def test_the_session_is_the_browsers_own_affair(owned):
    browser = Browser(owned.served)
    cookies = [one.lower() for one in browser.sign_in().headers.get_all("set-cookie")]
    session = next(one for one in cookies if one.startswith("c8-session="))
    assert {"httponly", "samesite=strict", "path=/console"} <= set(session.split("; "))


def test_a_session_ends_with_the_sign_out(owned):
    kept = dict(owned.cookies)
    assert owned.send("/console", "/console/sign-out", {}).status == 303
    owned.cookies = kept
    assert owned.get("/console").status == 303


def test_a_session_ends_by_itself(serve):
    clock = ManualClock()
    served = serve(clock=clock, session_s=60)
    browser = Browser(served)
    browser.join(served.addresses.owner_url, OWNER)
    assert browser.get("/console").status == 200
    clock.advance(61)
    assert browser.get("/console").status == 303


def test_members_survive_a_restart_and_so_do_sessions(serve, tmp_path):
    served = serve(data_dir=tmp_path)
    browser = Browser(served)
    browser.join(served.addresses.owner_url, OWNER)
    served.stop()
    again = serve(data_dir=tmp_path)
    assert again.addresses.owner_url == ""
    browser.served = again
    assert browser.get("/console").status == 200
    everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert PASSWORD.encode() not in everything
    assert browser.cookies["c8-session"].encode() not in everything


def test_a_member_is_invited_joins_and_is_removed(owned):
    link = owned.invite("bob@example.org", "developer")
    bob = Browser(owned.served)
    assert bob.join(link).status == 303
    assert bob.get(f"{bob.home}/api").status == 200
    assert bob.join(link).status == 403
    members = f"{owned.organization}/members"
    assert owned.send(members, f"{members}/remove", {"email": "bob@example.org"}).status == 303
    assert bob.get("/console").status == 303


def test_the_owner_stays(owned):
    members = f"{owned.organization}/members"
    assert owned.send(members, f"{members}/remove", {"email": OWNER}).status == 403
    assert owned.send(members, members, {"email": OWNER, "role": ["visitor"]}).status == 403


def test_a_visitor_looks_and_changes_nothing(owned):
    visitor = Browser(owned.served)
    visitor.join(owned.invite("vi@example.org", "visitor"))
    assert visitor.get(visitor.home).status == 200
    for path in (f"{visitor.home}/secrets", f"{visitor.organization}/members", f"{visitor.organization}/activity",
                 "/console/clusters/new", f"{visitor.home}/delete"):  # fmt: skip
        assert visitor.get(path).status == 403
    for path in (f"{visitor.home}/api", f"{visitor.home}/suspend", f"{visitor.home}/allowlist", "/console/clusters"):
        assert visitor.send(visitor.home, path, {"name": "x", "ip": "10.0.0.1"}).status == 403


def test_roles_change_at_once(owned):
    developer = Browser(owned.served)
    developer.join(owned.invite("dev@example.org", "developer"))
    assert developer.get(f"{developer.home}/secrets").status == 200
    members = f"{owned.organization}/members"
    owned.send(members, members, {"email": "dev@example.org", "role": ["visitor"]})
    assert developer.get(f"{developer.home}/secrets").status == 403


@pytest.mark.parametrize(("password", "status"), [("short", 400), ("x" * 201, 400), ("ten chars!", 303)])
def test_a_password_has_a_length(serve, password, status):
    served = serve()
    assert Browser(served).join(served.addresses.owner_url, OWNER, password).status == status


def test_every_role_of_the_api_has_its_permissions():
    roles = {"member", "admin", "owner", "operationsengineer", "taskuser", "analyst", "developer", "visitor", "modeler"}
    assert set(ROLE_PERMISSIONS) == roles
    for role in roles - {"owner", "admin"}:
        assert "update:members" not in ROLE_PERMISSIONS[role]
