"""Rules of credentials for each API: whose client, which audience, which proof, and what is missing."""

import pytest

from c8py.auth import BasicCredentials, BearerToken, ClientCredentials, credentials_for
from c8py.base.redact import Secret
from c8py.config import load
from c8py.errors import ConfigError
from harness.authority import KEYSTORE_PASSWORD, Authority

ORGANIZATION = {"console_client_id": "cid", "console_client_secret": "cs", "console_base_url": "https://api.example"}
SAAS = {"client_id": "id", "client_secret": "s3cr~t", "cluster_id": "c" * 36, "region": "bru-2"}
OWN = {"client_id": "id", "client_secret": "s3cr~t", "oauth_url": "https://login.example/token"}
ISSUER = {"client_id": "id", "client_secret": "s3cr~t", "issuer_url": "https://login.example/realms/c8"}
COMPONENTS = ("operate", "tasklist", "optimize", "secrets")


@pytest.fixture
def settings():
    """Settings of arguments alone."""

    def make(arguments=None, **more):
        return load((arguments or {}) | more, environ={})

    return make


def client_for(settings, api) -> ClientCredentials:
    made = credentials_for(settings, api)
    assert isinstance(made, ClientCredentials)
    return made


@pytest.fixture(scope="module")
def worker(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority")).identity("worker", rsa_key=True)


def test_a_cluster_is_called_with_its_client(settings):
    made = client_for(settings(OWN, scope="s", resource="r", audience="a"), "cluster")
    assert (made.client_id, made.audience, made.scope, made.resource) == ("id", "a", "s", "r")
    assert (made.method, made.body, made.discovery) == ("client_secret_post", "form", None)


def test_each_api_has_its_audience(settings):
    chosen = settings(OWN, **{f"{api}_audience": f"{api}!" for api in COMPONENTS})
    assert [client_for(chosen, api).audience for api in COMPONENTS] == [f"{api}!" for api in COMPONENTS]


def test_the_administration_api_wants_the_client_of_the_organization(settings):
    made = client_for(settings(OWN | ORGANIZATION), "console")
    assert (made.client_id, made.audience) == ("cid", "api.cloud.camunda.io")
    with pytest.raises(ConfigError, match="CAMUNDA_CONSOLE_CLIENT_ID"):
        credentials_for(settings(OWN), "console")


def test_web_modeler_is_the_organization_s_on_saas_and_the_application_s_elsewhere(settings):
    assert client_for(settings(SAAS | ORGANIZATION), "modeler").client_id == "cid"
    assert client_for(settings(OWN | ORGANIZATION), "modeler").client_id == "id"
    assert client_for(settings(OWN), "modeler").client_id == "id"
    alone = ORGANIZATION | {"oauth_url": "https://login.example/token"}
    assert client_for(settings(alone), "modeler").client_id == "cid"


def test_users_tokens_and_nobody(settings):
    basic = credentials_for(settings(basic_username="demo", basic_password="demo"), "cluster")
    assert basic == BasicCredentials("demo", Secret("demo"))
    with pytest.raises(ConfigError, match="optimize"):
        credentials_for(settings(basic_username="demo", basic_password="demo"), "optimize")
    for api in ("cluster", "console", "operate"):
        assert credentials_for(settings(auth="bearer", token="eyJ"), api) == BearerToken(Secret("eyJ"))
    assert credentials_for(settings(), "cluster") is None
    assert credentials_for(settings(OWN | {"auth": "none"}), "cluster") is None


def test_discovery_is_by_issuer_or_document_and_only_without_a_token_url(settings):
    by_issuer = client_for(settings(ISSUER), "cluster")
    assert by_issuer.token_url == "https://login.example/realms/c8/.well-known/openid-configuration"
    assert by_issuer.discovery is not None
    assert by_issuer.discovery.issuer == ISSUER["issuer_url"]
    document = "https://login.example/.well-known/openid-configuration"
    by_document = client_for(settings(ISSUER, well_known_url=document), "cluster")
    assert by_document.discovery is not None
    assert (by_document.token_url, by_document.discovery.issuer) == (document, ISSUER["issuer_url"])
    told = client_for(settings(ISSUER, oauth_url="https://login.example/t"), "cluster")
    assert (told.token_url, told.discovery) == ("https://login.example/t", None)


def test_a_signing_client_has_its_key_from_the_store(settings, worker):
    made = client_for(
        settings(
            client_id="id",
            oauth_url="https://login.example/token",
            client_authentication="private_key_jwt",
            assertion_keystore=worker.keystore,
            assertion_keystore_password=KEYSTORE_PASSWORD,
            assertion_key_alias="worker",
            assertion_key_id="key-of-the-worker",
        ),
        "cluster",
    )
    assert made.identity is not None
    assert (bool(made.identity.key), made.identity.key_id) == (True, "key-of-the-worker")
    assert KEYSTORE_PASSWORD not in repr(made)
    assert "PRIVATE" not in repr(made)


def test_the_organization_s_client_has_a_secret_whatever_the_cluster_s_proves_itself_with(settings, worker):
    signing = {"client_id": "id", "oauth_url": "https://login.example/token", "assertion_keystore": worker.key}
    chosen = settings(signing | ORGANIZATION)
    assert client_for(chosen, "cluster").method == "private_key_jwt"
    assert client_for(chosen, "console").method == "client_secret_post"


def test_a_store_that_cannot_be_opened_is_named_with_its_setting(settings, worker):
    with pytest.raises(ConfigError, match=r"worker\.p12 \(argument assertion_keystore\)"):
        credentials_for(
            settings(
                client_id="id",
                oauth_url="https://login.example/token",
                client_authentication="private_key_jwt",
                assertion_keystore=worker.keystore,
            ),
            "cluster",
        )


def test_a_client_that_shows_a_certificate_takes_other_tokens_with_another_one(settings, worker, tmp_path_factory):
    other = Authority(tmp_path_factory.mktemp("other")).identity("worker")
    shared = {"client_id": "id", "client_authentication": "tls_client_auth", "issuer_url": "https://login.example"}
    made = [
        client_for(settings(shared, oauth_keystore=one.keystore, oauth_keystore_password=KEYSTORE_PASSWORD), "cluster")
        for one in (worker, other)
    ]
    assert made[0].key != made[1].key
    assert made[0].discovery is not None
    assert made[0].discovery.mutual_tls


@pytest.mark.parametrize(
    ("method", "name"),
    [
        ("private_key_jwt", "CAMUNDA_CLIENT_ASSERTION_KEYSTORE_PATH"),
        ("tls_client_auth", "CAMUNDA_SSL_CLIENT_KEYSTORE_PATH"),
    ],
)
def test_a_proof_that_is_not_there_is_named(settings, method, name):
    with pytest.raises(ConfigError, match=name):
        credentials_for(settings(OWN, client_authentication=method), "cluster")


ENTRA = {"oauth_url": "https://login.microsoftonline.com/tenant/oauth2/v2.0/token"}
ENTRA_ISSUER = {"oauth_url": None, "issuer_url": "https://login.microsoftonline.com/tenant/v2.0"}
OKTA = {"oauth_url": "https://dev-1.okta.com/oauth2/default/v1/token"}


@pytest.mark.parametrize("provider", [ENTRA, ENTRA_ISSUER])
@pytest.mark.parametrize("scope", ["", "openid", "api://x/.default other"])
def test_entra_id_wants_the_default_scope_of_an_application(settings, provider, scope):
    with pytest.raises(ConfigError, match=r"Microsoft Entra ID.*CAMUNDA_TOKEN_SCOPE.*/\.default"):
        credentials_for(settings(OWN | provider, scope=scope), "cluster")
    assert credentials_for(settings(OWN | provider, scope="api://x/.default"), "cluster")


def test_okta_wants_a_scope(settings):
    with pytest.raises(ConfigError, match="Okta"):
        credentials_for(settings(OWN | OKTA), "cluster")
    assert credentials_for(settings(OWN | OKTA, scope="c8"), "cluster")


def test_other_providers_want_none(settings):
    assert credentials_for(settings(OWN, oauth_url="https://okta.com.example/oauth2/v2.0/token"), "cluster")
