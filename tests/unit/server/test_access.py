"""Who may call what."""

import base64
import hashlib
import hmac
import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.jwk import RSAKey

from c8py.base.clock import ManualClock
from c8py.base.redact import Secret
from c8py.server.access import Access, AccessDenied, Claims, Issuers, Keys
from c8py.server.settings import BasicUser, Settings
from c8py.server.store import Client, Cluster, Organization, SigningKey, Store

ISSUERS = Issuers.at("http://127.0.0.1:1")


def text64(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


class World:
    """A store with a cluster's client and an organization's client, and what signs their tokens."""

    def __init__(self, folder, key: SigningKey | None = None) -> None:
        self.clock = ManualClock()
        self.store = Store.open(folder, durable=False)
        self.store.add_organization(Organization(org_id="o", name="o", created_ms=0))
        for cluster_id in ("c", "d"):
            self.store.add_cluster(
                Cluster(cluster_id=cluster_id, org_id="o", name="n", region="r", generation="g", created_ms=0)
            )
        self.add("worker", "c", ("Zeebe",))
        self.add("reader", "c", ("Operate",))
        self.add("admin", None, ("read:cluster",))
        if key is not None:
            self.store.add_signing_key(key)
        self.keys = Keys.of(self.store, clock=self.clock)

    def add(self, client_id, cluster_id, permissions) -> None:
        self.store.add_client(
            Client(
                client_id=client_id,
                uuid=client_id,
                level="organization" if cluster_id is None else "cluster",
                org_id="o",
                cluster_id=cluster_id,
                name=client_id,
                permissions=permissions,
                secret_sha256=b"",
                created_ms=0,
            )
        )

    def access(self, **changes) -> Access:
        return Access(msgspec.structs.replace(Settings(), **changes), self.store, self.keys, ISSUERS, clock=self.clock)

    def claims(self, **changes) -> Claims:
        now_s = self.clock.now_ms() // 1000
        standard = Claims(
            iss=ISSUERS.saas,
            sub="worker@clients",
            aud="zeebe.camunda.io",
            iat=now_s,
            exp=now_s + 100,
            azp="worker",
            cluster_id="c",
        )
        return msgspec.structs.replace(standard, **changes)

    def header(self, **changes) -> str:
        return f"Bearer {self.keys.sign(self.claims(**changes))}"


@pytest.fixture(scope="module")
def shared_world(tmp_path_factory):
    world = World(tmp_path_factory.mktemp("store"))
    yield world
    world.store.close()


@pytest.fixture
def world(tmp_path, shared_world):
    # A new RSA key for each test would be most of what the tests take.
    world = World(tmp_path, shared_world.store.signing_keys()[0])
    yield world
    world.store.close()


def denial(access, header, **call) -> AccessDenied:
    with pytest.raises(AccessDenied) as caught:
        access.authorize(header, **{"api": "zeebe", "cluster_id": "c", **call})
    return caught.value


def test_a_token_of_the_cluster_with_the_scope_names_its_client(world):
    caller = world.access().authorize(world.header(), api="zeebe", cluster_id="c")
    assert (caller.kind, caller.name, caller.cluster_id, caller.permissions) == ("client", "worker", "c", {"Zeebe"})


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "c.zeebe.camunda.io"},
        {"aud": ("operate-api", "zeebe-api")},
        {"iss": ISSUERS.keycloak},
        {"cluster_id": None},
    ],
)
def test_what_older_clients_and_keycloak_put_in_is_accepted(world, changes):
    assert world.access().authorize(world.header(**changes), api="zeebe", cluster_id="c").name == "worker"


def test_the_scheme_may_be_written_in_any_case(world):
    header = world.header().replace("Bearer", "bEARER ")
    assert world.access().authorize(header, api="zeebe", cluster_id="c").name == "worker"


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"aud": "operate.camunda.io"}, "audience"),
        ({"aud": ()}, "audience"),
        ({"aud": "d.zeebe.camunda.io"}, "audience"),
        ({"cluster_id": "d"}, "cluster"),
        ({"iss": "https://weblogin.cloud.camunda.io/"}, "issuer"),
        ({"azp": "nobody"}, "client"),
        ({"exp": 1}, "expired"),
        ({"iat": 9_999_999_999}, "expired"),
    ],
)
def test_a_token_that_does_not_fit_is_no_token(world, changes, word):
    refused = denial(world.access(), world.header(**changes))
    assert (refused.kind, refused.denial) == ("unauthenticated", word)


