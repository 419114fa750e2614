"""Sign-in at an outside provider, against one that says what the test wants: what must hold whoever the provider is."""

import asyncio
import base64
import hashlib
import json
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jws
from joserfc.jwk import RSAKey
from starlette.requests import Request

from c8py.base import limits
from c8py.base.clock import ManualClock
from c8py.errors import ConfigError
from c8py.server.access import Endpoints, Provider
from c8py.server.app import _provider_keys
from c8py.server.app._provider_keys import AsksProvider
from c8py.server.console import Desk, Guard, NotDone, OutsideSignIn
from c8py.server.settings import MailSettings, ProviderSettings
from unit.server.test_sign_in import Browser

KEY = RSAKey.import_key(
    rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ),
    {"kid": "k"},
)
SECRET = "a secret: with + and / and ä"


class FakeProvider:
    """Discovery, keys and a token endpoint over a real socket; `claims` and `access` are what the next tokens say."""

    def __init__(self) -> None:
        self.claims: dict[str, object] = {}
        self.access: dict[str, object] | None = None
        self.asked: list[tuple[dict[str, str], str]] = []
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(provider.document() if "well-known" in self.path else provider.keys())

            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
                fields = {name: values[0] for name, values in form.items()}
                provider.asked.append((fields, self.headers.get("authorization", "")))
                self._answer(provider.tokens(), 400 if fields["code"] == "wrong" else 200)

            def _answer(self, body: Mapping[str, object], status: int = 200) -> None:
                content = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  as it is named there
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def document(self):
        return {
            "issuer": self.issuer, "jwks_uri": f"{self.issuer}/keys", "token_endpoint": f"{self.issuer}/token",
            "authorization_endpoint": f"{self.issuer}/authorize?fixed=1", "end_session_endpoint": f"{self.issuer}/end",
        }  # fmt: skip

    def keys(self):
        return {"keys": [{**KEY.as_dict(private=False), "use": "sig"}]}

    def tokens(self):
        signed = {"id_token": self.signed(self.claims)}
        return signed if self.access is None else signed | {"access_token": self.signed(self.access)}

    @staticmethod
    def signed(claims):
        return jws.serialize_compact({"alg": "RS256", "kid": "k"}, json.dumps(claims).encode(), KEY, ["RS256"])


@pytest.fixture
def provider():
    fake = FakeProvider()
    yield fake
    fake.server.shutdown()
    fake.server.server_close()


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def served(serve, provider, clock, tmp_path):
    (tmp_path / "secret").write_text(SECRET)
    told = ProviderSettings(
        issuer=provider.issuer, client_id="c8", client_secret_file=str(tmp_path / "secret"), roles_claim="roles",
        member_roles=("devs=developer",), label="Fake",
    )  # fmt: skip
    return serve(provider=told, clock=clock)


class Person(Browser):
    """A browser that goes to the provider and back."""

    def begin(self, path=""):
        answer = self.get(f"/console/sign-in/provider?next={path}")
        assert answer.status == 303, answer.text
        self.asked = {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}
        return answer.headers["location"]

    def come_back(self, **changed):
        fields = {"code": "good", "state": self.asked["state"], **changed}
        return self.get("/console/sign-in/callback?" + "&".join(f"{name}={value}" for name, value in fields.items()))


@pytest.fixture
def person(served, provider, clock):
    browser = Person(served)
    browser.begin()
    now_s = clock.now_ms() / 1000
    provider.claims = {
        "iss": provider.issuer, "sub": "1", "aud": "c8", "exp": now_s + 60, "iat": now_s, "email": "p@example.org",
        "nonce": browser.asked["nonce"], "roles": ["devs"], "email_verified": True,
    }  # fmt: skip
    return browser


def signed_in(browser):
    return browser.get("/console").status == 200


def test_pages_lead_to_the_provider_from_the_first_start_on(served):
    """With a provider there is no time in which Console is open to this machine."""
    assert Browser(served).get("/console").status == 303
    assert "Sign in with Fake" in Browser(served).get("/console/sign-in").text


def test_a_person_comes_back_signed_in(person, provider):
    person.begin("/console/clusters/new")
    provider.claims["nonce"] = person.asked["nonce"]
    answer = person.come_back()
    # A page that leads on: a redirect from another site would come without the strict cookie.
    assert (answer.status, answer.headers["refresh"]) == (200, "0; url=/console/clusters/new")
    assert signed_in(person)
    assert person.get(f"{person.home}/secrets").status == 200
    assert person.get(f"{person.organization}/members").status == 403


