"""Rules of putting settings together."""

import os
from itertools import combinations

import pytest

from c8py.base.redact import Secret
from c8py.config import Settings, Source, explain, load
from c8py.config.fields import BY_NAME, FIELDS, all_names
from c8py.errors import ConfigError

CLUSTER = "12345678-1234-1234-1234-123456789abc"
SECRET = "a~very.secret_text-" + "x" * 40
LOGIN = "https://login.cloud.camunda.io/oauth/token"
GRPC = f"grpcs://{CLUSTER}.bru-2.zeebe.camunda.io:443"
REST = f"https://bru-2.zeebe.camunda.io/{CLUSTER}"

FORM_025 = {
    "ZEEBE_ADDRESS": f"{CLUSTER}.bru-2.zeebe.camunda.io:443",
    "ZEEBE_CLIENT_ID": "id",
    "ZEEBE_CLIENT_SECRET": SECRET,
    "ZEEBE_AUTHORIZATION_SERVER_URL": LOGIN,
}
FORM_84 = FORM_025 | {
    "ZEEBE_TOKEN_AUDIENCE": "zeebe.camunda.io",
    "CAMUNDA_CLUSTER_ID": CLUSTER,
    "CAMUNDA_CLUSTER_REGION": "bru-2",
    "CAMUNDA_CREDENTIALS_SCOPES": "Zeebe,Tasklist",
    "CAMUNDA_TASKLIST_BASE_URL": f"https://bru-2.tasklist.camunda.io/{CLUSTER}",
    "CAMUNDA_OAUTH_URL": LOGIN,
}
FORM_86 = FORM_84 | {"ZEEBE_REST_ADDRESS": REST, "ZEEBE_GRPC_ADDRESS": GRPC}
FORM_88 = FORM_86 | {
    "CAMUNDA_CLIENT_ID": "id",
    "CAMUNDA_CLIENT_SECRET": SECRET,
    "CAMUNDA_CLIENT_MODE": "saas",
    "CAMUNDA_CLIENT_AUTH_CLIENTID": "id",
    "CAMUNDA_CLIENT_AUTH_CLIENTSECRET": SECRET,
    "CAMUNDA_CLIENT_CLOUD_CLUSTERID": CLUSTER,
    "CAMUNDA_CLIENT_CLOUD_REGION": "bru-2",
}
CONSOLE = {
    "CAMUNDA_CONSOLE_CLIENT_ID": "cid",
    "CAMUNDA_CONSOLE_CLIENT_SECRET": SECRET,
    "CAMUNDA_OAUTH_URL": LOGIN,
    "CAMUNDA_CONSOLE_BASE_URL": "https://api.cloud.camunda.io",
    "CAMUNDA_CONSOLE_OAUTH_AUDIENCE": "api.cloud.camunda.io",
}


@pytest.mark.parametrize("form", [FORM_025, FORM_84, FORM_86, FORM_88])
def test_every_form_of_the_downloaded_file_gives_the_same_connection(form, written):
    settings = load(environ={}, credentials_file=written(form))
    assert settings.auth == "oauth"
    assert settings.client_id == "id"
    assert settings.client_secret == Secret(SECRET)
    assert settings.oauth_url == LOGIN
    assert settings.audience == "zeebe.camunda.io"
    assert settings.grpc_address == GRPC
    assert settings.rest_address == REST
    assert (settings.cluster_id, settings.region) == (CLUSTER, "bru-2")


@pytest.mark.parametrize("form", [FORM_025, FORM_84, FORM_86, FORM_88])
def test_the_same_lines_in_the_environment_mean_the_same(form, written):
    in_environment, in_file = load(environ=form), load(environ={}, credentials_file=written(form))
    for field in FIELDS:
        assert getattr(in_environment, field.name) == getattr(in_file, field.name)


def test_the_file_of_an_organization_client_is_read(written):
    settings = load(environ={}, credentials_file=written(CONSOLE))
    assert settings.console_client_id == "cid"
    assert settings.console_client_secret == Secret(SECRET)
    assert settings.console_base_url == "https://api.cloud.camunda.io"
    assert settings.console_audience == "api.cloud.camunda.io"
    assert settings.auth == "none"


