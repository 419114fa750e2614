"""Rules of precedence: which source beats which, which are read at all, and what is left aside."""

import pytest

from c8py.base.redact import Secret
from c8py.config import load, survey
from c8py.config.settings import Source
from c8py.errors import ConfigError

LOGIN = "http://c8.example/oauth/token"
DEV = """
in_use = "dev"

[profiles.dev]
rest_address = "http://c8.example"
scope = "of the profile in use"

[profiles.prod]
rest_address = "https://prod.example"
scope = "of another profile"
keep_alive_s = 7
"""


def test_of_all_sources_the_highest_wins(written, profiles, tmp_path):
    (tmp_path / "named.env").write_text("CAMUNDA_TOKEN_SCOPE=named .env file\n")
    (tmp_path / ".env").write_text("CAMUNDA_TOKEN_SCOPE=.env file\n")
    named = written({"CAMUNDA_TOKEN_SCOPE": "named file"}, "named.txt")
    known = written({"CAMUNDA_TOKEN_SCOPE": "known file"}, "known.txt")
    environ = profiles(DEV) | {
        "CAMUNDA_TOKEN_SCOPE": "environment",
        "CAMUNDA_LOAD_ENVFILE": "true",
        "C8_CREDENTIALS": str(known),
        "C8_PROFILE": "dev",
    }
    env_file = tmp_path / "named.env"
    said = [
        load({"scope": "argument"}, environ=environ, credentials_file=named, env_file=env_file, profile="prod").scope,
        load(environ=environ, credentials_file=named, env_file=env_file, profile="prod", cwd=tmp_path).scope,
        load(environ=environ, env_file=env_file, profile="prod", cwd=tmp_path).scope,
        load(environ=environ, profile="prod", cwd=tmp_path).scope,
    ]
    for name in ("CAMUNDA_TOKEN_SCOPE", "CAMUNDA_LOAD_ENVFILE", "C8_CREDENTIALS", "C8_PROFILE"):
        said.append(load(environ=environ, cwd=tmp_path).scope)
        del environ[name]
    said.append(load(environ=environ, cwd=tmp_path).scope)
    said.append(load(environ={}, cwd=tmp_path).scope)
    assert said == [
        "argument",
        "named file",
        "named .env file",
        "of another profile",
        "environment",
        ".env file",
        "known file",
        "of the profile in use",
        "of the profile in use",
        "",
    ]


def test_a_env_file_is_read_only_when_somebody_asks_for_it(tmp_path):
    (tmp_path / ".env").write_text("ZEEBE_REST_ADDRESS=http://elsewhere.example\n")
    assert load(environ={}, cwd=tmp_path).rest_address == "http://localhost:8080"
    assert load(environ={"CAMUNDA_LOAD_ENVFILE": "no"}, cwd=tmp_path).rest_address == "http://localhost:8080"
    settings = load(environ={"CAMUNDA_LOAD_ENVFILE": "1"}, cwd=tmp_path)
    assert settings.rest_address == "http://elsewhere.example"
    assert settings.source("rest_address") == Source(".env file", "ZEEBE_REST_ADDRESS", f"{tmp_path / '.env'}, line 1,")
    assert settings.looked_at == (tmp_path / ".env",)


def test_the_switch_may_name_the_env_file_itself(tmp_path):
    (tmp_path / "dev.env").write_text("ZEEBE_REST_ADDRESS=http://elsewhere.example\n")
    assert load(environ={"CAMUNDA_LOAD_ENVFILE": "dev.env"}, cwd=tmp_path).rest_address == "http://elsewhere.example"
    with pytest.raises(ConfigError, match=r"prod\.env"):
        load(environ={"CAMUNDA_LOAD_ENVFILE": "prod.env"}, cwd=tmp_path)


def test_a_env_file_that_is_not_there_is_a_remark(tmp_path):
    found = survey(environ={"CAMUNDA_LOAD_ENVFILE": "true"}, cwd=tmp_path)
    assert found.problems == ()
    assert str(tmp_path / ".env") in found.remarks[0]


def test_a_profile_speaks_in_the_units_of_arguments(profiles):
    settings = load(environ=profiles(DEV), profile="prod")
    assert settings.keep_alive_s == 7.0
    assert settings.profile == "prod"
    assert settings.source("keep_alive_s") == Source("profile", "keep_alive_s", "prod")


def test_an_empty_text_of_a_profile_says_something_where_no_text_is_a_value(profiles):
    settings = load(environ=profiles('in_use = "x"\n[profiles.x]\naudience = ""\nclient_id = ""\n'))
    assert (settings.audience, settings.source("audience").level, settings.client_id) == ("", "profile", None)


def test_no_profile_can_be_asked_for(profiles):
    assert load(environ=profiles(DEV), profile="").profile is None


def test_a_profile_that_is_not_there_is_an_error_only_where_it_is_named(profiles):
    environ = profiles(DEV)
    with pytest.raises(ConfigError, match=r"prd.*prod"):
        load(environ=environ, profile="prd")
    with pytest.raises(ConfigError, match=r"prd.*prod"):
        load(environ=environ | {"C8_PROFILE": "prd"})