def test_the_code_is_exchanged_with_the_verifier_and_the_secret(person, provider):
    assert person.asked["code_challenge_method"] == "S256"
    person.come_back()
    fields, authorization = provider.asked[0]
    digest = hashlib.sha256(fields["code_verifier"].encode()).digest()
    assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == person.asked["code_challenge"]
    assert fields["redirect_uri"] == person.asked["redirect_uri"]
    assert "secret" not in "".join(fields)
    assert base64.b64decode(authorization.removeprefix("Basic ")) == (
        b"c8:a%20secret%3A%20with%20%2B%20and%20%2F%20and%20%C3%A4"
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"nonce": "another"},
        {"nonce": ""},
        {"aud": "other"},
        {"aud": ["c8", "other"]},
        {"azp": "other"},
        {"iss": "https://elsewhere"},
        {"exp": 1},
        {"iat": 9e12},
        {"sub": ""},
        {"roles": []},
        {"roles": ["owner", "admin", "unknown"]},
    ],
)
def test_a_token_that_is_not_of_this_sign_in_lets_nobody_in(person, provider, changed):
    provider.claims |= changed
    assert person.come_back().status == 403
    assert not signed_in(person)


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"state": "another"}, 403),
        ({"state": ""}, 403),
        ({"iss": "https://elsewhere"}, 403),
        ({"code": ""}, 403),
        ({"code": "wrong"}, 502),
        ({"error": "access_denied"}, 403),
    ],
)
def test_an_answer_that_is_not_to_what_was_asked_lets_nobody_in(person, changed, status):
    assert person.come_back(**changed).status == status
    assert not signed_in(person)


def test_what_was_begun_is_used_once(person):
    answer = person.come_back(state="another")
    assert any("c8-sign-in=" in one and "max-age=0" in one.lower() for one in answer.headers.get_all("set-cookie"))
    assert person.come_back().status == 403


def test_what_was_begun_is_used_once_whatever_the_browser_keeps(person, provider, clock):
    cookie = person.cookies["c8-sign-in"]
    assert person.come_back().status == 200
    asked = len(provider.asked)
    person.cookies["c8-sign-in"] = cookie
    assert person.come_back(code="another").status == 403
    clock.advance(599)
    person.cookies["c8-sign-in"] = cookie
    assert person.come_back(code="another").status == 403
    assert len(provider.asked) == asked


def test_a_failed_end_uses_it_up_too(person, provider):
    cookie = person.cookies["c8-sign-in"]
    assert person.come_back(state="another").status == 403
    person.cookies["c8-sign-in"] = cookie
    assert person.come_back().status == 403
    assert provider.asked == []


def test_used_sign_ins_are_forgotten_when_they_have_ended_and_never_too_many(monkeypatch):
    clock = ManualClock()
    outside = outside_at("https://c8.example", clock)
    monkeypatch.setattr(limits, "SERVER_SIGN_INS_USED_MAX", 3)

    def used(source):
        _, cookie = outside.begin("/console")
        with pytest.raises(NotDone):
            asyncio.run(outside.finish(cookie, {}, source=source))
        return len(outside._used)

    assert [used(str(one)) for one in range(5)] == [1, 2, 3, 3, 3]
    clock.advance(601)
    assert used("another") == 1


def test_who_comes_back_too_often_waits(served, provider):
    browser, answers = Person(served), []
    for _ in range(12):
        browser.begin()
        answers.append(browser.come_back(code="wrong").status)
    assert answers == [502] * 10 + [429] * 2
    assert len(provider.asked) == 10


def test_attempts_without_a_cookie_of_ours_do_not_count(person):
    cookie = person.cookies.pop("c8-sign-in")
    assert {person.come_back().status for _ in range(15)} == {403}
    person.cookies["c8-sign-in"] = cookie
    assert person.come_back().status == 200


