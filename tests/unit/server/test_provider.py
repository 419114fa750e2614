"""Tokens of an outside provider, judged without one: keys and tokens are made here."""

import asyncio
import json

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from joserfc import jws
from joserfc.jwk import ECKey, OctKey, RSAKey

from c8py.base.clock import ManualClock
from c8py.errors import ConfigError
from c8py.server.access import AccessDenied, Provider
from c8py.server.app import _provider_keys
from c8py.server.app._provider_keys import AsksProvider
from c8py.server.settings import ProviderSettings

ISSUER = "https://login.example/realms/camunda-platform"


def pem(key):
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


RSA_KEY = RSAKey.import_key(pem(rsa.generate_private_key(65537, 2048)), {"kid": "r"})
EC_KEY = ECKey.import_key(pem(ec.generate_private_key(ec.SECP256R1())), {"kid": "e"})
STRANGER = RSAKey.import_key(pem(rsa.generate_private_key(65537, 2048)), {"kid": "r"})


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def provider_of(clock):
    def make(**told):
        provider = Provider(ProviderSettings(issuer=ISSUER, **told), clock=clock)
        keys = [{**key.as_dict(private=False), "use": "sig"} for key in (RSA_KEY, EC_KEY)]
        assert provider.keys_are(json.dumps({"keys": keys}).encode()) == 2
        return provider

    return make


@pytest.fixture
def token(clock):
    def make(*, key=RSA_KEY, algorithm="RS256", kid=None, **changed):
        now_s = clock.now_ms() / 1000
        claims = {"iss": ISSUER, "aud": ["zeebe-api"], "exp": now_s + 300, "iat": now_s, "azp": "worker", **changed}
        header = {"alg": algorithm, "kid": key.kid if kid is None else kid}
        return jws.serialize_compact(header, json.dumps(claims).encode(), key, [algorithm])

    return make


def denied(provider, token, **asked):
    with pytest.raises(AccessDenied) as error:
        provider.outsider(token, **{"api": "zeebe", **asked})
    return error.value.kind, error.value.denial


def test_a_token_of_the_provider_names_its_client(provider_of, token):
    assert provider_of().outsider(token(), api="zeebe").name == "worker"
    assert provider_of().outsider(token(key=EC_KEY, algorithm="ES256"), api="zeebe").name == "worker"
    assert provider_of().outsider(token(azp="", sub="person"), api="zeebe").name == "person"


@pytest.mark.parametrize(
    ("changed", "denial"),
    [
        ({"aud": ["other"]}, "audience"),
        ({"aud": "console-api"}, "audience"),
        ({"exp": 1}, "expired"),
        ({"nbf": 9e12}, "expired"),
        ({"typ": "ID"}, "token"),
        ({"typ": "Refresh"}, "token"),
        ({"exp": "soon"}, None),
    ],
)
def test_a_token_that_is_not_good_here_is_refused(provider_of, token, changed, denial):
    if denial is None:  # no token of the provider can be read from it: others judge it
        assert provider_of().outsider(token(**changed), api="zeebe") is None
    else:
        assert denied(provider_of(), token(**changed)) == ("unauthenticated", denial)


def test_a_token_for_clusters_is_good_for_no_other_api(provider_of, token):
    assert denied(provider_of(), token(), api="secrets") == ("unauthenticated", "audience")


def test_a_token_that_somebody_else_signed_is_refused(provider_of, token):
    assert denied(provider_of(), token(key=STRANGER)) == ("unauthenticated", "token")
    assert denied(provider_of(), token()[:-6] + "AAAAAA") == ("unauthenticated", "token")


def test_the_public_key_is_no_shared_secret(provider_of, token):
    """The oldest trick: HS256 with the public key as the secret."""
    public = RSA_KEY.as_pem(private=False)
    forged = token(key=OctKey.import_key(public.replace(b"-----", b"")), algorithm="HS256", kid="r")
    assert denied(provider_of(), forged) == ("unauthenticated", "token")


def test_an_unknown_key_is_refused_and_asked_for(provider_of, token):
    provider, asked = provider_of(), []
    provider.on_unknown_key = lambda: asked.append(1)
    assert denied(provider, token(kid="new")) == ("unauthenticated", "token")
    assert asked == [1]


def test_what_others_issued_is_for_others_unless_the_provider_is_the_only_one(provider_of, token):
    foreign = token(iss="https://elsewhere")
    assert provider_of().outsider(foreign, api="zeebe") is None
    assert denied(provider_of(only=True), foreign) == ("unauthenticated", "issuer")
    assert denied(provider_of(only=True), "no token") == ("unauthenticated", "issuer")