def test_both_files_can_be_named_in_the_environment(written):
    files = [written(FORM_88), written(CONSOLE, "console.txt")]
    settings = load(environ={"C8_CREDENTIALS": os.pathsep.join(map(str, files))})
    assert (settings.client_id, settings.console_client_id) == ("id", "cid")


def test_a_relative_path_begins_at_the_folder_given(written):
    path = written(FORM_88)
    assert load(environ={}, credentials_file="creds.txt", cwd=path.parent).client_id == "id"


def test_an_alias_of_a_higher_level_beats_the_main_name_of_a_lower_one(written):
    path = written({"CAMUNDA_TOKEN_SCOPE": "file"})
    assert load(environ={"CAMUNDA_OAUTH_SCOPE": "environment", "C8_CREDENTIALS": str(path)}).scope == "environment"


def test_a_source_names_file_and_line(written):
    path = written(FORM_88)
    source = load(environ={}, credentials_file=path).source("client_id")
    assert source == Source("credentials file", "CAMUNDA_CLIENT_ID", f"{path}, line 13,")


def test_nothing_configured_means_the_local_platform_without_credentials():
    settings = load(environ={})
    assert settings.grpc_address == "grpc://localhost:26500"
    assert settings.rest_address == "http://localhost:8080"
    assert settings.auth == "none"


def test_one_address_given_is_the_only_one():
    assert load(environ={"ZEEBE_ADDRESS": "gw:26500"}).rest_address is None
    assert load(environ={"CAMUNDA_REST_ADDRESS": "http://c8"}).grpc_address is None


def test_cluster_and_region_make_the_addresses_of_saas():
    arguments = {"cluster_id": CLUSTER, "region": "bru-2", "client_id": "id", "client_secret": SECRET}
    settings = load(arguments, environ={})
    assert (settings.grpc_address, settings.rest_address, settings.oauth_url) == (GRPC, REST, LOGIN)
    assert settings.source("grpc_address").level == "derived"


def test_another_platforms_cluster_makes_no_address_of_saas(written):
    form = FORM_84 | {"CAMUNDA_OAUTH_URL": "http://localhost:8080/oauth/token"}
    form |= {"ZEEBE_AUTHORIZATION_SERVER_URL": form["CAMUNDA_OAUTH_URL"], "ZEEBE_ADDRESS": "localhost:26500"}
    settings = load(environ={}, credentials_file=written(form))
    assert settings.grpc_address == "grpc://localhost:26500"
    assert settings.rest_address is None


def test_a_secret_never_goes_to_saas_unless_the_settings_say_so():
    with pytest.raises(ConfigError, match="CAMUNDA_OAUTH_URL"):
        load(environ={"ZEEBE_ADDRESS": "localhost:26500", "ZEEBE_CLIENT_ID": "id", "ZEEBE_CLIENT_SECRET": SECRET})


@pytest.mark.parametrize("name", ["ZEEBE_CLIENT_SECRET", "ZEEBE_CLIENT_ID"])
def test_a_missing_line_is_an_error_with_file_and_name(name, written):
    path = written({key: value for key, value in FORM_84.items() if key != name})
    with pytest.raises(ConfigError) as raised:
        load(environ={}, credentials_file=path)
    assert str(path) in str(raised.value)
    assert name in str(raised.value)
    assert SECRET not in str(raised.value)


def test_a_file_of_another_platform_without_its_address_is_an_error(written):
    form = {key: value for key, value in FORM_84.items() if key != "ZEEBE_ADDRESS"}
    form |= {"CAMUNDA_OAUTH_URL": "http://c8/token", "ZEEBE_AUTHORIZATION_SERVER_URL": "http://c8/token"}
    with pytest.raises(ConfigError, match="ZEEBE_ADDRESS"):
        load(environ={}, credentials_file=written(form))


def test_an_empty_value_counts_as_missing(written):
    path = written(FORM_84 | {"ZEEBE_CLIENT_SECRET": ""})
    with pytest.raises(ConfigError, match="ZEEBE_CLIENT_SECRET"):
        load(environ={"CAMUNDA_CLIENT_SECRET": ""}, credentials_file=path)