def test_a_slow_provider_leaves_the_rest_of_the_platform_its_threads(monkeypatch):
    go, begun = threading.Event(), []

    class Slow(AsksProvider):
        def _exchange(self, form):
            begun.append(form)
            go.wait(10)
            return b"{}"

    async def crowd():
        settings = ProviderSettings(issuer="https://login.example", client_id="c8")
        asks = Slow(settings, Provider(settings, clock=ManualClock()))
        waiting = [asyncio.create_task(asks.tokens({})) for _ in range(40)]
        try:
            async with asyncio.timeout(5):
                assert await asyncio.to_thread(lambda: "free") == "free"
            monkeypatch.setattr(_provider_keys, "_TIMEOUT_S", 0.01)
            with pytest.raises(OSError, match="too many"):
                await asks.tokens({})
            assert len(begun) == 2
        finally:
            go.set()
            await asyncio.gather(*waiting)

    asyncio.run(crowd())
    assert len(begun) == 40


def test_what_was_begun_ends(person, provider, clock):
    provider.claims["exp"] += 3600
    clock.advance(601)
    assert person.come_back().status == 403


@pytest.mark.parametrize("cookie", ["", "x", "AAAA", "Ä", "A" * 300])
def test_without_the_cookie_of_the_beginning_there_is_no_end(person, cookie):
    person.cookies["c8-sign-in"] = cookie.encode("latin-1", "replace").decode("latin-1")
    assert person.come_back().status == 403


def test_nobody_finishes_what_another_has_begun(person, served):
    other = Person(served)
    other.begin()
    other.asked["state"] = person.asked["state"]
    assert other.come_back().status == 403


def test_a_session_that_was_planted_before_is_not_the_one_afterwards(person):
    person.cookies |= {"c8-session": "planted", "c8-console": "0" * 64}
    person.come_back()
    assert person.cookies["c8-session"] != "planted"
    assert person.cookies["c8-console"] != "0" * 64


def test_what_the_provider_says_is_shown_and_not_obeyed(person):
    page = person.come_back(error="x", error_description="%3Cscript%3Ealert(1)%3C/script%3E").text
    assert "<script" not in page
    assert "&lt;script" in page


def test_roles_may_stand_in_the_access_token_alone(person, provider):
    del provider.claims["roles"]
    provider.access = {"iss": provider.issuer, "sub": "1", "roles": ["devs"]}
    person.come_back()
    assert signed_in(person)


@pytest.mark.parametrize("changed", [{"sub": "2"}, {"iss": "https://elsewhere"}])
def test_roles_of_somebody_else_do_not_count(person, provider, changed):
    del provider.claims["roles"]
    provider.access = {"iss": provider.issuer, "sub": "1", "roles": ["devs"]} | changed
    assert person.come_back().status == 403


def test_an_address_alone_makes_nobody_the_owner(person, provider, served):
    """The provider's people are not the platform's members, whatever address they have."""
    owner = Browser(served)
    owner.join(served.addresses.owner_url, "p@example.org")
    person.come_back()
    assert signed_in(person)
    assert person.get(f"{person.organization}/members").status == 403
    assert owner.get(f"{owner.organization}/members").status == 200


@pytest.mark.parametrize("verified", [False, None, "true", 1])
def test_an_address_that_is_not_verified_is_nobodys(serve, provider, clock, verified):
    """Who may edit the own address at the provider does not appear as the owner, and has no mail sent there."""
    told = ProviderSettings(issuer=provider.issuer, client_id="c8", roles_claim="roles", member_roles=("admins=admin",))
    served = serve(provider=told, clock=clock, mail=MailSettings(host="127.0.0.1", sender="c8@example.org"))
    Browser(served).join(served.addresses.owner_url, "ada@example.org")
    person, now_s = Person(served), clock.now_ms() / 1000
    person.begin()
    provider.claims = {
        "iss": provider.issuer, "sub": "1", "aud": "c8", "exp": now_s + 60, "iat": now_s, "roles": ["admins"],
        "nonce": person.asked["nonce"], "email": "ada@example.org", "email_verified": verified,
        "preferred_username": "ada@example.org",
    }  # fmt: skip
    person.come_back()
    assert "ada@example.org (outside) signed in at the provider" in person.get(f"{person.organization}/activity").text
    page = f"{person.home}/alerts"
    assert "is verified" in person.get(page).text
    assert person.send(page, page, {"kind": "email"}).status == 400