@pytest.mark.parametrize(
    "environ",
    [
        {"ZEEBE_ADDRESS": "localhost:26500"},
        {"CAMUNDA_CLIENT_ID": "other", "CAMUNDA_CLIENT_SECRET": "s", "CAMUNDA_OAUTH_URL": LOGIN},
        {"CAMUNDA_OAUTH_TOKEN": "t"},
        {"CAMUNDA_BASIC_AUTH_USERNAME": "demo", "CAMUNDA_BASIC_AUTH_PASSWORD": "demo"},
    ],
)
def test_a_profile_in_use_never_mixes_with_a_connection_that_others_name(environ, profiles):
    settings = load(environ=profiles(DEV) | environ)
    assert settings.profile is None
    assert settings.scope == ""
    assert settings.rest_address != "http://c8.example"


def test_that_a_profile_in_use_is_left_aside_is_said(profiles):
    found = survey(environ=profiles(DEV) | {"ZEEBE_ADDRESS": "localhost:26500"})
    assert "profile dev" in found.remarks[0]
    assert "environment ZEEBE_ADDRESS" in found.remarks[0]


def test_a_secret_alone_may_come_from_above_a_profile_in_use(profiles):
    text = f'in_use = "dev"\n[profiles.dev]\nclient_id = "id"\noauth_url = "{LOGIN}"\nrest_address = "http://c8"\n'
    settings = load(environ=profiles(text) | {"CAMUNDA_CLIENT_SECRET": "of-the-pipeline"})
    assert settings.profile == "dev"
    assert settings.client_secret == Secret("of-the-pipeline")


def test_the_secret_of_a_profile_goes_with_no_other_id(profiles):
    text = f'[profiles.dev]\nclient_id = "id"\nclient_secret = "s3cret-of-dev"\noauth_url = "{LOGIN}"\n'
    with pytest.raises(ConfigError) as raised:
        load(environ=profiles(text) | {"C8_PROFILE": "dev", "CAMUNDA_CLIENT_ID": "other"})
    assert "of one client" in str(raised.value)
    assert "s3cret-of-dev" not in str(raised.value)


def test_a_secret_in_a_keyring_is_asked_for_by_load_alone(profiles, own_keyring):
    own_keyring.set_password("c8py", "dev", "found-in-the-keyring")
    text = (
        'in_use = "dev"\n[profiles.dev]\nclient_id = "id"\nrest_address = "http://c8"\n'
        f'oauth_url = "{LOGIN}"\nclient_secret = {{ keyring = "c8py/dev" }}\n'
    )
    environ = profiles(text)
    row = next(row for row in survey(environ=environ).rows if row.name == "client_secret")
    assert (row.value, own_keyring.asked) == ("***", [])
    assert "in the keyring as c8py/dev" in row.source
    assert load(environ=environ).client_secret == Secret("found-in-the-keyring")
    assert own_keyring.asked == ["c8py/dev"]


def test_a_keyring_is_not_asked_for_a_secret_that_something_else_gives(profiles, own_keyring):
    text = (
        'in_use = "dev"\n[profiles.dev]\nclient_id = "id"\nrest_address = "http://c8"\n'
        f'oauth_url = "{LOGIN}"\nclient_secret = {{ keyring = "c8py/dev" }}\n'
    )
    settings = load(environ=profiles(text) | {"CAMUNDA_CLIENT_SECRET": "given-instead"})
    assert settings.client_secret == Secret("given-instead")
    assert own_keyring.asked == []


def test_profiles_that_cannot_be_read_are_no_matter_to_who_names_a_connection(profiles):
    environ = profiles("in_use = ")
    with pytest.raises(ConfigError, match="TOML"):
        load(environ=environ)
    assert load(environ=environ | {"ZEEBE_ADDRESS": "gw:26500"}).grpc_address == "grpc://gw:26500"


def test_a_proxy_of_the_request_is_no_proxy_of_a_cgi_program():
    environ = {"HTTP_PROXY": "http://evil.example", "https_proxy": "http://proxy.example:3128"}
    assert load(environ=environ).http_proxy == Secret("http://evil.example")
    settings = load(environ=environ | {"REQUEST_METHOD": "GET"})
    assert settings.http_proxy is None
    assert settings.https_proxy == Secret("http://proxy.example:3128")


def test_names_of_proxies_have_their_order_of_everywhere():
    environ = {"HTTPS_PROXY": "http://upper", "ALL_PROXY": "http://all", "https_proxy": "http://lower:1"}
    assert load(environ=environ).https_proxy == Secret("http://lower:1")
    assert load(environ=environ).http_proxy == Secret("http://all")


def test_a_file_with_a_placeholder_for_a_home_that_is_not_there_is_named():
    with pytest.raises(ConfigError, match="nobody-of-that-name"):
        load(environ={}, credentials_file="~nobody-of-that-name/creds.txt")


@pytest.mark.parametrize("content", ["", "# nothing yet\n", "COLOUR=blue\n"])
def test_a_credentials_file_without_a_single_setting_is_an_error(tmp_path, content):
    file = tmp_path / "empty.txt"
    file.write_text(content)
    words = r"expected credentials in .*empty\.txt, but it has none"
    with pytest.raises(ConfigError, match=words):
        load(environ={}, credentials_file=file)
    with pytest.raises(ConfigError, match=words):
        load(environ={"C8_CREDENTIALS": str(file)})
    assert load(environ={}, env_file=file).auth == "none"


def test_all_that_is_wrong_is_said_at_once(tmp_path):
    with pytest.raises(ConfigError) as raised:
        load(
            {"keep_alive": 1},
            environ={"CAMUNDA_KEEP_ALIVE": "long", "C8_CREDENTIALS": str(tmp_path / "nowhere.txt")},
        )
    for said in ("keep_alive_s", "CAMUNDA_KEEP_ALIVE", "nowhere.txt", "3 things"):
        assert said in str(raised.value)