PAIRS_OF_TEXTS = {
    "auth": ("basic", "oauth"),
    "prefer": ("true", "false"),
    "worker_stream": ("true", "false"),
    "ca_certificate_pem": ("-----BEGIN ONE", "-----BEGIN OTHER"),
}


@pytest.mark.parametrize(
    ("field", "left", "right"),
    [(field.name, *pair) for field in FIELDS if not field.ranked for pair in combinations(field.names, 2)],
)
def test_two_names_of_one_setting_that_contradict_each_other_are_an_error_naming_both(field, left, right):
    one, other = PAIRS_OF_TEXTS.get(field, ("https://one.example:26500", "https://other.example:26500"))
    if BY_NAME[field].secret:
        one, other = "one-and-no-other-has-it", "other-and-no-one-has-it"
    if field.endswith("_s") or "_max" in field or field.startswith("max_"):
        one, other = "1000", "2000"
    with pytest.raises(ConfigError) as raised:
        load(environ={left: one, right: other})
    assert left in str(raised.value)
    assert right in str(raised.value)
    if BY_NAME[field].secret:
        assert one not in str(raised.value)


def test_aliases_that_agree_are_fine_in_other_words_too():
    environ = {
        "ZEEBE_ADDRESS": "gw:26500",
        "ZEEBE_GRPC_ADDRESS": "grpcs://gw:26500",
        "CAMUNDA_REST_ADDRESS": "http://gw:8080/v2",
        "ZEEBE_REST_ADDRESS": "http://gw:8080/",
        "CAMUNDA_OAUTH_URL": LOGIN,
        "ZEEBE_AUTHORIZATION_SERVER_URL": f"{LOGIN}/",
    }
    settings = load(environ=environ)
    assert settings.grpc_address == "grpcs://gw:26500"
    assert settings.rest_address == "http://gw:8080"


def test_the_go_clients_host_and_port_are_understood():
    assert load(environ={"ZEEBE_HOST": "gw"}).grpc_address == "grpc://gw:26500"
    assert load(environ={"ZEEBE_PORT": "9"}).grpc_address == "grpc://127.0.0.1:9"
    with pytest.raises(ConfigError, match="ZEEBE_HOST"):
        load(environ={"ZEEBE_HOST": "gw", "ZEEBE_ADDRESS": "other:26500"})


@pytest.mark.parametrize(
    ("environ", "address"),
    [
        ({"ZEEBE_INSECURE_CONNECTION": "true"}, "grpc://gw:443"),
        ({"CAMUNDA_SECURE_CONNECTION": "true", "ZEEBE_ADDRESS": "gw:1"}, "grpcs://gw:1"),
        ({"CAMUNDA_SECURE_CONNECTION": "true", "ZEEBE_INSECURE_CONNECTION": "true"}, "grpc://gw:443"),
        ({"ZEEBE_INSECURE_CONNECTION": "false"}, "grpcs://gw:443"),
    ],
)
def test_the_old_switches_decide_about_tls(environ, address):
    assert load(environ={"ZEEBE_ADDRESS": "gw:443"} | environ).grpc_address == address


def test_the_id_of_one_client_never_goes_with_the_secret_of_another(written):
    with pytest.raises(ConfigError) as raised:
        load(environ={"ZEEBE_CLIENT_ID": "other", "C8_CREDENTIALS": str(written(FORM_84))})
    assert "'other'" in str(raised.value)
    assert "'id'" in str(raised.value)
    assert SECRET not in str(raised.value)


def test_a_secret_may_stand_apart_from_its_id(written):
    path = written({key: value for key, value in FORM_84.items() if key != "ZEEBE_CLIENT_SECRET"})
    assert load(environ={"CAMUNDA_CLIENT_SECRET": SECRET}, credentials_file=path).client_secret == Secret(SECRET)


def test_user_and_password_mean_basic_authentication():
    settings = load(environ={"CAMUNDA_BASIC_AUTH_USERNAME": "demo", "CAMUNDA_BASIC_AUTH_PASSWORD": "demo"})
    assert settings.auth == "basic"