def test_a_token_is_refused_by_another_cluster(world):
    assert denial(world.access(), world.header(), cluster_id="d").denial == "cluster"


def test_a_client_without_the_scope_is_known_but_may_not(world):
    refused = denial(world.access(), world.header(azp="reader"))
    assert (refused.kind, refused.denial) == ("forbidden", "scope")


def test_a_token_stops_when_it_expires_though_it_was_seen_before(world):
    access, header = world.access(), world.header()
    access.authorize(header, api="zeebe", cluster_id="c")
    world.clock.advance(99.9)
    access.authorize(header, api="zeebe", cluster_id="c")
    world.clock.advance(0.1)
    assert denial(access, header).denial == "expired"


def test_the_tokens_of_a_deleted_client_stop_at_once_though_they_were_seen_before(world):
    access, header = world.access(), world.header()
    access.authorize(header, api="zeebe", cluster_id="c")
    world.store.remove_client("worker")
    assert denial(access, header).denial == "client"


def test_a_clock_that_was_set_back_a_little_changes_nothing(world):
    header = world.header()
    world.clock.skew(-30)
    assert world.access().authorize(header, api="zeebe", cluster_id="c").name == "worker"


@pytest.mark.parametrize("header", [None, "", "  "])
def test_no_header_is_said_to_be_missing(world, header):
    assert denial(world.access(), header).denial == "missing"


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Basic eDp5", "eyJhbGciOiJub25lIn0.e30.", "Bearer\u00e9 x"])
def test_a_header_of_another_kind_is_malformed(world, header):
    assert denial(world.access(), header).denial == "malformed"


def test_a_header_beyond_all_measure_is_not_looked_at(world):
    assert denial(world.access(), "Bearer " + "x" * 10_000).denial == "malformed"


def test_a_token_without_signature_is_refused(world):
    header = text64(b'{"alg":"none"}')
    _, payload, _ = world.header().removeprefix("Bearer ").split(".")
    assert denial(world.access(), f"Bearer {header}.{payload}.").denial == "token"


def test_a_token_signed_with_our_public_key_as_a_secret_is_refused(world):
    key = json.loads(world.keys.public_set())["keys"][0]
    header = text64(json.dumps({"alg": "HS256", "kid": key["kid"]}).encode())
    _, payload, _ = world.header().removeprefix("Bearer ").split(".")
    public = RSAKey.import_key(key).as_pem(private=False)
    signature = text64(hmac.digest(public, f"{header}.{payload}".encode(), "sha256"))
    assert denial(world.access(), f"Bearer {header}.{payload}.{signature}").denial == "token"


def test_a_token_of_another_platform_is_refused(world, tmp_path):
    other = World(tmp_path / "other")
    assert denial(world.access(), other.header()).denial == "token"
    other.store.close()


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_nothing_but_our_own_signature_is_believed(shared_world, data):
    access = shared_world.access()
    token = shared_world.header().removeprefix("Bearer ")
    at = data.draw(st.integers(0, len(token) - 1))
    sign = data.draw(st.characters(codec="ascii"))
    changed = token[:at] + sign + token[at + 1 :]
    try:
        access.authorize(f"Bearer {changed}", api="zeebe", cluster_id="c")
    except AccessDenied as refused:
        assert refused.kind == "unauthenticated"  # noqa: PT017
    else:
        # The last sign of each part has bits that base64 does not use.
        assert [part.rstrip("=")[:-1] for part in changed.split(".")] == [part[:-1] for part in token.split(".")]


@settings(max_examples=200, deadline=None)
@given(header=st.one_of(st.text(), st.from_regex(r"Bearer [\w.-]+\.[\w.-]*\.[\w.-]*", fullmatch=True)))
def test_a_hostile_header_is_refused_and_never_breaks_anything(shared_world, header):
    assert denial(shared_world.access(), header).kind == "unauthenticated"