@pytest.mark.parametrize(
    ("roles", "permission", "allowed"),
    [
        (["c8-admin"], "delete:cluster", True),
        (["c8-reader"], "read:cluster", True),
        (["c8-reader"], "update:cluster", False),
        (["something"], "read:cluster", False),
        ([], "read:cluster", False),
        ("c8-admin other", "read:cluster", True),
        ({"c8-admin": 1}, "read:cluster", False),
        ([1, None], "read:cluster", False),
    ],
)
def test_roles_give_permissions_of_the_organization(provider_of, token, roles, permission, allowed):
    made = token(aud=["console-api"], realm_access={"roles": roles})
    if allowed:
        assert permission in provider_of().outsider(made, api="console", permission=permission).permissions
    else:
        assert denied(provider_of(), made, api="console", permission=permission) == ("forbidden", "scope")


@pytest.mark.parametrize(
    ("changed", "shown"),
    [
        ({"email": "a@example.org", "email_verified": True}, "a@example.org"),
        ({"email": "a@example.org"}, "p (outside)"),
        ({"email": "a@example.org", "email_verified": "true"}, "p (outside)"),
        ({"email": "a@example.org\n", "email_verified": True}, "p (outside)"),
        ({"email_verified": True}, "p (outside)"),
        ({"preferred_username": ""}, "1 (outside)"),
        ({"preferred_username": "a@example.org"}, "a@example.org (outside)"),
        ({"preferred_username": "x\u202ey"}, "1 (outside)"),
        ({"preferred_username": "x" * 900}, "x" * 200 + " (outside)"),
    ],
)
def test_only_a_verified_address_names_a_person(provider_of, token, changed, shown):
    claims = {"sub": "1", "aud": "c8", "azp": "c8", "nonce": "n", "preferred_username": "p"} | changed
    assert provider_of(client_id="c8").person(token(**claims), nonce="n").email == shown


def test_clusters_may_ask_for_a_role_as_well(provider_of, token):
    strict = provider_of(cluster_roles=("workers",), roles_claim="groups")
    assert denied(strict, token()) == ("forbidden", "scope")
    assert strict.outsider(token(groups=["workers"]), api="zeebe").name == "worker"


def test_a_key_set_with_keys_that_nobody_can_use_keeps_the_others(provider_of, token):
    provider = provider_of()
    keys = [{"kty": "oct", "k": "c2VjcmV0"}, {"kty": "RSA"}, {**RSA_KEY.as_dict(private=False), "use": "enc"}]
    assert provider.keys_are(json.dumps({"keys": [*keys, EC_KEY.as_dict(private=False)]}).encode()) == 1
    strange = ["text", None, 1, [], {"kty": ["RSA"]}, {"kty": "RSA", "n": 1, "e": {}}, {"kty": "EC", "crv": 1}]
    assert provider.keys_are(json.dumps({"keys": [*strange, EC_KEY.as_dict(private=False)]}).encode()) == 1
    with pytest.raises(ValueError, match="no keys"):
        provider.keys_are(b"{}")


def test_keys_are_asked_for_again_whatever_came(provider_of, token, monkeypatch, caplog):
    """The task that keeps them fresh outlives an error that nobody has thought of."""
    provider = provider_of()
    monkeypatch.setattr(_provider_keys, "_PAUSE_S", 0)
    answers = iter([AttributeError("unthought of"), RecursionError("deep"), b'{"keys": []}'])

    class Asks(AsksProvider):
        def _fetch(self):
            found = next(answers)
            if isinstance(found, Exception):
                raise found
            return found

        async def _refresh(self):
            await super()._refresh()
            if f"0 keys of {ISSUER}" in caplog.text:
                done.set()

    done = asyncio.Event()

    async def refreshed():
        asks = Asks(ProviderSettings(issuer=ISSUER), provider)
        caplog.set_level("INFO", "c8py.server.app")
        await asks.start()
        async with asyncio.timeout(10):
            await done.wait()
        await asks.stop()

    asyncio.run(refreshed())
    assert "unthought of" in caplog.text
    assert denied(provider, token()) == ("unauthenticated", "token")


@pytest.mark.parametrize("wrong", [{"issuer": "login.example"}, {"only": True}, {"issuer": ISSUER, "audiences": ()}])
def test_settings_that_cannot_work_are_refused(wrong):
    with pytest.raises(ConfigError):
        ProviderSettings(**wrong)