def test_two_kinds_of_credentials_need_a_word_which():
    environ = FORM_84 | {"CAMUNDA_BASIC_AUTH_USERNAME": "demo", "CAMUNDA_BASIC_AUTH_PASSWORD": "demo"}
    with pytest.raises(ConfigError, match="CAMUNDA_AUTH_STRATEGY"):
        load(environ=environ)
    assert load(environ=environ | {"CAMUNDA_AUTH_STRATEGY": "BASIC"}).auth == "basic"
    assert load(environ=environ | {"CAMUNDA_CLIENT_AUTH_METHOD": "oidc"}).auth == "oauth"


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"ZEEBE_ADDRESS": "ftp://x"}, "ZEEBE_ADDRESS"),
        ({"CAMUNDA_AUTH_STRATEGY": "magic"}, "CAMUNDA_AUTH_STRATEGY"),
        ({"CAMUNDA_PREFER_REST": "perhaps"}, "CAMUNDA_PREFER_REST"),
        ({"CAMUNDA_KEEP_ALIVE": "long"}, "CAMUNDA_KEEP_ALIVE"),
        ({"CAMUNDA_KEEP_ALIVE": "-1"}, "CAMUNDA_KEEP_ALIVE"),
        ({"ZEEBE_INSECURE_CONNECTION": "maybe"}, "ZEEBE_INSECURE_CONNECTION"),
        ({"CAMUNDA_MTLS_CERT_PATH": "cert.pem"}, "client_key"),
        ({"CAMUNDA_BASIC_AUTH_USERNAME": "demo"}, "basic_password"),
        ({"CAMUNDA_CONSOLE_CLIENT_ID": "x"}, "console_client_secret"),
    ],
)
def test_a_malformed_or_lonely_setting_is_named(environ, said):
    with pytest.raises(ConfigError, match=said):
        load(environ=environ)


def test_an_unknown_argument_suggests_the_one_that_was_meant():
    with pytest.raises(ConfigError, match="client_secret"):
        load({"client_secrt": "x"}, environ={})


def test_arguments_count_in_seconds_where_variables_count_in_milliseconds():
    assert load({"keep_alive_s": 5}, environ={}).keep_alive_s == 5.0
    assert load(environ={"CAMUNDA_KEEP_ALIVE": "5000"}).keep_alive_s == 5.0


def test_a_secret_may_be_passed_as_such_but_nothing_else_strange():
    arguments = {"client_id": "id", "client_secret": Secret(SECRET), "oauth_url": LOGIN}
    assert load(arguments, environ={}).client_secret == Secret(SECRET)
    with pytest.raises(ConfigError, match="expected text"):
        load({"client_id": object()}, environ={})


def test_no_secret_is_in_the_text_of_settings_or_of_their_explanation():
    settings = load(environ=FORM_88 | CONSOLE)
    assert SECRET not in repr(settings)
    assert SECRET not in repr(explain(settings))


def test_the_explanation_has_a_row_for_every_setting_with_the_names_looked_for():
    rows = {row.name: row for row in explain(load(environ=FORM_84))}
    assert rows.keys() == {field.name for field in FIELDS}
    assert rows["client_secret"].value == "***"
    assert rows["client_id"].source == "environment ZEEBE_CLIENT_ID"
    assert "CAMUNDA_CLIENT_AUTH_CLIENTID" in rows["client_id"].names
    assert rows["grpc_address"].value == GRPC
    assert rows["rest_address"].source == "derived from grpc_address"
    assert rows["client_key"].source == "not set"
    assert rows["keep_alive_s"].source == "default"


def test_every_field_of_the_table_is_a_field_of_the_settings_and_the_other_way_round():
    assert {field.name for field in FIELDS} == set(Settings.__struct_fields__) - {"sources", "looked_at", "profile"}


def test_no_name_means_two_settings_but_the_proxy_for_everything():
    names = [name for field in FIELDS for name in all_names(field) if name.lower() != "all_proxy"]
    assert len(names) == len(set(names))


def test_what_carries_calls_over_grpc_is_the_librarys_core_unless_settings_say_otherwise():
    assert load(environ={}).grpc_transport == "grpcio"
    assert load(environ={"CAMUNDA_GRPC_TRANSPORT": "AsyncIO"}).grpc_transport == "asyncio"
    with pytest.raises(ConfigError, match="CAMUNDA_GRPC_TRANSPORT"):
        load(environ={"CAMUNDA_GRPC_TRANSPORT": "rust"})
