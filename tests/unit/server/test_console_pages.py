"""Console's pages over real sockets: a client made by a person, and what keeps strangers out."""

import re
from html import unescape
from html.parser import HTMLParser

import pytest


class Browser:
    """Keeps the cookie and fills forms; runs no script, as none is needed."""

    def __init__(self, served) -> None:
        self.served = served
        self.cookie = ""
        self.home = f"/console/org/{served.addresses.org_id}/cluster/{served.addresses.cluster_id}"

    def get(self, path, **headers):
        return self._keep(self.served.request("GET", path, headers={"cookie": self.cookie, **headers}))

    def submit(self, path, action, fields, **headers):
        """Send the form of the page at `path` to `action`, as a browser does."""
        page = self.get(path)
        found = re.search(r'name="form_token" value="(\w+)"', page.text)
        fields = {"form_token": found[1] if found else "", **fields}
        standard = {"cookie": self.cookie, "origin": self.served.addresses.http_address}
        return self._keep(self.served.form(action, fields, {**standard, **headers}))

    def create(self, name, scopes=("Zeebe",), **headers):
        fields = {"name": name, "scope": list(scopes)}
        return self.submit(f"{self.home}/api/new", f"{self.home}/api", fields, **headers)

    def _keep(self, answer):
        for cookie in answer.headers.get_all("set-cookie", []):
            self.cookie = cookie.partition(";")[0]
        return answer


@pytest.fixture
def browser(served):
    return Browser(served)


def secret_on(page) -> str:
    return re.findall(r'name="secret" value="([^"]+)"', page.text)[0]


def download_of(page) -> str:
    return re.findall(r'action="([^"]+/file)"', page.text)[0]


def test_a_person_finds_the_way_from_the_address_to_a_new_client(served, browser):
    assert served.request("GET", "/").headers["location"] == "/console"
    clusters = browser.get("/console")
    assert browser.home in clusters.text
    assert f"{browser.home}/api" in browser.get(browser.home).text
    assert f"{browser.home}/api/new" in browser.get(f"{browser.home}/api").text


def test_the_overview_names_the_addresses(served, browser):
    page = browser.get(browser.home).text
    for address in (served.addresses.grpc_address, served.addresses.oauth_url, served.addresses.console_api_url):
        assert address in page


def test_the_secret_is_shown_once_and_never_again(browser):
    page = browser.create("once")
    secret = secret_on(page)
    assert page.status == 200
    assert page.headers["cache-control"] == "no-store"
    client = download_of(page).removesuffix("/file")
    for path in (client, f"{client}/delete", f"{browser.home}/api", browser.home, "/console"):
        assert secret not in browser.get(path).text


@pytest.mark.parametrize(("version", "lines"), [("8.8", 18), ("8.6", 11), ("8.5", 9)])
def test_the_file_is_downloaded_in_the_chosen_version(browser, version, lines):
    page = browser.create(f"file {version}")
    fields = {"secret": secret_on(page), "version": version}
    file = browser.submit(f"{browser.home}/api/new", download_of(page), fields)
    assert file.status == 200
    disposition = file.headers["content-disposition"]
    assert disposition == f'attachment; filename="CamundaCloudMgmtAPI-Client-file {version}.txt"'
    assert file.headers["cache-control"] == "no-store"
    assert len(file.text.splitlines()) == lines
    assert f"export ZEEBE_CLIENT_SECRET='{secret_on(page)}'" in file.text


@pytest.mark.parametrize("fields", [{"version": "8.8"}, {"secret": "wrong", "version": "8.8"}])
def test_there_is_no_file_without_the_secret(browser, fields):
    page = browser.create(f"no file {len(fields)}")
    answer = browser.submit(f"{browser.home}/api/new", download_of(page), fields)
    assert answer.status == 400
    assert "export" not in answer.text


def test_a_version_that_there_never_was_gives_no_file(browser):
    page = browser.create("no version")
    fields = {"secret": secret_on(page), "version": "9"}
    assert browser.submit(f"{browser.home}/api/new", download_of(page), fields).status == 400


def test_a_client_made_on_a_page_gets_tokens(served, browser):
    page = browser.create("from a page")
    fields = {"secret": secret_on(page), "version": "8.8"}
    file = browser.submit(f"{browser.home}/api/new", download_of(page), fields).text
    values = dict(re.findall(r"export (\w+)='(.*)'", file))
    request = {
        "grant_type": "client_credentials",
        "client_id": values["ZEEBE_CLIENT_ID"],
        "client_secret": values["ZEEBE_CLIENT_SECRET"],
        "audience": values["ZEEBE_TOKEN_AUDIENCE"],
    }
    assert served.form("/oauth/token", request).status == 200


def test_deleting_asks_first_and_then_says_that_it_is_done(browser):
    client = download_of(browser.create("short-lived")).removesuffix("/file")
    assert "cannot be undone" in browser.get(f"{client}/delete").text
    answer = browser.submit(f"{client}/delete", f"{client}/delete", {})
    assert (answer.status, answer.headers["location"]) == (303, f"{browser.home}/api?done=deleted")
    page = browser.get(answer.headers["location"])
    assert "is deleted" in page.text
    assert "short-lived" not in page.text
    assert browser.get(client).status == 404


