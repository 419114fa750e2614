"""Rules of what follows from other values, on SaaS and on somebody's own platform."""

import pytest

from c8py.base.redact import Secret
from c8py.config import load, survey
from c8py.errors import ConfigError

CLUSTER = "12345678-1234-1234-1234-123456789abc"
OTHER = "99999999-1234-1234-1234-123456789abc"
LOGIN = "https://login.cloud.camunda.io/oauth/token"
KEYCLOAK = "http://localhost:18080/auth/realms/camunda-platform/protocol/openid-connect/token"
GRPC = f"grpcs://{CLUSTER}.bru-2.zeebe.camunda.io:443"
REST = f"https://bru-2.zeebe.camunda.io/{CLUSTER}"
CLIENT = {"client_id": "id", "client_secret": "s3cret-of-the-client"}
DERIVED_OF_SAAS = {
    "grpc_address": GRPC,
    "rest_address": REST,
    "oauth_url": LOGIN,
    "audience": "zeebe.camunda.io",
    "operate_base_url": f"https://bru-2.operate.camunda.io/{CLUSTER}",
    "operate_audience": "operate.camunda.io",
    "tasklist_base_url": f"https://bru-2.tasklist.camunda.io/{CLUSTER}",
    "tasklist_audience": "tasklist.camunda.io",
    "optimize_base_url": f"https://bru-2.optimize.camunda.io/{CLUSTER}",
    "optimize_audience": "optimize.camunda.io",
    "modeler_base_url": "https://modeler.cloud.camunda.io/api",
    "modeler_audience": "api.cloud.camunda.io",
}


def test_cluster_id_and_region_make_everything_of_saas_and_it_is_said_that_they_do():
    settings = load({"cluster_id": CLUSTER, "region": "bru-2"} | CLIENT, environ={})
    assert {name: getattr(settings, name) for name in DERIVED_OF_SAAS} == DERIVED_OF_SAAS
    assert {settings.source(name).level for name in DERIVED_OF_SAAS} == {"derived"}
    assert str(settings.source("oauth_url")) == "derived from cluster_id and region"
    assert (settings.mode, settings.secrets_audience) == ("saas", "secrets.camunda.io")


@pytest.mark.parametrize(
    "address",
    [
        {"grpc_address": GRPC},
        {"rest_address": REST},
        {"rest_address": f"https://bru-2.api.camunda.io/{CLUSTER}/v2"},
        {"grpc_address": f"{CLUSTER}.bru-2.zeebe.camunda.io:443"},
        {"grpc_address": f"{CLUSTER}.zeebe.camunda.io:443", "region": "bru-2"},
    ],
)
def test_any_address_of_a_cluster_makes_the_rest(address):
    settings = load(address | CLIENT, environ={})
    assert settings.mode == "saas"
    assert (settings.cluster_id, settings.region, settings.oauth_url) == (CLUSTER, "bru-2", LOGIN)
    assert settings.grpc_address in {GRPC, f"grpcs://{CLUSTER}.zeebe.camunda.io:443"}
    assert settings.rest_address in {REST, f"https://bru-2.api.camunda.io/{CLUSTER}"}


def test_a_private_address_of_saas_is_the_only_one():
    private = f"https://{CLUSTER}.bru-2.privateconnectivity.camunda.io/api/v2"
    settings = load({"rest_address": private} | CLIENT, environ={})
    assert settings.rest_address == private.removesuffix("/v2")
    assert (settings.grpc_address, settings.oauth_url, settings.mode) == (None, LOGIN, "saas")


def test_the_domain_of_another_saas_makes_its_addresses_but_not_its_token_service():
    arguments = {"cluster_id": CLUSTER, "region": "bru-2", "cluster_domain": "saas.example", "cluster_port": 8443}
    with pytest.raises(ConfigError, match="CAMUNDA_OAUTH_URL"):
        load(arguments | CLIENT, environ={})
    settings = load(arguments | CLIENT | {"oauth_url": "https://login.saas.example"}, environ={})
    assert settings.grpc_address == f"grpcs://{CLUSTER}.bru-2.zeebe.saas.example:8443"
    assert (settings.audience, settings.mode) == ("zeebe.saas.example", "saas")


@pytest.mark.parametrize(
    "service",
    [
        {"oauth_url": KEYCLOAK},
        {"issuer_url": "http://localhost:18080/auth/realms/camunda-platform"},
        {"well_known_url": "http://localhost:18080/.well-known/openid-configuration"},
        {"mode": "self-managed", "oauth_url": KEYCLOAK},
    ],
)
def test_a_secret_of_somebody_elses_token_service_never_goes_to_saas(service):
    settings = load(
        {"cluster_id": CLUSTER, "region": "bru-2", "rest_address": "http://c8"} | service | CLIENT, environ={}
    )
    assert settings.oauth_url != LOGIN
    assert settings.mode == "self-managed"
    assert "camunda.io" not in f"{settings.rest_address} {settings.grpc_address} {settings.operate_base_url}"


