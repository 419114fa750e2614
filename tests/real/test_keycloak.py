"""The ways in, with a real Keycloak and a broker that wants its tokens: where it is, who asks, and what it refuses."""

import pytest

from c8py.client import AsyncCamunda, Camunda
from c8py.errors import AuthError, ConfigError, TokenRefused, TokenUnavailable, Unauthenticated
from harness.authority import KEYSTORE_PASSWORD
from harness.realm import REALM, realm, with_secret, with_signed_jwt

WELL_KNOWN = "/.well-known/openid-configuration"
WAYS = ("token URL", "issuer", "well-known URL")
METHODS = (
    "client_secret_post",
    "client_secret_basic",
    "private_key_jwt",
    "private_key_jwt of PEM",
    "tls_client_auth",
    "tls_client_auth of PEM",
)


@pytest.fixture
def settings(guarded_settings):
    return {name: value for name, value in guarded_settings.items() if name != "oauth_url"}


@pytest.fixture
def place(keycloak):
    """What names the token service: by its URL, or by a document that knows it."""
    return {
        "token URL": {"oauth_url": keycloak.token_url()},
        "issuer": {"issuer_url": keycloak.issuer()},
        "well-known URL": {"well_known_url": keycloak.issuer() + WELL_KNOWN},
    }


@pytest.fixture
def identify(real_secret, signing_client, certified_client, tmp_path):
    """What says who asks, for each method of client authentication."""

    def of(method):
        secret = {"client_id": "worker", "client_secret": real_secret}
        signing = {"client_id": "signing"}
        certified = {"client_id": "certified"}
        return {
            "client_secret_post": lambda: secret,
            "client_secret_basic": lambda: secret | {"client_authentication": "client_secret_basic"},
            "private_key_jwt": lambda: (
                signing
                | {
                    "assertion_keystore": signing_client.keystore,
                    "assertion_keystore_password": KEYSTORE_PASSWORD,
                    "assertion_key_alias": signing_client.name,
                }
            ),
            "private_key_jwt of PEM": lambda: signing | {"assertion_keystore": _pem_of(signing_client, tmp_path)},
            "tls_client_auth": lambda: (
                certified | {"oauth_keystore": certified_client.keystore, "oauth_keystore_password": KEYSTORE_PASSWORD}
            ),
            "tls_client_auth of PEM": lambda: certified | {"oauth_keystore": _pem_of(certified_client, tmp_path)},
        }[method]()

    return of


def _pem_of(identity, folder):
    """Certificate and key in one file."""
    file = folder / f"{identity.name}.pem"
    file.write_bytes(identity.certificate.read_bytes() + identity.key.read_bytes())
    return file


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("way", WAYS)
async def test_every_method_by_every_way_opens_both_protocols(settings, place, identify, way, method):
    async with AsyncCamunda.from_env(**settings | place[way] | identify(method)) as camunda:
        for protocol in ("grpc", "rest"):
            assert (await camunda.topology(protocol=protocol)).gateway_version == "8.6.0"


@pytest.mark.parametrize("method", METHODS)
def test_every_method_without_a_loop(settings, place, identify, method):
    with Camunda.from_env(**settings | place["issuer"] | identify(method)) as camunda:
        assert [camunda.topology(protocol=protocol).cluster_size for protocol in ("grpc", "rest")] == [1, 1]


async def test_a_key_on_a_curve_signs_as_well(keycloak, authority, settings, place):
    curve = authority.identity("curve")
    keycloak.add(with_signed_jwt("curve", curve.certificate))
    mine = {"client_id": "curve", "assertion_keystore": curve.keystore}
    mine["assertion_keystore_password"] = KEYSTORE_PASSWORD
    async with AsyncCamunda.from_env(**settings | place["issuer"] | mine) as camunda:
        assert (await camunda.topology()).gateway_version == "8.6.0"


async def test_keycloak_can_have_an_authority_that_the_cluster_has_not(settings, place, identify, authority):
    """A truststore is for the token service alone; PKCS12, as Java writes it."""
    trusting = {"oauth_truststore": authority.truststore, "oauth_truststore_password": KEYSTORE_PASSWORD}
    arguments = settings | {"ca_certificate": None} | place["issuer"] | identify("client_secret_post") | trusting
    async with AsyncCamunda.from_env(**arguments) as camunda:
        assert (await camunda.topology()).gateway_version == "8.6.0"


@pytest.mark.slow
@pytest.mark.parametrize("way", ["token URL", "issuer"])
async def test_an_authority_that_nobody_named_is_not_trusted(settings, place, identify, way):
    arguments = settings | {"ca_certificate": None, "token_fail_fast": True}
    async with AsyncCamunda.from_env(**arguments | place[way] | identify("client_secret_post")) as camunda:
        with pytest.raises(TokenUnavailable) as refused:
            await camunda.topology()
    assert "certificate" in str(refused.value).lower()


def test_plain_http_does_where_keycloak_offers_it(keycloak, settings, identify):
    mine = settings | {"ca_certificate": None} | identify("client_secret_post")
    for place in (
        {"oauth_url": keycloak.token_url(secure=False)},
        {"issuer_url": keycloak.issuer(secure=False)},
    ):
        with Camunda.from_env(**mine | place) as camunda:
            assert camunda.topology().gateway_version == "8.6.0"