@pytest.mark.parametrize("nested", ["[" * 3000, '{"a":' * 1000])
def test_a_header_of_brackets_is_refused(world, nested):
    assert denial(world.access(), f"Bearer {text64(nested.encode())}.e30.x").kind == "unauthenticated"


def test_the_key_set_shows_public_halves_only(world):
    (key,) = json.loads(world.keys.public_set())["keys"]
    assert set(key) == {"kty", "n", "e", "kid", "use", "alg"}
    assert RSAKey.import_key(key).key_type == "RSA"


def test_the_same_key_signs_after_a_restart(world):
    token = world.keys.sign(world.claims())
    assert Keys.of(world.store, clock=world.clock).verify(token).azp == "worker"


class TestConsole:
    def test_a_client_of_the_organization_may_what_it_was_allowed(self, world):
        header = world.header(azp="admin", aud="api.cloud.camunda.io", cluster_id=None)
        assert world.access().authorize(header, api="console", permission="read:cluster").name == "admin"
        refused = denial(world.access(), header, api="console", cluster_id=None, permission="create:cluster")
        assert (refused.kind, refused.denial) == ("forbidden", "scope")

    def test_a_client_of_the_organization_reaches_clusters_only_if_it_may_make_their_clients(self, world):
        header = world.header(azp="admin", aud="zeebe.camunda.io", cluster_id=None)
        refused = denial(world.access(), header, api="zeebe")
        assert (refused.kind, refused.denial) == ("forbidden", "scope")
        world.add("maker", None, ("create:zeebe-client",))
        header = world.header(azp="maker", aud="zeebe.camunda.io", cluster_id=None)
        for cluster_id in ("c", "d"):
            assert world.access().authorize(header, api="zeebe", cluster_id=cluster_id).name == "maker"

    @pytest.mark.parametrize("mode", ["basic", "none"])
    def test_the_administration_api_wants_its_token_in_every_mode(self, world, mode):
        refused = denial(world.access(auth=mode), None, api="console", cluster_id=None, permission="read:cluster")
        assert refused.denial == "missing"

    def test_a_clusters_token_does_not_open_it(self, world):
        refused = denial(world.access(), world.header(), api="console", cluster_id=None, permission="read:cluster")
        assert refused.denial == "audience"


class TestBasic:
    def header(self, text: str) -> str:
        return "Basic " + base64.b64encode(text.encode()).decode()

    def test_demo_is_there_by_default(self, world):
        caller = world.access(auth="basic").authorize(self.header("demo:demo"), api="zeebe", cluster_id="c")
        assert (caller.kind, caller.name) == ("user", "demo")

    def test_a_password_may_have_colons(self, world):
        users = (BasicUser(name="a", password=Secret("b:c")),)
        access = world.access(auth="basic", users=users)
        assert access.authorize(self.header("a:b:c"), api="zeebe").name == "a"

    @pytest.mark.parametrize("text", ["demo:wrong", "nobody:demo", "nobody:", "demo", "demo:", ":demo", "\0:\0"])
    def test_a_wrong_name_and_a_wrong_password_are_told_alike(self, world, text):
        refused = denial(world.access(auth="basic"), self.header(text))
        assert (refused.denial, refused.reason) == ("password", "User name or password is wrong")

    @pytest.mark.parametrize("header", ["Basic !!!", "Basic //8=", "Bearer x"])
    def test_what_cannot_be_read_is_malformed(self, world, header):
        assert denial(world.access(auth="basic"), header).denial == "malformed"


def test_without_protection_anybody_may(world):
    assert world.access(auth="none").authorize("Bearer nonsense", api="zeebe", cluster_id="c").kind == "anonymous"


def test_a_refusal_says_nothing_of_the_token(world):
    token = world.header(aud="x")
    refused = denial(world.access(), token)
    assert token not in refused.reason
    assert hashlib.sha256(token.encode()).hexdigest() not in refused.reason