def test_sign_out_goes_by_way_of_the_provider(person):
    person.come_back()
    session = dict(person.cookies)
    answer = person.send("/console", "/console/sign-out", {})
    place = urlsplit(answer.headers["refresh"].removeprefix("0; url="))
    asked = parse_qs(place.query)
    assert place.path == "/end"
    assert asked["post_logout_redirect_uri"][0].endswith("/console/sign-in")
    assert asked["id_token_hint"]
    person.cookies = session
    assert not signed_in(person)


def test_begun_under_another_name_it_begins_anew_under_the_right_one(served, provider):
    port = served.authority.rpartition(":")[2]
    answer = Browser(served).get("/console/sign-in/provider?next=/console", host=f"localhost:{port}")
    right = f"{served.addresses.http_address}/console/sign-in/provider?next=/console&moved=1"
    assert answer.headers["location"] == right
    # Once: a proxy that puts its own name into the header must not send the browser in circles.
    again = Browser(served).get(right.removeprefix(served.addresses.http_address), host=f"localhost:{port}")
    assert again.headers["location"].startswith(f"{provider.issuer}/authorize")


def outside_at(public_url, clock):
    """The sign-in of a platform at this address; the provider gives no tokens."""
    settings = ProviderSettings(issuer="https://login.example", client_id="c8")
    judge = Provider(settings, clock=clock)
    judge.endpoints = Endpoints(authorization="https://login.example/authorize")

    async def ask(form):
        raise OSError

    return OutsideSignIn(settings, judge, ask, callback=f"{public_url}/console/sign-in/callback", clock=clock)


def led_to(public_url, host):
    """Where a sign-in begins that comes to this host, on a platform at this address."""
    outside = outside_at(public_url, ManualClock())
    scope = {
        "type": "http", "method": "GET", "scheme": "http", "path": "/console/sign-in/provider", "query_string": b"",
        "headers": [(b"host", host.encode())], "server": ("127.0.0.1", 80),
    }  # fmt: skip
    guard = Guard(b"k" * 32, cast("Desk", None))
    return guard.begin_outside(Request(scope), outside, "/console").headers["location"]


@pytest.mark.parametrize(
    ("public_url", "host"),
    [
        ("https://c8.example:443", "c8.example"),
        ("https://C8.Example", "c8.example"),
        ("http://c8.example:80", "c8.example"),
        ("https://c8.example", "c8.example:443"),
        ("https://c8.example:8443", "c8.example:8443"),
        ("https://[::1]:443", "[::1]"),
    ],
)
def test_a_name_may_be_written_in_more_than_one_way(public_url, host):
    assert led_to(public_url, host).startswith("https://login.example/authorize?")


@pytest.mark.parametrize("host", ["other.example", "c8.example", "c8.example:443"])
def test_another_port_or_name_is_another_place(host):
    assert led_to("https://c8.example:80", host).startswith("https://c8.example:80/console/sign-in/provider?")


def test_with_the_provider_alone_no_password_counts(serve, provider):
    only = serve(provider=ProviderSettings(issuer=provider.issuer, client_id="c8", only=True))
    browser = Browser(only)
    assert only.addresses.owner_url == ""
    assert "Password" not in browser.get("/console/sign-in").text
    other = browser.get("/console/nothing-here")
    assert other.status == 303
    assert browser.get("/console/join/x").status == 403


def test_without_a_provider_there_is_no_way_to_one(serve):
    browser = Browser(serve())
    assert browser.get("/console/sign-in/provider").status == 404
    assert browser.get("/console/sign-in/callback?code=x&state=y").status == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_id": "c8"},
        {"issuer": "https://x", "client_secret_file": "f"},
        {"issuer": "https://x", "client_id": "c8", "scopes": ("profile",)},
        {"issuer": "https://x", "client_id": "c8", "member_roles": ("devs",)},
    ],
)
def test_settings_that_cannot_work_are_refused(wrong):
    with pytest.raises(ConfigError):
        ProviderSettings(**wrong)


@pytest.mark.parametrize(
    "wrong", [{"member_roles": ("x=owner",)}, {"member_roles": ("x=king",)}, {"client_secret_file": "/nowhere"}]
)
def test_a_start_with_roles_or_secrets_that_there_are_not_is_refused(serve, provider, wrong):
    with pytest.raises(ConfigError):
        serve(provider=ProviderSettings(issuer=provider.issuer, client_id="c8", **wrong))