def test_self_managed_by_name_needs_no_address_of_saas():
    arguments = {"mode": "self-managed", "cluster_id": CLUSTER, "region": "bru-2", "oauth_url": LOGIN}
    settings = load(arguments | CLIENT, environ={})
    assert settings.grpc_address == "grpc://localhost:26500"
    assert settings.audience == "zeebe-api"


def test_a_platform_of_ones_own_has_the_audiences_of_its_own():
    settings = load({"rest_address": "https://c8.example", "oauth_url": KEYCLOAK} | CLIENT, environ={})
    assert settings.operate_base_url == settings.tasklist_base_url == "https://c8.example"
    assert str(settings.source("operate_base_url")) == "derived from rest_address"
    assert (settings.operate_audience, settings.optimize_audience) == ("operate-api", "optimize-api")
    assert (settings.optimize_base_url, settings.modeler_base_url, settings.modeler_audience) == (None, None, "")


def test_nothing_said_means_the_components_on_this_host():
    settings = load(environ={})
    assert settings.optimize_base_url == "http://localhost:8083"
    assert settings.modeler_base_url == "http://localhost:8070/api"
    assert settings.source("optimize_base_url").level == "default"


def test_what_is_said_of_a_component_stays():
    environ = {"CAMUNDA_OPERATE_BASE_URL": "https://operate.example/v1/", "CAMUNDA_OPERATE_OAUTH_AUDIENCE": "mine"}
    settings = load({"cluster_id": CLUSTER, "region": "bru-2"} | CLIENT, environ=environ)
    assert (settings.operate_base_url, settings.operate_audience) == ("https://operate.example", "mine")


def test_only_an_organizations_client_means_saas():
    settings = load({"console_client_id": "id", "console_client_secret": "s3cret-of-the-organization"}, environ={})
    assert (settings.mode, settings.oauth_url, settings.auth) == ("saas", LOGIN, "none")
    assert settings.console_base_url == "https://api.cloud.camunda.io"


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"mode": "saas"}, "cluster_id"),
        ({"mode": "saas", "cluster_id": CLUSTER}, "region"),
        ({"mode": "saas", "cluster_id": CLUSTER, "region": "bru-2", "oauth_url": KEYCLOAK}, "oauth_url"),
        ({"mode": "self-managed", "grpc_address": GRPC}, "grpc_address"),
        ({"cluster_id": OTHER, "grpc_address": GRPC}, "cluster_id"),
        ({"region": "syd-1", "grpc_address": GRPC}, "region"),
        ({"rest_address": REST.replace(CLUSTER, OTHER), "grpc_address": GRPC}, "rest_address"),
        ({"rest_address": REST.replace("bru-2", "syd-1"), "grpc_address": GRPC}, "rest_address"),
    ],
)
def test_what_cannot_be_one_cluster_is_named(arguments, named):
    with pytest.raises(ConfigError, match=named):
        load(arguments | {"oauth_url": LOGIN} | arguments | CLIENT, environ={})


def test_two_sources_that_name_two_clusters_are_both_named(written):
    path = written({"ZEEBE_ADDRESS": GRPC.removeprefix("grpcs://")})
    with pytest.raises(ConfigError) as raised:
        load(environ={"CAMUNDA_CLUSTER_ID": OTHER, "C8_CREDENTIALS": str(path)})
    assert "environment CAMUNDA_CLUSTER_ID" in str(raised.value)
    assert f"{path}, line 1, ZEEBE_ADDRESS" in str(raised.value)


@pytest.mark.parametrize("mode", ["simple", "oidc", "selfManaged", "SELF-MANAGED"])
def test_every_way_of_writing_self_managed_is_understood(mode):
    assert load(environ={"CAMUNDA_CLIENT_MODE": mode}).mode == "self-managed"


def test_a_client_that_is_switched_off_is_an_error_that_names_the_switch():
    assert load(environ={"CAMUNDA_CLIENT_ENABLED": "true"}).auth == "none"
    with pytest.raises(ConfigError, match="environment CAMUNDA_CLIENT_ENABLED"):
        load(environ={"CAMUNDA_CLIENT_ENABLED": "false"})


def test_another_grant_is_an_error_that_names_the_one_there_is():
    assert load(environ={"CAMUNDA_OAUTH_GRANT_TYPE": "client_credentials"}).auth == "none"
    with pytest.raises(ConfigError, match=r"CAMUNDA_OAUTH_GRANT_TYPE.*client_credentials"):
        load(environ={"CAMUNDA_OAUTH_GRANT_TYPE": "password"})


def test_nothing_is_missing_because_of_a_text_that_cannot_be_read():
    environ = {"CAMUNDA_ISSUER_URL": "nonsense", "CAMUNDA_CLIENT_ID": "id", "CAMUNDA_CLIENT_SECRET": "s3cret-of-it"}
    problems = survey(environ=environ).problems
    assert [(one.kind, one.field) for one in problems] == [("malformed", "issuer_url")]


def test_the_secret_of_a_client_is_kept_whole():
    assert load({"token": Secret(" with blanks ")}, environ={}).token == Secret(" with blanks ")
