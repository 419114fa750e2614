"""Rules of what a person is shown of the settings."""

import msgspec

from c8py.config import Survey, survey
from c8py.config.fields import FIELDS

SECRET = "a-secret-that-nobody-shall-see"
DEV = '[profiles.dev]\nscope = "profile"\nclinet_id = "x"\n'


def row(found, name):
    return next(row for row in found.rows if row.name == name)


def test_there_is_a_row_for_every_setting_in_the_order_of_the_table():
    assert [row.name for row in survey(environ={}).rows] == [field.name for field in FIELDS]


def test_a_row_says_what_else_was_found_and_does_not_hold(written, profiles):
    environ = profiles(DEV) | {"CAMUNDA_TOKEN_SCOPE": "environment", "C8_PROFILE": "dev"}
    path = written({"CAMUNDA_OAUTH_SCOPE": "file"})
    scope = row(survey({"scope": "argument"}, environ=environ | {"C8_CREDENTIALS": str(path)}), "scope")
    assert (scope.value, scope.source, scope.level) == ("argument", "argument scope", "argument")
    assert [(one.value, one.source, one.same) for one in scope.overridden] == [
        ("environment", "environment CAMUNDA_TOKEN_SCOPE", False),
        ("file", f"credentials file {path}, line 1, CAMUNDA_OAUTH_SCOPE", False),
        ("profile", "profile dev scope", False),
    ]


def test_other_names_that_say_the_same_are_shown_as_such():
    found = survey(environ={"CAMUNDA_CLIENT_ID": "id", "ZEEBE_CLIENT_ID": "id"})
    assert [(one.source, one.same) for one in row(found, "client_id").overridden] == [
        ("environment ZEEBE_CLIENT_ID", True)
    ]


def test_secrets_that_are_overridden_are_masked_too():
    found = survey({"client_secret": SECRET}, environ={"CAMUNDA_CLIENT_SECRET": f"{SECRET}-of-the-environment"})
    assert [one.value for one in row(found, "client_secret").overridden] == ["***"]
    assert SECRET not in repr(found)
    assert SECRET.encode() not in msgspec.json.encode(found)


def test_a_password_of_a_proxy_is_masked_and_the_rest_is_shown():
    found = survey(environ={"https_proxy": f"http://user:{SECRET}@proxy.example:3128"})
    assert row(found, "https_proxy").value == "http://***@proxy.example:3128"
    assert SECRET not in repr(found)


def test_a_token_in_a_wrong_place_is_masked_there():
    token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"
    assert token not in repr(survey(environ={"CAMUNDA_TOKEN_SCOPE": token}))


def test_a_certificate_is_not_poured_over_the_screen():
    pem = "-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----"
    assert row(survey(environ={"CAMUNDA_MTLS_CA": pem}), "ca_certificate_pem").value == f"PEM, {len(pem)} characters"


def test_problems_are_shown_beside_what_holds(tmp_path):
    found = survey(
        {"clinet_id": "x"},
        environ={"CAMUNDA_KEEP_ALIVE": "long", "CAMUNDA_TOKEN_SCOPE": "one", "ZEEBE_TOKEN_SCOPE": "other"},
        credentials_file=tmp_path / "nowhere.txt",
    )
    assert {one.kind for one in found.problems} == {"unknown", "malformed", "contradiction", "unreadable"}
    assert row(found, "scope").value == "one"


def test_what_is_misspelt_is_noticed():
    remarks = survey(environ={"CAMUNDA_OUATH_URL": "https://x.example", "ZEEBE_BROKER_NETWORK_HOST": "y"}).remarks
    assert [("CAMUNDA_OUATH_URL" in one, "CAMUNDA_OAUTH_URL" in one) for one in remarks] == [(True, True)]


def test_two_addresses_that_are_rarely_meant_together_are_a_remark():
    cluster = "12345678-1234-1234-1234-123456789abc.bru-2.zeebe.camunda.io:443"
    found = survey(environ={"ZEEBE_ADDRESS": cluster, "CAMUNDA_REST_ADDRESS": "http://localhost:8080"})
    assert "environment ZEEBE_ADDRESS" in found.remarks[0]
    assert "environment CAMUNDA_REST_ADDRESS" in found.remarks[0]
    assert survey(environ={"ZEEBE_ADDRESS": cluster}).remarks == ()


def test_what_is_odd_about_profiles_is_a_remark(profiles):
    remarks = survey(environ=profiles(DEV), profile="dev").remarks
    assert "clinet_id" in remarks[0]


def test_the_files_that_were_read_are_named(written, profiles):
    path = written({"CAMUNDA_TOKEN_SCOPE": "file"})
    environ = profiles(DEV)
    found = survey(environ=environ, credentials_file=path, profile="dev")
    assert list(found.files) == [str(path), f"{environ['C8_CONFIG_DIR']}/profiles.toml"]
    assert found.profile == "dev"


def test_a_survey_can_be_printed_as_json(written):
    environ = {"CAMUNDA_LOG_LEVEL": "info", "CAMUNDA_KEEP_ALIVE": "long"}
    found = survey(environ=environ, credentials_file=written({"CAMUNDA_TOKEN_SCOPE": "file"}))
    assert msgspec.json.decode(msgspec.json.encode(found), type=Survey) == found