@pytest.mark.parametrize(
    ("name", "scopes", "words"),
    [
        ("", ("Zeebe",), "name"),
        ("x" * 51, ("Zeebe",), "name"),
        ("x", (), "permission"),
        ("x", ("Root",), "permissions"),
    ],
)
def test_a_form_with_a_mistake_comes_back_as_it_was_filled(browser, name, scopes, words):
    page = browser.create(name, scopes)
    assert page.status == 400
    assert words in page.text
    assert f'value="{name}"' in page.text
    assert ('value="Zeebe" checked' in page.text) == ("Zeebe" in scopes)


def test_names_are_shown_and_not_obeyed(browser):
    name = "<script>alert(1)</script>"
    browser.create(name)
    page = browser.get(f"{browser.home}/api").text
    assert name not in page
    assert name in unescape(page)


@pytest.mark.parametrize("path", ["", "/api", "/api/new", "/api/client/none", "/nothing"])
def test_every_page_is_locked_down(browser, path):
    answer = browser.get(browser.home + path)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script-src" not in policy
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert "<script" not in answer.text
    assert "style=" not in answer.text


def test_what_a_page_links_to_is_there(served, browser):
    for link in re.findall(r'<link [^>]*href="([^"]+)"', browser.get("/console").text):
        answer = served.request("GET", link)
        assert answer.status == 200
        assert "immutable" in answer.headers["cache-control"]
    assert served.request("GET", "/console/static/..%2f_guard.py").status == 404
    assert served.request("GET", "/console/static/base.html").status == 404


def test_the_cookie_is_the_browsers_own_affair(served):
    cookie = served.request("GET", "/console").headers["set-cookie"].lower()
    assert {"httponly", "samesite=strict", "path=/console"} <= set(cookie.split("; "))


class TestForgery:
    def test_a_form_without_its_token_does_nothing(self, served, browser):
        browser.get("/console")
        answer = served.form(f"{browser.home}/api", {"name": "forged", "scope": "Zeebe"}, {"cookie": browser.cookie})
        assert answer.status == 403
        assert "forged" not in browser.get(f"{browser.home}/api").text

    def test_a_token_belongs_to_its_cookie(self, served, browser):
        other = Browser(served)
        other.get("/console")
        assert browser.create("forged", cookie=other.cookie).status == 403

    @pytest.mark.parametrize("cookie", ["", "c8-console=x", "c8-console=" + "0" * 64])
    def test_a_form_without_a_cookie_of_ours_does_nothing(self, browser, cookie):
        assert browser.create("forged", cookie=cookie).status == 403

    @pytest.mark.parametrize(
        "headers",
        [
            {"origin": "http://evil.example"},
            {"origin": "null"},
            {"origin": "http://127.0.0.1:1"},
            {"sec-fetch-site": "cross-site"},
            {"sec-fetch-site": "same-site"},
        ],
    )
    def test_a_form_from_elsewhere_does_nothing(self, browser, headers):
        assert browser.create("forged", **headers).status == 403

    @pytest.mark.parametrize("host", ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", ""])
    def test_a_foreign_name_for_this_machine_gets_nothing(self, browser, host):
        status = browser.get("/console", host=host or "[").status
        assert status in {400, 421}

    @pytest.mark.parametrize("host", ["localhost", "LOCALHOST:80", "127.0.0.1", "[::1]:80", "app.localhost", "0.0.0.0"])
    def test_names_of_this_machine_are_fine(self, browser, host):
        assert browser.get("/console", host=host).status == 200

    @pytest.mark.parametrize("body", [b"\xff", b"a=%ff", b"a=&" * 5000])
    def test_what_is_no_form_is_said_to_be_none(self, served, browser, body):
        assert served.request("POST", f"{browser.home}/api", body).status == 400

    def test_a_form_beyond_all_measure_is_not_read(self, served, browser):
        assert served.request("POST", f"{browser.home}/api", b"x" * 70_000).status == 413


class Outline(HTMLParser):
    """What a screen reader finds: labels, headings, landmarks."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.headings: list[int] = []
        self.ids: list[str] = []
        self.labelled: set[str] = set()
        self.inputs: list[str] = []
        self.tags: list[str] = []
        self.language = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        values = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        self.ids += [values["id"]] if "id" in values else []
        self.headings += [int(tag[1])] if re.fullmatch(r"h\d", tag) else []
        self.labelled |= {values["for"]} if tag == "label" and "for" in values else set()
        if tag in {"input", "select"} and values.get("type") not in {"hidden", "checkbox"}:
            self.inputs.append(values["id"])
        self.language = values.get("lang", self.language)


@pytest.mark.parametrize("path", ["", "/api", "/api/new", "/api/client/none"])
def test_pages_can_be_read_without_seeing_them(browser, path):
    outline = Outline(browser.get(browser.home + path).text)
    assert outline.language == "en"
    assert outline.headings.count(1) == 1
    assert all(after - before <= 1 for before, after in zip(outline.headings, outline.headings[1:], strict=False))
    assert len(outline.ids) == len(set(outline.ids))
    assert set(outline.inputs) <= outline.labelled
    assert {"main", "header", "title"} <= set(outline.tags)