async def test_an_issuer_that_is_somebody_else_is_not_believed(keycloak, settings, identify):
    """The realm behind a proxy calls itself by its public name: tokens would say so, too."""
    behind = realm([]) | {"realm": "behind-a-proxy", "attributes": {"frontendUrl": "https://public.example/auth"}}
    keycloak.import_realm(behind)
    mine = settings | identify("client_secret_post") | {"issuer_url": keycloak.issuer(realm="behind-a-proxy")}
    async with AsyncCamunda.from_env(**mine) as camunda:
        with pytest.raises((AuthError, ConfigError)) as refused:
            await camunda.topology()
    assert "https://public.example/auth/realms/behind-a-proxy" in str(refused.value)
    assert keycloak.issuer(realm="behind-a-proxy") in str(refused.value)


REFUSALS = {
    "wrong secret": ({"client_secret": "wrong"}, 401, "unauthorized_client", "client id and secret"),
    "unknown client": ({"client_id": "nobody"}, 401, "invalid_client", "client id and secret"),
    "no service account": (
        {"client_id": "switched-off", "client_secret": "off-and-on"},
        401,
        "unauthorized_client",
        "service account",
    ),
    "unknown scope": ({"scope": "no-such-scope"}, 400, "invalid_scope", "scope"),
}


@pytest.fixture(scope="module")
def switched_off(keycloak):
    keycloak.add(with_secret("switched-off", "off-and-on", service_account=False))


@pytest.mark.parametrize("way", ["token URL", "issuer"])
@pytest.mark.parametrize("case", REFUSALS)
@pytest.mark.usefixtures("switched_off")
async def test_a_refusal_says_what_to_do(settings, place, identify, way, case):
    change, status, error, hint = REFUSALS[case]
    mine = settings | place[way] | identify("client_secret_post") | change
    async with AsyncCamunda.from_env(**mine) as camunda:
        with pytest.raises(TokenRefused) as refused:
            await camunda.topology()
    assert (refused.value.status, refused.value.error) == (status, error)
    assert hint in refused.value.hint
    assert mine["client_secret"] not in str(refused.value)


async def test_a_realm_that_is_not_there_is_a_wrong_address(keycloak, settings, identify):
    for place in (
        {"oauth_url": keycloak.token_url(realm="nowhere")},
        {"issuer_url": keycloak.issuer(realm="nowhere")},
        {"well_known_url": keycloak.issuer(realm="nowhere") + WELL_KNOWN},
    ):
        async with AsyncCamunda.from_env(**settings | identify("client_secret_post") | place) as camunda:
            with pytest.raises(AuthError) as refused:
                await camunda.topology()
        assert "404" in refused.value.message
        assert "URL" in refused.value.hint


@pytest.mark.parametrize("method", ["private_key_jwt", "tls_client_auth"])
async def test_a_key_that_the_realm_does_not_know_is_refused(keycloak, authority, settings, place, method):
    stranger = authority.identity(f"stranger-{method}", rsa_key=True)
    known = authority.identity(f"known-{method}", rsa_key=True)
    if method == "private_key_jwt":
        keycloak.add(with_signed_jwt(known.name, known.certificate))
        mine = {"assertion_keystore": stranger.keystore, "assertion_keystore_password": KEYSTORE_PASSWORD}
    else:
        mine = {"oauth_keystore": stranger.keystore, "oauth_keystore_password": KEYSTORE_PASSWORD}
    client_id = known.name if method == "private_key_jwt" else "certified"
    async with AsyncCamunda.from_env(**settings | place["issuer"] | mine | {"client_id": client_id}) as camunda:
        with pytest.raises(TokenRefused) as refused:
            await camunda.topology()
    assert refused.value.error in {"invalid_client", "unauthorized_client"}


async def test_a_refusal_is_remembered_for_this_pair_alone(keycloak, settings, place):
    keycloak.add(with_secret("remembered", "right"))
    mine = settings | place["token URL"] | {"client_id": "remembered"}
    for _ in range(3):
        async with AsyncCamunda.from_env(**mine, client_secret="wrong") as camunda:
            with pytest.raises(TokenRefused):
                await camunda.topology()
    assert keycloak.token_requests("remembered") == ["invalid_client_credentials"]
    async with AsyncCamunda.from_env(**mine, client_secret="right") as camunda:
        assert (await camunda.topology()).gateway_version == "8.6.0"
    assert keycloak.token_requests("remembered") == ["", "invalid_client_credentials"]


async def test_a_client_that_is_switched_off_is_refused_as_one_that_is_unknown(keycloak, settings, place):
    key = keycloak.add(with_secret("disabled", "right"))
    keycloak.admin("PUT", f"/{REALM}/clients/{key}", {"enabled": False})
    mine = settings | place["token URL"] | {"client_id": "disabled", "client_secret": "right"}
    async with AsyncCamunda.from_env(**mine) as camunda:
        with pytest.raises(TokenRefused) as refused:
            await camunda.topology()
    assert refused.value.error == "invalid_client"


@pytest.mark.parametrize("protocol", ["grpc", "rest"])
async def test_without_a_token_the_broker_lets_nobody_in(settings, protocol):
    async with AsyncCamunda.from_env(**settings, auth="none") as camunda:
        with pytest.raises(Unauthenticated):
            await camunda.topology(protocol=protocol)


async def test_a_token_from_elsewhere_does_as_well(keycloak, settings, place, identify):
    """Static, or asked of a callable for each call: the client needs no credentials of its own then."""
    async with AsyncCamunda.from_env(**settings | place["token URL"] | identify("client_secret_post")) as camunda:
        token = (await camunda.authorization()).removeprefix("Bearer ")
    async with AsyncCamunda.from_env(**settings, token=token) as static:
        assert (await static.topology()).gateway_version == "8.6.0"
    with Camunda.from_env(**settings, token=token) as static:
        assert static.topology(protocol="rest").gateway_version == "8.6.0"
